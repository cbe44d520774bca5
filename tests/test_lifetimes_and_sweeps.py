"""Maps of the carrier lifetime, and current-voltage curves with their hysteresis."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY
from films_with_carriers import bands, electrodes, film
from irregular_films import graded, rectangle
from verification import Verification
from whole_runs import traces_of

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.fields import Array, Field
from fem.model import PoissonNernstPlanck
from fem.observables.current_voltage import Sweep, hysteresis_index, sweeps
from fem.observables.emission import carrier_lifetime, emission, emitting_area, quench
from fem.observables.light_observables import mean_lifetime, mean_quench
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import Drive, step
from fem.physics.drives.protocol import protocol, ramp
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.physics.species import Species
from fem.results.record import run_scenario
from fem.scenario import Scenario
from fem.storage.series import FieldSeries

INSULATING = CarrierContact(0.0, 0.0)
SHORT, LONG = 2e-9, 3e-8


# --- lifetimes --------------------------------------------------------------------------------------------------------


def lit(light: float | Drive, generation: float, mobility: float = 1e-9) -> PoissonNernstPlanck:
    """A p-type film of two grains in which electrons hardly move, with their own lifetime in each."""
    mesh = rectangle(np.linspace(0, 200, 11) * nm, np.linspace(0, 40, 4) * nm, lines=(100 * nm,))
    lifetimes: Field = {"grain_0": SHORT, "grain_1": LONG}
    losses = [recombination("lifetimes", ShockleyReadHall(lifetimes, 1e-9)), carrier_pairs(generation)]
    contacts = electrodes(0.0, INSULATING, INSULATING)
    return film(mesh, bands(-1e23, mobility), contacts, reactions=losses, light=light)


@pytest.mark.parametrize("generation", [1e10, 1e18, 1e26])
def test_the_map_shows_the_lifetime_of_each_grain(generation: float, verify: Verification) -> None:
    """From less than n_i of excess electrons to far more; of minority carriers in every case."""
    model = lit(1.0, generation)
    x, found = model.mesh.p[0], carrier_lifetime(model, model.initial_state())
    for name, where, expected in (("short", x < 90 * nm, SHORT), ("long", x > 110 * nm, LONG)):
        quantity = f"lifetime in a lit grain with {name} lifetime, {generation:g} pairs per m3 and s, over that stated"
        error = np.abs(found[where] / expected - 1).max()
        verify(id="D13", quantity=quantity + ", less 1", measured=error, expected=0.0, tolerance=2e-3)


def test_in_the_dark_there_is_no_lifetime() -> None:
    model = lit(0.0, 1e26)
    assert np.isnan(carrier_lifetime(model, model.initial_state())).all()
    scenario = Scenario(model, np.array([0.0, 1.0]))
    assert np.isnan(mean_lifetime().measure(scenario, model.initial_state()))
    with pytest.raises(ValueError, match="needs a model with a semiconductor and recombination"):
        carrier_lifetime(film(model.mesh, bands(), electrodes()), model.initial_state())


def test_the_mean_lifetime_is_that_of_all_pairs() -> None:
    """In a steady state as many are lost as light makes."""
    model = lit(1.0, 1e26)
    state = model.initial_state()
    expected = (model.volumes @ state.carriers[0]) / (1e26 * model.volumes.sum())
    measured = mean_lifetime().measure(Scenario(model, np.array([0.0, 1.0])), state)
    assert measured == pytest.approx(expected, rel=1e-3, abs=0.0) and SHORT < measured < LONG


def test_a_run_from_the_dark_into_light_has_lifetimes_in_its_folder(tmp_path: Path) -> None:
    scenario = Scenario(lit(step(1.0), 1e26, 1e-5), np.array([0.0, 1e-6, 1e-3]), observables=[mean_lifetime()])
    folder = run_scenario(scenario, IDENTITY, tmp_path / "run").directory
    series = FieldSeries.open(folder / "fields.vtkhdf")
    assert series.units["carrier_lifetime"] == "s"
    assert np.isnan(series.read("carrier_lifetime", 0)).all()
    assert np.isfinite(series.read("carrier_lifetime", -1)).all()


def test_the_mean_quench_is_that_of_what_emits() -> None:
    """A film on as much glass: the glass does not count."""
    mesh = rectangle(np.linspace(0, 200, 11) * nm, np.linspace(0, 40, 4) * nm, lines=(100 * nm,))
    both = bands(-1e22)
    film_only = type(both)(**{**vars(both), "where": ("grain_0",)})
    losses = [recombination("radiative", Radiative(1e-16)), carrier_pairs({"grain_0": 1e26})]
    model = film(
        mesh, film_only, electrodes(0.0, INSULATING, INSULATING), reactions=losses, light=step(0.25, initial=1.0)
    )
    *_, last = evolve(model, np.array([0.0, 1.0]))
    scenario = Scenario(model, np.array([0.0, 1.0]))
    start, now = (emitting_area(model) @ emission(scenario, one) for one in (model.initial_state(), last.state))
    assert quench(scenario, last.state).max() > 0.5
    assert mean_quench().measure(scenario, last.state) == pytest.approx(1 - now / start, rel=0.01, abs=0.0)


# --- current-voltage curves -------------------------------------------------------------------------------------------


def made_up(volts: list[float], currents: list[float]) -> Mapping[str, Array]:
    return {"potential left [V]": np.array(volts), "current left [A/m^2]": np.array(currents)}


def test_a_run_falls_apart_into_its_sweeps() -> None:
    volts = [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0, 0.5]
    found = sweeps(made_up(volts, [-2.0, -1.5, 1.0, 1.1, 1.2, -1.0, -1.9, -1.8, -1.4]), "left")
    assert [one.forward for one in found] == [True, False, True]
    assert [list(one.voltages) for one in found] == [[0.0, 0.5, 1.0], [1.0, 0.5, 0.0], [0.0, 0.5]]
    forward, reverse, part = found
    assert forward.short_circuit_current == 2.0 and reverse.short_circuit_current == 1.9
    assert forward.open_circuit_voltage == pytest.approx(0.8) and np.isnan(part.open_circuit_voltage)
    assert np.isnan(part.current_at(0.6))
    with pytest.raises(ValueError, match="column of a voltage 'potential right"):
        sweeps(made_up(volts, volts), "right")


def test_the_largest_power_lies_between_outputs() -> None:
    """Of ``J = J0 (V - V0)``: V0 / 2, between two of the voltages."""
    volts = np.linspace(0, 1, 8)
    line = Sweep(volts, 3.0 * (volts - 0.9))
    assert line.largest_power == pytest.approx(3.0 * 0.9**2 / 4, rel=1e-12, abs=0.0)
    assert line.fill_factor == pytest.approx(0.25, rel=1e-12, abs=0.0)
    dark = Sweep(volts, 3.0 * volts)
    back = Sweep(volts[::-1], 2.7 * (volts[::-1] - 0.9))
    assert hysteresis_index(line, back) == pytest.approx(1 - 3.0 / 2.7, rel=1e-12, abs=0.0)
    with pytest.raises(ValueError, match="needs a device that delivers power"):
        hysteresis_index(dark, Sweep(dark.voltages[::-1], dark.currents[::-1]))
    with pytest.raises(ValueError, match="rising with one of falling"):
        hysteresis_index(back, line)


def scanned(rate: float, ions: float) -> tuple[Sweep, Sweep]:
    """Forward and reverse sweep [V/s] of a lit cell with selective contacts and mobile vacancies [1/m^3]."""
    mesh = rectangle(graded(300 * nm, 4 * nm, 1.4, 30 * nm), np.linspace(0, 30, 3) * nm)
    duration = 1.0 / rate
    volts = protocol([ramp(1.0, duration), ramp(0.0, duration)])
    contacts = [
        Contact("left", volts, carriers=CarrierContact(0.0, 1e5, 5.4 * eV)),
        Contact("right", 0.0, carriers=CarrierContact(1e5, 0.0, 4.2 * eV)),
    ]
    losses = [recombination("lifetimes", ShockleyReadHall(2e-9, 2e-9)), carrier_pairs(2.5e27)]
    vacancy = [Species("vacancy", 1, ions, 6.5e-8, 0.50 * eV)] if ions else []
    model = film(mesh, bands(), contacts, vacancy, reactions=losses, light=1.0)
    forward, reverse = sweeps(traces_of(Scenario(model, np.linspace(0, 2 * duration, 41))), "left")
    return forward, reverse


def test_mobile_ions_make_the_hysteresis(verify: Verification) -> None:
    still, moved = scanned(0.1, 0.0), scanned(0.1, 5e23)
    quantity = "hysteresis index of a cell without ions at 0.1 V/s"
    verify(id="junction", quantity=quantity, measured=hysteresis_index(*still), expected=0.0, tolerance=1e-3)
    assert abs(hysteresis_index(*moved)) > 0.02
    limit = 1.602e-19 * 2.5e27 * 300 * nm
    assert 0.5 * limit < still[0].short_circuit_current < limit
    assert 0.6 < still[0].open_circuit_voltage < 1.0
