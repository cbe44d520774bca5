"""Where a mixture begins to separate: seeds and noise in the composition as deposited, stated so that a run can say so.

A continuum does not nucleate by itself, so how it separates depends on what is put in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.checks import require_positive
from fem.fields import Array

_WAVES = 64


@dataclass(frozen=True)
class Seeds:
    """An even composition with round seeds: a function of x and y [m] for :class:`HalideLattice`.

    Parameters
    ----------
    share
        Share of the second halide away from the seeds.
    inside
        Share in the middle of a seed.
    places
        Middles of the seeds [m].
    radius
        At which a seed has faded to 1/e [m].
    """

    share: float
    inside: float
    places: Sequence[tuple[float, float]]
    radius: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(self.places))
        require_positive(self.radius, "radius of a seed", "m")
        _require_shares(self.share, self.inside)

    def __call__(self, x: Array, y: Array) -> Array:
        """Share of the second halide, shape of `x`."""
        depth = np.zeros_like(x)
        for a, b in self.places:
            depth = np.maximum(depth, np.exp(-((x - a) ** 2 + (y - b) ** 2) / self.radius**2))
        return np.asarray(self.share + (self.inside - self.share) * depth)


@dataclass(frozen=True)
class Noise:
    """An even composition with smooth noise: a function of x and y [m] for :class:`HalideLattice`.

    Parameters
    ----------
    share
        Mean share of the second halide.
    amplitude
        Standard deviation of the noise.
    wavelength
        Shortest wavelength in it [m]; the longest is eight times as long.
    seed
        Of the random numbers.
    """

    share: float
    amplitude: float
    wavelength: float
    seed: int = 1

    def __post_init__(self) -> None:
        require_positive(self.wavelength, "wavelength of composition noise", "m")
        _require_shares(self.share - 4 * self.amplitude, self.share + 4 * self.amplitude)

    @cached_property
    def _waves(self) -> tuple[Array, Array, Array]:
        random = np.random.default_rng(self.seed)
        number = 2 * np.pi / self.wavelength / 8 ** random.uniform(0.0, 1.0, _WAVES)
        angle = random.uniform(0.0, 2 * np.pi, _WAVES)
        return number * np.cos(angle), number * np.sin(angle), random.uniform(0.0, 2 * np.pi, _WAVES)

    def __call__(self, x: Array, y: Array) -> Array:
        """Share of the second halide, shape of `x`."""
        along, up, phase = self._waves
        waves = np.cos(np.multiply.outer(x, along) + np.multiply.outer(y, up) + phase).sum(axis=-1)
        spread = np.clip(waves * np.sqrt(2 / _WAVES), -4.0, 4.0)
        return np.asarray(self.share + self.amplitude * spread)


def _require_shares(*shares: float) -> None:
    for share in shares:
        if not 0 <= share <= 1:
            raise ValueError(f"a share of the second halide must lie between 0 and 1, got {share:g}")
