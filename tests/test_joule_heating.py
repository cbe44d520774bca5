"""A device that warms itself on its substrate: temperature, time constant and ions by theory (B14)."""

from dataclasses import replace

import numpy as np
import pytest
from verification import Verification
from whole_runs import traces_of, verdicts

from fem.constants import boltzmann, eV
from fem.evolve import evolve
from fem.fields import Array
from fem.measurements.heat_sources import heat_sources
from fem.model import PoissonNernstPlanck
from fem.physics.heat.heat_equation import HeatEquation
from scenarios import joule_heating
from scenarios.parts.warming import CONDUCTIVITY, Warming

COLD, HOT = 298.0, 343.0


def one_temperature(times: Array) -> Array:
    """Rise [K m^2/W] of a device that is as warm as all of its glass, for 1 W/m^2."""
    return np.asarray(-np.expm1(-times * 133.0 / (2.1e6 * 1e-3)) / 133.0)


def half_time(model: PoissonNernstPlanck, times: Array) -> float:
    """Time at which half of what the vacancies move in the end has moved [s]."""
    ions = np.array([one.state.concentrations[0] for one in evolve(model, times)]) * model.unknowns.storage[0]
    moved = np.abs(ions - ions[0]).sum(axis=1)
    return float(np.exp(np.interp(0.5 * moved[-1], moved[1:], np.log(times[1:]))))


def test_what_the_criteria_see() -> None:
    """Columns of a device that warms as its glass at a steady power pass; late ones, or with slow ions, do not."""
    model = joule_heating.scenario().model
    heat, ion = model.heat, "iodide vacancy"
    assert heat is not None
    warming, times = Warming(model, ion, 0.58 * eV), np.linspace(0.0, 200.0, 101)

    def judged(delay: float = 1.0, speed: float = 1.0, watts: float = 6000.0) -> list[object]:
        warm = COLD + watts * heat.modes.rise(times / delay)
        columns = {
            "time [s]": times,
            "temperature [K]": warm,
            "power [W/m^2]": np.full_like(times, watts),
            warming.ion_speed.column: speed * np.exp(0.58 * eV / boltzmann * (1 / COLD - 1 / warm)),
            warming.difference.column: np.full_like(times, 4e-3),
        }
        return [k for k, one in enumerate(verdicts(warming.criteria, columns)) if one == "fail"]

    assert judged() == []
    assert judged(delay=1.3) == [3]
    assert judged(delay=8.0)[:2] == [0, 2]
    assert judged(speed=0.9) == [4]
    assert judged(watts=5000.0) == [0, 1]  # as the glass does, but not to the 70 degrees of the experiment
    assert judged(watts=7000.0) == [0, 1]


def test_glass_that_cannot_lead_the_heat_away_is_refused() -> None:
    with pytest.raises(ValueError, match=r"--heat-transfer of 1330 W.* glass of 1 mm lets less than 1000"):
        joule_heating.scenario(heat_transfer=1330.0)


def test_a_device_full_of_ions_finds_its_rest() -> None:
    """So many that recombination, hastened on the way to equilibrium, would leave the charge to round-off."""
    model = joule_heating.scenario(mobile_density=1e25).model
    start = model.initial_state()
    assert np.abs(start.contact_current).max() / np.ptp(model.mesh.p[0]) < 1e-6
    assert float(start.carriers.min()) >= 0.0


@pytest.mark.slow
def test_a_device_warms_its_substrate_and_its_ions_follow_arrhenius(verify: Verification) -> None:
    scenario = joule_heating.scenario()
    heat, columns = scenario.model.heat, traces_of(scenario)
    assert heat is not None
    warm, power = columns["temperature [K]"], columns["power [W/m^2]"]
    met = verdicts(scenario.criteria, columns).count("pass")
    verify(id="B14", quantity="criteria of joule_heating that are met", measured=met, expected=6, tolerance=0)
    rise, watts = (one.measure(columns) for one in scenario.criteria[:2])
    verify(id="B14", quantity="device at 6 V: rise of temperature [K]", measured=rise, expected=45.0, tolerance=1 / 9)
    verify(id="B14", quantity="device at 6 V: power [W/m^2]", measured=watts, expected=6e3, tolerance=0.1)
    verify(id="B14", quantity="device at 6 V: temperature at the end [K] against T_a + P/h", measured=float(warm[-1]),
           expected=heat.steady(float(power[-1])), tolerance=1e-5)  # fmt: skip
    delay, hops, spread = (one.measure(columns) for one in scenario.criteria[3:])
    verify(id="B14", quantity="device at 6 V: time to 1 - 1/e of the rise over that at a steady power", measured=delay,
           expected=1.0, tolerance=0.1)  # fmt: skip
    verify(id="B14", quantity="device at 6 V: ions faster, over Arrhenius' law", measured=hops, expected=1.0,
           tolerance=0.01)  # fmt: skip
    across = float(power[-1]) * np.ptp(scenario.model.mesh.p[1]) / (2 * 0.4)
    verify(id="B14", quantity="device at 6 V: difference of temperature in it [K] against P L / 2 kappa",
           measured=spread, expected=across, tolerance=0.01)  # fmt: skip
    coarse = traces_of(joule_heating.scenario(update=2.0))
    change = float(np.abs(coarse["temperature [K]"] - warm).max())
    even = traces_of(joule_heating.scenario(glass_conductivity=1e4))["temperature [K]"] - warm
    first = columns["time [s]"] < 20.0
    steady = float(power[-1]) * (heat.modes.rise(columns["time [s]"]) - one_temperature(columns["time [s]"]))
    verify(id="B14", quantity="device at 6 V: what conduction in the glass adds at most [K], against steady power",
           measured=float(-even[first].min()), expected=float(steady[first].max()), tolerance=0.1)  # fmt: skip
    verify(id="B14", quantity="device at 6 V: change of T(t) [K] with models half as far apart", measured=change,
           expected=0.0, tolerance=0.01)  # fmt: skip


@pytest.mark.slow
def test_vacancies_move_as_much_faster_as_they_are_warmer(verify: Verification) -> None:
    """Mobility D / kT: the half time of what a voltage moves, in a device held cold and in one held warm."""
    model = joule_heating.scenario().model
    times = np.concatenate([[0.0], np.geomspace(1e-2, 3e3, 45)])
    cold, hot = (half_time(replace(model, temperature=kelvin, heat=None), times) for kelvin in (COLD, HOT))
    law = np.exp(0.58 * eV / boltzmann * (1 / COLD - 1 / HOT)) * COLD / HOT
    verify(id="B14", quantity="half time of the vacancies at 298 K over that at 343 K", measured=cold / hot,
           expected=float(law), tolerance=0.1)  # fmt: skip


@pytest.mark.slow
def test_the_film_is_at_one_temperature_where_its_heat_is_made(verify: Verification) -> None:
    """The 2D heat equation with the heat of currents and pairs, in the hot device once its ions have moved."""
    model = replace(joule_heating.scenario().model, temperature=HOT, heat=None)
    *_, last = evolve(model, np.array([0.0, 1e-7, 1.0, 20.0]))
    made = heat_sources(last.model, last.state)
    watts = float((made.transport + made.recombination + made.emission).sum() / np.ptp(model.mesh.p[0]))
    equation = HeatEquation(model.mesh, CONDUCTIVITY, 1.25e6, {"bottom": 1e12})
    apart = float(np.ptp(equation.steady(made.density())))
    verify(id="B14", quantity="device at 6 V: differences of temperature in it over its rise, heat where it is made",
           measured=apart / (watts / 133.0), expected=0.0, tolerance=2e-4)  # fmt: skip
