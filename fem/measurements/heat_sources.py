"""Where a film turns electrical power into heat: along currents, where carriers recombine, at the contacts.

    q = -kT sum_k J_k . grad eta_k + sum_r R_r (-sum_k nu_kr eta_k) kT,    eta_k = z_k phi / V_T + ln(c_k / s_k) + g

The first term is Joule's heat: ``J^2 / sigma``, never negative, unlike ``J . E``, which counts the built-in field too.
The second is the free energy of the pairs that recombine. On the mesh each edge gives the heat ``kT J_ij (eta_i -
eta_j)``, half to either end; with what contacts take, all adds up to the electrical power and the power of absorbed
light to the last digit in a steady state, since the discrete fluxes are balanced at every node. Heat that currents
carry from place to place (Peltier, Thomson) is left out: it adds up to nothing (M. Kantner and T. Koprucki,
doi:10.48550/arXiv.2002.10133). So are energies of formation, which reactions of ions would need, sites of a lattice
that are made and taken too, and what ions and halides that cross a contact leave there.

Halides that change places with vacancies heat by the entropy that every edge makes, ``T sum_h (forth_h - back_h) k
ln(forth_h / back_h)``: mixing, the energy of the composition and that of its gradient are all in the two rates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fem.constants import elementary_charge
from fem.coupled.field_terms import field_of
from fem.coupled.lattice_exchange import LatticeExchange
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.scatter import sum_at
from fem.physics.nernst_planck import crowding
from fem.physics.reactions.reaction import CARRIERS, Reaction
from fem.state import State

_EMPTY = 1e-30  # of the unit of a population: fewer count as so many


@dataclass(frozen=True)
class HeatSources:
    """Heat per time and metre of depth [W/m].

    Parameters
    ----------
    volumes
        The mesh.
    transport
        Of currents, and of halides that change places, at the nodes, shape (n_nodes,).
    recombination
        Of pairs that recombine in the dark, at the nodes, shape (n_nodes,).
    emission
        Free energy of pairs that emit, at the nodes, shape (n_nodes,).
    absorption
        Free energy that light gives to pairs, at the nodes, shape (n_nodes,); what light brings beyond that is not
        known here.
    contacts
        Of carriers that enter or leave each contact at another energy than its own, shape (n_contacts,).
    """

    volumes: ControlVolumes
    transport: Array
    recombination: Array
    emission: Array
    absorption: Array
    contacts: Array

    def density(self, escaping: float = 0.0) -> Array:
        """Heat of the film in each cell [W/m^3], shape (n_cells,), for a heat equation (:mod:`fem.physics.heat`).

        Parameters
        ----------
        escaping
            Share of the emitted light that leaves the film; the rest heats where it is made.

        Raises
        ------
        ValueError
            If the share is not one.
        """
        if not 0.0 <= escaping <= 1.0:
            raise ValueError(f"share of the emitted light that escapes must lie between 0 and 1, got {escaping:g}")
        made = self.transport + self.recombination + (1.0 - escaping) * self.emission
        nodal = made / self.volumes.node_integrals(np.ones_like(self.volumes.areas))
        return np.asarray(nodal[self.volumes.cell_nodes].mean(axis=0))


def heat_sources(model: PoissonNernstPlanck, state: State) -> HeatSources:
    """Heat that the film of `model` makes in `state`.

    Raises
    ------
    ValueError
        If carriers of its light act on the halides of the film: what light gives to these is not counted.
    """
    if model.lattice is not None and model.lattice.carriers is not None:
        raise ValueError(
            "heat sources of a film whose halides feel the carriers of its light are not known: leave out the carriers"
            " of its halide lattice"
        )
    u, v = model.unknowns, model.control_volumes
    eta, joule = _energies(model, state), elementary_charge * u.thermal_voltage
    half = 0.5 * _on_edges(model, state, eta)
    transport = sum_at(v.nodes, np.array([half, half]), u.n_nodes)
    pairs = {kind: np.zeros(u.n_nodes) for kind in ("dark", "emitting", "lit")}
    for kind, released in _released(model, state, eta):
        pairs[kind] += joule * released
    contacts = joule * _at_contacts(model, state, eta)
    return HeatSources(v, transport, pairs["dark"], pairs["emitting"], -pairs["lit"], contacts)


def _on_edges(model: PoissonNernstPlanck, state: State, eta: Array) -> Array:
    """Heat of all that moves along each edge [W/m], shape (n_edges,)."""
    u, system, (i, j) = model.unknowns, model.system, model.control_volumes.nodes
    values, made = np.zeros(u.size), np.zeros(len(i))
    u.nodal(values)[0] = state.potential / u.thermal_voltage
    u.nodal(values)[1:] = np.vstack([state.concentrations, state.carriers]) / u.unit[:, None]
    if system.lattice is not None:
        values = system.lattice.consistent(values, model.light_at(state.time))
    for law in system.laws:
        if isinstance(law, LatticeExchange):
            made += model.temperature * law.dissipation(values)
            continue
        for k, flux in law.fluxes(values):
            made += elementary_charge * u.thermal_voltage * u.unit[k] * flux * (eta[k, i] - eta[k, j])
    return made


def _energies(model: PoissonNernstPlanck, state: State) -> Array:
    """Electrochemical energy of each population [kT], shape (n_populations, n_nodes); 0 where it does not exist."""
    u, phi = model.unknowns, state.potential / model.unknowns.thermal_voltage
    scaled = np.vstack([phi[None], np.vstack([state.concentrations, state.carriers]) / u.unit[:, None]])
    found = np.zeros((len(u.populations), u.n_nodes))
    for k, one in enumerate(u.populations):
        normal = one.transport.enrichment * ((one.intrinsic or one.unit) / one.unit)
        here = one.present
        found[k, here] = u.charges[k] * phi[here] + np.log(np.maximum(scaled[k + 1, here], _EMPTY) / normal[here])
        if one.sublattice is not None:
            found[k] += crowding(u.filling(one.sublattice, scaled))[0] * here
    return found


def _released(model: PoissonNernstPlanck, state: State, eta: Array) -> Iterator[tuple[str, Array]]:
    """Kind of each reaction of carriers alone, and the energy that it releases at the nodes [kT/(m s)], (n_nodes,)."""
    network = model.network
    if network is None:
        return
    everything = np.vstack([state.concentrations, state.carriers])
    scaled = state.potential[None] / model.unknowns.thermal_voltage
    field = field_of(network, model.system.electrostatics, scaled)
    number = {name: k for k, name in enumerate(network.names)}
    for one, events in zip(
        network.reactions, network.events(everything, model.light_at(state.time), field), strict=True
    ):
        if set(one.stoichiometry) <= set(CARRIERS):
            yield _kind(one), -events * sum(nu * eta[number[name]] for name, nu in one.stoichiometry.items())


def _kind(reaction: Reaction) -> str:
    if "light" in reaction.law.conditions:
        return "lit"
    return "emitting" if reaction.emits else "dark"


def _at_contacts(model: PoissonNernstPlanck, state: State, eta: Array) -> Array:
    """Energy that carriers leave at each contact [kT/(m s)], shape (n_contacts,)."""
    u, found = model.unknowns, np.zeros(len(model.electrodes))
    for one in u.carrier_exchanges:
        k = one.population
        inflow = one.rate * (one.equilibrium - np.vstack([state.concentrations, state.carriers])[k, one.nodes])
        metal = u.charges[k] * state.contact_potential[one.contact] / u.thermal_voltage
        found[one.contact] += inflow @ (metal - eta[k, one.nodes])
    return found
