"""Films whose band edges change from place to place: equilibrium, ohmic conduction, the pull on minority carriers."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_carriers import AFFINITY, GAP, MOBILITY, STATES, bands, current_density, electrodes, film, levels
from irregular_films import rectangle
from skfem import MeshTri
from verification import Order, Verification, observed_order

from fem.constants import boltzmann, eV, nm
from fem.evolve import evolve
from fem.fields import Array, Field
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall

LENGTH, WIDTH, KT = 400 * nm, 40 * nm, 300.0 * boltzmann
LOSSES = [
    recombination("radiative", Radiative(1e-16)),
    recombination("lifetimes", ShockleyReadHall(1e-8, 1e-7)),
]


def bar(count: int, across: int = 3) -> MeshTri:
    return rectangle(np.linspace(0, LENGTH, count + 1), np.linspace(0, WIDTH, across + 1), lines=(LENGTH / 2,))


def narrowing(x: Array, y: Array) -> Array:
    """A gap that falls by 0.2 eV along the film and by 0.03 eV across it."""
    return GAP - 0.2 * eV * x / LENGTH - 0.03 * eV * y / WIDTH


def deepening(x: Array, y: Array) -> Array:
    """An affinity that grows by half of what the gap loses along the film."""
    return AFFINITY + 0.1 * eV * x / LENGTH + 0.0 * y


def densifying(x: Array, y: Array) -> Array:
    return STATES * (1 + x / LENGTH) + 0.0 * y


STEP: tuple[Field, Field] = (
    {"grain_0": AFFINITY, "grain_1": AFFINITY + 0.1 * eV},
    {"grain_0": GAP, "grain_1": GAP - 0.2 * eV},
)
STATED: dict[str, tuple[Field, Field, Field]] = {
    "functions": (deepening, narrowing, densifying),
    "regions": (*STEP, STATES),
    "mixed": ({"grain_0": AFFINITY, "grain_1": deepening}, narrowing, STATES),
}


@pytest.mark.parametrize("stated", STATED)
def test_graded_bands_rest_without_current(stated: str, verify: Verification) -> None:
    affinity, gap, states = STATED[stated]
    graded = Semiconductor(affinity, gap, states, STATES, MOBILITY, MOBILITY, doping=1e21)
    model = film(bar(40), graded, electrodes(), reactions=LOSSES)
    state = model.initial_state()
    found = levels(model, state)
    assert np.ptp(found) < 1e-6
    flow = max(float(np.abs(one).max()) for law in model.system.laws for _, one in law.fluxes(model.initial_values()))
    thermal = max(float(np.abs(one.transport.weights).max()) for one in model.populations)
    quantity = f"largest flux of a carrier in a film with graded bands at rest over its diffusive unit, {stated}"
    verify(id="detailed balance", quantity=quantity, measured=flow / thermal, expected=0.0, tolerance=1e-9)
    biased = film(bar(40), graded, electrodes(0.1), reactions=LOSSES).initial_state()
    assert abs(current_density(model, state)) < 1e-9 * abs(current_density(model, biased))


def test_the_product_of_the_densities_follows_the_gap(verify: Verification) -> None:
    """n p = N_c N_v exp(-E_g / kT) with the gap of the place, of second order in the cells over the film.

    A density is the mean of a control volume, whose middle may lie off its node by part of a cell.
    """
    graded = Semiconductor(deepening, narrowing, densifying, STATES, MOBILITY, MOBILITY, doping=1e21)
    sizes, errors = [1 / 20, 1 / 40, 1 / 80], []
    for size in sizes:
        count = round(1 / size)
        model = film(bar(count, count // 10), graded, electrodes(), reactions=LOSSES)
        (x, y), (n, p), areas = model.mesh.p, model.initial_state().carriers, model.volumes
        exact = densifying(x, y) * STATES * np.exp(-narrowing(x, y) / KT)
        errors.append(abs(float(areas @ (n * p) / (areas @ exact)) - 1.0))
    quantity = "n p in a film with a graded gap over N_c N_v exp(-E_g / kT), less 1, in cells of 5 nm"
    verify(id="detailed balance", quantity=quantity, measured=errors[-1], expected=0.0, tolerance=0.01,
           order=Order(observed_order(sizes, errors), least=1.7))  # fmt: skip


def test_a_graded_band_does_not_drive_the_majority(verify: Verification) -> None:
    """A doped film is neutral whatever its bands, so that it conducts as if they were flat: J = e mu N V / L."""
    flat, graded = bands(doping=1e23), replace(bands(doping=1e23), electron_affinity=deepening, band_gap=narrowing)
    currents = []
    for semiconductor in (flat, graded):
        model = film(bar(80), semiconductor, electrodes(0.01), reactions=LOSSES)
        *_, last = evolve(model, np.array([0.0, 1e-3]))
        currents.append(current_density(model, last.state))
    quantity = "current of a doped film with graded bands over that with flat ones"
    verify(id="junction", quantity=quantity, measured=currents[1] / currents[0], expected=1.0, tolerance=0.01)
