"""What is demanded of a diode under waves of several frequencies (B12)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import total_emission
from fem.scenario import Criterion
from scenarios.parts.ac_staircase import HALIDE_DISTANCE, Staircase
from scenarios.parts.emitter import HALIDE

Traces = Mapping[str, Array]
EMISSION = total_emission().column
DRIFT = f"drift {HALIDE} [1]"
_CONSERVED = 1e-10
_FALL = 3.0  # the swing of the ions falls at least that much over the last decade of frequency
_OFF, _OFF_BY = 0.01, 1e-3  # of the light that may be left, at this share of half a cycle after it was switched off


@dataclass(frozen=True)
class Response:
    """Light and ions over frequency; `sine` is the column of the emission under the sine."""

    stairs: Staircase
    sine: str

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B12."""
        last = self.stairs.count - 1
        return (
            Criterion("B12", "swing of the ions, last frequency but one over last", self.low_pass, _FALL),
            Criterion("B12", "light left shortly after the switch, lowest frequency", self.left, upper=_OFF),
            Criterion("B12", "light at the end of the first half over that at its beginning, lowest frequency",
                      self.rise, lower=1.05),
            Criterion("B12", "mean light at the highest frequency over that at the lowest",
                      lambda c: self.mean(c, EMISSION, last) / self.mean(c, EMISSION, 0), upper=1.0),
            Criterion("B12", "mean light, square over sine, least of all frequencies", self.square_over_sine, 1.0),
            Criterion("B12", "largest drift of the bromide",
                      lambda c: float(np.abs(c[DRIFT]).max()), upper=_CONSERVED),
        )  # fmt: skip

    def mean(self, traces: Traces, column: str, number: int) -> float:
        """Mean of a column over the last cycle at a frequency."""
        at = self.stairs.within(traces["time [s]"], number)
        time = traces["time [s]"][at]
        return float(np.trapezoid(traces[column][at], time) / self.stairs.periods[number])

    def swing(self, traces: Traces, number: int) -> float:
        """Crest to crest of the ions' mean distance from the electron layer, last cycle at a frequency [m]."""
        return float(np.ptp(traces[HALIDE_DISTANCE.column][self.stairs.within(traces["time [s]"], number)]))

    def low_pass(self, traces: Traces) -> float:
        """How much the swing of the ions falls over the last decade of frequency."""
        return self.swing(traces, self.stairs.count - 2) / self.swing(traces, self.stairs.count - 1)

    def left(self, traces: Traces) -> float:
        """Light at a thousandth of the half cycle after the switch over that just before it."""
        time, light = self._first(traces)
        half = 0.5 * float(self.stairs.periods[0])
        after = float(np.interp(half * (1 + _OFF_BY), time, light))
        return after / float(np.interp(half, time, light))

    def rise(self, traces: Traces) -> float:
        """Light at the end of the half cycle over that soon after its beginning."""
        time, light = self._first(traces)
        half = 0.5 * float(self.stairs.periods[0])
        return float(np.interp(half, time, light) / np.interp(half * _OFF_BY, time, light))

    def square_over_sine(self, traces: Traces) -> float:
        """Mean light of the square wave over that of the sine, where that is least."""
        both = [[self.mean(traces, name, k) for name in (EMISSION, self.sine)] for k in range(self.stairs.count)]
        return min(square / sine for square, sine in both)

    def _first(self, traces: Traces) -> tuple[Array, Array]:
        """Time since the last cycle at the lowest frequency began [s], and the light."""
        at = self.stairs.within(traces["time [s]"], 0)
        return traces["time [s]"][at] - self.stairs.last_cycles[0], traces[EMISSION][at]
