"""From a film to a scikit-fem mesh in metres, with the names that physics refers to.

Subdomains: ``grain_<k>`` (a partition of the film) and ``grain_interior``; with boundary strips also ``grain_boundary``
and ``boundary_<i>_<j>``. Facets: ``left``, ``right``, ``bottom``, ``top``, ``surface_lines`` (the free surfaces) and
``pinhole_rims``, both empty if there are none; with boundary lines also ``grain_boundary_lines`` and
``boundary_<i>_<j>``, i < j the two grains.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from meshes.checks import require_known
from meshes.delaunay import DelaunayRepair, made_delaunay
from meshes.devices.side_marks import SideMark, with_side_marks
from meshes.electrode_skin import ElectrodeSkin
from meshes.facing_nodes import with_facing_nodes
from meshes.grains.polycrystal import SIDES, Polycrystal
from meshes.grains.regularise import merge_short_edges
from meshes.labelled import LabelledTriangles
from meshes.line_mesh import mesh_lines
from meshes.size_field import Lines, MeshSizes, Strips
from meshes.strips.strip_mesh import mesh_strips
from meshes.two_sided import two_sided

Ints = NDArray[np.int64]
PINHOLES = "pinhole_rims"
_LINES = Lines()
_SHORTEST = 0.25  # edges below this share of the boundary size are merged before meshing


class MeshOptions(TypedDict, total=False):
    """What :func:`triangulate` takes beyond the film and its cell sizes."""

    electrodes: Sequence[str]
    free_surfaces: Sequence[str]
    boundaries: Lines | Strips
    marks: Sequence[SideMark]


def triangulate(film: Polycrystal, sizes: MeshSizes, **options: Unpack[MeshOptions]) -> MeshTri:
    """Mesh a film.

    Parameters
    ----------
    film
        Grains to mesh.
    sizes
        Cell sizes [m]. Where ``sizes.electrode`` is below ``sizes.boundary``, the electrodes get a stack of graded
        layers, through which grain boundaries run straight; nearby grains move over by up to its thickness, at
        most half the mean depth of the shallowest grain at an electrode.
    electrodes
        Sides of the film that are refined to ``sizes.electrode``, left and right unless stated.
    free_surfaces
        Sides of the film whose facets make up ``surface_lines``, and perhaps ``pinhole_rims``; none unless stated.
    boundaries
        Whether grain boundaries are lines, which they are unless stated, or strips of finite width.
    marks
        Places on sides of the film that get a node, none unless stated; not in the graded layers of an electrode at
        the end of that side.

    Returns
    -------
    Mesh in metres, with the subdomains and facets named above.

    Raises
    ------
    ValueError
        If a side is unknown, given twice or both electrode and free surface, or the sizes do not fit the film.
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    return triangulate_and_count(film, sizes, **options)[0]


def triangulate_and_count(
    film: Polycrystal,
    sizes: MeshSizes,
    *,
    electrodes: Sequence[str] = ("left", "right"),
    free_surfaces: Sequence[str] = (),
    boundaries: Lines | Strips = _LINES,
    marks: Sequence[SideMark] = (),
) -> tuple[MeshTri, DelaunayRepair]:
    """Mesh a film as :func:`triangulate` does, and say what it took to make it Delaunay."""
    _check_sides(electrodes, free_surfaces)
    _check_fit(film, sizes)
    _check_periodic(film, electrodes, boundaries)
    skin = ElectrodeSkin.resolving(film, sizes, electrodes)
    core = replace(skin.squeezed(film), periodic=film.periodic)
    core = merge_short_edges(core, _SHORTEST * sizes.boundary, gently=True)
    core = with_side_marks(core, marks, skin.origin())
    core_sizes = replace(sizes, electrode=skin.spacing)
    if isinstance(boundaries, Strips):
        x, y = skin.origin().tolist()
        triangles = mesh_strips(core, boundaries, electrodes, core_sizes, (x, y))
    else:
        triangles = mesh_lines(core, electrodes, core_sizes)
    apart = isinstance(boundaries, Lines) and boundaries.two_sided
    whole, repair = made_delaunay(skin.extruded(triangles), apart)
    whole, repair = with_facing_nodes(whole, repair, film.periodic, apart)
    mesh = named_mesh(whole, film.width, film.height, free_surfaces)
    if isinstance(boundaries, Strips) and film.n_grains == 1:
        mesh = mesh.with_subdomains({"grain_boundary": np.empty(0, dtype=np.int64)})
    if apart:
        mesh = two_sided(mesh, whole.grains)
    return mesh, repair


