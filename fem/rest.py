"""The film at rest, before the drive starts: as deposited, or in the equilibrium that the closed film reaches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from fem.constants import elementary_charge
from fem.coupled.edge_laws import DriftDiffusion
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import SolverError, best_solver
from fem.numerics.system import Statistics
from fem.physics.drives.drive import BEFORE, Piece

_HUGE = (1e4,) * 3  # s, for ions that cross the film in one; each step leaves 1e-4 of what was missing, or less
_RUNG = 0.1  # V, by which voltages climb where the goal is too far from equilibrium
_LARGEST = 200.0  # exponent of a density on the way to equilibrium
_DRAINING = 30  # further steps at most, for minority carriers
_SCARCE = 1e-20  # of the largest density: carriers so few are left as they are
_STILL = 1e-9  # relative change of a density at rest
_LONG = (1.0,) * 12  # where no contact holds the carriers: in longer steps their charge is lost in round-off
_HASTES = (1e10, 1e5, 1.0)  # of recombination on the way to equilibrium, one after the other until one gets there
_GROWING = (*(3.0**k for k in range(-25, 7)), *(3.0**6,) * 3)  # for a start that Newton's method finds too far


@dataclass(frozen=True)
class Start:
    """How a film comes to rest.

    Parameters
    ----------
    film
        The film as it will be driven.
    closed
        The same without ions that cross its contacts.
    """

    film: CoupledSystem
    closed: CoupledSystem

    def values(self, pieces: Sequence[Piece], light: Piece, extent: float, relax: bool) -> Array:
        """Unknowns of the film at rest under what `pieces` and `light` say of the time before the start, shape (n,).

        Parameters
        ----------
        extent
            Size of the film [m].
        relax
            Whether it has come to rest; otherwise it is as deposited.

        Raises
        ------
        SolverError
            If Newton's method does not find the rest.
        """
        levels = [piece.value(BEFORE) for piece in pieces]
        dark = light.value(BEFORE) == 0
        even = (dark and max(levels) == min(levels)) or (not self.film.unknowns.carrier_exchanges and dark)
        values = as_deposited(self.closed.driven_by(pieces, light), BEFORE)
        if relax:
            values = self._rested(values, pieces, light, extent, even)
        full = np.zeros(self.film.unknowns.size)
        full[: len(values)] = values
        return self.film.deposited(full)

    def _rested(self, values: Array, pieces: Sequence[Piece], light: Piece, extent: float, even: bool) -> Array:
        """Rest of the closed film from `values`; where it is an equilibrium, by way of fast recombination first."""
        levels = [piece.value(BEFORE) for piece in pieces]
        common = levels if even else [0.0] * len(levels)
        failed: SolverError | None = None
        for haste in (
            _HASTES if even else _HASTES[-1:]
        ):  # one that is too fast may leave the carriers' charge to round-off
            paced = self._paced(extent, even, haste)
            try:
                if not self.closed.unknowns.carrier_exchanges:
                    return relaxed(paced.driven_by(pieces, light), values)
                held = paced.driven_by([_held(one) for one in common])
                return _climbed(paced, levels, light, carriers_in_equilibrium(held, values, common[0]), even)
            except SolverError as error:
                failed = error
        assert failed is not None
        raise failed

    def _paced(self, extent: float, even: bool, haste: float) -> CoupledSystem:
        """The closed film with ions that cross it in a second.

        Where it comes to equilibrium (`even`) they have one diffusivity everywhere: equilibrium does not depend on it,
        and no contrast of barriers can spoil the matrices; nor does it depend on how fast carriers recombine, so that
        those find it too which no contact reaches. A steady state that carries a current does depend on both.
        """
        u, ones = self.closed.unknowns, self.closed.volumes.unit_weights
        mean = max((one.transport.mean_diffusivity for one in u.movers if not one.carrier), default=1.0)
        populations = []
        for one in u.populations:
            if one.mobile and not one.carrier:
                weights = (ones * (one.transport.weights != 0) if even else one.transport.weights / mean) * extent**2
                one = replace(one, transport=replace(one.transport, weights=weights))
            populations.append(one)
        unknowns, network = replace(u, populations=tuple(populations)), self.closed.network
        if haste != 1 and network is not None:
            network = network.hastened(haste)
        return CoupledSystem(self.closed.volumes, self.closed.poisson, unknowns, network)


def as_deposited(closed: CoupledSystem, time: float) -> Array:
    """Unknowns of a closed film with the stated concentrations and the potential that goes with them."""
    values = np.zeros(closed.unknowns.size)
    closed.unknowns.nodal(values)[1:] = closed.unknowns.start
    return closed.hold_algebraic(time, values)


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


def _held(volts: float) -> Piece:
    return Piece(-np.inf, lambda time: volts, lambda time: 0.0)


def _climbed(paced: CoupledSystem, levels: list[float], light: Piece, values: Array, even: bool) -> Array:
    """Rest under `levels` [V] and `light` from the carriers' equilibrium: at once, or by way of smaller voltages."""
    goal = paced.driven_by([_held(one) for one in levels], light)
    try:
        return _after_steps(goal, values, _HUGE)
    except SolverError:
        if even:
            return relaxed(goal, values)
    rungs = int(np.ceil(np.ptp(levels) / _RUNG))
    try:
        for rung in range(1, rungs + 1):
            part = paced.driven_by([_held(one * rung / rungs) for one in levels])
            values = implicit_euler_step(part, best_solver(), BEFORE, values, _HUGE[0], Statistics())
        return _after_steps(goal, values, _HUGE)
    except SolverError:
        return relaxed(goal, values)


