"""Pinholes: grains and openings together tile the film, meshes follow the rims, and no ion passes one."""

from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import box
from skfem import MeshTri
from verification import Verification

from fem.constants import eV
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from meshes import (
    Lines,
    Lognormal,
    MeshSizes,
    Polycrystal,
    Strips,
    check_contract,
    grain_statistics,
    laguerre,
    mesh_report,
    periodic_laguerre,
    read_grain_map,
    triangulate,
    voronoi,
    whole_grains,
    with_pinholes,
)

um, nm = 1e-6, 1e-9
FLAT = 1e-9
SIZES = MeshSizes(electrode=25 * nm, boundary=25 * nm, interior=90 * nm)
MAP = Path(__file__).parents[1] / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"


@cache
def dense_film(seed: int = 1) -> Polycrystal:
    return laguerre(1.8 * um, 1.3 * um, Lognormal(350 * nm, 0.3), seed=seed)


@cache
def pierced(seed: int = 1) -> Polycrystal:
    return with_pinholes(dense_film(), Lognormal(120 * nm, 0.3), area_share=0.06, seed=seed)


def rim_length(film: Polycrystal) -> float:
    return float(film.edge_lengths[film.rim_edges].sum())


def facet_length(mesh: MeshTri, name: str) -> float:
    start, end = mesh.p[:, mesh.facets[:, mesh.boundaries[name]]].transpose(1, 0, 2)
    return float(np.linalg.norm(end - start, axis=0).sum())


def mesh_area(mesh: MeshTri) -> float:
    a, b, c = mesh.p[:, mesh.t].transpose(1, 0, 2)
    return float(0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])).sum())


def test_grains_and_pinholes_together_are_the_film() -> None:
    for seed in range(6):
        film = pierced(seed)
        assert film.n_grains == dense_film().n_grains
        total = film.areas.sum() + film.pinhole_areas.sum()
        assert total / (film.width * film.height) == pytest.approx(1, rel=FLAT, abs=0.0)
        assert film.pinhole_areas / um**2 == pytest.approx(
            [hole.area / um**2 for hole in film.pinholes], rel=FLAT, abs=0.0
        )
        before = dense_film().areas
        assert (film.areas >= 0.29 * before).all() and (film.areas <= 1.01 * before).all()
        covered = shapely.union_all([shapely.transform(one, lambda xy: xy / um) for one in film.polygons])
        assert covered.area * um**2 / film.areas.sum() == pytest.approx(1, rel=FLAT, abs=0.0)
        assert len(covered.interiors) == film.n_pinholes


def test_pinholes_are_round_and_as_large_and_many_as_demanded(verify: Verification) -> None:
    sizes = Lognormal.of_number(30, 0.08 * 12 * um**2, 0.4)
    film = with_pinholes(voronoi(4 * um, 3 * um, grains=120), sizes, area_share=0.08)
    diameters = np.sqrt(4 * film.pinhole_areas / np.pi)
    assert film.n_pinholes == 30
    assert diameters.mean() / sizes.mean == pytest.approx(1, rel=0.05, abs=0.0)
    assert np.log(diameters).std() == pytest.approx(0.4, rel=0.05, abs=0.0)
    perimeters = np.array([hole.length for hole in film.pinholes])
    assert perimeters / (np.pi * diameters) == pytest.approx(1, abs=0.02)
    verify(
        id="G1",
        quantity="area share of 30 pinholes, asked for 0.08",
        measured=film.pinhole_areas.sum() / (12 * um**2),
        expected=0.08,
        tolerance=0.01,
    )


def test_pinholes_open_on_grain_boundaries_clear_of_sides_and_each_other() -> None:
    film = pierced()
    boundaries = shapely.multilinestrings(list(dense_film().vertices[dense_film().edges] / um))
    outlines = [shapely.transform(hole, lambda xy: xy / um) for hole in film.pinholes]
    frame = box(0, 0, film.width / um, film.height / um).exterior
    for hole in outlines:
        radius = np.sqrt(hole.area / np.pi)
        assert boundaries.distance(hole.centroid) < 0.1 * radius
        assert frame.distance(hole) > 0.1 * radius
    assert min(one.distance(other) for one, other in combinations(outlines, 2)) > 0