def named_mesh(triangles: LabelledTriangles, width: float, height: float, free_surfaces: Sequence[str] = ()) -> MeshTri:
    """Labelled triangles as a mesh in metres with named subdomains and facets.

    Parameters
    ----------
    triangles
        Triangulation of the rectangle [0, width] x [0, height], points in micrometres.
    width, height
        Size of the film [m].
    free_surfaces
        Sides and ``pinhole_rims``, whose facets make up ``surface_lines``.
    """
    points = triangles.points * 1e-6
    for axis, size in enumerate((width, height)):
        for side in (0.0, size):
            points[np.abs(points[:, axis] - side) < 1e-9 * max(width, height), axis] = side
    mesh = MeshTri(np.ascontiguousarray(points.T), np.ascontiguousarray(triangles.triangles.T))
    facets = _side_facets(mesh, width, height)
    facets[PINHOLES] = np.setdiff1d(mesh.boundary_facets(), np.concatenate(list(facets.values())))
    surface = [facets[side] for side in free_surfaces]
    facets["surface_lines"] = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *surface]))
    subdomains = _members("grain_{}", triangles.grains[:, None], np.arange(len(triangles.grains)))
    interior = np.flatnonzero(triangles.strips[:, 0] < 0)
    strips = np.flatnonzero(triangles.strips[:, 0] >= 0)
    subdomains["grain_interior"] = interior
    if len(strips):
        subdomains["grain_boundary"] = strips
        subdomains |= _members("boundary_{}_{}", triangles.strips[strips], strips)
    else:
        facets |= _boundary_lines(mesh, triangles.grains)
    return mesh.with_subdomains(subdomains).with_boundaries(facets)


def _side_facets(mesh: MeshTri, width: float, height: float) -> dict[str, Ints]:
    outline = mesh.boundary_facets()
    x, y = mesh.p[:, mesh.facets[:, outline]]
    on = (x == 0, x == width, y == 0, y == height)
    return {side: outline[ends.all(axis=0)] for side, ends in zip(SIDES, on, strict=True)}


def _boundary_lines(mesh: MeshTri, grains: Ints) -> dict[str, Ints]:
    one, two = mesh.f2t
    between = np.flatnonzero((two >= 0) & (grains[one] != grains[two]))
    pairs = np.sort(np.column_stack([grains[one[between]], grains[two[between]]]), axis=1)
    return {"grain_boundary_lines": between} | _members("boundary_{}_{}", pairs, between)


def _members(name: str, labels: Ints, numbers: Ints) -> dict[str, Ints]:
    """Split `numbers`, shape (n,), by their labels, shape (n, n_labels): each distinct label's under its name."""
    if len(numbers) == 0:
        return {}
    distinct, which = np.unique(labels, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    groups = np.split(numbers[order], np.cumsum(np.bincount(which))[:-1])
    return {name.format(*label): group for label, group in zip(distinct.tolist(), groups, strict=True)}


def _check_sides(electrodes: Sequence[str], free_surfaces: Sequence[str]) -> None:
    for what, sides in (("electrode", electrodes), ("free surface", free_surfaces)):
        if isinstance(sides, str):
            raise ValueError(f"{what}s must be a list of sides such as ({sides!r},), got the bare name {sides!r}")
        known = (*SIDES, PINHOLES) if what == "free surface" else SIDES
        for side in sides:
            require_known(side, known, f"{what}: side of the film")
        if len(set(sides)) < len(sides):
            raise ValueError(f"each {what} may be named once, got {', '.join(sides)}")
    both = set(electrodes) & set(free_surfaces)
    if both:
        raise ValueError(f"side {min(both)!r} cannot be both an electrode and a free surface")


def _check_fit(film: Polycrystal, sizes: MeshSizes) -> None:
    smallest = min(film.width, film.height)
    if sizes.interior > smallest:
        raise ValueError(
            f"the largest cells ({1e9 * sizes.interior:.4g} nm, mesh size 'interior') exceed the film of"
            f" {1e9 * film.width:.4g} nm x {1e9 * film.height:.4g} nm: make the film larger or the cells smaller"
        )


def _check_periodic(film: Polycrystal, electrodes: Sequence[str], boundaries: Lines | Strips) -> None:
    if any(film.periodic) and isinstance(boundaries, Strips):
        raise ValueError("periodic films are meshed with grain boundaries as lines: use boundaries=Lines()")
    for side in electrodes:
        if film.periodic[SIDES.index(side) // 2]:
            raise ValueError(f"side {side!r} cannot be an electrode: the film goes on beyond it, as it is periodic")
