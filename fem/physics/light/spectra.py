"""Spectra of films of uneven composition: a line at the local gap wherever a film emits, summed and looked at.

A place of one composition emits a Gaussian line at its gap. Where carriers are not simulated one of two limits takes
the place of the map of emission: carriers that settle in the narrowest gaps, ``w = exp(-(E - E_min) / kT)``, or
carriers that recombine where they come from, ``w = 1``.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from scipy.constants import h, speed_of_light
from scipy.signal import find_peaks

from fem.checks import require_positive
from fem.constants import boltzmann, eV
from fem.fields import Array
from fem.physics.halides.funnelling import GapLaw

Carriers = Literal["simulated", "funnelled", "where they are"]
_STEPS = 100  # of the axis per line width
_MARGIN = 2.0  # line widths beyond the gaps
_TAIL = 4.0  # standard deviations that a line reaches
_PROMINENT = 0.03  # least height of a peak above the saddle to a higher one, over the highest


@dataclass(frozen=True)
class EmissionLine:
    """What a film emits, place by place.

    Parameters
    ----------
    gap
        Gap over composition; the line of a place lies there.
    width
        Full width of a line at half its maximum [J]; 60 to 100 meV at room temperature.
    carriers
        "simulated": the model's own emission weighs the places. Without it: "funnelled" to the narrowest gaps, or
        emission in equal parts from all places, "where they are".

    Raises
    ------
    ValueError
        If the width is not positive or `carriers` is none of the three.
    """

    gap: GapLaw
    width: float = 0.08 * eV
    carriers: Carriers = "funnelled"

    def __post_init__(self) -> None:
        require_positive(self.width, "width of an emission line", "J")
        if self.carriers not in get_args(Carriers):
            raise ValueError(
                f"carriers of an emission line must be one of {', '.join(get_args(Carriers))}, got {self.carriers!r}"
            )

    @cached_property
    def energies(self) -> Array:
        """Axis that holds the lines of all compositions [J], shape (n,)."""
        gaps = self.gap(np.linspace(0.0, 1.0, 1001))
        low, high = gaps.min() - _MARGIN * self.width, gaps.max() + _MARGIN * self.width
        return np.asarray(np.arange(max(low, self.width), high, self.width / _STEPS))

    def spectrum(self, share: Array, weights: Array) -> "Spectrum":
        """Spectrum of places of compositions `share` that emit in the proportion of `weights`, both of shape (n,).

        Raises
        ------
        ValueError
            If no place emits.
        """
        total = float(weights.sum())
        if not total > 0:
            raise ValueError("a film that emits nothing has no spectrum")
        step = self.energies[1] - self.energies[0]
        place = (self.gap(np.clip(share, 0.0, 1.0)) - self.energies[0]) / step
        below = place.astype(np.int64)
        beyond, size = place - below, len(self.energies)
        found = np.bincount(below, weights * (1 - beyond), size) + np.bincount(below + 1, weights * beyond, size)
        sigma = self.width / np.sqrt(8 * np.log(2)) / step
        offset = np.arange(-int(_TAIL * sigma), int(_TAIL * sigma) + 1)
        line = np.exp(-0.5 * (offset / sigma) ** 2)
        return Spectrum(self.energies, np.convolve(found / total, line / (line.sum() * step), "same"))


def funnelled(gaps: Array, temperature: float) -> Array:
    """Weights exp(-(E - E_min) / kT) of places with `gaps` [J] at `temperature` [K], shape of `gaps`."""
    return np.asarray(np.exp(-(gaps - gaps.min()) / (boltzmann * temperature)))


@dataclass(frozen=True)
class Spectrum:
    """Photons per energy over their energy.

    Parameters
    ----------
    energy
        Photon energies [J], rising in equal steps, shape (n,).
    intensity
        Photons per energy, over all photons [1/J], shape (n,).
    """

    energy: Array
    intensity: Array

    @property
    def wavelength(self) -> Array:
        """In vacuum [m], rising, shape (n,)."""
        return np.asarray(h * speed_of_light / self.energy[::-1])

    @property
    def power_per_wavelength(self) -> Array:
        """Power per wavelength over :attr:`wavelength`, over all photons [J/m], shape (n,).

        Photons per wavelength are those per energy times E^2 / (h c); each carries E.
        """
        energy = self.energy[::-1]
        return np.asarray(self.intensity[::-1] * energy**3 / (h * speed_of_light))

    @cached_property
    def peaks(self) -> Array:
        """Energies of the peaks [J], the highest first, shape (n_peaks,)."""
        top = float(self.intensity.max())
        found, _ = find_peaks(np.pad(self.intensity, 1), prominence=_PROMINENT * top)
        found = found[np.argsort(-self.intensity[found - 1])] - 1
        return np.array([self._summit(int(k)) for k in found])

    def _summit(self, k: int) -> float:
        """Summit of the parabola through the peak at point `k` and its neighbours [J]."""
        if k in (0, len(self.energy) - 1):
            return float(self.energy[k])
        before, at, after = self.intensity[k - 1 : k + 2]
        step = self.energy[1] - self.energy[0]
        return float(self.energy[k] + 0.5 * step * (before - after) / (before - 2 * at + after))

    @property
    def splitting(self) -> float:
        """Distance of the two highest peaks [J]; 0 where there is one."""
        return float(abs(self.peaks[0] - self.peaks[1])) if len(self.peaks) > 1 else 0.0

    @property
    def mean(self) -> float:
        """Mean energy of the photons [J]."""
        return float(np.average(self.energy, weights=self.intensity))

    @property
    def full_width(self) -> float:
        """Distance of the outermost places of half the maximum [J]."""
        inside = np.flatnonzero(self.intensity >= 0.5 * self.intensity.max())
        first, last = int(inside[0]), int(inside[-1])
        return self._crossing(last, last + 1) - self._crossing(first, first - 1)

    def _crossing(self, inside: int, outside: int) -> float:
        """Energy of half the maximum between two neighbouring points [J]."""
        if not 0 <= outside < len(self.energy):
            return float(self.energy[inside])
        half, a, b = 0.5 * self.intensity.max(), self.intensity[inside], self.intensity[outside]
        return float(self.energy[inside] + (self.energy[outside] - self.energy[inside]) * (a - half) / (a - b))
