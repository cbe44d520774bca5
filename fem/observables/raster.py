"""Turns fields on the mesh into pixels, once per mesh: a frame of a movie then costs a few milliseconds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.fields import Array
from fem.observables.profiles import crossings, share

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Raster:
    """Pixels over the bounding box of a mesh.

    Parameters
    ----------
    extent
        Left, right, bottom and top of the picture [m].
    cell
        Triangle under each pixel, -1 outside, shape (rows, columns).
    nodes, weights
        Corners of that triangle and their barycentric weights, shape (3, rows, columns).
    """

    extent: tuple[float, float, float, float]
    cell: IntArray
    nodes: IntArray
    weights: Array

    @classmethod
    def over(cls, points: Array, triangles: IntArray, pixels: int = 200_000) -> "Raster":
        """About `pixels` pixels over the mesh with `points` [m], shape (2, n), and `triangles`, shape (n_cells, 3).

        No side gets fewer than 60 pixels, nor more than 2000.
        """
        width, height = np.ptp(points, axis=1)
        columns, rows = (int(np.clip(np.sqrt(pixels * r), 60, 2000)) for r in (width / height, height / width))
        return cls._on(points, triangles, (rows, columns), (float(width), float(height)))

    @classmethod
    def on_grid(cls, points: Array, triangles: IntArray, shape: tuple[int, int], pixel: float) -> "Raster":
        """Square pixels of the side `pixel` [m] from the lower left corner of the mesh; `shape` is (rows, columns)."""
        return cls._on(points, triangles, shape, (shape[1] * pixel, shape[0] * pixel))

    @classmethod
    def _on(cls, points: Array, triangles: IntArray, shape: tuple[int, int], size: tuple[float, float]) -> "Raster":
        (x0, y0), (width, height), (rows, columns) = points.min(axis=1), size, shape
        u = (np.arange(columns) + 0.5) / columns
        v = (np.arange(rows) + 0.5) / rows
        unit = (points - [[x0], [y0]]) / [[width], [height]]
        grid_x, grid_y = np.meshgrid(u, v)
        cell = _cells_under(unit * [[columns], [rows]] - 0.5, triangles, shape)
        nodes = triangles[cell].transpose(2, 0, 1)
        weights = _barycentric(unit[:, nodes], grid_x, grid_y)
        return cls((float(x0), float(x0 + width), float(y0), float(y0 + height)), cell, nodes, weights)

    def resized(self, rows: int, columns: int) -> "Raster":
        """The same picture in another number of pixels, each the nearest of those here."""
        row, column = (
            ((np.arange(n) + 0.5) * old / n).astype(int)
            for n, old in zip((rows, columns), self.cell.shape, strict=True)
        )
        chosen = np.ix_(row, column)
        return Raster(self.extent, self.cell[chosen], self.nodes[:, *chosen], self.weights[:, *chosen])

    def sample_nodes(self, values: Array) -> Array:
        """Nodal `values` interpolated to the pixels, NaN outside; shape (rows, columns)."""
        picture = np.asarray(self._interpolation @ np.asarray(values, dtype=float)[: self._interpolation.shape[1]])
        picture = picture.reshape(self.cell.shape)
        picture[self.cell < 0] = np.nan
        return picture

    @cached_property
    def _interpolation(self) -> sparse.csr_array:
        """Matrix from nodal values to pixels, shape (n_pixels, highest node + 1)."""
        columns, entries = (one.reshape(3, -1).T.ravel() for one in (self.nodes, self.weights))
        starts, shape = np.arange(0, len(columns) + 1, 3), (self.cell.size, int(columns.max()) + 1)
        return sparse.csr_array((entries, columns, starts), shape=shape)

    def sample_cells(self, values: Array) -> Array:
        """Cell `values` at the pixels, NaN outside; shape (rows, columns)."""
        return np.where(self.cell < 0, np.nan, np.asarray(values, dtype=float)[self.cell])


def _cells_under(points: Array, triangles: IntArray, shape: tuple[int, int]) -> IntArray:
    """Triangle under the centre of each pixel, -1 outside; `points` in pixels, centres at whole numbers.

    Each row of centres cuts a triangle in an interval. Triangles that share an edge are cut at the same place, so no
    pixel falls in between.
    """
    rows, columns = shape
    x, y = points
    corners = np.take_along_axis(triangles, np.argsort(y[triangles], axis=1), axis=1)
    row, cell = crossings(np.arange(rows, dtype=float), y[corners[:, 0]], y[corners[:, 2]])
    low, middle, high = corners[cell].T
    lower = row < y[middle]
    start, end = np.where(lower, low, middle), np.where(lower, middle, high)
    cuts = [x[a] + share(y, a, b, row.astype(float)) * (x[b] - x[a]) for a, b in ((low, high), (start, end))]
    first, last = (np.clip(np.ceil(cut), 0, columns).astype(np.int64) for cut in (np.minimum(*cuts), np.maximum(*cuts)))
    count = last - first
    column = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    found = np.full(shape, -1, dtype=np.int64)
    found[np.repeat(row, count), column] = np.repeat(cell, count)
    return found


def _barycentric(corners: Array, x: Array, y: Array) -> Array:
    (ax, bx, cx), (ay, by, cy) = corners
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    second = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
    third = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
    return np.stack([1 - second - third, second, third])
