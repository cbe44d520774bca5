"""Unstructured triangle meshes for tests: jittered points, graded towards the electrodes, triangulated by Delaunay.

They are isotropic where the film is wide enough, irregular everywhere, need no mesh generator and carry the names of
the mesh contract. `fineness` scales every edge together, for studies of convergence.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.spatial import Delaunay
from skfem import MeshTri

from fem.fields import Array


@dataclass(frozen=True)
class Grading:
    """Edge length ``first + slope * distance`` from the nearest graded electrode, at most `largest`; all in m.

    Parameters
    ----------
    first
        Edge length at the electrodes [m].
    slope
        Growth of the edge length per distance.
    largest
        [m].
    both
        Whether the top electrode is graded too.
    """

    first: float
    slope: float
    largest: float
    both: bool = True

    def at(self, height: float, y: Array) -> Array:
        """Edge length [m] at the heights `y` in a film of `height` [m], shape (n,)."""
        distance = np.minimum(y, height - y) if self.both else y
        return np.minimum(self.first + self.slope * distance, self.largest)


def vertical_film(height: float, width: float, grading: Grading, fineness: float = 1.0, seed: int = 1) -> MeshTri:
    """Film between the electrodes ``bottom`` and ``top``; `fineness` divides every edge length.

    Parameters
    ----------
    height, width
        Of the rectangle [m].
    seed
        Of the jitter, up to a tenth of the local edge length.
    """
    random = np.random.default_rng(seed)
    rows = _rows(height, grading, fineness)
    points = [_row(y, step, width, k, height, random) for k, (y, step) in enumerate(rows)]
    return _named(_triangles(np.concatenate(points, axis=1)), height, width)


def _rows(height: float, grading: Grading, fineness: float) -> list[tuple[float, float]]:
    """Heights of the rows of points and the spacing there: equal steps of the integral of 1 / edge length."""
    y = np.linspace(0.0, height, 20001)
    density = 1.0 / grading.at(height, y)
    count = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(y))])
    # Rows of equilateral triangles lie sqrt(3)/2 of an edge apart.
    n = ceil(fineness * count[-1] / (0.5 * np.sqrt(3)))
    places = np.interp(np.linspace(0.0, count[-1], n + 1), count, y)
    places[[0, -1]] = 0.0, height
    return list(zip(places.tolist(), (grading.at(height, places) / fineness).tolist(), strict=True))


def _row(y: float, step: float, width: float, number: int, height: float, random: np.random.Generator) -> Array:
    n = max(2, ceil(width / step))
    x = np.linspace(0.0, width, n + 1)
    if number % 2:
        x = np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]])
    jitter = 0.1 * step * random.uniform(-1.0, 1.0, (2, len(x)))
    jitter[0, [0, -1]] = 0.0
    return np.array([x + jitter[0], y + (0 < y < height) * jitter[1]])


def _triangles(points: Array) -> MeshTri:
    scale = points.max()
    cells = Delaunay((points / scale).T).simplices.T
    a, b = points[:, cells[1]] - points[:, cells[0]], points[:, cells[2]] - points[:, cells[0]]
    twice = np.abs(a[0] * b[1] - a[1] * b[0])
    longest = np.maximum((a**2).sum(axis=0), (b**2).sum(axis=0))
    solid = twice > 1e-9 * longest  # collinear points of the rim
    mesh = MeshTri(points, np.ascontiguousarray(cells[:, solid]))
    size = np.ptp(points, axis=1).prod()
    if abs(0.5 * twice[solid].sum() - size) > 1e-9 * size or len(np.unique(mesh.t)) < points.shape[1]:
        raise ValueError("the triangles do not tile the rectangle")
    return mesh


def _named(mesh: MeshTri, height: float, width: float) -> MeshTri:
    small = 1e-9 * min(height, width)
    return mesh.with_boundaries(
        {
            "bottom": lambda p: p[1] < small,
            "top": lambda p: p[1] > height - small,
            "left": lambda p: p[0] < small,
            "right": lambda p: p[0] > width - small,
        }
    ).with_subdomains({"grain_0": lambda p: p[0] > -1.0})
