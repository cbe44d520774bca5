"""What is demanded of a response that must change its sign with the voltage."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import mean_lifetime, mean_luminescence
from fem.scenario import Criterion
from scenarios.parts.stages import Stages

Traces = Mapping[str, Array]
_RESPONSE = 0.05  # least change at either voltage
_EVEN = 0.1  # largest part of the response to a small voltage that both signs share, over that in which they differ


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

    Odd is a statement about small voltages. The response r = a V + b V^2 + ... of anything smooth has an even part, and
    how large that is at a given voltage depends on what is looked at: a lifetime, its inverse and its logarithm differ
    in b. They agree as V goes to 0, where the even part over the odd one vanishes as V if the slope of the response is
    the same on both sides of 0 V; it goes to 1 if only one sign of the voltage does anything, and grows without bound
    if both do the same. Demanded is that limit, by a straight line through the two smallest voltages.

    Parameters
    ----------
    stages
        Voltages that rise, as far below zero as above, 0 V among them, and of either sign two or more.
    stored
        Whether there is halide that can fill vacancies.
    """
    watched = (("B4", "PL", mean_luminescence().column), ("B5", "lifetime", mean_lifetime().column))
    return tuple(one for id, what, column in watched for one in _demands(id, what, column, stages, stored))


def _demands(id: str, what: str, column: str, stages: Stages, stored: bool) -> tuple[Criterion, ...]:
    found = levels(column, stages)

    def steepest(traces: Traces) -> float:
        return float(np.diff(found(traces)).max())

    def gain(traces: Traces) -> float:
        return float(found(traces)[0] - 1)

    def loss(traces: Traces) -> float:
        return float(1 - found(traces)[-1])

    if not stored:
        return (Criterion(id, f"without a store: largest gain of {what} at any voltage",
                          lambda traces: float(found(traces).max() - 1), upper=0.01),)  # fmt: skip
    return (
        Criterion(id, f"least favourable change of {what} from one voltage to the next higher", steepest, upper=0.0),
        Criterion(id, f"gain of {what} at the lowest voltage", gain, _RESPONSE),
        Criterion(id, f"loss of {what} at the highest voltage", loss, _RESPONSE),
        Criterion(id, f"even over odd part of the response of {what}, in the limit of small voltages",
                  lambda traces: even_at_first(stages.voltages, found(traces)), -_EVEN, _EVEN),
    )  # fmt: skip


def even_over_odd(values: Array) -> Array:
    """Even over odd part of a response, from the smallest voltage on, shape (n // 2,).

    Parameters
    ----------
    values
        At voltages that rise, as far below zero as above, the middle one 0 V; shape (n,).

    Raises
    ------
    ValueError
        If a response has no odd part at all.
    """
    middle = len(values) // 2
    change = values / values[middle] - 1
    below, above = change[middle - 1 :: -1], change[middle + 1 :]
    if np.any(below == above):
        raise ValueError("the response is the same for both signs of a voltage")
    return np.asarray((below + above) / (below - above))


def even_at_first(voltages: Sequence[float], values: Array) -> float:
    """The same in the limit of no voltage, by a straight line through the two smallest; see :func:`parity_demands`."""
    first, second = voltages[len(voltages) // 2 + 1 :][:2]
    near, far = even_over_odd(values)[:2]
    return float(near - (far - near) * first / (second - first))
