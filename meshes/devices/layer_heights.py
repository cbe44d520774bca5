"""Heights of the rows of cells in a layer that is fine at one or both of its faces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Growth:
    """Size ``h(s) = min(first + k s, largest)`` at the distance s from a face."""

    first: float
    k: float
    largest: float

    @property
    def reach(self) -> float:
        """Where the size stops growing [m]."""
        return max(0.0, (self.largest - self.first) / self.k)

    def rows(self, s: float) -> float:
        """Rows of cells, a fraction included, up to a distance: the integral of 1 / h."""
        growing = min(s, self.reach)
        return float(np.log1p(self.k * growing / self.first) / self.k) + (s - growing) / self.largest

    def distances(self, rows: Floats) -> Floats:
        """The distance that so many rows reach, the inverse of :meth:`rows`."""
        turn = self.rows(self.reach)
        growing = self.first * np.expm1(self.k * np.minimum(rows, turn)) / self.k
        return growing + self.largest * np.maximum(rows - turn, 0.0)


def graded_rows(thickness: float, lower: float | None, upper: float | None, largest: float, growth: float) -> Floats:
    """Heights of the rows of a layer, from its lower to its upper face.

    Parameters
    ----------
    thickness
        Of the layer [m]; the heights add up to it.
    lower, upper
        Largest height of the row at either face [m]; None where the layer need not be fine.
    largest
        Largest height of any row [m].
    growth
        Largest ratio of neighbouring heights, above 1.
    """
    k = float(np.log(growth))
    stretch = k / (growth - 1)  # the first row of a growing sequence is this much higher than the size at its face
    below, above = (_Growth(min(first or largest, largest) * stretch, k, largest) for first in (lower, upper))
    middle = float(np.clip((thickness + (above.first - below.first) / k) / 2, 0.0, thickness))
    if below.reach + above.reach < thickness:
        middle = below.reach + (thickness - below.reach - above.reach) / 2
    from_below, from_above = below.rows(middle), above.rows(thickness - middle)
    total = from_below + from_above
    count = max(1, int(np.ceil(total * (1 - 1e-9))))
    rows = np.linspace(0.0, total, count + 1)
    near = rows <= from_below
    places = np.where(near, below.distances(rows), thickness - above.distances(total - rows))
    places[0], places[-1] = 0.0, thickness
    return np.diff(places)
