"""Light that a film emits: from electrons and holes where it has them, else from a local carrier balance.

With carriers the emission is the net rate of their radiative recombination; without, it follows from the ions by
:mod:`fem.physics.light.luminescence`. PL0 is the emission before the drive starts and ``Q = 1 - PL / PL0`` the quench.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fem.checks import require_known
from fem.coupled.field_terms import field_of
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.semiconductor import ELECTRON, HOLE
from fem.physics.drives.drive import BEFORE
from fem.physics.light.luminescence import photoluminescence
from fem.physics.reactions.network import ReactionNetwork
from fem.physics.reactions.reaction import Reaction
from fem.scenario import Scenario
from fem.state import State

_LIT = 1e-6  # of n_i^2: how far n p must lie above it for pairs to count; less is left to the solver's precision


def emits(scenario: Scenario) -> bool:
    """Whether the film emits light at all."""
    return scenario.light is not None or bool(_numbers(scenario.model, _emits))


def emits_at_rest(scenario: Scenario) -> bool:
    """Whether it does so before the drive starts, so that there is a PL0."""
    return scenario.light is not None or (emits(scenario) and scenario.model.light_drive(BEFORE) != 0)


def emission(scenario: Scenario, state: State) -> Array:
    """Emission rate at the nodes [1/(m^3 s)], shape (n_nodes,), read-only; zero where there are no carriers.

    That of the state asked for last, and of the last initial state, are remembered: every output asks many times.

    Raises
    ------
    ValueError
        If nothing in the scenario emits light, or a quencher names a species that the model does not have.
    """
    return _remembered(scenario, state, at_rest=False)


def initial_emission(scenario: Scenario) -> Array:
    """PL0 at the nodes: the emission before the drive starts [1/(m^3 s)], shape (n_nodes,), read-only."""
    return _remembered(scenario, scenario.model.initial_state(), at_rest=True)


@dataclass(frozen=True)
class _Known:
    """An emission and what it belongs to: the very objects, which it does not keep alive."""

    model: "weakref.ref[PoissonNernstPlanck]"
    state: "weakref.ref[State]"
    light: object
    values: Array

    def belongs_to(self, scenario: Scenario, state: State) -> bool:
        return self.model() is scenario.model and self.state() is state and self.light is scenario.light


_KNOWN: dict[bool, _Known] = {}  # by whether it is an initial emission


def _remembered(scenario: Scenario, state: State, at_rest: bool) -> Array:
    for known in _KNOWN.values():
        if known.belongs_to(scenario, state):
            return known.values
    values = _emission(scenario, state)
    values.setflags(write=False)
    _KNOWN[at_rest] = _Known(weakref.ref(scenario.model), weakref.ref(state), scenario.light, values)
    return values


def _emission(scenario: Scenario, state: State) -> Array:
    if scenario.light is None and emits(scenario):
        found = events_by(scenario.model, state, _emits, "emits light")
        stored = emitting_area(scenario.model)
        return np.divide(found, stored, out=np.zeros_like(found), where=stored > 0)
    return _local_emission(scenario, state.concentrations)


def relative_luminescence(scenario: Scenario, state: State) -> Array:
    """PL / PL0 at the nodes, 1 where there is no PL0, shape (n_nodes,)."""
    start, now = initial_emission(scenario), emission(scenario, state)
    return np.divide(now, start, out=np.ones_like(now), where=start > 0)


def quench(scenario: Scenario, state: State) -> Array:
    """``Q = 1 - PL / PL0`` at the nodes, shape (n_nodes,)."""
    return 1.0 - relative_luminescence(scenario, state)


def emitting_area(model: PoissonNernstPlanck) -> Array:
    """Area of the film that each node stands for in integrals of the emission [m^2], shape (n_nodes,)."""
    return model.volumes if model.bands is None else model.unknowns.storage[-1]


def events_by(model: PoissonNernstPlanck, state: State, chosen: Callable[[Reaction], bool], what: str) -> Array:
    """Events at each node of all `chosen` reactions [1/(m s)], shape (n_nodes,).

    Raises
    ------
    ValueError
        If there is no such reaction; `what` says what it should do.
    """
    numbers = _numbers(model, chosen)
    if model.network is None or not numbers:
        raise ValueError(f"the model has no reaction that {what}")
    return np.asarray(_events(model, model.network, state)[numbers].sum(axis=0))


def quantum_yield(model: PoissonNernstPlanck, state: State) -> float:
    """Photons emitted per pair or exciton that the light makes (PLQY), over the whole film."""
    made = events_by(model, state, _made_by_light, "light drives")
    return float(events_by(model, state, _emits, "emits light").sum() / made.sum())


def has_lifetime(model: PoissonNernstPlanck) -> bool:
    """Whether electrons and holes live in the film until something takes both."""
    return model.bands is not None and bool(_numbers(model, _loses_pairs))


def carrier_lifetime(model: PoissonNernstPlanck, state: State) -> Array:
    """Effective lifetime of electron-hole pairs at the nodes [s], shape (n_nodes,); nan where there are none too many.

    See :func:`excess_pairs`. What consumes both an electron and a hole counts as loss, light that makes them not; in
    the limit of few pairs it is the lifetime of minority carriers.

    Raises
    ------
    ValueError
        If the model has no electrons and holes, or nothing takes them.
    """
    pairs, lost = excess_pairs(model, state)
    return np.divide(pairs, lost, out=np.full_like(pairs, np.nan), where=(pairs > 0) & (lost > 0))


def excess_pairs(model: PoissonNernstPlanck, state: State) -> tuple[Array, Array]:
    """Pairs at each node that equilibrium would not have [1/m], and those lost per time [1/(m s)], (n_nodes,) each.

    As many as must go until ``n p = n_i^2``; 0 in equilibrium and below it, to the precision of the densities.

    Raises
    ------
    ValueError
        If the model has no electrons and holes, or nothing takes them.
    """
    if model.network is None or not has_lifetime(model):
        raise ValueError("a carrier lifetime needs a model with a semiconductor and recombination among its reactions")
    n, p = state.carriers
    electrons, holes = model.populations[-2:]
    rest = np.asarray(electrons.present * electrons.transport.enrichment * holes.transport.enrichment)
    rest = rest * float(electrons.intrinsic or 0.0) * float(holes.intrinsic or 0.0)
    above = n * p - rest
    above = np.where(above > _LIT * rest, above, 0.0)
    both = n + p + np.sqrt((n - p) ** 2 + 4 * np.maximum(n * p - above, 0.0))
    pairs = np.divide(2 * above, both, out=np.zeros_like(above), where=both > 0)
    lost = _events(model, model.network, state)[_numbers(model, _loses_pairs)].sum(axis=0)
    return model.unknowns.storage[-1] * pairs, lost * (pairs > 0)


def _loses_pairs(reaction: Reaction) -> bool:
    return all(reaction.stoichiometry.get(carrier, 0) < 0 for carrier in (ELECTRON, HOLE))


def _events(model: PoissonNernstPlanck, network: ReactionNetwork, state: State) -> Array:
    """Events of each reaction at each node [1/(m s)], in the light and the field of `state`, (n_reactions, n_nodes)."""
    everything = np.vstack([state.concentrations, state.carriers])
    scaled = state.potential[None] / model.unknowns.thermal_voltage
    return network.events(
        everything, model.light_at(state.time), field_of(network, model.system.electrostatics, scaled)
    )


def _emits(reaction: Reaction) -> bool:
    return reaction.emits


def _made_by_light(reaction: Reaction) -> bool:
    return "light" in reaction.law.conditions


def _numbers(model: PoissonNernstPlanck, chosen: Callable[[Reaction], bool]) -> list[int]:
    reactions = () if model.network is None else model.network.reactions
    return [number for number, one in enumerate(reactions) if chosen(one)]


def _local_emission(scenario: Scenario, concentrations: Array) -> Array:
    """Emission [1/(m^3 s)] where the ions have `concentrations` and carriers are in local balance, shape (n_nodes,)."""
    model, light = scenario.model, scenario.light
    if light is None or model.material.recombination is None:
        raise ValueError("photoluminescence needs a scenario with light")
    names = [species.name for species in model.species]
    trapping = np.zeros(concentrations.shape[1])
    for quencher in light.quenchers:
        require_known(quencher.species, names, "species of a PL quencher")
        k = names.index(quencher.species)
        traps = quencher.trap_density(concentrations[k], model.start_concentrations[k])
        trapping += quencher.capture_coefficient * traps
    return photoluminescence(light, model.material.recombination, trapping)
