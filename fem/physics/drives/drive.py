"""Voltage protocols: piecewise-smooth functions of time with exact breakpoints.

A :class:`Drive` is a row of pieces, each smooth from its start up to the start of the next. The time integrator stops
at every breakpoint and continues with the new piece, so that a jump is met exactly and never smeared.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, floor, fmod, inf, nextafter, pi, sin
from pathlib import Path

import numpy as np

from fem.checks import require_finite, require_not_negative, require_positive

BEFORE = -1e-300  # a time just before a drive starts [s]

_BRIEFEST = 1e-9  # part of a period that times many periods later still resolve


@dataclass(frozen=True)
class Piece:
    """A smooth stretch of a drive from `start` [s] on, with `value(t)` [V] and its derivative `rate(t)` [V/s].

    `shifted` gives, by a closed form of its own, the same stretch where time counts from an origin [s]; `period` is
    that of a wave [s], 0 for what does not swing.
    """

    start: float
    value: Callable[[float], float]
    rate: Callable[[float], float]
    shifted: "Callable[[float], Piece] | None" = None
    period: float = 0.0

    def counted_from(self, origin: float) -> "Piece":
        """The same stretch where time counts from `origin` [s]: short times behind it keep all their digits."""
        if self.shifted is not None:
            return self.shifted(origin)
        value, rate = (lambda t: self.value(origin + t)), (lambda t: self.rate(origin + t))
        return Piece(self.start - origin, value, rate, period=self.period)


@dataclass(frozen=True)
class Drive:
    """Potential over time.

    Parameters
    ----------
    piece
        Gives the piece that holds from a time [s] on (right-continuous at a jump).
    next_break
        Gives the first time [s] behind a time at which the drive is not smooth, where a piece begins; inf if none is
        left. Nothing is listed ahead: a drive may break any number of times.
    extremes
        Lowest and highest potential that it ever takes [V], before t = 0 included.
    description
        What ``run.json`` records, e.g. "step from 0 V to 2 V at 0 s".
    """

    piece: Callable[[float], Piece]
    next_break: Callable[[float], float]
    extremes: tuple[float, float]
    description: str

    def __call__(self, time: float) -> float:
        """Potential [V] at `time` [s]; at a jump, the value after it."""
        return self.piece(time).value(time)

    def breaks(self, start: float, end: float) -> Iterator[float]:
        """The times [s] inside the open interval (start, end) at which the drive is not smooth, one after another."""
        while (start := self.next_break(start)) < end:
            yield start

    def breakpoints(self, start: float, end: float) -> list[float]:
        """All of these :meth:`breaks`."""
        return list(self.breaks(start, end))


def first_break(drives: Sequence[Drive], after: float) -> float:
    """The first time [s] behind `after` at which any of the `drives` breaks; inf if none does."""
    return min(drive.next_break(after) for drive in drives)


def stretches(drives: Sequence[Drive], times: Sequence[float]) -> list[tuple[float, list[int]]]:
    """Stretches between the breaks of `drives` that hold any of `times` [s], which rise from 0.

    Returns
    -------
    Beginning of each stretch [s] and the numbers of its times; a time at a break belongs to the stretch that it ends,
    and t = 0 to none.
    """
    found: dict[float, list[int]] = {}
    for k, time in enumerate(times):
        if time > 0:
            before = nextafter(time, -inf)
            found.setdefault(max(0.0, *(drive.piece(before).start for drive in drives)), []).append(k)
    return list(found.items())


def constant(value: float) -> Drive:
    """`value` [V] applied at t = 0 and held; the film rests at 0 V before."""
    require_finite(value, "constant potential", "V")
    return _rows([flat(-inf, 0.0), flat(0.0, value)], (0.0, value), f"{value:g} V from 0 s on")


def step(to: float, at: float = 0.0, initial: float = 0.0) -> Drive:
    """Jump from `initial` [V] to `to` [V] at time `at` [s]; the initial state is taken just before the jump."""
    for value in (to, initial):
        require_finite(value, "potential of a step", "V")
    require_not_negative(at, "time of a step", "s")
    return _rows([flat(-inf, initial), flat(at, to)], (initial, to), f"step from {initial:g} V to {to:g} V at {at:g} s")


def ramp(to: float, duration: float, at: float = 0.0, initial: float = 0.0) -> Drive:
    """Straight line from `initial` [V] to `to` [V] over `duration` [s], beginning at `at` [s]."""
    for value in (to, initial):
        require_finite(value, "potential of a ramp", "V")
    require_positive(duration, "duration of a ramp", "s")
    require_not_negative(at, "start of a ramp", "s")
    rows = [flat(-inf, initial), line(at, initial, (to - initial) / duration), flat(at + duration, to)]
    return _rows(rows, (initial, to), f"ramp from {initial:g} V to {to:g} V in {duration:g} s from {at:g} s")


def pulse(height: float, duration: float, at: float = 0.0, base: float = 0.0) -> Drive:
    """`height` [V] for `duration` [s] from time `at` [s], `base` [V] before and after."""
    for value in (height, base):
        require_finite(value, "potential of a pulse", "V")
    require_positive(duration, "duration of a pulse", "s")
    require_not_negative(at, "start of a pulse", "s")
    if at + duration == at:
        raise ValueError(
            f"a pulse of {duration:g} s is lost in the digits of its start, {at:g} s: let it begin earlier"
        )
    rows = [flat(-inf, base), flat(at, height), flat(at + duration, base)]
    return _rows(rows, (base, height), f"pulse of {height:g} V for {duration:g} s at {at:g} s, base {base:g} V")


def square(high: float, low: float, period: float, duty: float = 0.5) -> Drive:
    """Square wave from t = 0: `high` [V] for `duty` of each `period` [s], then `low` [V]; `low` before 0."""
    for value in (high, low):
        require_finite(value, "potential of a square wave", "V")
    require_positive(period, "period of a square wave", "s")
    if not _BRIEFEST <= duty <= 1 - _BRIEFEST:
        raise ValueError(
            f"duty of a square wave must lie between {_BRIEFEST:g} and 1 - {_BRIEFEST:g}, got {duty:g}: the digits of"
            " time hold no briefer part of a period"
        )

    def piece(time: float) -> Piece:
        if time < 0:
            return flat(-inf, low)
        cycle = _cycle(time, period)
        fall = cycle * period + duty * period  # rounded as the breakpoints are
        return flat(cycle * period, high) if time < fall else flat(fall, low)

    def next_break(after: float) -> float:
        if after < 0:
            return 0.0
        cycle = _cycle(after, period)
        fall = cycle * period + duty * period
        return fall if after < fall else (cycle + 1) * period

    description = f"square wave {high:g} V / {low:g} V, period {period:g} s, duty {duty:g}"
    return Drive(piece, next_break, (min(low, high), max(low, high)), description)


def sine(amplitude: float, frequency: float, offset: float = 0.0) -> Drive:
    """``offset + amplitude sin(2 pi f t)`` from t = 0 [V]; `offset` before."""
    for value in (amplitude, offset):
        require_finite(value, "potential of a sine", "V")
    require_positive(frequency, "frequency of a sine", "Hz")
    extremes = (offset - abs(amplitude), offset + abs(amplitude))
    return _rows(
        [flat(-inf, offset), wave(0.0, amplitude, frequency, offset)],
        extremes,
        f"sine of {amplitude:g} V at {frequency:g} Hz about {offset:g} V",
    )


def table(times: Sequence[float], values: Sequence[float]) -> Drive:
    """Straight lines through (times [s], values [V]); constant outside. A time given twice makes a jump.

    Raises
    ------
    ValueError
        If the lengths differ, fewer than two rows are given, a number is not finite or time runs backwards.
    """
    t, v = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if t.shape != v.shape or t.ndim != 1 or len(t) < 2:
        raise ValueError(
            f"a drive table needs two columns of equal length >= 2, got {t.shape} times and {v.shape} values"
        )
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        raise ValueError("a drive table must hold finite numbers only")
    if (np.diff(t) < 0).any():
        k = int(np.flatnonzero(np.diff(t) < 0)[0])
        raise ValueError(f"the times of a drive table must not decrease: {t[k]:g} s is followed by {t[k + 1]:g} s")
    rows = [flat(-inf, float(v[0]))]
    for k in range(len(t) - 1):
        if t[k + 1] > t[k]:
            rows.append(line(float(t[k]), float(v[k]), float((v[k + 1] - v[k]) / (t[k + 1] - t[k]))))
    rows.append(flat(float(t[-1]), float(v[-1])))
    return _rows(rows, (float(v.min()), float(v.max())), f"table of {len(t)} points, {t[0]:g} s to {t[-1]:g} s")


def table_from_csv(path: str | Path) -> Drive:
    """A :func:`table` from a CSV file with the columns time [s] and potential [V], one header line.

    Raises
    ------
    ValueError
        If the file cannot be read as two columns of numbers.
    """
    try:
        data = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError) as error:
        raise ValueError(f"drive table {path}: {error}") from error
    if data.shape[1] != 2:
        raise ValueError(f"drive table {path}: needs two columns (time [s], potential [V]), has {data.shape[1]}")
    return table(data[:, 0].tolist(), data[:, 1].tolist())


def as_drive(potential: float | Drive) -> Drive:
    """`potential` itself if it is a drive, else the constant drive of that voltage [V]."""
    return potential if isinstance(potential, Drive) else constant(potential)


def flat(start: float, value: float) -> Piece:
    """The constant `value` [V] from `start` [s] on."""
    return Piece(start, lambda time: value, lambda time: 0.0, lambda origin: flat(start - origin, value))


def line(start: float, value: float, slope: float) -> Piece:
    """``value + slope (t - start)`` [V] from `start` [s] on."""
    return Piece(
        start,
        lambda time: value + slope * (time - start),
        lambda time: slope,
        lambda origin: line(start - origin, value, slope),
    )


def wave(start: float, amplitude: float, frequency: float, offset: float) -> Piece:
    """``offset + amplitude sin(2 pi f (t - start))`` [V] from `start` [s] on, `frequency` f in Hz."""
    omega = 2 * pi * frequency
    return Piece(
        start,
        lambda time: offset + amplitude * sin(omega * (time - start)),
        lambda time: amplitude * omega * cos(omega * (time - start)),
        lambda origin: wave(_same_phase(start - origin, 1 / frequency), amplitude, frequency, offset),
        1 / frequency,
    )


def _same_phase(start: float, period: float) -> float:
    """The time of the same phase as `start` that lies less than a `period` [s] before 0, or `start` itself."""
    return start if start >= -period else fmod(start, period)


def _cycle(time: float, period: float) -> int:
    """Number of the cycle that `time` falls in, exact at breakpoints ``k * period`` as computed in floating point."""
    k = floor(time / period)
    if (k + 1) * period <= time:
        return k + 1
    return k - 1 if k * period > time else k


def _rows(rows: list[Piece], potentials: tuple[float, float], description: str) -> Drive:
    starts = [row.start for row in rows]

    def piece(time: float) -> Piece:
        return rows[max(0, bisect_right(starts, time) - 1)]

    def next_break(after: float) -> float:
        k = bisect_right(starts, after)
        return starts[k] if k < len(starts) else inf

    return Drive(piece, next_break, (min(potentials), max(potentials)), description)
