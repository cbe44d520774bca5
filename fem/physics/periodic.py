"""A film that repeats itself: two opposite sides whose nodes face each other are one.

Nodes at equal heights are tied by joints that resist as little as a millionth of the film would, in Poisson's equation
and in the transport of every ion, so that potential and concentrations of the two agree to about 1e-6 of what drops
along the film.
"""

from dataclasses import dataclass

import numpy as np
from skfem import MeshTri

from fem.checks import require_known
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes, IntArray

_THIN = 1e-6  # length of a tie over the distance of the two sides
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
        Nodes on the two sides, shape (2, n_ties).
    first
        Number of the edge that the first tie becomes.
    stiffness
        Half-facets of each tie over its length, shape (n_ties,).
    """

    pairs: IntArray
    first: int
    stiffness: Array

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
        nodes = [np.unique(mesh.facets[:, own]) for own in facets]
        extent = float(np.ptp(mesh.p, axis=1).max())
        across = _normal_axis(mesh, nodes, sides, extent)
        along = [own[np.argsort(mesh.p[1 - across, own], kind="stable")] for own in nodes]
        heights = [mesh.p[1 - across, own] for own in along]
        if len(heights[0]) != len(heights[1]) or np.abs(heights[0] - heights[1]).max() > _SAME * extent:
            raise ValueError(
                f"the nodes on {sides.one!r} and {sides.other!r} do not face each other ({len(heights[0])} and"
                f" {len(heights[1])} nodes): make the film with periodic sides and mesh it without electrodes there"
            )
        halves = ControlVolumes.of(mesh).facet_integrals(facets[0], np.ones(len(facets[0])))[along[0]]
        distance = float(abs(mesh.p[across, along[0][0]] - mesh.p[across, along[1][0]]))
        return cls(np.array(along), first, halves / (_THIN * distance))

    def add(self, weights: Array, conductivity: float) -> None:
        """Add the ties to edge `weights` of a film of this largest conductivity."""
        weights[self.first : self.first + len(self.stiffness)] += self.stiffness * conductivity


def _normal_axis(mesh: MeshTri, nodes: list[IntArray], sides: PeriodicSides, extent: float) -> int:
    """The axis along which both sides are straight lines at a distance of each other."""
    for axis in (0, 1):
        places = [mesh.p[axis, own] for own in nodes]
        flat = all(float(np.ptp(place)) < _SAME * extent for place in places)
        if flat and abs(places[0][0] - places[1][0]) > _SAME * extent:
            return axis
    raise ValueError(f"{sides.one!r} and {sides.other!r} are not two straight, opposite sides: they cannot be periodic")