def relaxed(closed: CoupledSystem, values: Array) -> Array:
    """Rest of a closed film whose ions cross it in a second, reached from `values`, shape (n,).

    Raises
    ------
    SolverError
        If Newton's method does not find it.
    """
    if _at_rest(closed, values):
        return values
    carriers, held = closed.unknowns.carriers.any(), bool(closed.unknowns.carrier_exchanges)
    ways = [*([_HUGE] if held or not carriers else []), *([_LONG] if carriers else []), _GROWING]
    failed: SolverError | None = None
    for steps in ways:
        try:
            return _after_steps(closed, values, steps)
        except SolverError as error:
            failed = error
    raise SolverError(
        f"the film's equilibrium before t = 0 was not found ({failed}): start from a smaller voltage, a weaker"
        " segregation or less fixed charge, and let carriers that no contact reaches recombine (reactions)"
    ) from failed


def _after_steps(closed: CoupledSystem, values: Array, steps: tuple[float, ...]) -> Array:
    solver, done = best_solver(), Statistics()
    for step in steps:
        values = implicit_euler_step(closed, solver, BEFORE, values, step, done)
    for _ in range(_DRAINING if closed.unknowns.carriers.any() else 0):
        before, values = values, implicit_euler_step(closed, solver, BEFORE, values, steps[-1], done)
        if _minorities_rest(closed, before, values):
            break
    return values


def _minorities_rest(closed: CoupledSystem, before: Array, values: Array) -> bool:
    """Whether electrons and holes no longer change, where they are few too.

    An iteration takes at most a factor of twenty from a density, and ends when what is left is small against the
    majority; a minority may still be draining then.
    """
    old, new = (closed.unknowns.nodal(one)[1:][closed.unknowns.carriers] for one in (before, values))
    counts = new > _SCARCE * new.max()
    return bool((np.abs(new - old) <= _STILL * new)[counts].all())


def _at_rest(closed: CoupledSystem, values: Array) -> bool:
    """Whether the ions stay where they are: every edge flux vanishes against its two opposing parts."""
    if closed.unknowns.carrier_exchanges or closed.network is not None:
        return False
    fields = closed.unknowns.nodal(values)
    for k, population in enumerate(closed.unknowns.populations):
        if not population.mobile:
            continue
        edge = DriftDiffusion(closed.volumes, closed.unknowns, k).edge_flux(fields)
        if np.abs(edge.flux).max() > 1e-12 * np.abs(edge.by_first * fields[k + 1].mean()).max():
            return False
    return True
