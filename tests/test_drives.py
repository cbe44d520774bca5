"""Drives: values, rates, breakpoints and the side of a jump on which the drive holds."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fem.physics.drives.drive import Drive, constant, pulse, ramp, sine, square, step, table

DRIVES = {
    "constant": constant(0.4),
    "step": step(1.0, at=2.0, initial=-0.5),
    "ramp": ramp(1.0, 3.0, at=1.0, initial=0.2),
    "pulse": pulse(0.8, 1.5, at=2.0, base=-0.1),
    "square": square(1.0, -1.0, period=2.0, duty=0.3),
    "sine": sine(0.7, 0.4, offset=0.1),
    "table": table([0.0, 1.0, 1.0, 3.0, 6.0], [0.0, 1.0, -1.0, 0.5, 0.5]),
}
BREAKS = {
    "constant": [],
    "step": [2.0],
    "ramp": [1.0, 4.0],
    "pulse": [2.0, 3.5],
    "square": [0.6, 2.0, 2.6, 4.0, 4.6, 6.0, 6.6],
    "sine": [],
    "table": [1.0, 3.0, 6.0],
}


@pytest.mark.parametrize("name", DRIVES)
def test_breakpoints_are_all_the_places_where_a_drive_is_not_smooth(name: str) -> None:
    drive = DRIVES[name]
    assert drive.breakpoints(0.0, 7.0) == pytest.approx(BREAKS[name], abs=1e-15)
    for start, end in pairwise([0.0, *drive.breakpoints(0.0, 7.0), 7.0]):
        inside = np.linspace(start, end, 9)[1:-1]
        assert {drive.piece(float(t)).start for t in inside} == {drive.piece(start).start}
        _smooth_and_consistent(drive, start, end)


def _smooth_and_consistent(drive: Drive, start: float, end: float) -> None:
    piece = drive.piece(start)
    for time in np.linspace(start, end, 7):
        h = 1e-5
        slope = (piece.value(time + h) - piece.value(time - h)) / (2 * h)
        assert piece.rate(time) == pytest.approx(slope, abs=1e-8)
        if time < end:
            assert drive(float(time)) == piece.value(float(time))


@pytest.mark.parametrize(
    ("name", "time", "before", "after"),
    [
        ("step", 2.0, -0.5, 1.0), ("pulse", 2.0, -0.1, 0.8), ("pulse", 3.5, 0.8, -0.1), ("square", 0.6, 1.0, -1.0),
        ("square", 2.0, -1.0, 1.0), ("table", 1.0, 1.0, -1.0), ("constant", 0.0, 0.0, 0.4), ("square", 0.0, -1.0, 1.0),
    ],
)  # fmt: skip
def test_a_jump_has_the_value_after_it(name: str, time: float, before: float, after: float) -> None:
    drive = DRIVES[name]
    assert drive(time) == after
    assert drive(np.nextafter(time, -np.inf)) == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize("name", ["ramp", "sine", "table"])
def test_continuous_drives_have_no_jump_at_their_breakpoints(name: str) -> None:
    drive = DRIVES[name]
    for time in BREAKS[name]:
        if (name, time) != ("table", 1.0):
            assert drive(time) == pytest.approx(drive(float(np.nextafter(time, 0.0))), abs=1e-12)
    assert drive(-1.0) == drive(np.nextafter(0.0, -1.0))


@settings(deadline=None)
@given(period=st.floats(1e-9, 1e9), duty=st.floats(0.01, 0.99), cycle=st.integers(0, 10_000))
def test_a_square_wave_flips_exactly_at_its_own_breakpoints(period: float, duty: float, cycle: int) -> None:
    """Whatever the rounding: at each breakpoint the new value holds, just before it the old one."""
    drive = square(1.0, -1.0, period, duty)
    found = drive.breakpoints(cycle * period, (cycle + 2.5) * period)
    assert 4 <= len(found) <= 6
    values = [drive(time) for time in found]
    assert all(a == -b for a, b in pairwise(values))
    assert all(drive(np.nextafter(time, -np.inf)) == -value for time, value in zip(found, values, strict=True))


@pytest.mark.parametrize("duty", [0.0, 1e-17, 1 - 1e-12, 1.0, float("nan")])
def test_parts_of_a_wave_too_brief_for_the_digits_of_time_are_refused(duty: float) -> None:
    """A pulse of 1e-17 of its period was lost without a word."""
    with pytest.raises(ValueError, match="duty of a square wave must lie between"):
        square(1.0, -1.0, 1.0, duty)


def test_a_pulse_too_brief_for_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="a pulse of 1e-12 s is lost in the digits of its start, 100000 s"):
        pulse(1.0, 1e-12, 1e5)
