"""A film that repeats itself: two opposite sides whose nodes face each other are one.

Facets at equal heights are paired, and their nodes tied by edges that conduct a million times as well as all that meets
there, in Poisson's equation and in the transport of every ion: potential and concentrations of the two agree to about
1e-6 of what drops along an edge of the mesh.
"""

from dataclasses import dataclass

import numpy as np
from skfem import MeshTri

from fem.checks import require_known
from fem.fields import Array
from fem.numerics.control_volumes import IntArray
from fem.numerics.scatter import sum_at

_STIFF = 1e6  # conductance of a tie over that of all edges at its two nodes
_SAME = 1e-9  # heights that differ by less than this part of the film are equal


@dataclass(frozen=True)
class PeriodicSides:
    """Two opposite sides of the film, ``PeriodicSides("left", "right")`` or ``PeriodicSides("bottom", "top")``."""

    one: str
    other: str


@dataclass(frozen=True)
class Ties:
    """Pairs of nodes that are one.

    Parameters
    ----------
    pairs
        Nodes on the two sides, each pair once, shape (2, n_ties).
    first
        Number of the edge that the first tie becomes.
    """

    pairs: IntArray
    first: int

    @classmethod
    def between(cls, mesh: MeshTri, sides: PeriodicSides, first: int) -> "Ties":
        """Ties between the sides of `mesh`, numbered from `first` on.

        Raises
        ------
        ValueError
            If a side is unknown, the sides are not straight and opposite, or their nodes do not face each other.
        """
        for name in (sides.one, sides.other):
            require_known(name, mesh.boundaries or {}, "periodic sides: facets of the mesh")
        facets = [np.asarray(mesh.boundaries[name], dtype=np.int64) for name in (sides.one, sides.other)]
        extent = float(np.ptp(mesh.p, axis=1).max())
        heights = mesh.p[1 - _normal_axis(mesh, facets, sides, extent)]
        one, other = (_upwards(mesh, own, heights) for own in facets)
        if one.shape != other.shape or np.abs(heights[one] - heights[other]).max() > _SAME * extent:
            raise ValueError(
                f"the nodes on {sides.one!r} and {sides.other!r} do not face each other ({one.shape[1] + 1} and"
                f" {other.shape[1] + 1} nodes): make the film with periodic sides and mesh it without electrodes there"
            )
        return cls(np.unique(np.array([one.ravel(), other.ravel()]), axis=1), first)

    def add(self, weights: Array, nodes: IntArray) -> None:
        """Add the ties to the `weights` of edges between `nodes`, shape (2, n_edges)."""
        met = np.abs(weights)
        strength = sum_at(nodes, np.array([met, met]), int(nodes.max()) + 1)
        weights[self.first : self.first + self.pairs.shape[1]] += _STIFF * strength[self.pairs].sum(axis=0)


def _upwards(mesh: MeshTri, facets: IntArray, heights: Array) -> IntArray:
    """Nodes of facets in the order of their heights: lower and upper end, shape (2, n_facets)."""
    nodes = mesh.facets[:, facets].astype(np.int64)
    nodes = np.where(heights[nodes[0]] > heights[nodes[1]], nodes[::-1], nodes)
    return nodes[:, np.argsort(heights[nodes].mean(axis=0), kind="stable")]


def _normal_axis(mesh: MeshTri, facets: list[IntArray], sides: PeriodicSides, extent: float) -> int:
    """The axis along which both sides are straight lines at a distance of each other."""
    for axis in (0, 1):
        places = [mesh.p[axis, mesh.facets[:, own]] for own in facets]
        flat = all(float(np.ptp(place)) < _SAME * extent for place in places)
        if flat and abs(places[0].flat[0] - places[1].flat[0]) > _SAME * extent:
            return axis
    raise ValueError(f"{sides.one!r} and {sides.other!r} are not two straight, opposite sides: they cannot be periodic")
