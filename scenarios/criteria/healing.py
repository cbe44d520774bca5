"""What is demanded of a film that a field heals and harms: it is brightest at a voltage in between."""

from collections.abc import Mapping

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import mean_luminescence
from fem.scenario import Criterion, Observable
from scenarios.criteria.parity import levels
from scenarios.parts.stages import Stages

Traces = Mapping[str, Array]
_CLEAR = 0.05  # by how much the brightest voltage beats no voltage and the highest
_FLAT = 1e-3  # relative step in the wrong direction that still counts as none


def maximum_demands(stages: Stages, still: Observable, heals: bool, harms: bool) -> tuple[Criterion, ...]:
    """B17: a maximum of the emission at a voltage in between with healing and harm, and none with only one of them.

    Iodide also enters with time, without a voltage. The gain is therefore over a film that was at 0 V as long. That
    film only brightens, so a fall under rising voltages is none of time: it is demanded of the light itself, which is
    less than what the division would make of it.

    Parameters
    ----------
    stages
        Rising voltages.
    still
        Emission of the same film at 0 V all the time.
    heals
        Whether there is halide that fills vacancies.
    harms
        Whether the field makes pairs.
    """
    light, without = levels(mean_luminescence().column, stages), levels(still.column, stages)
    last = len(stages.voltages) - 1

    def gains(traces: Traces) -> Array:
        return np.asarray(light(traces) / without(traces))

    def gain(traces: Traces) -> float:
        return float(gains(traces).max() - 1)

    def fall(traces: Traces) -> float:
        return float(light(traces).max() / light(traces)[-1] - 1)

    def steps(traces: Traces) -> Array:
        found = np.append(1.0, light(traces))
        return np.asarray(found[1:] / found[:-1] - 1)

    if heals and harms:
        number = "number of the voltage at which the film is brightest, 0 for the lowest"
        return (
            Criterion("B17", number, lambda traces: float(light(traces).argmax()), 1, last - 1),
            Criterion("B17", f"{number}, against 0 V", lambda traces: float(gains(traces).argmax()), 1, last - 1),
            Criterion("B17", "largest gain of PL over that of the film at 0 V for as long", gain, _CLEAR),
            Criterion("B17", "PL at the brightest voltage over that at the highest, less 1", fall, _CLEAR),
        )
    if heals:
        alone = "without pairs from the field"
        return (
            Criterion(
                "B17", f"{alone}: least relative step of PL to the next voltage", lambda t: steps(t).min(), -_FLAT
            ),
            Criterion("B17", f"{alone}: largest gain of PL over that of the film at 0 V for as long", gain, _CLEAR),
        )
    alone = "without halide from outside"
    largest = Criterion("B17", f"{alone}: largest relative step of PL to the next voltage", lambda t: steps(t).max(),
                        upper=_FLAT)  # fmt: skip
    over = f"{alone}: largest gain of PL over that of the film at 0 V for as long"
    return (largest, Criterion("B17", over, gain, upper=_FLAT)) if harms else ()
