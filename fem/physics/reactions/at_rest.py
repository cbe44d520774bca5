"""Which reactions can run in a film at rest: those that others, or their own reverse, can make undone.

At rest every reaction runs only as fast as the others put back what it takes from the ions. Let N hold the change of
each ion species per event. A reaction r without a reverse can run at rest if a cycle leads through it,

    N v = 0   with v_r > 0,   v_s >= 0 for each other reaction s without a reverse, any v_s for one that has a reverse

(an elementary mode of the network: Schuster, Dandekar and Fell, doi:10.1016/S0167-7799(98)01290-6). Electrons and holes
do not count: light, recombination and contacts make them and take them away. What lies on no cycle runs until it has
used up what it needs: degradation for good. A film that waits for its drive is not old; such reactions begin with it.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from fem.fields import Array
from fem.physics.reactions.field_assisted import FieldAssisted
from fem.physics.reactions.network import ReactionNetwork
from fem.physics.reactions.reaction import CARRIERS, RateLaw

_PLENTY = 1e24  # 1/m^3, of everything a reaction makes, to see whether it runs backward
_SOME = 1e-6  # of an event: a cycle runs or it does not


def running_at_rest(network: ReactionNetwork) -> ReactionNetwork:
    """`network` without the reactions that cannot run at rest."""
    kept = [term for term, runs in zip(network.terms, _on_cycles(network), strict=True) if runs]
    return replace(network, terms=tuple(kept))


def has_one_way(network: ReactionNetwork) -> bool:
    """Whether a reaction of ions without a reverse is part of `network`."""
    changes = changes_of_ions(network)
    return any(changes[:, r].any() and not _has_reverse(network, r) for r in range(len(network.terms)))


def _on_cycles(network: ReactionNetwork) -> list[bool]:
    """Whether each reaction has a reverse or lies on a cycle."""
    changes, reverse = changes_of_ions(network), [_has_reverse(network, r) for r in range(len(network.terms))]
    lower = [-1.0 if there_and_back else 0.0 for there_and_back in reverse]
    bounds, found = [(low, 1.0) for low in lower], []
    for r, there_and_back in enumerate(reverse):
        if there_and_back or not changes[:, r].any():
            found.append(True)
            continue
        through = np.zeros(len(reverse))
        through[r] = -1.0
        cycle = linprog(through, A_eq=changes, b_eq=np.zeros(len(changes)), bounds=bounds)
        found.append(cycle.x is not None and bool(cycle.x[r] > _SOME))
    return found


def changes_of_ions(network: ReactionNetwork) -> Array:
    """N: what each event changes of each ion species, shape (n_ions, n_reactions)."""
    out = np.zeros((len(network.names), len(network.terms)))
    for r, term in enumerate(network.terms):
        for k, number in term.changes.items():
            out[k, r] = number
    return out[[name not in CARRIERS for name in network.names]]


def _has_reverse(network: ReactionNetwork, r: int) -> bool:
    """Whether reaction `r` runs backward anywhere in the dark where there is none of what it takes.

    A factor of the field, which helps both ways alike, does not count: it may vanish without a field.
    """
    term, there = network.terms[r], np.full((len(network.names), network.n_nodes), _PLENTY)
    for k, number in term.changes.items():
        if number < 0:
            there[k] = 0.0
    unaided = replace(term, reaction=replace(term.reaction, law=_unaided(term.reaction.law)))
    return bool((unaided.events(there, 0.0, None)[0] < 0).any())


def _unaided(law: RateLaw) -> RateLaw:
    """`law` without the help of the field."""
    while isinstance(law, FieldAssisted):
        law = law.law
    return law
