"""Steps whose linear systems cannot be solved: cut, counted on their own and told, and the run goes on as before."""

import json
from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains
from irregular_films import VACANCY, gap, small_film
from numpy.typing import NDArray
from scipy import sparse

from fem.evolve import evolve
from fem.numerics.adaptive import Cursor, integrate
from fem.numerics.sparse_direct import SolverError, SuperLU
from fem.numerics.system import Statistics
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.results.record import run_scenario
from fem.scenario import Scenario

Array = NDArray[np.float64]
TIMES = np.array([0.0, 1e-3, 0.1, 10.0])
WHY = "the Jacobian is singular to working precision"


def film_scenario() -> Scenario:
    return Scenario(small_film((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY,)), TIMES)


class Failing(SuperLU):
    """A solver that refuses the factorisations and the solves of these numbers, counted from 1."""

    def __init__(self, factorisations: tuple[int, ...] = (), solves: tuple[int, ...] = ()) -> None:
        super().__init__()
        self._refused, self._unsolved = factorisations, solves
        self._made = self._solved_so_far = 0

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        self._made += 1
        if self._made in self._refused:
            raise SolverError(WHY)
        super().factorise(matrix)

    def solve(self, rhs: Array) -> Array:
        self._solved_so_far += 1
        if self._solved_so_far in self._unsolved:
            raise SolverError("rows are missed")
        return super().solve(rhs)


def test_a_singular_step_is_cut_and_counted_on_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two in a row, in the middle of the run: it ends as it does without them, and says what happened."""
    plain = list(evolve(film_scenario().model, TIMES))[-1]
    monkeypatch.setattr("fem.evolve.best_solver", lambda _: Failing(factorisations=(8, 9)))
    last = list(evolve(film_scenario().model, TIMES))[-1]
    done, sound = last.statistics, plain.statistics
    assert done.rejected_as_unsolved == 2 and sound.rejected_as_unsolved == 0
    assert done.rejected_for_error <= sound.rejected_for_error
    assert WHY in done.last_unsolved and " s from t = " in done.last_unsolved and not sound.last_unsolved
    assert gap(last.state.concentrations, plain.state.concentrations) < 1e-3


def test_an_implicit_step_whose_error_cannot_be_solved_for_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solve behind Newton's iteration, which ends the step, is as free to fail as those within."""
    model = film_scenario().model
    system = model.driven(0.0)
    start = Cursor(0.0, system.hold_algebraic(0.0, model.initial_values()), 1e-3, implicit_left=1)

    def ends(unsolved: tuple[int, ...]) -> tuple[Cursor, Statistics]:
        done = Statistics()
        return next(integrate(system, Failing(solves=unsolved), start, 1.0, 1e-2, done))[2], done

    _, sound = ends(())
    behind = sound.solves  # the last solve of the first step is that of its error
    after, done = ends((behind,))
    assert sound.rejected_as_unsolved == 0 and done.rejected_as_unsolved == 1
    assert done.last_unsolved.endswith("rows are missed")
    assert 0 < after.elapsed <= 1e-4


def test_the_record_and_the_report_of_a_run_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fem.evolve.best_solver", lambda _: Failing(factorisations=(8,)))
    run_scenario(two_grains(), IDENTITY, tmp_path)
    solver = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["solver"]
    assert solver["rejected_as_unsolved"] == 1 and WHY in solver["last_unsolved"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "rejected as unsolved" in page and WHY in page
