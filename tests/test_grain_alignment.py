"""Fronts in films of random and aligned grains: how even they are, and what must leave them flat (F1)."""

import html
import json
from collections.abc import Callable
from dataclasses import replace
from math import pi, radians
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from verification import Verification
from whole_runs import study_of, verdicts

from fem.comparison.compared import Compared
from fem.comparison.study import Demand
from fem.constants import eV, nm, um
from fem.results.run_facts import judge
from fem.scenario import Scenario
from fem.state import State
from fem.storage.results import Results
from scenarios.criteria.even_fronts import order_demand, size_demand, spread_demand
from scenarios.criteria.roughness import Roughness
from scenarios.grain_alignment import NO_CONTRAST, PARALLEL, scenario
from scenarios.parts.lattice_directions import drawn_directions, misorientations
from scenarios.parts.turned_films import SEEN, SHARP, Grains, TurnedFilm

CELL = 30 * nm  # the default mesh size


def small(mesh_size: float = 60 * nm, **grains: float) -> Scenario:
    return TurnedFilm(gap=2 * um, electrode_length=0.6 * um, mesh_size=mesh_size).grown(Grains(**grains), seed=1)


def test_lattices_are_parallel_or_turned_by_up_to_45_degrees() -> None:
    assert np.all(drawn_directions(50, 1.0, seed=1) == 0)
    free = drawn_directions(4000, 0.0, seed=1)
    assert np.abs(free).max() <= pi / 4 and free.std() == pytest.approx(pi / 2 / np.sqrt(12), rel=0.03, abs=0.0)
    assert np.array_equal(drawn_directions(9, 0.6, seed=2), 0.4 * drawn_directions(9, 0.0, seed=2))
    turned = misorientations(np.radians([40.0, -40.0, 10.0]), [(0, 1), (0, 2), (1, 2)])
    assert [turned[0, 1], turned[0, 2], turned[1, 2]] == pytest.approx([radians(10), radians(30), radians(40)])


def test_boundaries_follow_the_lattices() -> None:
    def barriers(**changed: float) -> list[float]:
        field = small(**changed).model.species[0].activation_energy
        assert isinstance(field, dict)
        return [value / eV for name, value in field.items() if name.startswith("boundary_")]

    assert barriers(alignment=1.0) == pytest.approx([0.58] * len(barriers(alignment=1.0)), rel=1e-12)
    assert barriers(contrast=0.0) == pytest.approx([0.58] * len(barriers()), rel=1e-12)
    assert min(barriers()) == pytest.approx(0.43, rel=1e-12) and max(barriers()) <= 0.58
    assert np.mean(barriers()) < np.mean(barriers(alignment=0.9)) < 0.58


def rippled(film: Scenario, amplitude: float) -> State:
    """Vacancies that have left a zone 0.7 um deep, but for a ripple as long as the electrode."""
    model = film.model
    x, y = model.mesh.p
    depth = 2 * um - x - 0.7 * um - amplitude * np.cos(2 * pi * y / (0.6 * um))
    share = np.clip(0.5 + depth / (0.5 * um), 1e-6, 1.0)
    return replace(model.initial_state(), concentrations=model.start_concentrations * share)


