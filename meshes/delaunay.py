"""Make a triangulation Delaunay by edge flips and, on lines that must stay, by new nodes.

Exponentially fitted P1 elements keep concentrations positive if the cotangents of the two angles opposite every edge
add up to at least zero, which is the Delaunay condition. Edges inside a region are flipped: Lawson, in Mathematical
Software III (1977) 161-194, doi:10.1016/B978-0-12-587260-7.50011-X. An edge on the outline or between two regions
cannot be flipped; it gets a node at the foot of the altitude from the wider of its opposite angles, which leaves an
acute angle opposite either half.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meshes.labelled import LabelledTriangles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SLACK = 1e-9  # cotangent sums of right-angled pairs are zero up to rounding
_ROUNDS = 10  # of new nodes; each may leave a few edges for the next


@dataclass(frozen=True)
class DelaunayRepair:
    """What was done to make a triangulation Delaunay.

    Parameters
    ----------
    before, after
        Edges with a negative cotangent sum (on the outline: with an obtuse opposite angle) before and after.
    flips
        Number of edge flips.
    new_nodes
        Number of nodes added on the outline and between regions.
    """

    before: int
    after: int
    flips: int
    new_nodes: int


@dataclass(frozen=True, eq=False)
class EdgeQuality:
    """Edges of a triangulation and their cotangent sums.

    Parameters
    ----------
    edges
        Node numbers, shape (n_edges, 2).
    triangles
        Triangles on either side, shape (n_edges, 2); -1 beyond the outline.
    opposite
        Which corner of those triangles lies opposite the edge, shape (n_edges, 2).
    cotangents
        Sum of the cotangents of the opposite angles, shape (n_edges,).
    """

    edges: Ints
    triangles: Ints
    opposite: Ints
    cotangents: Floats

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Edges with a triangle on either side."""
        return self.triangles[:, 1] >= 0

    @property
    def bad(self) -> Ints:
        """Numbers of the edges with a negative cotangent sum."""
        return np.flatnonzero(self.cotangents < -_SLACK)


