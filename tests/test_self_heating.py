"""A film that heats itself: slabs of one resistance, or of one that falls as they warm, against the lumped law."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_for_results import IDENTITY, lined_film
from films_with_carriers import GAP, MOBILITY, STATES, bands, bar, film
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from verification import Order, Verification, observed_order

import fem.results.record as record_module
from fem.constants import boltzmann, elementary_charge, eV, nm, um
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics.sparse_direct import SolverError
from fem.physics.contacts import CarrierContact, Contact, Reservoir
from fem.physics.drives.drive import Drive, step, table
from fem.physics.heat.heat_balance import HeatBalance
from fem.physics.heat.heat_modes import HeatedBody
from fem.physics.heat.lumped_heat import LumpedHeat
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.species import Species
from fem.restart import Restart
from fem.results.record import resume_run, run_scenario
from fem.scenario import Scenario
from fem.self_heating import carried_over
from fem.storage.timeseries import read_timeseries

LENGTH, WIDTH, DOPING, NARROW = 4 * um, 20 * nm, -1e22, 0.5 * eV
HEAT = LumpedHeat(capacity=2000.0, transfer=125.0, ambient=300.0, largest_change=1.0, width=WIDTH)
Array = NDArray[np.float64]


def slab(
    drive: Drive, heat: HeatedBody, doping: float, gap: float = GAP, ions: tuple[Species, ...] = ()
) -> PoissonNernstPlanck:
    """A uniform slab between metals whose resistance does not count; the current is along x, hence the stated width."""
    metal = CarrierContact(1e7, 1e7)
    contacts = (Contact("left", drive, carriers=metal), Contact("right", 0.0, carriers=metal))
    return film(bar(LENGTH, 40 * nm, 400 * nm, WIDTH), bands(doping, gap=gap), contacts, ions, heat=heat)


def voltage(power: float, conductivity: float) -> float:
    """Voltage [V] that brings `power` [W/m^2] into the slab."""
    return float(np.sqrt(power * LENGTH / conductivity))


def intrinsic(temperature: float) -> float:
    """Conductivity of the undoped slab with the narrow gap [S/m]."""
    return 2 * elementary_charge * MOBILITY * STATES * float(np.exp(-NARROW / (2 * boltzmann * temperature)))


def temperatures(outputs: list[Output]) -> Array:
    return np.array([one.state.temperature for one in outputs])


RESISTOR = voltage(6000.0, elementary_charge * abs(DOPING) * MOBILITY)


def test_a_resistor_warms_by_the_lumped_law(verify: Verification) -> None:
    times = np.array([0.0, 1e-6, 1.0, 10.0, 30.0, 300.0])
    outputs = list(evolve(slab(step(RESISTOR), HEAT, DOPING), times))
    expected = np.array([HEAT.after(300.0, 6000.0, t) for t in times])
    worst = float(np.abs(temperatures(outputs) - expected).max())
    verify(id="D15", quantity="resistor of 6 kW/m^2 on a substrate: error of the temperature over the rise",
           measured=worst / 48, expected=0.0, tolerance=1e-5)  # fmt: skip
    assert outputs[-1].model.temperature == pytest.approx(348.0, abs=5e-3)


def test_a_slab_that_conducts_better_when_warm(verify: Verification) -> None:
    """Feedback of the temperature on the power through the density of carriers, ``n_i ~ exp(-E_g / 2kT)``."""
    times, volts = np.array([0.0, 3.0, 10.0, 30.0, 300.0]), voltage(1000.0, intrinsic(300.0))
    exact = solve_ivp(
        lambda _, y: [HEAT.rate(y[0], intrinsic(y[0]) * volts**2 / LENGTH)],
        (0, 300), [300.0], t_eval=times, rtol=1e-11, atol=1e-10, method="LSODA",
    ).y[0]  # fmt: skip
    changes, errors = [4.0, 2.0, 1.0], []
    for change in changes:
        outputs = list(evolve(slab(step(volts), replace(HEAT, largest_change=change), 0.0, NARROW), times))
        errors.append(float(np.abs(temperatures(outputs) - exact).max()))
    verify(id="D15", quantity="activated conduction: error of the temperature [K], models 1 K apart",
           measured=errors[-1], expected=0.0, tolerance=2e-3,
           order=Order(observed_order(changes, errors), least=1.8))  # fmt: skip
    found, expected = float(outputs[-1].state.temperature), float(exact[-1])
    verify(id="D15", quantity="activated conduction: steady rise of the temperature [K]", measured=found - 300,
           expected=expected - 300, tolerance=1e-4)  # fmt: skip


def test_a_runaway_ends_with_a_message() -> None:
    heat = replace(HEAT, largest_change=8.0, hottest=400.0)
    with pytest.raises(SolverError, match="heats itself beyond 400 K"):
        list(evolve(slab(step(voltage(2000.0, intrinsic(300.0))), heat, 0.0, NARROW), np.array([0.0, 1e3])))


def pulsed() -> Scenario:
    """Ions in a resistor; the voltage is on for ten seconds."""
    ion = Species("vacancy", 1, 1e21, 1e-8, 0.5 * eV)
    drive = table([0.0, 10.0, 10.0001, 40.0], [0.5 * RESISTOR, 0.5 * RESISTOR, 0.0, 0.0])
    model = slab(drive, replace(HEAT, largest_change=2.0), -3e22, ions=(ion,))
    return Scenario(model, np.array([0.0, 1e-3, 1.0, 5.0, 10.0, 12.0, 20.0, 40.0]))


@pytest.fixture(scope="module")
def pulse() -> tuple[Scenario, list[Output]]:
    scenario = pulsed()
    return scenario, list(evolve(scenario.model, scenario.times, scenario.tolerance))


def test_it_cools_when_the_voltage_is_off_and_keeps_its_ions(pulse: tuple[Scenario, list[Output]]) -> None:
    scenario, outputs = pulse
    warm = temperatures(outputs) - 300.0
    assert warm[4] > 15.0
    assert warm[6] / warm[5] == pytest.approx(np.exp(-8.0 / HEAT.time_constant), rel=1e-3, abs=0.0)
    ions = np.array([scenario.model.total_ions(one.state)[0] for one in outputs])
    assert np.ptp(ions) < 1e-12 * ions[0]
    assert outputs[4].model.temperature == pytest.approx(outputs[4].state.temperature, abs=1.0)
    hops = [one.model.transports[0].mean_diffusivity for one in (outputs[0], outputs[4])]
    law = 0.5 * eV / boltzmann * (1 / 300.0 - 1 / outputs[4].model.temperature)
    assert hops[1] / hops[0] == pytest.approx(np.exp(law), rel=1e-9, abs=0.0)


def test_it_continues_to_the_same_bits(pulse: tuple[Scenario, list[Output]]) -> None:
    scenario, outputs = pulse
    for k in (3, 6):
        kept = Restart.from_arrays({name: array.copy() for name, array in outputs[k].restart.as_arrays().items()})
        again = list(evolve(pulsed().model, scenario.times, scenario.tolerance, kept))
        for one, other in zip(again, outputs[k + 1 :], strict=True):
            assert one.state.temperature == other.state.temperature
            np.testing.assert_array_equal(one.state.potential, other.state.potential)
            np.testing.assert_array_equal(one.state.carriers, other.state.carriers)
            np.testing.assert_array_equal(one.state.contact_current, other.state.contact_current)


def test_checkpoints_of_films_with_and_without_heat_are_told_apart(pulse: tuple[Scenario, list[Output]]) -> None:
    scenario, outputs = pulse
    cold = replace(scenario.model, heat=None)
    with pytest.raises(ValueError, match="another heat"):
        next(evolve(cold, scenario.times, restart=outputs[3].restart))
    arrays = outputs[3].restart.as_arrays()
    with pytest.raises(ValueError, match="malformed temperature"):
        Restart.from_arrays(arrays | {"warmth": arrays["warmth"] * np.nan})


def test_a_stopped_run_writes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
    run_scenario(pulsed(), IDENTITY, tmp_path / "whole")

    def stopped(*arguments: Any) -> Any:
        for output in evolve(*arguments):
            if output.index == 4:
                raise KeyboardInterrupt
            yield output

    monkeypatch.setattr("fem.scenario.evolve", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_scenario(pulsed(), IDENTITY, tmp_path / "run")
    monkeypatch.setattr("fem.scenario.evolve", evolve)
    resume_run(pulsed(), tmp_path / "run")
    one, other = (tmp_path / name / "timeseries.csv" for name in ("whole", "run"))
    assert one.read_bytes() == other.read_bytes()
    columns = read_timeseries(one)
    volts, current = columns["potential left [V]"], columns["current left [A/m^2]"]
    np.testing.assert_allclose(columns["power [W/m^2]"], volts * current, rtol=1e-9, atol=1e-9)
    assert columns["temperature [K]"].max() > 315.0


def test_nothing_is_lost_from_one_temperature_to_the_next() -> None:
    """Ions drawn into a boundary, and entered from a store: the units of both depend on the temperature."""
    cold = lined_film().model
    law, energies = Reservoir(1e-9, 1e22), dict.fromkeys(("grain_0", "grain_1", "surface"), 0.0)
    energies["grain_boundary"] = -0.1 * eV
    contacts = [replace(one, ions={"iodide vacancy": law}, coating=None) for one in cold.contacts]
    drawn = replace(cold.species[0], segregation_energy=energies)
    cold = replace(cold, species=(drawn,), contacts=contacts)
    warm = cold.at(340.0)
    values = cold.initial_values()
    cold.unknowns.entered(values)[:] = 1e-3
    over = carried_over(cold.unknowns, warm.unknowns, values)
    before, after = (one.unknowns.conserved(v) * one.unknowns.content for one, v in ((cold, values), (warm, over)))
    np.testing.assert_allclose(after * warm.unknowns.unit, before * cold.unknowns.unit, rtol=1e-13)
    np.testing.assert_allclose(warm.unknowns.exchanged(over), cold.unknowns.exchanged(values), rtol=1e-13)
    volts = [one.unknowns.nodal(v)[0] * one.unknowns.thermal_voltage for one, v in ((cold, values), (warm, over))]
    np.testing.assert_allclose(volts[1], volts[0], rtol=1e-13, atol=1e-15)
    start = [one.total_ions(one.initial_state()) for one in (cold, warm)]
    np.testing.assert_allclose(start[1], start[0], rtol=1e-13)
    assert np.abs(warm.unknowns.storage / cold.unknowns.storage - 1).max() > 1e-4  # or nothing would be shown


def test_constants_of_reactions_follow_the_temperature() -> None:
    def reactions(kelvin: float) -> list[Reaction]:
        return [recombination("radiative", Radiative(1e-16 * (300.0 / kelvin) ** 1.5))]

    cold = replace(slab(step(RESISTOR), HEAT, DOPING), reactions_at=reactions)
    densities = np.full((2, cold.mesh.p.shape[1]), 1e22)

    def rate(model: PoissonNernstPlanck) -> float:
        assert model.network is not None
        return float(model.network.events(densities, light=0.0).sum())

    warm = cold.at(350.0)
    assert cold.bands is not None and warm.bands is not None
    reference = cold.bands.intrinsic**2, warm.bands.intrinsic**2
    expected = (300 / 350) ** 1.5 * (1e44 - reference[1]) / (1e44 - reference[0])
    assert rate(warm) / rate(cold) == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_reactions_at_a_temperature_join_the_others() -> None:
    def warm(kelvin: float) -> list[Reaction]:
        return [recombination("radiative", Radiative(1e-16 * (300.0 / kelvin) ** 1.5))]

    auger = recombination("Auger", Auger(1e-40, 1e-40))
    both = replace(slab(step(RESISTOR), HEAT, DOPING), reactions=[auger], reactions_at=warm)
    for model in (both, both.at(350.0)):
        assert model.network is not None
        assert [one.name for one in model.network.reactions] == ["Auger", "radiative"]
        assert [one["name"] for one in model.as_dict()["reactions"]] == ["Auger", "radiative"]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="two reactions have the same name: 'radiative'"):
        replace(both, reactions=[recombination("radiative", Radiative(1e-16))])


@pytest.mark.parametrize("slope", [0.0, 40.0, 125.0, 300.0, -200.0])
@pytest.mark.parametrize("transfer", [125.0, 0.0])
def test_the_balance_of_heat_against_an_integrator(slope: float, transfer: float) -> None:
    heat = replace(HEAT, transfer=transfer)
    balance = HeatBalance(heat, 301.0, slope)

    def rate(time: float, y: Array) -> list[float]:
        return [heat.rate(float(y[0]), 5000.0 - 300.0 * time + slope * (float(y[0]) - 301.0))]

    exact = solve_ivp(rate, (0, 7), [302.0], rtol=1e-11, atol=1e-11).y[0, -1]
    rise = np.array([2.0])
    assert 300.0 + balance.along(rise, 5000.0, 2900.0, 7.0)[0] == pytest.approx(exact, rel=1e-9, abs=0.0)
    way, duration = balance.stretch(rise, 5000.0)
    assert balance.along(rise, 5000.0, 5000.0, duration)[0] == pytest.approx(2.0 + way, rel=1e-9, abs=0.0)
    assert abs(way) <= heat.largest_change


def test_a_device_at_its_steady_temperature_stays_there() -> None:
    balance = HeatBalance(HEAT, 348.0, 20.0)
    way, duration = balance.stretch(np.array([48.0]), 6000.0)
    assert abs(way) < 1e-12
    assert duration == np.inf
    way, duration = balance.stretch(np.array([47.999]), 6000.0)
    assert way == pytest.approx(1e-3, rel=1e-6, abs=0.0)
    assert duration == np.inf


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="width that takes up the heat"):
        LumpedHeat(1.0, 1.0, width=0.0)
    with pytest.raises(ValueError, match="hottest temperature"):
        LumpedHeat(1.0, 1.0, hottest=-1.0)
