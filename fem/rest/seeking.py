"""Rest sought by implicit Euler steps: at once, by way of smaller voltages and less light, or in growing steps."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy import sparse

from fem.constants import elementary_charge
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError, best_solver
from fem.numerics.system import Statistics
from fem.physics.drives.drive import BEFORE, Piece

Found = tuple[Array, str]  # the unknowns, and the way to them in words

_HUGE = (1e4,) * 3  # s, for ions that cross the film in one; each step leaves 1e-4 of what was missing, or less
_LARGEST = 200.0  # exponent of a density on the way to equilibrium
_DRAINING = 30  # further steps at most, for minority carriers
_SCARCE = 1e-20  # of the largest density: carriers so few are left as they are
_STILL = 1e-9  # relative change of a density at rest
_FROM_SHORT = tuple(3.0**k for k in range(-25, 0))  # for a start that Newton's method finds too far
_GROWING = (*_FROM_SHORT, *(3.0**k for k in range(7)), *(3.0**6,) * 3)
_FIRST, _SMALLEST = 0.25, 1e-3  # stages of a climb, of the whole of voltages and light


def carriers_in_equilibrium(film: CoupledSystem, values: Array, volts: float) -> Array:
    """`values` with electrons and holes in equilibrium with metals that are all at `volts` [V], ions where they are.

    Newton's method for the Poisson-Boltzmann equation, with steps of the potential that grow as a logarithm. It is a
    start only: where it has not converged after 200 steps, what it has found serves.
    """
    u, electric, new = film.unknowns, film.electrostatics, values.copy()
    fields, carriers = u.nodal(new), [(k, one) for k, one in enumerate(u.populations) if one.carrier]
    normal = {k: one.present * float(one.intrinsic or 0.0) * one.transport.enrichment / one.unit for k, one in carriers}
    inside, level, solver = carriers[0][1].present, volts / u.thermal_voltage, best_solver()
    first = carriers[0][0]
    neutral = -u.charges[first] * np.log(np.where(inside, u.start[first], 1.0) / np.where(inside, normal[first], 1.0))
    fields[0] = np.where(inside, neutral + level, fields[0])
    for _ in range(200):
        screening = np.zeros(u.n_nodes)
        for k, one in carriers:
            fields[k + 1] = normal[k] * np.exp(np.clip(-one.charge * (fields[0] - level), -_LARGEST, _LARGEST))
            screening += one.charge**2 * one.unit * u.storage[k] * fields[k + 1]
        free = np.where(electric.held, 0.0, elementary_charge * screening)
        solver.factorise(sparse.csr_matrix(electric.matrix + sparse.diags_array(free)))
        change = solver.solve(electric.balance(BEFORE, fields, film.pieces))
        fields[0] += np.sign(change) * np.log1p(np.abs(change))
        if np.abs(change).max() < _STILL:
            break
    return new


def held(value: float) -> Piece:
    """A drive that stands at `value`."""
    return Piece(-np.inf, lambda time: value, lambda time: 0.0)


def climbed(film: CoupledSystem, levels: Sequence[float], light: float, values: Array) -> Found:
    """Rest of `film` under `levels` [V] and `light` from `values`: at once, or by way of the rest without either.

    Raises
    ------
    SolverError
        If Newton's method does not find it.
    """

    def goal(share: float) -> CoupledSystem:
        return film.driven_by([held(share * one) for one in levels], held(share * light))

    def by_stages() -> Found:
        return _in_stages(goal, relaxed(goal(0.0), values)[0])

    return first_found([partial(_at_once, goal(1.0), values), by_stages, partial(relaxed, goal(1.0), values)])


def _in_stages(goal: Callable[[float], CoupledSystem], values: Array) -> Found:
    """Rest of ``goal(1)`` from that of ``goal(0)``: a stage not reached is cut to a quarter, one that is doubles."""
    done, stage, stages = 0.0, _FIRST, 0
    while done < 1.0:
        share = min(done + stage, 1.0)
        try:
            values = _step(goal(share), values, _HUGE[0])
        except OutOfMemoryError:
            raise
        except SolverError:
            stage = (share - done) / 4
            if stage < _SMALLEST:
                raise
            continue
        done, stage, stages = share, 2 * stage, stages + 1
    return after_steps(goal(1.0), values, _HUGE), f"in {stages} stages of voltages and light"


def settled(film: CoupledSystem, values: Array) -> Found:
    """Rest of `film`, driven as it is, from the carriers' equilibrium: at once or else as :func:`relaxed`."""
    return first_found([partial(_at_once, film, values), partial(relaxed, film, values)])


def _at_once(film: CoupledSystem, values: Array) -> Found:
    return _found(film, values, _HUGE, "at once")


def relaxed(film: CoupledSystem, values: Array) -> Found:
    """Rest of a closed film whose ions cross it in a second, reached from `values`, shape (n,).

    Raises
    ------
    SolverError
        If Newton's method does not find it.
    """
    if _at_rest(film, values):
        return values, "as deposited, which is at rest"
    ways = {"at once": _HUGE, "in growing steps": _GROWING}
    try:
        return first_found([partial(_found, film, values, steps, way) for way, steps in ways.items()])
    except OutOfMemoryError:
        raise
    except SolverError as error:
        raise SolverError(
            f"the film's equilibrium before t = 0 was not found ({error}): start from a smaller voltage, a weaker"
            " segregation or less fixed charge, and let carriers that no contact reaches recombine (reactions)"
        ) from error


def first_found(ways: Sequence[Callable[[], Found]]) -> Found:
    """What the first of `ways` finds that gets there; the error of the last if none does, or that memory is short."""
    for way in ways[:-1]:
        try:
            return way()
        except OutOfMemoryError:
            raise
        except SolverError:
            continue
    return ways[-1]()


def after_steps(film: CoupledSystem, values: Array, steps: Sequence[float]) -> Array:
    """`values` after implicit Euler `steps` [s], and further ones until carriers rest that are few."""
    for step in steps:
        values = _step(film, values, step)
    for _ in range(_DRAINING if film.unknowns.carriers.any() else 0):
        before, values = values, _step(film, values, steps[-1])
        if _minorities_rest(film, before, values):
            break
    return values


def _found(film: CoupledSystem, values: Array, steps: Sequence[float], way: str) -> Found:
    return after_steps(film, values, steps), way


def _step(film: CoupledSystem, values: Array, step: float) -> Array:
    return implicit_euler_step(film, best_solver(), BEFORE, values, step, Statistics())


def _minorities_rest(film: CoupledSystem, before: Array, values: Array) -> bool:
    """Whether electrons and holes no longer change, where they are few too.

    An iteration takes at most a factor of twenty from a density, and ends when what is left is small against the
    majority; a minority may still be draining then.
    """
    old, new = (film.unknowns.nodal(one)[1:][film.unknowns.carriers] for one in (before, values))
    counts = new > _SCARCE * new.max()
    return bool((np.abs(new - old) <= _STILL * new)[counts].all())


def _at_rest(film: CoupledSystem, values: Array) -> bool:
    """Whether the ions stay where they are: every edge flux vanishes against its two opposing parts."""
    if film.unknowns.carrier_exchanges or film.network is not None:
        return False
    fields = film.unknowns.nodal(values)
    for k, population in enumerate(film.unknowns.populations):
        if not population.mobile:
            continue
        edge = DriftDiffusion(film.volumes, film.unknowns, k).edge_flux(fields)
        if np.abs(edge.flux).max() > 1e-12 * np.abs(edge.by_first * fields[k + 1].mean()).max():
            return False
    return True
