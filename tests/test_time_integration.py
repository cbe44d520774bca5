"""What the time integrator promises: the same answer from every linear solver, few factorisations, no wasted steps."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, film, gap, small_film, thin_column
from numpy.typing import NDArray
from verification import Verification

from fem.constants import eV, nm
from fem.evolve import Output, StepReport, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics import sparse_direct
from fem.numerics.adaptive import Cursor, _implicit, integrate
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import SolverError, best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, Reservoir
from fem.physics.drives.drive import sine, square, step
from fem.physics.materials import MAPbI3
from fem.physics.species import Species, Sublattice
from meshes import MeshSizes, Strips, columnar, triangulate

Array = NDArray[np.float64]

DECADES = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 37)])
LATTICE = Sublattice("sites", 6e24)


def charges(outputs: list[Output]) -> Array:
    return np.array([output.state.contact_charge for output in outputs])


# --- linear solvers ---------------------------------------------------------------------------------------------------

FILMS: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "two ions": lambda: small_film((Contact("bottom", 0.0), Contact("top", step(0.6))), (VACANCY, INTERSTITIAL)),
    "reactions, a coating and a sine": lambda: small_film(
        (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 2e24)}),
         Contact("top", sine(0.5, 0.3), {"vacancy": ElectrodeReaction(1e-9, 1e24, 0.1)}, Coating(2 * nm, 5.0))),
        (VACANCY, INTERSTITIAL),
    ),
    "a lattice half full": lambda: small_film(
        (Contact("bottom", 0.0), Contact("top", step(0.3))), (replace(VACANCY, sublattice=LATTICE),)
    ),
    "a lattice that fills": lambda: small_film(
        (Contact("bottom", 0.0), Contact("top", step(2.0))), (replace(VACANCY, sublattice=LATTICE),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILMS)
def test_results_do_not_depend_on_the_linear_solver(
    case: str, monkeypatch: pytest.MonkeyPatch, verify: Verification
) -> None:
    pytest.importorskip("pypardiso")
    times = np.array([0.0, *np.geomspace(1e-3, 10.0, 9)])
    fast = list(evolve(FILMS[case](), times))

    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'pypardiso'")

    monkeypatch.setattr(sparse_direct, "Pardiso", missing)
    slow = list(evolve(FILMS[case](), times))
    assert [one[-1].statistics.solver for one in (fast, slow)] == ["MKL PARDISO", "SuperLU (SciPy)"]
    pairs = [(one.state, other.state) for one, other in zip(fast, slow, strict=True)]
    ions = max(gap(one.concentrations, other.concentrations) for one, other in pairs)
    for quantity, found in (("ions", ions), ("charge", gap(charges(fast), charges(slow)))):
        verify(id="N1", quantity=f"{case}: {quantity}, PARDISO against SuperLU, nine outputs over four decades",
               measured=found, expected=0.0, tolerance=1e-8)  # fmt: skip


# --- periodic drives --------------------------------------------------------------------------------------------------


def test_a_square_wave_soon_takes_no_step_to_start_again(verify: Verification) -> None:
    """The step that the error allowed after one jump is tried after the next, so periods get cheap."""
    model = small_film((Contact("bottom", 0.0), Contact("top", square(0.8, -0.8, 1.0))))
    times, path = np.linspace(0.0, 10.0, 41), list[StepReport]()
    outputs = list(evolve(model, times, on_step=path.append))
    reference = charges(list(evolve(model, times, 1e-4)))
    first, last = (sum(begin < one.time <= begin + 1.0 for one in path) for begin in (0.0, 9.0))
    done = outputs[-1].statistics
    assert done.rejected_for_error + done.rejected_for_bounds <= 2
    assert first >= 2 * last
    verify(id="N1", quantity="square wave: factorisations per period, the last of ten periods with two jumps each",
           measured=last, expected=4, tolerance=0.5)  # fmt: skip
    verify(id="N1", quantity="square wave: charge at 41 times over ten periods, against a hundredth of the tolerance",
           measured=gap(charges(outputs), reference), expected=0.0, tolerance=1e-4)  # fmt: skip


@pytest.mark.parametrize("volts", [0.8, 0.01])
def test_a_sine_is_followed_at_the_default_tolerance(volts: float, verify: Verification) -> None:
    """The charge is what users look at: a small share of the tolerance is its own, however few ions it moves."""
    model = small_film((Contact("bottom", 0.0), Contact("top", sine(volts, 1.0))))
    times = np.linspace(0.0, 5.0, 101)
    outputs, reference = (list(evolve(model, times, tolerance)) for tolerance in (1e-2, 1e-5))
    assert outputs[-1].statistics.factorisations <= 60
    verify(id="N1", quantity=f"sine of {volts:g} V, 1 Hz: charge at 101 times over five periods, against a finer run",
           measured=gap(charges(outputs), charges(reference)), expected=0.0, tolerance=5e-4)  # fmt: skip


# --- near saturation --------------------------------------------------------------------------------------------------


def full_film(volts: float) -> PoissonNernstPlanck:
    """A column whose electrode layer is full of ions over tens of nanometres at the `volts` [V] of these tests."""
    ions = (replace(VACANCY, sublattice=LATTICE),)
    return film(thin_column(200 * nm, 1 * nm), ions, (Contact("bottom", 0.0), Contact("top", step(volts))))


def test_a_filling_lattice_costs_few_factorisations(verify: Verification) -> None:
    """RODAS4 runs away where a front of full sites passes; implicit Euler steps take it through and hand back."""
    times = np.array([0.0, *np.geomspace(1e-3, 1e4, 8)])
    outputs = list(evolve(full_film(10.0), times))
    reference = list(evolve(full_film(10.0), times, 1e-3))
    done = outputs[-1].statistics
    assert done.implicit_steps > 10 and done.factorisations < 450, done
    assert "it led to" in done.last_cut or "error" in done.last_cut
    verify(id="N1", quantity="lattice that fills at 10 V: charge at eight times, against a tenth of the tolerance",
           measured=gap(charges(outputs), charges(reference)), expected=0.0, tolerance=1e-3)  # fmt: skip


@pytest.mark.parametrize("size", [1e-3, 1e-2])
def test_the_estimated_error_of_an_implicit_step_is_its_error(size: float) -> None:
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY, INTERSTITIAL))
    system, solver = model.system.driven_by(model.pieces(0.0)), best_solver()
    values = system.hold_algebraic(0.0, model.initial_values())
    for _ in range(20):  # past the fastest modes
        values = implicit_euler_step(system, solver, 0.0, values, 0.02, Statistics())
    stretch, _ = _implicit(system, solver, Cursor(0.4, values, size), size, 1e-4, Statistics())
    assert stretch is not None
    exact = values
    for _ in range(64):
        exact = implicit_euler_step(system, solver, 0.0, exact, size / 64, Statistics())
    missed = system.unknowns.nodal(stretch.last - exact)[1:]
    np.testing.assert_allclose(missed, system.unknowns.nodal(stretch.error)[1:], atol=0.1 * float(np.abs(missed).max()))


def test_a_step_that_collapses_says_why() -> None:
    """A drive that nothing can follow: the message names the time, the last cut and the knobs."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))))
    system = model.system.driven_by(model.pieces(0.0))

    class Torn(type(system)):  # type: ignore[misc]
        """The film, with bounds that no state keeps."""

        def outside(self, values: Array, allowance: float) -> str | None:
            return "a state that cannot be"

    system.__class__ = Torn
    start = Cursor(0.0, system.hold_algebraic(0.0, model.initial_values()), 1e-3)
    with pytest.raises(SolverError, match=r"collapsed to .* \(last cut: .* it led to a state that cannot be.*ramp"):
        list(integrate(system, best_solver(), start, 1.0, 1e-2, Statistics()))


