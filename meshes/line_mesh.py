"""A film meshed with its grain boundaries as lines: one Gmsh surface per grain, one curve per shared edge.

Where the size is known beforehand, along grain boundaries and electrodes, curves are divided without asking Gmsh, which
would integrate the size field along each of them: from some hundred grains on that took longer than all the rest.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from meshes.gmsh_session import gmsh_session, graded_distance, mesh_surfaces, use_smallest
from meshes.grains.polycrystal import SIDES, Polycrystal
from meshes.labelled import LabelledTriangles
from meshes.plane_surfaces import add_surfaces, divide, repeat
from meshes.size_field import MeshSizes

_MICRON = 1e-6  # Gmsh warns about edges below 1e-8, so it works in micrometres


def mesh_lines(film: Polycrystal, electrodes: Sequence[str], sizes: MeshSizes) -> LabelledTriangles:
    """Conforming triangles of every grain, graded to the electrodes and to the grain boundaries.

    Parameters
    ----------
    film
        Film to mesh.
    electrodes
        Sides along which the size is ``sizes.electrode``, but at most ``sizes.boundary``.
    sizes
        Cell sizes; along grain boundaries and rims of pinholes the size is ``sizes.boundary``.

    Raises
    ------
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    at_boundaries = np.concatenate([film.grain_boundary_edges, film.rim_edges])
    at_electrodes = np.unique(np.concatenate([at_boundaries[:0], *(film.side_edges[side] for side in electrodes)]))
    finest = min(sizes.electrode, sizes.boundary)
    far = _distances(film, at_boundaries, electrodes) >= (sizes.boundary - finest) / (sizes.growth - 1)
    with gmsh_session() as geometry:
        import gmsh

        drawn = add_surfaces(geometry, film.vertices / _MICRON, film.loops)
        groups = ((at_boundaries, far, sizes.boundary), (at_electrodes, np.full(len(at_electrodes), True), finest))
        fields = []
        for edges, even, size in groups:
            if len(edges):
                curves, cells = drawn.lines_along(film.edges[edges]), film.edge_lengths[edges] / size
                divide(curves[even], np.maximum(np.ceil(cells[even] - 1e-6), 1).astype(np.int64))
                near, largest = size / _MICRON, sizes.interior / _MICRON
                fields.append(graded_distance(curves.tolist(), near, largest, sizes.growth, spacing=near))
        for axis in np.flatnonzero(film.periodic).tolist():
            one, other = (film.edges[film.edges_along(side)] for side in SIDES[2 * axis : 2 * axis + 2])
            period = np.array([film.width, film.height]) * (np.arange(2) == axis) / _MICRON
            repeat(drawn.lines_along(one), drawn.lines_along(other), period)
        if fields:
            use_smallest(fields)
        gmsh.option.setNumber("Mesh.MeshSizeMax", sizes.interior / _MICRON)
        positions, triangles, grains = mesh_surfaces(drawn.surfaces)
    inside = np.full((len(triangles), 2), -1, dtype=np.int64)
    return LabelledTriangles(positions, triangles, grains, inside)


def _distances(film: Polycrystal, edges: NDArray[np.int64], sides: Sequence[str]) -> NDArray[np.float64]:
    """Distance of each edge from the nearest of some sides of the film [m], infinite for none, shape (n_edges,)."""
    x, y = film.vertices[film.edges[edges]].transpose(2, 0, 1)
    from_sides = {"left": x, "right": film.width - x, "bottom": y, "top": film.height - y}
    return np.min([np.full(len(edges), np.inf), *(from_sides[side].min(axis=1) for side in sides)], axis=0)
