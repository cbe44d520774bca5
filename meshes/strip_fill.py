"""Triangles by Gmsh inside outlines whose nodes are all given, graded from the spacing of those nodes."""

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
    with gmsh_session():
        import gmsh

        model = gmsh.model.geo
        points = np.array([model.addPoint(x, y, 0.0) for x, y in corners.tolist()])
        lines: dict[tuple[int, int], int] = {}
        surfaces = []
        for region in regions:
            loops = [model.addCurveLoop(_along(next(rings), points, lines)) for _ in region.outlines]
            surfaces.append(model.addPlaneSurface(loops))
        model.synchronize()
        for line in lines.values():
            gmsh.model.mesh.setTransfiniteCurve(line, 2)
        _grade(corners, points, np.array(list(lines)), spacing)
        return mesh_surfaces(surfaces)


def _along(ring: Ints, points: Ints, lines: dict[tuple[int, int], int]) -> list[int]:
    """Gmsh lines around a ring of points, negative where they run against it; lines not yet there are made."""
    import gmsh

    path = []
    for a, b in zip(ring.tolist(), np.roll(ring, -1).tolist(), strict=True):
        if (b, a) in lines:
            path.append(-lines[b, a])
            continue
        if (a, b) not in lines:
            lines[a, b] = gmsh.model.geo.addLine(int(points[a]), int(points[b]))
        path.append(lines[a, b])
    return path


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
