"""Where a film makes heat: it adds up to the electrical power, and warms a resistor to the parabola of theory."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_carriers import bands, bar, electrodes, film
from films_with_halides import KT, even, lattice
from films_with_halides import film as halide_film
from irregular_films import INTERSTITIAL, VACANCY, graded, rectangle, small_film
from verification import Verification

from fem.constants import elementary_charge, eV, nm, um
from fem.evolve import evolve
from fem.measurements.free_energy import free_energy
from fem.measurements.heat_sources import heat_sources
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import step
from fem.physics.halides.funnelling import FunnelledCarriers, GapLaw
from fem.physics.heat.heat_equation import HeatEquation
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.state import State

LENGTH, WIDTH, KAPPA, MOBILITY, DENSITY = 2 * um, 200 * nm, 0.4, 2e-3, 1e22
LOSSES = [recombination("radiative", Radiative(1e-16)), recombination("lifetimes", ShockleyReadHall(1e-8, 1e-7))]
PN = {"grain_0": 1e22, "grain_1": -1e22}


def power(state: State) -> float:
    """Electrical power that the contacts bring in [W/m]."""
    return float(state.contact_potential @ state.contact_current)


def diode(volts: float, light: float = 0.0) -> PoissonNernstPlanck:
    """A junction of 400 nm with ohmic contacts."""
    half = graded(200 * nm, 4 * nm, largest=20 * nm)
    mesh = rectangle(np.append(half, 200 * nm + half[1:]), np.linspace(0, 40, 4) * nm, lines=(200 * nm,))
    return film(mesh, bands(PN), electrodes(volts), reactions=[*LOSSES, carrier_pairs(1e27)], light=light)


@pytest.mark.parametrize(("volts", "tolerance"), [(-0.4, 0.01), (0.8, 1e-3), (1.1, 1e-3)])
def test_heat_adds_up_to_the_electrical_power_of_a_diode(volts: float, tolerance: float, verify: Verification) -> None:
    model = diode(-volts)
    state = model.initial_state()
    heat = heat_sources(model, state)
    made = heat.transport.sum() + heat.recombination.sum() + heat.emission.sum() + heat.contacts.sum()
    quantity = f"heat of currents, recombination and contacts over V I of a diode at {volts:g} V"
    verify(id="D15", quantity=quantity, measured=made / power(state), expected=1.0, tolerance=tolerance)
    assert (heat.transport >= -1e-9 * heat.transport.sum()).all() and not heat.absorption.any()
    assert heat.density() @ model.control_volumes.areas == pytest.approx(made - heat.contacts.sum(), rel=1e-12, abs=0.0)
    assert heat.density(1.0) @ model.control_volumes.areas < heat.density() @ model.control_volumes.areas


def test_light_brings_what_the_contacts_do_not(verify: Verification) -> None:
    """Of a solar cell at 0.5 V: free energy of pairs made by light = heat + power that the contacts take out."""
    model = diode(-0.5, light=1.0)
    state = model.initial_state()
    heat = heat_sources(model, state)
    assert power(state) < 0
    made = heat.transport.sum() + heat.recombination.sum() + heat.emission.sum() + heat.contacts.sum()
    quantity = "heat of a lit diode that drives a load, over absorbed less delivered power"
    verify(id="D15", quantity=quantity, measured=made / (heat.absorption.sum() + power(state)), expected=1.0,
           tolerance=1e-3)  # fmt: skip


def test_a_resistor_held_cold_at_its_ends_warms_to_a_parabola(verify: Verification) -> None:
    """Rise ``q x (L - x) / (2 kappa)`` with q = e mu N (V / L)^2."""
    metal = CarrierContact(1e7, 1e7)
    mesh = bar(LENGTH, 10 * nm, 50 * nm, WIDTH)
    model = film(mesh, bands(DENSITY, gap=1.6 * eV), electrodes(1.0, metal, metal), reactions=LOSSES)
    state = model.initial_state()
    heat = heat_sources(model, state)
    assert heat.transport.sum() == pytest.approx(power(state), rel=0.02, abs=0.0)
    equation = HeatEquation(mesh, KAPPA, 1.25e6, {"left": 1e14, "right": 1e14})
    rise = equation.steady(heat.density()) - 300.0
    density = elementary_charge * MOBILITY * DENSITY * (1.0 / LENGTH) ** 2
    x = mesh.p[0]
    exact = density * x * (LENGTH - x) / (2 * KAPPA)
    quantity = "rise of a resistor by its own current over q x (L - x) / (2 kappa), largest error over the largest rise"
    verify(id="D15", quantity=quantity, measured=np.abs(rise - exact).max() / exact.max(), expected=0.0, tolerance=0.02)
    assert equation.given_off(300.0 + rise) == pytest.approx(power(state), rel=0.02, abs=0.0)


def test_ions_heat_by_what_the_free_energy_loses(verify: Verification) -> None:
    """Between blocking electrodes at a constant voltage, where all that is dissipated comes from the free energy."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.2))), (VACANCY, INTERSTITIAL))
    middle, near = 2e-3, 0.02
    times = np.array([0.0, middle * (1 - near), middle, middle * (1 + near)])
    _, before, now, after = (one.state for one in evolve(model, times, tolerance=1e-6))
    lost = (free_energy(model, before) - free_energy(model, after)) / (2 * near * middle)
    made = float(heat_sources(model, now).transport.sum())
    quantity = "heat of ions that charge blocking electrodes over the loss of free energy"
    verify(id="D15", quantity=quantity, measured=made / lost, expected=1.0, tolerance=1e-3)


