"""The table of a comparison: what differs about the runs, and what came of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fem.comparison.compared import CHARGE, LIGHT, Compared
from fem.comparison.differences import differing
from fem.comparison.mapped import FRONT_LEVEL, Maps
from fem.comparison.rows import NOTHING, Cell, Row, number, words
from fem.comparison.timing import front_speed, share_reached
from fem.fields import Array
from fem.results.drawing import in_time_units

SHARES = (0.1, 0.5, 0.9)
_LEAST_QUENCH = 1e-6  # of PL/PL0: less is round-off
Measure = Callable[[Compared], Cell]


def table(runs: Sequence[Compared]) -> list[Row]:
    """All rows; one to which no run has anything to say is left out."""
    maps = [Maps(run) for run in runs]
    rows = [*differing(runs), *_film(runs), *_times(runs), *_light(runs, maps), *_rest(runs)]
    rows += [*_ions(maps), *_soundness(runs)]
    return [row for row in rows if any(row.cells)]


def quench(run: Compared) -> Array | None:
    """Light of the film lost since the onset, under the voltage, shape (n_driven,); None without light."""
    if LIGHT not in run.quantities:
        return None
    lost = -run.change(LIGHT)
    return lost if float(np.abs(lost).max(initial=0.0)) > _LEAST_QUENCH else None


def charge(run: Compared) -> Array | None:
    """Charge moved since the onset, under the voltage [C/m^2], shape (n_driven,); None where none moves."""
    return run.change(CHARGE) if run.moves_charge else None


def _each(group: str, quantity: str, unit: str, runs: Sequence[Compared], measure: Measure) -> Row:
    return Row(group, quantity, unit, tuple(measure(run) for run in runs))


def _film(runs: Sequence[Compared]) -> list[Row]:
    def field(run: Compared) -> float | None:
        volts, gap = run.scale("largest_voltage"), run.scale("gap")
        return volts / gap if volts is not None and gap else None

    def each(quantity: str, unit: str, measure: Measure) -> Row:
        return _each("film", quantity, unit, runs, measure)

    record: Callable[[Compared, str], Any] = lambda run, name: run.results.record.get(name)  # noqa: E731
    return [
        each("scenario", "", lambda run: words(run.results.name)),
        each("geometry", "", lambda run: words(str(record(run, "geometry") or ""))),
        each("gap between the electrodes", "m", lambda run: number(run.scale("gap"), "m")),
        each("largest voltage", "V", lambda run: number(run.scale("largest_voltage"), "V")),
        each("nominal field", "V/m", lambda run: number(field(run), "V/m")),
        each("Debye length", "m", lambda run: number(run.scale("debye_length"), "m")),
        each("screening time λL/2D", "s", lambda run: number(run.scale("charging_time"), "s")),
        each("last output under the voltage", "s", lambda run: number(float(run.elapsed[run.driven][-1]), "s")),
    ]


def _times(runs: Sequence[Compared]) -> list[Row]:
    rows = []
    for what, values in (("charge", charge), ("quench", quench)):
        group, unit = f"time to a share of the final {what}", {"charge": "C/m^2", "quench": "1"}[what]
        moved = [values(run) for run in runs]
        final = tuple(NOTHING if one is None else number(float(one[-1]), unit) for one in moved)
        rows.append(Row(group, f"final {what}", unit, final))
        for share in SHARES:
            quantity, cells = f"{100 * share:.0f} % of the {what}", []
            times = [_time(run, one, share) for run, one in zip(runs, moved, strict=True)]
            rows.append(Row(group, quantity, "s", tuple(number(t, "s", bound) for t, bound in times)))
            cells = [number(_over(t, run), "1", bound) for (t, bound), run in zip(times, runs, strict=True)]
            rows.append(Row(group, f"{quantity}, over λL/2D", "1", tuple(cells)))
        rows.append(Row(group, f"{what} in the last half of the time", "%", tuple(_late(run, one) for run, one in
                    zip(runs, moved, strict=True))))  # fmt: skip
    return rows


def _time(run: Compared, moved: Array | None, share: float) -> tuple[float | None, bool]:
    """Time to a `share` of what finally `moved` [s], and whether it can be earlier."""
    times = run.elapsed[run.driven]
    found = None if moved is None else share_reached(times, moved, share)
    if found is None:
        return None, False
    return (float(times[1]), True) if found.bounded else (found.time, False)


def _over(time: float | None, run: Compared) -> float | None:
    unit = run.scale("charging_time")
    return time / unit if time is not None and unit else None


def _late(run: Compared, moved: Array | None) -> Cell:
    """Share of the final change that comes in the second half of the time: how far from its end the run is."""
    times = run.elapsed[run.driven]
    if moved is None or moved[-1] == 0:
        return NOTHING
    return number(float(1 - np.interp(times[-1] / 2, times, moved) / moved[-1]), "%")


def _light(runs: Sequence[Compared], maps: Sequence[Maps]) -> list[Row]:
    def extreme(header: str, sign: int) -> Measure:
        def measure(run: Compared) -> Cell:
            values = run.quantities.get(header)
            if values is None:
                return NOTHING
            k = run.driven.start + int(np.argmin(sign * values[run.driven.start :]))
            return Cell(float(values[k]), f"{values[k]:.4g} at {in_time_units(float(run.elapsed[k]))}")

        return measure

    rows = [
        _each("photoluminescence", f"{word} PL/PL₀ of {place}", "1", runs, extreme(f"PL/PL0 {column} [1]", sign))
        for place, columns in (("the film", ("mean", "mean")), ("one node", ("minimum", "maximum")))
        for word, column, sign in zip(("lowest", "highest"), columns, (1, -1), strict=True)
    ]
    lit = [one if "PL_ratio" in one.run.results.fields else None for one in maps]
    spread = tuple(NOTHING if one is None else _spread(one) for one in lit)
    rows.append(Row("photoluminescence", "spread of PL/PL₀ between grains (standard deviation)", "1", spread))
    fronts = [None if one is None else _farthest_front(one) for one in lit]
    name = f"farthest front of Q = {FRONT_LEVEL:g}"
    rows.append(Row("photoluminescence", f"{name}: from", "", tuple(words(f and f[0]) for f in fronts)))
    rows.append(Row("photoluminescence", f"{name}: reach", "m", tuple(number(f and f[1], "m") for f in fronts)))
    speeds = tuple(number(f and f[2], "m/s") for f in fronts)
    rows.append(Row("photoluminescence", f"{name}: speed from 10 % to 90 % of it", "m/s", speeds))
    return rows


def _spread(maps: Maps) -> Cell:
    """Standard deviation of the grains' mean PL/PL0 at the end of the voltage."""
    last = maps.run.driven.stop - 1
    means = maps.grain_means(np.asarray(maps.run.results.field("PL_ratio", last), dtype=float))
    return number(float(means.std())) if len(means) > 1 else NOTHING


