"""How far a film has segregated: of its composition at one time, and of what is measured over time."""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array


@dataclass(frozen=True)
class Composition:
    """Composition of a film, or of a part of it, against the one as deposited.

    Parameters
    ----------
    share
        x at the nodes, shape (n,).
    start
        x as deposited, shape (n,).
    areas
        What each node stands for [m^2], shape (n,); 0 outside the part.
    """

    share: Array
    start: Array
    areas: Array

    @property
    def mean(self) -> float:
        """Mean of x."""
        return float(np.average(self.share, weights=self.areas))

    @property
    def least(self) -> float:
        """Least x."""
        return float(self.share[self.areas > 0].min())

    @property
    def most(self) -> float:
        """Largest x."""
        return float(self.share[self.areas > 0].max())

    @property
    def mean_change(self) -> float:
        """Mean of abs(x - x_start)."""
        return float(np.average(np.abs(self.share - self.start), weights=self.areas))

    @property
    def largest_change(self) -> float:
        """Largest abs(x - x_start)."""
        return float(np.abs(self.share - self.start)[self.areas > 0].max())

    def segregated_fraction(self, beyond: float = 0.1) -> float:
        """Part of the area where x is further than `beyond` from the start."""
        return float(np.average(np.abs(self.share - self.start) > beyond, weights=self.areas))


def correlation_length(values: Array, spacing: float, axis: int) -> float:
    """Distance over which the autocorrelation of `values` along an axis falls to 1/e [m]: the size of domains.

    Parameters
    ----------
    values
        On a regular grid, shape (n_y, n_x); nan where there is no film.
    spacing
        Of the grid along that axis [m].
    axis
        Of the array.

    Returns
    -------
    nan if the values are even, or if the autocorrelation does not fall that far within half the film. A cosine of
    wavelength L gives 0.192 L.
    """
    there = np.isfinite(values)
    departure = np.where(there, values - np.nanmean(values), 0.0)
    if np.abs(departure).max() <= 1e-12:
        return float("nan")
    pairs = _correlated(there.astype(float), axis)
    found = np.divide(_correlated(departure, axis), pairs, out=np.zeros_like(pairs), where=pairs > 0.5)
    half = found[: max(len(found) // 2, 2)] / found[0]
    below = np.flatnonzero(half < np.exp(-1))
    if len(below) == 0:
        return float("nan")
    k = int(below[0])
    return float((k - 1 + (half[k - 1] - np.exp(-1)) / (half[k - 1] - half[k])) * spacing)


def _correlated(values: Array, axis: int) -> Array:
    """Sum of the products of all values that lie k points apart along `axis`, shape (n,)."""
    size = values.shape[axis]
    spectrum = np.abs(np.fft.rfft(values, 2 * size, axis=axis)) ** 2
    return np.asarray(np.fft.irfft(spectrum, 2 * size, axis=axis).take(range(size), axis).sum(axis=1 - axis))


def time_to_segregate(time: Array, change: Array, part: float = 0.5) -> float:
    """Time at which `change` first reaches a `part` of its largest value [s]; both arrays of shape (n,).

    nan if nothing changes. `time` starts where the cause does.
    """
    if not change.max() > 0:
        return float("nan")
    return _first_passage(time, change - part * change.max())


def time_to_recover(time: Array, change: Array, part: float = 0.5) -> float:
    """Time from the largest value of `change` until it has fallen to a `part` of it [s]; nan if it does not.

    Both arrays have the shape (n,).
    """
    top = int(np.argmax(change))
    return _first_passage(time[top:], part * change[top] - change[top:]) - float(time[top])


def _first_passage(time: Array, values: Array) -> float:
    """Where `values` first rise through zero, by straight lines between the points; nan if they do not."""
    above = np.flatnonzero(values >= 0)
    if len(above) == 0:
        return float("nan")
    k = int(above[0])
    if k == 0:
        return float(time[0])
    share = values[k - 1] / (values[k - 1] - values[k])
    return float(time[k - 1] + share * (time[k] - time[k - 1]))
