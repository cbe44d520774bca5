"""How far a film has segregated: maps, columns, domain sizes, times; and the film whose emission a voltage splits."""

from typing import Any

import numpy as np
import pytest
from films_for_results import two_grains
from films_with_halides import even, film, lattice
from verification import Verification
from whole_runs import met, traces_of

from fem.constants import eV, nm, s
from fem.fields import Array
from fem.measurements.segregation import Composition, correlation_length, time_to_recover, time_to_segregate
from fem.observables.composition import (
    domain_size,
    film_spectrum,
    lattice_areas,
    share_at_boundaries,
)
from fem.observables.maps import standard_maps
from fem.observables.observables import standard_observables
from fem.physics.halides.band_gaps import gap_law
from fem.physics.light.spectra import EmissionLine
from fem.results.run_facts import judge
from fem.scenario import Scenario
from scenarios import el_splitting
from scenarios.criteria.splitting import Splitting
from scenarios.parts.out_and_back import OutAndBack
from scenarios.parts.voltage_direction import Direction

LAW = gap_law("CsPb(I,Br)3")


def layered_film(line: EmissionLine | None) -> Scenario:
    """A film whose lower quarter holds 20 % of bromide, the rest 80 %."""
    sites = lattice(1e-4, lambda x, y: np.where(y < 50 * nm, 0.2, 0.8))
    return Scenario(film(even(200 * nm, 2 * nm), sites), np.array([0.0, 1.0]), line=line)


def test_composition_is_measured_by_area() -> None:
    found = Composition(np.array([0.1, 0.5, 0.9]), np.full(3, 0.5), np.array([1.0, 2.0, 0.0]))
    assert (found.least, found.most) == (0.1, 0.5)
    assert found.mean == pytest.approx(1.1 / 3)
    assert found.mean_change == pytest.approx(0.4 / 3)
    assert found.largest_change == pytest.approx(0.4)
    assert found.segregated_fraction(0.1) == pytest.approx(1 / 3)


def test_maps_and_columns_of_a_film_of_two_compositions() -> None:
    scenario = layered_film(EmissionLine(LAW, carriers="where they are"))
    state = scenario.model.initial_state()
    maps = {one.name: one.measure(scenario, state) for one in standard_maps(scenario)}
    low = scenario.model.mesh.p[1] < 49 * nm
    np.testing.assert_allclose(maps["share"][low], 0.2, atol=1e-9)
    np.testing.assert_allclose(maps["band_gap"], LAW(maps["share"]) / eV, rtol=1e-12)
    row = {one.column: one.measure(scenario, state) for one in standard_observables(scenario)}
    assert row["share mean [1]"] == pytest.approx(0.65, abs=0.005)
    assert row["share minimum [1]"] == pytest.approx(0.2) and row["share maximum [1]"] == pytest.approx(0.8)
    assert row["share mean change [1]"] == row["share segregated [1]"] == 0
    assert row["peaks [1]"] == 2
    assert (
        row["peak energy [eV]"]
        == row["bluest peak [eV]"]
        == pytest.approx(float(LAW(np.array(0.8))) / eV, rel=1e-4, abs=0.0)
    )
    assert row["reddest peak [eV]"] == pytest.approx(float(LAW(np.array(0.2))) / eV, rel=1e-4, abs=0.0)


def test_funnelled_carriers_leave_one_red_peak() -> None:
    scenario = layered_film(EmissionLine(LAW))
    found = film_spectrum(scenario, scenario.model.initial_state())
    np.testing.assert_allclose(found.peaks, LAW(np.array([0.2])), rtol=1e-4)


def test_a_line_needs_halides_and_simulated_carriers_need_a_reaction_that_emits() -> None:
    with pytest.raises(ValueError, match="needs a film of mixed halides"):
        Scenario(two_grains().model, np.array([0.0, 1.0]), line=EmissionLine(LAW))
    scenario = layered_film(EmissionLine(LAW, carriers="simulated"))
    with pytest.raises(ValueError, match="emits light"):
        film_spectrum(scenario, scenario.model.initial_state())
    with pytest.raises(ValueError, match="no mixed halides"):
        lattice_areas(two_grains())
    with pytest.raises(ValueError, match="give the scenario a `line`"):
        film_spectrum(layered_film(None), scenario.model.initial_state())
    assert "band_gap" not in {one.name for one in standard_maps(layered_film(None))}


def test_a_wave_has_the_size_of_its_domains(verify: Verification) -> None:
    x = (np.arange(2000) + 0.5) * 1 * nm
    wave = np.tile(np.cos(2 * np.pi * x / (100 * nm)), (5, 1))
    expected = 100 * nm * np.arccos(np.exp(-1)) / (2 * np.pi)
    for axis, values in ((1, wave), (0, wave.T)):
        measured = correlation_length(values, 1 * nm, axis) / expected
        quantity = f"correlation length of a wave along axis {axis}, over theory"
        verify(id="B10", quantity=quantity, measured=measured, expected=1.0, tolerance=0.01)
    holes = wave.copy()
    holes[:, 300:420] = np.nan
    assert correlation_length(holes, 1 * nm, 1) == pytest.approx(expected, rel=0.02, abs=0.0)
    assert np.isnan(correlation_length(np.full((5, 50), 0.3), 1 * nm, 1))


