"""The rim of a rectangular film: its four sides, and the nodes that face each other across it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.fields import Array

IntArray = NDArray[np.int64]
Axis = Literal["x", "y"]
AXES: tuple[Axis, Axis] = ("x", "y")
SIDES = (("left", "right"), ("bottom", "top"))  # lower and upper side of each axis
_NEAR = 1e-8  # of the film's size: positions closer than this are the same


@dataclass(frozen=True)
class Rim:
    """Sides of the bounding rectangle of a mesh.

    Parameters
    ----------
    mesh
        Triangles in metres that reach all four sides of a rectangle along their whole length. Holes are allowed.

    Raises
    ------
    ValueError
        If a side of the rectangle is not covered by the mesh.
    """

    mesh: MeshTri

    def __post_init__(self) -> None:
        for axis, names in enumerate(SIDES):
            for facets, name in zip(self.sides[axis], names, strict=True):
                covered = float(self._lengths(facets).sum()) / self.size[1 - axis]
                if abs(covered - 1) > 1e-6:
                    raise ValueError(
                        f"the mesh covers {covered:.4f} of the film's {name} side: an effective diffusivity needs a"
                        " film that fills a rectangle up to its sides"
                    )

    @cached_property
    def size(self) -> Array:
        """Width and height of the rectangle [m], shape (2,)."""
        return np.asarray(np.ptp(self.mesh.p, axis=1))

    @property
    def area(self) -> float:
        """Area of the rectangle, holes included [m^2]."""
        return float(self.size.prod())

    @cached_property
    def sides(self) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Facets of the lower and the upper side of each axis: (left, right), (bottom, top)."""
        outline = np.asarray(self.mesh.boundary_facets(), dtype=np.int64)
        ends = self.mesh.p[:, self.mesh.facets[:, outline]]
        low, high = self.mesh.p.min(axis=1), self.mesh.p.max(axis=1)

        def on(axis: int, place: float) -> IntArray:
            return outline[(np.abs(ends[axis] - place) < _NEAR * self.size.max()).all(axis=0)]

        return (on(0, low[0]), on(0, high[0])), (on(1, low[1]), on(1, high[1]))

    @cached_property
    def nodes(self) -> IntArray:
        """All nodes on the rim."""
        return np.unique(np.concatenate([self.side_nodes(axis, end) for axis in (0, 1) for end in (0, 1)]))

    def side_nodes(self, axis: int, end: int) -> IntArray:
        """Nodes of the lower (0) or upper (1) side of `axis`."""
        return np.asarray(np.unique(self.mesh.facets[:, self.sides[axis][end]]), dtype=np.int64)

    def loads(self, axis: int) -> Array:
        """Inflow at each node [m] of a uniform unit flux against `axis`, shape (n_nodes,)."""
        out = np.zeros(self.mesh.p.shape[1])
        for facets, sign in zip(self.sides[axis], (-1.0, 1.0), strict=True):
            halves = 0.5 * sign * self._lengths(facets)
            np.add.at(out, self.mesh.facets[:, facets], np.array([halves, halves]))
        return out

    def facing(self, axis: int) -> tuple[IntArray, IntArray] | None:
        """Nodes of the lower and upper side of `axis` that face each other; None where some do not."""
        low, high = (self._along_side(axis, end) for end in (0, 1))
        if len(low) != len(high):
            return None
        apart = np.abs(self.mesh.p[1 - axis, low] - self.mesh.p[1 - axis, high]).max()
        return (low, high) if apart < _NEAR * self.size.max() else None

    @property
    def is_periodic(self) -> bool:
        """Whether the nodes of both pairs of sides face each other."""
        return all(self.facing(axis) is not None for axis in (0, 1))

    def _along_side(self, axis: int, end: int) -> IntArray:
        """Nodes of a side in the order in which its facets follow each other, facet by facet.

        A node that a boundary line with two sides has twice is listed below and above the line.
        """
        facets = self.sides[axis][end]
        heights = self.mesh.p[1 - axis, self.mesh.facets[:, facets]]
        upwards = np.where(heights[0] < heights[1], self.mesh.facets[:, facets], self.mesh.facets[::-1, facets])
        return np.asarray(upwards[:, np.argsort(heights.mean(axis=0))].T.ravel(), dtype=np.int64)

    def _lengths(self, facets: IntArray) -> Array:
        ends = self.mesh.p[:, self.mesh.facets[:, facets]]
        return np.asarray(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0))
