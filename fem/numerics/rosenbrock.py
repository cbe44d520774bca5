"""RODAS4: a stiffly accurate, L-stable Rosenbrock method of order 4(3) for index-1 differential-algebraic systems.

One factorisation and six solves per step, no iteration; the embedded third-order solution gives the error and an
interpolant of order 3 serves output times between the steps. Coefficients: Hairer and Wanner, Solving Ordinary
Differential Equations II, 2nd ed. (1996), section VI.4, doi:10.1007/978-3-642-05221-7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.numerics.grounded import Grounded
from fem.numerics.sparse_direct import SparseDirect
from fem.numerics.system import Statistics, System

GAMMA = 0.25
_ALPHA = (0.0, 0.386, 0.21, 0.63, 1.0, 1.0)
_GAMMA_ROW = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
_A = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
)
_C = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
_DENSE_1 = (10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662)
_DENSE_2 = (-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872)


@dataclass(frozen=True)
class Stretch:
    """Solution over an accepted step from `start` to `end` [s]: values at both ends and two bulge terms in between.

    `error` is the estimated error of `last`; all arrays have the shape (n,).
    """

    start: float
    end: float
    first: Array
    last: Array
    bulge: Array
    skew: Array
    error: Array

    def at(self, time: float) -> Array:
        """Values at `time` in [start, end], shape (n,)."""
        s = (time - self.start) / (self.end - self.start)
        return (1 - s) * self.first + s * self.last + s * (1 - s) * (self.bulge + s * self.skew)

    def doubt(self, time: float) -> Array:
        """Estimated error of the values at `time`: that of the step and what the interpolant's highest order adds."""
        s = (time - self.start) / (self.end - self.start)
        return self.error + s * s * (1 - s) * self.skew

    def rate(self, time: float) -> tuple[Array, Array]:
        """Time derivative of the interpolant at `time` and the part of it that the highest order adds, shape (n,)."""
        h = self.end - self.start
        s = (time - self.start) / h
        highest = s * (2 - 3 * s) * self.skew / h
        return (self.last - self.first + (1 - 2 * s) * self.bulge) / h + highest, highest


def rodas4_step(
    system: System, solver: SparseDirect, time: float, values: Array, step: float, statistics: Statistics
) -> tuple[Stretch, Array]:
    """One step of RODAS4 from `values` (n,): the solution over the step and its estimated error (n,)."""
    with statistics.timed("assembly"):
        sums, rate = system.sums(time, values), 1.0 / (GAMMA * step)
        matrix = system.shifted(system.jacobian(time, values), rate)
        slope = system.time_derivative(time, values)
    linear = Grounded(solver, sums)
    with statistics.timed("factorisation"):
        statistics.solves += linear.factorise(matrix, rate * system.mass)
    statistics.factorisations += 1
    driven, stages = bool(slope.any()), np.empty((len(_A), len(values)))
    for k, (a, c, alpha, gamma) in enumerate(zip(_A, _C, _ALPHA, _GAMMA_ROW, strict=True)):
        point = values + _combine(a, stages) if a else values
        with statistics.timed("assembly"):
            rhs, known = system.residual(time + alpha * step, point), system.amounts(time + alpha * step, point)
            if driven or c:
                further = gamma * step * slope if driven else np.zeros_like(rhs)
                if c:
                    further += system.mass * _combine([weight / step for weight in c], stages)
                rhs += further
                known += sums.weights @ further
        with statistics.timed("solve"):
            stages[k] = linear.solve(rhs, known)
        statistics.solves += 1
    last = point + stages[-1]
    bulge, skew, error = _combine(_DENSE_1, stages), _combine(_DENSE_2, stages), stages[-1]
    return Stretch(time, time + step, values, last, bulge, skew, error), error


def _combine(weights: Sequence[float], stages: Array) -> Array:
    """Sum of the first `stages` (n_stages, n) by their weights."""
    return np.asarray(np.asarray(weights) @ stages[: len(weights)])
