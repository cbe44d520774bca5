"""Boundaries that lead and boundaries of different chemistry: what a Kelvin probe sees, and the twins that it must not.

A twin of a run differs in one thing, the sign of the bias or a barrier. It shows that a verdict comes from the physics
that it is about.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_for_results import HEIGHT, WIDTH, two_grains
from PIL import Image
from verification import Verification

from fem.constants import boltzmann, eV, nm, s
from fem.evolve import evolve
from fem.fields import Array
from fem.observables.observables import relative_drift
from fem.observables.profiles import Side
from fem.observables.surface_potential import SurfaceScan
from fem.physics.contacts import Coating, Contact
from fem.pictures.map_figures import Pictured
from fem.pictures.surface_figure import draw_surface, stages_of, telling_rows
from fem.results.recorder import Plan, recording
from fem.results.run_facts import judge
from fem.scenario import Criterion, Scenario
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries
from meshes import columnar
from scenarios import boundary_highway, boundary_passivation
from scenarios.criteria.boundaries import conductance
from scenarios.parts.kelvin_probe import relaxation_time
from scenarios.parts.sections import Sections
from scenarios.parts.stages import Stages

HIGHWAY: Mapping[str, Any] = {"thickness": 150 * nm, "grain_size": 150 * nm, "grains": 5, "hold": 200 * s}
PASSIVATION: Mapping[str, Any] = {
    "thickness": 80 * nm, "grain_size": 60 * nm, "grains": 6, "hold": 0.3 * s, "mobile_density": 5e23, "bias": 0.1,
    "passivation": 0.06 * eV,
}  # fmt: skip
KT = 300 * boltzmann  # [J]


def traces_of(scenario: Scenario) -> dict[str, Array]:
    """Columns of the scenario's observables and the largest drift of ions over a whole run."""
    rows: dict[str, list[float]] = {"drift": []}
    for output in evolve(scenario.model, scenario.times, scenario.tolerance):
        rows["drift"].append(float(np.abs(relative_drift(scenario, output.state)).max()))
        for item in scenario.observables:
            rows.setdefault(item.column, []).append(item.measure(scenario, output.state))
    return {name: np.array(values) for name, values in rows.items()}


def met(criterion: Criterion, traces: Mapping[str, Array]) -> bool:
    return criterion.lower <= criterion.measure(traces) <= criterion.upper


def verdicts(scenario: Scenario, traces: Mapping[str, Array]) -> list[object]:
    return [judged["verdict"] for judged in judge(scenario.criteria, traces)]


@pytest.fixture(scope="module")
def highway() -> tuple[Scenario, dict[str, Array]]:
    """A small film of `boundary_highway`, and what has been measured on it."""
    scenario = boundary_highway.scenario(**HIGHWAY)
    return scenario, traces_of(scenario)


# --- the experiments --------------------------------------------------------------------------------------------------


def test_boundaries_lead_under_either_bias_and_boundaries_like_their_grains_do_not(
    highway: tuple[Scenario, dict[str, Array]],
) -> None:
    scenario, traces = highway
    assert traces["drift"].max() < 1e-12
    assert [criterion.id for criterion in scenario.criteria] == ["B8"] * 4
    for criterion in scenario.criteria:
        assert met(criterion, traces), criterion.quantity
    surface = traces["surface potential ordinary grains [V]"]
    assert surface[0] == pytest.approx(0, abs=1e-6)
    assert surface.max() > 0.4 and surface.min() < -0.4  # in the end the surface has the voltage of the electrode


def test_a_film_that_follows_the_bias_with_the_wrong_sign_does_not_pass(
    highway: tuple[Scenario, dict[str, Array]],
) -> None:
    scenario, traces = highway
    boundaries, grains = (f"surface potential ordinary {part} [V]" for part in ("boundaries", "grains"))
    opposite = {name: -values for name, values in traces.items()}
    assert verdicts(scenario, opposite) == ["pass", "fail", "pass", "pass"]  # only the sign of the bias can tell
    against_grains = traces | {boundaries: -traces[boundaries]}
    assert verdicts(scenario, against_grains)[:2] == ["fail", "fail"]
    exchanged = traces | {boundaries: traces[grains], grains: traces[boundaries]}
    assert verdicts(scenario, exchanged)[:2] == ["fail", "fail"]


def test_boundaries_slower_than_their_grains_fail_and_are_not_let_off() -> None:
    scenario = boundary_highway.scenario(**{**HIGHWAY, "boundary_barrier": 0.70 * eV})
    judged = judge(scenario.criteria, traces_of(scenario))
    assert [one["verdict"] for one in judged[:2]] == ["fail", "fail"]
    measured = judged[0]["measured"]
    assert isinstance(measured, float) and 0.5 < measured < 1  # the boundaries lag
    assert not any("problem" in one for one in judged)


