"""The film at rest, before the drive starts: as deposited, or in the equilibrium that the closed film reaches."""

import numpy as np

from fem.coupled_system import CoupledSystem
from fem.fields import Array
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import SolverError, best_solver
from fem.numerics.system import Statistics

_HUGE = (1e4,) * 3  # diffusion times; each step leaves 1e-4 of what was missing, or less
_GROWING = (*(3.0**k for k in range(-25, 7)), *(3.0**6,) * 3)  # for a start that Newton's method finds too far


def as_deposited(closed: CoupledSystem, time: float) -> Array:
    """Unknowns of a closed film with the stated concentrations and the potential that goes with them."""
    values = np.zeros(closed.unknowns.size)
    closed.unknowns.nodal(values)[1:] = closed.unknowns.start
    return closed.hold_algebraic(time, values)


def relaxed(closed: CoupledSystem, values: Array, time: float, extent: float) -> Array:
    """Equilibrium of a closed film, reached from `values`.

    Equilibrium does not depend on diffusivities, so `closed` has one of 1 m^2/s everywhere and no contrast of barriers
    can spoil the matrices.

    Parameters
    ----------
    closed
        The film without exchange at its contacts, driven by the potentials before the start.
    values
        Unknowns to start from, shape (n,).
    time
        Before the start [s].
    extent
        Size of the film [m].

    Raises
    ------
    SolverError
        If Newton's method does not find it.
    """
    if _at_rest(closed, values):
        return values
    try:
        return _after_steps(closed, values, time, extent**2, _HUGE)
    except SolverError:
        try:
            return _after_steps(closed, values, time, extent**2, _GROWING)
        except SolverError as error:
            raise SolverError(
                f"the film's equilibrium before t = 0 was not found ({error}): start from a smaller voltage, a weaker"
                " segregation or less fixed charge"
            ) from error


def _after_steps(
    closed: CoupledSystem, values: Array, time: float, diffusion_time: float, steps: tuple[float, ...]
) -> Array:
    solver, done = best_solver(), Statistics()
    for step in steps:
        values = implicit_euler_step(closed, solver, time, values, step * diffusion_time, done)
    return values


def _at_rest(closed: CoupledSystem, values: Array) -> bool:
    """Whether the ions stay where they are: every edge flux vanishes against its two opposing parts."""
    fields = closed.unknowns.nodal(values)
    for k in range(len(closed.unknowns.populations)):
        edge = closed.edge_flux(k, fields)
        if np.abs(edge.flux).max() > 1e-12 * np.abs(edge.by_first * fields[k + 1].mean()).max():
            return False
    return True
