"""How large the grains of a film are: distributions of the equivalent circle diameter and target areas from them.

Target areas are the midpoints of equally probable slices of the distribution, not random draws, so that a film of a few
dozen grains has the stated mean and spread as well.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from meshes.checks import require_count, require_positive, require_resolvable

Floats = NDArray[np.float64]
_ROUNDS = 8
_LARGEST_SPREAD = 2.0  # of 95 % of the grains the largest is 2500 times as wide as the smallest


class GrainSizes(Protocol):
    """A distribution of grain sizes."""

    @property
    def mean(self) -> float:
        """Mean of the equivalent circle diameter [m]."""

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of the equivalent circle diameter."""

    def areas(self, film_area: float) -> Floats:
        """Areas [m^2] of the grains that fill `film_area` [m^2], shape (n_grains,)."""


@dataclass(frozen=True)
class Lognormal:
    """Lognormal grain sizes.

    Parameters
    ----------
    mean
        Mean of the equivalent circle diameter [m].
    spread
        Standard deviation of the logarithm of the diameter, from 0 (all grains equal) to 2; annealed films have 0.3 to
        0.6.

    Raises
    ------
    ValueError
        If the mean is not positive or the spread does not lie between 0 and 2.
    """

    mean: float
    spread: float

    def __post_init__(self) -> None:
        require_positive(self.mean, "mean grain diameter")
        _require_spread(self.spread)

    @classmethod
    def of_number(cls, grains: int, film_area: float, spread: float) -> "Lognormal":
        """Distribution whose mean is such that `grains` grains fill `film_area` [m^2]."""
        require_count(grains, "number of grains")
        require_resolvable(grains)
        require_positive(film_area, "film area", "m^2")
        _require_spread(spread)
        return cls(float(np.sqrt(film_area / _relative_areas(int(grains), spread).sum())), spread)

    @property
    def mean_area(self) -> float:
        """Mean area of a grain [m^2], pi/4 <d^2> with <d^2> = <d>^2 exp(spread^2)."""
        return float(np.pi / 4 * self.mean**2 * np.exp(self.spread**2))

    def areas(self, film_area: float) -> Floats:
        """Areas [m^2] of the grains that fill `film_area` [m^2], shape (n_grains,); their sum is `film_area`.

        Raises
        ------
        ValueError
            If the film is smaller than half a grain or holds more than 50,000.
        """
        if film_area < 0.5 * (np.pi / 4 * self.mean**2):
            raise ValueError(
                f"mean grain diameter {self.mean:g} m is too large for {film_area:.3g} m^2 of film: not even half a"
                " grain fits"
            )
        count = film_area / self.mean_area
        require_resolvable(count)
        for _ in range(_ROUNDS):  # a few grains have no far tail: their mean area is smaller
            count = film_area / (self.mean**2 * _relative_areas(max(1, round(count)), self.spread).mean())
        relative = _relative_areas(max(1, round(count)), self.spread)
        return film_area * relative / relative.sum()


@dataclass(frozen=True)
class Bimodal:
    """Two populations of grains, as abnormal growth or two-step deposition leave them.

    Parameters
    ----------
    small, large
        The populations.
    large_area_share
        Share of the film's area that the large grains cover, between 0 and 1.

    Raises
    ------
    ValueError
        If the share does not lie between 0 and 1, or the large grains are not the larger ones.
    """

    small: Lognormal
    large: Lognormal
    large_area_share: float

    def __post_init__(self) -> None:
        if not 0 < self.large_area_share < 1:
            raise ValueError(f"area share of the large grains must lie between 0 and 1, got {self.large_area_share:g}")
        if not self.small.mean < self.large.mean:
            raise ValueError(
                f"the large grains ({self.large.mean:g} m) must be larger than the small ones ({self.small.mean:g} m)"
            )

    @property
    def large_number_share(self) -> float:
        """Share of the large grains in the number of grains."""
        large = self.large_area_share / self.large.mean_area
        return float(large / (large + (1 - self.large_area_share) / self.small.mean_area))

    @property
    def mean(self) -> float:
        """Mean of the equivalent circle diameter of all grains [m]."""
        return float(np.average([self.small.mean, self.large.mean], weights=self._numbers))

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of the diameter of all grains."""
        centre = np.array([np.log(one.mean) - one.spread**2 / 2 for one in (self.small, self.large)])
        middle = np.average(centre, weights=self._numbers)
        square = np.array([self.small.spread, self.large.spread]) ** 2 + (centre - middle) ** 2
        return float(np.sqrt(np.average(square, weights=self._numbers)))

    def areas(self, film_area: float) -> Floats:
        """Areas [m^2] of the grains that fill `film_area` [m^2], the small ones first, shape (n_grains,).

        Raises
        ------
        ValueError
            If the share of the film of one population is smaller than half a grain.
        """
        large = self.large_area_share * film_area
        return np.concatenate([self.small.areas(film_area - large), self.large.areas(large)])

    @property
    def _numbers(self) -> tuple[float, float]:
        return 1 - self.large_number_share, self.large_number_share


def _require_spread(spread: float) -> None:
    if not 0 <= spread <= _LARGEST_SPREAD:
        raise ValueError(
            f"spread of grain diameters must lie between 0 and {_LARGEST_SPREAD:g}, got {spread:g}: it is the standard"
            " deviation of their logarithm, 0.3 to 0.6 in annealed films, and not a length or a percentage"
        )


def _relative_areas(count: int, spread: float) -> Floats:
    """Areas of grains at equally probable quantiles over the squared mean of their diameters, shape (count,).

    The logarithms of the diameters deviate by exactly `spread`.
    """
    quantiles = ndtri((np.arange(count) + 0.5) / count)
    diameters = np.exp(quantiles * spread / (quantiles.std() or 1.0))
    return np.asarray(np.pi / 4 * (diameters / diameters.mean()) ** 2, dtype=np.float64)
