"""Double layers in equilibrium: Gouy-Chapman, one ion over a background, site exclusion; charge, profile, saturation.

The film between a stepped electrode and a reservoir relaxes until nothing moves; its charge and profile are compared
with the theory of the semi-infinite film. Meshes are refined uniformly; the coarsest first cell is half a decay length.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from double_layers import BULK, DENSITY, SINGLE_LENGTH, WIDTH, Layer, relaxed
from films_for_theory import VOLT, closed_cell, equilibrium, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from theory.double_layer import (
    charge_by_quadrature,
    depletion_charge,
    electrode_potentials,
    gouy_chapman_potential,
    single_ion_charge,
    single_ion_concentration,
    steric_concentration,
)
from verification import Order, Verification, observed_order

from fem.fields import Array


def charge_errors(layer: Layer, finenesses: Sequence[float]) -> list[float]:
    return [float(relaxed(layer, fine)[1].contact_charge[0] / WIDTH / layer.charge - 1) for fine in finenesses]


def verify_charge(verify: Verification, id: str, layer: Layer, finenesses: Sequence[float]) -> None:
    """Second order in the edge length, the value on the finest mesh, and what remains after extrapolation."""
    errors = charge_errors(layer, finenesses)
    order = Order(observed_order([1 / fine for fine in finenesses], np.abs(errors).tolist()), 1.85)
    # With h = decay length / (2 fineness) at the electrode: h^2 / 8 of the second derivative, in decay lengths.
    bound = 1 / (32 * finenesses[-1] ** 2)
    tag = f"charge, {layer}, first cell {1 / (2 * finenesses[-1]):.3g} decay lengths"
    verify(id=id, quantity=tag, measured=errors[-1] + 1, expected=1.0, tolerance=bound, order=order)
    ratio = (finenesses[-1] / finenesses[-2]) ** 2
    extrapolated = (ratio * errors[-1] - errors[-2]) / (ratio - 1)
    verify(id=id, quantity=f"charge, {layer}, extrapolated", measured=extrapolated + 1, expected=1.0, tolerance=1e-4)


GOUY_CHAPMAN = [Layer(2, phi0) for phi0 in (1.0, 4.0, 8.0)]
SINGLE = [Layer(1, -4.0), Layer(1, -8.0), Layer(1, 40.0), Layer(1, -4.0, 0.05), Layer(1, -20.0, 0.05)]
STERIC = [Layer(2, 4.0, 0.1), Layer(2, 10.0, 0.1)]
ALL = [("D1", GOUY_CHAPMAN), ("D2", SINGLE), ("D3", STERIC)]
STEEP = {Layer(2, 8.0), Layer(1, -8.0), Layer(1, -20.0, 0.05), Layer(2, 10.0, 0.1)}  # need many nodes or steps
CASES = [
    pytest.param(id, layer, id=f"{id}, {layer}", marks=[pytest.mark.slow] if layer in STEEP else [])
    for id, layers in ALL
    for layer in layers
]


@pytest.mark.parametrize(("id", "layer"), CASES)
def test_surface_charge_converges_at_second_order(id: str, layer: Layer, verify: Verification) -> None:
    verify_charge(verify, id, layer, (1, 2, 4))


@pytest.mark.slow
@pytest.mark.parametrize(("id", "layer"), CASES)
def test_surface_charge_on_fine_meshes(id: str, layer: Layer, verify: Verification) -> None:
    verify_charge(verify, id, layer, (2, 4, 8))


@pytest.mark.parametrize(("id", "layer"), CASES)
def test_closed_forms_agree_with_quadrature_of_the_space_charge(id: str, layer: Layer) -> None:
    numeric = charge_by_quadrature(layer.space_charge, BULK.permittivity, VOLT, layer.phi0)
    assert layer.charge == pytest.approx(numeric, rel=1e-10, abs=0.0)


@pytest.mark.parametrize("layer", GOUY_CHAPMAN[:2], ids=str)
def test_potential_follows_gouy_and_chapman(layer: Layer, verify: Verification) -> None:
    errors = []
    for fine in (1, 2, 4):
        model, state = relaxed(layer, fine)
        exact = gouy_chapman_potential(BULK, layer.phi0, model.mesh.p[1])
        errors.append(float(np.sqrt(model.volumes @ (state.potential / VOLT - exact) ** 2 / model.volumes.sum())))
    order = Order(observed_order([1, 1 / 2, 1 / 4], errors), 1.8)
    what = f"root mean square error of the potential [kT/e], {layer}"
    verify(id="D1", quantity=what, measured=errors[-1], expected=0.0, tolerance=3e-4, order=order)


@pytest.mark.parametrize(("id", "layer"), CASES)
def test_ions_are_in_equilibrium_with_the_potential_at_every_node(id: str, layer: Layer, verify: Verification) -> None:
    _, state = relaxed(layer, 2)
    phi = state.potential / VOLT
    theory: Callable[[int], Array] = (
        (lambda z: single_ion_concentration(BULK, phi, layer.nu))
        if layer.mobile == 1
        else (lambda z: steric_concentration(BULK, phi, layer.nu, z))
    )
    worst = max(float(np.abs(c / theory(z) - 1).max()) for z, c in zip((1, -1), state.concentrations, strict=False))
    what = f"largest relative departure from the equilibrium distribution, {layer}"
    # Where less than 1e-6 of the sites is free the chemical potential is continued linearly.
    tolerance = 1e-5 if layer.nu and abs(layer.phi0) > 15 else 1e-8
    verify(id=id, quantity=what, measured=worst, expected=0.0, tolerance=tolerance)


SATURATED = [Layer(2, 20.0, 0.1), pytest.param(Layer(2, 40.0, 0.5), marks=pytest.mark.slow)]


@pytest.mark.parametrize("layer", SATURATED, ids=str)
def test_a_full_lattice_carries_the_rest_of_the_charge(layer: Layer, verify: Verification) -> None:
    """Nearly every site at the electrode is taken; the concentration stays at the sites' density."""
    _, state = relaxed(layer, 1)
    charge = state.contact_charge[0] / WIDTH / layer.charge
    verify(id="D3", quantity=f"charge, {layer}, saturated", measured=charge, expected=1.0, tolerance=5e-3)
    filling = state.concentrations.sum(axis=0).max() / (2 * DENSITY / layer.nu)
    verify(id="D3", quantity=f"largest filling, {layer}, saturated", measured=filling, expected=1.0, tolerance=1e-4)


