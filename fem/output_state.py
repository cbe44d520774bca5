"""The state at an output time that falls inside a step, with a current that says how well it is known."""

from dataclasses import dataclass, field

import numpy as np

from fem.constants import elementary_charge
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.newton import BoundedNewton
from fem.numerics.rosenbrock import Stretch
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError, SparseDirect
from fem.numerics.system import Statistics
from fem.state import State

_SETTLING = 2e-3  # of the time since the drives last broke, for which carriers settle at an output
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

    def landed(self, system: CoupledSystem, stretch: Stretch, time: float) -> Stretch:
        """The last of the steps that lead from the start of `stretch` to `time`."""
        start, work = Cursor(stretch.start, stretch.first, time - stretch.start, origin=system.origin), Statistics()
        for _, last, _ in integrate(system, self.solver, start, time, self.tolerance, work):
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
            raise SolverError(
                f"electrons and holes do not settle at t = {system.origin + time:.4g} s: {error}"
            ) from error
        self.statistics.factorisations_at_outputs += self.statistics.factorisations - before
        return settled


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
    values, _ = system.restored(stretch.at(time), stretch.first)
    held = system.hold_algebraic(time, values)  # exact for curved drives too, which no interpolant follows
    if system.unknowns.carrier_exchanges:
        step = _settling(time, since)
        if stretch.start <= time - step:  # the carriers come from where they were; else they settle a little further on
            moving = system.unknowns.carriers
            system.unknowns.nodal(held)[1:][moving] = _carriers_at(system, stretch, time - step)
        return _settled(model, system, time, work.relaxed(system, time, held, step))
    current, error = _current(model, system, stretch, time, held)
    return model.state(time, held, system.pieces, current, error)


def carriers_settled(system: CoupledSystem, time: float, values: Array, work: LinearWork) -> Array:
    """`values` with the carriers as they settle at `time` [s], counted from the last break, after another change."""
    return work.relaxed(system, time, values, _settling(time, 0.0))


def _settling(time: float, since: float) -> float:
    """How long carriers settle at `time` after a break of the drives at `since` [s]."""
    return min(max(_SETTLING * (time - since), 1e-15), _LONGEST_SETTLING)


def _carriers_at(system: CoupledSystem, stretch: Stretch, time: float) -> Array:
    """Electrons and holes at `time` [s] inside a step, none below zero, shape (2, n_nodes)."""
    values, _ = system.restored(stretch.at(time), stretch.first)
    return system.unknowns.nodal(values)[1:][system.unknowns.carriers]


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