def _farthest_front(maps: Maps) -> tuple[str, float, float] | None:
    """Electrode, reach [m] and speed [m/s] of the front that comes farthest; None where none advances."""
    driven = maps.run.driven
    found = {side: front_speed(maps.run.elapsed[driven], maps.front(side)[driven]) for side in maps.sides}
    fronts = [(side, *one) for side, one in found.items() if one is not None]
    return max(fronts, key=lambda front: front[1], default=None)


def _rest(runs: Sequence[Compared]) -> list[Row]:
    def recovered(header: str, moved: Callable[[Compared], Array | None]) -> Measure:
        def measure(run: Compared) -> Cell:
            change = moved(run)
            if not run.rests or change is None or change[-1] == 0:
                return NOTHING
            values = run.quantities[header]
            left = float(values[-1] - values[run.driven.start]) / float(run.change(header)[-1])
            return number(1 - left, "%")

        return measure

    def rest(run: Compared) -> Cell:
        return (
            number(float(run.results.times[-1] - run.results.times[run.driven.stop - 1]), "s") if run.rests else NOTHING
        )

    return [
        _each("after the voltage", "rest", "s", runs, rest),
        _each("after the voltage", "reversible part of the charge", "%", runs, recovered(CHARGE, charge)),
        _each("after the voltage", "reversible part of the quench", "%", runs, recovered(LIGHT, quench)),
    ]


def _ions(maps: Sequence[Maps]) -> list[Row]:
    """Ions that pile up, at the end of the voltage."""
    species = dict.fromkeys(
        name for one in maps for name in one.run.results.fields if name.startswith("concentration_")
    )
    rows = []
    for name in species:
        cells = tuple(
            number(one.accumulation(name, one.run.driven.stop - 1)) if name in one.run.results.fields else NOTHING
            for one in maps
        )
        ion = name.removeprefix("concentration_").replace("_", " ")
        rows.append(Row("ions", f"{ion}: highest of the profile between the electrodes over the mean", "1", cells))
    return rows


def _soundness(runs: Sequence[Compared]) -> list[Row]:
    def verdicts(name: str, title: str) -> Measure:
        def measure(run: Compared) -> Cell:
            found = [one for one in run.results.record.get(name) or [] if isinstance(one, dict)]
            failed = [str(one.get(title)) for one in found if one.get("verdict") != "pass"]
            met = f"{len(found) - len(failed)} of {len(found)} passed"
            return words(met + (f"; not: {', '.join(dict.fromkeys(failed))}" if failed else "")) if found else NOTHING

        return measure

    def status(run: Compared) -> Cell:
        told = str(run.results.record.get("status", "unknown"))
        return words("killed" if told == "running" else told)

    return [
        _each("soundness", "status", "", runs, status),
        _each("soundness", "outputs", "1", runs, lambda run: number(float(len(run.results.times)))),
        _each("soundness", "checks of the computation", "", runs, verdicts("checks", "name")),
        _each("soundness", "demands of the experiment", "", runs, verdicts("criteria", "id")),
    ]
