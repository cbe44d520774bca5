"""What makes a quench front uneven, judged on films of several kinds together."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isnan
from statistics import mean, stdev

from fem.comparison.compared import Compared
from fem.comparison.study import Demand
from fem.constants import nm
from scenarios.criteria.roughness import NOISE, Roughness

Groups = Mapping[str, Sequence[Compared]]


def size_demand(front: Roughness, group: str, alike: bool) -> Demand:
    """F1: the mean roughness [nm], no more than the mesh adds where boundaries are like grains, else more."""
    noise = NOISE * front.cell / nm
    limits = {"upper": noise} if alike else {"lower": noise}
    return Demand("F1", f"roughness of the front in nm, {group}, mean", partial(_size, front, group), **limits)


def order_demand(front: Roughness, rough: str, even: str) -> Demand:
    """F1: even the most even film of the group `rough` has a rougher front than all of the group `even`."""
    quantity = f"least roughness{_seen(front)}, {rough}, over the greatest, {even}"
    return Demand("F1", quantity, partial(_least_over_greatest, front, rough, even), 1.0)


def spread_demand(front: Roughness, rough: str, even: str) -> Demand:
    """F1: the means of two groups lie further apart than the standard deviations of both together."""
    quantity = f"mean roughness{_seen(front)}, {rough} minus {even}, over the two standard deviations together"
    return Demand("F1", quantity, partial(_apart, front, rough, even), 1.0)


def _seen(front: Roughness) -> str:
    return f" at {1e9 * front.shape.resolution:g} nm resolution" if front.shape.resolution else ""


def _of(front: Roughness, group: str, groups: Groups) -> list[float]:
    """Of every film [m]; ValueError where a front has not come so far."""
    found = [front.at_reach(run.results.columns) for run in groups[group]]
    if any(isnan(one) for one in found):
        raise ValueError(f"not every front of {group} goes {front.reach / nm:.4g} nm, where its roughness counts")
    return found


def _size(front: Roughness, group: str, groups: Groups) -> float:
    return mean(_of(front, group, groups)) / nm


def _least_over_greatest(front: Roughness, rough: str, even: str, groups: Groups) -> float:
    return min(_of(front, rough, groups)) / max(_of(front, even, groups))


def _apart(front: Roughness, rough: str, even: str, groups: Groups) -> float:
    above, below = (_of(front, one, groups) for one in (rough, even))
    return (mean(above) - mean(below)) / (stdev(above) + stdev(below))
