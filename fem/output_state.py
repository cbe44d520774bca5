"""The state at an output time that falls inside a step, with a current that says how well it is known."""

from collections.abc import Callable

import numpy as np

from fem.constants import elementary_charge
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.newton import implicit_euler_step
from fem.numerics.rosenbrock import Stretch
from fem.numerics.sparse_direct import SparseDirect, best_solver
from fem.numerics.system import Statistics
from fem.state import State

Landing = Callable[[Stretch, float], Stretch]
_SETTLING = 2e-3  # of the time since the drives last broke, for which carriers settle at an output
_LONGEST_SETTLING = 1.0  # [s]; carriers that no contact holds lose their balance to round-off in longer steps


def state_within(
    model: PoissonNernstPlanck, system: CoupledSystem, stretch: Stretch, time: float, since: float, land: Landing
) -> State:
    """State at `time` [s] inside the step `stretch`, after a stretch of the drives that began at `since` [s].

    The interpolant serves unless it leaves the bounds of the concentrations there; then `land(stretch, time)` gives the
    last of some steps that end at `time`.
    """
    if system.outside(stretch.at(time), ALLOWANCE):
        stretch = land(stretch, time)
    values, _ = system.restored(stretch.at(time), stretch.first)
    held = system.hold_algebraic(time, values)  # exact for curved drives too, which no interpolant follows
    if system.unknowns.carrier_exchanges:
        step = _settling(time, since)
        if stretch.start <= time - step:  # the carriers come from where they were; else they settle a little further on
            moving = system.unknowns.carriers
            system.unknowns.nodal(held)[1:][moving] = _carriers_at(system, stretch, time - step)
        return _settled(model, system, time, held, step)
    current, error = _current(model, system, stretch, time, held)
    return model.state(time, held, system.pieces, current, error)


def carriers_settled(system: CoupledSystem, time: float, values: Array, since: float) -> Array:
    """`values` with the carriers as they settle at `time` [s] where something else than a drive has changed."""
    return _relaxed(system, time, values, _settling(time, since))


def _relaxed(system: CoupledSystem, time: float, values: Array, step: float) -> Array:
    """`values` after an implicit Euler step of `step` [s] that ends at `time` [s], with the ions where they are."""
    return implicit_euler_step(system.with_frozen_ions(), best_solver(), time - step, values, step, Statistics())


def _settling(time: float, since: float) -> float:
    """How long carriers settle at `time` after a break of the drives at `since` [s]."""
    return min(max(_SETTLING * (time - since), 1e-15), _LONGEST_SETTLING)


def _carriers_at(system: CoupledSystem, stretch: Stretch, time: float) -> Array:
    """Electrons and holes at `time` [s] inside a step, none below zero, shape (2, n_nodes)."""
    values, _ = system.restored(stretch.at(time), stretch.first)
    return system.unknowns.nodal(values)[1:][system.unknowns.carriers]


def _settled(model: PoissonNernstPlanck, system: CoupledSystem, time: float, values: Array, step: float) -> State:
    """State with electrons and holes settled for `step` [s] around the ions where they are, and its current.

    Where a time step is long against the carriers' own times, Rosenbrock's method leaves their nonlinear balance at the
    size of the time error, and drift and diffusion each exceed the current that they leave by orders of magnitude. An
    implicit Euler step of the carriers alone closes the balance. What the currents of all contacts then sum to tells
    how well they are known.
    """
    settled = _relaxed(system, time, values, step)
    current = system.current(time, settled)
    return model.state(time, settled, system.pieces, current, np.full_like(current, abs(current.sum())))


def landed(
    stretch: Stretch,
    time: float,
    system: CoupledSystem,
    solver: SparseDirect,
    tolerance: float,
    statistics: Statistics,
) -> Stretch:
    """The last of the steps that lead from the start of `stretch` to `time`."""
    start, work = Cursor(stretch.start, stretch.first, time - stretch.start), Statistics()
    for _, last, _ in integrate(system, solver, start, time, tolerance, work):
        stretch = last
    statistics.landed_outputs += 1
    statistics.add_work(work)
    return stretch


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
