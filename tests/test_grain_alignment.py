"""Fronts in films of random and aligned grains: how even they are, and what must leave them flat (F1)."""

from dataclasses import replace
from functools import lru_cache
from math import pi, radians
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from verification import Verification
from whole_runs import traces_of, verdicts

from fem.constants import eV, nm, um
from fem.fields import Array
from fem.results.run_facts import judge
from fem.scenario import Scenario
from fem.state import State
from scenarios import grain_alignment
from scenarios.criteria.roughness import Roughness
from scenarios.grain_alignment import SEEN, SHARP, reach_of
from scenarios.parts.front_shape import FrontShape
from scenarios.parts.lattice_directions import drawn_directions, misorientations

SEEDS = (1, 2, 3)
CELL = 30 * nm  # the default mesh size


def small(**changed: Any) -> Scenario:
    sizes: dict[str, Any] = {"gap": 2 * um, "electrode_length": 0.6 * um, "mesh_size": 60 * nm}
    return grain_alignment.scenario(**{**sizes, **changed})


def test_lattices_are_parallel_or_turned_by_up_to_45_degrees() -> None:
    assert np.all(drawn_directions(50, 1.0, seed=1) == 0)
    free = drawn_directions(4000, 0.0, seed=1)
    assert np.abs(free).max() <= pi / 4 and free.std() == pytest.approx(pi / 2 / np.sqrt(12), rel=0.03, abs=0.0)
    assert np.array_equal(drawn_directions(9, 0.6, seed=2), 0.4 * drawn_directions(9, 0.0, seed=2))
    turned = misorientations(np.radians([40.0, -40.0, 10.0]), [(0, 1), (0, 2), (1, 2)])
    assert [turned[0, 1], turned[0, 2], turned[1, 2]] == pytest.approx([radians(10), radians(30), radians(40)])


def test_boundaries_follow_the_lattices() -> None:
    def barriers(**changed: Any) -> list[float]:
        field = small(**changed).model.species[0].activation_energy
        assert isinstance(field, dict)
        return [value / eV for name, value in field.items() if name.startswith("boundary_")]

    assert barriers(alignment=1.0) == pytest.approx([0.58] * len(barriers(alignment=1.0)), rel=1e-12)
    assert barriers(barrier_contrast=0.0) == pytest.approx([0.58] * len(barriers()), rel=1e-12)
    assert min(barriers()) == pytest.approx(0.43, rel=1e-12) and max(barriers()) <= 0.58
    assert np.mean(barriers()) < np.mean(barriers(alignment=0.9)) < 0.58


def rippled(scenario: Scenario, amplitude: float) -> State:
    """Vacancies that have left a zone 0.7 um deep, but for a ripple as long as the electrode."""
    model = scenario.model
    x, y = model.mesh.p
    depth = 2 * um - x - 0.7 * um - amplitude * np.cos(2 * pi * y / (0.6 * um))
    share = np.clip(0.5 + depth / (0.5 * um), 1e-6, 1.0)
    return replace(model.initial_state(), concentrations=model.start_concentrations * share)


def test_roughness_is_the_ripple_and_a_microscope_sees_less_of_it() -> None:
    scenario = small(barrier_contrast=0.0, mesh_size=20 * nm)
    ripple = 80 * nm
    (_, flat), (_, rough), (_, seen) = (
        [one.measure(scenario, state) for one in shape.columns]
        for shape, state in (
            (SHARP, rippled(scenario, 0.0)),
            (SHARP, rippled(scenario, ripple)),
            (SEEN, rippled(scenario, ripple)),
        )
    )
    assert flat < 1 * nm
    assert rough == pytest.approx(ripple / np.sqrt(2), rel=0.03, abs=0.0)
    wave = np.cos(2 * pi * (np.arange(600) + 0.5) / 600)  # a row of 1 nm pixels
    blurred = gaussian_filter1d(wave, 300 / np.sqrt(8 * np.log(2)), mode="nearest")
    assert seen / rough == pytest.approx(blurred.std() / wave.std(), rel=0.05, abs=0.0)


def test_roughness_counts_where_the_front_has_gone_its_way() -> None:
    way, rough = (one.column for one in SEEN.columns)
    front = Roughness(SEEN, 200 * nm, CELL)
    traces = {way: np.array([np.nan, 1e-7, 3e-7, 5e-7]), rough: np.array([np.nan, 1e-8, 3e-8, 9e-8])}
    assert front.at_reach(traces) == pytest.approx(2e-8, rel=1e-12, abs=0.0)
    assert np.isnan(Roughness(SEEN, 600 * nm, CELL).at_reach(traces))
    assert verdicts(front.criteria(grains_alike=False), traces) == ["pass"]
    assert verdicts(front.criteria(grains_alike=True), traces) == ["fail"]
    short = {name: column[:2] for name, column in traces.items()}
    assert verdicts(front.criteria(grains_alike=False), short) == ["fail"]
    assert verdicts(front.criteria(grains_alike=True), short) == ["fail"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alignment": 1.2}, "--alignment must lie between 0"),
        ({"barrier_contrast": -0.1 * eV}, "--barrier-contrast must lie between 0"),
        ({"gap": 1 * um}, "--gap of 1 um is too small"),
        ({"bias": -10.0}, "--bias"),
    ],
)
def test_impossible_options_are_refused_by_name(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**changed)


@lru_cache
def roughness(shape: FrontShape, seed: int, alignment: float = 0.0, elongation: float = 1.0) -> float:
    """Roughness [m] of the front of a film of the default size."""
    return Roughness(shape, reach_of(10.0, 1e22), CELL).at_reach(traces_of_film(seed, alignment, elongation))


@lru_cache
def traces_of_film(seed: int, alignment: float, elongation: float) -> dict[str, Array]:
    return traces_of(grain_alignment.scenario(alignment=alignment, elongation=elongation, seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize("changed", [{"barrier_contrast": 0.0}, {"alignment": 1.0, "elongation": 4.0}])
def test_boundaries_like_grains_leave_the_front_flat(changed: dict[str, Any], verify: Verification) -> None:
    scenario = grain_alignment.scenario(**changed)
    traces = traces_of(scenario)
    assert [one["verdict"] for one in judge(scenario.criteria, traces)] == ["pass"]
    told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in changed.items())
    flat = Roughness(SHARP, reach_of(10.0, 1e22), CELL).at_reach(traces)
    verify(id="F1", quantity=f"roughness of the front, {told}, over the cells at boundaries", measured=flat / CELL,
           expected=0.0, tolerance=0.25)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("shape", [SHARP, SEEN], ids=["sharp", "seen"])
def test_random_lattices_make_a_rougher_front_than_aligned_ones(shape: FrontShape, verify: Verification) -> None:
    random, aligned = (np.array([roughness(shape, seed, alignment) for seed in SEEDS]) for alignment in (0.0, 0.9))
    spread = random.std(ddof=1) + aligned.std(ddof=1)
    seen = "seen at 300 nm resolution" if shape is SEEN else "sharp"
    verify(id="F1", quantity=f"random rougher than aligned by more than the spread of three films, {seen}",
           measured=float(random.mean() - aligned.mean() > spread), expected=1.0, tolerance=0)  # fmt: skip
    assert random.min() > aligned.max()
    assert verdicts(grain_alignment.scenario().criteria, traces_of_film(1, 0.0, 1.0)) == ["pass"]
