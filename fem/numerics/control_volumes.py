"""Edges and control volumes of a triangle mesh: all that the edge-averaged scheme needs of the geometry.

For P1 triangles the stiffness entry of an edge opposite the angle a in triangle T is ``-(cot a) / 2``. Summed over the
triangles with a coefficient per triangle it becomes one weight per edge, ``w_ij = sum_T D_T cot(a_T) / 2``; lumped mass
gives each node a third of every triangle around it (Xu and Zikatanov, Math. Comp. 68, 1429 (1999),
doi:10.1090/S0025-5718-99-01148-5).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from skfem import MeshTri

from fem.fields import Array
from fem.numerics.scatter import sum_at

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ControlVolumes:
    """Geometry of edges and cells.

    Parameters
    ----------
    nodes
        Node numbers of each edge, shape (2, n_edges); edges are numbered like the mesh's facets, then the joints.
    cell_edges
        Edges of each triangle, shape (3, n_cells).
    half_cotangents
        Half the cotangent of the angle opposite each of `cell_edges`, shape (3, n_cells).
    cell_nodes
        Nodes of each triangle, shape (3, n_cells).
    areas
        Area of each triangle [m^2], shape (n_cells,).
    lengths
        Length of each edge [m], shape (n_edges,); 0 for joints.
    n_nodes
        Number of nodes.
    """

    nodes: IntArray
    cell_edges: IntArray
    half_cotangents: Array
    cell_nodes: IntArray
    areas: Array
    lengths: Array
    n_nodes: int

    @classmethod
    def of(cls, mesh: MeshTri) -> "ControlVolumes":
        """Edges and control volumes of `mesh`.

        Raises
        ------
        ValueError
            If a node has no finite position or a triangle no area.
        """
        points, cells = mesh.p, mesh.t
        if not np.isfinite(points).all():
            raise ValueError(
                f"node {int(np.argmin(np.isfinite(points).all(axis=0)))} of the mesh has no finite position"
            )
        p = points[:, cells]  # (2, 3, n_cells)
        area = 0.5 * _cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
        scale = float(np.ptp(points, axis=1).prod())
        if (np.abs(area) <= 1e-16 * scale).any():
            k = int(np.argmin(np.abs(area)))
            x, y = p[:, :, k].mean(axis=1) * 1e9
            raise ValueError(f"triangle {k} at x = {x:.1f} nm, y = {y:.1f} nm has no area; mend the mesh")
        cotangents = [_half_cotangent(p[:, 2], p[:, 0], p[:, 1]),
                      _half_cotangent(p[:, 0], p[:, 1], p[:, 2]),
                      _half_cotangent(p[:, 1], p[:, 0], p[:, 2])]  # fmt: skip
        edges = mesh.facets
        lengths = np.linalg.norm(points[:, edges[1]] - points[:, edges[0]], axis=0)
        return cls(
            edges.astype(np.int64), mesh.t2f.astype(np.int64), np.array(cotangents),
            cells.astype(np.int64), np.abs(area), lengths, points.shape[1],
        )  # fmt: skip

    def joined(self, pairs: IntArray) -> "ControlVolumes":
        """The same with further edges between the `pairs` of nodes, shape (2, n_joints), which no triangle has."""
        if pairs.shape[1] == 0:
            return self
        lengths = np.concatenate([self.lengths, np.zeros(pairs.shape[1])])
        return replace(self, nodes=np.hstack([self.nodes, pairs]), lengths=lengths)

    @cached_property
    def divergence(self) -> sparse.csr_matrix:
        """Sum of the edge fluxes that leave each node, shape (n_nodes, n_edges)."""
        i, j = self.nodes
        edge = np.arange(len(i))
        signs = np.concatenate([np.ones(len(i)), -np.ones(len(i))])
        places = (np.concatenate([i, j]), np.concatenate([edge, edge]))
        return sparse.csr_matrix((signs, places), shape=(self.n_nodes, len(i)))

    @property
    def unit_weights(self) -> Array:
        """Weights of a film that conducts 1 everywhere, joints included, shape (n_edges,)."""
        return self.edge_weights(np.ones(len(self.areas))) + (self.lengths == 0)

    def edge_weights(self, cell_values: Array) -> Array:
        """``sum_T value_T cot(a_T) / 2`` for every edge, shape (n_edges,)."""
        return sum_at(self.cell_edges, self.half_cotangents * cell_values, self.nodes.shape[1])

    def node_integrals(self, cell_values: Array) -> Array:
        """Integral of a cell-wise constant over each node's control volume, shape (n_nodes,)."""
        thirds = np.broadcast_to(cell_values * self.areas / 3.0, self.cell_nodes.shape)
        return sum_at(self.cell_nodes, thirds, self.n_nodes)

    def facet_node_lengths(self, facets: IntArray) -> tuple[IntArray, Array]:
        """Nodes on `facets` and the half-lengths [m] that each of them owns."""
        nodes = np.unique(self.nodes[:, facets])
        return nodes, self.facet_integrals(facets, np.ones(len(facets)))[nodes]

    def facet_integrals(self, facets: IntArray, values: Array) -> Array:
        """Integral of `values`, constant on each of `facets`, over the half-facets of each node, shape (n_nodes,)."""
        halves = 0.5 * values * self.lengths[facets]
        return sum_at(self.nodes[:, facets], np.array([halves, halves]), self.n_nodes)


def _cross(a: Array, b: Array) -> Array:
    return a[0] * b[1] - a[1] * b[0]


def _half_cotangent(apex: Array, first: Array, second: Array) -> Array:
    """Half the cotangent of the angle at `apex` of each triangle."""
    a, b = first - apex, second - apex
    return 0.5 * (a * b).sum(axis=0) / np.abs(_cross(a, b))
