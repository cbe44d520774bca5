"""Space-charge-limited current of electrons between two metals that inject them, without and with traps."""

import numpy as np
import pytest
from films_with_carriers import AFFINITY, MOBILITY, STATES, Array, bands, current_density, electrodes, film
from irregular_films import graded, rectangle
from skfem import MeshTri
from theory.space_charge import mott_gurney, trap_filled_limit, with_diffusion
from verification import Order, Verification, observed_order

from fem.constants import boltzmann, eV, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import ramp
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import capture
from fem.physics.reactions.trap_recombination import level_density
from fem.physics.species import Species

TEMPERATURE, LENGTH, INJECTED = 300.0, 1000 * nm, 1e24
assert isinstance(MAPbI3.relative_permittivity, float)
PERMITTIVITY = MAPbI3.relative_permittivity * vacuum_permittivity
TRAPS, LONG = 1e22, 4000 * nm


def injecting(density: float = INJECTED) -> CarrierContact:
    """A metal that holds `density` electrons [1/m^3] at its surface."""
    depth = boltzmann * TEMPERATURE * float(np.log(STATES / density))
    return CarrierContact(1e9, 1e9, AFFINITY + depth)


def slab(cells: int) -> MeshTri:
    """A bar whose cells narrow towards both contacts as tanh."""
    even = 2.5 * np.linspace(-1, 1, cells + 1)
    return rectangle(LENGTH * (1 + np.tanh(even) / np.tanh(2.5)) / 2, np.linspace(0, 20 * nm, 3))


def injected(mesh: MeshTri, volts: float) -> float:
    """Current density [A/m^2] of a film without traps."""
    model = film(mesh, bands(), electrodes(-volts, injecting(), injecting()))
    return -current_density(model, model.initial_state())


def test_current_grows_with_the_square_of_the_voltage(verify: Verification) -> None:
    """Diffusion adds a constant to the voltage, which the slope of sqrt(J) does not see."""
    mesh = slab(120)
    roots = np.sqrt([injected(mesh, volts) for volts in (20.0, 40.0)])
    expected = mott_gurney(1.0, LENGTH, MOBILITY, PERMITTIVITY)
    verify(id="D12", quantity="(d sqrt(J) / dV)^2 between 20 and 40 V over 9 eps mu / 8 L^3",
           measured=((roots[1] - roots[0]) / 20.0) ** 2 / expected, expected=1.0, tolerance=0.01)  # fmt: skip


@pytest.mark.slow
def test_drift_and_diffusion_converge_with_the_mesh(verify: Verification) -> None:
    exact = with_diffusion(1.0, LENGTH, MOBILITY, PERMITTIVITY, INJECTED, thermal_voltage(TEMPERATURE))
    cells = (30, 60, 120, 240)
    found = [injected(slab(n), 1.0) / exact for n in cells]
    order = observed_order([1 / n for n in cells], [abs(one - 1) for one in found])
    verify(id="D12", quantity="current at 1 V over that of drift and diffusion in one dimension, 240 cells",
           measured=found[-1], expected=1.0, tolerance=1e-3, order=Order(order, 1.8))  # fmt: skip


def test_a_ramp_takes_no_steps_for_the_round_off_of_the_few(verify: Verification) -> None:
    """Holes are 1e-21 of the electrons: less than round-off of these, so that no step is worth cutting for them."""
    contacts = (
        Contact("left", ramp(-20.0, 1.0), carriers=injecting(1e22)),
        Contact("right", 0.0, carriers=injecting(1e22)),
    )
    outputs = list(evolve(film(slab(60), bands(), contacts), np.linspace(0.0, 1.0, 6)))
    assert outputs[1].state.carriers[1].max() < 1e-20 * outputs[1].state.carriers[0].max()
    done = outputs[-1].statistics
    assert done.rejected_for_bounds == 0, done
    verify(id="N1", quantity="ramp of 20 V on a film that electrons alone enter: factorisations",
           measured=done.factorisations - done.factorisations_at_outputs, expected=30, tolerance=0.5)  # fmt: skip


def trapped(volts: float, ions: tuple[Species, ...] = ()) -> PoissonNernstPlanck:
    """A film of which deep traps catch electrons."""
    mesh = rectangle(graded(LONG, 3 * nm, 1.2, 60 * nm), np.linspace(0, 60 * nm, 3))
    level = level_density(STATES, 0.6 * eV, TEMPERATURE)
    species = (Species.immobile("trap", 0, TRAPS), Species.immobile("filled trap", -1, 0.0, reference=TRAPS), *ions)
    caught = [capture("trap", "electron", "filled trap", 1e-14, 1e-14 * level)]
    return film(mesh, bands(), electrodes(-volts, injecting(), injecting()), species, reactions=caught)


def trapping(volts: Array, ions: tuple[Species, ...] = ()) -> Array:
    """Current density [A/m^2] at rest at each of `volts`."""
    models = [trapped(float(one), ions) for one in volts]
    return np.array([-current_density(model, model.initial_state()) for model in models])


def test_a_current_among_traps_is_found_at_rest() -> None:
    """Holes are 1e-17 of the electrons, in a well of their own: their round-off must not hold up the search."""
    model = trapped(0.5 * trap_filled_limit(TRAPS, LONG, PERMITTIVITY))
    state, rest = model.initial_state(), model.rest
    assert (rest.kind, rest.net < 1e-9, rest.lost < 1e-9) == ("steady state", True, True), rest
    assert state.concentrations.sum(axis=0) == pytest.approx(TRAPS, rel=1e-9, abs=0.0)


def steepest(volts: Array, current: Array) -> float:
    """Voltage at which d log J / d log V is largest, by the parabola through the highest three slopes."""
    x = np.log(volts)
    slopes, middles = np.diff(np.log(current)) / np.diff(x), (x[1:] + x[:-1]) / 2
    k = int(np.clip(slopes.argmax(), 1, len(slopes) - 2))
    a, b, _ = np.polyfit(middles[k - 1 : k + 2], slopes[k - 1 : k + 2], 2)
    return float(np.exp(-b / (2 * a)))


@pytest.mark.slow
def test_the_steepest_current_tells_the_number_of_traps(verify: Verification) -> None:
    limit = trap_filled_limit(TRAPS, LONG, PERMITTIVITY)
    volts = limit * np.geomspace(0.5, 1.5, 7)
    found = steepest(volts, trapping(volts)) / limit
    verify(id="D12", quantity="number of traps from the steepest current, V_TFL = e N_t L^2 / 2 eps, over the true one",
           measured=found, expected=1.0, tolerance=0.2)  # fmt: skip


@pytest.mark.slow
def test_mobile_ions_spoil_the_number_of_traps(verify: Verification) -> None:
    """The known artefact: ions that follow each voltage screen the field, and the current rises long before V_TFL."""
    vacancy = Species("vacancy", 1, TRAPS, 1e-14, 0.0)
    limit = trap_filled_limit(TRAPS, LONG, PERMITTIVITY)
    volts = limit * np.geomspace(0.15, 1.0, 7)
    verify(id="D12", quantity="the same, as many ions at rest at each voltage: number of traps over the true one",
           measured=steepest(volts, trapping(volts, (vacancy,))) / limit, expected=0.44, tolerance=0.15)  # fmt: skip