def test_roughness_is_the_ripple_and_a_microscope_sees_less_of_it() -> None:
    film = small(contrast=0.0, mesh_size=20 * nm)
    ripple = 80 * nm
    (_, flat), (_, rough), (_, seen) = (
        [one.measure(film, state) for one in shape.columns]
        for shape, state in (
            (SHARP, rippled(film, 0.0)),
            (SHARP, rippled(film, ripple)),
            (SEEN, rippled(film, ripple)),
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
        ({"elongation": 0.5}, "elongation of grains must lie between 1"),
        ({"barrier_contrast": -0.1 * eV}, "--barrier-contrast"),
        ({"barrier_contrast": 0.6 * eV}, "--barrier-contrast must lie between 0"),
        ({"gap": 1 * um}, "--gap of 1 um is too small"),
        ({"bias": -10.0}, "--bias"),
        ({"films": 0}, "--films"),
        ({"mesh_size": 1e-11}, "--mesh-size"),
    ],
)
def test_impossible_options_are_refused_by_name(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenario(**changed)


def front(reached: float, rough: float) -> Compared:
    """A finished run of which only the front is known: `rough` where it has gone `reached` [m]."""
    columns = [one.column for one in SHARP.columns]
    traces = dict(zip(columns, np.array([[0.5 * reached, reached], [rough, rough]]), strict=True))
    return Compared("film", Results(Path(), {}, traces, None))  # type: ignore[arg-type]


def demanded(make: Callable[..., Demand], *kinds: object, **rough: list[float]) -> tuple[float, str]:
    """What a demand on groups of films measures, and its verdict."""
    groups = {name: [front(200 * nm, one * nm) for one in values] for name, values in rough.items()}
    (found,) = judge([make(Roughness(SHARP, 200 * nm, CELL), *kinds)], groups)
    return float(str(found["measured"])), str(found["verdict"])


def test_demands_on_fronts_tell_rough_films_from_even_ones() -> None:
    near = pytest.approx
    for found, measured, verdict in (
        (demanded(size_demand, "a", False, a=[80.0, 120.0]), 100, "pass"),
        (demanded(size_demand, "a", True, a=[80.0, 120.0]), 100, "fail"),
        (demanded(size_demand, "a", False, a=[7.0]), 7, "fail"),
        (demanded(size_demand, "a", True, a=[7.0]), 7, "pass"),
        (demanded(order_demand, "a", "b", a=[300.0, 200.0], b=[100.0, 50.0]), 2, "pass"),
        (demanded(order_demand, "a", "b", a=[300.0, 50.0], b=[100.0, 50.0]), 0.5, "fail"),
        (demanded(spread_demand, "a", "b", a=[2.0, 4.0], b=[1.0, 1.2]), 1.9 * np.sqrt(2) / 2.2, "pass"),
        (demanded(spread_demand, "a", "b", a=[2.0, 4.0], b=[1.0, 3.0]), 1 / (2 * np.sqrt(2)), "fail"),
    ):
        assert found[0] == near(measured, rel=1e-9, abs=0.0) and found[1] == verdict


def test_a_front_that_does_not_come_far_enough_meets_no_demand() -> None:
    groups = {"a": [front(200 * nm, 90 * nm), front(100 * nm, 90 * nm)], "b": [front(200 * nm, 1 * nm)]}
    sharp = Roughness(SHARP, 200 * nm, CELL)
    demands = [order_demand(sharp, "a", "b"), spread_demand(sharp, "a", "b"), size_demand(sharp, "a", False)]
    assert [one["verdict"] for one in judge(demands, groups)] == 3 * ["fail"]


def test_films_are_grown_of_every_kind_and_one_of_those_that_stay_flat() -> None:
    whole, single = scenario(), scenario(films=1)
    groups = [member.group for member in whole.members]
    assert len(groups) == 17 and [groups.count(name) for name in (PARALLEL, NO_CONTRAST)] == [1, 1]
    assert {member.group for member in single.members} == set(groups) and len(single.members) == 7
    told = [one.quantity for one in single.criteria]
    assert len(whole.criteria) == 15 and len(told) == 13 and not any("deviations" in one for one in told)


@pytest.mark.slow
def test_random_lattices_make_a_rougher_front_than_aligned_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verification
) -> None:
    """The study itself judges this, in ``comparison.json`` and on its page."""
    study = study_of("grain_alignment", tmp_path, monkeypatch)
    found = json.loads((study / "comparison.json").read_text())["criteria"]
    assert len(found) == 15
    for one in found:
        lower, upper = one["bound"]
        if upper is None:
            verify(id="F1", quantity=f"{one['quantity']}, is at least {lower:g}", expected=1.0, tolerance=0,
                   measured=float(one["measured"] >= lower))  # fmt: skip
        else:
            verify(id="F1", quantity=one["quantity"], measured=one["measured"], expected=0.0, tolerance=round(upper, 6))
    members = [json.loads((study / one.name / "run.json").read_text())["criteria"] for one in scenario().members]
    assert {one["verdict"] for one in found + [own for run in members for own in run]} == {"pass"}
    page = (study / "report.html").read_text()
    assert "Demands of the study" in page and all(html.escape(one["quantity"]) in page for one in found)
