"""What a time seen in one geometry says about another: the transfer factor, with its spread over random films.

Where one process alone sets the time, the charging of the electrodes through the film, all times go with
``lambda L / 2D`` (Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506), and so does their ratio. What the
ratio is beyond that comes from what uniform films show as well (voltages beyond linear response, dark zones that fill
another part of the film) and from the grains, which they do not have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt
from typing import Any

import numpy as np

from fem.comparison.compared import Compared
from fem.comparison.grouped import groups_of
from fem.comparison.moments import SHARES, time_to_loss, time_to_share
from fem.comparison.study import Transfer
from fem.fields import Array

LOSSES = (0.05, 0.1, 0.2, 0.5)  # of the light
TIMES: Mapping[str, Callable[[Compared], float | None]] = (
    {f"{100 * loss:.0f} % of the light lost": partial(time_to_loss, loss=loss) for loss in LOSSES}
    | {f"{100 * share:.0f} % of its own quench": partial(time_to_share, what="quench", share=share) for share in SHARES}
    | {f"{100 * share:.0f} % of its own charge": partial(time_to_share, what="charge", share=share) for share in SHARES}
)
Groups = Mapping[str, Sequence[Compared]]


@dataclass(frozen=True)
class Ratio:
    """A positive number known from several films: `value`, and the factor by which one of them is off.

    `value` is the geometric mean, `spread` the exponential of the standard deviation of the logarithm over pairs of
    films, 1 where that is not known; `pairs` counts them.
    """

    value: float
    spread: float
    pairs: int

    def over(self, other: "Ratio") -> "Ratio":
        """Itself over another one that is independent of it."""
        spread = exp(sqrt(log(self.spread) ** 2 + log(other.spread) ** 2))
        return Ratio(self.value / other.value, spread, self.pairs)

    def __str__(self) -> str:
        return f"{self.value:.3g}" + (f" ×/÷ {self.spread:.3g}" if self.pairs > 1 else "")


@dataclass(frozen=True)
class Factor:
    """The transfer factor of one time.

    Parameters
    ----------
    transfer
        Between which groups.
    quantity
        Which time ("10 % of the light lost").
    measured
        Time in the source over time in the target.
    theory
        The same ratio of the screening times lambda L / 2D.
    uniform
        What uniform films at the same voltages give beyond `theory`; None without them.
    """

    transfer: Transfer
    quantity: str
    measured: Ratio
    theory: Ratio
    uniform: Ratio | None

    @property
    def beyond(self) -> Ratio:
        """What is measured over what theory says."""
        return self.measured.over(Ratio(self.theory.value, 1.0, 1))

    @property
    def grains(self) -> Ratio | None:
        """What the grains add to theory and uniform films."""
        return None if self.uniform is None else self.beyond.over(self.uniform)

    def as_dict(self) -> dict[str, Any]:
        """For ``comparison.json``."""
        parts = {"measured": self.measured, "theory": self.theory, "beyond theory": self.beyond,
                 "uniform films": self.uniform, "grains": self.grains}  # fmt: skip
        told = {name: {"factor": one.value, "spread": one.spread, "pairs of films": one.pairs} for name, one in
                parts.items() if one is not None}  # fmt: skip
        return {"quantity": self.quantity, **self.transfer.as_dict(), **told}


def transfer_factors(runs: Sequence[Compared], transfers: Sequence[Transfer]) -> list[Factor]:
    """Factors of every time that all films of the two groups reach, and not before their first output."""
    groups = {name: [runs[k] for k in places] for name, places in groups_of(runs).items()}
    complete = [one for one in transfers if {one.source, one.target} <= groups.keys()]
    found = [_factor(transfer, quantity, groups) for transfer in complete for quantity in TIMES]
    return [factor for factor in found if factor is not None]


def _factor(transfer: Transfer, quantity: str, groups: Groups) -> Factor | None:
    sides = [groups[name] for name in (transfer.source, transfer.target)]
    theory, measured = _ratio(*map(_screening, sides)), _ratio(*(_times(side, quantity) for side in sides))
    if theory is None or measured is None:
        return None
    return Factor(transfer, quantity, measured, theory, _uniform(groups, transfer, quantity))


def _times(runs: Sequence[Compared], quantity: str) -> Array:
    """Time [s] of each run, NaN where it is not known or only a bound is."""
    found = [TIMES[quantity](run) for run in runs]
    return np.array([np.nan if one is None else one for one in found])


def _screening(runs: Sequence[Compared]) -> Array:
    """Lambda L / 2D of each run [s], NaN where it is not known."""
    return np.array([run.scale("charging_time") or np.nan for run in runs])


def _ratio(source: Array, target: Array) -> Ratio | None:
    """Times of any film of one kind over those of any of the other; None where one is not known."""
    logs = [np.log(side) for side in (source, target)]
    if not all(len(side) and np.isfinite(side).all() for side in logs):
        return None
    variance = sum(float(side.var(ddof=1)) for side in logs if len(side) > 1)
    return Ratio(exp(float(logs[0].mean() - logs[1].mean())), exp(sqrt(variance)), len(source) * len(target))


def _uniform(groups: Groups, transfer: Transfer, quantity: str) -> Ratio | None:
    if transfer.uniform is None or not set(transfer.uniform) <= groups.keys():
        return None
    sides = [groups[name] for name in transfer.uniform]
    return _ratio(*(_times(side, quantity) / _screening(side) for side in sides))
