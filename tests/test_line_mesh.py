"""Meshes of films with grain boundaries as lines: exact geometry, right labels, the sizes asked for."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import shapely
from mesh_measures import areas_of, length_of
from skfem import MeshTri

from meshes import (
    Lines,
    MeshSizes,
    Strips,
    check_contract,
    columnar,
    mesh_report,
    triangulate,
    triangulate_and_count,
    voronoi,
)

um, nm = 1e-6, 1e-9
COARSE = MeshSizes(electrode=60 * nm, boundary=60 * nm, interior=150 * nm)


def test_fifty_random_films_are_meshed_exactly() -> None:
    for seed in range(50):
        film = voronoi(1.5 * um, 1 * um, grains=6 + seed % 7, seed=seed, relaxation=seed % 3)
        mesh = triangulate(film, COARSE)
        areas, grains = areas_of(mesh), check_contract(mesh)
        assert areas.sum() / um**2 == pytest.approx(1.5, rel=1e-9, abs=0.0)
        assert np.bincount(grains, areas) / film.areas == pytest.approx(1, rel=1e-9, abs=0.0)
        centroids = shapely.points(mesh.p[:, mesh.t].mean(axis=1).T)
        assert shapely.contains(np.array(film.polygons)[grains], centroids).all()


def test_tagged_lines_are_the_edges_of_the_film() -> None:
    film = voronoi(2 * um, 1 * um, grains=15, seed=4)
    mesh = triangulate(film, COARSE, free_surfaces=("top", "bottom"))
    assert length_of(mesh, "grain_boundary_lines") / film.grain_boundary_length == pytest.approx(1, rel=1e-9, abs=0.0)
    lines = shapely.MultiLineString(list(film.vertices[film.edges[film.grain_boundary_edges]]))
    middles = mesh.p[:, mesh.facets[:, mesh.boundaries["grain_boundary_lines"]]].mean(axis=1)
    assert shapely.distance(shapely.points(middles.T), lines).max() < 1e-9 * um
    pairs = np.sort(film.edge_grains[film.grain_boundary_edges], axis=1)
    for i, j in np.unique(pairs, axis=0):
        between = (pairs == (i, j)).all(axis=1)
        wanted = film.edge_lengths[film.grain_boundary_edges[between]].sum()
        assert length_of(mesh, f"boundary_{i}_{j}") / wanted == pytest.approx(1, rel=1e-9, abs=0.0)
    assert length_of(mesh, "surface_lines") / film.width == pytest.approx(2, rel=1e-9, abs=0.0)
    assert np.array_equal(
        mesh.boundaries["surface_lines"], np.union1d(mesh.boundaries["top"], mesh.boundaries["bottom"])
    )
    assert (mesh.p[0, mesh.facets[:, mesh.boundaries["right"]]] == film.width).all()


def test_size_grows_from_boundaries_into_grains() -> None:
    film = columnar(2 * um, 2 * um, grains=2, spread=0)
    mesh = triangulate(film, MeshSizes(50 * nm, 20 * nm, 150 * nm, growth=1.2), electrodes=())
    cell = np.sqrt(4 / np.sqrt(3) * areas_of(mesh))  # side of the equilateral triangle of the same area
    distance = np.abs(mesh.p[0, mesh.t].mean(axis=0) - um)
    assert np.median(cell[distance < 20 * nm]) / nm == pytest.approx(20, rel=0.25, abs=0.0)
    assert np.median(cell[distance > 800 * nm]) / nm == pytest.approx(150, rel=0.25, abs=0.0)
    middle = np.abs(distance - 300 * nm) < 50 * nm
    assert np.median(cell[middle]) / nm == pytest.approx(20 + 0.2 * 300, rel=0.25, abs=0.0)


def test_a_line_with_two_sides_is_measured_once() -> None:
    film = voronoi(1 * um, 0.6 * um, grains=10, seed=1)
    mesh, repair = triangulate_and_count(film, COARSE, electrodes=(), boundaries=Lines(two_sided=True))
    report = mesh_report(mesh, film, (), debye_length=nm, repair=repair)
    assert report.grain_boundary_length == pytest.approx(film.grain_boundary_length, rel=0.01, abs=0.0)
    assert report.grain_boundary_length == pytest.approx(0.5 * length_of(mesh, "grain_boundary_lines"))
    assert report.non_delaunay_after == repair.after == 0


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
        "'interior'.* exceed the film of 1000 nm x 400 nm",
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
