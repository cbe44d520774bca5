"""Carriers that gather where the gap is narrow, and what that does to the halides there.

Pairs of electrons and holes that move much faster than halides share one level over the film: where the gap is E(x)
their density is ``n = N f``, with ``f = w / (1 + w)``, ``w = L exp(-(E(x) - E_0) / kT)``, N the states that can hold
them and L set by their number. Each pair lowers its energy where the halides make the gap narrower, so the pairs add
``n E'(x) / N_X`` to the difference of the two halides' energies (after Z. Chen, G. Brocks, S. Tao and P. A. Bobbert,
doi:10.1038/s41467-021-23008-z).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.checks import require_finite, require_positive
from fem.fields import Array

_LARGEST = 200.0  # exponent
_ITERATIONS = 200


@dataclass(frozen=True)
class GapLaw:
    """Gap over composition, ``E(x) = (1 - x) narrow + x wide - x (1 - x) bowing``, all in J."""

    narrow: float
    wide: float
    bowing: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self.narrow, "gap of the first halide", "J")
        require_positive(self.wide, "gap of the second halide", "J")
        require_finite(self.bowing, "bowing of the gap", "J")

    def __call__(self, x: Array) -> Array:
        """E [J], shape of `x`."""
        return np.asarray((1 - x) * self.narrow + x * self.wide - x * (1 - x) * self.bowing)

    def slope(self, x: Array) -> Array:
        """E' [J], shape of `x`."""
        return np.asarray(self.wide - self.narrow - (1 - 2 * x) * self.bowing)

    @property
    def bend(self) -> float:
        """E'' [J]."""
        return 2 * self.bowing

    @cached_property
    def least(self) -> float:
        """Narrowest gap of all compositions [J]."""
        return float(self(np.linspace(0.0, 1.0, 1001)).min())


@dataclass(frozen=True)
class FunnelledCarriers:
    """Pairs of carriers that light keeps in the film.

    Parameters
    ----------
    density
        Their mean density at an intensity of 1 [1/m^3]; the film's light multiplies it.
    gap
        Gap over composition.
    states
        N [1/m^3], the most that a place can hold.
    """

    density: float
    gap: GapLaw
    states: float

    def __post_init__(self) -> None:
        require_positive(self.density, "density of funnelled carriers", "1/m^3")
        require_positive(self.states, "states of funnelled carriers", "1/m^3")
        if self.density >= self.states:
            raise ValueError(f"{self.density:.3g} funnelled carriers per m^3 do not fit {self.states:.3g} states")

    def held(self, x: Array, level: float, kt: float) -> tuple[Array, Array, Array]:
        """Density n [1/m^3] at the compositions `x` and its derivatives by x and by the level L, shapes of `x`."""
        weight = np.exp(-np.clip((self.gap(x) - self.gap.least) / kt, 0.0, _LARGEST))
        open_share = 1.0 / (1.0 + level * weight)
        n = self.states * level * weight * open_share
        return n, -n * open_share * self.gap.slope(x) / kt, self.states * weight * open_share**2

    def level(self, x: Array, weights: Array, wanted: float, kt: float) -> float:
        """Level L at which places of the compositions `x` hold ``sum weights n = wanted``, by Newton's method in ln L.

        Parameters
        ----------
        x, weights
            Of each place, shape (n,).
        wanted
            In the units of `weights` times 1/m^3; 0 or less for none, which gives 0.
        kt
            KT [J].
        """
        if wanted <= 0:
            return 0.0
        logarithm = np.log(wanted / (weights @ self.held(x, 0.0, kt)[2]))
        for _ in range(_ITERATIONS):
            level = float(np.exp(logarithm))
            n, _, by_level = self.held(x, level, kt)
            held = float(weights @ n)
            change = np.log(wanted / held) * held / (level * float(weights @ by_level))
            logarithm += float(np.clip(change, -5.0, 5.0))
            if abs(change) < 1e-13:
                break
        return float(np.exp(logarithm))
