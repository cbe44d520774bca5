"""Conduction and drift: e^2 c D / kT, Arrhenius' law, and the mobility and spread of a packet of ions."""

from dataclasses import replace

import numpy as np
import pytest
from films_for_theory import DIFFUSIVITY, FILM, VOLT, closed_cell, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from verification import Order, Verification, observed_order

from fem.constants import boltzmann, elementary_charge, eV, nm
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.species import Species

HEIGHT, WIDTH = 200 * nm, 30 * nm
EVEN = Grading(8 * nm, 0.0, 8 * nm)
DENSITY = 1e24  # [1/m^3]
AT_ONCE = 1e-13  # [s], before anything has moved: the Debye time is 3e-3 s


def first_current(model: PoissonNernstPlanck) -> float:
    """Current density from the bottom electrode right after the step [A/m^2]."""
    *_, last = evolve(model, np.array([0.0, AT_ONCE]))
    return float(last.state.contact_current[0] / WIDTH)


@pytest.mark.parametrize(("ions", "drop"), [(1, 0.1), (1, 1000.0), (2, 10.0)])
def test_conductivity(ions: int, drop: float, verify: Verification) -> None:
    species = (one_ion if ions == 1 else two_ions)(DENSITY)
    current = first_current(closed_cell(vertical_film(HEIGHT, WIDTH, EVEN), species, drop))
    expected = ions * elementary_charge * DENSITY * DIFFUSIVITY * drop / HEIGHT  # e^2 c D / kT times drop kT / e
    what = f"current over (e^2 c D / kT) E, {ions} kind{'s' if ions > 1 else ''} of ions, {drop:g} kT/e across the film"
    verify(id="D7", quantity=what, measured=current / expected, expected=1.0, tolerance=1e-8)


@pytest.mark.parametrize("temperature", [250.0, 300.0, 350.0])
def test_conductivity_follows_arrhenius(temperature: float, verify: Verification) -> None:
    vacancy = Species("vacancy", 1, DENSITY, 6.5e-8, 0.58 * eV)
    contacts = [Contact("bottom", step(0.1)), Contact("top", 0.0)]
    model = PoissonNernstPlanck(vertical_film(HEIGHT, WIDTH, EVEN), FILM, [vacancy], contacts, temperature)
    thermal = boltzmann * temperature
    diffusivity = 6.5e-8 * np.exp(-0.58 * eV / thermal)
    expected = elementary_charge**2 * DENSITY * diffusivity / thermal * 0.1 / HEIGHT
    what = f"current over (e^2 c D0 exp(-Ea / kT) / kT) E, 0.58 eV, {temperature:g} K"
    verify(id="D7", quantity=what, measured=first_current(model) / expected, expected=1.0, tolerance=1e-8)


DROP = 80.0  # [kT] across the film
SPREAD = 14 * nm
FLIGHT = 40 * nm


def packet(fineness: float) -> tuple[float, float]:
    """Velocity over D e E / kT and growth of the variance over 2 D t, of a packet too thin to screen."""

    def density(x: Array, y: Array) -> Array:
        return 1e10 * (np.exp(-0.5 * ((y - 70 * nm) / SPREAD) ** 2) + 1e-12)

    mesh = vertical_film(HEIGHT, WIDTH, EVEN, fineness)
    cation = replace(one_ion(1e10)[0], concentration=density)
    contacts = [Contact("bottom", step(DROP * VOLT)), Contact("top", 0.0)]
    model = PoissonNernstPlanck(mesh, FILM, [cation], contacts, relax_first=False)
    velocity = DIFFUSIVITY * DROP / HEIGHT
    flight = FLIGHT / velocity
    means, variances = [], []
    for output in evolve(model, np.array([0.0, flight]), tolerance=1e-4):
        share = model.volumes * output.state.concentrations[0]
        share = share / share.sum()
        means.append(share @ mesh.p[1])
        variances.append(share @ (mesh.p[1] - means[-1]) ** 2)
    return (means[1] - means[0]) / FLIGHT, (variances[1] - variances[0]) / (2 * DIFFUSIVITY * flight)


def test_a_packet_drifts_and_spreads_by_einsteins_relation(verify: Verification) -> None:
    finenesses = (1, 2, 4)
    moves = np.array([packet(fine) for fine in finenesses])
    sizes = [1 / fine for fine in finenesses]
    for column, what in ((0, "velocity over (e D / kT) E"), (1, "growth of variance over 2 D t")):
        # Exponential fitting adds diffusion of order (cell Peclet number)^2 / 12, which extrapolation removes.
        order = Order(observed_order(sizes, np.abs(moves[:, column] - 1).tolist()), 1.8)
        value = (4 * moves[-1, column] - moves[-2, column]) / 3
        what = f"packet of ions: {what}, extrapolated"
        verify(id="D7", quantity=what, measured=value, expected=1.0, tolerance=5e-3, order=order)
