"""The direct solvers on Jacobians of real films: they agree, meet every row, analyse once and refuse bad matrices."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from films_with_carriers import bands, bar
from films_with_carriers import film as carrier_film
from irregular_films import INTERSTITIAL, VACANCY, film, graded, rectangle
from numpy.typing import NDArray
from scipy import sparse

from fem.constants import nm
from fem.coupled.system import CoupledSystem
from fem.evolve import evolve
from fem.numerics import sparse_direct
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import OutOfMemoryError, Pardiso, SolverError, SparseDirect, SuperLU, best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import CarrierContact, Coating, Contact, ElectrodeReaction
from fem.physics.drives.drive import step
from fem.physics.species import Sublattice

Array = NDArray[np.float64]

pytest.importorskip("pypardiso")
RATES = np.logspace(-8, 8, 9)


@pytest.fixture(scope="module")
def system() -> CoupledSystem:
    sites = Sublattice("sites", 2.5e25)
    ions = (replace(VACANCY, sublattice=sites), replace(INTERSTITIAL, sublattice=sites))
    mesh = rectangle(np.linspace(0, 100, 11) * nm, graded(200 * nm, 0.5 * nm, largest=10 * nm))
    contacts = (Contact("bottom", 0.0, {"vacancy": ElectrodeReaction(1e-9, 1e24)}),
                Contact("top", step(2.0), {}, Coating(2 * nm, 5.0)))  # fmt: skip
    model = film(mesh, ions, contacts)
    return model.system.driven_by(model.pieces(0.0))


def charged_state(system: CoupledSystem, seed: int) -> Array:
    """Ions and potential some way into charging under 2 V, reached by implicit steps of a random size."""
    values = system.hold_algebraic(0.0, rest(system))
    for size in 10.0 ** np.random.default_rng(seed).uniform(-3, 1, 2):
        values = implicit_euler_step(system, SuperLU(), 0.0, values, float(size), Statistics())
    return values


def rest(system: CoupledSystem) -> Array:
    values = np.zeros(system.unknowns.size)
    system.unknowns.nodal(values)[1:] = system.unknowns.start
    return values


def columnwise_error(one: Array, other: Array, system: CoupledSystem) -> float:
    """Largest difference between two solutions, potentials and ions each against their own largest entry."""
    a, b = system.unknowns.nodal(one), system.unknowns.nodal(other)
    return float((np.abs(a - b).max(axis=1) / np.abs(b).max(axis=1)).max())


def test_pardiso_and_superlu_agree_on_real_jacobians_at_every_step_size(system: CoupledSystem) -> None:
    """To 1e-10, or to what the condition of a nearly steady step (tiny rate) leaves of a known solution."""
    pardiso = Pardiso()  # one analysis for all of them, made at the smallest step rate
    rng = np.random.default_rng(0)
    for n, rate in enumerate(RATES):
        matrix = system.shifted(system.jacobian(0.0, charged_state(system, n)), float(rate))
        known = rng.normal(size=matrix.shape[0])
        reference = SuperLU()
        for solver in (pardiso, reference):
            solver.factorise(matrix)
        one, other = (solver.solve(matrix @ known) for solver in (pardiso, reference))
        attainable = max(1e-10, 100 * columnwise_error(other, known, system))
        assert attainable <= (1e-10 if rate >= 1e-2 else 1e-3)
        assert columnwise_error(one, other, system) <= attainable, f"rate {rate:g} 1/s"


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
def test_every_row_is_solved_to_round_off(make: type[SparseDirect], system: CoupledSystem) -> None:
    """Row by row, because rows of charge are 1e-20 of rows of ions: a norm over all of them would see nothing."""
    solver, rng = make(), np.random.default_rng(1)
    for n, rate in enumerate(RATES):
        matrix = system.shifted(system.jacobian(0.0, charged_state(system, n)), float(rate))
        rhs = matrix @ rng.normal(size=matrix.shape[0])
        solver.factorise(matrix)
        solution = solver.solve(rhs)
        size = abs(matrix) @ np.abs(solution) + np.abs(rhs)
        assert (np.abs(matrix @ solution - rhs) / size).max() < 1e-13, f"rate {rate:g} 1/s"


def test_rows_of_the_few_are_met_too() -> None:
    """Electrons are 1e-20 of the holes and ions; a floor that all kinds share leaves none of their digits right."""
    mesh, ohmic = bar(100 * nm, 1 * nm, 10 * nm), CarrierContact()
    contacts = (Contact("left", 0.0, carriers=ohmic), Contact("right", step(0.8), carriers=ohmic))
    model = carrier_film(mesh, bands(doping=-1e22), contacts, (VACANCY,))
    system, blocks = model.driven(0.0), model.unknowns.blocks
    values = system.hold_algebraic(0.0, model.initial_values())
    matrix, rhs = system.shifted(system.jacobian(0.0, values), 4e10), system.residual(0.0, values)
    missed, largest = [], []
    for solver in (Pardiso(blocks), Pardiso()):
        solver.factorise(matrix)
        solution = solver.solve(rhs)
        defect = np.abs(rhs - matrix @ solution) * sparse_direct.row_scales(matrix)
        largest.append([float(np.abs(solution[block]).max()) for block in blocks])
        missed.append([float(defect[block].max()) for block in blocks])
    few = 2  # potential, vacancies, electrons, holes
    assert largest[0][few] < 1e-20 * largest[0][few + 1]
    assert all(one <= 1e-6 * most for one, most in zip(missed[0], largest[0], strict=True))
    assert missed[1][few] > 0.1 * largest[1][few]


def test_pardiso_analyses_a_pattern_once(system: CoupledSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    phases: list[int] = []
    solver = Pardiso()
    call = solver._call
    monkeypatch.setattr(solver, "_call", lambda phase, rhs: phases.append(phase) or call(phase, rhs))  # type: ignore[func-returns-value]
    for n in range(3):
        solver.factorise(system.shifted(system.jacobian(0.0, charged_state(system, n)), 1.0))
        solver.solve(np.ones(system.unknowns.size))
    assert phases[0] == 11 and phases.count(11) == 1 and phases.count(22) == 3
    assert 3 <= phases.count(33) <= 9  # with up to two refinements each


def test_another_pattern_is_analysed_anew() -> None:
    solver = Pardiso()
    dense = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])
    other = np.array([[4.0, 0.0, 1.0], [1.0, 3.0, 0.0], [1.0, 0.0, 2.0]])
    for matrix in (dense, other, dense):
        solver.factorise(sparse.csr_matrix(matrix))
        np.testing.assert_allclose(matrix @ solver.solve(np.array([1.0, 2.0, 3.0])), [1.0, 2.0, 3.0], rtol=1e-13)


def test_a_pattern_is_known_by_its_places_not_by_their_number() -> None:
    """Two matrices of one size with as many entries, in other places; and one whose columns are out of order."""
    one = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 2.0]])
    other = one[::-1, ::-1]
    shuffled = sparse.csr_matrix(one)
    shuffled.indices[:2], shuffled.data[:2] = shuffled.indices[1::-1].copy(), shuffled.data[1::-1].copy()
    shuffled.has_sorted_indices = False
    solver = Pardiso()
    for matrix in (sparse.csr_matrix(one), sparse.csr_matrix(other), shuffled):
        solver.factorise(matrix)
        rhs = np.array([1.0, 2.0, 3.0])
        np.testing.assert_allclose(matrix.toarray() @ solver.solve(rhs), rhs, rtol=1e-13)


def test_places_that_ions_have_left_cost_few_refinements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their rows hold 1e-16 of the others; what a solve misses there is smaller still."""
    calls: list[tuple[int, int]] = []
    call = Pardiso._call
    monkeypatch.setattr(
        Pardiso, "_call", lambda own, phase, rhs: calls.append((phase, len(rhs))) or call(own, phase, rhs)  # type: ignore[func-returns-value]
    )  # fmt: skip
    mesh = rectangle(np.linspace(0, 100, 11) * nm, graded(400 * nm, 0.5 * nm, largest=10 * nm))
    model = film(mesh, (VACANCY,), (Contact("bottom", 0.0), Contact("top", step(2.0))))
    last = list(evolve(model, np.array([0.0, 1e3])))[-1]
    assert last.state.concentrations.min() < 1e-10 * last.state.concentrations.max()
    assert calls.count((33, model.unknowns.size)) <= 1.4 * last.statistics.solves


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_non_finite_matrix_is_refused(make: type[SparseDirect], bad: float, system: CoupledSystem) -> None:
    matrix = system.shifted(system.jacobian(0.0, rest(system)), 1.0)
    matrix.data[len(matrix.data) // 2] = bad
    with pytest.raises(SolverError, match="run away"):
        make().factorise(matrix)


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
def test_an_empty_row_is_refused(make: type[SparseDirect]) -> None:
    matrix = sparse.csr_matrix((np.array([1.0, 0.0, 2.0]), np.array([0, 1, 2]), np.array([0, 1, 2, 3])), shape=(3, 3))
    with pytest.raises(SolverError, match="empty"):
        make().factorise(matrix)


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
def test_a_singular_matrix_is_refused(make: type[SparseDirect]) -> None:
    """A film without electrode: the potential is known only up to a constant."""
    loop = sparse.csr_matrix(np.array([[1.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 1.0]]))
    with pytest.raises(SolverError):
        solver = make()
        solver.factorise(loop)
        solver.solve(np.array([1.0, 0.0, 0.0]))


def refused(solver: SparseDirect, matrix: sparse.csr_matrix) -> bool:
    """Whether the solver calls the matrix singular."""
    try:
        solver.factorise(matrix)
    except SolverError:
        return True
    return False


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
def test_a_matrix_that_only_round_off_keeps_from_being_singular_is_refused(make: type[SparseDirect]) -> None:
    """Floating chains of uneven links, whose last pivot is a rounding error: all rows can be met, by any constant."""
    for seed in range(20):
        links = 10.0 ** np.random.default_rng(seed).uniform(-1, 1, 19)
        ends = np.append(links, 0.0) + np.insert(links, 0, 0.0)
        chain = sparse.csr_matrix(np.diag(ends) - np.diag(links, 1) - np.diag(links, -1))
        assert refused(make(), chain), f"seed {seed}"
        assert not refused(make(), sparse.csr_matrix(chain + np.diag(np.eye(20)[0])))


def test_both_solvers_refuse_the_same_steps() -> None:
    """So long that the ions, or carriers that no contact reaches, no longer fix their own number."""
    mesh, ohmic = bar(100 * nm, 1 * nm, 10 * nm), CarrierContact()
    ions = film(rectangle(np.linspace(0, 100, 6) * nm, graded(200 * nm, 0.5 * nm, largest=10 * nm)))
    held, blocked = (
        carrier_film(
            mesh, bands(doping=-1e22), (Contact("left", 0.0, carriers=one), Contact("right", 0.8, carriers=one))
        )
        for one in (ohmic, CarrierContact(0.0, 0.0))
    )
    verdicts = []
    for model in (ions, held, blocked):
        system, blocks = model.driven(0.0), model.unknowns.blocks
        values = system.hold_algebraic(0.0, model.initial_values())
        jacobian = system.jacobian(0.0, values)
        for rate in 10.0 ** np.arange(-24.0, 13.0, 4.0):
            matrix = system.shifted(jacobian, float(rate))
            verdicts.append(tuple(refused(solver, matrix) for solver in (Pardiso(blocks), SuperLU(blocks))))
    assert set(verdicts) == {(True, True), (False, False)}


@pytest.mark.parametrize("make", [Pardiso, SuperLU])
def test_factors_of_another_matrix_are_found_out(make: Callable[[], Any], system: CoupledSystem) -> None:
    """As those that a stale analysis spoils: rows are missed by their own size."""
    solver = make()
    first, second = (system.shifted(system.jacobian(0.0, charged_state(system, 3)), rate) for rate in (1e-8, 1e8))
    solver.factorise(first)
    solver._matrix.data[:] = second.data * np.repeat(solver._scale, np.diff(second.indptr))
    with pytest.raises(SolverError, match="rows are missed after refinement"):
        solver.solve(np.ones(system.unknowns.size))


# --- errors that no smaller step mends --------------------------------------------------------------------------------


def test_a_lack_of_memory_ends_a_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """PARDISO's error -2 is no reason to cut steps: the message names memory, unknowns and what to change."""
    model = film(rectangle(np.linspace(0, 20, 3) * nm, graded(100 * nm, 2 * nm)))
    make, size = Pardiso.factorise, model.unknowns.size

    def starved(own: Pardiso, matrix: sparse.csr_matrix) -> None:
        make(own, matrix)
        if matrix.shape[0] == size:
            monkeypatch.setattr(own._mkl.libmkl, "pardiso", out_of_memory)

    def out_of_memory(*arguments: Any) -> None:
        arguments[-1]._obj.value = -2

    out_of_memory.argtypes = Pardiso()._mkl.libmkl.pardiso.argtypes  # type: ignore[attr-defined]
    monkeypatch.setattr(Pardiso, "factorise", starved)
    done = Statistics()
    with pytest.raises(OutOfMemoryError, match=f"not enough memory for the factors of {size} unknowns.*coarser mesh"):
        list(evolve(model, np.array([0.0, 1.0]), statistics=done))
    assert done.factorisations <= 1 and done.rejected_for_error == 0


def test_a_lack_of_memory_in_superlu_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(sparse_direct, "splu", starved)
    with pytest.raises(OutOfMemoryError, match="factors of 3 unknowns"):
        SuperLU().factorise(sparse.csr_matrix(np.eye(3)))


@pytest.mark.parametrize(("stated", "expected"), [("", [1]), ("3", [])])
def test_threads_of_mkl_are_the_users_where_they_are_stated(
    stated: str, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    solver, asked = Pardiso(), list[int]()
    monkeypatch.setattr(solver._mkl.libmkl, "MKL_Set_Num_Threads", asked.append)
    monkeypatch.setenv("MKL_NUM_THREADS", stated)
    solver.factorise(sparse.csr_matrix(np.eye(3)))
    assert asked == expected


# --- which one runs ---------------------------------------------------------------------------------------------------


def test_superlu_steps_in_without_pardiso(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'pypardiso'")

    monkeypatch.setattr(sparse_direct, "Pardiso", missing)
    assert isinstance(best_solver(), SuperLU)


def test_a_pardiso_that_cannot_load_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ImportError("cannot open libmkl_rt")

    monkeypatch.setattr(sparse_direct, "Pardiso", broken)
    with pytest.warns(UserWarning, match="libmkl_rt"):
        assert isinstance(best_solver(), SuperLU)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        assert best_solver().name == "MKL PARDISO"
