"""A film meshed with its grain boundaries as lines: one Gmsh surface per grain, one curve per shared edge."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.gmsh_session import gmsh_session, graded_distance, mesh_surfaces, use_smallest
from meshes.labelled import LabelledTriangles
from meshes.polycrystal import Polycrystal
from meshes.size_field import MeshSizes

_MICRON = 1e-6  # Gmsh warns about edges below 1e-8, so it works in micrometres


def mesh_lines(film: Polycrystal, electrodes: Sequence[str], sizes: MeshSizes) -> LabelledTriangles:
    """Conforming triangles of every grain, graded to the electrodes and to the grain boundaries.

    Parameters
    ----------
    film
        Film to mesh.
    electrodes
        Sides at which the size is ``sizes.electrode``.
    sizes
        Cell sizes.

    Raises
    ------
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    with gmsh_session() as geometry:
        import gmsh

        points = [geometry.add_point((x, y, 0.0)) for x, y in film.vertices / _MICRON]
        lines = {(a, b): geometry.add_line(points[a], points[b]) for a, b in film.edges.tolist()}
        surfaces = []
        for loops in film.loops:
            outer, *holes = [geometry.add_curve_loop(_along(loop, lines)) for loop in loops]
            surfaces.append(geometry.add_plane_surface(outer, holes)._id)
        geometry.synchronize()
        curves = np.array([line._id for line in lines.values()])
        if fields := _size_fields(film, curves, electrodes, sizes):
            use_smallest(fields)
        gmsh.option.setNumber("Mesh.MeshSizeMax", sizes.interior / _MICRON)
        positions, triangles, grains = mesh_surfaces(surfaces)
    inside = np.full((len(triangles), 2), -1, dtype=np.int64)
    return LabelledTriangles(positions, triangles, grains, inside)


def _along(loop: NDArray[np.int64], lines: Mapping[tuple[int, int], Any]) -> list[Any]:
    path = zip(loop.tolist(), np.roll(loop, -1).tolist(), strict=True)
    return [lines[a, b] if (a, b) in lines else -lines[b, a] for a, b in path]


def _size_fields(
    film: Polycrystal, curves: NDArray[np.int64], electrodes: Sequence[str], sizes: MeshSizes
) -> list[int]:
    fields = []
    groups = [(film.grain_boundary_edges, sizes.boundary)]
    groups += [(film.side_edges[side], min(sizes.electrode, sizes.boundary)) for side in electrodes]
    for edges, smallest in groups:
        if len(edges):
            near, far = smallest / _MICRON, sizes.interior / _MICRON
            fields.append(graded_distance(curves[edges].tolist(), near, far, sizes.growth, spacing=near))
    return fields
