"""Whether a film rests: what enters and leaves each control volume, net and against its opposing parts.

A slow reaction of mobile ions is drowned by their hops there. In the whole film hops add up to nothing, and reactions
have to balance alone: with N the change of each ion species per event, N v = 0 for the events v of each reaction in the
film. A reaction on no cycle (that of no v but v_r = 0) therefore runs forth as often as back, in light and under a
voltage too; what runs around a cycle is part of a steady state.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from fem.constants import elementary_charge
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.coupled.field_terms import field_of
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.physics.drives.drive import BEFORE
from fem.physics.reactions.at_rest import changes_of_ions
from fem.physics.reactions.network import ReactionTerm

_FEW = 1e-10  # of what the other carriers do: of so few, round-off of the potential is all that is left

_GONE = 1e-290  # [1/(m s)]; so few events have lost their digits
_NO_CYCLE = 1e-9  # of an event in cycles of unit length: round-off
_NOISE = 1e-8  # of what goes to and fro: smaller currents are round-off, and need not add up
_DEPOSITED = "as deposited"


@dataclass(frozen=True)
class Imbalance:
    """What a film at rest still does.

    Parameters
    ----------
    kind
        "equilibrium", "steady state" (lit, or with a current), "as deposited" (not sought).
    way
        How it was found.
    net
        Largest net inflow of a population over its opposing parts, each summed over the nodes [1]; 0 as deposited.
        Of carriers whose parts are below 1e-10 of the other carriers', over that. Or the largest net number of events
        of a reaction of ions in the film over those forth and back, if that is larger; cycles do not count.
    population
        Which population, or reaction, that is.
    current
        Largest current from a contact into the film [A/m].
    lost
        Sum of all currents over the sum of their sizes; where none should flow, the largest over what goes to and fro
        [1].
    left_out
        Names of the reactions that begin with the drive: nothing makes them undone.
    """

    kind: str
    way: str
    net: float = 0.0
    population: str = ""
    current: float = 0.0
    lost: float = 0.0
    left_out: tuple[str, ...] = ()

    @classmethod
    def as_deposited(cls) -> "Imbalance":
        """Of a film that has not come to rest, and need not have."""
        return cls(_DEPOSITED, "not sought")

    @property
    def sought(self) -> bool:
        """Whether the film has come to rest."""
        return self.kind != _DEPOSITED

    def as_dict(self) -> dict[str, object]:
        """For ``run.json``."""
        return {
            "kind": self.kind,
            "way": self.way,
            "largest relative net flux": self.net,
            "of": self.population,
            "current [A/m]": self.current,
            "relative current": self.lost,
            "reactions that begin with the drive": list(self.left_out),
        }


def measured(film: CoupledSystem, values: Array, even: bool, way: str) -> Imbalance:
    """The imbalance at `values` of the true closed `film`, driven as before its start.

    Parameters
    ----------
    even
        Whether nothing should flow.
    way
        How the rest was found.
    """
    kind = "equilibrium" if even else "steady state"
    population, net = max(_largest_net(film, values), _least_balanced(film, values), key=lambda one: one[1])
    if not film.unknowns.carriers.any():
        return Imbalance(kind, way, net, population)
    currents, gross = film.current(BEFORE, values), _to_and_fro(film, film.unknowns.nodal(values))
    excess = np.abs(currents).max() if even else abs(currents.sum())
    scale = gross if even else max(float(np.abs(currents).sum()), _NOISE * gross)
    lost = float(excess / scale) if scale > 0 else 0.0
    return Imbalance(kind, way, net, population, float(np.abs(currents).max()), lost)


def _largest_net(film: CoupledSystem, values: Array) -> tuple[str, float]:
    """The population with the largest net inflow over its opposing parts, and that number."""
    fields, u = film.unknowns.nodal(values), film.unknowns
    nets = u.nodal(film.residual(BEFORE, values))[1:] * ~u.absent
    scales = _opposing(film, fields).sum(axis=1)
    scales[u.carriers] = np.maximum(scales[u.carriers], _FEW * scales[u.carriers].max(initial=0.0))
    shares = np.abs(nets).sum(axis=1) / np.maximum(scales, np.finfo(float).tiny)
    worst = int(shares.argmax())
    return u.populations[worst].name, float(shares[worst])


def _least_balanced(film: CoupledSystem, values: Array) -> tuple[str, float]:
    """The reaction of ions, on no cycle, whose events forth and back differ most in the film, and their share."""
    u, network = film.unknowns, film.network
    if network is None:
        return "", 0.0
    fields, changes = u.nodal(values), changes_of_ions(network)
    field = field_of(network, film.electrostatics, fields)
    cycles, found = null_space(changes), {"": 0.0}
    for term, change, turns in zip(network.terms, changes.T, cycles, strict=True):
        if change.any() and np.abs(turns).max(initial=0.0) < _NO_CYCLE:
            net, gross = _events(film, fields, field, term)
            found[term.reaction.name] = abs(net) / gross if gross > _GONE else 0.0
    worst = max(found, key=lambda name: found[name])
    return worst, found[worst]


def _events(film: CoupledSystem, fields: Array, field: Array | None, term: ReactionTerm) -> tuple[float, float]:
    """Events of a reaction in the film, net and to and fro [1/(m s)], where the carriers that it takes are not few."""
    u = film.unknowns
    held = fields[1:] * u.unit[:, None]
    events, slopes = term.events(held, film.light.value(BEFORE), field)
    gross = np.abs(events) + sum(np.abs(slope * held[m]) for m, slope in slopes.items())
    few = u.carriers[:, None] & (held < _FEW * held[u.carriers].max(initial=0.0))
    known = ~few[list({*term.changes, *slopes})].any(axis=0)
    return float(events[known].sum()), float(gross[known].sum())


def _opposing(film: CoupledSystem, fields: Array) -> Array:
    """What enters plus what leaves, shape (n_populations, n_nodes) [m^2/s, in units of the count]."""
    u = film.unknowns
    out = np.array([abs(film.volumes.divergence) @ _hops(film, fields, k) for k in range(len(u.populations))])
    for contact in u.carrier_exchanges:
        k, nodes = contact.population, contact.nodes
        out[k, nodes] += contact.rate * (contact.equilibrium / u.unit[k] + fields[k + 1, nodes])
    if film.network is not None:
        field = field_of(film.network, film.electrostatics, fields)
        made = film.network.sources(fields[1:] * u.unit[:, None], film.light.value(BEFORE), field)
        out += np.abs(made.amount) / u.unit[:, None]
        for (k, m), slope in made.by.items():
            out[k] += np.abs(slope * fields[m + 1]) * u.unit[m] / u.unit[k]
    return out


def _hops(film: CoupledSystem, fields: Array, k: int) -> Array:
    """What of population `k` goes forth plus what goes back on each edge, shape (n_edges,)."""
    i, j = film.volumes.nodes
    if not film.unknowns.populations[k].mobile:
        return np.zeros(len(i))
    edge = DriftDiffusion(film.volumes, film.unknowns, k).edge_flux(fields)
    return np.asarray(np.abs(edge.by_first * fields[k + 1, i]) + np.abs(edge.by_second * fields[k + 1, j]))


def _to_and_fro(film: CoupledSystem, fields: Array) -> float:
    """Largest current from a contact [A/m] if all that goes to and fro went one way."""
    u, gross = film.unknowns, np.zeros(len(film.unknowns.electrodes))
    for k, charge in enumerate(u.charges):
        gross += abs(charge) * u.unit[k] * (np.abs(film.electrostatics.falls) @ _hops(film, fields, k))
    for one in u.carrier_exchanges:
        held = one.equilibrium + fields[one.population + 1, one.nodes] * u.unit[one.population]
        gross[one.contact] += float((one.rate * held).sum())
    return elementary_charge * float(gross.max(initial=0.0))
