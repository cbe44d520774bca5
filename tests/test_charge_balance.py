"""Charge is conserved: electrodes and film sum to zero, currents too, and the current is the rate of the charge."""

from collections.abc import Callable

import numpy as np
import pytest
from double_layers import SINGLE_LENGTH, Layer, relaxed
from double_layers import WIDTH as LAYER_WIDTH
from films_for_theory import DIFFUSIVITY, FILM, VOLT, closed_cell, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from scipy.interpolate import CubicSpline
from verification import Verification

from fem.constants import elementary_charge, nm
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, Reservoir
from fem.physics.drives.drive import sine, step
from fem.state import State

HEIGHT, WIDTH = 150 * nm, 20 * nm
DENSITY = 1e24  # [1/m^3]
END = 1e3 * HEIGHT**2 / DIFFUSIVITY


def film(one: bool = True, sites: float | None = None, **top: object) -> PoissonNernstPlanck:
    """Film after a step of 0.5 V at the bottom; `top` describes the other contact."""
    mesh = vertical_film(HEIGHT, WIDTH, Grading(1.5 * nm, 0.3, 8 * nm))
    species = one_ion(DENSITY) if one else two_ions(DENSITY, sites)
    contacts = [Contact("bottom", step(0.5)), Contact("top", 0.0, **top)]  # type: ignore[arg-type]
    return PoissonNernstPlanck(mesh, FILM, species, contacts)


FILMS: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "blocking": film,
    "two ions on a lattice": lambda: film(one=False, sites=5e25),
    "coated": lambda: film(coating=Coating(3 * nm, 6.0)),
    "reservoir": lambda: film(ions={"cation": Reservoir(1e-7, 2 * DENSITY)}),
    "reaction at a coated electrode": lambda: film(
        ions={"cation": ElectrodeReaction(1e-7, DENSITY, 0.05)}, coating=Coating(1 * nm, 10.0)
    ),
}


def states_of(model: PoissonNernstPlanck, times: Array, tolerance: float = 1e-2) -> list[State]:
    return [output.state for output in evolve(model, times, tolerance)]


@pytest.mark.parametrize("name", FILMS)
def test_charges_and_currents_sum_to_zero(name: str, verify: Verification) -> None:
    model = FILMS[name]()
    states = states_of(model, np.concatenate([[0.0], np.geomspace(1e-9, 1.0, 30) * END]))
    charge = np.array([state.contact_charge for state in states])
    film_charge = np.array([model.film_charge(state) for state in states])
    current = np.array([state.contact_current for state in states])
    worst = np.abs(charge.sum(axis=1) + film_charge).max() / np.abs(charge).max()
    what = f"sum of the charges of electrodes and film over the largest charge, {name}"
    # The film's charge is the small difference of 1e3 times larger charges of ions and background.
    verify(id="D6", quantity=what, measured=worst, expected=0.0, tolerance=1e-11)
    worst = np.abs(current.sum(axis=1)).max() / np.abs(current).max()
    what = f"sum of the currents over the largest current, {name}"
    verify(id="D6", quantity=what, measured=worst, expected=0.0, tolerance=1e-11)
    entered = np.array([state.exchanged.sum(axis=0) for state in states])
    ions = np.array([model.total_ions(state) for state in states])
    worst = np.abs(ions - ions[0] - entered).max() / ions[0].max()
    what = f"ions in the film less those that entered, over all, {name}"
    verify(id="D6", quantity=what, measured=worst, expected=0.0, tolerance=1e-12)


@pytest.mark.parametrize("name", ["blocking", "coated", "reservoir"])
def test_integral_of_the_current_is_the_charge(name: str, verify: Verification) -> None:
    """The current of an electrode charges its metal and carries its ions."""
    model = FILMS[name]()
    times = np.concatenate([[0.0], np.geomspace(1e-8, 1.0, 400) * END])
    states = states_of(model, times, tolerance=1e-4)[1:]
    valence = np.array([one.charge for one in model.species])
    moved = np.array([s.contact_charge + elementary_charge * s.exchanged @ valence for s in states])
    current = np.array([state.contact_current for state in states])
    logarithm = np.log(times[1:])
    passed = CubicSpline(logarithm, current * times[1:, None]).antiderivative()(logarithm)
    error = np.abs(passed - (moved - moved[0])).max() / np.abs(moved).max()
    what = f"integral of the current less the charge moved, over it, {name}"
    verify(id="D6", quantity=what, measured=error, expected=0.0, tolerance=1e-4)