def test_the_seed_alone_decides_the_pinholes() -> None:
    again = with_pinholes(dense_film(), Lognormal(120 * nm, 0.3), area_share=0.06, seed=1)
    assert np.array_equal(again.vertices, pierced(1).vertices)
    assert not np.array_equal(pierced(1).pinhole_areas, pierced(2).pinhole_areas)


def test_measured_films_and_single_crystals_can_be_pierced() -> None:
    measured = read_grain_map(MAP).film
    film = with_pinholes(measured, Lognormal(80 * nm, 0.3), area_share=0.03)
    assert film.n_grains == measured.n_grains and film.n_pinholes > 30
    crystal = with_pinholes(voronoi(um, um, grains=1), Lognormal(100 * nm, 0), area_share=0.1)
    assert len(crystal.polygons[0].interiors) == crystal.n_pinholes > 5


def test_a_periodic_film_stays_one() -> None:
    whole = periodic_laguerre(1.8 * um, 1.3 * um, Lognormal(350 * nm, 0.3), along="xy", seed=2)
    film = with_pinholes(whole, Lognormal(100 * nm, 0.2), area_share=0.05)
    assert film.periodic == (True, True) and film.n_pinholes > 5
    assert np.array_equal(whole_grains(film).numbers, whole_grains(whole).numbers)
    mesh = triangulate(film, SIZES, electrodes=())
    for one, other, axis in (("left", "right", 1), ("bottom", "top", 0)):
        here, there = (np.sort(mesh.p[axis, np.unique(mesh.facets[:, mesh.boundaries[side]])]) for side in (one, other))
        assert np.array_equal(here, there)


def test_statistics_count_what_the_pinholes_leave() -> None:
    statistics = grain_statistics(pierced())
    assert statistics.grains == dense_film().n_grains
    assert statistics.mean_deviation is not None and -0.1 < statistics.mean_deviation < -0.01
    assert statistics.boundary_length_per_area < grain_statistics(dense_film()).boundary_length_per_area


@pytest.mark.parametrize("boundaries", [Lines(), Strips(4 * nm, across=2), Strips(4 * nm, across=2, skin=8 * nm)])
def test_meshes_follow_the_rims(boundaries: Lines | Strips) -> None:
    film = pierced()
    mesh = triangulate(film, SIZES, boundaries=boundaries, free_surfaces=("top", "pinhole_rims"))
    report = mesh_report(mesh, film, ("left", "right"), debye_length=20 * nm)
    assert report.grains == report.grain_pieces == film.n_grains
    assert report.non_delaunay_after == 0
    # short edges of rims are merged once more for the mesh
    assert mesh_area(mesh) / film.areas.sum() == pytest.approx(1, abs=2e-4)
    assert facet_length(mesh, "pinhole_rims") / rim_length(film) == pytest.approx(1, abs=0.02)
    names = ("left", "right", "bottom", "top", "pinhole_rims")
    assert np.array_equal(np.sort(np.concatenate([mesh.boundaries[n] for n in names])), mesh.boundary_facets())
    surface = np.union1d(mesh.boundaries["top"], mesh.boundaries["pinhole_rims"])
    assert np.array_equal(mesh.boundaries["surface_lines"], surface)
    rims = shapely.linestrings(mesh.p[:, mesh.facets[:, mesh.boundaries["pinhole_rims"]]].transpose(2, 1, 0) / um)
    openings = shapely.get_parts(shapely.polygonize(rims))
    assert len(openings) == film.n_pinholes
    openings_area = shapely.area(openings).sum() * um**2
    assert (mesh_area(mesh) + openings_area) / (film.width * film.height) == pytest.approx(1, rel=FLAT, abs=0.0)


def test_films_without_pinholes_have_no_rims() -> None:
    mesh = triangulate(dense_film(), SIZES)
    assert len(mesh.boundaries["pinhole_rims"]) == 0
    assert dense_film().n_pinholes == len(dense_film().pinholes) == len(dense_film().pinhole_areas) == 0


def test_no_ion_is_lost_at_the_rims() -> None:
    mesh = triangulate(pierced(), SIZES, free_surfaces=("pinhole_rims",))
    check_contract(mesh)
    barriers = {"grain_interior": 0.58 * eV, "grain_boundary": 0.45 * eV, "surface": 0.50 * eV}
    model = PoissonNernstPlanck(
        mesh,
        MAPbI3,
        [Species("vacancy", 1, 1e22, 6.5e-8, barriers)],
        [Contact("left", 0.0), Contact("right", step(0.5))],
        layers=[boundary_lines(4 * nm), surface_lines(1 * nm)],
    )
    times = model.scale_report().fastest_time * np.array([0.0, 10.0])
    *_, last = evolve(model, times, tolerance=0.05)
    start, end = model.total_ions(model.initial_state()), model.total_ions(last.state)
    assert end / start == pytest.approx(1, rel=1e-12, abs=0.0)
    assert last.statistics.lowest_relative_concentration > 0


