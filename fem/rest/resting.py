"""The closed film with the pace at which it is brought to rest: where it rests is that of the true film.

A factor common to all motion and all reactions of ions leaves their steady state where it is. The factor stands at
their mass, so that the balance of every population stays the true film's to the last digit: ions joined by reactions
get one factor, which lets the slowest of them cross the film in a second. What reactions keep is kept. Electrons and
holes have their own pace; where no contact holds them, so have the ions they react with, or charge would be lost.

What does not move rests where its reactions at the node do: in the field of the film at rest its factor is the pace of
the slowest there, so that one which takes longer than any step comes to rest too, far below a threshold, say.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.physics.populations import Population
from fem.physics.reactions.network import ReactionNetwork, ReactionTerm

_APART = 1e-3  # of the pace of the fastest reaction of ions that stay where they are
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


def paced(closed: CoupledSystem, extent: float, found: Array | None = None) -> Resting:
    """`closed` with ions that cross it, of size `extent` [m], in a second, and else the balance of the true film.

    Where `found`, shape (n,), tells the field at rest, ions that stay where they are react in a second too.
    """
    film = Resting(closed.volumes, closed.poisson, closed.unknowns, closed.network)
    film.mass = closed.mass.copy()
    mass = film.unknowns.nodal(film.mass)[1:]
    mass *= _slowness(closed, extent)[:, None]
    for members in _own_pace(film) if found is not None else ():
        if found is not None and not any(film.unknowns.populations[k].mobile for k in members):
            mass[members] *= _slowest_reaction(film, members, found)
    return film


def levelled(closed: CoupledSystem, extent: float, haste: float, found: Array | None = None) -> Resting:
    """`closed` with one diffusivity of ions everywhere, recombination `haste` times as fast.

    Where `found`, shape (n,), tells the field at rest, ions have no slow reaction there.

    Equilibrium does not depend on any of them: no contrast of barriers can spoil the matrices, and those carriers find
    it too which no contact reaches, as do ions far below a threshold of the field. A steady state that carries a
    current depends on all.
    """
    ones = closed.volumes.unit_weights * extent**2

    def even(one: Population) -> Population:
        if not one.mobile or one.carrier:
            return one
        even_weights = ones * (one.transport.weights != 0)
        return replace(one, transport=replace(one.transport, weights=even_weights), altered_by=())

    unknowns = replace(closed.unknowns, populations=tuple(even(one) for one in closed.unknowns.populations))
    network = closed.network.hastened(haste) if closed.network is not None else None
    if network is not None and found is not None:
        network = _without_slow(closed, network, found)
    return Resting(closed.volumes, closed.poisson, unknowns, network)


def _without_slow(closed: CoupledSystem, network: ReactionNetwork, found: Array) -> ReactionNetwork:
    """`network` with reactions of ions alone that turn them over in a second where they would take longer."""

    def quick(term: ReactionTerm) -> ReactionTerm:
        if closed.unknowns.carriers[list(term.changes)].any():
            return term
        pace = _pace(closed, term, found)
        slow = np.where(pace > 0, np.minimum(pace, 1.0), 1.0)[term.sites.nodes]
        return replace(term, sites=replace(term.sites, sizes=term.sites.sizes / slow))

    return replace(network, terms=tuple(quick(term) for term in network.terms))


def _slowest_reaction(film: CoupledSystem, members: list[int], found: Array) -> Array:
    """Pace [1/s] of the slowest reaction of `members` at each node, at most 1, shape (n_nodes,).

    Or a thousandth of that of the fastest, beside which less mass would be lost to round-off.
    """
    terms = film.network.terms if film.network is not None else ()
    paces = np.array([_pace(film, term, found) for term in terms if not set(members).isdisjoint(term.changes)])
    if not len(paces):
        return np.ones(film.unknowns.n_nodes)
    slowest = np.where(paces > 0, paces, np.inf).min(axis=0)
    return np.minimum(np.maximum(slowest, _APART * paces.max(axis=0)), 1.0)


def _pace(film: CoupledSystem, term: ReactionTerm, found: Array) -> Array:
    """What share of the ions a reaction turns over in a second at each node [1/s], shape (n_nodes,).

    In the dark, in the field of `found`; 0 where it does not run.
    """
    u, fields = film.unknowns, film.unknowns.nodal(found)
    field = film.electrostatics.field_strength(fields)
    events, slopes = term.events(fields[1:] * u.unit[:, None], 0.0, field)
    ions = [k for k in term.changes if not u.carriers[k]]
    if not ions:
        return np.zeros(u.n_nodes)
    by_slope = np.max([_paces(slopes.get(k, 0.0) * u.unit[k], u.storage[k] * u.unit[k]) for k in ions], axis=0)
    by_events = np.max([_paces(events, u.storage[k] * u.unit[k]) for k in ions], axis=0)
    return np.where(by_slope > 0, by_slope, by_events)  # what is not there yet does not yet hasten its reaction


def _paces(events: Array | float, stored: Array) -> Array:
    """Size of `events` [1/(m s)] over what is `stored` [1/m], 0 where nothing is."""
    return np.divide(np.abs(events), stored, out=np.zeros_like(stored), where=stored > 0)


def _slowness(closed: CoupledSystem, extent: float) -> Array:
    """Factor of the mass of each population, shape (n_populations,)."""
    factors = np.ones(len(closed.unknowns.populations))
    for members in _own_pace(closed):
        ions = [one for k in members if (one := closed.unknowns.populations[k]).mobile]
        if ions:
            factors[members] = min(one.transport.mean_diffusivity for one in ions) / extent**2
    return factors


def _own_pace(closed: CoupledSystem) -> Iterator[list[int]]:
    """Numbers of the ions of each group that may have a pace of its own."""
    u = closed.unknowns
    groups, with_carriers = _joined(closed)
    for group in set(groups[~u.carriers]):
        if u.carrier_exchanges or group not in with_carriers:
            yield [int(k) for k in np.flatnonzero(groups == group) if not u.carriers[k]]


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