LATTICES: dict[str, dict[str, float]] = {
    "ideal": {},
    "that mixes hardly": {"interaction": 1.5 * KT},
    "that unmixes": {"interaction": 2.6 * KT, "gradient": 2.6 * KT * nm**2},
}


@pytest.mark.parametrize("name", LATTICES)
def test_halides_heat_by_what_the_free_energy_loses(name: str, verify: Verification) -> None:
    """Halides that mix or unmix, and vacancies that charge the electrodes, at a constant voltage."""
    sites = replace(lattice(1e-4, lambda x, y: np.where(y < 20 * nm, 0.45, 0.55)), **LATTICES[name])  # type: ignore[arg-type]
    contacts = (Contact("bottom", 0.0), Contact("top", step(0.05)))
    model = halide_film(even(40 * nm, 1 * nm), sites, contacts)
    middle, near = 30.0, 0.02
    _, before, now, after = (
        one.state
        for one in evolve(model, np.array([0.0, middle * (1 - near), middle, middle * (1 + near)]), tolerance=1e-6)
    )
    lost = (free_energy(model, before) - free_energy(model, after)) / (2 * near * middle)
    made = heat_sources(model, now).transport
    verify(id="D15", quantity=f"heat of halides on a lattice {name} over the loss of free energy",
           measured=made.sum() / lost, expected=1.0, tolerance=1e-3)  # fmt: skip
    assert made.min() >= 0.0
    assert (np.ptp(now.share) > 0.11) == (name == "that unmixes")


def test_halides_that_feel_the_light_are_refused() -> None:
    funnelled = FunnelledCarriers(1e24, GapLaw(1.6 * eV, 2.3 * eV), 1e26)
    model = halide_film(even(10 * nm, 1 * nm), replace(lattice(1e-4, 0.5), carriers=funnelled))
    with pytest.raises(ValueError, match="leave out the carriers of its halide lattice"):
        heat_sources(model, model.initial_state())


def test_nonsense_is_refused() -> None:
    model = diode(0.1)
    heat = heat_sources(model, model.initial_state())
    with pytest.raises(ValueError, match="must lie between 0 and 1, got 2"):
        heat.density(escaping=2.0)
    assert replace(heat, transport=0 * heat.transport).density().sum() < heat.density().sum()