def test_chemistry_orders_the_rates_at_which_the_surface_relaxes() -> None:
    scenario = replace(boundary_passivation.scenario(**PASSIVATION), tolerance=0.03)
    traces = traces_of(scenario)
    assert traces["drift"].max() < 1e-12
    assert [criterion.id for criterion in scenario.criteria] == ["B9"] * 4
    for criterion in scenario.criteria:
        assert met(criterion, traces), criterion.quantity
    passivated, pristine, chloride = (item.column for item in scenario.observables)
    reordered = traces | {passivated: traces[pristine], pristine: traces[passivated]}
    assert verdicts(scenario, reordered) == ["fail", "fail", "pass", "fail"]
    halved = traces | {chloride: 0.5 * traces[chloride]}
    assert verdicts(scenario, halved) == ["pass", "pass", "pass", "fail"]  # half of the current at first


def first_response(section: int, **changed: Any) -> float:
    """Change of the surface potential over a section in the first microsecond, linear in all conductances [V]."""
    film = {"thickness": 150 * nm, "grain_size": 100 * nm, "mobile_density": 1e23}
    scenario = boundary_passivation.scenario(**{**PASSIVATION, **film, **changed})
    states = [output.state for output in evolve(scenario.model, scenario.times[:3])]
    before, after = (scenario.observables[section].measure(scenario, state) for state in states[1:])
    return after - before


def test_a_barrier_higher_by_a_tenth_of_an_electronvolt_blocks_a_boundary_48_fold(verify: Verification) -> None:
    pristine, blocked, like_grains = (first_response(0, passivation=barrier * eV) for barrier in (0.0, 0.1, 0.28))
    contribution = (pristine - like_grains) / (blocked - like_grains)  # neighbours are the same in all three
    hops = [exp(-barrier * eV / KT) for barrier in (0.0, 0.1, 0.28)]
    expected = (hops[0] - hops[2]) / (hops[1] - hops[2])
    quantity = "contribution of boundaries to the first response over that with a barrier higher by 0.1 eV"
    verify(id="B9", quantity=quantity, measured=contribution, expected=expected, tolerance=5e-3)
    assert expected == pytest.approx(exp(3.87), rel=3e-3, abs=0.0)


def test_what_a_run_cannot_show_is_recorded_as_not_met_with_the_reason() -> None:
    still, blocked = {**PASSIVATION, "bias": 0.0}, {**PASSIVATION, "passivation": 0.2 * eV}
    for scenario, refused, reason in (
        (boundary_highway.scenario(**{**HIGHWAY, "bias": 0.0}), [0, 1, 2, 3], "nothing moves without a bias"),
        (boundary_highway.scenario(**{**HIGHWAY, "hold": 1 * s}), [0, 1, 2, 3], "1 s end before grains have followed"),
        (boundary_passivation.scenario(**still), [0, 1, 2, 3], "nothing moves without a bias"),
        (boundary_passivation.scenario(**blocked), [1], "differ more than 75 times"),
    ):
        rising = {item.column: np.arange(1.0, 1 + len(scenario.times)) for item in scenario.observables}
        judged = judge(scenario.criteria, rising)
        assert [k for k, one in enumerate(judged) if reason in str(one.get("problem"))] == refused
        assert len(judged) == 4
        assert all(judged[k]["verdict"] == "fail" and reason in str(judged[k]["quantity"]) for k in refused)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="must be wider than 450 nm, 3 film thicknesses"):
        boundary_highway.scenario(**{**HIGHWAY, "grains": 3})
    with pytest.raises(ValueError, match="--chloride-enrichment must be greater than zero"):
        boundary_passivation.scenario(**{**PASSIVATION, "chloride_enrichment": 0.0})


@pytest.mark.slow
def test_the_highway_and_its_twins(verify: Verification) -> None:
    scenario = boundary_highway.scenario()
    traces, outputs = traces_of(scenario), (len(scenario.times) - 1) // 3
    passed = sum(met(criterion, traces) for criterion in scenario.criteria)
    verify(id="B8", quantity="criteria of boundary_highway that are met", measured=passed, expected=4, tolerance=0)
    verify(id="B8", quantity="lost ions, boundary_highway", measured=traces["drift"].max(), expected=0, tolerance=1e-12)
    twin = traces_of(boundary_highway.scenario(bias=-0.5))
    column = "surface potential ordinary boundaries [V]"
    apart = np.abs(traces[column][-outputs:] - twin[column][1 : 1 + outputs]).max()
    quantity = "potential at boundaries under the opposite bias, after bias and rest against at once [V]"
    verify(id="B8", quantity=quantity, measured=apart, expected=0, tolerance=1e-3)
    equal = boundary_highway.scenario(boundary_barrier=0.58 * eV)
    lead, following, _, _ = equal.criteria
    without = traces_of(equal)
    quantity = "change at boundaries over that in grains, equal barriers"
    verify(id="B8", quantity=quantity, measured=lead.measure(without), expected=1, tolerance=2e-3)
    assert not met(lead, without) and not met(following, without)


