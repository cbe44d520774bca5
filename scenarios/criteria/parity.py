"""What is demanded of a response that must change its sign with the voltage."""

from collections.abc import Callable, Mapping

import numpy as np

from fem.fields import Array
from fem.results.light_observables import mean_lifetime, mean_luminescence
from fem.scenario import Criterion
from scenarios.parts.stages import Stages

Traces = Mapping[str, Array]
_RESPONSE = 0.05  # least change at either voltage
_EVEN = 0.1  # largest part of the response that both signs share, over the part in which they differ


def levels(column: str, stages: Stages) -> Callable[[Traces], Array]:
    """Values of a column at the end of every stage over that before the first, shape (n_stages,)."""

    def measure(traces: Traces) -> Array:
        if not any(stages.voltages):
            raise ValueError("nothing moves without a voltage")
        values = traces[column]
        return np.array([stages.within(values, k)[-1] for k in range(len(stages.voltages))]) / values[0]

    return measure


def parity_demands(stages: Stages, stored: bool) -> tuple[Criterion, ...]:
    """B4 on the light and B5 on the lifetime: monotonic and odd with a store; no brightening without one.

    Parameters
    ----------
    stages
        Voltages that rise, as far below zero as above.
    stored
        Whether there is halide that can fill vacancies.
    """
    watched = (("B4", "PL", mean_luminescence().column), ("B5", "lifetime", mean_lifetime().column))
    return tuple(one for id, what, column in watched for one in _demands(id, what, levels(column, stages), stored))


def _demands(id: str, what: str, found: Callable[[Traces], Array], stored: bool) -> tuple[Criterion, ...]:
    def steepest(traces: Traces) -> float:
        return float(np.diff(found(traces)).max())

    def gain(traces: Traces) -> float:
        return float(found(traces)[0] - 1)

    def loss(traces: Traces) -> float:
        return float(1 - found(traces)[-1])

    def even(traces: Traces) -> float:
        return abs(gain(traces) - loss(traces)) / abs(gain(traces) + loss(traces))

    if not stored:
        return (Criterion(id, f"without a store: largest gain of {what} at any voltage",
                          lambda traces: float(found(traces).max() - 1), upper=0.01),)  # fmt: skip
    return (
        Criterion(id, f"least favourable change of {what} from one voltage to the next higher", steepest, upper=0.0),
        Criterion(id, f"gain of {what} at the lowest voltage", gain, _RESPONSE),
        Criterion(id, f"loss of {what} at the highest voltage", loss, _RESPONSE),
        Criterion(id, f"even over odd part of the response of {what}", even, upper=_EVEN),
    )