def test_currents_balance_under_a_sine(verify: Verification) -> None:
    mesh = vertical_film(HEIGHT, WIDTH, Grading(1.5 * nm, 0.3, 8 * nm))
    contacts = [Contact("bottom", sine(0.1, 20.0), coating=Coating(3 * nm, 6.0)), Contact("top", 0.0)]
    model = PoissonNernstPlanck(mesh, FILM, one_ion(DENSITY), contacts)
    times = np.linspace(0.0, 0.05, 401)
    states = states_of(model, times, tolerance=1e-6)[1:]
    current = np.array([state.contact_current for state in states])
    charge = np.array([state.contact_charge for state in states])
    worst = np.abs(current.sum(axis=1)).max() / np.abs(current).max()
    what = "sum of the currents over the largest current, sine"
    verify(id="D6", quantity=what, measured=worst, expected=0.0, tolerance=1e-11)
    passed = CubicSpline(times[1:], current).antiderivative()(times[1:])
    error = np.abs(passed - (charge - charge[0])).max() / np.abs(charge).max()
    what = "integral of the current less the charge, over it, sine"
    verify(id="D6", quantity=what, measured=error, expected=0.0, tolerance=1e-4)


SHALLOW = [Layer(2, 1.0), Layer(1, -3.0), Layer(1, 8.0), Layer(2, 3.0, 0.2)]
STEEP = [Layer(2, 4.0), Layer(1, -6.0, 0.05), Layer(2, 7.0, 0.2)]


@pytest.mark.parametrize("layer", [*SHALLOW, *(pytest.param(one, marks=pytest.mark.slow) for one in STEEP)], ids=str)
def test_differential_capacitance(layer: Layer, verify: Verification) -> None:
    """Slope of the charge between two steady states 0.1 kT/e apart."""
    capacitances = []
    for fine in (1, 2):
        charges = [relaxed_at(layer, shift, fine) for shift in (-0.05, 0.05)]
        capacitances.append((charges[1] - charges[0]) / (0.1 * VOLT))
    extrapolated = (4 * capacitances[1] - capacitances[0]) / 3
    what = (
        f"differential capacitance over theory, {'one ion' if layer.mobile == 1 else 'two ions'}, {layer}, extrapolated"
    )
    measured = extrapolated / layer.capacitance
    verify(id="D6", quantity=what, measured=measured, expected=1.0, tolerance=1e-3)


def relaxed_at(layer: Layer, shift: float, fineness: float) -> float:
    """Charge [C/m^2] on the mesh of `layer` at a potential `shift` [kT/e] from its own."""
    return float(relaxed(layer, fineness, shift)[1].contact_charge[0] / LAYER_WIDTH)


def test_double_layer_capacitance_at_rest(verify: Verification) -> None:
    """A small step across a closed film ends with half the capacitance of one layer at its potential of zero charge."""
    layer = Layer(1, 1e-3)
    capacitances = []
    for fine in (1, 2):
        mesh = vertical_film(60 * SINGLE_LENGTH, WIDTH, Grading(0.7 * nm, 0.2, 6 * nm), fine)
        state = closed_cell(mesh, one_ion(DENSITY), 0.0, before=2e-3).initial_state()
        capacitances.append(float(state.contact_charge[0] / WIDTH / (2e-3 * VOLT)))
    extrapolated = (4 * capacitances[1] - capacitances[0]) / 3
    what = "capacitance of two layers in series over theory, extrapolated"
    verify(id="D6", quantity=what, measured=2 * extrapolated / layer.capacitance, expected=1.0, tolerance=1e-3)
