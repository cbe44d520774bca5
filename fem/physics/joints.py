"""Where the two sides of a two-sided line face each other: nodes at one place that belong to different grains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.fields import Array
from fem.numerics.scatter import sum_at

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Joints:
    """Joints across the facets of a layer; each pair of facets that lie on each other has one at either end.

    Parameters
    ----------
    pairs
        Nodes that are joined, each pair once, shape (2, n_joints).
    first
        Number of the edge that the first pair becomes.
    which
        Joint at each end, shape (n_ends,).
    sides
        The two facets of each end, as positions in the layer's list of facets, shape (2, n_ends).
    lengths
        Half the length of those facets [m], shape (n_ends,).
    """

    pairs: IntArray
    first: int
    which: IntArray
    sides: IntArray
    lengths: Array

    @classmethod
    def between(cls, mesh: MeshTri, facets: IntArray, first: int) -> "Joints":
        """Joints of those of `facets` that lie on each other.

        Parameters
        ----------
        first
            Number of edges before.
        """
        nodes = mesh.facets[:, facets].astype(np.int64)
        ends = mesh.p[:, nodes]  # (2, 2, n_facets)
        swapped = (ends[0, 0] > ends[0, 1]) | ((ends[0, 0] == ends[0, 1]) & (ends[1, 0] > ends[1, 1]))
        nodes = np.where(swapped, nodes[::-1], nodes)
        x, y = mesh.p[:, nodes]
        order = np.lexsort((y[1], x[1], y[0], x[0]))
        one, two = order[:-1], order[1:]
        same = (x[:, one] == x[:, two]).all(axis=0) & (y[:, one] == y[:, two]).all(axis=0)
        sides = np.array([one[same], two[same]])
        joined = np.sort(np.concatenate([nodes[:, sides[0]], nodes[:, sides[1]]]).reshape(2, -1), axis=0)
        apart = joined[0] != joined[1]  # one node at the tip of a line that ends inside a grain
        pairs, which = np.unique(joined[:, apart], axis=1, return_inverse=True)
        half = 0.5 * np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0)[sides[0]]
        return cls(pairs, first, which, np.tile(sides, 2)[:, apart], np.tile(half, 2)[apart])

    def add(self, weights: Array, conductance: Array) -> None:
        """Add to edge `weights` what a `conductance` per length, of each end, shape (n_ends,), lets through."""
        count = self.pairs.shape[1]
        weights[self.first : self.first + count] += sum_at(self.which, self.lengths * conductance, count)

    def across(self, values: Array) -> Array:
        """Sum over the two sides of each end of the facets' `values`, shape (n_ends,)."""
        return np.asarray(values[self.sides].sum(axis=0))
