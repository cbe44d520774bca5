"""Moments at which runs are comparable: the same time, the same share of the charge, or the same quench."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fem.comparison.compared import Compared
from fem.comparison.moments import SHARES, charge, quench
from fem.comparison.opening import overlap
from fem.comparison.rows import shown
from fem.comparison.timing import Crossing, at_time, crossing, share_reached
from fem.fields import Array


@dataclass(frozen=True)
class Match:
    """One moment of every run at which they are comparable.

    Parameters
    ----------
    kind
        "same time", "same share of the charge" or "same quench".
    level
        The time since the onset [s], the share or the quench.
    moments
        One per run; their times [s] count from the onset, their outputs from the first of the run.
    """

    kind: str
    level: float
    moments: tuple[Crossing, ...]

    @property
    def words(self) -> str:
        """The level for people."""
        if self.kind == TIME:
            return f"after {shown(self.level, 's')}"
        return f"{100 * self.level:.0f} % of the charge" if self.kind == CHARGE else f"mean quench {self.level:.3g}"

    def as_dict(self, labels: Sequence[str]) -> dict[str, Any]:
        """For ``comparison.json``."""
        moments = {
            label: {"time since the onset [s]": one.time, "between outputs": [one.output, one.output + 1],
                    "weight of the later": one.weight}
            for label, one in zip(labels, self.moments, strict=True)
        }  # fmt: skip
        return {"kind": self.kind, "level": self.level, "words": self.words, "moments": moments}


TIME, CHARGE, QUENCH = "same time", "same share of the charge", "same quench"
Matches = dict[str, list[Match]]


def matches(runs: Sequence[Compared]) -> tuple[Matches, dict[str, str]]:
    """The matched moments by kind, and for each kind without any the reason."""
    found: Matches = {TIME: _at_times(runs), CHARGE: _at_shares(runs), QUENCH: _at_quench(runs)}
    reasons = {
        TIME: "the runs cover no common time",
        CHARGE: "not every run moves charge that stays until the end of its voltage, when its outputs can tell",
        QUENCH: "not every run changes its light for good, in the same direction and when its outputs can tell",
    }
    kept = {kind: one for kind, one in found.items() if one}
    return kept, {kind: reason for kind, reason in reasons.items() if kind not in kept}


def matched(found: Matches, labels: Sequence[str]) -> list[dict[str, Any]]:
    """All matches for ``comparison.json``; `labels` name the runs that were matched."""
    return [match.as_dict(labels) for group in found.values() for match in group]


def _at_times(runs: Sequence[Compared]) -> list[Match]:
    """Times between those at which each run has gone a share of its way, as far as all runs cover them."""
    common = overlap(runs)
    if common is None:
        return []
    levels = []
    for share in SHARES:
        times = [found.time for run in runs if (found := _own_time(run, share))]
        levels.append(float(np.clip(np.exp(np.mean(np.log(times))), *common)) if times else None)
    if None in levels:
        levels = list(np.geomspace(*common, 5)[1:4])
    chosen = sorted({float(level) for level in levels if level is not None})
    return _complete(TIME, chosen, runs, lambda run, level: at_time(run.elapsed, level), whole=True)


def at_output_times(runs: Sequence[Compared], most: int = 12) -> list[Match]:
    """At most so many outputs of the first run, at times that all runs cover, and the others at the same times.

    The last one under the voltage is among them.
    """
    common = overlap(runs)
    if common is None:
        return []
    own = runs[0].elapsed
    inside = own[(own >= common[0]) & (own <= common[1])]
    chosen = np.unique(np.linspace(0, len(inside) - 1, min(most, len(inside))).round().astype(int))
    last = int(np.searchsorted(inside, own[runs[0].driven.stop - 1]))
    if last < len(inside):
        chosen[np.abs(chosen - last).argmin()] = last
    levels = [float(inside[k]) for k in chosen]
    return _complete(TIME, levels, runs, lambda run, level: at_time(run.elapsed, level), whole=True)


def _own_time(run: Compared, share: float) -> Crossing | None:
    values = quench(run) if quench(run) is not None else charge(run)
    return None if values is None else share_reached(run.elapsed[run.driven], values, share)


def _at_shares(runs: Sequence[Compared]) -> list[Match]:
    def find(run: Compared, level: float) -> Crossing | None:
        moved = charge(run)
        return None if moved is None else share_reached(run.elapsed[run.driven], moved, level)

    return _complete(CHARGE, SHARES, runs, find)


def _at_quench(runs: Sequence[Compared]) -> list[Match]:
    """Shares of the least final quench."""
    lost = [quench(run) for run in runs]
    final = [float(one[-1]) for one in lost if one is not None]
    if len(final) < len(runs) or len(set(np.sign(final))) > 1:
        return []
    least = min(final, key=abs)

    def find(run: Compared, level: float) -> Crossing | None:
        values: Array | None = quench(run)
        return None if values is None else crossing(run.elapsed[run.driven], values, level)

    return _complete(QUENCH, [share * least for share in SHARES], runs, find)


def _complete(
    kind: str, levels: Sequence[float], runs: Sequence[Compared],
    find: Callable[[Compared, float], Crossing | None], whole: bool = False,
) -> list[Match]:  # fmt: skip
    """The levels that every run reaches, and not before its first output under the voltage: it may have jumped there.

    With `whole`, outputs that `find` gives count from the first of the run and not from the last before the voltage.
    """
    found = []
    for level in levels:
        moments = [(run, find(run, level)) for run in runs]
        placed = [replace(one, output=one.output + (0 if whole else run.driven.start)) for run, one in moments
                  if one and not one.bounded]  # fmt: skip
        if len(placed) == len(runs):
            found.append(Match(kind, float(level), tuple(placed)))
    return found