@pytest.mark.slow
def test_chemistry_against_harts_composites(verify: Verification) -> None:
    scenario = boundary_passivation.scenario()
    traces = traces_of(scenario)
    passed = sum(met(criterion, traces) for criterion in scenario.criteria)
    verify(id="B9", quantity="criteria of boundary_passivation that are met", measured=passed, expected=4, tolerance=0)
    lost = traces["drift"].max()
    verify(id="B9", quantity="lost ions, boundary_passivation", measured=lost, expected=0, tolerance=1e-12)
    first, second = (scenario.criteria[k].measure(traces) for k in (0, 2))
    pristine, passivated = (conductance(0.02, 0.58 * eV, barrier * eV, 300) for barrier in (0.30, 0.40))
    quantity = "relaxation rate, pristine over passivated, against Hart's composites"
    verify(id="B9", quantity=quantity, measured=first, expected=pristine / passivated, tolerance=0.15)
    assert second > 5  # ten times the ions, and no shortage of them
    slow, fast = (np.diff(traces[item.column][1:3])[0] for item in scenario.observables[1:])
    quantity = "first response, chloride-rich over pristine, against ten times the ions"
    verify(id="B9", quantity=quantity, measured=fast / slow, expected=10, tolerance=0.1)
    same = boundary_passivation.scenario(passivation=0.0, chloride_enrichment=1.0)
    equal = traces_of(same)
    for criterion in same.criteria[::2]:
        quantity = f"{criterion.quantity}, equal boundaries"
        verify(id="B9", quantity=quantity, measured=criterion.measure(equal), expected=1, tolerance=0.05)
        assert not met(criterion, equal)


# --- what they are made of --------------------------------------------------------------------------------------------


def test_conductances_add_up_along_boundaries() -> None:
    grain, boundary = exp(-0.58 * eV / KT), exp(-0.30 * eV / KT)
    pristine, rich = (conductance(0.02, 0.58 * eV, 0.30 * eV, 300, ions) for ions in (1.0, 10.0))
    assert pristine == pytest.approx(0.98 * grain + 0.02 * boundary, rel=1e-12, abs=0.0)
    assert rich == pytest.approx(0.98 * grain + 0.2 * boundary, rel=1e-12, abs=0.0)


def test_sections_have_the_same_grains_and_boundaries_of_their_own() -> None:
    section = columnar(600 * nm, 200 * nm, grains=3, seed=2)
    sections = Sections.of(section, ("left", "middle", "right"))
    assert sections.film.n_grains == 9
    assert sections.film.areas == pytest.approx(np.tile(section.areas, 3))
    field = sections.field(0.0, 1.0, 2.0, 3.0)
    kinds = {"boundary_0_1": 1, "boundary_2_3": 1, "boundary_3_4": 2, "boundary_5_6": 2, "boundary_7_8": 3}
    assert {name: field[name] for name in kinds} == kinds
    assert len(field) == 9 and field["grain_interior"] == 0
    assert sections.window("middle", 100 * nm) == pytest.approx((700 * nm, 1100 * nm))
    with pytest.raises(ValueError, match="argument"):
        sections.field(0.0, 1.0)


def test_stages_hold_each_voltage_and_end_with_an_output() -> None:
    stages = Stages((1.0, 0.0, -1.0), 10 * s, first=0.1 * s, per_decade=1)
    assert [stages.drive(time) for time in (-1.0, 0.0, 9.9, 10.0, 19.9, 20.0, 30.0)] == [0, 1, 1, 0, 0, -1, -1]
    assert stages.times == pytest.approx([0, 0.1, 1, 10, 10.1, 11, 20, 20.1, 21, 30])
    assert stages.drive.breakpoints(0.0, 30.0) == [10.0, 20.0] == stages.times[[3, 6]].tolist()
    assert [stages.within(stages.times, k)[-1] for k in range(3)] == [10, 20, 30]
    assert stages.drive.description == "1 V, 0 V, -1 V, 10 s each"


