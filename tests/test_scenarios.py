"""The scenarios themselves: coarse runs with a physical number each, and the default runs with all their demands."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from verification import Verification

from fem.constants import eV, nm, um
from fem.evolve import evolve
from fem.fields import Array
from fem.observables.observables import relative_charge, relative_drift
from fem.results.summary import time_to_share
from fem.scenario import Scenario
from scenarios import exchanging_contacts, lateral_bias, lateral_cross_section, vertical_bias

BLOCKING = {
    "lateral_bias": lateral_bias,
    "lateral_cross_section": lateral_cross_section,
    "vertical_bias": vertical_bias,
}
COARSE: Mapping[str, Mapping[str, Any]] = {
    "lateral_bias": {"mesh_size": 50 * nm},
    "lateral_cross_section": {"gap": 2 * um, "thickness": 0.3 * um},
    "vertical_bias": {"width": 300 * nm, "grains": 3},
}


def traces_of(scenario: Scenario, statistics: dict[str, float] | None = None) -> dict[str, Array]:
    """Columns of the scenario's observables, the charge of its last contact and the balances, after a whole run."""
    rows: dict[str, list[float]] = {"time": [], "charge": [], "drift": [], "balance": []}
    for output in evolve(scenario.model, scenario.times, scenario.tolerance):
        rows["time"].append(output.state.time)
        rows["charge"].append(float(output.state.contact_charge[-1]))
        rows["drift"].append(float(np.abs(relative_drift(scenario, output.state)).max()))
        rows["balance"].append(relative_charge(scenario, output.state))
        for item in scenario.observables:
            rows.setdefault(item.column, []).append(item.measure(scenario, output.state))
        if statistics is not None:
            statistics["lowest"] = output.statistics.lowest_relative_concentration
    return {name: np.array(values) for name, values in rows.items()}


@pytest.mark.parametrize("name", BLOCKING)
def test_blocking_contacts_and_one_ion_deplete_the_depletion_width(name: str) -> None:
    scenario = BLOCKING[name].scenario(**COARSE[name])
    traces = traces_of(scenario)
    assert traces["drift"].max() < 1e-12
    (criterion,) = scenario.criteria
    assert criterion.lower <= criterion.measure(traces) <= criterion.upper


def test_boundaries_charge_the_film_long_before_its_grains_could() -> None:
    half = []
    for barrier in (0.30 * eV, 0.58 * eV):
        traces = traces_of(vertical_bias.scenario(boundary_barrier=barrier, **COARSE["vertical_bias"]))
        half.append(time_to_share(traces["time"], traces["charge"], 0.5))
    scales = vertical_bias.scenario(**COARSE["vertical_bias"]).model.scale_report()
    assert half[0] < 0.5 * half[1]
    assert 0.05 * scales.slowest_time < half[1] < scales.slowest_time  # nonlinear charging of the grains alone


def test_exchanging_contacts_change_the_light_over_half_the_gap() -> None:
    gap = 2 * um
    scenario = exchanging_contacts.scenario(gap=gap, electrode_length=0.6 * um)
    traces = traces_of(scenario)
    front = next(traces[item.column] for item in scenario.observables if item.column.startswith("front from right"))
    assert traces["drift"].max() < 1e-12
    assert front[-1] > 0.35 * gap > scenario.model.scale_report().depletion_width


def test_the_stated_error_of_a_current_covers_it() -> None:
    scenario = exchanging_contacts.scenario(gap=2 * um, electrode_length=0.6 * um)
    loose, tight = (
        [output.state for output in evolve(scenario.model, scenario.times, tolerance)][1:] for tolerance in (1e-2, 1e-4)
    )
    found, exact = (np.array([state.contact_current[1] for state in states]) for states in (loose, tight))
    stated = np.array([state.contact_current_error[1] for state in loose])
    assert (np.abs(found - exact) <= 10 * stated + 2e-2 * np.abs(exact)).all()
    assert np.median(stated / np.abs(exact)) < 0.05  # and it is no empty promise


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKING)
@pytest.mark.parametrize("density", [1e21, 1e22, 1e23, 1e24, 1e25])
def test_default_ions_run_at_every_realistic_density(name: str, density: float, verify: Verification) -> None:
    statistics: dict[str, float] = {}
    scenario = BLOCKING[name].scenario(mobile_density=density)
    traces = traces_of(scenario, statistics)
    case = f"{name}, {density:g} vacancies per m^3"
    verify(id="B0", quantity=f"lost ions, {case}", measured=traces["drift"].max(), expected=0.0, tolerance=1e-12)
    below = min(0.0, statistics["lowest"])
    verify(id="B0", quantity=f"lowest concentration below zero, {case}", measured=below, expected=0.0, tolerance=1e-9)
    for criterion in scenario.criteria:
        measured = criterion.measure(traces)
        verify(id="B0", quantity=f"{criterion.quantity}, {case}", measured=measured, expected=0.0, tolerance=1.0)
