"""Plane surfaces in Gmsh that share their points and lines, so that their meshes fit together."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pygmsh.common.line import Line
    from pygmsh.geo import Geometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PlaneSurfaces:
    """Gmsh numbers of what was drawn.

    Parameters
    ----------
    surfaces, points
        In the order given.
    lines
        Line from one point to another, negative if it was drawn the other way.
    """

    surfaces: list[int]
    points: list[int]
    lines: dict[tuple[int, int], int]

    def lines_along(self, edges: Ints) -> Ints:
        """Lines between pairs of points, shape (n, 2), whichever way they run, shape (n,)."""
        return np.array([abs(self.lines[a, b]) for a, b in edges.tolist()], dtype=np.int64)


def add_surfaces(geometry: "Geometry", positions: Floats, outlines: Sequence[Sequence[Ints]]) -> PlaneSurfaces:
    """Add plane surfaces to the open model.

    Parameters
    ----------
    geometry
        Geometry of the open session.
    positions
        Of the points in the model's unit, shape (n, 2).
    outlines
        Per surface the point numbers along its outlines: the outer one first, then those of holes.
    """
    points = [geometry.add_point((x, y, 0.0)) for x, y in positions.tolist()]
    lines: dict[tuple[int, int], Line] = {}

    def line(a: int, b: int) -> "Line":
        if (a, b) not in lines:
            lines[a, b] = geometry.add_line(points[a], points[b])
            lines[b, a] = _turned(lines[a, b])
        return lines[a, b]

    surfaces = []
    for loops in outlines:
        paths = [zip(loop.tolist(), np.roll(loop, -1).tolist(), strict=True) for loop in loops]
        outer, *holes = [geometry.add_curve_loop([line(a, b) for a, b in path]) for path in paths]
        surfaces.append(geometry.add_plane_surface(outer, holes)._id)
    geometry.synchronize()
    return PlaneSurfaces(surfaces, [point._id for point in points], {ends: one._id for ends, one in lines.items()})


def _turned(line: "Line") -> "Line":
    """The line run backwards (pygmsh's own minus copies the points as well, which takes longer than the mesh)."""
    turned = copy(line)
    turned._id, turned.points = -line._id, line.points[::-1]
    return turned


def divide(lines: Ints, cells: Ints) -> None:
    """Prescribe the number of equal cells, shape (n,), along each of the lines, shape (n,), of the open model."""
    import gmsh

    for line, count in zip(lines.tolist(), cells.tolist(), strict=True):
        gmsh.model.mesh.setTransfiniteCurve(line, count + 1)


def repeat(lines: Ints, copies: Ints, period: Floats) -> None:
    """Let each of `copies`, shape (n,), have the nodes of the line `period` before it, shapes (n,) and (2,)."""
    import gmsh

    shift = np.eye(4)
    shift[:2, 3] = period
    gmsh.model.mesh.setPeriodic(1, copies.tolist(), lines.tolist(), shift.ravel().tolist())