def test_full_depletion_approaches_mott_and_schottky() -> None:
    layer = Layer(1, 40.0)
    # sigma^2 = 2 eps e c0 (V - kT/e) up to exp(-40)
    assert layer.charge / depletion_charge(BULK, 39 * VOLT) == pytest.approx(1.0, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("phi", "nu"), [(8.0, 0.0), (40.0, 0.05)], ids=["dilute", "lattice"])
def test_unequal_layers_share_the_voltage_so_that_charges_are_opposite(
    phi: float, nu: float, verify: Verification
) -> None:
    """A cation over a background between two blocking electrodes: a depletion layer faces an accumulation layer."""
    depleted, filled = electrode_potentials(lambda value: single_ion_charge(BULK, value, nu), phi)
    charge = single_ion_charge(BULK, depleted, nu)
    first = BULK.permittivity * VOLT / charge
    height = 30 * SINGLE_LENGTH + np.sqrt(2 * phi) * SINGLE_LENGTH
    ions = one_ion(DENSITY, DENSITY / nu if nu else None)
    errors, middles = [], []
    for fine in (1, 2, 4):
        mesh = vertical_film(height, WIDTH, Grading(0.5 * min(first, SINGLE_LENGTH), 0.4, WIDTH), fine)
        model = closed_cell(mesh, ions, 0.0, before=phi)
        state = model.initial_state()  # of the film that rests under the bias
        errors.append(float(state.contact_charge[0] / WIDTH / charge - 1))
        bulk = np.abs(mesh.p[1] - (0.55 if nu else 0.6) * height) < 2 * SINGLE_LENGTH
        middles.append(float(state.potential[bulk].mean() / VOLT))
    order = Order(observed_order([1, 1 / 2, 1 / 4], np.abs(errors).tolist()), 1.8)
    case = f"two electrodes {phi:g} kT/e apart" + (f", nu = {nu:g}" if nu else "")
    verify(id="D2", quantity=f"charge, {case}", measured=errors[-1] + 1, expected=1.0, tolerance=2e-3, order=order)
    what = f"potential of the bulk [kT/e], {case}"
    verify(id="D2", quantity=what, measured=middles[-1], expected=-filled, tolerance=3e-3)


def test_the_resting_film_and_the_long_run_agree(verify: Verification) -> None:
    """Bounded Newton from the stated concentrations and time integration from rest end in the same state."""
    mesh = vertical_film(40 * SINGLE_LENGTH, WIDTH, Grading(0.3 * SINGLE_LENGTH, 0.4, WIDTH))
    for ions, name in ((one_ion(DENSITY), "one ion"), (two_ions(DENSITY, 2e25), "two ions on a lattice")):
        resting = closed_cell(mesh, ions, 0.0, before=12.0).initial_state()
        evolved = equilibrium(closed_cell(mesh, ions, 12.0))
        apart = (np.abs(resting.concentrations - evolved.concentrations) / (resting.concentrations + DENSITY)).max()
        what = f"largest relative difference of concentration between steady state and long run, {name}"
        # One implicit Euler step of 1e4 diffusion times leaves 1e-4 lambda / 2L of the way to the steady state.
        verify(id="D2" if len(ions) == 1 else "D3", quantity=what, measured=apart, expected=0.0, tolerance=1e-5)
