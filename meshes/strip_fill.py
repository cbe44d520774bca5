"""Triangles by Gmsh inside outlines whose nodes are all given, graded from the spacing of those nodes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.gmsh_session import gmsh_session, mesh_surfaces, use_smallest
from meshes.planar_graph import joined
from meshes.strip_layout import Region, Spacing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME = 1e-6  # positions closer than this [um] are one node


def fill(regions: list[Region], spacing: Spacing) -> tuple[Floats, Ints, Ints]:
    """Fill regions with triangles that have no nodes on the outlines but the given ones.

    Parameters
    ----------
    regions
        Areas to fill; those that touch have the same positions on the line between them.
    spacing
        Cell sizes: from the spacing of the outlines they grow to ``spacing.interior``.

    Returns
    -------
    Points [um], shape (n, 2), triangles, shape (m, 3), and the number of the region of each triangle, shape (m,).

    Raises
    ------
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    outlines = [outline for region in regions for outline in region.outlines]
    corners, numbers = joined(np.vstack(outlines), SAME)
    rings = iter(np.split(numbers, np.cumsum([len(outline) for outline in outlines])[:-1]))
    with gmsh_session() as geometry:
        import gmsh

        points = [geometry.add_point((x, y, 0.0)) for x, y in corners.tolist()]
        lines = _Lines(geometry, points)
        surfaces = []
        for region in regions:
            outer, *holes = [geometry.add_curve_loop(lines.along(next(rings))) for _ in region.outlines]
            surfaces.append(geometry.add_plane_surface(outer, holes)._id)
        geometry.synchronize()
        for line in lines.made.values():
            gmsh.model.mesh.setTransfiniteCurve(line._id, 2)
        _grade(corners, np.array([point._id for point in points]), np.array(list(lines.made)), spacing)
        return mesh_surfaces(surfaces)


class _Lines:
    """Gmsh lines between numbered points, each made once."""

    def __init__(self, geometry: Any, points: list[Any]) -> None:
        self.geometry, self.points = geometry, points
        self.made: dict[tuple[int, int], Any] = {}

    def along(self, ring: Ints) -> list[Any]:
        return [self._between(a, b) for a, b in zip(ring.tolist(), np.roll(ring, -1).tolist(), strict=True)]

    def _between(self, a: int, b: int) -> Any:
        if (b, a) in self.made:
            return -self.made[b, a]
        if (a, b) not in self.made:
            self.made[a, b] = self.geometry.add_line(self.points[a], self.points[b])
        return self.made[a, b]


def _grade(corners: Floats, tags: Ints, lines: Ints, spacing: Spacing) -> None:
    """Let the size grow from the spacing of the given nodes into the regions."""
    length = np.linalg.norm(corners[lines[:, 0]] - corners[lines[:, 1]], axis=1)
    local = np.full(len(corners), np.inf)
    for column in lines.T:
        np.minimum.at(local, column, length)
    octave = np.floor(np.log2(local / local.min()) * 2).astype(int)
    fields = []
    for k in np.unique(octave):
        chosen = np.flatnonzero(octave == k)
        size = min(float(local[chosen].mean()), 0.999 * spacing.interior)
        fields.append(_graded_distance_to_points(tags[chosen].tolist(), size, spacing))
    use_smallest(fields)


def _graded_distance_to_points(points: list[int], smallest: float, spacing: Spacing) -> int:
    import gmsh

    field = gmsh.model.mesh.field
    distance, size = field.add("Distance"), field.add("Threshold")
    field.setNumbers(distance, "PointsList", points)
    reach = (spacing.interior - smallest) / (spacing.growth - 1)
    numbers = {"InField": distance, "SizeMin": smallest, "SizeMax": spacing.interior, "DistMin": 0.0, "DistMax": reach}
    for name, value in numbers.items():
        field.setNumber(size, name, value)
    return int(size)
