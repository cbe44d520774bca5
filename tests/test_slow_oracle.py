"""The fast implementation against the slow oracle: residual, Jacobian, one implicit step, and a transient."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, film, rectangle, thin_column
from numpy.typing import NDArray
from slow_oracle import SlowOracle
from verification import Order, Verification, observed_order

from fem.constants import eV, nm, vacuum_permittivity
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Contact
from fem.physics.drives.drive import ramp, step
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]

SITES = Sublattice("sites", 4e24)
BARRIERS = {"grain_0": 0.58 * eV, "grain_1": 0.52 * eV, "grain_boundary": 0.40 * eV}
MATERIAL = replace(MAPbI3, relative_permittivity={"grain_0": 20.0, "grain_1": 30.0, "grain_boundary": 60.0},
                   fixed_charge={"grain_0": 0.0, "grain_1": 2e23, "grain_boundary": -5e23})  # fmt: skip
IONS: dict[str, tuple[Species, ...]] = {
    "two species, one on a lattice": (replace(VACANCY, sublattice=SITES), replace(INTERSTITIAL, charge=-2)),
    "two species that share a lattice": (replace(VACANCY, sublattice=SITES), replace(INTERSTITIAL, sublattice=SITES)),
    "two species that segregate": (
        replace(VACANCY, segregation_energy={"grain_0": 0.0, "grain_1": 0.02 * eV, "grain_boundary": -0.06 * eV}),
        replace(INTERSTITIAL, segregation_energy={"grain_0": 0.03 * eV, "grain_1": 0.0}),
    ),
}  # fmt: skip


def model(ions: str) -> PoissonNernstPlanck:
    mesh = rectangle(np.linspace(0, 40, 9) * nm, np.linspace(0, 60, 11) * nm, 0.25, lines=(20 * nm,))
    mesh = mesh.with_boundaries({"surface_lines": mesh.boundaries["left"]})
    species = tuple(replace(one, activation_energy={**BARRIERS, "surface": 0.45 * eV}) for one in IONS[ions])
    contacts = (Contact("bottom", 0.1), Contact("top", ramp(0.5, 2.0)))
    return film(mesh, species, contacts, (boundary_lines(4 * nm), surface_lines(2 * nm)), MATERIAL)


def rough_state(fast: PoissonNernstPlanck, seed: int) -> Array:
    """Potentials of several V_T and concentrations over a decade, with room left on the lattice."""
    rng = np.random.default_rng(seed)
    values = np.zeros(fast.unknowns.size)
    fields = fast.unknowns.nodal(values)
    fields[0] = 4.0 * rng.normal(size=fields.shape[1])
    fields[1:] = np.exp(rng.uniform(-2.0, 0.4, size=fields[1:].shape))
    return values


def order(fast: PoissonNernstPlanck) -> NDArray[np.int64]:
    """Number in the fast implementation of each of the oracle's unknowns."""
    return np.arange(fast.unknowns.size).reshape(-1, fast.unknowns.n_fields).T.ravel()


def row_units(oracle: SlowOracle) -> Array:
    """The fast implementation's rows over the oracle's: charge in C/m, except on electrodes."""
    units = np.ones(oracle.size)
    units[: oracle.n] = vacuum_permittivity * oracle.film.volt
    units[np.concatenate([one.nodes for one in oracle.model.electrodes])] = 1.0
    return units


@pytest.mark.parametrize("ions", IONS)
def test_residual_and_jacobian_agree_to_round_off(ions: str, verify: Verification) -> None:
    """Entry by entry at rough states, each row against its largest entry or term."""
    fast, time = model(ions), 1.3
    oracle, system, places = SlowOracle(fast), fast.system.driven_by(fast.pieces(time)), order(fast)
    units, gaps, defects = row_units(oracle), [], []
    for seed in range(3):
        values = rough_state(fast, seed)
        residual, jacobian = oracle.assemble(time, values[places])
        slow = units[:, None] * jacobian.toarray()
        size = np.abs(slow).max(axis=1)
        difference = np.abs(slow - system.jacobian(time, values).toarray()[places][:, places]).max(axis=1)
        gaps.append(float((difference / size).max()))
        terms = np.abs(slow) @ (1.0 + np.abs(values[places]))
        defect = np.abs(units * residual - system.residual(time, values)[places])
        defects.append(float((defect / terms).max()))
    for what, measured in (("Jacobian", max(gaps)), ("residual", max(defects))):
        quantity = f"{what} against the slow oracle, {ions}"
        verify(id="D20", quantity=quantity, measured=measured, expected=0.0, tolerance=1e-13)


def test_one_implicit_step_agrees(verify: Verification) -> None:
    """The same nonlinear system solved twice, from the same state over the same step."""
    fast = model("two species that share a lattice")
    oracle, system, places = SlowOracle(fast), fast.system.driven_by(fast.pieces(0.0)), order(fast)
    values = np.zeros(fast.unknowns.size)
    values[places] = oracle.start()
    for length in (1e-3, 1e-2, 1e-1):
        one = implicit_euler_step(system, best_solver(), 0.0, values, length, Statistics())
        other = oracle.step(0.0, values[places], length)
        verify(id="D20", quantity=f"implicit Euler step of {length:g} s against the slow oracle",
               measured=float(np.abs(one[places] - other).max()), expected=0.0, tolerance=1e-9)  # fmt: skip


def test_transients_agree_to_the_time_error_of_the_oracle(verify: Verification) -> None:
    """Charges after a step of the voltage: the difference falls in proportion to backward Euler's steps."""
    column, contacts = thin_column(60 * nm, 2 * nm, 8 * nm), (Contact("bottom", 0.0), Contact("top", step(0.3)))
    fast = film(column, (VACANCY, INTERSTITIAL), contacts)
    outputs, counts, errors = np.array([0.0, 0.02, 0.1, 0.5]), (4, 8, 16), []
    exact = np.array([output.state.contact_charge for output in evolve(fast, outputs, 1e-6)])[1:]
    for count in counts:
        oracle, places = SlowOracle(fast), np.linspace(0.0, 3.0, 3 * count + 1)
        states = list(oracle.run(np.interp(places, np.arange(4), outputs)))[count - 1 :: count]
        charges = np.array([oracle.charge(values) for values in states])
        errors.append(float(np.abs(charges - exact).max() / np.abs(exact).max()))
    found = Order(observed_order([1 / count for count in counts], errors), 0.9)
    verify(id="D20", quantity="charge of a transient against the slow oracle, 16 steps per output",
           measured=errors[-1], expected=0.0, tolerance=5e-3, order=found)  # fmt: skip
