"""Electrons and holes that no contact reaches: their charge is kept, and their number changes by reactions alone.

The density equations know this only as a difference of fluxes, which round-off blurs in steps of seconds: carriers
cross a cell in a femtosecond. Here these sums stand by themselves, see :mod:`fem.numerics.grounded`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.grounded import Sums
from fem.physics.reactions.network import ReactionNetwork, Sources


@dataclass(frozen=True)
class InsulatedCarriers:
    """Sums of the rows of f over the parts of a film in which carriers have no contact.

    Parameters
    ----------
    unknowns
        Layout of the unknowns.
    charged
        Weights of the rows in the charge of each part that keeps its own, shape (n_parts, n_unknowns).
    numbered
        Population and nodes (True inside) of each number of carriers that only reactions change.
    candidates
        Unknowns of which the largest is grounded, for each sum.
    """

    unknowns: Unknowns
    charged: Array
    numbered: tuple[tuple[int, NDArray[np.bool_]], ...]
    candidates: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(
        cls, volumes: ControlVolumes, unknowns: Unknowns, network: ReactionNetwork | None = None
    ) -> "InsulatedCarriers":
        """Of the film's parts, under the reactions of `network`. With a halide lattice none is told.

        Ions that no reaction joins to carriers keep their charge by themselves. They stay out of the sums: there may be
        so many that their round-off hides the carriers.
        """
        joined = _joined_to_carriers(unknowns, network)
        places = np.arange(unknowns.size, dtype=float)
        charged, numbered, of_charges, of_numbers = [], [], [], []
        for inside in [] if unknowns.lattice is not None else _parts(volumes, unknowns, joined):
            pieces = [
                (k, nodes)
                for k in np.flatnonzero(unknowns.carriers).tolist()
                for nodes in _pieces(volumes, unknowns, k, inside)
            ]
            free = [(k, nodes) for k, nodes in pieces if not _held(unknowns, k, nodes)]
            own = [unknowns.nodal(places)[k + 1][nodes].astype(np.int64) for k, nodes in free]
            if free and len(free) == len(pieces) and _own_contacts(unknowns, inside, joined):
                charged.append(_charge(unknowns, inside, joined))  # which stands for the number of the first
                of_charges.append(own.pop(0))
                del free[0]
            numbered += free
            of_numbers += own
        weights = np.array(charged).reshape(len(charged), unknowns.size)
        return cls(unknowns, weights, tuple(numbered), tuple(of_charges + of_numbers))

    def __len__(self) -> int:
        """Number of sums."""
        return len(self.charged) + len(self.numbered)

    def amounts(self, sources: Sources | None) -> Array:
        """The sums of f where reactions make `sources`, shape (n_sums,)."""
        made = [0.0 if sources is None else float(sources.amount[k][inside].sum()) for k, inside in self.numbered]
        return np.array([0.0] * len(self.charged) + made)

    def at(self, values: Array, sources: Sources | None, by_potential: dict[int, sparse.csr_matrix]) -> Sums:
        """The sums at `values`; `by_potential` are the derivatives of the populations' rows through the field."""
        u = self.unknowns
        weights, slopes = np.zeros((2, len(self.numbered), u.size))
        for weight, slope, (k, inside) in zip(weights, slopes, self.numbered, strict=True):
            u.nodal(weight)[k + 1][inside] = u.unit[k]
            for (made, m), by in {} if sources is None else sources.by.items():
                if made == k:
                    u.nodal(slope)[m + 1][inside] += by[inside] * u.unit[m]
            if k in by_potential:
                u.nodal(slope)[0] += u.unit[k] * (by_potential[k].T @ inside.astype(float))
        grounds = [int(among[np.abs(values[among]).argmax()]) for among in self.candidates]
        still = np.zeros_like(self.charged)
        return Sums(np.vstack([self.charged, weights]), np.vstack([still, slopes]), np.array(grounds, dtype=np.int64))


def _joined_to_carriers(unknowns: Unknowns, network: ReactionNetwork | None) -> NDArray[np.bool_]:
    """Carriers, and what reactions make of them or them of it, by way of others too, shape (n_species,)."""
    joined = unknowns.carriers.copy()
    changes = [] if network is None else [list(term.changes) for term in network.terms]
    for one in changes * len(joined):
        joined[one] |= joined[one].any()
    return joined


def _parts(volumes: ControlVolumes, unknowns: Unknowns, joined: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Parts of the film that hold carriers and exchange none of what is `joined` to them, shape (n_nodes,) each."""
    if joined.any():
        movable = np.array([one.present & one.mobile for one in unknowns.populations])[joined]
        yield from _connected(volumes, movable, np.asarray(~unknowns.absent[unknowns.carriers].all(axis=0)))


def _pieces(
    volumes: ControlVolumes, unknowns: Unknowns, k: int, inside: NDArray[np.bool_]
) -> Iterator[NDArray[np.bool_]]:
    """Connected pieces of a part between which carriers `k` do not pass, True inside, shape (n_nodes,) each."""
    there = inside & ~unknowns.absent[k]
    return _connected(volumes, there[None], there)


def _connected(
    volumes: ControlVolumes, movable: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> Iterator[NDArray[np.bool_]]:
    """Nodes joined by edges along which any of what is `movable` at both ends, where some of them are `wanted`."""
    i, j = volumes.nodes
    along = (movable[:, i] & movable[:, j]).any(axis=0)
    ties = sparse.coo_matrix((np.ones(along.sum()), (i[along], j[along])), shape=(len(wanted),) * 2)
    _, part = connected_components(ties, directed=False)
    for number in np.unique(part[wanted]):
        yield part == number


def _held(unknowns: Unknowns, k: int, nodes: NDArray[np.bool_]) -> bool:
    """Whether carriers `k` cross a contact of the piece."""
    return any(one.population == k and nodes[one.nodes].any() for one in unknowns.carrier_exchanges)


def _own_contacts(unknowns: Unknowns, inside: NDArray[np.bool_], joined: NDArray[np.bool_]) -> bool:
    """Whether all `joined` ions that enter through a contact of the part enter it, and none another one."""
    at = [inside[one.electrode.nodes] for one in unknowns.exchanges if joined[one.species]]
    return all(here.all() or not here.any() for here in at)


def _charge(unknowns: Unknowns, inside: NDArray[np.bool_], joined: NDArray[np.bool_]) -> Array:
    """Weights of the rows in the charge of what is `joined` in a part, less what entered, shape (n_unknowns,)."""
    weights, counted = np.zeros(unknowns.size), joined * unknowns.charges * unknowns.unit
    unknowns.nodal(weights)[1:][:, inside] = counted[:, None]
    unknowns.nodal(weights)[1:][unknowns.absent] = 0.0
    own = [counted[one.species] * inside[one.electrode.nodes].any() for one in unknowns.exchanges]
    unknowns.entered(weights)[:] = np.negative(own)
    return weights
