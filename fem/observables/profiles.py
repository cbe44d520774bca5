"""Averages along lines across the film: profiles in the other direction.

What a microscope above a cross-section would see is the profile along x, integrated over the thickness; the profile
along y stays hidden from it. Integrals of the linear elements along a line are exact: the chord of each triangle that
the line meets, times the mean of the values at its ends.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from skfem import MeshTri

from fem.fields import Array

Axis = Literal["x", "y"]
Side = Literal["left", "right", "bottom", "top"]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class CrossLines:
    """Straight lines across the film, one after the other along `axis`.

    Parameters
    ----------
    axis
        Direction of the profile; the lines are perpendicular to it.
    positions
        Of the lines along `axis` [m], rising, shape (n_lines,); they lie closer where the mesh is finer.
    chords
        Matrix that integrates nodal values along each line [m], shape (n_lines, n_nodes).
    """

    axis: Axis
    positions: Array
    chords: sparse.csr_array

    @classmethod
    def over(cls, points: Array, triangles: IntArray, axis: Axis, count: int = 200) -> "CrossLines":
        """At most `count` lines over the mesh of `points` [m], shape (2, n_nodes), and `triangles`, (n_cells, 3)."""
        along, across = points if axis == "x" else points[::-1]
        between = np.unique(np.quantile(along, np.linspace(0, 1, count + 1)))
        positions = 0.5 * (between[1:] + between[:-1])
        corners = np.take_along_axis(triangles, np.argsort(along[triangles], axis=1), axis=1)
        line, cell = crossings(positions, along[corners[:, 0]], along[corners[:, 2]])
        low, middle, high = corners[cell].T
        u = positions[line]
        lower = u < along[middle]
        start, end = np.where(lower, low, middle), np.where(lower, middle, high)
        long, short = share(along, low, high, u), share(along, start, end, u)
        ends = [across[a] + s * (across[b] - across[a]) for a, b, s in ((low, high, long), (start, end, short))]
        half = 0.5 * np.abs(ends[0] - ends[1])
        weights = [half * (1 - long), half * long, half * (1 - short), half * short]
        entries = (np.concatenate(weights), (np.tile(line, 4), np.concatenate([low, high, start, end])))
        return cls(axis, positions, sparse.csr_array(entries, shape=(len(positions), points.shape[1])))

    def average(self, values: Array, reference: Array | None = None) -> Array:
        """Mean of nodal `values` along each line, weighted with `reference` where given; shape (n_lines,).

        Of several outputs, shape (n_outputs, n_nodes), all means together, shape (n_outputs, n_lines).

        With values PL/PL0 and reference PL0 this is the integral of PL over that of PL0, as a detector sums light.
        """
        if reference is None:
            return np.asarray((self.chords @ values.T).T / self.chords.sum(axis=1))
        return np.asarray((self.chords @ (reference * values).T).T / (self.chords @ reference))


def cross_lines(mesh: MeshTri, axis: Axis) -> CrossLines:
    """The lines over `mesh`, remembered for the meshes used last."""
    return _remembered(_Identity(mesh), axis)


def zone_depth(depth: Array, values: Array, level: float) -> float:
    """How deep the zone with `values` above `level` reaches that begins in the nearer half; NaN where there is none.

    Parameters
    ----------
    depth
        Distances from the side where the zone begins [m], rising, shape (n,).
    values
        Profile at these depths, linear in between, shape (n,).
    level
        What separates inside from outside.

    Returns
    -------
    Depth [m] at which the profile first falls to `level` behind the zone's beginning.
    """
    above = np.flatnonzero(values > level)
    if not len(above) or depth[above[0]] > depth.mean():
        return float("nan")
    below = np.flatnonzero(values[above[0] :] <= level) + above[0]
    if not len(below):
        return float("nan")
    outer = below[0]
    share = (values[outer - 1] - level) / (values[outer - 1] - values[outer])
    return float(depth[outer - 1] + share * (depth[outer] - depth[outer - 1]))


class _Identity:
    """Key of a remembered mesh: the very object, not its values."""

    def __init__(self, mesh: MeshTri) -> None:
        self.mesh = mesh

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.mesh is self.mesh

    def __hash__(self) -> int:
        return id(self.mesh)


@lru_cache(maxsize=4)
def _remembered(key: _Identity, axis: Axis) -> CrossLines:
    return CrossLines.over(key.mesh.p, key.mesh.t.T, axis)


def crossings(positions: Array, lowest: Array, highest: Array) -> tuple[IntArray, IntArray]:
    """All pairs (line, cell) with the line between the lowest corner, included, and the highest, excluded."""
    first, last = np.searchsorted(positions, lowest), np.searchsorted(positions, highest)
    count = last - first
    cell = np.repeat(np.arange(len(count)), count)
    start = np.repeat(np.cumsum(count) - count, count)
    return np.repeat(first, count) + np.arange(len(cell)) - start, cell


def share(along: Array, start: IntArray, end: IntArray, position: Array) -> Array:
    """Where `position` lies between the nodes `start` (0) and `end` (1)."""
    return np.asarray((position - along[start]) / (along[end] - along[start]))
