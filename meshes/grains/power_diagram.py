"""Power diagrams in a parallelogram, closed by its sides or repeated across them.

The cell of seed s_i with weight w_i holds the points x with |x - s_i|^2 - w_i <= |x - s_j|^2 - w_j for all j; cells are
convex. The diagram is the lower hull of the seeds lifted to (x, y, x^2 + y^2 - w): Aurenhammer, SIAM J. Comput. 16, 78
(1987), doi:10.1137/0216006. Seeds mirrored over a side, with equal weights, cut the cells off exactly there: on the
inner side, no seed is nearer in its mirror image than in itself. Seeds moved by a period make the diagram periodic.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CLOSED = 1e-9  # relative error of the total area by which cells with missing neighbours are recognised


@dataclass(frozen=True, eq=False)
class Tile:
    """The parallelogram with a corner in the origin.

    Parameters
    ----------
    sides
        Vectors along the two sides that meet in the origin, counter-clockwise, shape (2, 2).
    periodic
        Whether the tile repeats itself along each of them.
    """

    sides: Floats
    periodic: tuple[bool, bool] = (False, False)

    @property
    def area(self) -> float:
        """Area of the tile."""
        return float(np.linalg.det(self.sides))

    def wrapped(self, points: Floats) -> Floats:
        """Points, shape (n, 2), moved by whole periods into the tile."""
        shares = points @ np.linalg.inv(self.sides)
        return np.asarray(np.where(self.periodic, shares % 1.0, shares) @ self.sides)

    def with_images(self, seeds: Floats, reach: float) -> tuple[Floats, Ints, NDArray[np.bool_]]:
        """Seeds and the images of those within `reach` of a side.

        Returns
        -------
        Positions, shape (m, 2), numbers of their seeds and whether they are mirror images, shape (m,).
        """
        positions, owners, mirrored = seeds, np.arange(len(seeds)), np.zeros(len(seeds), dtype=bool)
        for axis in sorted((0, 1), key=lambda axis: self.periodic[axis]):
            source = positions if self.periodic[axis] else seeds  # mirror images have no mirror images of their own
            for near, shift in self._shifts(source, axis, reach):
                positions = np.vstack([positions, source[near] + shift])
                owners = np.concatenate([owners, owners[near]])
                mirrored = np.concatenate([mirrored, mirrored[near] | (not self.periodic[axis])])
        return positions, owners, mirrored

    def _shifts(self, points: Floats, axis: int, reach: float) -> list[tuple[Ints, Floats]]:
        """For both sides across an axis: which points are within `reach`, and what moves them to their images."""
        side, along = self.sides[axis], self.sides[1 - axis]
        normal = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        thickness = side @ normal
        shifts = []
        for origin, outward in ((0.0, -np.sign(thickness)), (thickness, np.sign(thickness))):
            depth = outward * (origin - points @ normal)
            near = np.flatnonzero(depth < reach)
            mirror = 2 * depth[near, None] * outward * normal
            period = -np.sign(thickness) * outward * side
            shifts.append((near, period if self.periodic[axis] else mirror))
        return shifts


@dataclass(frozen=True, eq=False)
class PowerDiagram:
    """Cells of a power diagram.

    Parameters
    ----------
    seeds
        Positions, shape (n, 2).
    starts, ends
        Ends of every edge of every cell, with the cell on its left, shape (m, 2); edges of no length are possible.
    cells
        Cell on the left of each edge, shape (m,).
    neighbours
        Cell on the right of each edge, -1 beyond a closed side, shape (m,).
    distances
        Distance of the two seeds of each edge, shape (m,).
    """

    seeds: Floats
    starts: Floats
    ends: Floats
    cells: Ints
    neighbours: Ints
    distances: Floats

    @property
    def areas(self) -> Floats:
        """Area of each cell, shape (n,); 0 for an empty one."""
        return np.asarray(np.bincount(self.cells, self._wedges(), minlength=len(self.seeds)), dtype=np.float64)

    @property
    def centroids(self) -> Floats:
        """Centroid of each cell, shape (n, 2); not finite for an empty one."""
        wedges = self._wedges()
        moments = wedges[:, None] * (self.starts + self.ends + self.seeds[self.cells]) / 3
        sums = [np.bincount(self.cells, moment, minlength=len(self.seeds)) for moment in moments.T]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.column_stack(sums) / self.areas[:, None])

    def area_derivatives(self) -> tuple[Ints, Ints, Floats]:
        """Pairs of neighbours (i, j) and -dA_i/dw_j, the length of their edge over twice their distance."""
        inner = self.neighbours >= 0
        length = np.linalg.norm(self.ends[inner] - self.starts[inner], axis=1)
        return self.cells[inner], self.neighbours[inner], length / (2 * self.distances[inner])

    def _wedges(self) -> Floats:
        """Signed area of the triangle of each edge and the seed of its cell."""
        a, b = (self.starts - self.seeds[self.cells]).T, (self.ends - self.seeds[self.cells]).T
        return np.asarray(0.5 * (a[0] * b[1] - a[1] * b[0]))


def power_diagram(seeds: Floats, weights: Floats, tile: Tile) -> PowerDiagram:
    """Power diagram of a tile; where it is periodic, cells reach out of it.

    Parameters
    ----------
    seeds
        Positions in the tile, shape (n, 2).
    weights
        Weight of each seed, in squared lengths, shape (n,).
    tile
        Where the seeds are.

    Raises
    ------
    RuntimeError
        If a periodic tile is so oblique, or has so few seeds, that cells reach beyond the next period.
    """
    reach, farthest = 4 * np.sqrt(tile.area / len(seeds)), 2 * np.abs(tile.sides).sum()
    while reach < 2 * farthest:
        points, owners, mirrored = tile.with_images(seeds, reach)
        diagram = _lower_hull(seeds, points, weights[owners], np.where(mirrored, -1, owners))
        if abs(diagram.areas.sum() / tile.area - 1) < _CLOSED:
            return diagram
        reach *= 2
    raise RuntimeError(f"{len(seeds)} grains are too few, or too elongated, for this film: their cells do not close")


def _lower_hull(seeds: Floats, points: Floats, weights: Floats, owners: Ints) -> PowerDiagram:
    """Diagram of the first points, the seeds, among all points."""
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    hull = ConvexHull(np.column_stack([x, y, x**2 + y**2 - weights]))
    a, b, c = hull.equations[:, :3].T
    lower = c < -1e-12
    vertices = np.full((len(c), 2), np.nan)
    vertices[lower] = np.column_stack([a, b])[lower] / (-2 * c[lower, None]) + middle
    starts, ends, left, right = [], [], [], []
    for corner in range(3):
        here = np.flatnonzero(lower & lower[hull.neighbors[:, corner]])
        there = hull.neighbors[here, corner]
        one, two = hull.simplices[here, (corner + 1) % 3], hull.simplices[here, (corner + 2) % 3]
        run, across = vertices[there] - vertices[here], points[one] - points[two]
        turned = run[:, 0] * across[:, 1] - run[:, 1] * across[:, 0] < 0
        left.append(np.where(turned, two, one))
        right.append(np.where(turned, one, two))
        starts.append(vertices[here])
        ends.append(vertices[there])
    cells, others = np.concatenate(left), np.concatenate(right)
    real = np.flatnonzero(cells < len(seeds))
    cells, others = cells[real], others[real]
    distances = np.linalg.norm(points[cells] - points[others], axis=1)
    return PowerDiagram(seeds, np.vstack(starts)[real], np.vstack(ends)[real], cells, owners[others], distances)
