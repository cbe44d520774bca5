"""The Jacobian is the derivative of the residual: every entry against finite differences, at rough states."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, film, rectangle
from numpy.typing import NDArray
from verification import Verification

from fem.constants import eV, nm
from fem.coupled.system import CoupledSystem
from fem.model import PoissonNernstPlanck
from fem.physics.alteration import Alteration
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, IonExchange, Reservoir
from fem.physics.drives.drive import ramp, sine
from fem.physics.layers import boundary_lines
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]

SITES = Sublattice("halide sites", 4e24)
COATING = Coating(2 * nm, 5.0)
BARRIERS = {"grain_0": 0.58 * eV, "grain_1": 0.56 * eV, "grain_boundary": 0.40 * eV}
SEGREGATION = {"grain_0": 0.0, "grain_1": 0.02 * eV, "grain_boundary": -0.06 * eV}
GRAIN_SEGREGATION = {"grain_0": 0.0, "grain_1": 0.02 * eV}

SPECIES = {
    "one species": (VACANCY,),
    "opposite charges": (VACANCY, replace(INTERSTITIAL, charge=-2)),
    "one on a lattice": (replace(VACANCY, sublattice=SITES), INTERSTITIAL),
    "shared lattice": (replace(VACANCY, sublattice=SITES), replace(INTERSTITIAL, sublattice=SITES)),
    "segregation": (
        replace(VACANCY, segregation_energy=SEGREGATION),
        replace(INTERSTITIAL, segregation_energy=SEGREGATION),
    ),
    "altered by a trap and by each other": (
        replace(VACANCY, altered_by=(Alteration("trap", 2e22, 0.1), Alteration("interstitial", 3e24, 4.0))),
        replace(INTERSTITIAL, sublattice=SITES, altered_by=(Alteration("interstitial", 2e24, 0.3),)),
        Species.immobile("trap", 0, 1e22),
    ),
    "segregation on a lattice": (
        replace(VACANCY, segregation_energy=GRAIN_SEGREGATION, sublattice=SITES),
        replace(INTERSTITIAL, segregation_energy=GRAIN_SEGREGATION, sublattice=SITES),
    ),
}
LAWS: dict[str, dict[str, IonExchange]] = {
    "blocking": {},
    "reservoir": {"vacancy": Reservoir(1e-8, 2e24)},
    "reaction": {"vacancy": ElectrodeReaction(1e-9, 5e23, 0.05, symmetry=0.3)},
}


def model(species: tuple[Species, ...], ions: dict[str, IonExchange], coating: Coating | None) -> PoissonNernstPlanck:
    mesh = rectangle(np.array([0, 8, 16, 30]) * nm, np.array([0, 5, 20, 35, 40]) * nm, lines=(16 * nm,))
    contacts = (Contact("bottom", sine(0.3, 2.0, 0.1), ions), Contact("top", ramp(0.5, 2.0), ions, coating))
    barred = tuple(replace(one, activation_energy=BARRIERS) if one.diffusivity_prefactor else one for one in species)
    return film(mesh, barred, contacts, layers=(boundary_lines(4 * nm),))


def rough_state(system: CoupledSystem, volts: float, rng: np.random.Generator, filling: float = 0.0) -> Array:
    """Random unknowns: potentials of the size `volts` [V_T], concentrations over decades or filled to `filling`."""
    values = np.zeros(system.unknowns.size)
    fields = system.unknowns.nodal(values)
    fields[0] = volts * rng.normal(size=fields.shape[1])
    fields[1:] = np.exp(1.2 * rng.normal(size=fields[1:].shape))
    for sites in system.unknowns.sublattices:
        taken = system.unknowns.filling(sites, fields)
        wanted = rng.uniform(0.3, 0.9, len(taken)) if filling == 0 else np.full(len(taken), filling)
        fields[[m + 1 for m in system.unknowns.members(sites)]] *= wanted / taken
    system.unknowns.entered(values)[:] = 0.3
    return values


def by_differences(system: CoupledSystem, time: float, values: Array, step: float) -> Array:
    """Derivative of the residual by fourth-order central differences, column by column, dense."""
    columns = []
    for n in range(len(values)):
        h = np.zeros_like(values)
        h[n] = step
        near = system.residual(time, values + h) - system.residual(time, values - h)
        far = system.residual(time, values + 2 * h) - system.residual(time, values - 2 * h)
        columns.append((8 * near - far) / (12 * step))
    return np.array(columns).T


def deviation(system: CoupledSystem, time: float, values: Array, step: float) -> float:
    """Largest difference between Jacobian and finite differences, each row against its largest entry.

    Rows of what neither moves nor reacts are empty, no others.
    """
    exact = system.jacobian(time, values).toarray()
    size = np.abs(exact).max(axis=1, keepdims=True)
    still = np.zeros(len(values), dtype=bool)
    system.unknowns.nodal(still)[1:] = [[not one.mobile] for one in system.unknowns.populations]
    assert (size[~still] > 0).all()
    size[size == 0] = 1.0
    return float((np.abs(by_differences(system, time, values, step) - exact) / size).max())


@pytest.mark.parametrize("volts", [0.1, 2.0, 40.0])
@pytest.mark.parametrize("species", SPECIES)
def test_film(species: str, volts: float, verify: Verification) -> None:
    one = model(SPECIES[species], {}, None)
    system = one.system.driven_by(one.pieces(0.3))
    values = rough_state(system, volts, np.random.default_rng(3))
    measured = deviation(system, 0.3, values, 1e-4)
    quantity = f"largest error of the Jacobian, {species}, potential differences of {volts:g} thermal voltages"
    verify(id="D20", quantity=quantity, measured=measured, expected=0.0, tolerance=1e-8)


@pytest.mark.parametrize("coating", [None, COATING], ids=["bare", "coated"])
@pytest.mark.parametrize("ions", LAWS)
def test_contacts(ions: str, coating: Coating | None) -> None:
    one = model(SPECIES["shared lattice"], LAWS[ions], coating)
    system = one.system.driven_by(one.pieces(0.3))
    assert len(system.unknowns.exchanges) == (0 if ions == "blocking" else 2)
    for seed in range(3):
        values = rough_state(system, 3.0, np.random.default_rng(seed))
        assert deviation(system, 0.3, values, 1e-4) < 1e-8


@pytest.mark.parametrize(
    ("filling", "step", "tolerance"),
    [(0.99, 2e-6, 1e-6), (0.9999, 2e-8, 1e-5), (1.00001, 1e-9, 1e-5), (1.0004, 1e-9, 1e-5)],
)
def test_near_and_beyond_saturation(filling: float, step: float, tolerance: float) -> None:
    one = model(SPECIES["shared lattice"], {}, None)
    system = one.system.driven_by(one.pieces(0.3))
    values = rough_state(system, 1.0, np.random.default_rng(5), filling)
    assert deviation(system, 0.3, values, step) < tolerance


@pytest.mark.parametrize("coating", [None, COATING], ids=["bare", "coated"])
@pytest.mark.parametrize("ions", LAWS)
def test_derivative_by_time_while_the_drives_move(ions: str, coating: Coating | None) -> None:
    one = model(SPECIES["opposite charges"], LAWS[ions], coating)
    system = one.system.driven_by(one.pieces(0.3))
    values, h = rough_state(system, 3.0, np.random.default_rng(7)), 1e-4
    near = system.residual(0.3 + h, values) - system.residual(0.3 - h, values)
    far = system.residual(0.3 + 2 * h, values) - system.residual(0.3 - 2 * h, values)
    exact = system.time_derivative(0.3, values)
    rows = [slice(0, None, 3), slice(1, None, 3), slice(2, None, 3)]
    assert np.abs(exact).max() > 0
    for part in rows:
        scale = np.abs(exact[part]).max() + 1e-9 * np.abs(system.residual(0.3, values)[part]).max()
        np.testing.assert_allclose(((8 * near - far) / (12 * h))[part], exact[part], rtol=0, atol=1e-6 * scale)


def test_pattern_is_the_same_at_every_state_and_rate() -> None:
    one = model(SPECIES["segregation"], LAWS["reaction"], COATING)
    system = one.system.driven_by(one.pieces(0.3))
    first = system.jacobian(0.3, rough_state(system, 0.0, np.random.default_rng(1)))
    second = system.jacobian(0.3, rough_state(system, 90.0, np.random.default_rng(2)))
    shifted = system.shifted(second, 1e7)
    for other in (second, shifted):
        assert np.array_equal(first.indptr, other.indptr)
        assert np.array_equal(first.indices, other.indices)
    dense = 1e7 * np.diag(system.mass) - second.toarray()
    np.testing.assert_allclose(shifted.toarray(), dense, rtol=1e-15)


def test_newton_converges_quadratically_on_an_implicit_step() -> None:
    """An inexact Jacobian shows as linear convergence: each update must be about the square of the one before."""
    one = model(SPECIES["segregation"], LAWS["reaction"], COATING)
    system = one.system.driven_by(one.pieces(0.3))
    values = system.hold_algebraic(0.3, one.initial_values())
    rate, guess, sizes = 1e2, values.copy(), []
    for _ in range(12):
        matrix = system.shifted(system.jacobian(0.3, guess), rate).toarray()
        change = np.linalg.solve(matrix, system.residual(0.3, guess) - rate * system.mass * (guess - values))
        guess = guess + change
        sizes.append(system.scaled_norm(change, guess))
    assert min(sizes) < 1e-12
    fast = [(a, b) for a, b in pairwise(sizes) if 1e-6 < a < 1e-2]
    assert fast and all(after < 30 * before**2 for before, after in fast), sizes
