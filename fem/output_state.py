"""The state at an output time that falls inside a step, with a current that says how well it is known."""

from collections.abc import Callable

import numpy as np

from fem.coupled_system import CoupledSystem
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.rosenbrock import Stretch
from fem.numerics.sparse_direct import SparseDirect
from fem.numerics.system import Statistics
from fem.state import State


def state_within(
    model: PoissonNernstPlanck, system: CoupledSystem, stretch: Stretch, time: float, land: Callable[..., Stretch]
) -> State:
    """State at `time` [s] inside the step `stretch`.

    The interpolant serves unless it leaves the bounds of the concentrations there; then `land(stretch, time)` gives the
    last of some steps that end at `time`.
    """
    if system.outside(stretch.at(time), ALLOWANCE):
        stretch = land(stretch, time)
    values, _ = system.restored(stretch.at(time), stretch.first)
    held = system.hold_algebraic(time, values)  # exact for curved drives too, which no interpolant follows
    current, error = _current(model, system, stretch, time, held)
    return model.state(time, held, system.pieces, current, error)


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
    sweep = np.array([piece.rate(time) for piece in system.pieces])
    still = np.zeros_like(sweep)
    fluxes = system.rates(time, values)
    by_flux = model.current(fluxes, sweep)
    flux_error = np.abs(model.current(system.rates(time, values + stretch.doubt(time)) - fluxes, still))
    slope, highest = stretch.rate(time)
    by_slope = model.current(system.with_potential_rate(time, slope), sweep)
    by_end = np.abs(model.current(stretch.error, still)) / (stretch.end - stretch.start)
    slope_error = by_end + np.abs(model.current(highest, still))
    better = flux_error.max() <= slope_error.max()
    return (by_flux, flux_error) if better else (by_slope, slope_error)
