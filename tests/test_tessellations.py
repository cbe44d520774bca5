"""Grown films have the sizes, shapes and pinholes they were asked for, and tile the film whatever was asked."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from verification import Verification

from meshes import (
    Bimodal,
    GrainStatistics,
    Lognormal,
    Polycrystal,
    grain_statistics,
    laguerre,
    layered,
    merge_short_edges,
    voronoi,
)
from meshes.grains.grain_statistics import shape_moments
from meshes.grains.power_diagram import Tile, power_diagram
from meshes.grains.prescribed_areas import weights_for_areas

um, nm = 1e-6, 1e-9


def grown(grains: int, spread: float, seed: int = 1, aspect: float = 1.4, **shape: float) -> Polycrystal:
    """Film of `grains` grains of about 300 nm."""
    area = grains * (300 * nm) ** 2
    width = float(np.sqrt(area * aspect))
    return laguerre(width, area / width, Lognormal.of_number(grains, area, spread), seed=seed, **shape)


def deviation(statistics: GrainStatistics) -> float:
    """Largest relative deviation of mean and spread from the target."""
    assert statistics.mean_deviation is not None and statistics.spread_deviation is not None
    return max(abs(statistics.mean_deviation), abs(statistics.spread_deviation))


def worst(statistics: list[GrainStatistics], quantity: str) -> float:
    return float(max((getattr(one, quantity) for one in statistics), key=abs))


def test_realised_sizes_are_the_demanded_ones(verify: Verification) -> None:
    films = [grown(n, s, seed) for n in (12, 50, 200) for s in (0.2, 0.45, 0.7) for seed in range(2)]
    films += [grown(1000, 0.5)]
    assert [film.n_grains for film in films] == [n for n in (12, 50, 200) for _ in range(6)] + [1000]
    statistics = [grain_statistics(film) for film in films]
    for quantity in ("mean", "spread"):
        verify(
            id="G1",
            quantity=f"{quantity} of lognormal grain diameters over its target, worst of 19 films of 12 to 1000 grains",
            measured=1 + worst(statistics, f"{quantity}_deviation"),
            expected=1,
            tolerance=0.05,
        )


def test_the_whole_distribution_is_lognormal(verify: Verification) -> None:
    film = grown(300, 0.5)
    target = film.target_sizes
    assert target is not None
    logarithms = np.sort(np.log(film.equivalent_diameters))
    expected = ndtr((logarithms - np.log(target.mean) + target.spread**2 / 2) / target.spread)
    steps = np.arange(301) / 300
    verify(
        id="G1",
        quantity="largest distance between realised and lognormal cumulative distribution, 300 grains",
        measured=max(np.abs(expected - steps[1:]).max(), np.abs(expected - steps[:-1]).max()),
        expected=0,
        tolerance=0.02,
    )


def test_a_film_holds_as_many_grains_as_its_area_asks_for() -> None:
    sizes = Lognormal(300 * nm, 0.4)
    film = laguerre(6 * um, 4 * um, sizes)
    assert film.n_grains == pytest.approx(24 * um**2 / sizes.mean_area, rel=0.02, abs=0.0)
    assert grain_statistics(film).mean_diameter / nm == pytest.approx(300, rel=0.02, abs=0.0)
    assert laguerre(300 * nm, 300 * nm, sizes).n_grains == 1


@pytest.mark.parametrize(("elongation", "angle"), [(1.5, 0.3), (2.5, -0.6), (4.0, 1.5)])
def test_elongation_and_direction_are_recovered(elongation: float, angle: float, verify: Verification) -> None:
    statistics = grain_statistics(grown(400, 0.4, seed=3, elongation=elongation, angle=angle))
    verify(
        id="G1",
        quantity=f"common aspect ratio of 400 grains grown with {elongation:g}",
        measured=statistics.elongation,
        expected=elongation,
        tolerance=0.05,
    )
    verify(
        id="G1",
        quantity=f"direction of their long axis [rad], grown at {angle:g}",
        measured=statistics.orientation,
        expected=angle,
        tolerance=0.05,
    )
    assert deviation(statistics) < 0.01


def test_elongated_grains_lie_alike_whatever_multiple_of_a_half_turn() -> None:
    one, other = (grown(60, 0.3, elongation=2.0, angle=angle) for angle in (0.4, 0.4 + np.pi))
    assert np.allclose(one.areas, other.areas, rtol=1e-4)


def test_two_populations_share_the_film_as_demanded(verify: Verification) -> None:
    small, large = Lognormal(150 * nm, 0.25), Lognormal(700 * nm, 0.2)
    for share in (0.3, 0.6):
        sizes = Bimodal(small, large, share)
        film = laguerre(6 * um, 4 * um, sizes, seed=2)
        count = round(share * 24 * um**2 / large.mean_area)
        verify(
            id="G1",
            quantity=f"area share of the large grains of a bimodal film, asked for {share:g}",
            measured=film.areas[-count:].sum() / (24 * um**2),
            expected=share,
            tolerance=0.02,
        )
        for areas, population in ((film.areas[:-count], small), (film.areas[-count:], large)):
            diameters = np.sqrt(4 * areas / np.pi)
            assert diameters.mean() / population.mean == pytest.approx(1, rel=0.05, abs=0.0)
            assert np.log(diameters).std() / population.spread == pytest.approx(1, rel=0.05, abs=0.0)
        statistics = grain_statistics(film)
        assert deviation(statistics) < 0.05


@settings(max_examples=12, deadline=None)
@given(
    grains=st.integers(2, 40),
    spread=st.floats(0.05, 0.8),
    aspect=st.floats(0.2, 5),
    elongation=st.floats(1, 5),
    angle=st.floats(-4, 4),
    seed=st.integers(0, 1000),
)
def test_every_demand_tiles_the_film(
    grains: int, spread: float, aspect: float, elongation: float, angle: float, seed: int
) -> None:
    film = grown(grains, spread, seed, aspect, elongation=elongation, angle=angle)
    assert film.n_grains == grains
    assert film.areas.min() > 0
    assert film.areas.sum() / (film.width * film.height) == pytest.approx(1, rel=1e-9, abs=0.0)
    assert shapely.union_all(film.polygons).area / (film.width * film.height) == pytest.approx(1, rel=1e-9, abs=0.0)
    statistics = grain_statistics(film)
    assert deviation(statistics) < 0.05


def test_the_seed_alone_decides_the_film() -> None:
    one, same, other = (grown(40, 0.4, seed) for seed in (5, 5, 6))
    assert np.array_equal(one.vertices, same.vertices)
    assert np.array_equal(one.edge_grains, same.edge_grains)
    assert len(one.vertices) != len(other.vertices) or not np.allclose(one.vertices, other.vertices)


def test_short_edges_are_merged_without_losing_a_grain_or_its_size() -> None:
    film = grown(300, 0.5)
    small = np.sqrt(np.quantile(film.areas, 0.1))
    assert (film.edge_lengths < 0.05 * small).mean() < 0.01
    coarse = merge_short_edges(film, 0.25 * small)
    statistics = grain_statistics(coarse)
    assert statistics.grains == 300
    assert deviation(statistics) < 0.02


SLANTED = Tile(np.array([[5.0, 1.0], [1.0, 3.0]]))


def places_in(tile: Tile, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(count, 2)) @ tile.sides


@pytest.mark.parametrize("seed", range(4))
def test_every_place_belongs_to_the_seed_of_least_power_distance(seed: int) -> None:
    random = np.random.default_rng(seed)
    seeds, weights = places_in(SLANTED, 30, seed), random.uniform(0, 0.1, 30)
    diagram = power_diagram(seeds, weights, SLANTED)
    places = places_in(SLANTED, 20000, 100 + seed)
    distances = ((places[:, None] - seeds) ** 2).sum(axis=2) - weights
    counts = np.bincount(distances.argmin(axis=1), minlength=30) / 20000
    area = SLANTED.area
    assert diagram.areas.sum() == pytest.approx(area, rel=1e-12, abs=0.0)
    assert diagram.areas / area == pytest.approx(counts, abs=4 * np.sqrt(counts.max() / 20000))  # 4 sigma of a count
    large = np.flatnonzero(counts > 0.01)
    mean = np.array([places[distances.argmin(axis=1) == k].mean(axis=0) for k in large])
    assert np.abs(diagram.centroids[large] - mean).max() < 0.1


def test_areas_follow_the_weights_as_the_derivatives_say() -> None:
    seeds, weights = places_in(SLANTED, 12, 7), np.zeros(12)
    diagram = power_diagram(seeds, weights, SLANTED)
    i, j, flow = diagram.area_derivatives()
    slopes = np.zeros((12, 12))
    np.add.at(slopes, (i, j), -flow)
    np.add.at(slopes, (i, i), flow)
    for k in range(12):
        shift = 1e-5 * (np.arange(12) == k)
        ahead, behind = (power_diagram(seeds, sign * shift, SLANTED).areas for sign in (1, -1))
        assert (ahead - behind) / 2e-5 == pytest.approx(slopes[:, k], abs=1e-5)


def test_prescribed_areas_are_met_from_a_bad_start() -> None:
    seeds = places_in(SLANTED, 40, 3)
    areas = np.exp(np.random.default_rng(3).standard_normal(40))
    areas *= SLANTED.area / areas.sum()
    bad = np.linspace(0, 50, 40)  # leaves most cells empty
    assert (power_diagram(seeds, bad, SLANTED).areas == 0).sum() > 20
    _, diagram = weights_for_areas(seeds, areas, SLANTED, bad, 1e-9)
    assert diagram.areas / areas == pytest.approx(1, abs=1e-9)


def test_shapes_of_known_grains_are_exact() -> None:
    bricks = layered(6 * um, 4 * um, grains=6, layers=8, spread=0)  # 1 um x 0.5 um each
    statistics = grain_statistics(bricks)
    assert statistics.elongation == pytest.approx(2, rel=1e-9, abs=0.0)
    assert statistics.mean_aspect_ratio == pytest.approx(2, rel=1e-9, abs=0.0)
    assert statistics.orientation == pytest.approx(0, abs=1e-9)
    assert statistics.spread == pytest.approx(0, abs=1e-9)
    assert statistics.mean_diameter / um == pytest.approx(np.sqrt(4 * 0.5 / np.pi), rel=1e-9, abs=0.0)
    assert statistics.boundary_length_per_area * um == pytest.approx((7 * 6 + 5 * 4) / 24, rel=1e-9, abs=0.0)
    assert (statistics.target_mean_diameter, statistics.mean_deviation, statistics.spread_deviation) == (None,) * 3
    square = shapely.box(um, um, 3 * um, 3 * um)
    framed = Polycrystal.from_polygons(4 * um, 4 * um, [shapely.box(0, 0, 4 * um, 4 * um).difference(square), square])
    frame = (4**4 - 2**4) / 12 / (4**2 - 2**2) ** 2  # second moment over squared area
    assert shape_moments(framed)[0] == pytest.approx(frame * np.eye(2), abs=1e-12)
    assert shape_moments(framed)[1] == pytest.approx(np.eye(2) / 12, abs=1e-12)


def test_sizes_of_large_grains_weigh_more() -> None:
    film = grown(400, 0.5)
    statistics = grain_statistics(film)
    # <d^3> / <d^2> of a lognormal distribution over its mean
    assert statistics.area_weighted_mean_diameter / statistics.mean_diameter == pytest.approx(
        np.exp(2 * 0.5**2), rel=0.1, abs=0.0
    )
    other = grain_statistics(voronoi(4 * um, 3 * um, grains=60), Lognormal(300 * nm, 0.3))
    assert other.target_mean_diameter == 300 * nm
    assert other.mean_deviation == pytest.approx(other.mean_diameter / (300 * nm) - 1)


@pytest.mark.parametrize("spread", [1.4, 2.0])
def test_very_unequal_grains_are_met_as_well(spread: float) -> None:
    assert deviation(grain_statistics(grown(40, spread))) < 0.01


def test_what_misses_its_target_is_warned_of() -> None:
    assert grain_statistics(grown(40, 0.4)).warnings == ()
    assert grain_statistics(voronoi(um, um, grains=9)).warnings == ()  # without a target
    alone = grain_statistics(laguerre(300 * nm, 300 * nm, Lognormal(300 * nm, 0.4))).warnings
    assert len(alone) == 2
    assert "mean grain diameter is 339 nm, +13% off its target of 300 nm: 1 grains are too few" in alone[0]
    assert "spread of grain diameters is 0, -100% off its target of 0.4" in alone[1]
    few_small = Bimodal(Lognormal(150 * nm, 0.25), Lognormal(700 * nm, 0.2), 0.999)
    found = grain_statistics(laguerre(4 * um, 4 * um, few_small)).warnings
    assert any("spread of grain diameters" in one for one in found)


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no width": (lambda: laguerre(0, um, Lognormal(100 * nm, 0.3)), "film width .* got 0 m"),
    "negative diameter": (lambda: Lognormal(-nm, 0.3), "mean grain diameter .* got -1e-09 m"),
    "negative spread": (lambda: Lognormal(nm, -0.3), "spread of grain diameters .* got -0.3"),
    "a spread in percent": (lambda: Lognormal(nm, 30), "between 0 and 2, got 30: .* standard deviation of their log"),
    "a spread that is no number": (lambda: Lognormal.of_number(9, um**2, np.nan), "between 0 and 2, got nan"),
    "more grains than any mesh holds": (
        lambda: laguerre(1000 * um, 1000 * um, Lognormal(300 * nm, 0.3)),
        "12,929,481 grains is too large to resolve",
    ),
    "a number of grains that no mesh holds": (
        lambda: Lognormal.of_number(10**7, um**2, 0.3),
        "10,000,000 grains is too large to resolve",
    ),
    "a negative seed": (lambda: grown(9, 0.3, seed=-1), "seed of the random generator .* got -1"),
    "no grains": (lambda: Lognormal.of_number(0, um**2, 0.3), "number of grains .* got 0"),
    "grain larger than film": (
        lambda: laguerre(um, um, Lognormal(2 * um, 0.3)),
        "mean grain diameter 2e-06 m is too large for 1e-12 m\\^2 of film",
    ),
    "no room for large grains": (
        lambda: laguerre(um, um, Bimodal(Lognormal(100 * nm, 0.2), Lognormal(um, 0.2), 0.2)),
        "mean grain diameter 1e-06 m is too large for 2e-13 m\\^2",
    ),
    "share beyond one": (
        lambda: Bimodal(Lognormal(nm, 0.2), Lognormal(um, 0.2), 1.2),
        "area share of the large grains must lie between 0 and 1, got 1.2",
    ),
    "small above large": (
        lambda: Bimodal(Lognormal(um, 0.2), Lognormal(nm, 0.2), 0.2),
        "large grains \\(1e-09 m\\) must be larger",
    ),
    "flattened grains": (
        lambda: laguerre(um, um, Lognormal(100 * nm, 0.3), elongation=0.5),
        "elongation of grains must lie between 1 and 20, got 0.5",
    ),
    "no angle": (lambda: laguerre(um, um, Lognormal(100 * nm, 0.3), angle=np.inf), "long axis .* got inf"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_message(what: str) -> None:
    make, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        make()
