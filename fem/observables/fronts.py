"""How far something reaches into the film from one of its sides: dark zones and depleted zones."""

from typing import get_args

import numpy as np

from fem.fields import Array
from fem.observables.emission import quench
from fem.observables.observables import species_number
from fem.observables.profiles import Axis, CrossLines, Side, cross_lines, zone_depth
from fem.scenario import Observable, Scenario
from fem.state import State


def front_position(side: Side, threshold: float = 0.5) -> Observable:
    """Distance from `side` of the film at which the quench, averaged parallel to it, falls through `threshold` [m].

    NaN while no zone darker than that begins in the half of the film at `side`, or if it has no end.
    """
    _require_share(threshold, "threshold of a quench front")

    def measure(scenario: Scenario, state: State) -> float:
        return zone_depth(*quench_profile(scenario, state, side), threshold)

    return Observable(f"front from {side} at Q = {threshold:g}", "m", measure)


def front_width(side: Side, threshold: float = 0.5) -> Observable:
    """Distance over which the quench of the zone at `side` falls from 90 % to 10 % of its highest value [m].

    NaN while the zone's highest quench, in the half of the film at `side`, is below `threshold`.
    """
    _require_share(threshold, "threshold of a quench front")

    def measure(scenario: Scenario, state: State) -> float:
        depth, profile = quench_profile(scenario, state, side)
        top = profile[depth <= depth.mean()].max()
        if not top > threshold:
            return float("nan")
        inner, outer = (zone_depth(depth, profile, share * top) for share in (0.9, 0.1))
        return outer - inner

    return Observable(f"front width from {side}", "m", measure)


def quench_profile(scenario: Scenario, state: State, side: Side) -> tuple[Array, Array]:
    """Depths below `side` of the film [m], rising, and the quench Q there, averaged parallel to it."""
    lines, depth, order = _lines_from(scenario, side)
    return depth, lines.average(quench(scenario, state))[order]


def depletion_depth(species: str, side: Side) -> Observable:
    """Distance from `side` within which more than half of `species` have left, averaged parallel to it [m].

    Zero where no such zone begins in the half of the film at `side`, the extent of the film if it has no end.
    """

    def measure(scenario: Scenario, state: State) -> float:
        k = species_number(scenario, species)
        lines, depth, order = _lines_from(scenario, side)
        left = 1 - lines.average(state.concentrations[k]) / lines.average(scenario.model.start_concentrations[k])
        reach = zone_depth(depth, left[order], 0.5)
        return reach if np.isfinite(reach) else float(left.min() > 0.5) * float(np.ptp(lines.positions))

    return Observable(f"depletion of {species} from {side}", "m", measure)


def _lines_from(scenario: Scenario, side: Side) -> tuple[CrossLines, Array, slice]:
    """Lines parallel to `side`, their depths below it [m], rising, and the order that sorts a profile by depth."""
    if side not in get_args(Side):
        raise ValueError(f"side must be one of {', '.join(get_args(Side))}, got {side!r}")
    mesh = scenario.model.mesh
    axis: Axis = "x" if side in ("left", "right") else "y"
    lines, extent = cross_lines(mesh, axis), mesh.p["xy".index(axis)]
    if side in ("left", "bottom"):
        return lines, lines.positions - extent.min(), slice(None)
    return lines, (extent.max() - lines.positions)[::-1], slice(None, None, -1)


def _require_share(value: float, what: str) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{what} must lie between 0 and 1, got {value:g}")
