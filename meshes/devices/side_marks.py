"""Places on the sides of a film at which the mesh must have a node: the edges of electrodes that end there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meshes.grains.polycrystal import SIDES, Polycrystal

_SAME = 1e-9  # of the film's size


@dataclass(frozen=True)
class SideMark:
    """A place on a side.

    Parameters
    ----------
    side
        Side of the film.
    position
        Coordinate along the side [m].
    clearance
        Distance within which there is no other vertex [m].
    exact
        Whether a grain boundary that ends within that distance moves to the place. If not, the mark gives way.
    """

    side: str
    position: float
    clearance: float
    exact: bool


def with_side_marks(film: Polycrystal, marks: Sequence[SideMark], origin: NDArray[np.float64]) -> Polycrystal:
    """Film with vertices at the marks.

    Parameters
    ----------
    film
        Film whose lower left corner lies at `origin` [m], shape (2,), in the coordinates of the marks.
    marks
        In the order in which they are made; those that come earlier are not moved by later ones.
    """
    kept: set[int] = set()
    for mark in marks:
        axis = 1 - SIDES.index(mark.side) // 2
        film, vertex = _with_vertex(film, mark, mark.position - float(origin[axis]), kept)
        kept |= {vertex} if vertex >= 0 else set()
    return film


def _with_vertex(film: Polycrystal, mark: SideMark, place: float, kept: set[int]) -> tuple[Polycrystal, int]:
    """Film with a vertex at a place on a side, and its number; -1 where there was a reason to leave it out."""
    axis = 1 - SIDES.index(mark.side) // 2
    row = film.vertices_along(mark.side)
    there = film.vertices[row, axis]
    if not there[0] < place < there[-1]:
        return film, -1
    distance = np.abs(there - place)
    nearest = int(distance.argmin())
    vertex, corner = int(row[nearest]), nearest in (0, len(row) - 1)
    if distance[nearest] <= _SAME * max(film.width, film.height):
        return film, vertex
    if distance[nearest] < mark.clearance:
        if not mark.exact:
            return film, -1
        if vertex not in kept and not corner:
            vertices = film.vertices.copy()
            vertices[vertex, axis] = place
            return replace(film, vertices=vertices), vertex
    return _divided(film, mark.side, axis, place)


def _divided(film: Polycrystal, side: str, axis: int, place: float) -> tuple[Polycrystal, int]:
    """Film whose edge on a side around a place has a vertex there."""
    ends = film.vertices[film.edges[film.side_edges[side]], axis]
    edge = film.side_edges[side][int(np.flatnonzero((ends.min(axis=1) < place) & (place < ends.max(axis=1)))[0])]
    a, b = film.edges[edge]
    new = len(film.vertices)
    position = film.vertices[a].copy()
    position[axis] = place
    edges = np.vstack([film.edges, [[new, b]]])
    edges[edge] = a, new
    return replace(
        film,
        vertices=np.vstack([film.vertices, position]),
        edges=edges,
        edge_grains=np.vstack([film.edge_grains, film.edge_grains[edge]]),
    ), new
