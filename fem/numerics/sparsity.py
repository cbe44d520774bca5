"""A sparsity pattern made once, and contributions that are added to it by name without searching."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.fields import Array
from fem.numerics.scatter import sum_at

IntArray = NDArray[np.int64]


class Pattern:
    """Compressed-row pattern of a Jacobian on the edges of a mesh.

    Declare contributions with :meth:`diagonal`, :meth:`block` and :meth:`edges`, then call :meth:`close`; afterwards
    :meth:`add` and :meth:`add_edges` write entries straight to their places.

    Parameters
    ----------
    size
        Number of unknowns.
    edge_nodes
        Node numbers of each edge, shape (2, n_edges).
    """

    def __init__(self, size: int, edge_nodes: IntArray) -> None:
        self.size = size
        self._i, self._j = edge_nodes
        self._n_nodes = int(edge_nodes.max()) + 1
        self._keys: dict[str, IntArray] = {}
        self._edge_masks: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        self._edge_rows: dict[str, IntArray] = {}

    def diagonal(self, name: str) -> None:
        """Declare the whole diagonal."""
        everything = np.arange(self.size, dtype=np.int64)
        self.block(name, everything, everything)

    def block(self, name: str, rows: IntArray, columns: IntArray) -> None:
        """Declare single entries at (rows, columns)."""
        self._keys[name] = rows.astype(np.int64) * self.size + columns

    def edges(self, name: str, rows: IntArray, columns: IntArray, free: NDArray[np.bool_] | None = None) -> None:
        """Declare an edge operator between unknowns `rows` and `columns` of each node, for the `free` nodes only."""
        i, j = self._i, self._j
        active = np.ones(len(rows), dtype=bool) if free is None else free
        self._edge_masks[name] = (active[i], active[j])
        nodes = np.flatnonzero(active)
        self.block(f"{name} ii", rows[nodes], columns[nodes])
        self.block(f"{name} ij", rows[i[active[i]]], columns[j[active[i]]])
        self.block(f"{name} ji", rows[j[active[j]]], columns[i[active[j]]])
        self._edge_rows[name] = nodes

    def close(self) -> None:
        """Fix the pattern and find the place of every declared entry."""
        keys = np.sort(np.concatenate(list(self._keys.values())))
        keys = keys[np.diff(keys, prepend=-1) > 0]  # ten times as fast as NumPy's unique, which hashes
        self._places = {name: np.searchsorted(keys, own) for name, own in self._keys.items()}
        self._indices = (keys % self.size).astype(np.int32)
        counts = np.bincount(keys // self.size, minlength=self.size)
        self._indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)

    def zeros(self) -> Array:
        """Entries of a zero matrix, shape (n_entries,)."""
        return np.zeros(len(self._indices))

    def add(self, data: Array, name: str, entries: Array) -> None:
        """Add `entries` at the places declared as `name` (each place once per declaration)."""
        data[self._places[name]] += entries

    def add_edges(self, data: Array, name: str, by_i: Array, by_j: Array) -> None:
        """Add the derivative of minus each node's net outflow, given those of the edge flux i -> j by its two ends."""
        from_i, from_j = self._edge_masks[name]
        inflow = sum_at(self._j, by_j, self._n_nodes) - sum_at(self._i, by_i, self._n_nodes)
        self.add(data, f"{name} ii", inflow[self._edge_rows[name]])
        self.add(data, f"{name} ij", -by_j[from_i])
        self.add(data, f"{name} ji", by_i[from_j])

    def matrix(self, data: Array) -> sparse.csr_matrix:
        """The matrix with these entries."""
        return sparse.csr_matrix((data, self._indices, self._indptr), shape=(self.size, self.size))
