"""Bounded Newton iteration for one implicit Euler step (a huge step finds the steady state).

The update of each bounded unknown is cut before it leaves its bounds, node by node; potentials are free. Iterations end
when an update is both small and uncut, so the linear invariants of the system (ion numbers) are met to round-off. Small
is below the accuracy, or no smaller than the update before: round-off of stiff ties between nodes is all that is left.
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

    def implicit_euler(self, time: float, values: Array, step: float) -> Array:
        """Solution y of ``M (y - values) / step = f(time + step, y)``, shape (n,).

        Raises
        ------
        SolverError
            If the iteration does not converge.
        """
        guess, size, last = values.copy(), np.inf, np.inf
        for _ in range(MAX_ITERATIONS):
            change = self._change(time + step, values, step, guess)
            if not np.isfinite(change).all():
                break
            new = self.system.bounded(guess, change)
            uncut = bool(np.abs(new - (guess + change)).max() <= NEGLIGIBLE_CUT)
            size = self.system.scaled_norm(new - guess, new)
            guess = new
            stalled = STALLED * last < size < STALLED_UPDATE
            if uncut and (size < self.accuracy or stalled):
                return guess
            last = size
        raise SolverError(
            f"Newton's iteration stalled in a step of {step:.4g} s (last relative update {size:.2g}, at most"
            f" {MAX_ITERATIONS} iterations): shorten the ramp or refine the mesh at the electrodes"
        )

    def _change(self, end: float, values: Array, step: float, guess: Array) -> Array:
        """Newton's update of `guess`, before bounds, shape (n,)."""
        system, statistics = self.system, self.statistics
        with statistics.timed("assembly"):
            sums, mass = system.sums(end, guess), system.mass / step
            matrix = system.shifted(system.jacobian(end, guess), 1.0 / step)
            gone = mass * (guess - values)
            rhs, known = system.residual(end, guess) - gone, system.amounts(end, guess) - sums.weights @ gone
        self._linear = Grounded(self.solver, sums)
        with statistics.timed("factorisation"):
            statistics.solves += self._linear.factorise(matrix, mass)
        statistics.newton_iterations += 1
        statistics.factorisations += 1
        return self.solved(rhs, known)

    def solved(self, rhs: Array, known: Array) -> Array:
        """Solution with the matrix of the last iteration, shape (n,), for `rhs` with sums that are `known`."""
        with self.statistics.timed("solve"):
            solution = self._linear.solve(rhs, known)
        self.statistics.solves += 1
        return solution
