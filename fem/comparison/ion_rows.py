"""Rows of the table on the ions: where they pile up, and what the grain boundaries carry and hold."""

from collections.abc import Callable, Sequence

import numpy as np

from fem.comparison.compared import Compared
from fem.comparison.mapped import Maps
from fem.comparison.moments import moment_of_share
from fem.comparison.rows import Cell, Row, nothing, number
from fem.comparison.timing import Crossing
from fem.fields import Array
from fem.pictures.drawing import in_time_units

_GROUP = "ions"
_SHARE = "boundary share of ionic current [1]"  # of fem.observables.boundary_observables
_NOT_RECORDED = "not recorded (see the observables in fem.observables.boundary_observables)"
_EXCESS = " boundary excess [1/m^2]"


def ion_rows(maps: Sequence[Maps]) -> list[Row]:
    """Accumulation at electrodes and boundaries, and the boundaries' share of the current."""
    return [*_at_electrodes(maps), *_in_boundaries(maps), *_share_of_current(maps)]


def _at_electrodes(maps: Sequence[Maps]) -> list[Row]:
    """Ions that pile up, at the end of the voltage."""
    names = dict.fromkeys(name for one in maps for name in one.run.results.fields if name.startswith("concentration_"))

    def cell(one: Maps, name: str) -> Cell:
        if name not in one.run.results.fields:
            return nothing("the run has no such ion")
        if one.axis is None:
            return nothing("the electrodes are not opposite sides of the film")
        return number(one.accumulation(name, one.run.driven.stop - 1))

    return [
        Row(_GROUP, f"{name.removeprefix('concentration_').replace('_', ' ')}: highest of the profile between the"
            " electrodes over the mean", "1", tuple(cell(one, name) for one in maps))
        for name in names
    ]  # fmt: skip


def _in_boundaries(maps: Sequence[Maps]) -> list[Row]:
    """Gibbs' excess of the boundaries: its extreme under the voltage, and its last value there."""
    headers = dict.fromkeys(name for one in maps for name in one.run.quantities if name.endswith(_EXCESS))
    rows = []
    for header in headers or [f"ions{_EXCESS}"]:
        ion = header.removesuffix(_EXCESS)
        extreme = tuple(_boundary_cell(one, header, _extreme) for one in maps)
        last = tuple(_boundary_cell(one, header, _last) for one in maps)
        rows.append(Row(_GROUP, f"{ion}: largest change of the excess at grain boundaries, per area", "1/m^2", extreme))
        rows.append(Row(_GROUP, f"{ion}: change of that excess at the end of the voltage", "1/m^2", last))
    return rows


def _share_of_current(maps: Sequence[Maps]) -> list[Row]:
    def at_first(run: Compared, values: Array) -> Cell:
        return number(float(values[min(run.driven.start + 1, run.driven.stop - 1)]), "%")

    def at_half(run: Compared, values: Array) -> Cell:
        moment = moment_of_share(run, "charge", 0.5)
        return nothing("half of the charge is never reached") if moment is None else number(_at(values, moment), "%")

    return [
        Row(_GROUP, "share of the ionic current in grain boundaries, at the first output", "%",
            tuple(_boundary_cell(one, _SHARE, at_first) for one in maps)),
        Row(_GROUP, "share of the ionic current in grain boundaries, at 50 % of the charge", "%",
            tuple(_boundary_cell(one, _SHARE, at_half) for one in maps)),
    ]  # fmt: skip


def _boundary_cell(maps: Maps, header: str, measure: Callable[[Compared, Array], Cell]) -> Cell:
    """A measure of the time series `header`, or why there is none."""
    values = maps.run.quantities.get(header)
    if values is None:
        alone = len(np.unique(maps.grains[maps.grains >= 0])) < 2
        return nothing("the film is one grain" if alone else _NOT_RECORDED)
    return measure(maps.run, values)


def _at(values: Array, moment: Crossing) -> float:
    later = values[min(moment.output + 1, len(values) - 1)]
    return float((1 - moment.weight) * values[moment.output] + moment.weight * later)


def _last(run: Compared, values: Array) -> Cell:
    return number(float(values[run.driven.stop - 1] - values[run.driven.start]), "1/m^2")


def _extreme(run: Compared, values: Array) -> Cell:
    change = values[run.driven] - values[run.driven.start]
    k = int(np.argmax(np.abs(change)))
    return Cell(float(change[k]), f"{change[k]:.3g} m⁻² at {in_time_units(float(run.elapsed[run.driven][k]))}")
