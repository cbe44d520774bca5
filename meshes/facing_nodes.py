"""Nodes that face each other on the opposite sides of a periodic film.

Gmsh copies the nodes from side to side; the repair that makes a triangulation Delaunay may add one on a single side.
Its counterpart is added here, and what that spoils is repaired, until nothing is left to do.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from meshes.delaunay import DelaunayRepair, made_delaunay
from meshes.electrode_skin import side_row
from meshes.labelled import LabelledTriangles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SAME = 1e-9  # of the film's size: heights closer than this are equal
_ROUNDS = 20


def with_facing_nodes(
    mesh: LabelledTriangles, repair: DelaunayRepair, periodic: tuple[bool, bool], apart: bool = False
) -> tuple[LabelledTriangles, DelaunayRepair]:
    """Mesh whose nodes on periodic sides face each other exactly.

    Parameters
    ----------
    mesh
        Triangulation of a rectangle.
    repair
        What was done to it so far; the result counts what is done here as well.
    periodic
        Whether the film repeats itself along x and along y.
    apart
        As for :func:`meshes.delaunay.made_delaunay`.

    Raises
    ------
    RuntimeError
        If new nodes keep asking for further ones.
    """
    axes = np.flatnonzero(periodic).tolist()
    for _ in range(_ROUNDS):
        completed = mesh
        for axis in axes:
            completed = _completed(completed, axis)
        if completed is mesh:
            return _aligned(mesh, axes), repair
        added = len(completed.points) - len(mesh.points)
        mesh, more = made_delaunay(completed, apart)
        repair = DelaunayRepair(
            repair.before, more.after, repair.flips + more.flips, repair.new_nodes + more.new_nodes + added
        )
    raise RuntimeError("the nodes on periodic sides could not be made to face each other: use a finer mesh")


def _completed(mesh: LabelledTriangles, axis: int) -> LabelledTriangles:
    """Mesh with new nodes on both sides across an axis where only one has a node; the same mesh if there are none."""
    tolerance = _SAME * np.ptp(mesh.points)
    heights = [mesh.points[_row(mesh, axis, end)[0], 1 - axis] for end in (0, 1)]
    for end in (0, 1):
        gaps = np.abs(heights[1 - end][:, None] - heights[end]).min(axis=1)
        for height in heights[1 - end][gaps > tolerance].tolist():
            mesh = _split(mesh, axis, end, height)
    return mesh


def _split(mesh: LabelledTriangles, axis: int, end: int, height: float) -> LabelledTriangles:
    """Mesh with a new node on a side, and the triangle behind it split in two."""
    row, owners = _row(mesh, axis, end)
    segment = int(np.searchsorted(mesh.points[row, 1 - axis], height)) - 1
    below, above, owner = row[segment], row[segment + 1], owners[segment]
    node = mesh.points[below].copy()
    node[1 - axis] = height
    number = len(mesh.points)
    triangles = np.vstack([mesh.triangles, mesh.triangles[owner]])
    triangles[owner][triangles[owner] == above] = number
    triangles[-1][triangles[-1] == below] = number
    return LabelledTriangles(
        np.vstack([mesh.points, node]),
        triangles,
        np.append(mesh.grains, mesh.grains[owner]),
        np.vstack([mesh.strips, mesh.strips[owner]]),
    )


def _aligned(mesh: LabelledTriangles, axes: list[int]) -> LabelledTriangles:
    """Mesh whose facing nodes have the same height to the last digit."""
    points = mesh.points.copy()
    for axis in axes:
        one, other = (_row(mesh, axis, end)[0] for end in (0, 1))
        points[other, 1 - axis] = points[one, 1 - axis]
    return replace(mesh, points=points)


def _row(mesh: LabelledTriangles, axis: int, end: int) -> tuple[Ints, Ints]:
    """Nodes on the side at the lower (0) or upper (1) end of an axis, and the triangles behind its segments."""
    coordinate = mesh.points[:, axis]
    edge_at = coordinate.max() if end else coordinate.min()
    return side_row(mesh, axis, np.abs(coordinate - edge_at) <= _SAME * np.ptp(mesh.points))
