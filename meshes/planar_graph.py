"""From polygons to a planar graph with shared vertices, and back to the outlines of its faces."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def directed_outlines(polygons: Sequence[shapely.Polygon]) -> tuple[Floats, Floats, Ints]:
    """Segments of all outlines with the polygon on their left: starts, ends (n, 2) and polygon number (n,)."""
    starts, ends, numbers = [], [], []
    for k, polygon in enumerate(polygons):
        oriented = shapely.geometry.polygon.orient(polygon)
        for ring in (oriented.exterior, *oriented.interiors):
            positions = np.asarray(ring.coords)[:, :2]
            starts.append(positions[:-1])
            ends.append(positions[1:])
            numbers.append(np.full(len(positions) - 1, k))
    return np.vstack(starts), np.vstack(ends), np.concatenate(numbers)


def joined(points: Floats, tolerance: float) -> tuple[Floats, Ints]:
    """Distinct positions among `points`, and the number of the one that each point became."""
    pairs = cKDTree(points).query_pairs(tolerance, output_type="ndarray")
    n = len(points)
    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, numbers = connected_components(links, directed=False)
    _, first = np.unique(numbers, return_index=True)
    return points[first], numbers.astype(np.int64)


def snapped(vertices: Floats, width: float, height: float, tolerance: float) -> Floats:
    """Vertices with those near a side of the rectangle moved exactly onto it.

    Raises
    ------
    ValueError
        If a vertex lies outside the rectangle.
    """
    moved = vertices.copy()
    for axis, size in enumerate((width, height)):
        for side in (0.0, size):
            moved[np.abs(moved[:, axis] - side) <= tolerance, axis] = side
    outside = ((moved < 0) | (moved > [width, height])).any(axis=1)
    if outside.any():
        x, y = vertices[outside][0] * 1e9
        raise ValueError(
            f"a grain reaches x = {x:.1f} nm, y = {y:.1f} nm,"
            f" outside the film of {width * 1e9:g} nm x {height * 1e9:g} nm"
        )
    return moved


def paired(tails: Ints, heads: Ints, faces: Ints, vertices: Floats) -> tuple[Ints, Ints]:
    """Edges (n, 2) and the faces left and right of them (n, 2), from segments that have their face on the left.

    Raises
    ------
    ValueError
        If an edge has two faces on one side, which means that polygons overlap.
    """
    real = tails != heads
    tails, heads, faces = tails[real], heads[real], faces[real]
    edges, which = np.unique(np.sort(np.column_stack([tails, heads]), axis=1), axis=0, return_inverse=True)
    edge_faces = np.full((len(edges), 2), -1, dtype=np.int64)
    column = (tails > heads).astype(np.int64)  # against the edge's own direction: the face is on its right
    edge_faces[which, column] = faces
    slots = which * 2 + column
    if len(np.unique(slots)) < len(slots):
        twice = edges[np.flatnonzero(np.bincount(slots) > 1)[0] // 2, 0]
        x, y = vertices[twice] * 1e9
        raise ValueError(f"two grains overlap near x = {x:.1f} nm, y = {y:.1f} nm")
    return edges, edge_faces


def outlines(vertices: Floats, edges: Ints, edge_faces: Ints, what: str = "grain") -> tuple[tuple[Ints, ...], ...]:
    """Vertex numbers along the outlines of every face (`what` it is called), the outer one first.

    Raises
    ------
    ValueError
        If a face has no outline, an open one, or more than one outer outline.
    """
    tails = np.concatenate([edges[:, 0], edges[:, 1]])
    heads = np.concatenate([edges[:, 1], edges[:, 0]])
    faces = np.concatenate([edge_faces[:, 0], edge_faces[:, 1]])
    order = np.argsort(faces, kind="stable")
    n_faces = int(edge_faces.max()) + 1
    bounds = np.searchsorted(faces[order], np.arange(n_faces + 1))
    found = []
    for k in range(n_faces):
        mine = order[bounds[k] : bounds[k + 1]]
        loops = [np.array(loop) for loop in _closed_loops(tails[mine], heads[mine], vertices, f"{what} {k}")]
        turning = [_signed_area(vertices[loop]) > 0 for loop in loops]
        if sum(turning) != 1:
            raise ValueError(f"{what} {k} must be one piece, it has {sum(turning)} outer outlines")
        found.append(tuple(loops[i] for i in np.argsort(np.logical_not(turning), kind="stable")))
    return tuple(found)


def check_outside(edges: Ints, edge_faces: Ints, side_edges: Mapping[str, Ints], n_faces: int) -> None:
    """Raise ValueError if a grain or pinhole number is unused, or an edge inside the rectangle lacks a face beside it.

    Faces are the grains, -1 for outside the rectangle, and -2, -3, ... for pinholes.
    """
    missing = np.setdiff1d(np.arange(n_faces), edge_faces)
    if len(missing):
        raise ValueError(f"grain {missing[0]} has no outline; grains are numbered from 0 without gaps")
    missing = np.setdiff1d(np.arange(edge_faces.min(), -1), edge_faces)
    if len(missing):
        raise ValueError(f"pinhole {-2 - missing[-1]} has no outline; pinholes are numbered -2, -3, ... without gaps")
    outer = np.flatnonzero((edge_faces == -1).any(axis=1))
    on_sides = np.concatenate(list(side_edges.values()))
    gaps = np.setdiff1d(outer, on_sides)
    if len(gaps):
        owner = edge_faces[gaps[0]].max()
        raise ValueError(
            f"the film has a gap beside grain {owner}: {len(gaps)} of its edges have a grain on one side only"
        )
    bare = edge_faces[(edge_faces < 0).all(axis=1)]
    if len(bare):
        raise ValueError(f"pinhole {-2 - bare.min()} must have grains all around, it meets a side or another pinhole")


def _closed_loops(tails: Ints, heads: Ints, vertices: Floats, face: str) -> list[list[int]]:
    onward: dict[int, list[int]] = defaultdict(list)
    for tail, head in zip(tails.tolist(), heads.tolist(), strict=True):
        onward[tail].append(head)
    loops = []
    while onward:
        start = previous = next(iter(onward))
        here = onward[start].pop()
        loop = [start]
        while here != start:
            loop.append(here)
            if not onward[here]:
                raise ValueError(f"the outline of {face} is not closed")
            previous, here = here, _rightmost(onward[here], vertices, previous, here)
        loops.append(loop)
        for vertex in loop:
            if not onward[vertex]:
                onward.pop(vertex)
    return loops


def _rightmost(candidates: list[int], vertices: Floats, previous: int, here: int) -> int:
    """Take the next vertex; where a face touches itself the rightmost turn keeps holes apart from the outer outline."""
    if len(candidates) == 1:
        return candidates.pop()
    arrival = vertices[here] - vertices[previous]
    departures = vertices[candidates] - vertices[here]
    turn = np.arctan2(
        arrival[0] * departures[:, 1] - arrival[1] * departures[:, 0],
        departures @ arrival,
    )
    return candidates.pop(int(np.argmin(turn)))


def _signed_area(ring: Floats) -> float:
    (x, y), (x_next, y_next) = ring.T, np.roll(ring, -1, axis=0).T
    return float(0.5 * np.sum(x * y_next - x_next * y))
