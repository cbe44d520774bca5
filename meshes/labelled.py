"""Triangles that know their grain, before they become a named mesh: what every mesher of a film returns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LabelledTriangles:
    """A conforming triangulation of a film with the grain of every triangle.

    Parameters
    ----------
    points
        Positions in micrometres, shape (n, 2).
    triangles
        Point numbers, counter-clockwise, shape (m, 3).
    grains
        Grain of each triangle, shape (m,): a partition of the film, cells of boundary strips included.
    strips
        The two grains (i < j) of the boundary strip that a triangle belongs to, shape (m, 2); (-1, -1) inside grains.
        A cell where three or more strips meet names two of its grains.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    grains: NDArray[np.int64]
    strips: NDArray[np.int64]

    @property
    def regions(self) -> NDArray[np.int64]:
        """Grain and strip of each triangle, shape (m, 3): an edge may be flipped where both sides agree."""
        return np.column_stack([self.grains, self.strips])
