"""Bounded Newton iteration for one implicit Euler step (a huge step finds the steady state).

The update of each bounded unknown is cut before it leaves its bounds, node by node; potentials are free. Iterations end
when an update is both small and uncut, so the linear invariants of the system (ion numbers) are met to round-off. Small
is below the accuracy, or no smaller than the update before: round-off of stiff ties between nodes is all that is left.
"""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array
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


@dataclass(frozen=True)
class BoundedNewton:
    """Newton's iteration inside the bounds of `system`, until an uncut update is smaller than `accuracy` (relative)."""

    system: System
    solver: SparseDirect
    statistics: Statistics
    accuracy: float = UPDATE_TOLERANCE

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
        system, solver, statistics = self.system, self.solver, self.statistics
        with statistics.timed("assembly"):
            matrix = system.shifted(system.jacobian(end, guess), 1.0 / step)
            rhs = system.residual(end, guess) - system.mass * (guess - values) / step
        with statistics.timed("factorisation"):
            solver.factorise(matrix)
        with statistics.timed("solve"):
            change = solver.solve(rhs)
        statistics.newton_iterations += 1
        statistics.factorisations += 1
        statistics.solves += 1
        return change
