"""Recombination of electrons and holes across the gap.

    radiative  k2 (n p - n_i^2)
    Auger      (C_n n + C_p p) (n p - n_i^2)

n_i is that of the bands at the very place, whatever the materials beside it, unless it is stated: so detailed balance
is built in. Below zero (stages of a time step), n p is continued by 0 where both are negative, and n and p count as 0
in Auger's bracket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fem.fields import Array, Field
from fem.physics.reactions.rate_laws import product
from fem.physics.reactions.reaction import Rate

_POSITIVE = frozenset({"n_i"})


class Recombination:
    """What all laws of recombination share: which carriers meet, and whose n_i counts."""

    electron: str
    hole: str
    intrinsic_density: Field | None

    @property
    def populations(self) -> tuple[str, ...]:
        """Electrons and holes."""
        return (self.electron, self.hole)

    @property
    def conditions(self) -> frozenset[str]:
        """The bands' n_i, unless it is stated."""
        return frozenset({"n_i"}) if self.intrinsic_density is None else frozenset()


@dataclass(frozen=True)
class Radiative(Recombination):
    """Bimolecular recombination.

    Parameters
    ----------
    coefficient
        k2 [m^3/s].
    intrinsic_density
        n_i [1/m^3]; None for that of the bands.
    electron, hole
        Names of the populations.
    """

    coefficient: Field
    intrinsic_density: Field | None = None
    electron: str = "electron"
    hole: str = "hole"
    positive: frozenset[str] = field(default=_POSITIVE, init=False)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """k2 and n_i."""
        return stated(k2=self.coefficient, n_i=self.intrinsic_density)

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        k2, n_i = coefficients["k2"], coefficients["n_i"]
        met, slopes = product(concentrations, {self.electron: 1, self.hole: 1})
        return k2 * (met - n_i * n_i), {name: k2 * slope for name, slope in slopes.items()}


@dataclass(frozen=True)
class Auger(Recombination):
    """Recombination that gives its energy to a third carrier.

    Parameters
    ----------
    electron_coefficient, hole_coefficient
        C_n, C_p [m^6/s].
    intrinsic_density
        n_i [1/m^3]; None for that of the bands.
    electron, hole
        Names of the populations.
    """

    electron_coefficient: Field
    hole_coefficient: Field
    intrinsic_density: Field | None = None
    electron: str = "electron"
    hole: str = "hole"
    positive: frozenset[str] = field(default=_POSITIVE, init=False)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """C_n, C_p and n_i."""
        return stated(C_n=self.electron_coefficient, C_p=self.hole_coefficient, n_i=self.intrinsic_density)

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        n, p = concentrations[self.electron], concentrations[self.hole]
        c_n, c_p, n_i = (coefficients[name] for name in ("C_n", "C_p", "n_i"))
        met, slopes = product(concentrations, {self.electron: 1, self.hole: 1})
        third, excess = c_n * np.maximum(n, 0.0) + c_p * np.maximum(p, 0.0), met - n_i * n_i
        return third * excess, {
            self.electron: third * slopes[self.electron] + c_n * (n > 0) * excess,
            self.hole: third * slopes[self.hole] + c_p * (p > 0) * excess,
        }


def stated(**fields: Field | None) -> dict[str, Field]:
    """The fields that are given, by name."""
    return {name: value for name, value in fields.items() if value is not None}
