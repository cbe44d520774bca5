"""What is demanded of a film that a field heals and harms: it is brightest at a voltage in between."""

from collections.abc import Mapping

import numpy as np

from fem.fields import Array
from fem.results.light_observables import mean_luminescence
from fem.scenario import Criterion
from scenarios.criteria.parity import levels
from scenarios.parts.stages import Stages

Traces = Mapping[str, Array]
_CLEAR = 0.05  # by how much the brightest voltage beats the lowest and the highest
_FLAT = 1e-3  # relative step in the wrong direction that still counts as none


def maximum_demands(stages: Stages, heals: bool, harms: bool) -> tuple[Criterion, ...]:
    """B17: a maximum of the emission at a voltage in between with healing and harm, and none with only one of them.

    Parameters
    ----------
    stages
        Rising voltages.
    heals
        Whether there is halide that fills vacancies.
    harms
        Whether the field makes pairs.
    """
    light = levels(mean_luminescence().column, stages)
    last = len(stages.voltages) - 1

    def over_lowest(traces: Traces) -> float:
        return float(light(traces).max() - 1)

    def over_highest(traces: Traces) -> float:
        return float(light(traces).max() / light(traces)[-1] - 1)

    def place(traces: Traces) -> float:
        return float(np.argmax(light(traces)))

    def steps(traces: Traces) -> Array:
        found = np.append(1.0, light(traces))
        return np.asarray(found[1:] / found[:-1] - 1)

    between = Criterion(
        "B17", "number of the voltage at which the film is brightest, 0 for the lowest", place, 1, last - 1
    )
    rising = Criterion("B17", "without pairs from the field: least relative step of PL from one voltage to the next",
                       lambda traces: float(steps(traces).min()), -_FLAT)  # fmt: skip
    falling = Criterion("B17", "without halide from outside: largest relative step of PL from one voltage to the next",
                        lambda traces: float(steps(traces).max()), upper=_FLAT)  # fmt: skip
    if heals and harms:
        return (
            between,
            Criterion("B17", "gain of PL at the brightest voltage over that at rest", over_lowest, _CLEAR),
            Criterion("B17", "PL at the brightest voltage over that at the highest, less 1", over_highest, _CLEAR),
        )
    return (rising,) * heals + (falling,) * harms
