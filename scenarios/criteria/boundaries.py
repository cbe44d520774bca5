"""What experiments with Kelvin probes demand of grain boundaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp

import numpy as np

from fem.constants import boltzmann
from fem.fields import Array
from fem.measurements.effective_medium import hart
from fem.observables.surface_potential import SurfaceScan
from fem.results.summary import time_to_share
from fem.scenario import Criterion
from scenarios.parts.stages import Stages

_AHEAD = 1.02  # least ratio of the changes at boundaries and in grains that counts as a lead; equal ones give 1.000
_FOLLOWS = 5e-3  # least contrast over the change of bias; what is seen of a section beside gives 0.001
_REVERSED = (-4.0, -0.25)  # contrast under the opposite bias over that under the bias; a linear response gives -1
_GONE = 0.05  # largest contrast of boundaries like their grains over that of fast ones
_FASTER = 1.1  # least ratio of two relaxation rates that counts as an order; equal boundaries give 1.0
_SHARE = 0.5  # least ratio of two relaxation rates over that of the conductances
_NEAR = (0.85, 1.15)  # ratio of initial rates over that of the conductances
_SEEN = 75.0  # ratio of conductances up to which the slower section owes less than 15 % of its rate to its neighbour

Traces = Mapping[str, Array]


def boundaries_lead(stages: Stages, before: float, fast: SurfaceScan, equal: SurfaceScan) -> tuple[Criterion, ...]:
    """B8: the potential changes first at boundaries, up under a positive bias and down under a negative one.

    Changes carry their sign: boundaries that go the other way than their grains, or a film that goes the other way than
    the bias, do not pass. A run without a bias, or whose stages end before grains have followed, cannot show this and
    does not pass either; the record says why.

    Parameters
    ----------
    stages
        Bias, rest, opposite bias.
    before
        Until when boundaries have to be ahead, counted from a change of bias [s]: the time in which grains follow.
    fast, equal
        Scans where boundaries are faster than the grains, and where they are no different from them.
    """

    def lead(traces: Traces) -> float:
        return min(_least_lead(traces, fast, stages, stage, before) for stage in (0, 2))

    def following(traces: Traces) -> float:
        changes = np.diff([0.0, *stages.voltages])
        return min(_contrast(traces, fast, stages, stage) / float(change) for stage, change in enumerate(changes))

    def reversal(traces: Traces) -> float:
        first, second = (_contrast(traces, fast, stages, stage) for stage in (0, 2))
        return second / first

    def where_equal(traces: Traces) -> float:
        largest = [max(abs(_contrast(traces, scan, stages, stage)) for stage in (0, 2)) for scan in (equal, fast)]
        return largest[0] / largest[1]

    early = f"the stages of {stages.hold:.3g} s end before grains have followed, which takes {before:.3g} s: raise hold"
    return _unless(
        _without_bias(stages) or (early if stages.hold < before else ""),
        Criterion("B8", f"change at boundaries over that in grains, least of the first {before:.3g} s", lead, _AHEAD),
        Criterion("B8", "contrast over the change of bias, least of all changes", following, _FOLLOWS),
        Criterion("B8", "contrast under the opposite bias over that under the bias", reversal, *_REVERSED),
        Criterion("B8", "contrast of boundaries like their grains over that of fast ones", where_equal, 0.0, _GONE),
    )


def relaxation_order(
    stages: Stages, ascending: Sequence[SurfaceScan], conductances: Sequence[float]
) -> tuple[Criterion, ...]:
    """B9: the surface potential follows each change of bias in the stated order, and begins as Hart's composite does.

    Before ions have piled up anywhere each section is a resistance that feeds the gap under the probe, and its rate is
    its conductance. Later the grains feed boundaries that run short, and neighbours are felt; both help the slower
    section. Where the rates differ by less than half of the ratio of the conductances, most of that difference is gone
    and it is no longer the chemistry that sets the pace. The record says where a comparison cannot be made: without a
    bias, and of the beginnings where the slower section sees too much of its neighbour.

    Parameters
    ----------
    stages
        Bias and rest.
    ascending
        Scans over passivated, pristine and chloride-rich boundaries, the slowest first.
    conductances
        Of the three sections, in any unit; see :func:`conductance`.
    """
    (passivated, pristine, chloride), (slow, normal, fast) = ascending, conductances
    return (
        *_compared(stages, "pristine over passivated", (pristine, passivated), normal / slow),
        *_compared(stages, "chloride-rich over pristine", (chloride, pristine), fast / normal),
    )


def conductance(share: float, grains: float, boundaries: float, temperature: float, enrichment: float = 1.0) -> float:
    """Conductance of a film along its boundaries, by Hart's parallel paths, over that without barriers.

    Parameters
    ----------
    share
        Of the film's area that boundaries take.
    grains, boundaries
        Activation energies of hopping [J].
    temperature
        [K].
    enrichment
        Density of ions at boundaries over that in grains.
    """
    grain, boundary = (exp(-energy / (boltzmann * temperature)) for energy in (grains, boundaries))
    return hart(grain, boundary, share, enrichment) * (1 - share + enrichment * share)


def _compared(stages: Stages, names: str, scans: Sequence[SurfaceScan], expected: float) -> tuple[Criterion, ...]:
    """Rates of the faster of two sections over those of the slower one: to half of the change, and at first."""
    fast, slow = scans

    def relaxing(traces: Traces) -> float:
        return min(_rate(traces, fast, stages, stage) / _rate(traces, slow, stages, stage) for stage in (0, 1))

    def beginning(traces: Traces) -> float:
        first, second = (stages.within(traces[scan.everywhere().column], 0) for scan in (fast, slow))
        return float((first[1] - first[0]) / (second[1] - second[0])) / expected

    order = Criterion("B9", f"relaxation rate, {names}", relaxing, max(_FASTER, _SHARE * expected))
    initial = Criterion("B9", f"initial rate, {names}, over Hart's {expected:.3g}", beginning, *_NEAR)
    nothing = _without_bias(stages)
    blurred = f"sections whose conductances differ more than {_SEEN:g} times see too much of their neighbours"
    return *_unless(nothing, order), *_unless(nothing or (blurred if expected > _SEEN else ""), initial)


def _without_bias(stages: Stages) -> str:
    return "" if stages.voltages[0] else "nothing moves without a bias"


def _unless(reason: str, *criteria: Criterion) -> tuple[Criterion, ...]:
    """The criteria as they are or, for a `reason`, as ones that cannot be met because they cannot be judged."""
    if not reason:
        return criteria

    def measure(traces: Traces) -> float:
        raise ValueError(reason)

    return tuple(replace(one, quantity=f"{one.quantity} (not judged: {reason})", measure=measure) for one in criteria)


def _least_lead(traces: Traces, scan: SurfaceScan, stages: Stages, stage: int, before: float) -> float:
    """Least ratio of the changes at boundaries and in grains in the time `before`, negative if they are opposite."""
    boundary, grain = _changes(traces, scan, stages, stage)
    early = stages.since[1:] < before
    return float((boundary / grain)[early].min())


def _contrast(traces: Traces, scan: SurfaceScan, stages: Stages, stage: int) -> float:
    """Change at boundaries minus that in grains where it is largest [V]."""
    boundary, grain = _changes(traces, scan, stages, stage)
    contrast = boundary - grain
    return float(contrast[int(np.argmax(np.abs(contrast)))])


def _changes(traces: Traces, scan: SurfaceScan, stages: Stages, stage: int) -> tuple[Array, Array]:
    """What ions have changed at boundaries and in grains since just after the voltage changed [V]."""
    boundary, grain = (stages.within(traces[part.column], stage) for part in (scan.at_boundaries(), scan.in_grains()))
    return boundary[1:] - boundary[0], grain[1:] - grain[0]


def _rate(traces: Traces, scan: SurfaceScan, stages: Stages, stage: int) -> float:
    """One over the time in which half of a stage's change has happened [1/s]."""
    return 1 / time_to_share(stages.since, stages.within(traces[scan.everywhere().column], stage), 0.5)
