"""What is demanded of a film that forgets a weak bias and remembers a strong one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.emission import quench
from fem.observables.observables import species_number
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, protocol, rest
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

Traces = Mapping[str, Array]
_RETURNED = 0.95  # of the change under weak bias, gone after a rest
_LEFT = 0.2  # of the change under strong bias, left after a rest
_KEPT = 0.98  # of what is left after one rest, still there after another
_NOTHING = 0.02  # of the change under strong bias, left after two rests without the reaction
_REMAINS = "change left after strong bias and two rests over its largest"
_SEEN = 0.05  # quench near an electrode that counts as begun


@dataclass(frozen=True)
class Memory:
    """A weak bias, a rest, a strong bias and two rests.

    Parameters
    ----------
    weak, strong
        [V].
    hold, rest
        How long a bias lasts, and a rest [s].
    """

    weak: float
    strong: float
    hold: float
    rest: float

    @property
    def drive(self) -> Drive:
        """The voltages over time."""
        pauses = [rest(self.rest) for _ in range(3)]
        return protocol([hold(self.weak, self.hold), pauses[0], hold(self.strong, self.hold), *pauses[1:]])

    @property
    def ends(self) -> Array:
        """When the stages end [s], shape (5,)."""
        return np.cumsum([self.hold, self.rest, self.hold, self.rest, self.rest])

    def times(self, each: int) -> Array:
        """Outputs [s]: 0, and so many in every stage, dense at its beginning."""
        starts = np.append(0.0, self.ends[:-1])
        stages = [a + np.geomspace(1e-3 * (b - a), b - a, each) for a, b in zip(starts, self.ends, strict=True)]
        return np.concatenate([[0.0], *stages])

    def criteria(self, anode: Observable, cathode: Observable, degrading: bool) -> tuple[Criterion, ...]:
        """B1: reversible part, irreversible part, anode first, damage that slows down.

        Parameters
        ----------
        anode, cathode
            Quench beside either electrode.
        degrading
            Whether the irreversible reaction is on; without, nothing may remain.
        """

        def returned(traces: Traces) -> float:
            return 1 - self._change(traces, 1) / self._largest(traces, 0)

        def left(traces: Traces) -> float:
            return self._change(traces, 3) / self._largest(traces, 2)

        def kept(traces: Traces) -> float:
            return self._change(traces, 4) / self._change(traces, 3)

        def nothing(traces: Traces) -> float:
            return self._change(traces, 4) / self._largest(traces, 2)

        def anode_first(traces: Traces) -> float:
            weak = traces["time [s]"] <= self.hold
            begun = [np.flatnonzero((traces[one.column] > _SEEN) & weak) for one in (anode, cathode)]
            times = [traces["time [s]"][found[0]] if len(found) else np.inf for found in begun]
            return float(times[0] / times[1]) if np.isfinite(times[0]) else np.inf

        def slowing(traces: Traces) -> float:
            time, damage = traces["time [s]"], traces[degraded_share().column]
            start, end = self.ends[1], self.ends[2]
            first, middle, last = np.interp([start, 0.5 * (start + end), end], time, damage)
            return float((last - middle) / (middle - first))

        weak = (
            Criterion("B1", "share of the change under weak bias gone after a rest", returned, _RETURNED),
            Criterion("B1", "time of 5 % quench near the anode over that near the cathode", anode_first, 0.0, 0.5),
        )
        if not degrading:
            return (*weak, Criterion("B1", f"{_REMAINS}, without reaction", nothing, upper=_NOTHING))
        return (
            *weak,
            Criterion("B1", "change left after strong bias and a rest over its largest", left, _LEFT),
            Criterion("B1", "change left after a second rest over that after one", kept, _KEPT),
            Criterion("B1", "damage of the second half of the strong bias over that of the first", slowing, 0.0, 0.8),
        )

    def _change(self, traces: Traces, stage: int) -> float:
        """Mean change of the light at the end of a stage."""
        k = int(np.argmin(np.abs(traces["time [s]"] - self.ends[stage])))
        return float(traces[light_change().column][k])

    def _largest(self, traces: Traces, stage: int) -> float:
        """Largest change in a stage and the rest after it, in which what has piled up may spread before it vanishes."""
        start, end = np.append(0.0, self.ends)[[stage, stage + 2]]
        within = (traces["time [s]"] > start) & (traces["time [s]"] <= end)
        return float(traces[light_change().column][within].max())


def light_change() -> Observable:
    """Mean of abs(1 - PL / PL0) over the film."""

    def measure(scenario: Scenario, state: State) -> float:
        return float(np.average(np.abs(quench(scenario, state)), weights=scenario.model.volumes))

    return Observable("change of PL", "1", measure)


def degraded_share(sites: float = 1.0) -> Observable:
    """Degraded share of the `sites` [1/m^3], mean over the film."""

    def measure(scenario: Scenario, state: State) -> float:
        number = species_number(scenario, "degraded site")
        return float(np.average(state.concentrations[number], weights=scenario.model.volumes) / sites)

    return Observable("degraded", "1", measure)
