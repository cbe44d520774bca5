"""A few cycles at one frequency after another, with outputs through the last cycle of each."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fem.checks import require_positive
from fem.fields import Array
from fem.observables.light_observables import total_emission
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, protocol, repeat, sine_wave, square_wave
from fem.scenario import Observable, Scenario
from fem.state import State

_PER_HALF = 21  # outputs in each half of the last cycle at a frequency
_FIRST = 1e-6  # of the half cycle, the first of them
_QUIET = 1e-3  # of the longest period: rest before the waves begin
_SAME = 1e-9  # times so near to each other are one


@dataclass(frozen=True)
class Staircase:
    """Frequencies a decade apart.

    Parameters
    ----------
    high, low
        Extremes of the voltage [V].
    lowest
        First frequency [Hz].
    count
        Number of frequencies.
    cycles
        At each of them.
    """

    high: float
    low: float
    lowest: float
    count: int
    cycles: int

    def __post_init__(self) -> None:
        require_positive(self.lowest, "--lowest-frequency", "Hz")
        if self.count < 1 or self.cycles < 1:
            raise ValueError(f"--decades and --cycles: at least 0 and 1, got {self.count - 1} and {self.cycles}")
        if not self.high > self.low:
            raise ValueError(f"--forward ({self.high:g} V) must be above --reverse ({self.low:g} V)")

    @property
    def periods(self) -> Array:
        """Of each frequency [s], shape (count,)."""
        return np.asarray(1.0 / (self.lowest * 10.0 ** np.arange(self.count)))

    @property
    def last_cycles(self) -> Array:
        """Beginning of the last cycle at each frequency [s], shape (count,)."""
        ends = _QUIET * self.periods[0] + np.cumsum(self.periods * self.cycles)
        return np.asarray(ends - self.periods)

    @property
    def square(self) -> Drive:
        """The square wave: high first."""
        waves = [square_wave(self.high, self.low, float(T), self.cycles) for T in self.periods]
        return protocol([hold(0.0, _QUIET * self.periods[0]), *waves])

    @property
    def sine(self) -> Drive:
        """The sine of the same extremes and periods."""
        middle, swing = 0.5 * (self.high + self.low), 0.5 * (self.high - self.low)
        waves = [repeat([sine_wave(swing, float(1 / T), float(T), middle)], self.cycles) for T in self.periods]
        return protocol([hold(0.0, _QUIET * self.periods[0]), *waves])

    @property
    def times(self) -> Array:
        """Output times [s]: through the last cycle at each frequency, denser after each switch."""
        half = np.concatenate([np.geomspace(_FIRST, 0.1, 6), np.linspace(0.1, 1.0, _PER_HALF - 5)[1:]])
        through = np.concatenate([[0.0], 0.5 * half, 0.5 + 0.5 * half])
        parts = [start + T * through for start, T in zip(self.last_cycles, self.periods, strict=True)]
        times = np.concatenate([[0.0], *parts])
        return times[np.diff(times, prepend=-1.0) > _SAME * times]  # a cycle alone begins where the last one ends

    def within(self, times: Array, number: int) -> NDArray[np.int64]:
        """Which of `times` [s] lie in the last cycle at a frequency, its beginning left out."""
        start, period = self.last_cycles[number], self.periods[number]
        return np.flatnonzero((times > start * (1 + 1e-14)) & (times <= (start + period) * (1 + 1e-14)))


def _distance(scenario: Scenario, state: State) -> float:
    weights = scenario.model.unknowns.storage[0] * state.concentrations[0]
    axis = 0 if scenario.model.contacts[0].facets == "left" else 1  # the film begins at 0 along both
    return float(np.average(scenario.model.mesh.p[axis], weights=weights))


HALIDE_DISTANCE = Observable("mean distance of halide from the electron layer", "m", _distance)


@dataclass(frozen=True)
class SineBeside:
    """The device of a run under the sine instead, at the times of the run."""

    scenario: Scenario
    stairs: Staircase

    @property
    def column(self) -> Observable:
        """Its emission."""
        own = total_emission()

        def measure(scenario: Scenario, state: State) -> float:
            if state.time == 0:  # both rest alike: the other one is not followed before it is needed
                return own.measure(scenario, state)
            return float(np.interp(state.time, self.scenario.times, self._emission))

        return Observable(f"{own.name}, sine", own.unit, measure)

    @cached_property
    def _emission(self) -> Array:
        bottom, top = self.scenario.model.contacts
        model = replace(self.scenario.model, contacts=[bottom, replace(top, potential=self.stairs.sine)])
        other = replace(self.scenario, model=model)
        return np.array([total_emission().measure(other, one.state) for one in other.outputs()])
