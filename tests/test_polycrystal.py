"""Films: grains tile the rectangle, statistics are exact, simplification never loses a grain, bad input is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from meshes import Polycrystal, columnar, layered, merge_short_edges, voronoi

um, nm = 1e-6, 1e-9
FLAT = 1e-9  # relative


def two_grains_and_an_island() -> Polycrystal:
    island = box(1.2 * um, 0.2 * um, 1.4 * um, 0.4 * um)
    return Polycrystal.from_polygons(
        2 * um, 1 * um, [box(0, 0, um, um), box(um, 0, 2 * um, um).difference(island), island]
    )


def test_areas_diameters_and_boundary_length_of_a_film_with_an_island_are_exact() -> None:
    film = two_grains_and_an_island()
    assert film.areas / um**2 == pytest.approx([1.0, 0.96, 0.04], rel=FLAT, abs=0.0)
    assert film.equivalent_diameters[0] / um == pytest.approx(np.sqrt(4 / np.pi), rel=FLAT, abs=0.0)
    assert film.grain_boundary_length / um == pytest.approx(1 + 4 * 0.2, rel=FLAT, abs=0.0)
    assert [len(loops) for loops in film.loops] == [1, 2, 1]
    assert film.polygons[1].area / um**2 == pytest.approx(0.96, rel=FLAT, abs=0.0)
    assert {side: film.grains_along(side).tolist() for side in film.side_edges} == {
        "left": [0],
        "right": [1],
        "bottom": [0, 1],
        "top": [0, 1],
    }


@pytest.mark.parametrize("relaxation", [0, 3])
def test_voronoi_grains_tile_the_film(relaxation: int) -> None:
    for seed in range(25):
        film = voronoi(4 * um, 3 * um, grains=40, seed=seed, relaxation=relaxation)
        assert film.n_grains == 40
        assert film.areas.sum() / um**2 == pytest.approx(12, rel=FLAT, abs=0.0)
        assert film.areas / um**2 == pytest.approx(
            [polygon.area / um**2 for polygon in film.polygons], rel=FLAT, abs=0.0
        )
        assert shapely.union_all(film.polygons).area / um**2 == pytest.approx(12, rel=FLAT, abs=0.0)
        for side, length in {"left": 3, "right": 3, "bottom": 4, "top": 4}.items():
            assert film.edge_lengths[film.side_edges[side]].sum() / um == pytest.approx(length, rel=FLAT, abs=0.0)


def test_relaxation_makes_grains_more_equal() -> None:
    spread = [
        np.std(film.areas) / np.mean(film.areas)
        for film in (voronoi(8 * um, 8 * um, grains=150, relaxation=steps) for steps in (0, 2, 8))
    ]
    # Poisson-Voronoi cells have a coefficient of variation of 0.53 (Brakke 1987); relaxed ones tend to hexagons.
    assert 0.4 < spread[0] < 0.65
    assert spread[0] > spread[1] > spread[2]


def test_the_seed_alone_decides_the_film() -> None:
    one, same, other = (voronoi(3 * um, 3 * um, grain_size=500 * nm, seed=seed) for seed in (5, 5, 6))
    assert one.n_grains == 36
    assert np.array_equal(one.vertices, same.vertices)
    assert np.array_equal(one.edge_grains, same.edge_grains)
    assert not np.array_equal(one.areas, other.areas)


def test_columns_run_through_the_thickness_with_lognormal_widths() -> None:
    film = columnar(200 * um, 0.4 * um, grains=800, seed=3, spread=0.4)
    widths = film.areas / film.height
    assert widths.sum() / um == pytest.approx(200, rel=FLAT, abs=0.0)
    assert np.std(np.log(widths)) == pytest.approx(0.4, abs=4 * 0.4 / np.sqrt(2 * 800))  # 4 sigma of the estimate
    assert len(film.grains_along("bottom")) == len(film.grains_along("top")) == 800
    assert film.grain_boundary_length / um == pytest.approx(799 * 0.4, rel=FLAT, abs=0.0)


def test_layers_have_independent_columns() -> None:
    film = layered(1 * um, 0.4 * um, grains=8, seed=2, layers=3)
    assert film.n_grains == 24
    assert film.areas.sum() / um**2 == pytest.approx(0.4, rel=FLAT, abs=0.0)
    assert len(film.grains_along("bottom")) == len(film.grains_along("top")) == 8
    walls = (film.n_grains - 3) * film.height / 3
    assert film.grain_boundary_length / um == pytest.approx((walls + 2 * film.width) / um, rel=FLAT, abs=0.0)
    lower, upper = film.areas[:8], film.areas[16:]
    assert np.median(np.abs(lower / upper - 1)) > 0.05


def test_merging_short_edges_keeps_every_grain_in_its_place() -> None:
    refused = 0
    for seed in range(30):
        film = voronoi(4 * um, 3 * um, grains=50, seed=seed, relaxation=0)
        simple = merge_short_edges(film, 120 * nm)
        refused += int((simple.edge_lengths < 120 * nm).sum())
        assert simple.n_grains == 50
        overlap = [a.intersection(b).area / a.area for a, b in zip(film.polygons, simple.polygons, strict=True)]
        assert min(overlap) > 0.4
        assert len(simple.edges) < len(film.edges)
    assert refused < 0.03 * 30 * 140  # of about 140 edges each: small triangles and boundaries that end near a corner


def test_merging_thins_out_a_bent_boundary_without_moving_its_ends() -> None:
    x = np.linspace(0.0, 1.0, 201)
    bend = [(1 + 0.1 * np.sin(2 * np.pi * s), s) for s in x]
    left = Polygon([(0, 0), *bend, (0, 1)])
    right = Polygon([(2, 0), (2, 1), *bend[::-1]])
    film = Polycrystal.from_polygons(2 * um, 1 * um, [shapely.transform(p, lambda xy: xy * um) for p in (left, right)])
    simple = merge_short_edges(film, 50 * nm)
    assert simple.edge_lengths.min() >= 50 * nm
    assert len(simple.edges) < 40
    ends = simple.vertices[simple.edges[simple.grain_boundary_edges]].reshape(-1, 2)
    for y in (0.0, um):
        assert ends[ends[:, 1] == y, 0] / um == pytest.approx(1, rel=FLAT, abs=0.0)
    assert simple.areas / film.areas == pytest.approx(1, rel=0.01, abs=0.0)


def test_a_boundary_never_slides_onto_a_corner_of_the_film() -> None:
    cut = Polygon([(0, 0), (1 * nm, 0), (0, 500 * nm)])
    film = Polycrystal.from_polygons(um, um, [cut, box(0, 0, um, um).difference(cut)])
    simple = merge_short_edges(film, 100 * nm)
    assert simple.n_grains == 2
    assert simple.areas / film.areas == pytest.approx(1, rel=FLAT, abs=0.0)


@pytest.mark.parametrize("seed", range(4))
def test_merged_gently_no_grain_changes_its_area_by_more_than_a_quarter(seed: int) -> None:
    film = voronoi(2 * um, 1.5 * um, grains=60, seed=seed, relaxation=0)
    roughly, gently = merge_short_edges(film, 100 * nm), merge_short_edges(film, 100 * nm, gently=True)
    assert len(roughly.edges) < len(gently.edges) < len(film.edges)
    assert np.abs(roughly.areas / film.areas - 1).max() > 0.25
    assert np.abs(gently.areas / film.areas - 1).max() <= 0.25


def test_two_thousand_grains_are_built_and_simplified_in_seconds() -> None:
    film = merge_short_edges(voronoi(30 * um, 30 * um, grains=2000, relaxation=0), 60 * nm)
    assert film.n_grains == 2000
    assert (film.edge_lengths < 60 * nm).mean() < 0.01


def moved(film: Polycrystal, vertex: tuple[float, float], place: tuple[float, float]) -> Polycrystal:
    vertices = film.vertices.copy()
    vertices[np.linalg.norm(vertices - vertex, axis=1).argmin()] = place
    return Polycrystal(film.width, film.height, vertices, film.edges, film.edge_grains)


def relabelled(film: Polycrystal, numbers: dict[int, int]) -> Polycrystal:
    grains = np.vectorize(lambda k: numbers.get(k, k))(film.edge_grains)
    return Polycrystal(film.width, film.height, film.vertices, film.edges, grains)


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "negative width": (lambda: voronoi(-um, um, grains=3), "film width must be .* greater than zero, got -1e-06 m"),
    "width that is no number": (lambda: voronoi(np.nan, um, grains=3), "film width .* got nan"),
    "no thickness": (lambda: columnar(um, 0.0, grains=3), "film height .* got 0 m"),
    "no grains": (lambda: voronoi(um, um, grains=0), "number of grains must be a whole number of at least 1, got 0"),
    "half a grain": (lambda: columnar(um, um, grains=2.5), "number of grains .* got 2.5"),  # type: ignore[arg-type]
    "grain larger than film": (
        lambda: voronoi(um, 0.2 * um, grain_size=0.5 * um),
        "grain size 500 nm exceeds the film of 1000 nm x 200 nm",
    ),
    "size and number": (lambda: voronoi(um, um, grain_size=um, grains=1), "either grain_size or grains"),
    "neither": (lambda: columnar(um, um), "either grain_size or grains"),
    "negative spread": (lambda: columnar(um, um, grains=3, spread=-1), "spread of grain widths .* got -1"),
    "no layers": (lambda: layered(um, um, grains=3, layers=0), "number of layers .* got 0"),
    "negative seed": (lambda: voronoi(um, um, grains=3, seed=-2), "seed of the random generator .* got -2"),
    "seed of columns with a fraction": (lambda: columnar(um, um, grains=3, seed=1.5), "seed .* got 1.5"),  # type: ignore[arg-type]
    "negative relaxation": (lambda: voronoi(um, um, grains=3, relaxation=-1), "relaxation steps .* got -1"),
    "negative shortest edge": (lambda: merge_short_edges(voronoi(um, um, grains=3), -nm), "smallest edge .* -1e-09"),
    "no polygons": (lambda: Polycrystal.from_polygons(um, um, []), "at least one grain"),
    "a grain in two pieces": (
        lambda: Polycrystal.from_polygons(um, um, [shapely.union_all([box(0, 0, nm, nm), box(2 * nm, 0, 3 * nm, nm)])]),
        "grain 0 must be one polygon",
    ),
    "gap": (lambda: Polycrystal.from_polygons(2, 1, [box(0, 0, 1, 1), box(1.1, 0, 2, 1)]), "gap beside grain 0"),
    "overlap": (lambda: Polycrystal.from_polygons(2, 1, [box(0, 0, 1, 1), box(0, 0, 1, 1)]), "two grains overlap"),
    "beyond the film": (lambda: Polycrystal.from_polygons(2, 1, [box(0, 0, 3, 1)]), "outside the film"),
    "part of the film": (lambda: Polycrystal.from_polygons(2, 1, [Polygon([(0, 0), (2, 0), (2, 1)])]), "gap beside"),
    "outline cut short": (
        lambda: Polycrystal.from_polygons(1, 1, [Polygon([(0, 0), (0.2, 0.6), (0.2, 0.4), (0, 1), (1, 1), (1, 0)])]),
        "gap beside grain 0",
    ),
    "outline that crosses itself": (
        lambda: moved(two_grains_and_an_island(), (1.2 * um, 0.2 * um), (0.9 * um, 0.3 * um)),
        "outline of grain 1 touches or crosses itself",
    ),
    "grain numbers with a gap": (
        lambda: relabelled(columnar(um, um, grains=3), {1: 7}),
        "grain 1 has no outline; grains are numbered from 0",
    ),
    "vertex nowhere": (lambda: moved(columnar(um, um, grains=3), (0.0, 0.0), (np.nan, 0.0)), "must be finite numbers"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_message(what: str) -> None:
    make, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        make()
