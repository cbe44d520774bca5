"""Grain boundaries as strips: exact areas, right labels, Delaunay, in every film and at every electrode."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from skfem import MeshTri

from meshes import (
    Lognormal,
    MeshSizes,
    Polycrystal,
    Strips,
    check_contract,
    columnar,
    laguerre,
    layered,
    mesh_report,
    read_grain_map,
    triangulate,
    triangulate_and_count,
    voronoi,
)
from meshes.size_field import geometric_layers
from meshes.strips.strip_spacing import graded

nm, um = 1e-9, 1e-6
SIZES = MeshSizes(electrode=8 * nm, boundary=8 * nm, interior=30 * nm)
FINE = MeshSizes(electrode=1 * nm, boundary=10 * nm, interior=30 * nm)
PEROVSKITE = Path(__file__).parents[1] / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"


def areas(mesh: MeshTri) -> NDArray[np.float64]:
    (x0, x1, x2), (y0, y1, y2) = mesh.p[:, mesh.t]
    return 0.5 * np.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))


def centres(mesh: MeshTri) -> NDArray[np.object_]:
    return np.asarray(shapely.points(mesh.p[:, mesh.t].mean(axis=1).T))


def strip_area(mesh: MeshTri) -> float:
    return float(areas(mesh)[mesh.subdomains["grain_boundary"]].sum())


def assert_conforming(mesh: MeshTri, film: Polycrystal) -> None:
    assert areas(mesh).sum() == pytest.approx(film.width * film.height, rel=1e-9, abs=0.0)
    assert areas(mesh).min() > 0
    lengths = np.linalg.norm(np.diff(mesh.p[:, mesh.facets[:, mesh.boundary_facets()]], axis=1)[:, 0], axis=0)
    assert lengths.sum() == pytest.approx(2 * (film.width + film.height), rel=1e-9, abs=0.0)  # no slit inside


def random_film(k: int) -> Polycrystal:
    if k % 4 == 3:
        return layered(1 * um, 0.4 * um, grains=2 + k % 5, layers=1 + k % 3, seed=k)
    return voronoi(0.5 * um, 0.35 * um, grains=2 + k % 9, relaxation=k % 3, seed=k)


@pytest.mark.parametrize("k", range(24))
def test_any_film_is_tiled_exactly_and_delaunay(k: int) -> None:
    film = random_film(k)
    width, skin = (2 * nm, 4 * nm, 10 * nm)[k % 3], (0.0, 6 * nm, 15 * nm)[k % 5 % 3]
    electrodes = (("left", "right"), ("bottom", "top"), (), ("bottom",))[k % 7 % 4]
    sizes = MeshSizes(electrode=(2 if k % 2 else 8) * nm, boundary=8 * nm, interior=30 * nm)
    strips = Strips(width, across=2 if k % 3 else 4, skin=skin)
    mesh, repair = triangulate_and_count(film, sizes, electrodes=electrodes, boundaries=strips)
    assert_conforming(mesh, film)
    assert len(np.unique(check_contract(mesh))) == film.n_grains
    assert repair.after <= 0.003 * mesh.facets.shape[1]
    assert repair.new_nodes <= 0.02 * mesh.p.shape[1]
    # What a boundary loses at its junctions and gains on its mitres is less than a width for each of its ends.
    slack = 0.06 * film.grain_boundary_length + 2 * width * film.n_grains
    assert strip_area(mesh) == pytest.approx(width * film.grain_boundary_length, abs=width * slack)


def test_every_triangle_carries_the_labels_of_the_place_where_it_lies() -> None:
    film, width = voronoi(0.6 * um, 0.6 * um, grains=7, seed=5), 6 * nm
    mesh = triangulate(film, SIZES, electrodes=(), boundaries=Strips(width, skin=8 * nm))
    middle = centres(mesh)
    grains = check_contract(mesh)
    assert shapely.contains_properly(np.array(film.polygons)[grains], middle).all()
    edges = film.grain_boundary_edges
    lines = shapely.linestrings(film.vertices[film.edges[edges]])
    distance = shapely.distance(middle[:, None], lines[None, :])
    in_strip = np.zeros(len(middle), dtype=bool)
    in_strip[mesh.subdomains["grain_boundary"]] = True
    assert distance[~in_strip].min() > width / 2
    junctions = shapely.multipoints(film.vertices[np.unique(film.edges[edges])])
    away = shapely.distance(middle, junctions) > 3 * width
    assert distance[in_strip & away].min(axis=1).max() < width / 2
    nearest = np.sort(film.edge_grains[edges[distance.argmin(axis=1)]], axis=1)
    named = np.full((len(middle), 2), -1)
    for name, cells in mesh.subdomains.items():
        if name.startswith("boundary_"):
            assert (named[cells] == -1).all()  # the boundaries share out the strips
            named[cells] = [int(k) for k in name.split("_")[1:]]
    assert ((named[:, 0] >= 0) == in_strip).all()
    assert (named[in_strip & away] == nearest[in_strip & away]).all()
    assert ((named == grains[:, None]).any(axis=1) == in_strip).all()  # half of every strip belongs to either grain


@pytest.mark.parametrize("across", [2, 4, 6])
def test_layers_at_an_electrode_run_straight_through_the_strips(across: int) -> None:
    film, width = columnar(0.5 * um, 0.2 * um, grains=3, seed=2), 4 * nm
    electrodes = ("bottom", "top")
    strips = Strips(width, across=across, skin=10 * nm)
    mesh, repair = triangulate_and_count(film, FINE, electrodes=electrodes, boundaries=strips)
    x, y = mesh.p
    wall = film.vertices[film.edges[film.grain_boundary_edges[0], 0], 0]
    across_strip = np.sort(x[(y == 0) & (np.abs(x - wall) < width / 2 + 1e-13)])
    assert np.diff(across_strip) / nm == pytest.approx(np.full(across, width / across / nm))
    heights = geometric_layers(FINE.electrode, FINE.boundary, FINE.growth)
    for position in across_strip:
        layers = np.sort(y[np.abs(x - position) < 1e-14])[: len(heights) + 1]
        assert np.diff(layers) / nm == pytest.approx(heights / nm, rel=1e-6, abs=0.0)
    assert strip_area(mesh) == pytest.approx(2 * width * film.height, rel=1e-9, abs=0.0)
    assert repair.before < 0.001 * mesh.facets.shape[1]
    assert repair.after == 0


def test_wide_grains_of_a_cross_section_stay_coarse() -> None:
    film = columnar(1 * um, 0.4 * um, grains=8)
    mesh = triangulate(film, FINE, electrodes=("bottom", "top"), boundaries=Strips(4 * nm, skin=10 * nm))
    assert_conforming(mesh, film)
    assert 5_000 < mesh.p.shape[1] < 15_000  # a mesh of 1 nm cells along the boundaries alone takes twenty times more
    assert np.sqrt(areas(mesh).max()) > 15 * nm


def test_curved_boundaries_of_a_measured_film_become_strips() -> None:
    film = read_grain_map(PEROVSKITE, crop=(1.0 * um, 1.6 * um, 1.5 * um, 2.1 * um)).film
    mesh, repair = triangulate_and_count(film, SIZES, boundaries=Strips(4 * nm, across=2))
    assert_conforming(mesh, film)
    assert len(np.unique(check_contract(mesh))) == film.n_grains
    assert strip_area(mesh) == pytest.approx(4 * nm * film.grain_boundary_length, rel=0.03, abs=0.0)
    assert repair.after == 0
    assert areas(mesh)[check_contract(mesh) == 0].sum() == pytest.approx(film.areas[0], rel=0.02, abs=0.0)


def test_a_bent_boundary_keeps_its_width_around_the_bend() -> None:
    bend = [(0.2 * um, 0), (0.25 * um, 0.1 * um), (0.2 * um, 0.2 * um)]
    left = shapely.Polygon([(0, 0), *bend, (0, 0.2 * um)])
    right = shapely.box(0, 0, 0.4 * um, 0.2 * um).difference(left)
    film = Polycrystal.from_polygons(0.4 * um, 0.2 * um, [left, right])
    for skin in (0.0, 10 * nm):
        mesh = triangulate(film, SIZES, electrodes=(), boundaries=Strips(8 * nm, skin=skin))
        # The mitres at the bend and on the outline add on one side what they take away on the other.
        assert strip_area(mesh) == pytest.approx(8 * nm * film.grain_boundary_length, rel=1e-9, abs=0.0)
        assert areas(mesh)[mesh.subdomains["grain_0"]].sum() == pytest.approx(left.area, rel=1e-9, abs=0.0)


@pytest.mark.parametrize("end", [1, 5, 12])
def test_a_slanted_boundary_that_ends_near_a_corner_makes_room_for_itself(end: float) -> None:
    cut = [(0, end * nm), (0.05 * um, 0.25 * um), (0.4 * um, 0.25 * um)]
    upper = shapely.Polygon([*cut, (0.4 * um, 0.4 * um), (0, 0.4 * um)])
    lower = shapely.Polygon([(0, 0), (0.4 * um, 0), *cut[::-1]])
    film = Polycrystal.from_polygons(0.4 * um, 0.4 * um, [upper, lower])
    mesh, repair = triangulate_and_count(film, SIZES, electrodes=(), boundaries=Strips(8 * nm))
    assert_conforming(mesh, film)
    assert repair.after == 0
    assert areas(mesh)[mesh.subdomains["grain_0"]].sum() == pytest.approx(upper.area, rel=0.02, abs=0.0)


@pytest.mark.parametrize("seed", range(3))
def test_sharp_grains_get_strips_and_stay_in_one_piece(seed: int) -> None:
    film = laguerre(0.6 * um, 0.4 * um, Lognormal(80 * nm, 0.4), seed=seed, elongation=4.0, angle=0.5)
    mesh, repair = triangulate_and_count(film, SIZES, boundaries=Strips(3 * nm, across=2))
    report = mesh_report(mesh, film, ("left", "right"), debye_length=8 * nm, repair=repair)
    assert_conforming(mesh, film)
    assert report.grains == report.grain_pieces == film.n_grains
    assert report.largest_piece_over_its_grain < 1.6
    assert report.non_delaunay_after == 0


def test_an_island_grain_is_surrounded_by_a_strip() -> None:
    island = shapely.Point(0.2 * um, 0.2 * um).buffer(0.1 * um, quad_segs=4)
    film = Polycrystal.from_polygons(0.4 * um, 0.4 * um, [shapely.box(0, 0, 0.4 * um, 0.4 * um) - island, island])
    mesh, repair = triangulate_and_count(film, SIZES, boundaries=Strips(4 * nm))
    assert_conforming(mesh, film)
    assert strip_area(mesh) == pytest.approx(4 * nm * film.grain_boundary_length, rel=1e-9, abs=0.0)
    assert areas(mesh)[mesh.subdomains["grain_1"]].sum() == pytest.approx(island.area, rel=1e-9, abs=0.0)
    assert repair.after == 0


def test_strips_wider_than_a_grain_are_refused_with_the_place() -> None:
    film = Polycrystal.from_polygons(
        0.4 * um,
        0.2 * um,
        [shapely.box(x0 * nm, 0, x1 * nm, 0.2 * um) for x0, x1 in ((0, 200), (200, 206), (206, 400))],
    )
    with pytest.raises(
        ValueError, match=r"no room for grain boundary strips 8 nm wide near x = 20\d\.\d nm.* of grain 1 is 6 nm long"
    ):
        triangulate(film, SIZES, boundaries=Strips(8 * nm))


def test_graded_positions_grow_no_faster_than_asked() -> None:
    positions = graded(100.0, (1.0, 2.0), 12.0, 1.3)
    steps = np.diff(positions)
    assert (positions[0], positions[-1]) == (0, 100)
    assert (steps > 0).all()
    assert steps[0] < 1.2
    assert steps[-1] < 2.4
    assert steps.max() <= 12.0
    assert np.abs(np.diff(np.log(steps))).max() < np.log(1.3) * 1.2
    assert graded(0.0, (1.0, 1.0), 1.0, 1.3).tolist() == [0.0]
