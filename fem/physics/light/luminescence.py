"""Light, first model: photoluminescence from a local carrier balance quenched by ion-made traps.

At each point ``G = k1 n + k2 n^2 + k3 n^3`` with ``k1 = k10 + sum_j C_j N_j``; the emission rate is ``PL = k2 n^2``
(Johnston and Herz, doi:10.1021/acs.accounts.5b00411). The trap densities N_j follow from the ions:

- :class:`UnpairedInterstitials`: iodide interstitials are the deep native defect and are neutralised by iodide
  vacancies; where vacancies have left, ``N = N_i max(0, 1 - c / c_start)`` of them are bare.
- :class:`VacancyClusters`: crowded vacancies form clusters that trap, ``N = c^2 / c_sat``.
- :class:`TrappingIons`: a mobile species that traps by itself (iodide interstitials), ``N = c``.
"""

from dataclasses import dataclass

import numpy as np

from fem.checks import require_not_negative, require_positive
from fem.fields import Array
from fem.physics.materials import Recombination


@dataclass(frozen=True)
class UnpairedInterstitials:
    """Traps of `density` N_i [1/m^3] that `species` neutralises at its starting concentration; capture C [m^3/s]."""

    species: str
    density: float
    capture_coefficient: float

    def __post_init__(self) -> None:
        require_not_negative(self.density, "density of unpaired interstitials", "1/m^3")
        require_not_negative(self.capture_coefficient, "capture coefficient of unpaired interstitials", "m^3/s")

    def trap_density(self, concentration: Array, start: Array) -> Array:
        """Trap density [1/m^3] where the species has `concentration` and had `start` [1/m^3]."""
        return self.density * np.maximum(0.0, 1.0 - concentration / start)


@dataclass(frozen=True)
class VacancyClusters:
    """Clusters ``c^2 / saturation`` of `species` [1/m^3]; capture C [m^3/s]."""

    species: str
    saturation: float
    capture_coefficient: float

    def __post_init__(self) -> None:
        require_positive(self.saturation, "saturation density of vacancy clusters", "1/m^3")
        require_not_negative(self.capture_coefficient, "capture coefficient of vacancy clusters", "m^3/s")

    def trap_density(self, concentration: Array, start: Array) -> Array:
        """Trap density [1/m^3] where the species has `concentration` [1/m^3]; `start` does not matter."""
        return np.maximum(concentration, 0.0) ** 2 / self.saturation


@dataclass(frozen=True)
class TrappingIons:
    """Every ion of `species` is a trap, ``N = c``; capture C [m^3/s]."""

    species: str
    capture_coefficient: float

    def __post_init__(self) -> None:
        require_not_negative(self.capture_coefficient, "capture coefficient of trapping ions", "m^3/s")

    def trap_density(self, concentration: Array, start: Array) -> Array:
        """Trap density [1/m^3] where the species has `concentration` [1/m^3]; `start` does not matter."""
        return np.maximum(concentration, 0.0)


Quencher = UnpairedInterstitials | VacancyClusters | TrappingIons


@dataclass(frozen=True)
class Light:
    """Steady uniform illumination: carrier `generation` rate G [1/(m^3 s)] and what quenches the emission."""

    generation: float
    quenchers: tuple[Quencher, ...] = ()

    def __post_init__(self) -> None:
        require_positive(self.generation, "generation rate of carriers", "1/(m^3 s)")


def carrier_density(generation: float, k1: Array, k2: float, k3: float) -> Array:
    """The positive root n [1/m^3] of ``k3 n^3 + k2 n^2 + k1 n = G``, to round-off.

    Newton's method from above, n0 = min(G/k1, sqrt(G/k2), cbrt(G/k3)): the balance is convex and rising for n > 0 and
    n0 lies at or above the root, so the iteration falls monotonically.
    """
    n = np.minimum(generation / k1, np.sqrt(generation / k2))
    if k3 > 0:
        n = np.minimum(n, np.cbrt(generation / k3))
    for _ in range(60):
        correction = (((k3 * n + k2) * n + k1) * n - generation) / ((3 * k3 * n + 2 * k2) * n + k1)
        n = n - correction
        if np.all(np.abs(correction) <= 4e-16 * n):
            break
    return n


def photoluminescence(light: Light, loss: Recombination, trapping: Array) -> Array:
    """Radiative rate ``k2 n^2`` [1/(m^3 s)] where traps add the rate `trapping` = sum C_j N_j [1/s]."""
    n = carrier_density(light.generation, loss.monomolecular + trapping, loss.radiative, loss.auger)
    return loss.radiative * n**2
