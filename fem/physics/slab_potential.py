"""How far a thin layer's potential lies inside it: cells keep a gap from the lines beside them, in Poisson's equation.

A node on a line stands for the slab that lies there, and its potential is the slab's mean, which is what ions in it
feel. Across a slab of width delta and even charge the potential is a parabola, so that the mean lies ``D_n delta / (6
eps)`` above an edge through which the displacement D_n leaves. That is the drop over a gap of ``delta / 6`` without
charge between line and grain; a slab that has its grain on one side only, as at a rim, takes twice as much. Each cell's
corners on a line keep the gap, and in a corner of a grain the mitre of the two: where a corner keeps the distance d
along its unit normal n, and its barycentric coordinate is lambda, the permittivity along n is divided by ``1 + d n .
grad(lambda)``. Along the line nothing changes, the slab has its own permittivity there.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skfem import MeshTri

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.scatter import sum_at

IntArray = NDArray[np.int64]

GAP = 1.0 / 3.0  # of the part of a slab that belongs to one side
_SHARPEST = 0.5  # of 1 - cos(angle): no mitre is longer than in a grain's corner of 60 degrees


@dataclass(frozen=True)
class _Sides:
    """Sides of facets: one on the rim of the mesh, two elsewhere.

    `facet` is the position in the list of facets, shape (n_sides,); `corners` are the facet's ends as corners ``3 cell
    + position`` of the cell on that side, shape (2, n_sides); `normals` point out of that cell, shape (2, n_sides).
    """

    facet: IntArray
    corners: IntArray
    normals: Array

    @classmethod
    def of(cls, mesh: MeshTri, facets: IntArray) -> "_Sides":
        facet, side = np.nonzero(mesh.f2t[:, facets].T >= 0)
        cells, ends = mesh.f2t[side, facets[facet]], mesh.facets[:, facets[facet]]
        (x, y), middle = mesh.p[:, ends], mesh.p[:, mesh.t[:, cells]].mean(axis=1)
        normals = np.array([y[1] - y[0], x[0] - x[1]]) / np.hypot(x[1] - x[0], y[1] - y[0])
        inwards = normals[0] * (middle[0] - x[0]) + normals[1] * (middle[1] - y[0]) > 0
        corners = np.array([_corners(mesh, cells, nodes) for nodes in ends])
        return cls(facet, corners, np.where(inwards, -normals, normals))


def distances(mesh: MeshTri, facets: IntArray, gaps: Array) -> Array:
    """How far the corners of cells keep from the lines that they lie on.

    Parameters
    ----------
    facets
        All facets of thin layers.
    gaps
        Gap on either side of each of them [m], shape (n_facets,).

    Returns
    -------
    numpy.ndarray
        Outwards from the cell [m], shape (2, 3, n_cells); the same for all cells between the same two lines.
    """
    sides = _Sides.of(mesh, facets)
    labels, count = _between_lines(mesh, facets)
    ends = labels[sides.corners]
    number = np.maximum(sum_at(ends, np.ones(ends.shape), count), 1.0)
    outwards, apart = (
        np.array([sum_at(ends, np.array([part, part]), count) for part in vectors])
        for vectors in (sides.normals, sides.normals * gaps[sides.facet])
    )
    apart /= np.maximum((outwards**2).sum(axis=0) / number, _SHARPEST)
    return np.asarray(apart[:, labels].reshape(2, -1, 3).swapaxes(1, 2))


def held_apart(mesh: MeshTri, volumes: ControlVolumes, apart: Array) -> ControlVolumes:
    """Control volumes of a film whose cells' corners keep the distances `apart` [m], shape (2, 3, n_cells).

    Cells that keep none stay as they are to the last bit.
    """
    size = np.hypot(*apart)
    cells = np.flatnonzero((size > 0).any(axis=0))
    if len(cells) == 0:
        return volumes
    slopes, size = _slopes(mesh.p[:, mesh.t[:, cells]]), size[:, cells]
    apart = apart[:, :, cells]
    normals = apart / np.where(size > 0, size, 1.0)
    stretch = np.einsum("kn,akn,bkn->nab", (slopes * apart).sum(axis=0), normals, normals)
    values, axes = np.linalg.eigh(stretch)
    shares = np.einsum("nac,nc,nbc->nab", axes, 1.0 / (1.0 + np.maximum(values, 0.0)), axes)
    first, second = slopes[:, [0, 1, 0]], slopes[:, [1, 2, 2]]  # the two ends of each edge
    changed = volumes.half_cotangents.copy()
    changed[:, cells] = -volumes.areas[cells] * np.einsum("akn,nab,bkn->kn", first, shares, second)
    return replace(volumes, half_cotangents=changed)


def _between_lines(mesh: MeshTri, facets: IntArray) -> tuple[IntArray, int]:
    """Number of the sector between lines for each corner, shape (3 n_cells,), and the number of sectors.

    Corners at one node are in one sector if no line lies between them.
    """
    free = mesh.f2t[1] >= 0
    free[facets] = False
    one, other = mesh.f2t[:, free]
    pairs = [(_corners(mesh, one, nodes), _corners(mesh, other, nodes)) for nodes in mesh.facets[:, free]]
    rows, columns = np.hstack(pairs)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(mesh.t.size, mesh.t.size))
    count, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64), int(count)


def _corners(mesh: MeshTri, cells: IntArray, nodes: IntArray) -> IntArray:
    """Corners ``3 cell + position`` of `cells` at `nodes`."""
    return np.asarray(3 * cells + (mesh.t[:, cells] == nodes).argmax(axis=0), dtype=np.int64)


def _slopes(p: Array) -> Array:
    """Gradients of the barycentric coordinates of triangles with corners `p` [m], of the same shape (2, 3, n) [1/m]."""
    x, y = p
    after, before = [1, 2, 0], [2, 0, 1]
    double = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    return np.array([y[after] - y[before], x[before] - x[after]]) / double