def test_an_insulating_opening_turns_the_field_lines_aside(verify: Verification) -> None:
    """Around a round opening of radius a in a uniform field E the potential varies by 4 a E, twice as much as without.

    The film is the cell of a square array, whose field at an opening is smaller by 1 / (1 + area share): Rayleigh,
    Philos. Mag. 34, 481 (1892), doi:10.1080/14786449208620364.
    """
    radius, width = 100 * nm, 1.8 * um
    angles = np.linspace(0, 2 * np.pi, 61)[:-1]
    hole = shapely.Polygon(0.5 * width + radius * np.column_stack([np.cos(angles), np.sin(angles)]))
    film = Polycrystal.from_polygons(width, width, [box(0, 0, width, width).difference(hole)], [hole])
    mesh = triangulate(film, MeshSizes(20 * nm, 10 * nm, 40 * nm))
    trace = [Species("vacancy", 1, 1e12, 6.5e-8, 0.58 * eV)]  # too few to carry a charge
    model = PoissonNernstPlanck(mesh, MAPbI3, trace, [Contact("left", 0.0), Contact("right", step(1.0))])
    *_, last = evolve(model, np.array([0.0, 1e-9]))
    on_rim = last.state.potential[np.unique(mesh.facets[:, mesh.boundaries["pinhole_rims"]])]
    verify(
        id="G1",
        quantity="variation of the potential around a round pinhole in a field, over 4 a E",
        measured=np.ptp(on_rim) / (4 * radius / width),
        expected=1 / (1 + hole.area / width**2),
        tolerance=0.02,
    )


SLAB = (box(0, 0, 1, 1), box(1, 0, 2, 1))


def slab_with_hole(hole: shapely.Polygon, holes: int = 1) -> Polycrystal:
    return Polycrystal.from_polygons(2, 1, [grain.difference(hole) for grain in SLAB], [hole] * holes)


def renumbered(film: Polycrystal) -> Polycrystal:
    grains = np.where(film.edge_grains == -2, -4, film.edge_grains)
    return Polycrystal(film.width, film.height, film.vertices, film.edges, grains)


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no share": (lambda: with_pinholes(dense_film(), Lognormal(nm, 0), area_share=0), "area share .* got 0"),
    "half the film": (lambda: with_pinholes(dense_film(), Lognormal(nm, 0), area_share=0.5), "area share .* got 0.5"),
    "pierced twice": (
        lambda: with_pinholes(pierced(), Lognormal(100 * nm, 0), area_share=0.1),
        "has 11 pinholes already",
    ),
    "a negative seed": (
        lambda: with_pinholes(dense_film(), Lognormal(100 * nm, 0), area_share=0.1, seed=-1),
        "seed of the random generator .* got -1",
    ),
    "larger than grains": (
        lambda: with_pinholes(dense_film(), Lognormal(um, 0), area_share=0.25),
        "no room for pinhole 1 of .* mean grain sizes across",
    ),
    "no pinhole that large": (
        lambda: with_pinholes(dense_film(), Lognormal(um, 0), area_share=0.05),
        "mean grain diameter 1e-06 m is too large",
    ),
    "a hole nobody declared": (
        lambda: Polycrystal.from_polygons(2, 1, [SLAB[0], SLAB[1].difference(box(1.2, 0.2, 1.4, 0.4))]),
        "gap beside grain 1",
    ),
    "declared twice": (lambda: slab_with_hole(box(1.2, 0.2, 1.4, 0.4), 2), "overlap near"),
    "at a side": (lambda: slab_with_hole(box(1.2, 0, 1.4, 0.4)), "pinhole 0 must have grains all around"),
    "numbers with a gap": (lambda: renumbered(pierced()), "pinhole 0 has no outline"),
    "electrode on a rim": (
        lambda: triangulate(pierced(), SIZES, electrodes=("pinhole_rims",)),
        "'pinhole_rims' does not exist",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_message(what: str) -> None:
    make, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        make()