def tent(resolution: float, between: tuple[float, float], side: Side = "top") -> tuple[float, float, float]:
    """Mean over a scan, at boundaries and in grains, of the distance from the only grain boundary [m]."""
    scenario = two_grains()
    state = scenario.model.initial_state()
    state = replace(state, potential=np.abs(scenario.model.mesh.p[0] - WIDTH / 2))
    scan = SurfaceScan("film", side, between, resolution)
    parts = scan.everywhere(), scan.at_boundaries(), scan.in_grains()
    return tuple(part.measure(scenario, state) for part in parts)  # type: ignore[return-value]


def test_a_scan_tells_boundaries_from_grains() -> None:
    resolution = 0.05 * WIDTH
    everywhere, boundary, grain = tent(resolution, (0.25 * WIDTH, 0.75 * WIDTH))
    assert everywhere == pytest.approx(WIDTH / 8, rel=0.02, abs=0.0)
    assert boundary == pytest.approx(resolution / 4, rel=0.1, abs=0.0)
    assert grain == pytest.approx((resolution + WIDTH / 4) / 2, rel=0.02, abs=0.0)


def test_a_scan_that_meets_no_boundary_or_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="'film' from 0 m meets no grain boundary"):
        tent(50 * nm, (0.0, 0.4 * WIDTH))
    with pytest.raises(ValueError, match="meets no grain boundary"):
        tent(50 * nm, (0.0, HEIGHT), "left")
    with pytest.raises(ValueError, match="must lead from left to right"):
        SurfaceScan("film", "top", (1e-6, 1e-6), 50 * nm)
    with pytest.raises(ValueError, match="resolution of a surface scan"):
        SurfaceScan("film", "top", (0.0, 1e-6), 0.0)


def test_boundaries_have_no_part_in_the_time_in_which_grains_relax() -> None:
    fast, slow = (boundary_highway.scenario(**{**HIGHWAY, "boundary_barrier": barrier * eV}) for barrier in (0.3, 0.7))
    assert relaxation_time(slow.model) == relaxation_time(fast.model)
    assert slow.model.scale_report().slowest_time == pytest.approx(
        fast.model.scale_report().slowest_time * exp(0.12 * eV / KT), rel=1e-9, abs=0.0
    )


def test_the_gap_shortens_the_time_in_which_grains_relax() -> None:
    scenario = two_grains(electrodes=("bottom", "top"))
    scales = scenario.model.scale_report()
    assert relaxation_time(scenario.model) == pytest.approx(scales.slowest_time)
    thickness = 2 * scales.debye_length / 24.1  # a gap with the capacitance of both double layers in series
    contacts = [Contact("bottom", 0.5), Contact("top", 0.0, coating=Coating(thickness, 1.0))]
    gapped = replace(scenario.model, contacts=contacts)
    assert relaxation_time(gapped) == pytest.approx(scales.slowest_time / 2)


def pictured(folder: Path, coating: Coating | None) -> Pictured:
    """A recorded run of two stages, with an insulated top electrode or a bare one."""
    stages = Stages((0.5, 0.0), 1 * s, first=1e-3, per_decade=1)
    contacts = [Contact("bottom", stages.drive), Contact("top", 0.0, coating=coating)]
    film = two_grains(times=stages.times, electrodes=("bottom", "top"))
    scan = SurfaceScan("film", "top", (0.0, WIDTH), 100 * nm)
    scenario = replace(film, model=replace(film.model, contacts=contacts), observables=[scan.at_boundaries()])
    plan = Plan.of(scenario)
    plan.create_files(folder)
    with recording(plan, folder) as recorder:
        for output in evolve(scenario.model, scenario.times):
            recorder.write(output)
    columns = read_timeseries(folder / "timeseries.csv")
    return Pictured.of(scenario, FieldSeries.open(folder / "fields.vtkhdf"), columns)


def test_a_coated_surface_is_pictured_stage_by_stage(tmp_path: Path) -> None:
    run = pictured(tmp_path, Coating(20 * nm, 1.0))
    assert [(start, outputs.tolist()) for start, outputs in stages_of(run)] == [(0, [1, 2, 3, 4]), (1, [5, 6, 7, 8])]
    draw_surface(run, tmp_path / "surface.png")
    with Image.open(tmp_path / "surface.png") as picture:
        assert min(picture.size) > 300
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_a_film_without_a_coated_side_has_no_surface_to_picture(tmp_path: Path) -> None:
    draw_surface(pictured(tmp_path, None), tmp_path / "surface.png")
    assert not (tmp_path / "surface.png").exists()


def test_curves_are_chosen_by_change() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0])[:, None] * np.ones(4)
    assert telling_rows(values, 4) == [0, 3, 4, 5]
    assert telling_rows(np.zeros((5, 4)), 3) == [0, 4]