def test_domains_of_a_film_are_measured_on_its_mesh() -> None:
    sites = lattice(1e-4, lambda x, y: 0.5 + 0.3 * np.cos(2 * np.pi * y / (50 * nm)))
    scenario = Scenario(film(even(400 * nm, 2 * nm), sites), np.array([0.0, 1.0]))
    size = domain_size("y").measure(scenario, scenario.model.initial_state())
    assert size == pytest.approx(50 * nm * np.arccos(np.exp(-1)) / (2 * np.pi), rel=0.02, abs=0.0)
    assert np.isnan(share_at_boundaries().measure(scenario, scenario.model.initial_state()))


def test_boundaries_are_compared_with_the_film() -> None:
    scenario = el_splitting.scenario(store=20 * nm, thickness=60 * nm, width=60 * nm, drive_time=0.1 * s)
    model = scenario.model
    state = model.initial_state()
    assert share_at_boundaries().measure(scenario, state) == pytest.approx(0, abs=1e-9)
    at = np.isin(np.arange(model.mesh.p.shape[1]), model.mesh.facets[:, model.mesh.boundaries["grain_boundary_lines"]])
    object.__setattr__(state, "share", np.where(at, 0.9, 0.5))
    areas = lattice_areas(scenario)
    expected = 0.4 * (1 - areas[at].sum() / areas.sum())
    assert share_at_boundaries().measure(scenario, state) == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_times_to_segregate_and_to_recover() -> None:
    time = np.linspace(0, 10, 101)
    change = np.where(time < 4, time / 4, np.exp(-(time - 4)))
    assert time_to_segregate(time, change) == pytest.approx(2, rel=1e-3, abs=0.0)
    assert time_to_recover(time, change) == pytest.approx(np.log(2), rel=1e-2, abs=0.0)
    assert time_to_recover(time, change, np.exp(-2)) == pytest.approx(2, rel=1e-2, abs=0.0)
    assert np.isnan(time_to_recover(time, np.minimum(time, 5))) and np.isnan(time_to_segregate(time, 0 * time))


# --- a voltage splits the emission ------------------------------------------------------------------------------------


def run(verify: Verification, name: str, **changed: Any) -> tuple[Scenario, dict[str, Array]]:
    scenario = el_splitting.scenario(**changed)
    return scenario, met(verify, "B10", name, scenario)


TWIN = ("twin mean", "twin largest", "twin inside")


def made_up(**changed: Array) -> dict[str, Array]:
    time = np.array([0.0, 30.0, 60.0, 90.0, 120.0])
    zero = np.zeros(5)
    return {
        "time [s]": time, "share mean change [1]": np.array([0, 0.05, 0.13, 0.06, 0.03]),
        "share largest change [1]": zero + 5e-4, TWIN[0]: zero + 5e-5, TWIN[1]: np.array([0, 2e-3, 2e-4, 3e-3, 3e-3]),
        TWIN[2]: zero + 2e-4,
        "bluest peak [eV]": np.array([2.0, 2.0, 2.3, 2.1, 2.0]), "peaks [1]": np.array([1, 1, 2, 1, 1.0]),
        "funnelled mean energy [eV]": np.array([2, 1.99, 1.98, 1.97, 1.97]),
        "drift iodide with stores [1]": zero, "drift bromide with stores [1]": zero + 1e-12,
    } | changed  # fmt: skip


def verdicts(demands: Splitting, traces: dict[str, Array]) -> list[object]:
    return [one["verdict"] for one in judge(demands.criteria, traces)]


def test_each_demand_notices_what_it_looks_for() -> None:
    demands = Splitting(OutAndBack(5.0, 60.0, -5.0, 60.0), 3600.0, TWIN)
    assert verdicts(demands, made_up()) == ["pass"] * 8
    half = np.full(5, 0.5)
    for number, wrong in enumerate((
        {"drift bromide with stores [1]": np.full(5, 1e-7)}, {TWIN[0]: np.full(5, 2e-3)}, {TWIN[1]: np.full(5, 2e-3)},
        {TWIN[2]: np.array([0, 0, 0, 2e-3, 0])},
        {"peaks [1]": np.ones(5)}, {"bluest peak [eV]": np.full(5, 2.0)}, {"funnelled mean energy [eV]": half},
        {"share mean change [1]": np.linspace(0, 0.2, 5)},
    )):  # fmt: skip
        found = verdicts(demands, made_up() | wrong)
        assert [k for k, one in enumerate(found) if one == "fail"] == [number]


