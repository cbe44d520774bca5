"""Damage by a strong field, the best voltage of a film, and diodes whose light first rises and then fades.

Each experiment has twins that differ in one thing and must not show it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from verification import Verification
from whole_runs import Traces, met, traces_of, verdicts

from fem.constants import V, eV, nm, um
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.observables.observables import total_ions
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.materials import MAPbI3
from fem.scenario import Observable, Scenario
from scenarios import electrode_edge, field_threshold, luminance_overshoot, voltage_maximum
from scenarios.criteria.healing import maximum_demands
from scenarios.criteria.overshoot import Overshoot
from scenarios.parts.edges import wedge_power
from scenarios.parts.emitter import TRAP
from scenarios.parts.field_made import VACANCY, Law, created, creation_demands
from scenarios.parts.lateral_films import ion, strip
from scenarios.parts.stages import Stages
from scenarios.parts.unbiased import Unbiased

FIELDS = Stages((0.5, 0.0, -0.5, 0.0, 3.0, 0.0, -3.0, 0.0), 3600.0, 36.0, 1)
STEPS = Stages((1.0, 2.0, 3.0, 4.0), 10.0, 1.0, 1)
EMISSION, LIGHT = "emission [1/m/s]", "PL/PL0 mean [1]"


def run(verify: Verification, id: str, name: str, **changed: Any) -> tuple[Scenario, Traces]:
    """Run a scenario; all its criteria must pass."""
    scenario = SCENARIOS[name.split(",")[0]].scenario(**changed)
    return scenario, met(verify, id, name, scenario)


SCENARIOS: Mapping[str, Any] = {
    "electrode_edge": electrode_edge,
    "field_threshold": field_threshold,
    "luminance_overshoot": luminance_overshoot,
    "voltage_maximum": voltage_maximum,
}


# --- what the criteria demand, on made-up time series -----------------------------------------------------------------


def staged(stages: Stages, column: str, ends: tuple[float, ...], start: float = 1.0) -> Traces:
    """A time series that changes once in each stage."""
    return {"time [s]": stages.times, column: np.append(start, np.repeat(ends, len(stages.since)))}


@pytest.mark.parametrize(
    ("ends", "failing"),
    [
        ((1.001, 1, 1.001, 1, 1.2, 1, 1.2, 1), set()),
        ((1.02, 1, 1.001, 1, 1.2, 1, 1.2, 1), {0}),  # seen below the limit
        ((1.001, 1, 1.001, 1, 1.05, 1, 1.05, 1), {1}),  # hidden above
        ((1.001, 1, 1.001, 1, 1.2, 1, 1.15, 1), {2}),  # depends on the sign
        ((1.001, 1, 1.001, 1, 1.2, 1, 1.2, 1.1), {3}),  # does not heal
    ],
)
def test_a_threshold_hides_weak_fields_and_knows_no_sign(ends: tuple[float, ...], failing: set[int]) -> None:
    demands = creation_demands(FIELDS, 1e-6, 1e6)
    traces = staged(FIELDS, total_ions(VACANCY).column, ends)
    assert {k for k, one in enumerate(verdicts(demands, traces)) if one == "fail"} == failing
    assert created(FIELDS, traces)[4] == pytest.approx(ends[4] - ends[3], abs=1e-12)


STILL = Observable("PL/PL0 mean at 0 V", "1", lambda scenario, state: 1.0)


def beside_still(ends: tuple[float, ...], still: tuple[float, ...] = (1.0,) * 4) -> Traces:
    return {**staged(STEPS, LIGHT, ends), **staged(STEPS, STILL.column, still)}


def test_a_maximum_lies_in_between_and_its_twins_have_none() -> None:
    both, healing, harming = (
        maximum_demands(STEPS, STILL, heals, harms) for heals, harms in ((True, True), (True, False), (False, True))
    )
    peak, rise, fall = (
        beside_still(ends) for ends in ((1.2, 1.5, 1.3, 1.0), (1.1, 1.2, 1.3, 1.35), (0.9, 0.8, 0.5, 0.4))
    )
    assert verdicts(both, peak) == ["pass"] * 4
    assert verdicts(both, rise) == ["fail", "fail", "pass", "fail"]
    assert verdicts(both, fall) == ["fail", "fail", "fail", "pass"]
    ways = (peak, rise, fall)
    assert [verdicts(healing, one) for one in ways] == [["fail", "pass"], ["pass", "pass"], ["fail", "fail"]]
    assert [verdicts(harming, one) for one in ways] == [["fail", "fail"], ["fail", "fail"], ["pass", "pass"]]


def test_what_time_alone_does_is_no_work_of_the_voltage() -> None:
    both = maximum_demands(STEPS, STILL, heals=True, harms=True)
    by_time = beside_still((1.2, 1.5, 1.3, 1.0), still=(1.2, 1.5, 1.5, 1.5))
    assert verdicts(both, by_time) == ["pass", "fail", "fail", "pass"]
    held_back = beside_still((1.2, 1.5, 1.5, 1.5), still=(1.1, 1.2, 1.4, 1.5))  # the film at 0 V only catches up
    assert verdicts(both, held_back)[3] == "fail"


def test_a_film_beside_the_run_knows_no_voltage() -> None:
    mesh = strip(1 * um, 1 * um, 0.25 * um, 0.25 * um, 1 * um).mesh
    model = PoissonNernstPlanck(
        mesh, MAPbI3, [ion("iodide vacancy", +1, 1e20)], [Contact("left", 0.0), Contact("right", step(0.5 * V))], 300.0
    )
    scenario = Scenario(model, np.array([0.0, 1e-2, 1.0]))
    highest = Observable("highest potential", "V", lambda scenario, state: float(state.potential.max()))
    still = Unbiased(model, scenario.times, highest)
    states = [output.state for output in evolve(model, scenario.times)]
    assert highest.measure(scenario, states[-1]) == pytest.approx(0.5, rel=1e-6, abs=0.0)
    assert [still.observable.measure(scenario, one) for one in states] == pytest.approx([0, 0, 0], abs=1e-9)
    assert still.observable.column == "highest potential at 0 V [V]"


def overshooting(gain: float, filling: float, fading: float) -> Traces:
    time = np.append(0.0, np.geomspace(1e-3, 1000, 61))
    filled = 1 - np.exp(-time / filling)
    return {
        "time [s]": time, EMISSION: (1 + gain * filled) * np.exp(-time / fading),
        total_ions(TRAP).column: 1 - 0.9 * filled,
    }  # fmt: skip


def test_an_overshoot_belongs_to_the_time_in_which_traps_are_filled() -> None:
    judged = Overshoot(1e-3)
    assert verdicts(judged.criteria(slowed=False), overshooting(1.0, 1.0, 30.0)) == ["pass"] * 3
    assert judged.filling_time(overshooting(1.0, 2.0, 30.0)) == pytest.approx(2.0, rel=0.02, abs=0.0)
    assert verdicts(judged.criteria(slowed=False), overshooting(1.0, 1.0, 1e5)) == ["pass", "fail", "fail"]
    late = overshooting(1.0, 100.0, 30.0)
    assert verdicts(judged.criteria(slowed=False), late)[0] == "fail"
    assert verdicts(judged.criteria(slowed=True), late) == ["pass"]
    assert verdicts(judged.criteria(slowed=True), overshooting(1.0, 1.0, 30.0)) == ["fail"]


def test_the_field_at_a_metal_edge_has_the_power_of_its_wedge() -> None:
    assert wedge_power(1.0) == pytest.approx(-1 / 3, abs=1e-9)
    assert wedge_power(1e6) == pytest.approx(-1 / 2, abs=1e-5)
    assert -0.5 < wedge_power(25.5) < wedge_power(10.0) < -0.4


def test_damage_begins_at_the_edges_of_an_electrode(verify: Verification) -> None:
    scenario, traces = run(verify, "B13", "electrode_edge")
    power, near, middle = (traces[one.column] for one in scenario.observables)
    quantity = "power of the field at the edge of an electrode, against a wedge"
    verify(id="B13", quantity=quantity, measured=power[-1], expected=wedge_power(25.5), tolerance=0.01)
    assert near[-1] > 50 * middle[-1]


def test_a_field_above_the_threshold_everywhere_spares_nothing() -> None:
    scenario = electrode_edge.scenario(excess_field=0.5)
    assert verdicts(scenario.criteria, traces_of(scenario)) == ["pass", "pass", "fail"]


# --- the experiments --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("law", Law)
def test_an_hour_below_the_threshold_makes_no_defects_and_above_it_does(law: Law, verify: Verification) -> None:
    _, traces = run(verify, "B15", f"field_threshold, {law.value}", law=law)
    stages = Stages(tuple([0.0] * 12), 3600.0, 3.6e-3, 1)
    most = created(stages, traces)
    quantity = f"pairs over vacancies that an hour at 0.95 V/um makes, {law.value}"
    verify(id="B15", quantity=quantity, measured=most[4], expected=0, tolerance=0.01)
    quantity = f"pairs by -3 V/um over those by 3 V/um, {law.value}"
    verify(id="B15", quantity=quantity, measured=most[10] / most[8], expected=1, tolerance=1e-3)


@pytest.mark.slow
def test_hops_between_sites_alone_make_no_defects_at_these_fields() -> None:
    scenario = field_threshold.scenario(reach=0.63 * nm)
    assert verdicts(scenario.criteria, traces_of(scenario)) == ["pass", "fail", "pass", "pass"]


@pytest.mark.slow
def test_a_film_is_brightest_at_a_voltage_in_between_and_its_twins_are_not(verify: Verification) -> None:
    scenario, traces = run(verify, "B17", "voltage_maximum")
    quantity = "voltage_maximum: largest gain of PL over that of the film at 0 V for as long"
    verify(id="B17", quantity=quantity, measured=scenario.criteria[2].measure(traces), expected=0.303, tolerance=0.03)
    run(verify, "B17", "voltage_maximum, without pairs from the field", creation=0.0)
    run(verify, "B17", "voltage_maximum, without halide from outside", excess=0.0)


@pytest.mark.slow
def test_light_overshoots_until_traps_are_filled_and_passivated_boundaries_take_that_away(verify: Verification) -> None:
    _, traces = run(verify, "B13", "luminance_overshoot")
    judged = Overshoot(1e-3)
    height = judged.height(traces)
    for raised in (0.1, 0.15):
        name = f"luminance_overshoot, barriers of boundaries higher by {raised:g} eV"
        _, slowed = run(verify, "B13", name, raised=raised * eV)
        quantity = f"overshoot with barriers higher by {raised:g} eV over that without"
        verify(id="B13", quantity=quantity, measured=judged.height(slowed) / height, expected=0, tolerance=0.1)


@pytest.mark.slow
def test_light_neither_rises_without_excess_halide_nor_fades_without_loss() -> None:
    scenario = luminance_overshoot.scenario(halide=1e18)
    assert verdicts(scenario.criteria, traces_of(scenario))[0] == "fail"
    scenario = luminance_overshoot.scenario(loss=0.0)
    assert verdicts(scenario.criteria, traces_of(scenario)) == ["pass", "fail", "fail"]


@pytest.mark.slow
def test_a_higher_voltage_is_brighter_and_overshoots_too() -> None:
    runs = [traces_of(luminance_overshoot.scenario(bias=bias)) for bias in (2.0 * V, 2.1 * V)]
    assert runs[1][EMISSION][1] > 5 * runs[0][EMISSION][1]
    assert Overshoot(1e-3).height(runs[1]) > 0.2
