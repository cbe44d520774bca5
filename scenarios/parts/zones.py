"""Quench in a zone beside an electrode, and what an experiment with bare and coated electrodes demands of it."""

from collections.abc import Callable, Mapping

import numpy as np

from fem.fields import Array
from fem.observables.fronts import quench_profile
from fem.observables.profiles import Side
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

_INJECTED, _BLOCKED, _UNREDUCED = 0.3, 0.02, 0.05  # least, and twice largest, quench near an electrode
_STEADY = 0.01  # largest change in the second half of a run that counts as none

Traces = Mapping[str, Array]


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
    """B3 in the steady state: quench at the cathode if it injects and lead can be reduced; none otherwise.

    Under a coating the light must stay as it is. Without reduction it may not fall; that it does not rise either is not
    demanded, because injected electrons dope the film, and what is not limited by lead emits in proportion to them.

    Parameters
    ----------
    cathode, anode
        Quench beside either electrode; judged at the end of the run, which must no longer change anything.
    coated
        Whether carriers find a coating.
    reduced
        Whether lead can be reduced.
    """

    def at(zone: Observable) -> Callable[[Traces], float]:
        return lambda traces: float(traces[zone.column][-1])

    def moving(traces: Traces) -> float:
        return max(_late_change(traces["time [s]"], traces[one.column]) for one in (cathode, anode))

    steady = Criterion("B3", "change of the quench in the second half of the run, of 1 or of itself", moving,
                       upper=_STEADY)  # fmt: skip
    if coated:
        return (
            Criterion("B3", "quench near the coated cathode", at(cathode), -_BLOCKED, _BLOCKED),
            Criterion("B3", "quench near the coated anode", at(anode), -_BLOCKED, _BLOCKED),
            steady,
        )
    if not reduced:
        return (
            Criterion("B3", "quench near the cathode, without reduction", at(cathode), upper=_UNREDUCED),
            steady,
        )
    return (
        Criterion("B3", "quench near the injecting cathode", at(cathode), _INJECTED, 1.0),
        Criterion("B3", "quench near the anode", at(anode), upper=_UNREDUCED),
        steady,
    )


def _late_change(time: Array, quench: Array) -> float:
    """Change of a quench, shape (n,), since half of the time, over its last size or over 1 if that is more."""
    return float(abs(quench[-1] - np.interp(0.5 * time[-1], time, quench)) / max(1.0, abs(quench[-1])))


def mean_between(position: Array, values: Array, first: float, last: float) -> float:
    """Mean of straight lines through `values`, shape (n,), at rising `position` [m] from `first` to `last` [m]."""
    inside = position[(position > first) & (position < last)]
    x = np.concatenate([[first], inside, [last]])
    return float(np.trapezoid(np.interp(x, position, values), x) / (last - first))
