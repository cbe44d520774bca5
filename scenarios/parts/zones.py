"""Quench in a zone beside an electrode, and what an experiment with bare and coated electrodes demands of it."""

from collections.abc import Mapping

import numpy as np

from fem.fields import Array
from fem.results.fronts import quench_profile
from fem.results.profiles import Side
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

_INJECTED, _BLOCKED, _UNREDUCED = 0.3, 0.02, 0.05  # least and largest quench near the electrode


def zone_quench(side: Side, first: float, last: float, name: str = "") -> Observable:
    """Mean of Q = 1 - PL / PL0 from `first` to `last` [m] below `side`.

    Parameters
    ----------
    side
        Of the film.
    first, last
        Depths between which the mean is taken [m].
    name
        What is there, for the header: "cathode".
    """
    if not 0 <= first < last:
        raise ValueError(f"a zone must reach from a depth of 0 or more to a larger one, got {first:g} m to {last:g} m")

    def measure(scenario: Scenario, state: State) -> float:
        depth, profile = quench_profile(scenario, state, side)
        return mean_between(depth, profile, first, last)

    where = f"{name} ({side})" if name else side
    return Observable(f"quench near {where}", "1", measure)


def contact_demands(cathode: Observable, anode: Observable, coated: bool, reduced: bool) -> tuple[Criterion, ...]:
    """B3: quench at the cathode where it injects and lead can be reduced, and none of the three otherwise.

    Parameters
    ----------
    cathode, anode
        Quench beside either electrode; judged at the end of the run.
    coated
        Whether carriers find a coating.
    reduced
        Whether lead can be reduced.
    """

    def at_cathode(traces: Mapping[str, Array]) -> float:
        return float(traces[cathode.column][-1])

    def at_either(traces: Mapping[str, Array]) -> float:
        return max(float(traces[one.column][-1]) for one in (cathode, anode))

    def beyond_anode(traces: Mapping[str, Array]) -> float:
        return float(traces[cathode.column][-1] - traces[anode.column][-1])

    if coated:
        return (Criterion("B3", "quench near either coated electrode at the end", at_either, upper=_BLOCKED),)
    if not reduced:
        return (Criterion("B3", "quench near the cathode at the end, without reduction", at_cathode, upper=_UNREDUCED),)
    return (
        Criterion("B3", "quench near the injecting cathode at the end", at_cathode, _INJECTED),
        Criterion("B3", "quench near the cathode less that near the anode at the end", beyond_anode, _INJECTED),
    )


def mean_between(position: Array, values: Array, first: float, last: float) -> float:
    """Mean of straight lines through `values`, shape (n,), at rising `position` [m] from `first` to `last` [m]."""
    inside = position[(position > first) & (position < last)]
    x = np.concatenate([[first], inside, [last]])
    return float(np.trapezoid(np.interp(x, position, values), x) / (last - first))
