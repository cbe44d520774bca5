"""The state at an output time that falls inside a step, with a current that says how well it is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from fem.constants import elementary_charge
from fem.coupled.field_terms import with_help_in_words
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.newton import BoundedNewton
from fem.numerics.rosenbrock import Stretch
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError, SparseDirect
from fem.numerics.system import Statistics
from fem.state import State

Step = tuple[Cursor, Stretch, Cursor]

_SETTLING = 2e-3  # of the time since the drives last broke, for which carriers settle at an output
_FINER = (0.1, 0.01, 1e-3)  # of the tolerance: of steps to an output at which carriers do not settle, one after another
_LONGEST_SETTLING = 1.0  # [s], in which carriers settle however long the film has been left alone


@dataclass(frozen=True)
class LinearWork:
    """What steps of their own at an output, or behind a change of temperature, are made with, and counted by.

    Parameters
    ----------
    solver
        Of the run: its analysis serves here too.
    statistics
        Of the run.
    tolerance
        Of the run's steps.
    """

    solver: SparseDirect
    statistics: Statistics = field(default_factory=Statistics)
    tolerance: float = 1e-2

    def steps(self, system: CoupledSystem, cursor: Cursor, end: float) -> Iterator[Step]:
        """As :func:`~fem.numerics.adaptive.integrate` from `cursor` to `end` [s].

        Raises
        ------
        SolverError
            If a step cannot be made; it says too if the field helps a reaction too much.
        """
        try:
            for step in integrate(system, self.solver, cursor, end, self.tolerance, self.statistics):
                cursor = step[2]
                yield step
        except SolverError as error:
            raise _explained(error, system, cursor.values) from error.__cause__

    def landed(self, system: CoupledSystem, stretch: Stretch, time: float, share: float = 1.0) -> Stretch:
        """The last of the steps that lead from the start of `stretch` to `time`, at a `share` of the tolerance."""
        start, work = Cursor(stretch.start, stretch.first, time - stretch.start, origin=system.origin), Statistics()
        finer = LinearWork(self.solver, work, share * self.tolerance)
        for _, last, _ in finer.steps(system, start, time):
            stretch = last
        self.statistics.landed_outputs += 1
        self.statistics.factorisations_at_outputs += work.factorisations
        self.statistics.add_work(work)
        return stretch

    def relaxed(self, system: CoupledSystem, time: float, values: Array, step: float) -> Array:
        """`values` after an implicit Euler step of `step` [s] that ends at `time`, with the ions where they are.

        Raises
        ------
        SolverError
            If electrons and holes do not settle.
        """
        before = self.statistics.factorisations
        newton = BoundedNewton(system.with_frozen_ions(), self.solver, self.statistics)
        try:
            settled = newton.implicit_euler(time - step, values, step)
        except OutOfMemoryError:
            raise
        except SolverError as error:
            told = SolverError(f"electrons and holes do not settle at t = {system.origin + time:.4g} s: {error}")
            raise _explained(told, system, values) from error
        self.statistics.factorisations_at_outputs += self.statistics.factorisations - before
        return settled


def _explained(error: SolverError, system: CoupledSystem, values: Array) -> SolverError:
    """`error` at `values`, which also says if the field helps a reaction too much."""
    return with_help_in_words(error, system.network, system.electrostatics, system.unknowns.nodal(values))


def driven_from(model: PoissonNernstPlanck, origin: float) -> CoupledSystem:
    """The system on the stretches of drives and light that begin at or before `origin` [s], from which time counts."""
    return model.driven(origin).counted_from(origin)


def state_within(
    model: PoissonNernstPlanck,
    system: CoupledSystem,
    stretch: Stretch,
    time: float,
    work: LinearWork,
    since: float = 0.0,
) -> State:
    """State at `time` inside the step `stretch`, after a stretch of the drives that began at `since` [s].

    All these times, that of the state too, count from the origin of `system`. The interpolant serves unless it leaves
    the bounds of the concentrations there; then some steps by `work` end at `time`.
    """
    if system.outside(stretch.at(time), ALLOWANCE) is not None:
        stretch = work.landed(system, stretch, time)
    if system.unknowns.carrier_exchanges:
        return _settled(
            model, system, time, _with_carriers_settled(system, stretch, time, _settling(time, since), work)
        )
    held = _held(system, stretch, time)
    current, error = _current(model, system, stretch, time, held)
    return model.state(time, held, system.pieces, current, error)


def _held(system: CoupledSystem, stretch: Stretch, time: float) -> Array:
    """Values of the interpolant with the potential of `time` [s]: curved drives too, which no interpolant follows."""
    values, _ = system.restored(stretch.at(time), stretch.first)
    return system.hold_algebraic(time, values)


def _with_carriers_settled(
    system: CoupledSystem, stretch: Stretch, time: float, settling: float, work: LinearWork
) -> Array:
    """Values at `time` [s] with carriers that settle over `settling` [s], or over the time step if that is shorter.

    A step may pass where the film is about to change so fast that its carriers cannot settle from the interpolant.
    Then finer steps lead to `time` from where it begins.
    """
    last = stretch
    for share in _FINER:
        try:
            return _relaxed_within(system, last, time, settling, work)
        except OutOfMemoryError:
            raise
        except SolverError:
            last = work.landed(system, stretch, time, share)
    return _relaxed_within(system, last, time, settling, work)


def _relaxed_within(system: CoupledSystem, stretch: Stretch, time: float, settling: float, work: LinearWork) -> Array:
    step = min(settling, stretch.end - stretch.start)
    before = _carriers_before(system, stretch, time, _held(system, stretch, time), step)
    return work.relaxed(system, time, before, step)


def carriers_settled(system: CoupledSystem, time: float, values: Array, work: LinearWork) -> Array:
    """`values` with the carriers as they settle at `time` [s], counted from the last break, after another change.

    They go on to the same `time` as well: by little against the period of a wave.
    """
    return work.relaxed(system, time, values, _settling(min(time, system.period or time), 0.0))


def _settling(time: float, since: float) -> float:
    """How long carriers settle at `time` after a break of the drives at `since` [s]."""
    return min(max(_SETTLING * (time - since), 1e-15), _LONGEST_SETTLING)


def _carriers_before(system: CoupledSystem, stretch: Stretch, time: float, held: Array, step: float) -> Array:
    """`held` with electrons and holes as they were `step` [s] before `time`, had they changed as they do then.

    What they store per time in the implicit Euler step that follows is then right to first order in its length, so
    that it may be as long as the time step itself; in a wave, whose drives never break, it must not be longer.
    """
    before, u = held.copy(), system.unknowns
    rate = u.nodal(stretch.rate(time)[0])[1:][u.carriers]
    moving = u.nodal(before)[1:]
    moving[u.carriers] = np.maximum(moving[u.carriers] - step * rate, 0.0)
    return before


def _settled(model: PoissonNernstPlanck, system: CoupledSystem, time: float, settled: Array) -> State:
    """State with the carriers `settled` around the ions where they are, and its current.

    Where a time step is long against the carriers' own times, Rosenbrock's method leaves their nonlinear balance at the
    size of the time error, and drift and diffusion each exceed the current that they leave by orders of magnitude. An
    implicit Euler step of the carriers alone closes the balance. What the currents of all contacts then sum to tells
    how well they are known.
    """
    current = system.current(time, settled)
    return model.state(time, settled, system.pieces, current, np.full_like(current, abs(current.sum())))


def _current(
    model: PoissonNernstPlanck, system: CoupledSystem, stretch: Stretch, time: float, values: Array
) -> tuple[Array, Array]:
    """Current from each contact and its estimated error [A/m], both of shape (n_contacts,).

    Two estimates are at hand: the fluxes at `time`, sharp in fast transients but spoilt by the fast modes that a long
    step leaves in the state, and the slope of the interpolant, which sums to the charge moved. The estimated errors of
    step and interpolant, sent through both, tell which is better known; they hold within a factor of ten or so.
    """
    by_flux = system.current(time, values)
    flux_error = np.abs(system.current(time, values + stretch.doubt(time)) - by_flux)
    (slope, highest), length = stretch.rate(time), stretch.end - stretch.start
    sweep = np.array([piece.rate(time) for piece in system.pieces])
    still = np.zeros_like(sweep)
    by_slope = system.electrostatics.capacitive_current(sweep) + _carried(system, slope)
    by_end = np.abs(model.current(stretch.error, still)) / length
    slope_error = by_end + np.abs(model.current(highest, still))
    better = flux_error.max() <= slope_error.max()
    return (by_flux, flux_error) if better else (by_slope, slope_error)


def _carried(system: CoupledSystem, rates: Array) -> Array:
    """Current from each contact that moves the particles at `rates` of the unknowns [A/m], shape (n_contacts,)."""
    u = system.unknowns
    return np.asarray(system.electrostatics.image_charge(rates) + elementary_charge * u.exchanged(rates) @ u.charges)
