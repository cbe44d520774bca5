"""The slow change from cycle to cycle, and jumps over many cycles by an implicit method.

Let P be the map over one cycle and B the Jacobian of the film summed over it. The envelope y(n) obeys, near a cycle
that was simulated from y_0 to P(y_0),

    dy/dn = G + K (y - y_m),    G = P(y_0) - y_0,    K = (M - B)^-1 B,    y_m = (y_0 + P(y_0)) / 2.

For what hardly moves in a cycle K is M^-1 B, the slope of G; what dies away within a cycle has K = -1, as it is gone
after one. The fluxes themselves are never averaged: G is what a cycle of the full equations has done, so an error of K
costs steps but no accuracy. Multiplied by M - B the law needs no inverse:

    (M - B) dy/dn = (M - B) G + B (y - y_m).

An affine law of this kind is solved by the L-stable two-stage SDIRK method of order 2 (Alexander,
doi:10.1137/0714068), a few equal steps with one factorisation. All linear invariants of the film, ions, halides and
sites, are those of the envelope. Related methods: multirevolution and envelope-following schemes (Petzold,
doi:10.1137/0718009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.coupled.system import CoupledSystem
from fem.cycles.one_cycle import Cycle, combined
from fem.fields import Array
from fem.numerics.sparse_direct import SparseDirect

_GAMMA = 1.0 - 1.0 / sqrt(2.0)
_SUBSTEPS = 8  # of a jump
_ROUND_OFF = 1e-6  # of a species' ions: the most that the linear solves of a jump may lose and get back
_FULL = 1.0 - 1e-12  # of the sites that halides and vacancies may take


@dataclass(frozen=True)
class Envelope:
    """Affine law ``(M - B) dy/dn = pull + B y`` of the change per cycle; rows without mass hold no change."""

    slopes: sparse.csr_matrix
    pull: Array

    @classmethod
    def of(cls, cycle: Cycle, mass: Array) -> "Envelope":
        """The law around a `cycle` that was simulated with its slopes."""
        b = cycle.slopes
        assert b is not None, "the cycle was not recorded"
        return cls(b, mass * cycle.change - b @ (cycle.change + cycle.middle))

    @classmethod
    def mean(cls, laws: "Sequence[Envelope]") -> "Envelope":
        """Mean of several laws."""
        slopes = combined([one.slopes for one in laws], [1.0 / len(laws)] * len(laws))
        return cls(slopes, np.mean([one.pull for one in laws], axis=0))


def jumped(system: CoupledSystem, solver: SparseDirect, law: Envelope, values: Array, cycles: float) -> Array:
    """Change of `values` over so many `cycles` by `law`, shape (n,)."""
    h, moving, y = cycles / _SUBSTEPS, system.mass > 0, values.copy()
    solver.factorise(system.shifted(combined([law.slopes], [1.0 + _GAMMA * h]), 1.0))

    def rate(at: Array) -> Array:
        return solver.solve(np.where(moving, law.pull + law.slopes @ at, 0.0))

    for _ in range(_SUBSTEPS):
        first = rate(y)
        second = rate(y + h * (1.0 - _GAMMA) * first)
        y = y + h * ((1.0 - _GAMMA) * first + _GAMMA * second)
    return y - values


def carried(system: CoupledSystem, solver: SparseDirect, law: Envelope, change: Array, cycles: float) -> Array:
    """What is left of a `change` after so many `cycles`: ``(1 - n K)^-1`` of it, shape (n,)."""
    solver.factorise(system.shifted(combined([law.slopes], [1.0 + cycles]), 1.0))
    return solver.solve(np.where(system.mass > 0, system.mass * change - law.slopes @ change, 0.0))


def moved(system: CoupledSystem, values: Array, change: Array) -> tuple[Array, Array]:
    """`values` after a `change` that stays inside the bounds, and what had to be given up for that.

    Where a concentration would fall too low it keeps a share of itself; what that adds is taken from its species
    everywhere in proportion, so that nothing is made, and what round-off has lost is put back likewise. Electrons and
    holes follow by themselves and are left alone.
    """
    u = system.unknowns
    aimed = values + change
    u.nodal(aimed)[1:][u.carriers] = u.nodal(values)[1:][u.carriers]
    new = system.bounded(values, aimed - values)
    fields = u.nodal(new)[1:]
    if u.lattice is not None:
        free = _FULL - u.lattice.dilution * fields[u.lattice.vacancy]
        fields[u.lattice.second] = np.minimum(fields[u.lattice.second], free)
    gained = np.einsum("kn,kn->k", u.storage, fields - u.nodal(aimed)[1:])
    lost = (u.conserved(values) - u.conserved(aimed)) * u.content
    gained -= np.where(_lasting(system) & (np.abs(lost) <= _ROUND_OFF * u.content), lost, 0.0)
    held = np.einsum("kn,kn->k", u.storage, fields)
    fields *= 1.0 - (gained / np.where(held > 0, held, 1.0))[:, None]
    return new, new - aimed


def _lasting(system: CoupledSystem) -> NDArray[np.bool_]:
    """Populations that are neither made nor lost in the film, shape (n_species,)."""
    u = system.unknowns
    lasting = ~u.carriers
    lasting[list(u.reacting)] = False
    if u.lattice is not None and u.lattice.lattice.site_exchange > 0:
        lasting[[u.lattice.vacancy, u.lattice.second]] = False
    return lasting
