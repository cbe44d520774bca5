"""Meshes are made Delaunay by flips and new nodes, without a change to any grain."""

import numpy as np
import pytest

from meshes import MeshSizes, triangulate, voronoi
from meshes.delaunay import edge_quality, made_delaunay
from meshes.labelled import LabelledTriangles

um, nm = 1e-6, 1e-9


def scattered(seed: int, nearest: float = 1.0) -> LabelledTriangles:
    """Two grains side by side on a grid whose nodes were shaken and whose diagonals are all one way.

    `nearest` is the distance of the first column of nodes in the right grain from the line between the grains.
    """
    n = 16
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0))
    number = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    points = np.column_stack([x.ravel(), y.ravel()])
    shaken = (points > 0).all(axis=1) & (points < n).all(axis=1) & (points[:, 0] != n // 2)
    points[shaken] += np.random.default_rng(seed).uniform(-0.3, 0.3, size=(shaken.sum(), 2))
    if nearest < 1:
        points[shaken & (x.ravel() == n // 2 + 1), 0] = n // 2 + nearest
    grains = (points[triangles].mean(axis=1)[:, 0] > n // 2).astype(np.int64)
    return LabelledTriangles(points, triangles, grains, np.full((len(triangles), 2), -1))


@pytest.mark.parametrize("seed", range(5))
def test_repair_makes_edges_delaunay_and_keeps_grains(seed: int) -> None:
    mesh = scattered(seed)
    repaired, count = made_delaunay(mesh)
    assert count.before > 20 and count.flips > 20
    assert count.after == 0 == len(edge_quality(repaired.points, repaired.triangles).bad)
    assert np.array_equal(repaired.points[: len(mesh.points)], mesh.points)
    assert len(repaired.points) - len(mesh.points) == count.new_nodes
    a, b, c = repaired.points[repaired.triangles].transpose(1, 2, 0)
    areas = 0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
    assert areas.min() > 0
    assert np.bincount(repaired.grains, areas) == pytest.approx([128, 128], rel=1e-12, abs=0.0)
    side = repaired.points[repaired.triangles].mean(axis=1)[:, 0] > 8
    assert np.array_equal(side, repaired.grains == 1)


@pytest.mark.parametrize("seed", range(5))
def test_repair_makes_each_grain_delaunay_that_will_be_taken_apart(seed: int) -> None:
    mesh = scattered(seed, nearest=0.4)

    def bad_by_themselves(repaired: LabelledTriangles) -> int:
        grains = [repaired.triangles[repaired.grains == k] for k in (0, 1)]
        return sum(len(edge_quality(repaired.points, triangles).bad) for triangles in grains)

    together, apart = made_delaunay(mesh), made_delaunay(mesh, apart=True)
    assert bad_by_themselves(together[0]) > 0
    assert bad_by_themselves(apart[0]) == apart[1].after == 0
    assert apart[1].new_nodes > together[1].new_nodes


def test_repair_leaves_no_positive_off_diagonal_in_the_stiffness_matrix() -> None:
    from skfem import Basis, ElementTriP1
    from skfem.models.poisson import laplace

    film = voronoi(1.5 * um, 1 * um, grains=12, seed=2)
    mesh = triangulate(film, MeshSizes(electrode=0.4 * nm, boundary=20 * nm, interior=60 * nm))
    stiffness = laplace.assemble(Basis(mesh.scaled(1 / um), ElementTriP1())).tocoo()
    off_diagonal = stiffness.data[stiffness.row != stiffness.col]
    assert off_diagonal.max() < 1e-8 * stiffness.data.max()
