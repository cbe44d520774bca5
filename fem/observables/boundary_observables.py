"""Grain boundaries on every output: their share of the ionic current and their excess of ions, as columns."""

from fem.measurements.boundaries import Places, boundary_current_share, boundary_excess
from fem.measurements.rim import Axis
from fem.scenario import Observable, Scenario
from fem.state import State


def boundary_share_of_current(axis: Axis | None = None, between: Places | None = None) -> Observable:
    """Share of the ionic current that the grain boundaries carry, nan at rest; options as for the measurement.

    Parameters
    ----------
    axis
        Direction of the current; from the first contact to the second unless given.
    between
        Only cross-sections between these two places on the axis [m].
    """

    def measure(scenario: Scenario, state: State) -> float:
        return boundary_current_share(scenario.model, state, axis=axis, between=between)

    return Observable("boundary share of ionic current", "1", measure)


def excess_in_boundaries(species: str, axis: Axis | None = None, between: Places | None = None) -> Observable:
    """Ions of `species` per length of grain boundary beyond what the grains would hold there [1/m^2].

    Parameters
    ----------
    species
        Name of the ion.
    axis, between
        Only the part of the film between two places on an axis [m].
    """

    def measure(scenario: Scenario, state: State) -> float:
        return boundary_excess(scenario.model, state, species, axis=axis, between=between)

    return Observable(f"{species} boundary excess", "1/m^2", measure)
