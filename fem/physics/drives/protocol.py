"""Voltage and light protocols as readable lists: hold, ramp, rest, pulse train, square wave, sine wave, repetition.

``protocol([hold(1 * V, 10 * s), ramp(0 * V, 5 * s), repeat([hold(1 * V, 1 * s), rest(1 * s)], 100), rest(60 * s)])`` is
a :class:`~fem.physics.drives.drive.Drive` that begins at t = 0. Its breakpoints are the times at which an entry, or a
part of one, begins; trains of any number of cycles are computed on demand and never written out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, ulp

from fem.checks import require_finite
from fem.physics.drives.blocks import Block, Entry, PeriodicPart, Repeat
from fem.physics.drives.drive import Drive, Piece, flat
from fem.physics.drives.entries import Hold, Ramp, Sine

_RESOLVED = 8.0  # an entry lasts at least this many of the smallest steps that a time at the protocol's end can make


@dataclass(frozen=True)
class Timetable:
    """When a protocol ends and where it repeats itself.

    Parameters
    ----------
    duration
        Sum of all entries [s].
    periodic
        Its periodic stretches, outermost repetitions only, in the order of time.
    """

    duration: float
    periodic: tuple[PeriodicPart, ...]


def hold(value: float, duration: float) -> Entry:
    """`value` for `duration` [s]."""
    return Hold(value, duration)


def rest(duration: float) -> Entry:
    """Zero for `duration` [s]."""
    return Hold(0.0, duration, "rest")


def ramp(to: float, duration: float, start: float | None = None) -> Entry:
    """Straight line to `to` over `duration` [s], from `start` or else from the value at the end of the entry before."""
    return Ramp(to, duration, start)


def pulse_train(height: float, width: float, period: float, pulses: int, base: float = 0.0) -> Entry:
    """`pulses` times `height` for `width` [s] and then `base` for the rest of the `period` [s]."""
    return Repeat(Block((Hold(height, width), Hold(base, period - width))), pulses, "pulse")


def square_wave(high: float, low: float, period: float, cycles: int, duty: float = 0.5) -> Entry:
    """`cycles` times `high` for the share `duty` of the `period` [s] and then `low`."""
    return Repeat(Block((Hold(high, duty * period), Hold(low, period - duty * period))), cycles, "square wave cycle")


def sine_wave(amplitude: float, frequency: float, duration: float, offset: float = 0.0) -> Entry:
    """``offset + amplitude sin(2 pi f t)`` for `duration` [s], t from its own beginning; `frequency` in Hz."""
    return Sine(amplitude, frequency, duration, offset)


def repeat(entries: Sequence[Entry], times: int) -> Entry:
    """The `entries` in a row, `times` over; blocks may stand inside blocks."""
    return Repeat(Block(tuple(entries)), times, "block")


def protocol(entries: Sequence[Entry], initial: float = 0.0, unit: str = "V") -> Drive:
    """Entries one after another from t = 0 on.

    Parameters
    ----------
    entries
        What :func:`hold`, :func:`ramp`, :func:`rest`, :func:`pulse_train`, :func:`square_wave`, :func:`sine_wave` and
        :func:`repeat` return, in order.
    initial
        Value before t = 0, at which the film rests.
    unit
        Of the values, for the description in ``run.json``.

    Returns
    -------
    Drive that keeps the last value after the last entry. Where two entries meet, the later one holds.

    Raises
    ------
    ValueError
        Naming the entry by its number (from 1), if one has a number that is not finite, lasts no time, or is too short
        to be told apart from the moment of its beginning at the end of the protocol.
    """
    block = _checked(entries)
    require_finite(initial, "value of a protocol before t = 0", unit)
    end, final = block.duration, block.final(initial)

    def piece(time: float) -> Piece:
        if time < 0:
            return flat(-inf, initial)
        return block.piece(time, 0.0, initial) if time < end else flat(end, final)

    def next_break(after: float) -> float:
        if after < 0:
            return 0.0
        return min(block.next_break(0.0, after), end) if after < end else inf

    low, high = block.extremes(initial)
    description = f"{initial:g} {unit} before 0 s; {block.describe(unit)}; then {final:g} {unit}"
    return Drive(piece, next_break, (min(initial, low), max(initial, high)), description)


def timetable(entries: Sequence[Entry], initial: float = 0.0) -> Timetable:
    """Duration and periodic stretches of the protocol of the same arguments; raises as :func:`protocol` does."""
    block = _checked(entries)
    return Timetable(block.duration, tuple(block.periodic(0.0, initial)))


def _checked(entries: Sequence[Entry]) -> Block:
    """The entries as one block, if all are sound."""
    block = Block(tuple(entries))
    block.check("protocol")
    block.require_longer_than(_RESOLVED * ulp(block.duration), "protocol")
    return block
