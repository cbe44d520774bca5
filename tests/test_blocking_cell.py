"""Blocking cells at rest: profiles without flux, exact at any cell Peclet number, and ions that are never lost.

Where profiles are compared the ions are so few (Debye length 6 mm, film of 200 nm) that the field stays uniform.
"""

import numpy as np
import pytest
from films_for_theory import VOLT, closed_cell, equilibrium, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from skfem import MeshTri
from theory.blocking_cell import dilute_profile, lattice_profile
from verification import Order, Verification, observed_order

from fem.constants import nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck

FEW = 1e12  # [1/m^3]
HEIGHT, WIDTH, EDGE = 200 * nm, 60 * nm, 20 * nm
EVEN = Grading(EDGE, 0.0, EDGE)


def unscreened(drop: float, fineness: float = 1.0, filling: float | None = None) -> PoissonNernstPlanck:
    """Film whose cations gain `drop` kT from bottom to top, on a lattice of mean `filling`."""
    mesh = vertical_film(HEIGHT, WIDTH, EVEN, fineness)
    return closed_cell(mesh, one_ion(FEW, FEW / filling if filling else None), drop)


def test_field_without_screening_is_uniform(verify: Verification) -> None:
    model = unscreened(40.0)
    field = model.electric_field(equilibrium(model)) / (40 * VOLT / HEIGHT)
    worst = float(max(np.abs(field[0]).max(), np.abs(field[1] - 1).max()))
    verify(id="D5", quantity="departure from the uniform field", measured=worst, expected=0.0, tolerance=1e-8)


@pytest.mark.parametrize("cell_peclet", [0.5, 5.0, 20.0])
def test_the_barometric_formula_is_exact_at_nodes(cell_peclet: float, verify: Verification) -> None:
    model = unscreened(0.0)
    steepest = np.abs(np.diff(model.mesh.p[1][model.mesh.facets], axis=0)).max() / HEIGHT
    model = unscreened(drop := float(cell_peclet / steepest))
    ions, height = equilibrium(model).concentrations[0], model.mesh.p[1] / HEIGHT
    seen = ions > 1e-12 * ions.max()
    constant = np.log(ions[seen]) - drop * height[seen]
    what = f"spread of ln c - x / l over the nodes, cell Peclet number {cell_peclet:g}"
    verify(id="D5", quantity=what, measured=np.ptp(constant), expected=0.0, tolerance=1e-8)
    assert ions.min() > 0


def test_dilute_profile_converges_at_second_order(verify: Verification) -> None:
    errors = []
    for fine in (1, 2, 4):
        model = unscreened(5.0, fine)
        exact = dilute_profile(model.mesh.p[1] / HEIGHT, 5.0)
        errors.append(float(model.volumes @ np.abs(equilibrium(model).concentrations[0] / FEW - exact)))
    order = Order(observed_order([1, 1 / 2, 1 / 4], errors), 1.8)
    measured = errors[-1] / (HEIGHT * WIDTH)
    what = "mean error of the profile over the mean concentration, 5 kT across the cell"
    verify(id="D5", quantity=what, measured=measured, expected=0.0, tolerance=2e-3, order=order)


@pytest.mark.parametrize(("drop", "filling"), [(10.0, 0.5), (20.0, 0.3)])
def test_lattice_profile_is_a_fermi_function(drop: float, filling: float, verify: Verification) -> None:
    model = unscreened(drop, 4, filling)
    height = model.mesh.p[1] / HEIGHT
    share = equilibrium(model).concentrations[0] / FEW * filling
    constant = np.log(share / (1 - share)) - drop * height
    case = f"{drop:g} kT across the cell, filling {filling:g}"
    what = f"spread of the chemical potential over the nodes [kT], {case}"
    verify(id="D5", quantity=what, measured=np.ptp(constant), expected=0.0, tolerance=1e-8)
    worst = float(np.abs(share - lattice_profile(height, drop, filling)).max())
    what = f"largest error of the lattice's filling, {case}"
    verify(id="D5", quantity=what, measured=worst, expected=0.0, tolerance=1e-4)


CLOSED = {
    "no screening, 20 kT per cell": lambda: unscreened(180.0),
    "one ion, screening, 1 V": lambda: closed_cell(screening_mesh(), one_ion(1e24), 1 / VOLT),
    "two ions, screening, 0.5 V": lambda: closed_cell(screening_mesh(), two_ions(1e24), 0.5 / VOLT),
    "two ions on a lattice, 0.3 V": lambda: closed_cell(screening_mesh(), two_ions(1e24, 2e25), 0.3 / VOLT),
}


def screening_mesh() -> MeshTri:
    return vertical_film(HEIGHT, 0.2 * WIDTH, Grading(1 * nm, 0.3, 6 * nm))


@pytest.mark.parametrize("name", CLOSED)
def test_no_ion_is_lost_and_none_is_negative(name: str, verify: Verification) -> None:
    model = CLOSED[name]()
    start = model.total_ions(model.initial_state())
    worst, lowest = 0.0, np.inf
    for output in evolve(model, np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 60)])):
        worst = max(worst, float(np.abs(model.total_ions(output.state) / start - 1).max()))
        lowest = min(lowest, output.statistics.lowest_relative_concentration)
    what = f"largest relative drift of the ions' number, {name}"
    verify(id="D5", quantity=what, measured=worst, expected=0.0, tolerance=1e-12)
    what = f"largest concentration below zero in a step, over the mean, {name}"
    verify(id="D5", quantity=what, measured=max(0.0, -lowest), expected=0.0, tolerance=1e-9)
