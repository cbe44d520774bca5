"""Recombination of electrons and holes through levels in the gap.

    by lifetimes   (n p - n_i^2) / [tau_p (n + n1) + tau_n (p + p1)]
    through traps  N C_n C_p (n p - n_i^2) / [C_n (n + n1) + C_p (p + p1)]
    at a surface   S_n S_p (n p - n_i^2) / [S_n (n + n1) + S_p (p + p1)]      [1/(m^2 s)]

n1 and p1 = n_i^2 / n1 are the densities with the Fermi level at the trap (Shockley and Read,
doi:10.1103/PhysRev.87.835; Hall, doi:10.1103/PhysRev.87.387), n_i is that of the bands unless it is stated. The traps
are in a steady state with the carriers and their occupation carries no charge: true where they are few against what is
mobile. Below zero, n and p count as 0 in the denominators, and n p as in :mod:`fem.physics.reactions.recombination`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp

import numpy as np

from fem.checks import require_finite, require_positive
from fem.constants import boltzmann
from fem.fields import Array, Field
from fem.physics.reactions.rate_laws import product
from fem.physics.reactions.reaction import Rate
from fem.physics.reactions.recombination import Recombination, stated

_POSITIVE = frozenset({"n_i", "n1"})


def level_density(states: float, depth: float, temperature: float) -> float:
    """``n1 = N_C exp(-depth / kT)`` [1/m^3], the density of electrons with the Fermi level at a trap.

    Parameters
    ----------
    states
        Effective density of states of the conduction band N_C [1/m^3].
    depth
        Of the level below the conduction band [J]; negative above it.
    temperature
        [K].
    """
    require_positive(states, "effective density of states", "1/m^3")
    require_positive(temperature, "temperature", "K")
    require_finite(depth, "depth of the level", "J")
    return states * exp(-depth / (boltzmann * temperature))


@dataclass(frozen=True)
class ShockleyReadHall(Recombination):
    """Recombination through a level in the gap, by lifetimes.

    Parameters
    ----------
    electron_lifetime, hole_lifetime
        tau_n, tau_p [s].
    n1
        Density of electrons with the Fermi level at the trap [1/m^3], see :func:`level_density`; None for n_i.
    intrinsic_density
        n_i [1/m^3]; None for that of the bands.
    electron, hole
        Names of the populations.
    """

    electron_lifetime: Field
    hole_lifetime: Field
    n1: Field | None = None
    intrinsic_density: Field | None = None
    electron: str = "electron"
    hole: str = "hole"
    positive: frozenset[str] = field(default=_POSITIVE | {"tau_n", "tau_p"}, init=False)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Lifetimes and level."""
        return stated(tau_n=self.electron_lifetime, tau_p=self.hole_lifetime, n1=self.n1, n_i=self.intrinsic_density)

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        captures = 1.0 / coefficients["tau_n"], 1.0 / coefficients["tau_p"]
        return _through_level(concentrations, (self.electron, self.hole), captures, coefficients)


@dataclass(frozen=True)
class TrapRecombination(Recombination):
    """Recombination through traps that are a population: interstitials, lead(0), an immobile trap.

    Parameters
    ----------
    trap
        Name of the population N.
    electron_capture, hole_capture
        C_n, C_p [m^3/s], capture cross-section times thermal velocity.
    n1
        Density of electrons with the Fermi level at the trap [1/m^3], see :func:`level_density`; None for n_i.
    intrinsic_density
        n_i [1/m^3]; None for that of the bands.
    electron, hole
        Names of the populations.
    """

    trap: str
    electron_capture: Field
    hole_capture: Field
    n1: Field | None = None
    intrinsic_density: Field | None = None
    electron: str = "electron"
    hole: str = "hole"
    positive: frozenset[str] = field(default=_POSITIVE, init=False)

    @property
    def populations(self) -> tuple[str, ...]:
        """Electrons, holes and traps."""
        return (self.electron, self.hole, self.trap)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Capture coefficients and level."""
        return stated(C_n=self.electron_capture, C_p=self.hole_capture, n1=self.n1, n_i=self.intrinsic_density)

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        traps, captures = concentrations[self.trap], (coefficients["C_n"], coefficients["C_p"])
        each, slopes = _through_level(concentrations, (self.electron, self.hole), captures, coefficients)
        count = np.maximum(traps, 0.0)
        return count * each, {
            self.trap: (traps > 0) * each,
            **{name: count * slope for name, slope in slopes.items()},
        }


@dataclass(frozen=True)
class SurfaceRecombination(Recombination):
    """Recombination at a surface or interface, per area.

    Parameters
    ----------
    electron_velocity, hole_velocity
        S_n, S_p [m/s].
    n1
        Density of electrons with the Fermi level at the trap [1/m^3], see :func:`level_density`; None for n_i.
    intrinsic_density
        n_i [1/m^3]; None for that of the bands.
    electron, hole
        Names of the populations.
    """

    electron_velocity: Field
    hole_velocity: Field
    n1: Field | None = None
    intrinsic_density: Field | None = None
    electron: str = "electron"
    hole: str = "hole"
    positive: frozenset[str] = field(default=_POSITIVE, init=False)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Velocities and level."""
        return stated(S_n=self.electron_velocity, S_p=self.hole_velocity, n1=self.n1, n_i=self.intrinsic_density)

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        velocities = coefficients["S_n"], coefficients["S_p"]
        return _through_level(concentrations, (self.electron, self.hole), velocities, coefficients)


def _through_level(
    concentrations: Mapping[str, Array],
    carriers: tuple[str, str],
    captures: tuple[Array, Array],
    levels: Mapping[str, Array],
) -> Rate:
    """``a b (n p - n_i^2) / [a (n + n1) + b (p + p1)]`` with a, b = `captures`; 0 where both captures are."""
    (electron, hole), (a, b), n_i = carriers, captures, levels["n_i"]
    n, p, n1 = concentrations[electron], concentrations[hole], levels.get("n1", n_i)
    met, slopes = product(concentrations, {electron: 1, hole: 1})
    filled = a * (np.maximum(n, 0.0) + n1) + b * (np.maximum(p, 0.0) + n_i * (n_i / n1))
    filled = np.where(filled > 0, filled, 1.0)
    factor = a * b / filled
    rate = factor * (met - n_i * n_i)
    share = rate / filled
    return rate, {
        electron: factor * slopes[electron] - share * a * (n > 0),
        hole: factor * slopes[hole] - share * b * (p > 0),
    }
