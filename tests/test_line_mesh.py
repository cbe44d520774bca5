"""Meshes of films with grain boundaries as lines: exact geometry, right labels, resolved electrodes, Delaunay edges."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from skfem import MeshTri

from meshes import (
    DelaunayRepair,
    Lines,
    MeshSizes,
    Polycrystal,
    Strips,
    check_contract,
    columnar,
    layered,
    mesh_report,
    triangulate,
    triangulate_and_count,
    voronoi,
)
from meshes.delaunay import edge_quality, made_delaunay
from meshes.labelled import LabelledTriangles
from meshes.size_field import geometric_layers

um, nm = 1e-6, 1e-9
COARSE = MeshSizes(electrode=60 * nm, boundary=60 * nm, interior=150 * nm)
THIN = MeshSizes(electrode=0.4 * nm, boundary=20 * nm, interior=60 * nm)


def areas_of(mesh: MeshTri) -> np.ndarray:
    a, b, c = mesh.p[:, mesh.t].transpose(1, 0, 2)
    return 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))


def length_of(mesh: MeshTri, facets: str) -> float:
    ends = mesh.p[:, mesh.facets[:, mesh.boundaries[facets]]]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0).sum())


def test_fifty_random_films_are_meshed_exactly() -> None:
    for seed in range(50):
        film = voronoi(1.5 * um, 1 * um, grains=6 + seed % 7, seed=seed, relaxation=seed % 3)
        mesh = triangulate(film, COARSE)
        areas, grains = areas_of(mesh), check_contract(mesh)
        assert areas.sum() / um**2 == pytest.approx(1.5, rel=1e-9)
        assert np.bincount(grains, areas) / film.areas == pytest.approx(1, rel=1e-9)
        centroids = shapely.points(mesh.p[:, mesh.t].mean(axis=1).T)
        assert shapely.contains(np.array(film.polygons)[grains], centroids).all()


def test_tagged_lines_are_the_edges_of_the_film() -> None:
    film = voronoi(2 * um, 1 * um, grains=15, seed=4)
    mesh = triangulate(film, COARSE, free_surfaces=("top", "bottom"))
    assert length_of(mesh, "grain_boundary_lines") / film.grain_boundary_length == pytest.approx(1, rel=1e-9)
    lines = shapely.MultiLineString(list(film.vertices[film.edges[film.grain_boundary_edges]]))
    middles = mesh.p[:, mesh.facets[:, mesh.boundaries["grain_boundary_lines"]]].mean(axis=1)
    assert shapely.distance(shapely.points(middles.T), lines).max() < 1e-9 * um
    pairs = np.sort(film.edge_grains[film.grain_boundary_edges], axis=1)
    for i, j in np.unique(pairs, axis=0):
        between = (pairs == (i, j)).all(axis=1)
        wanted = film.edge_lengths[film.grain_boundary_edges[between]].sum()
        assert length_of(mesh, f"boundary_{i}_{j}") / wanted == pytest.approx(1, rel=1e-9)
    assert length_of(mesh, "surface_lines") / film.width == pytest.approx(2, rel=1e-9)
    assert np.array_equal(
        mesh.boundaries["surface_lines"], np.union1d(mesh.boundaries["top"], mesh.boundaries["bottom"])
    )
    assert (mesh.p[0, mesh.facets[:, mesh.boundaries["right"]]] == film.width).all()


@cache
def film_with_thin_cells() -> tuple[Polycrystal, MeshTri, DelaunayRepair]:
    film = voronoi(1.5 * um, 1 * um, grains=12, seed=2)
    return film, *triangulate_and_count(film, THIN)


def test_electrodes_are_resolved_by_thin_layers_and_few_nodes() -> None:
    film, mesh, repair = film_with_thin_cells()
    report = mesh_report(mesh, film, ("left", "right"), debye_length=0.8 * nm, repair=repair)
    assert report.first_cell_over_debye_length == pytest.approx({"left": 0.5, "right": 0.5}, rel=1e-6)
    assert report.area_error == pytest.approx(0, abs=1e-9)
    assert report.nodes < 6000  # isotropic triangles of 0.4 nm along 2 um of electrode would need far more
    at_electrode = np.unique(mesh.p[0][mesh.p[0] < 30 * nm])
    growth = np.diff(at_electrode)[1:] / np.diff(at_electrode)[:-1]
    assert (growth <= THIN.growth * (1 + 1e-6)).all()


def test_thin_layers_keep_every_grain_and_move_nothing_far_from_electrodes() -> None:
    film, mesh, _ = film_with_thin_cells()
    grains = check_contract(mesh)
    centroids = mesh.p[:, mesh.t].mean(axis=1)
    thickness = geometric_layers(THIN.electrode, THIN.boundary, THIN.growth).sum()
    depth = np.minimum(centroids[0], film.width - centroids[0])
    misplaced = shapely.distance(shapely.points(centroids.T), np.array(film.polygons)[grains])
    assert misplaced[depth > 3.1 * thickness].max() < THIN.boundary / 4
    assert misplaced.max() < thickness
    assert np.array_equal(np.unique(grains), np.arange(film.n_grains))


def test_boundaries_run_straight_through_the_layers() -> None:
    film, mesh, _ = film_with_thin_cells()
    thickness = geometric_layers(THIN.electrode, THIN.boundary, THIN.growth).sum()
    ends = mesh.p[:, mesh.facets[:, mesh.boundaries["grain_boundary_lines"]]]
    inside = (ends[0] < thickness * (1 - 1e-6)).any(axis=0)
    meeting = len(film.grains_along("left")) - 1
    layers = len(geometric_layers(THIN.electrode, THIN.boundary, THIN.growth))
    assert inside.sum() == meeting * layers
    assert np.ptp(ends[1][:, inside], axis=0).max() < 1e-9 * nm


def test_thin_layers_may_meet_in_corners() -> None:
    film = voronoi(1 * um, 1 * um, grains=6, seed=8)
    mesh = triangulate(film, THIN, electrodes=("left", "bottom", "top"))
    report = mesh_report(mesh, film, ("left", "bottom", "top"), debye_length=0.4 * nm)
    assert report.first_cell_over_debye_length == pytest.approx({"left": 1, "bottom": 1, "top": 1}, rel=1e-5)
    assert report.area_error == pytest.approx(0, abs=1e-9)
    assert report.non_delaunay_after == 0


@pytest.mark.parametrize("seed", range(4))
def test_grains_at_electrodes_keep_their_size_however_coarse_the_mesh(seed: int) -> None:
    film = voronoi(1 * um, 0.4 * um, grains=30, seed=seed, relaxation=0)
    coarse = MeshSizes(0.4 * nm, 100 * nm, 100 * nm)  # layers up to 100 nm would be as thick as the grains
    mesh, repair = triangulate_and_count(film, coarse, electrodes=("bottom", "top"))
    report = mesh_report(mesh, film, ("bottom", "top"), debye_length=0.4 * nm, repair=repair)
    assert report.first_cell_over_debye_length == pytest.approx({"bottom": 1, "top": 1}, rel=1e-6)
    assert report.largest_piece_over_its_grain < 1.3
    assert (report.grains, report.grain_pieces) == (30, 30)
    assert report.non_delaunay_after == 0
    assert report.nodes < 10_000


@pytest.mark.parametrize("layers", [1, 2])
def test_cross_sections_between_bottom_and_top_electrodes(layers: int) -> None:
    film = layered(1000 * nm, 400 * nm, grains=8, seed=1, layers=layers)
    mesh, repair = triangulate_and_count(film, THIN, electrodes=("bottom", "top"), free_surfaces=("left", "right"))
    report = mesh_report(mesh, film, ("bottom", "top"), debye_length=0.4 * nm, repair=repair)
    assert report.grains == report.grain_pieces == 8 * layers
    assert report.non_delaunay_after == 0
    # walls are upright and layer interfaces lie in mid-film, so the squeeze towards the middle changes no length
    assert report.grain_boundary_length / film.grain_boundary_length == pytest.approx(1, rel=1e-9)
    assert np.bincount(check_contract(mesh), areas_of(mesh)) / film.areas == pytest.approx(1, rel=1e-9)


def test_size_grows_from_boundaries_into_grains() -> None:
    film = columnar(2 * um, 2 * um, grains=2, spread=0)
    mesh = triangulate(film, MeshSizes(50 * nm, 20 * nm, 150 * nm, growth=1.2), electrodes=())
    cell = np.sqrt(4 / np.sqrt(3) * areas_of(mesh))  # side of the equilateral triangle of the same area
    distance = np.abs(mesh.p[0, mesh.t].mean(axis=0) - um)
    assert np.median(cell[distance < 20 * nm]) / nm == pytest.approx(20, rel=0.25)
    assert np.median(cell[distance > 800 * nm]) / nm == pytest.approx(150, rel=0.25)
    middle = np.abs(distance - 300 * nm) < 50 * nm
    assert np.median(cell[middle]) / nm == pytest.approx(20 + 0.2 * 300, rel=0.25)


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
    assert np.bincount(repaired.grains, areas) == pytest.approx([128, 128], rel=1e-12)
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


def test_a_line_with_two_sides_is_measured_once() -> None:
    film = voronoi(1 * um, 0.6 * um, grains=10, seed=1)
    mesh, repair = triangulate_and_count(film, COARSE, electrodes=(), boundaries=Lines(two_sided=True))
    report = mesh_report(mesh, film, (), debye_length=nm, repair=repair)
    assert report.grain_boundary_length == pytest.approx(film.grain_boundary_length, rel=0.01)
    assert report.grain_boundary_length == pytest.approx(0.5 * length_of(mesh, "grain_boundary_lines"))
    assert report.non_delaunay_after == repair.after == 0


def test_repair_leaves_no_positive_off_diagonal_in_the_stiffness_matrix() -> None:
    from skfem import Basis, ElementTriP1
    from skfem.models.poisson import laplace

    _, mesh, _ = film_with_thin_cells()
    stiffness = laplace.assemble(Basis(mesh.scaled(1 / um), ElementTriP1())).tocoo()
    off_diagonal = stiffness.data[stiffness.row != stiffness.col]
    assert off_diagonal.max() < 1e-8 * stiffness.data.max()


def test_report_is_plain_data_and_sees_a_split_and_a_merged_grain() -> None:
    film = columnar(600 * nm, 200 * nm, grains=3, spread=0)
    mesh = triangulate(film, COARSE)
    plain = mesh_report(mesh, film, ("left",), debye_length=10 * nm).as_dict()
    assert all(isinstance(value, int | float | dict) for value in plain.values())
    assert plain["largest_piece_over_mean_grain"] == pytest.approx(1)
    grains = check_contract(mesh)
    relabelled = {"grain_0": grains != 1, "grain_1": grains == 1}
    split = mesh.with_subdomains({name: np.flatnonzero(where) for name, where in relabelled.items()})
    split.subdomains.pop("grain_2")
    report = mesh_report(split, film, (), debye_length=10 * nm)
    assert (report.grains, report.grain_pieces) == (2, 3)
    one = split.with_subdomains({"grain_0": np.arange(len(grains))})
    one.subdomains.pop("grain_1")
    report = mesh_report(one, film, (), debye_length=10 * nm)
    assert report.largest_piece_over_mean_grain == pytest.approx(3)
    assert report.largest_piece_over_its_grain == pytest.approx(3)
    with pytest.raises(ValueError, match="the mesh has 3 grains, the film that it is compared with 2"):
        mesh_report(mesh, columnar(600 * nm, 200 * nm, grains=2), (), debye_length=10 * nm)


def test_a_users_own_mesh_is_checked_name_by_name() -> None:
    own = MeshTri.init_tensor(np.linspace(0, um, 5), np.linspace(0, um, 5)).with_boundaries(
        {
            "left": lambda x: x[0] == 0,
            "right": lambda x: x[0] == um,
            "bottom": lambda x: x[1] == 0,
            "top": lambda x: x[1] == um,
            "grain_boundary_lines": lambda x: x[0] == um / 2,
        },
        boundaries_only=False,
    )
    halves = {"grain_0": lambda x: x[0] < um / 2, "grain_1": lambda x: x[0] > um / 2}
    good = own.with_subdomains({**halves, "grain_interior": lambda x: x[0] >= 0})
    assert np.bincount(check_contract(good)).tolist() == [16, 16]

    def refused(mesh: MeshTri, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            check_contract(mesh)

    refused(own, "subdomain 'grain_interior' does not exist")
    refused(own.with_subdomains(halves), "subdomain 'grain_interior' does not exist")
    everywhere = {"grain_interior": lambda x: x[0] >= 0}
    refused(own.with_subdomains(everywhere), "grains must be named grain_0")
    refused(own.with_subdomains({**everywhere, "grain_0": halves["grain_0"]}), "16 triangles belong to no grain")
    refused(good.with_subdomains({"grain_1": lambda x: x[0] > um / 4}), "'grain_1' overlaps 'grain_0'")
    refused(good.with_subdomains({"grain_interior": halves["grain_0"]}), "must share out all triangles")
    refused(replace(good, _boundaries={"left": good.boundaries["left"]}), "facet set 'right' does not exist")
    inner = good.with_boundaries({"top": lambda x: x[1] == um / 2}, boundaries_only=False)
    refused(inner, "'top' has facets inside the film")
    refused(good.with_boundaries({"top": lambda x: x[1] > um}), "'top' is empty")


def test_gmsh_works_outside_the_main_thread() -> None:
    meshes: list[MeshTri] = []
    worker = threading.Thread(target=lambda: meshes.append(triangulate(columnar(um, um, grains=2), COARSE)))
    worker.start()
    worker.join()
    assert len(meshes) == 1


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    load = builtins.__import__

    def without_gl(name: str, *rest: object) -> object:
        if name == "gmsh":
            return ctypes.CDLL("libGLU.so.missing")
        return load(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_gl)
    with pytest.raises(RuntimeError, match=r"libGLU\.so\.missing.*install libglu1-mesa"):
        triangulate(columnar(um, um, grains=2), COARSE)


FILM = columnar(1 * um, 0.4 * um, grains=3)
BAD: dict[str, tuple[Callable[[], object], str]] = {
    "zero size": (lambda: MeshSizes(0, nm, nm), "mesh size 'electrode' must be .* got 0 m"),
    "size that is no number": (lambda: MeshSizes(nm, nm, float("nan")), "mesh size 'interior' .* got nan"),
    "boundary above interior": (lambda: MeshSizes(nm, 20 * nm, 10 * nm), "'boundary' .* must not exceed .* 'interior'"),
    "no growth": (lambda: MeshSizes(nm, nm, nm, growth=1.0), "growth must lie above 1"),
    "odd strip": (lambda: Strips(4 * nm, across=3), "must be even, got 3"),
    "unknown side": (lambda: triangulate(FILM, COARSE, electrodes=("lift",)), "'lift' does not exist.*left"),
    "bare name": (lambda: triangulate(FILM, COARSE, electrodes="left"), "must be a list of sides"),
    "side twice": (lambda: triangulate(FILM, COARSE, electrodes=("left", "left")), "named once"),
    "electrode and surface": (
        lambda: triangulate(FILM, COARSE, electrodes=("top",), free_surfaces=("top",)),
        "'top' cannot be both",
    ),
    "coarser than the film": (
        lambda: triangulate(FILM, MeshSizes(nm, nm, um)),
        "'interior' .* exceeds the film of 1e-06 m x 4e-07 m",
    ),
    "no Debye length": (lambda: mesh_report(triangulate(FILM, COARSE), FILM, (), 0.0), "Debye length"),
    "electrode not in mesh": (
        lambda: mesh_report(triangulate(FILM, COARSE), FILM, ("gate",), nm),
        "electrode: facet set of the mesh 'gate' does not exist",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_message(what: str) -> None:
    make, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        make()


def test_layers_grow_evenly_to_the_largest_height() -> None:
    heights = np.append(geometric_layers(0.3 * nm, 17 * nm, 1.35), 17 * nm)
    ratios = [above / below for below, above in pairwise(heights)]
    assert heights[0] / nm == pytest.approx(0.3)
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert 1.3 < ratios[0] <= 1.35
