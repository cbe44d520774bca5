"""The closed film with the pace at which it is brought to rest: where it rests is that of the true film.

A factor common to all motion and all reactions of ions leaves their steady state where it is. The factor stands at
their mass, so that the balance of every population stays the true film's to the last digit: ions joined by reactions
get one factor, which lets the slowest of them cross the film in a second. What reactions keep is kept. Electrons and
holes have their own pace; where no contact holds them, so have the ions they react with, or charge would be lost.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.physics.populations import Population

_FEW = 1e-10  # of the densest carriers: fewer are round-off of the potential, and of what contacts hold


class Resting(CoupledSystem):
    """A film on its way to rest, for which carriers that are few against the others do not hold up the iteration.

    Deep in a barrier they are known to fewer digits than it asks for; their balance is linear, and further steps close
    it (:func:`fem.rest.seeking.after_steps`).
    """

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Size of a change, without that of carriers so few that it is round-off."""
        u, counted = self.unknowns, change.copy()
        moved, held = u.nodal(counted)[1:], u.nodal(values)[1:]
        densest = held[u.carriers].max(initial=0.0)
        moved[u.carriers[:, None] & (held < _FEW * densest)] = 0.0
        return super().scaled_norm(counted, values)


def paced(closed: CoupledSystem, extent: float) -> Resting:
    """`closed` with ions that cross it, of size `extent` [m], in a second, and else the balance of the true film."""
    film = Resting(closed.volumes, closed.poisson, closed.unknowns, closed.network)
    film.mass = closed.mass.copy()
    film.unknowns.nodal(film.mass)[1:] *= _slowness(closed, extent)[:, None]
    return film


def levelled(closed: CoupledSystem, extent: float, haste: float) -> Resting:
    """`closed` with one diffusivity of ions everywhere and recombination `haste` times as fast.

    Equilibrium does not depend on either: no contrast of barriers can spoil the matrices, and those carriers find it
    too which no contact reaches. A steady state that carries a current depends on both.
    """
    ones = closed.volumes.unit_weights * extent**2

    def even(one: Population) -> Population:
        if not one.mobile or one.carrier:
            return one
        return replace(one, transport=replace(one.transport, weights=ones * (one.transport.weights != 0)))

    unknowns = replace(closed.unknowns, populations=tuple(even(one) for one in closed.unknowns.populations))
    network = closed.network.hastened(haste) if closed.network is not None else None
    return Resting(closed.volumes, closed.poisson, unknowns, network)


def _slowness(closed: CoupledSystem, extent: float) -> Array:
    """Factor of the mass of each population, shape (n_populations,)."""
    u = closed.unknowns
    groups, with_carriers = _joined(closed)
    factors = np.ones(len(u.populations))
    for group in set(groups[~u.carriers]):
        members = [k for k in np.flatnonzero(groups == group) if not u.carriers[k]]
        paces = [one.transport.mean_diffusivity for k in members if (one := u.populations[k]).mobile]
        if paces and (u.carrier_exchanges or group not in with_carriers):
            factors[members] = min(paces) / extent**2
    return factors


def _joined(closed: CoupledSystem) -> tuple[NDArray[np.int64], set[int]]:
    """Group of ions that reactions turn into each other, shape (n_populations,), and those that carriers react with."""
    u = closed.unknowns
    terms = closed.network.terms if closed.network is not None else ()
    joined = np.zeros((len(u.populations),) * 2)
    for term in terms:
        ions = [k for k in term.changes if not u.carriers[k]]
        joined[ions[:1], ions] = 1.0
    groups = np.asarray(connected_components(sparse.csr_matrix(joined), directed=False)[1], dtype=np.int64)
    mixed = [term.changes for term in terms if u.carriers[list(term.changes)].any()]
    return groups, {int(groups[k]) for changes in mixed for k in changes if not u.carriers[k]}
