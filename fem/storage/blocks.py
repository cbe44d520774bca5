"""A field series cut into blocks that ParaView shows and hides one by one: grains, grain boundaries, layers.

Boundaries that are lines have no cells of their own in the series; their block holds the edges at which the grain
number changes, with the values of the nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fem.observables.regions import BOUNDARIES, GRAINS, REGION
from fem.storage.series import FieldSeries

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Part of a mesh.

    Parameters
    ----------
    name
        As shown in ParaView.
    elements
        Node numbers of its triangles or lines, shape (n, 3) or (n, 2).
    cells
        Numbers of its triangles among the cells of the series, shape (n,); empty for lines.
    """

    name: str
    elements: IntArray
    cells: IntArray

    @property
    def is_lines(self) -> bool:
        """Whether it consists of lines."""
        return self.elements.shape[1] == 2


def blocks(series: FieldSeries) -> list[Block]:
    """The blocks of a series: regions first, then boundaries that are lines.

    A series from before regions were written has one block, the film, and its boundaries as lines.
    """
    triangles, grains = series.triangles, _fixed(series, "grain_id")
    names = series.names(REGION) or (GRAINS,)
    numbers = _fixed(series, REGION)
    found = [Block(name, triangles[numbers == k], np.flatnonzero(numbers == k)) for k, name in enumerate(names)]
    if BOUNDARIES not in names:
        lines = grain_edges(triangles, grains)
        found.append(Block(BOUNDARIES, lines, np.empty(0, dtype=np.int64)))
    return [one for one in found if len(one.elements)]


def _fixed(series: FieldSeries, name: str) -> IntArray:
    """Integers of the cells; zeros where the series does not have them."""
    if name not in series.units:
        return np.zeros(len(series.triangles), dtype=np.int64)
    return np.asarray(series.read(name), dtype=np.int64)


def grain_edges(triangles: IntArray, grains: IntArray) -> IntArray:
    """Edges between triangles of different grains, shape (n, 2); `grains` of each triangle, negative outside them."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(grains, 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges, owner = edges[order], owner[order]
    shared = (edges[1:] == edges[:-1]).all(axis=1) & (owner[1:] != owner[:-1]) & (owner[1:] >= 0) & (owner[:-1] >= 0)
    return np.asarray(edges[:-1][shared])


def compact(block: Block) -> tuple[IntArray, IntArray]:
    """Nodes of `block` in the series, shape (n_nodes,), and its elements in terms of these."""
    nodes, elements = np.unique(block.elements, return_inverse=True)
    return nodes, elements.reshape(block.elements.shape)


def fields_of(series: FieldSeries, block: Block) -> Iterator[tuple[str, bool]]:
    """Name of each field that `block` has, and whether it lives on nodes."""
    for name in series.units:
        nodal = series.is_nodal(name)
        if nodal or not block.is_lines:
            yield name, nodal
