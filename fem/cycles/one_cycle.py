"""One cycle of the drives, simulated, with the Jacobian summed over it.

Time runs from 0 to the period in every cycle, whichever it is, so that cycle 1e6 is as exact as the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from fem.coupled.system import CoupledSystem
from fem.evolve import first_step_of
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import Cursor
from fem.numerics.rosenbrock import Stretch
from fem.numerics.sparse_direct import SparseDirect, best_solver
from fem.numerics.system import Statistics
from fem.output_state import LinearWork, driven_from, state_within
from fem.state import State


@dataclass(frozen=True)
class Cycle:
    """A cycle that was simulated.

    Parameters
    ----------
    before, after
        Unknowns at its two ends, shape (n,); the potential is that just before the drives break there.
    opening
        Step that the error allowed after the last break [s].
    slopes
        The Jacobian, summed over the cycle, in the unit of the mass matrix; None if it was not asked for.
    state
        The film at its end, with the time counted from its beginning; None if it was not asked for.
    """

    before: Array
    after: Array
    opening: float
    slopes: sparse.csr_matrix | None = None
    state: State | None = None

    @property
    def middle(self) -> Array:
        """Mean of its two ends."""
        return 0.5 * (self.before + self.after)

    @property
    def change(self) -> Array:
        """What it changed."""
        return self.after - self.before


@dataclass(frozen=True)
class PeriodicFilm:
    """A film whose drives repeat what they do from 0 to `period` [s].

    Parameters
    ----------
    model
        The film.
    period
        Of all drives [s].
    tolerance
        Relative error per step.
    statistics
        Counters that grow.
    """

    model: PoissonNernstPlanck
    period: float
    tolerance: float
    statistics: Statistics

    @cached_property
    def solver(self) -> SparseDirect:
        """For the steps of the cycles."""
        return best_solver(self.model.unknowns.blocks)

    @cached_property
    def _work(self) -> LinearWork:
        return LinearWork(self.solver, self.statistics, self.tolerance)

    @cached_property
    def starts(self) -> list[float]:
        """Times at which a drive, or the light, breaks, the beginning included [s]."""
        drives = [*(one.drive for one in self.model.electrodes), self.model.light_drive]
        return sorted({0.0} | {time for drive in drives for time in drive.breakpoints(0.0, self.period)})

    @cached_property
    def ending(self) -> CoupledSystem:
        """The equations at the end of each cycle."""
        return driven_from(self.model, self.starts[-1])

    @property
    def last_stretch(self) -> float:
        """How long the last stretch between breaks lasts [s]."""
        return self.period - self.starts[-1]

    def held(self, values: Array) -> Array:
        """`values` with the potential as it is at the end of a cycle."""
        return self.ending.hold_algebraic(self.last_stretch, values)

    def cycle(self, values: Array, opening: float, slopes: bool = False, state: bool = False) -> Cycle:
        """The cycle that begins with `values`, with its `slopes` and final `state` if asked for."""
        before, total = values, None
        doubt = np.zeros(len(self.model.electrodes))
        for start, stop in zip(self.starts, [*self.starts[1:], self.period], strict=True):
            driven, lasts = driven_from(self.model, start), stop - start
            step = min(opening or self._first_step, 0.1 * lasts)
            cursor = Cursor(0.0, driven.hold_algebraic(0.0, values), step, opening=opening, origin=start)
            for _, stretch, after in self._work.steps(driven, cursor, lasts):
                values, opening = after.values, after.opening
                if slopes:
                    part = _summed(driven, stretch)
                    total = part if total is None else combined([total, part], [1.0, 1.0])
                doubt = doubt + driven.electrostatics.image_charge(stretch.error)
        found = self._state(stretch, doubt) if state else None
        self.statistics.cycles_simulated += 1
        return Cycle(before, self.held(values), opening, total, found)

    @cached_property
    def _first_step(self) -> float:
        return first_step_of(self.model)

    def _state(self, stretch: Stretch, doubt: Array) -> State:
        found = state_within(self.model, self.ending, stretch, self.last_stretch, self._work)
        return replace(found, contact_charge_error=np.abs(doubt))


def combined(matrices: Sequence[sparse.csr_matrix], weights: Sequence[float]) -> sparse.csr_matrix:
    """Weighted sum of matrices of one pattern, in that pattern; adding them would drop entries that cancel."""
    first = matrices[0]
    data = sum((weight * one.data for one, weight in zip(matrices, weights, strict=True)), np.zeros_like(first.data))
    return sparse.csr_matrix((data, first.indices, first.indptr), shape=first.shape)


def _summed(system: CoupledSystem, stretch: Stretch) -> sparse.csr_matrix:
    """Integral of the Jacobian over a step by Simpson's rule."""
    length, middle = stretch.end - stretch.start, 0.5 * (stretch.start + stretch.end)
    places = ((stretch.start, stretch.first), (middle, stretch.at(middle)), (stretch.end, stretch.last))
    return combined([system.jacobian(*place) for place in places], [length / 6.0, length / 1.5, length / 6.0])