def edge_quality(points: Floats, triangles: Ints, pieces: Ints | None = None) -> EdgeQuality:
    """Edges and cotangent sums of a triangulation.

    Parameters
    ----------
    points
        Positions, shape (n, 2).
    triangles
        Node numbers, shape (m, 3).
    pieces
        Piece of each triangle, shape (m,), if they will be taken apart: an edge between two is outline of either, and
        the smaller of its cotangents counts.
    """
    m = len(triangles)
    half_edges = np.sort(np.vstack([triangles[:, [1, 2]], triangles[:, [2, 0]], triangles[:, [0, 1]]]), axis=1)
    key = half_edges[:, 0] * (len(points) + 1) + half_edges[:, 1]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    count = np.diff(first, append=3 * m)
    one = order[first]
    two = np.where(count > 1, order[np.minimum(first + 1, 3 * m - 1)], -1)
    cotangents = _cotangents(points, triangles).T.ravel()
    total = cotangents[one] + np.where(two >= 0, cotangents[two], 0.0)
    if pieces is not None:
        between = (two >= 0) & (pieces[one % m] != pieces[two % m])
        total[between] = np.minimum(cotangents[one], cotangents[two])[between]
    return EdgeQuality(
        half_edges[one],
        np.column_stack([one % m, np.where(two >= 0, two % m, -1)]),
        np.column_stack([one // m, np.where(two >= 0, two // m, -1)]),
        total,
    )


def made_delaunay(mesh: LabelledTriangles, apart: bool = False) -> tuple[LabelledTriangles, DelaunayRepair]:
    """Repair a triangulation without moving a node or changing the region of any place.

    Parameters
    ----------
    mesh
        Triangulation; edges between triangles of different grain or strip are kept in place.
    apart
        Whether grains will be taken apart along their boundaries, so that each must be Delaunay by itself.

    Returns
    -------
    The repaired triangulation and the count of what was done.
    """
    quality = _quality(mesh, apart)
    before, n_points = len(quality.bad), len(mesh.points)
    mesh, flips = flipped(mesh)
    quality = _quality(mesh, apart)
    rounds = 0
    while len(quality.bad) and rounds < _ROUNDS:
        mesh, more = flipped(_with_feet(mesh, quality))
        quality = _quality(mesh, apart)
        flips, rounds = flips + more, rounds + 1
    return mesh, DelaunayRepair(before, len(quality.bad), flips, len(mesh.points) - n_points)


def _quality(mesh: LabelledTriangles, apart: bool) -> EdgeQuality:
    return edge_quality(mesh.points, mesh.triangles, mesh.grains if apart else None)


def flipped(mesh: LabelledTriangles) -> tuple[LabelledTriangles, int]:
    """Flip every non-Delaunay edge that has the same region on both sides; the mesh and the number of flips."""
    triangles, regions, flips = mesh.triangles.copy(), mesh.regions, 0
    quality = edge_quality(mesh.points, triangles)
    while len(chosen := _independent(quality, _flippable(quality, regions), len(triangles))):
        _flip(triangles, quality.triangles[chosen], quality.opposite[chosen])
        flips += len(chosen)
        quality = edge_quality(mesh.points, triangles)
    return replace(mesh, triangles=triangles), flips


def _flippable(quality: EdgeQuality, regions: Ints) -> Ints:
    inner = quality.bad[quality.triangles[quality.bad, 1] >= 0]
    return inner[(regions[quality.triangles[inner, 0]] == regions[quality.triangles[inner, 1]]).all(axis=1)]


def _independent(quality: EdgeQuality, edges: Ints, n_triangles: int) -> Ints:
    """Those of `edges` that are the worst ones of all their triangles, so that they can be changed at once."""
    rank = np.empty(len(edges), dtype=np.int64)
    rank[np.argsort(quality.cotangents[edges], kind="stable")] = np.arange(len(edges))
    worst = np.full(n_triangles + 1, len(edges), dtype=np.int64)  # the last entry stands for beyond the outline
    sides = quality.triangles[edges]
    for column in sides.T:
        np.minimum.at(worst, column, rank)
    worst[-1] = len(edges)
    return edges[((worst[sides] == rank[:, None]) | (sides < 0)).all(axis=1)]


def _flip(triangles: Ints, pairs: Ints, opposite: Ints) -> None:
    """Replace triangles (p, a, b) and (q, b, a) by (p, a, q) and (q, b, p)."""
    one, two = pairs.T
    p, a, b = (triangles[one, (opposite[:, 0] + k) % 3] for k in range(3))
    q = triangles[two, opposite[:, 1]]
    triangles[one] = np.column_stack([p, a, q])
    triangles[two] = np.column_stack([q, b, p])


def _with_feet(mesh: LabelledTriangles, quality: EdgeQuality) -> LabelledTriangles:
    """Mesh with new nodes on an independent set of the bad edges."""
    edges = _independent(quality, quality.bad, len(mesh.triangles))
    numbers = len(mesh.points) + np.arange(len(edges))
    triangles = mesh.triangles.copy()
    halves, owners = [], []
    for owner, corner in zip(quality.triangles[edges].T, quality.opposite[edges].T, strict=True):
        real = owner >= 0
        owner, corner, foot = owner[real], corner[real], numbers[real]
        p, a, b = (mesh.triangles[owner, (corner + k) % 3] for k in range(3))
        triangles[owner] = np.column_stack([p, a, foot])
        halves.append(np.column_stack([p, foot, b]))
        owners.append(owner)
    owner = np.concatenate(owners)
    return LabelledTriangles(
        np.vstack([mesh.points, _feet(mesh, quality, edges)]),
        np.vstack([triangles, *halves]),
        np.concatenate([mesh.grains, mesh.grains[owner]]),
        np.vstack([mesh.strips, mesh.strips[owner]]),
    )


def _feet(mesh: LabelledTriangles, quality: EdgeQuality, edges: Ints) -> Floats:
    """Where the corner of the wider angle opposite each edge projects onto it, shape (n_edges, 2)."""
    owners, corners = quality.triangles[edges], quality.opposite[edges]
    angles = np.where(owners >= 0, _cotangents(mesh.points, mesh.triangles)[owners, corners], np.inf)
    wider = np.argmin(angles, axis=1)[:, None]
    owner, corner = (np.take_along_axis(numbers, wider, axis=1)[:, 0] for numbers in (owners, corners))
    apex = mesh.points[mesh.triangles[owner, corner]]
    start, end = mesh.points[quality.edges[edges]].transpose(1, 0, 2)
    along = end - start
    share = ((apex - start) * along).sum(axis=1) / (along**2).sum(axis=1)
    return start + share[:, None] * along


def _cotangents(points: Floats, triangles: Ints) -> Floats:
    """Cotangent of the angle at each corner, shape (m, 3)."""
    corners = points[triangles]
    onward = np.roll(corners, -1, axis=1) - corners
    back = np.roll(corners, 1, axis=1) - corners
    twice_area = np.abs(onward[:, 0, 0] * back[:, 0, 1] - onward[:, 0, 1] * back[:, 0, 0])
    return (onward * back).sum(axis=2) / twice_area[:, None]
