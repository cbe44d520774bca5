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
    at_junction
        Share of the core of a junction that belongs to each end, shape (n_ends,): it joins the halves of fast layers
        that meet there, however fine the mesh is; 0 away from junctions.
    """

    pairs: IntArray
    first: int
    which: IntArray
    sides: IntArray
    lengths: Array
    at_junction: Array

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
        met = np.bincount(pairs.ravel())[pairs].max(axis=0) > 1 if pairs.size else np.empty(0)
        core = (met / np.bincount(which, minlength=pairs.shape[1]))[which]
        return cls(pairs, first, which, np.tile(sides, 2)[:, apart], np.tile(half, 2)[apart], core)

    def add(self, weights: Array, conductance: Array) -> None:
        """Add to edge `weights` what a `conductance` per length, of each end, shape (n_ends,), lets through."""
        count = self.pairs.shape[1]
        weights[self.first : self.first + count] += sum_at(self.which, self.lengths * conductance, count)

    def add_cores(self, weights: Array, conductance: Array) -> None:
        """Add to edge `weights` the `conductance`, of each end, shape (n_ends,), of the cores of junctions."""
        count = self.pairs.shape[1]
        weights[self.first : self.first + count] += sum_at(self.which, self.at_junction * conductance, count)

    def bridge(self, weights: Array, nodes: IntArray, conductance: Array) -> None:
        """Add to `weights` the `conductance` of another layer that passes over a joint.

        Parameters
        ----------
        nodes
            Of the other layer, shape (n,).
        conductance
            Between the two sides of a joint at each of them, in the units of `weights`, shape (n,).
        """
        at = np.full(int(max(self.pairs.max(initial=0), nodes.max(initial=0))) + 1, np.nan)
        at[nodes] = conductance
        both = at[self.pairs].mean(axis=0)
        weights[self.first : self.first + self.pairs.shape[1]] += np.where(np.isnan(both), 0.0, both)

    def across(self, values: Array) -> Array:
        """Sum over the two sides of each end of the facets' `values`, shape (n_ends,)."""
        return np.asarray(values[self.sides].sum(axis=0))
