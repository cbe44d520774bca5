"""Graded layers at electrodes: resolved by few nodes, straight, and without harm to the grains behind them."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from mesh_measures import areas_of
from skfem import MeshTri

from meshes import (
    DelaunayRepair,
    Lognormal,
    MeshSizes,
    Polycrystal,
    check_contract,
    layered,
    merge_short_edges,
    mesh_report,
    triangulate,
    triangulate_and_count,
    voronoi,
    with_pinholes,
)
from meshes.grains.polycrystal import SIDES
from meshes.size_field import geometric_layers

um, nm = 1e-6, 1e-9
HOLES = Lognormal(120 * nm, 0.2)
THIN = MeshSizes(electrode=0.4 * nm, boundary=20 * nm, interior=60 * nm)


@cache
def film_with_thin_cells() -> tuple[Polycrystal, MeshTri, DelaunayRepair]:
    film = voronoi(1.5 * um, 1 * um, grains=12, seed=2)
    return film, *triangulate_and_count(film, THIN)


def test_electrodes_are_resolved_by_thin_layers_and_few_nodes() -> None:
    film, mesh, repair = film_with_thin_cells()
    report = mesh_report(mesh, film, ("left", "right"), debye_length=0.8 * nm, repair=repair)
    assert report.first_cell_over_debye_length == pytest.approx({"left": 0.5, "right": 0.5}, rel=1e-6, abs=0.0)
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
    assert report.first_cell_over_debye_length == pytest.approx({"left": 1, "bottom": 1, "top": 1}, rel=1e-5, abs=0.0)
    assert report.area_error == pytest.approx(0, abs=1e-9)
    assert report.non_delaunay_after == 0


@pytest.mark.parametrize("seed", range(4))
def test_grains_at_electrodes_keep_their_size_however_coarse_the_mesh(seed: int) -> None:
    film = voronoi(1 * um, 0.4 * um, grains=30, seed=seed, relaxation=0)
    coarse = MeshSizes(0.4 * nm, 100 * nm, 100 * nm)  # layers up to 100 nm would be as thick as the grains
    mesh, repair = triangulate_and_count(film, coarse, electrodes=("bottom", "top"))
    report = mesh_report(mesh, film, ("bottom", "top"), debye_length=0.4 * nm, repair=repair)
    assert report.first_cell_over_debye_length == pytest.approx({"bottom": 1, "top": 1}, rel=1e-6, abs=0.0)
    assert report.largest_piece_over_its_grain < 1.3
    assert (report.grains, report.grain_pieces) == (30, 30)
    assert report.non_delaunay_after == 0
    assert report.nodes < 10_000


@pytest.mark.parametrize("seed", range(6))
def test_pinholes_keep_their_area_in_coarse_meshes_and_beside_electrodes(seed: int) -> None:
    film = with_pinholes(voronoi(1 * um, 0.6 * um, grains=20, seed=seed), HOLES, area_share=0.1, seed=seed)
    simple = merge_short_edges(film, 15 * nm)
    assert len(simple.edges) < len(film.edges)
    assert simple.pinhole_areas / film.pinhole_areas == pytest.approx(1, rel=1e-9, abs=0.0)
    mesh, repair = triangulate_and_count(film, THIN, electrodes=SIDES, free_surfaces=("pinhole_rims",))
    report = mesh_report(mesh, film, SIDES, debye_length=0.4 * nm, repair=repair)
    assert report.area_error == pytest.approx(0, abs=1e-9)
    assert report.grain_pieces == 20
    assert report.largest_piece_over_its_grain < 1.3
    assert report.non_delaunay_after == 0
    inside = mesh.p[:, mesh.facets[:, mesh.boundaries["surface_lines"]]] / [[[film.width]], [[film.height]]]
    assert 0.01 < inside.min() < inside.max() < 0.99


@pytest.mark.parametrize("layers", [1, 2])
def test_cross_sections_between_bottom_and_top_electrodes(layers: int) -> None:
    film = layered(1000 * nm, 400 * nm, grains=8, seed=1, layers=layers)
    mesh, repair = triangulate_and_count(film, THIN, electrodes=("bottom", "top"), free_surfaces=("left", "right"))
    report = mesh_report(mesh, film, ("bottom", "top"), debye_length=0.4 * nm, repair=repair)
    assert report.grains == report.grain_pieces == 8 * layers
    assert report.non_delaunay_after == 0
    # walls are upright and layer interfaces lie in mid-film, so the squeeze towards the middle changes no length
    assert report.grain_boundary_length / film.grain_boundary_length == pytest.approx(1, rel=1e-9, abs=0.0)
    assert np.bincount(check_contract(mesh), areas_of(mesh)) / film.areas == pytest.approx(1, rel=1e-9, abs=0.0)


def test_layers_grow_evenly_to_the_largest_height() -> None:
    heights = np.append(geometric_layers(0.3 * nm, 17 * nm, 1.35), 17 * nm)
    ratios = [above / below for below, above in pairwise(heights)]
    assert heights[0] / nm == pytest.approx(0.3)
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert 1.3 < ratios[0] <= 1.35
