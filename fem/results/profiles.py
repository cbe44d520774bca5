"""Averages over one direction of the film: profiles along the other.

What a microscope above a cross-section would see is the profile along x, integrated over the thickness; the profile
along y stays hidden from it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fem.fields import Array

Axis = Literal["x", "y"]


@dataclass(frozen=True)
class Slices:
    """Slices of the film across `axis`, each with about as many nodes, so that they are thin where the mesh is fine.

    Parameters
    ----------
    axis
        Direction of the profile.
    slice_of_node
        Slice of each node, shape (n_nodes,).
    weights
        Area of each node [m^2], shape (n_nodes,).
    positions
        Centre of the area in each slice, measured along `axis` [m], shape (n_slices,).
    """

    axis: Axis
    slice_of_node: NDArray[np.int64]
    weights: Array
    positions: Array

    @classmethod
    def across(cls, points: Array, areas: Array, axis: Axis, count: int = 200) -> "Slices":
        """At most `count` slices of the nodes at `points` [m], shape (2, n_nodes), that own `areas` [m^2]."""
        coordinate = points["xy".index(axis)]
        edges = np.unique(np.quantile(coordinate, np.linspace(0, 1, count + 1)))
        inner = edges[1:-1]
        _, index = np.unique(np.searchsorted(inner, coordinate, side="right"), return_inverse=True)
        area = np.bincount(index, weights=areas)
        return cls(axis, index, areas, np.bincount(index, weights=areas * coordinate) / area)

    def average(self, values: Array, reference: Array | None = None) -> Array:
        """Mean of nodal `values` in each slice, weighted with `reference` where given; shape (n_slices,).

        With values PL/PL0 and reference PL0 this is the integral of PL over that of PL0, as a detector sums light.
        """
        weights = self.weights if reference is None else self.weights * reference
        return np.bincount(self.slice_of_node, weights=weights * values) / np.bincount(
            self.slice_of_node, weights=weights
        )


def last_crossing(position: Array, values: Array, level: float) -> float:
    """Position where `values`, followed from its highest point, first falls through `level`; NaN where it never does.

    The zone may lie at either end of the film: the side is followed on which the profile falls further. Linear between
    the points of the profile.
    """
    top = int(np.argmax(values))
    if not values[top] > level:
        return float("nan")
    forward = values[-1] <= values[0]
    path = np.arange(top, len(values)) if forward else np.arange(top, -1, -1)
    below = np.flatnonzero(values[path] <= level)
    if len(below) == 0:
        return float("nan")
    inner, outer = path[below[0] - 1], path[below[0]]
    share = (values[inner] - level) / (values[inner] - values[outer])
    return float(position[inner] + share * (position[outer] - position[inner]))
