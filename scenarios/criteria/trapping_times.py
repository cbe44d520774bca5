"""What times say about grain boundaries: traps slow a film by a known factor, fast paths change the ratio of cuts."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import geometric_mean

from fem.comparison.compared import Compared
from fem.comparison.moments import time_to_share
from fem.comparison.study import Demand
from scenarios.parts.trapping_films import Role

Groups = Mapping[str, Sequence[Compared]]
Named = Callable[[Role, str], str]  # the group of films of one role and cut
_OFF = 0.2  # of the factor by which traps slow a film: there are fewer boundaries near electrodes than in the middle
_APART = 0.5  # of the transfer factor of boundaries like grains: below it paths are fast, above they are not


def time_demands(group: Named, lateral: str, vertical: str) -> list[Demand]:
    """F2: traps slow charging by 1 + bound / free; the ratio of the two cuts shows fast paths and not traps."""
    slowed = [
        Demand(
            "F2",
            f"{cut}: time to 90 % of the charge, traps over boundaries like grains, over 1 + bound / free",
            partial(_slowed, group(Role.TRAP, cut), group(Role.NEITHER, cut)),
            1 - _OFF,
            1 + _OFF,
        )
        for cut in (lateral, vertical)
    ]
    told = [
        Demand(
            "F2",
            f"{role.value}: {lateral} over {vertical} time to 90 % of the quench, over that of boundaries like grains",
            partial(
                _transfer_over,
                (group(role, lateral), group(role, vertical)),
                (group(Role.NEITHER, lateral), group(Role.NEITHER, vertical)),
            ),
            *limits,
        )
        for role, limits in ((Role.FAST, (0.0, _APART)), (Role.BOTH, (0.0, _APART)), (Role.TRAP, (_APART, 1 / _APART)))
    ]
    return [*slowed, *told]


def _slowed(traps: str, grains: str, groups: Groups) -> float:
    bound = [float(run.part("mesh")["bound_over_free"]) for run in groups[traps]]
    slower = _time("charge", 0.9, groups[traps]) / _time("charge", 0.9, groups[grains])
    return slower / geometric_mean(1 + one for one in bound)


def _transfer_over(one: tuple[str, str], other: tuple[str, str], groups: Groups) -> float:
    factors = [_time("quench", 0.9, groups[source]) / _time("quench", 0.9, groups[target])
               for source, target in (one, other)]  # fmt: skip
    return factors[0] / factors[1]


def _time(what: str, share: float, runs: Sequence[Compared]) -> float:
    """Geometric mean over the films [s]; ValueError where one is not known."""
    times = [time_to_share(run, what, share) for run in runs]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        raise ValueError(f"not every film reaches {100 * share:.0f} % of its {what} when its outputs can tell")
    return geometric_mean(known)
