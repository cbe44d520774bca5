"""Bounded Newton iteration for one implicit Euler step (a huge step finds the steady state).

The update of each bounded unknown is cut before it leaves its bounds, node by node; potentials are free. Iterations end
when an update is both small and uncut, so the linear invariants of the system (ion numbers) are met to round-off. Small
is below the accuracy, or no smaller than the update before: round-off of stiff ties between nodes is all that is left.
The factors of one iteration serve the next ones as long as updates are small and each is a tenth of the one before.
"""

from dataclasses import dataclass, field

import numpy as np

from fem.fields import Array
from fem.numerics.grounded import Grounded
from fem.numerics.sparse_direct import SolverError, SparseDirect
from fem.numerics.system import Statistics, System

MAX_ITERATIONS = 60
UPDATE_TOLERANCE = 1e-9
STALLED, STALLED_UPDATE = 0.5, 1e-7  # of the update before, which Newton's method would square, and its size
NEAR, CONTRACTING = 1e-2, 0.1  # an uncut update so small, and so much smaller than the one before, keeps the matrix
NEGLIGIBLE_CUT = 1e-14  # in units of the mean concentration: round-off around zero in empty places


def implicit_euler_step(
    system: System, solver: SparseDirect, time: float, values: Array, step: float, statistics: Statistics
) -> Array:
    """Solution y of ``M (y - values) / step = f(time + step, y)``, shape (n,), to the last digits.

    Raises
    ------
    SolverError
        If the iteration does not converge.
    """
    return BoundedNewton(system, solver, statistics).implicit_euler(time, values, step)


@dataclass
class BoundedNewton:
    """Newton's iteration inside the bounds of `system`, until an uncut update is smaller than `accuracy` (relative)."""

    system: System
    solver: SparseDirect
    statistics: Statistics
    accuracy: float = UPDATE_TOLERANCE
    _linear: Grounded = field(init=False)
    _weights: Array = field(init=False)

    def implicit_euler(self, time: float, values: Array, step: float) -> Array:
        """Solution y of ``M (y - values) / step = f(time + step, y)``, shape (n,).

        Raises
        ------
        SolverError
            If the iteration does not converge.
        """
        guess, size, last, fresh = values.copy(), np.inf, np.inf, True
        for _ in range(MAX_ITERATIONS):
            change = self._change(time + step, values, step, guess, fresh)
            if not np.isfinite(change).all():
                break
            new = self.system.bounded(guess, change)
            uncut = bool(np.abs(new - (guess + change)).max() <= NEGLIGIBLE_CUT)
            size = self.system.scaled_norm(new - guess, new)
            guess = new
            stalled = fresh and STALLED * last < size < STALLED_UPDATE
            if uncut and (size < self.accuracy or stalled):
                return guess
            fresh, last = not (uncut and size < NEAR and (fresh or size < CONTRACTING * last)), size
        raise SolverError(
            f"Newton's iteration stalled in a step of {step:.4g} s (last relative update {size:.2g}, at most"
            f" {MAX_ITERATIONS} iterations): shorten the ramp or refine the mesh at the electrodes"
        )

    def _change(self, end: float, values: Array, step: float, guess: Array, fresh: bool) -> Array:
        """Newton's update of `guess`, before bounds, shape (n,); with the last matrix unless a `fresh` one is due."""
        if fresh:
            self._factorise(end, guess, 1.0 / step)
        with self.statistics.timed("assembly"):
            gone = self.system.mass * (guess - values) / step
            rhs = self.system.residual(end, guess) - gone
            known = self.system.amounts(end, guess) - self._weights @ gone
        self.statistics.newton_iterations += 1
        return self.solved(rhs, known)

    def _factorise(self, end: float, guess: Array, rate: float) -> None:
        system, statistics = self.system, self.statistics
        with statistics.timed("assembly"):
            sums = system.sums(end, guess)
            matrix = system.shifted(system.jacobian(end, guess), rate)
        self._linear, self._weights = Grounded(self.solver, sums), sums.weights
        with statistics.timed("factorisation"):
            statistics.solves += self._linear.factorise(matrix, rate * system.mass)
        statistics.factorisations += 1

    def solved(self, rhs: Array, known: Array) -> Array:
        """Solution with the matrix of the last iteration, shape (n,), for `rhs` with sums that are `known`."""
        with self.statistics.timed("solve"):
            solution = self._linear.solve(rhs, known)
        self.statistics.solves += 1
        return solution