def test_rest_is_judged_by_the_half_life_when_it_is_long_enough() -> None:
    assert len(Splitting(OutAndBack(5.0, 60.0, 0.0, 60.0), 3600.0, TWIN).criteria) == 7
    demands = Splitting(OutAndBack(5.0, 60.0, 0.0, 60.0), 20.0, TWIN)
    assert demands.half_life(made_up()) == pytest.approx(30 * (0.13 - 0.065) / 0.07 / 20, rel=1e-9, abs=0.0)
    assert verdicts(demands, made_up())[-1] == "pass"


def test_the_run_says_which_supply_it_assumes() -> None:
    told = [el_splitting.scenario(exchange_rate=rate).microstructure for rate in (1e-3, 0.0)]
    assert [str((one or {})["halide supply"]).split()[0] for one in told] == ["assumed:", "electrodes"]


@pytest.mark.slow
def test_a_voltage_splits_the_emission_and_its_opposite_undoes_it(verify: Verification) -> None:
    _, traces = run(verify, "el_splitting")
    change = traces["share mean change [1]"]
    verify(
        id="B10", quantity="mean change of x after 60 s at 5 V", measured=change.max(), expected=0.131, tolerance=0.02
    )
    worst = max(float(np.abs(traces[f"drift {name} with stores [1]"]).max()) for name in ("iodide", "bromide"))
    verify(id="B10", quantity="drift of the halides in film and stores", measured=worst, expected=0.0, tolerance=1e-10)
    twin = float(traces["share mean change, halides blocked [1]"].max())
    verify(
        id="B10", quantity="mean change of x, halides blocked, 5 and -5 V", measured=twin, expected=0.0, tolerance=1e-4
    )
    passed = traces["halide charge top [C/m^2]"][np.argmax(change)]
    assert passed == pytest.approx(290, rel=0.05, abs=0.0)
    assert traces["halide charge bottom [C/m^2]"][np.argmax(change)] == pytest.approx(-passed, rel=1e-3, abs=0.0)


@pytest.mark.slow
def test_the_same_film_splits_laterally(verify: Verification) -> None:
    """A square section, once with the voltage through it and once along it."""
    square = {"width": 200 * nm, "grains": 3}
    _, along = run(verify, "el_splitting, lateral,", direction=Direction.LATERAL, **square)
    _, through = run(verify, "el_splitting, vertical,", **square)
    top = [float(one["share mean change [1]"].max()) for one in (along, through)]
    verify(id="B10", quantity="mean change of x, lateral over vertical, boundaries as slow as grains",
           measured=top[0] / top[1], expected=1.0, tolerance=0.01)  # fmt: skip
    for traces, ratio in ((along, 100), (through, 1 / 100)):
        spreads = [traces[f"spread of share along {axis} [1]"].max() for axis in "xy"]
        assert (spreads[0] / spreads[1] > ratio) == (ratio > 1)


@pytest.mark.slow
def test_boundaries_help_a_voltage_that_lies_along_them() -> None:
    """Pristine boundaries at 0.25 eV against passivated ones, that are like grains; after 40 s no store is empty."""
    square: dict[str, Any] = {"width": 200 * nm, "grains": 3, "drive_time": 40 * s, "return_time": 0.1 * s}
    moved = {}
    for direction in Direction:
        for barrier in (0.25 * eV, 0.36 * eV):
            traces = traces_of(el_splitting.scenario(direction=direction, boundary_barrier=barrier, **square))
            moved[direction, barrier] = float(traces["share mean change [1]"].max())
    assert moved[Direction.VERTICAL, 0.25 * eV] > 2 * moved[Direction.VERTICAL, 0.36 * eV]
    assert moved[Direction.LATERAL, 0.25 * eV] < 1.05 * moved[Direction.LATERAL, 0.36 * eV]


@pytest.mark.slow
def test_a_higher_voltage_splits_faster() -> None:
    times = []
    for bias in (4.0, 5.0, 7.0):
        scenario = el_splitting.scenario(bias=bias, return_bias=-bias, store=300 * nm)
        traces = traces_of(scenario)
        driven = traces["time [s]"] <= 60
        change = traces["share mean change [1]"][driven]
        times.append(float(np.interp(0.02, change, traces["time [s]"][driven])))
    assert times[0] > 1.1 * times[1] > 1.2 * times[2]


@pytest.mark.slow
def test_rest_takes_as_long_as_the_film_needs_to_mix(verify: Verification) -> None:
    scenario, traces = run(verify, "el_splitting with a rest", return_bias=0.0, return_time=6e4)
    after = traces["time [s]"] >= 60
    left = np.interp(660, traces["time [s]"][after], traces["share mean change [1]"][after])
    assert left > 0.5 * traces["share mean change [1]"][after][0]  # not in minutes
    assert len(scenario.criteria) == 8


@pytest.mark.slow
def test_without_a_supply_nothing_is_seen(verify: Verification) -> None:
    _, traces = run(verify, "el_splitting with blocked halides", exchange_rate=0.0)
    assert np.ptp(traces["bluest peak [eV]"]) < 1e-3