# --- the standard film ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_standard_vertical_film_takes_few_factorisations(verify: Verification) -> None:
    """Eight columnar grains of 1000 x 400 nm with strips, 1 V, 1 us to 1000 s, at the default tolerance."""
    grains = columnar(1000 * nm, 400 * nm, grains=8, seed=1)
    sizes, strips = MeshSizes(1 * nm, 4 * nm, 7.2 * nm), Strips(4 * nm, 4, skin=6 * nm)
    mesh = triangulate(grains, sizes, electrodes=("bottom", "top"), boundaries=strips)
    barriers = {"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV}
    contacts = [Contact("bottom", 0.0), Contact("top", step(1.0))]
    model = PoissonNernstPlanck(mesh, MAPbI3, [Species("vacancy", 1, 1e24, 6.5e-8, barriers)], contacts)
    assert mesh.p.shape[1] > 21_000
    outputs, reference = (list(evolve(model, DECADES, tolerance)) for tolerance in (1e-2, 1e-4))
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9
    beyond = max(outputs[-1].statistics.factorisations - 50, 0)
    verify(id="N1", quantity="standard vertical film, 21k nodes, nine decades: factorisations beyond the 50 allowed",
           measured=beyond, expected=0, tolerance=0.0)  # fmt: skip
    verify(id="N1", quantity="standard vertical film, 21k nodes, nine decades: charge, against a finer run",
           measured=gap(charges(outputs), charges(reference)), expected=0.0, tolerance=1e-4)  # fmt: skip
