"""What experiments with Kelvin probes demand of grain boundaries."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import exp

import numpy as np

from fem.constants import boltzmann
from fem.fields import Array
from fem.measurements.effective_medium import hart
from fem.results.summary import time_to_share
from fem.results.surface_potential import SurfaceScan
from fem.scenario import Criterion
from scenarios._stages import Stages

_AHEAD = 1.02  # least ratio of the changes at boundaries and in grains that counts as a lead; equal ones give 1.000
_REVERSED = (-4.0, -0.25)  # contrast under the opposite bias over that under the bias; a linear response gives -1
_GONE = 0.05  # largest contrast of boundaries like their grains over that of fast ones
_FASTER = 1.1  # least ratio of two relaxation rates that counts as an order; equal boundaries give 1.0
_NEAR = (0.8, 1.25)  # ratio of initial rates over that of Hart's composites; sections see a little of their neighbours
_SEEN = 100.0  # ratio of initial rates beyond which the slower section sees as much of its neighbour as of itself

Traces = Mapping[str, Array]


def boundaries_lead(stages: Stages, before: float, fast: SurfaceScan, equal: SurfaceScan) -> tuple[Criterion, ...]:
    """B8: the potential changes first at boundaries, the other way under the opposite bias, and only if they are fast.

    Nothing is demanded without a bias or of stages that end before boundaries have been ahead for long enough.

    Parameters
    ----------
    stages
        Bias, rest, opposite bias.
    before
        Until when boundaries have to be ahead, counted from a change of bias [s].
    fast, equal
        Scans where boundaries are faster than the grains, and where they are no different from them.
    """
    if stages.voltages[0] == 0 or stages.hold < before:
        return ()

    def lead(traces: Traces) -> float:
        return min(_least_lead(traces, fast, stages, stage, before) for stage in (0, 2))

    def reversal(traces: Traces) -> float:
        first, second = (_contrast(traces, fast, stages, stage) for stage in (0, 2))
        return second / first

    def where_equal(traces: Traces) -> float:
        largest = [max(abs(_contrast(traces, scan, stages, stage)) for stage in (0, 2)) for scan in (equal, fast)]
        return largest[0] / largest[1]

    return (
        Criterion("B8", f"change at boundaries over that in grains, least of the first {before:.3g} s", lead, _AHEAD),
        Criterion("B8", "contrast under the opposite bias over that under the bias", reversal, *_REVERSED),
        Criterion("B8", "contrast of boundaries like their grains over that of fast ones", where_equal, 0.0, _GONE),
    )


def relaxation_order(stages: Stages, ascending: Sequence[SurfaceScan], expected: float) -> tuple[Criterion, ...]:
    """B9: the surface potential follows each change of bias in the stated order, and begins as Hart's composite does.

    Nothing is demanded without a bias, nor of the beginning where the sections are too different.

    Parameters
    ----------
    stages
        Bias and rest.
    ascending
        Scans over passivated, pristine and chloride-rich boundaries, the slowest first.
    expected
        Conductance of the pristine section over that of the passivated one; see :func:`hart_ratio`.
    """
    if stages.voltages[0] == 0:
        return ()

    def faster(one: SurfaceScan, other: SurfaceScan, traces: Traces) -> float:
        return min(_rate(traces, one, stages, stage) / _rate(traces, other, stages, stage) for stage in (0, 1))

    def beginning(traces: Traces) -> float:
        passivated, pristine = (stages.within(traces[scan.everywhere().column], 0) for scan in ascending[:2])
        return float((pristine[1] - pristine[0]) / (passivated[1] - passivated[0])) / expected

    passivated, pristine, chloride = ascending
    order = (
        Criterion("B9", "relaxation rate, pristine over passivated", partial(faster, pristine, passivated), _FASTER),
        Criterion("B9", "relaxation rate, chloride-rich over pristine", partial(faster, chloride, pristine), _FASTER),
    )
    quantity = f"initial rate, pristine over passivated, over Hart's {expected:.3g}"
    return (*order, Criterion("B9", quantity, beginning, *_NEAR)) if expected <= _SEEN else order


def hart_ratio(share: float, grains: float, one: float, other: float, temperature: float) -> float:
    """Conductance of a film with boundaries of barrier `one` over that with barrier `other`, by Hart's parallel paths.

    Parameters
    ----------
    share
        Of the film's area that boundaries take.
    grains, one, other
        Activation energies of hopping in the grains and in the boundaries of the two films [J].
    temperature
        [K].
    """
    grain, fast, slow = (exp(-energy / (boltzmann * temperature)) for energy in (grains, one, other))
    return hart(grain, fast, share) / hart(grain, slow, share)


def _least_lead(traces: Traces, scan: SurfaceScan, stages: Stages, stage: int, before: float) -> float:
    """Least ratio of the changes at boundaries and in grains in the time `before`."""
    boundary, grain = _changes(traces, scan, stages, stage)
    early = stages.since[1:] < before
    return float((np.abs(boundary) / np.abs(grain))[early].min())


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
