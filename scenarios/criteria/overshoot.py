"""What is demanded of light that first rises and then fades."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import total_emission
from fem.observables.observables import total_ions
from fem.scenario import Criterion
from scenarios.parts.emitter import TRAP

Traces = Mapping[str, Array]
_OVERSHOOT = 0.2  # least rise of the light over its first value
_CUT = 10.0  # by how much slower boundaries must at least cut it
_CLOCK = (1 / 3, 3.0)  # time of the maximum over that in which halide fills the traps
_FADED = 0.7  # of the maximum, left at the end


@dataclass(frozen=True)
class Overshoot:
    """Light and traps after a voltage is switched on.

    Parameters
    ----------
    settled
        When electrons and holes have long settled and no halide has moved [s]; the light is compared with that of then.
    """

    settled: float

    def criteria(self, slowed: bool) -> tuple[Criterion, ...]:
        """B13: a maximum when the traps are filled, and a decay; next to no maximum where boundaries are `slowed`."""
        if slowed:
            cut = f"overshoot of the light with slow boundaries, over {_OVERSHOOT:g}"
            return (Criterion("B13", cut, lambda traces: self.height(traces) / _OVERSHOOT, upper=1 / _CUT),)
        return (
            Criterion("B13", "overshoot of the light over its first value", self.height, _OVERSHOOT),
            Criterion("B13", "time of the maximum over that in which halide fills traps", self.clock, *_CLOCK),
            Criterion("B13", "light at the end over its maximum", self.faded, upper=_FADED),
        )

    def light(self, traces: Traces) -> tuple[Array, Array]:
        """Time [s] since it settled and light over its first value, shape (n,) each."""
        time, found = traces["time [s]"], traces[total_emission().column]
        since = time >= self.settled
        return time[since], found[since] / found[since][0]

    def height(self, traces: Traces) -> float:
        """Largest light over the first, less 1."""
        return float(self.light(traces)[1].max() - 1)

    def clock(self, traces: Traces) -> float:
        """Time of the largest light over that at which 1 - 1/e of all traps that are ever filled are filled."""
        time, light = self.light(traces)
        return _time_of_maximum(time, light) / self.filling_time(traces)

    def filling_time(self, traces: Traces) -> float:
        """When 1 - 1/e of all traps that are ever filled are filled [s]."""
        time, traps = traces["time [s]"][1:], traces[total_ions(TRAP).column][1:]
        filled = np.maximum.accumulate(traps[0] - traps)
        return float(np.exp(np.interp((1 - np.exp(-1)) * filled[-1], filled, np.log(time))))

    def faded(self, traces: Traces) -> float:
        """Light at the end over the largest."""
        light = self.light(traces)[1]
        return float(light[-1] / light.max())


def _time_of_maximum(time: Array, light: Array) -> float:
    """Where a parabola through the brightest output and its neighbours has its top, over the logarithm of time [s]."""
    top = int(light.argmax())
    if not 0 < top < len(light) - 1:
        return float(time[top])
    near = slice(top - 1, top + 2)
    middle = np.log(time[top])
    bent, slope, _ = np.polyfit(np.log(time[near]) - middle, light[near], 2)
    return float(np.exp(middle - slope / (2 * bent)))
