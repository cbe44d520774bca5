"""Triangles by Gmsh inside outlines whose nodes are all given, graded from the spacing of those nodes."""

import numpy as np
from numpy.typing import NDArray

from meshes.gmsh_session import gmsh_session, mesh_surfaces, use_smallest
from meshes.planar_graph import joined
from meshes.plane_surfaces import add_surfaces, divide
from meshes.strips.strip_layout import Region
from meshes.strips.strip_spacing import Spacing

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
    per_region = [[next(rings) for _ in region.outlines] for region in regions]
    with gmsh_session() as geometry:
        drawn = add_surfaces(geometry, corners, per_region)
        ends = np.array(sorted({(min(pair), max(pair)) for pair in drawn.lines}))
        divide(drawn.lines_along(ends), np.ones(len(ends), dtype=np.int64))
        _grade(corners, np.array(drawn.points), ends, spacing)
        return mesh_surfaces(drawn.surfaces)


def _grade(corners: Floats, tags: Ints, lines: Ints, spacing: Spacing) -> None:
    """Let the size grow from the spacing of the given nodes into the regions."""
    length = np.linalg.norm(corners[lines[:, 0]] - corners[lines[:, 1]], axis=1)
    local = np.full(len(corners), np.inf)
    for column in lines.T:
        np.minimum.at(local, column, length)
    octave = np.floor(np.log2(local / local.min())).astype(int)
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
