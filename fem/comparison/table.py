"""The table of a comparison: what differs about the runs, and what came of it."""

from collections.abc import Callable, Sequence
from math import exp
from typing import Any

import numpy as np

from fem.comparison.compared import CHARGE, LIGHT, Compared
from fem.comparison.differences import differing
from fem.comparison.ion_rows import ion_rows
from fem.comparison.light_rows import depth_rows, light_rows
from fem.comparison.mapped import Maps
from fem.comparison.moments import MOVED, SHARES, charge, quench
from fem.comparison.rows import NOTHING, Cell, Row, nothing, number, words
from fem.comparison.timing import share_reached
from fem.fields import Array

_CONSTANT = 1 - exp(-1)  # of the charge: the time constant of an exponential
Measure = Callable[[Compared], Cell]


def table(runs: Sequence[Compared]) -> list[Row]:
    """All rows, those included to which no run has anything to say."""
    maps = [Maps(run) for run in runs]
    rows = [*differing(runs), *_film(runs), *_times(runs), *light_rows(runs, maps), *depth_rows(maps)]
    return [*rows, *_rest(runs), *ion_rows(maps), *_soundness(runs)]


def filled(rows: Sequence[Row]) -> list[Row]:
    """The rows to which at least one run has something to say."""
    return [row for row in rows if any(row.cells)]


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
    for what, values in MOVED.items():
        group, unit = f"time to a share of the final {what}", {"charge": "C/m^2", "quench": "1"}[what]
        moved = [values(run) for run in runs]
        final = tuple(NOTHING if one is None else number(float(one[-1]), unit) for one in moved)
        rows.append(Row(group, f"final {what}", unit, final))
        for share in (*SHARES, *([_CONSTANT] if what == "charge" else [])):
            quantity = f"{100 * share:.0f} % of the {what}"
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


def _rest(runs: Sequence[Compared]) -> list[Row]:
    def recovered(header: str, moved: Callable[[Compared], Array | None]) -> Measure:
        def measure(run: Compared) -> Cell:
            change = moved(run)
            if not run.rests:
                return nothing("no rest follows the voltage")
            if change is None or change[-1] == 0:
                return nothing("nothing moves that could come back")
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
