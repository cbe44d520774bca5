"""Rows of the table on the light of the films: extremes, grains, fronts, and what depth hides."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from fem.comparison.compared import LIGHT, Compared
from fem.comparison.mapped import FRONT_LEVEL, Maps
from fem.comparison.moments import Moment, at_end, at_half_quench, quench
from fem.comparison.rows import Cell, Row, nothing, number, words
from fem.comparison.timing import front_speed
from fem.fields import Array
from fem.observables.profiles import Axis
from fem.pictures.drawing import in_time_units

_GROUP, _DEPTH = "photoluminescence", "depth"
_NO_LIGHT, _NO_MAP = "the run has no light", "the run has no map of PL/PL₀"
_PROFILES: tuple[tuple[str, Axis], ...] = (
    ("depth-integrated PL/PL₀ along the film", "x"),
    ("PL/PL₀ at one depth", "y"),
)
_MOMENTS: tuple[tuple[str, Callable[[Compared], Moment | None]], ...] = (
    ("at 50 % of the quench", at_half_quench),
    ("at the end of the voltage", at_end),
)


def light_rows(runs: Sequence[Compared], maps: Sequence[Maps]) -> list[Row]:
    """Extremes, spread between grains, and fronts."""
    rows = [
        Row(_GROUP, f"{word} PL/PL₀ of {place}", "1",
            tuple(_extreme(run, f"PL/PL0 {column} [1]", sign) for run in runs))
        for place, columns in (("the film", ("mean", "mean")), ("one node", ("minimum", "maximum")))
        for word, column, sign in zip(("lowest", "highest"), columns, (1, -1), strict=True)
    ]  # fmt: skip
    for when, moment in _MOMENTS:
        name = f"spread of PL/PL₀ between grains (standard deviation), {when}"
        rows.append(Row(_GROUP, name, "1", tuple(_lit(one, moment, _spread) for one in maps)))
    fronts = [_farthest_front(one) for one in maps]
    name = f"farthest front of Q = {FRONT_LEVEL:g}"
    return [
        *rows,
        Row(_GROUP, f"{name}: from", "", tuple(_of_front(front, lambda f: words(f[0])) for front in fronts)),
        Row(_GROUP, f"{name}: reach", "m", tuple(_of_front(front, lambda f: number(f[1], "m")) for front in fronts)),
        Row(_GROUP, f"{name}: speed from 10 % to 90 % of it", "m/s",
            tuple(_of_front(front, lambda f: number(f[2], "m/s")) for front in fronts)),
    ]  # fmt: skip


def depth_rows(maps: Sequence[Maps]) -> list[Row]:
    """What a microscope above a cross-section sees of it, and what it does not."""
    rows = []
    for when, moment in _MOMENTS:
        name = f"share of the contrast of PL/PL₀ that depth integration hides, {when}"
        rows.append(Row(_DEPTH, name, "%", tuple(_lit(one, moment, _hidden) for one in maps)))
    for what, axis in _PROFILES:
        for word, pick in (("lowest", np.min), ("highest", np.max)):
            cells = tuple(_lit(one, at_end, partial(_profile, axis=axis, pick=pick)) for one in maps)
            rows.append(Row(_DEPTH, f"{word} {what}, at the end of the voltage", "1", cells))
    return rows


def _extreme(run: Compared, header: str, sign: int) -> Cell:
    values = run.quantities.get(header)
    if values is None:
        return nothing(_NO_LIGHT)
    k = run.driven.start + int(np.argmin(sign * values[run.driven.start :]))
    return Cell(float(values[k]), f"{values[k]:.4g} at {in_time_units(float(run.elapsed[k]))}")


def _lit(
    maps: Maps, moment: Callable[[Compared], Moment | None], measure: Callable[[Maps, Array], Cell]
) -> Cell:  # fmt: skip
    """A measure of the map of PL/PL0 at a moment."""
    if "PL_ratio" not in maps.run.results.fields:
        return nothing(_NO_MAP)
    found = moment(maps.run)
    if found is None:
        return nothing("it is not quenched for good" if LIGHT in maps.run.quantities else _NO_LIGHT)
    return measure(maps, maps.field("PL_ratio", found))


def _spread(maps: Maps, ratio: Array) -> Cell:
    means = maps.grain_means(ratio)
    return number(float(means.std())) if len(means) > 1 else nothing("the film is one grain")


def _hidden(maps: Maps, ratio: Array) -> Cell:
    if not maps.cut_open:
        return nothing("seen from above, the film has no depth here")
    share = maps.hidden_share(ratio)
    return nothing("PL/PL₀ is the same everywhere") if share is None else number(share, "%")


def _profile(maps: Maps, ratio: Array, axis: Axis, pick: Callable[[Array], float]) -> Cell:
    if not maps.cut_open:
        return nothing("seen from above, the film has no depth here")
    return number(float(pick(maps.lines(axis).average(ratio))))


def _farthest_front(maps: Maps) -> tuple[str, float, float] | str:
    """Electrode, reach [m] and speed [m/s] of the front that comes farthest, or why there is none."""
    if "PL_ratio" not in maps.run.results.fields:
        return _NO_MAP
    if quench(maps.run) is None:
        return "its light does not change"
    driven = maps.run.driven
    found = {side: front_speed(maps.run.elapsed[driven], maps.front(side)[driven]) for side in maps.sides}
    fronts = [(side, *one) for side, one in found.items() if one is not None]
    return max(fronts, key=lambda front: front[1], default=f"no zone with Q above {FRONT_LEVEL:g} advances")


def _of_front(
    front: tuple[str, float, float] | str, show: Callable[[tuple[str, float, float]], Cell]
) -> Cell:  # fmt: skip
    return nothing(front) if isinstance(front, str) else show(front)
