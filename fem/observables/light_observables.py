"""Numbers of carriers and light measured on every output, as columns of the time series."""

import numpy as np

from fem.observables.emission import (
    emission,
    emitting_area,
    excess_pairs,
    initial_emission,
    quantum_yield,
    quench,
    relative_luminescence,
)
from fem.physics.carriers.semiconductor import ELECTRON, HOLE
from fem.scenario import Observable, Scenario
from fem.state import State


def total_carriers(carrier: str) -> Observable:
    """Number of electrons or of holes in the film per depth [1/m]."""
    k = (ELECTRON, HOLE).index(carrier)
    return Observable(f"{carrier}s", "1/m", lambda s, state: float(s.model.unknowns.storage[k - 2] @ state.carriers[k]))


def total_emission() -> Observable:
    """Photons that the film emits per time and depth [1/(m s)]."""
    return Observable("emission", "1/m/s", lambda s, state: float(emitting_area(s.model) @ emission(s, state)))


def photon_yield() -> Observable:
    """Photons emitted per pair that the light makes (PLQY), over the whole film; 0 in the dark."""

    def measure(scenario: Scenario, state: State) -> float:
        return quantum_yield(scenario.model, state) if scenario.model.light_at(state.time) else 0.0

    return Observable("PLQY", "1", measure)


def mean_lifetime() -> Observable:
    """Lifetime of electron-hole pairs [s], as all pairs of the film over all that are lost per time; nan in the dark.

    Pairs are those that equilibrium would not have; see :func:`~fem.observables.emission.excess_pairs`.
    """

    def measure(scenario: Scenario, state: State) -> float:
        pairs, lost = (float(one.sum()) for one in excess_pairs(scenario.model, state))
        return pairs / lost if pairs > 0 and lost > 0 else float("nan")

    return Observable("carrier lifetime", "s", measure)


def mean_luminescence() -> Observable:
    """Light emitted by the whole film over that before the drive started."""

    def measure(scenario: Scenario, state: State) -> float:
        areas = emitting_area(scenario.model)
        start = areas @ initial_emission(scenario)
        return float(areas @ emission(scenario, state) / start)

    return Observable("PL/PL0 mean", "1", measure)


def minimum_luminescence() -> Observable:
    """PL / PL0 of the darkest node; a single node may stand for no more than a cell at an electrode."""
    return Observable("PL/PL0 minimum", "1", lambda s, state: float(relative_luminescence(s, state).min()))


def maximum_luminescence() -> Observable:
    """PL / PL0 of the brightest node; see :func:`minimum_luminescence`."""
    return Observable("PL/PL0 maximum", "1", lambda s, state: float(relative_luminescence(s, state).max()))


def mean_quench() -> Observable:
    """Mean of Q = 1 - PL / PL0 over the part of the film that emits."""

    def measure(scenario: Scenario, state: State) -> float:
        return float(np.average(quench(scenario, state), weights=emitting_area(scenario.model)))

    return Observable("quench mean", "1", measure)
