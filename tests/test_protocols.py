"""Protocols: every entry holds where the list says, breakpoints are exact, and a bad entry is named by its number."""

import re
import runpy
from itertools import pairwise
from math import cos, pi, sin, ulp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fem.physics.drives.blocks import Entry, PeriodicPart
from fem.physics.drives.drive import Drive
from fem.physics.drives.drive import square as square_drive
from fem.physics.drives.protocol import (
    hold,
    protocol,
    pulse_train,
    ramp,
    repeat,
    rest,
    sine_wave,
    square_wave,
    timetable,
)

MIXED: list[Entry] = [
    hold(1.0, 10.0),
    ramp(-0.5, 3.0),
    repeat([hold(2.0, 0.25), ramp(0.0, 0.5), rest(0.25)], 3),
    sine_wave(0.4, 2.0, 1.25, offset=0.1),
    square_wave(1.5, -1.5, period=2.0, cycles=2, duty=0.25),
    pulse_train(3.0, 0.125, 1.0, pulses=2, base=0.5),
    rest(60.0),
]
BREAKS = [
    0, 10, 13, 13.25, 13.75, 14, 14.25, 14.75, 15, 15.25, 15.75, 16, 17.25, 17.75, 19.25, 19.75, 21.25, 21.375, 22.25,
    22.375, 23.25, 83.25,
]  # fmt: skip


def test_breakpoints_are_where_entries_and_their_parts_begin() -> None:
    drive = protocol(MIXED, initial=0.2)
    assert drive.breakpoints(-1.0, 100.0) == BREAKS
    assert drive.breakpoints(0.0, 83.25) == BREAKS[1:-1]
    assert drive.breakpoints(13.3, 14.25) == [13.75, 14.0]


@pytest.mark.parametrize(
    ("time", "value"),
    [
        (-5.0, 0.2), (0.0, 1.0), (9.9, 1.0), (11.0, 0.5), (12.5, -0.25), (13.0, 2.0), (13.5, 1.0), (14.1, 2.0),
        (14.9, 0.0), (16.0, 0.1), (16.125, 0.5), (16.25, 0.1), (17.25, 1.5), (17.75, -1.5), (19.25, 1.5), (21.25, 3.0),
        (21.5, 0.5), (22.3, 3.0), (23.25, 0.0), (1e6, 0.0),
    ],
)  # fmt: skip
def test_values_are_those_of_the_list(time: float, value: float) -> None:
    assert protocol(MIXED, initial=0.2)(time) == pytest.approx(value, abs=1e-12)


def test_pieces_are_smooth_between_breakpoints_and_their_rates_are_their_slopes() -> None:
    drive = protocol(MIXED)
    for start, end in pairwise([*BREAKS, 100.0]):
        piece = drive.piece(start)
        assert piece.start == start
        for time in np.linspace(start, end, 9)[:-1]:
            assert drive.piece(float(time)).start == start
            assert piece.rate(time) == pytest.approx(
                (piece.value(time + 1e-6) - piece.value(time - 1e-6)) / 2e-6, abs=1e-7
            )
    assert drive.piece(16.0).rate(16.1) == pytest.approx(0.4 * 4 * pi * cos(4 * pi * 0.1), rel=1e-12, abs=0.0)


def test_a_ramp_in_a_repeated_block_begins_where_the_last_repetition_ended() -> None:
    triangle = repeat([ramp(1.0, 1.0), ramp(0.0, 1.0)], 3)
    drive = protocol([hold(0.5, 1.0), triangle])
    assert [drive(time) for time in (1.0, 1.5, 3.0, 3.5, 5.5)] == pytest.approx([0.5, 0.75, 0.0, 0.5, 0.5])
    assert timetable([hold(0.5, 1.0), triangle]).periodic == (PeriodicPart(3.0, 2.0, 2),)
    assert timetable([rest(1.0), triangle]).periodic == (PeriodicPart(1.0, 2.0, 3),)


def test_the_timetable_names_the_periodic_stretches() -> None:
    facts = timetable(MIXED)
    assert facts.duration == 83.25
    assert facts.periodic == (
        PeriodicPart(13.0, 1.0, 3), PeriodicPart(16.0, 0.5, 2),
        PeriodicPart(17.25, 2.0, 2), PeriodicPart(21.25, 1.0, 2),
    )  # fmt: skip
    drive = protocol(MIXED)
    for part in facts.periodic:
        within = part.start + part.period * np.linspace(0.01, part.cycles - 1.01, 17)
        assert [drive(t) for t in within] == pytest.approx([drive(t + part.period) for t in within], abs=1e-9)


def test_extremes_bound_the_drive_and_are_reached() -> None:
    for entries, low, high in (
        (MIXED, -1.5, 3.0),
        ([sine_wave(1.0, 1.0, 0.1)], 0.0, sin(0.2 * pi)),
        ([sine_wave(-1.0, 1.0, 0.5)], -1.0, 0.0),
        ([ramp(2.0, 1.0, start=-3.0)], -3.0, 2.0),
    ):
        drive = protocol(entries)
        assert drive.extremes == pytest.approx((low, high), abs=1e-12)
        values = [drive(t) for t in (*np.linspace(-1, 90, 20001), *BREAKS)]
        assert drive.extremes[0] - 1e-12 <= min(values)
        assert max(values) <= drive.extremes[1] + 1e-12


def test_the_description_reads_as_the_list_does() -> None:
    words = protocol([hold(1.0, 10.0), ramp(0.0, 2.0), repeat([hold(2.0, 1.0), rest(3.0)], 5)]).description
    assert words == (
        "0 V before 0 s; hold 1 V for 10 s, ramp to 0 V in 2 s, 5 x [hold 2 V for 1 s, rest for 3 s]; then 0 V"
    )


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "light_and_protocols.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    runpy.run_path(str(tmp_path / "example.py"))
    printed = capsys.readouterr().out
    assert "0.0 (-3.5, 4.5) [10.0, 30.0]" in printed
    assert "PeriodicPart(start=1.0, period=0.01, cycles=100)" in printed


@settings(deadline=None, max_examples=40)
@given(
    widths=st.lists(st.floats(1e-4, 1e2), min_size=1, max_size=4),
    times=st.integers(1, 10**8),
    outer=st.integers(1, 5),
    lead=st.floats(1e-3, 1e3),
    share=st.floats(0.0, 1.0),
)
def test_rounding_never_parts_a_breakpoint_from_its_piece(
    widths: list[float], times: int, outer: int, lead: float, share: float
) -> None:
    """Among a hundred million repetitions, at each breakpoint the new piece holds and just before it the old one."""
    assume(min(*widths, 1e-3) > 9 * ulp(outer * (lead + times * (sum(widths) + 1e-3))))  # shorter ones are refused
    entries = [hold(float(k + 1), width) for k, width in enumerate([*widths, 1e-3])]
    train = repeat([rest(lead), repeat(entries, times)], outer)
    length = timetable([train]).duration
    drive: Drive = protocol([train])
    middle = share * length
    found = drive.breakpoints(middle, middle + 2.5 * sum(widths))
    for time in found:
        assert drive.piece(time).start == time
        assert drive.piece(float(np.nextafter(time, -np.inf))).start < time
    for one, two in pairwise(found):
        assert drive.piece(0.5 * (one + two)).start == one


def test_a_square_wave_is_that_of_the_drives() -> None:
    mine, other = protocol([square_wave(1.0, -1.0, 0.3, 50, duty=0.4)], initial=-1.0), square_drive(1.0, -1.0, 0.3, 0.4)
    times = np.linspace(-0.1, 14.9, 997)
    assert [mine(t) for t in times] == [other(t) for t in times]
    assert mine.breakpoints(0.0, 14.9) == pytest.approx(other.breakpoints(0.0, 14.9), abs=1e-13)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "protocol needs at least one entry"),
        ([hold(1.0, 1.0), hold(np.nan, 1.0)], "protocol, entry 2: value of a hold must be a finite number"),
        ([rest(1.0), ramp(1.0, 0.0)], r"protocol, entry 2: duration of a ramp must be greater than zero, got 0 s"),
        ([repeat([rest(1.0)], 0)], "entry 1: number of blocks must be a whole number of at least 1, got 0"),
        ([repeat([rest(1.0)], 2.5)], "entry 1: number of blocks must be a whole number"),  # type: ignore[arg-type]
        ([repeat([rest(1.0), hold(1.0, -2.0)], 3)], r"entry 1 \(block\), entry 2: duration of a hold .* got -2 s"),
        ([repeat([], 3)], r"entry 1 \(block\) needs at least one entry"),
        ([rest(1.0), pulse_train(1.0, 2.0, 1.0, 5)], r"entry 2 \(pulse\), entry 2: duration of a hold .* got -1 s"),
        ([square_wave(1.0, 0.0, 1.0, 5, duty=1.5)], r"entry 1 \(square wave cycle\), entry 2: duration"),
        ([sine_wave(1.0, -5.0, 1.0)], "entry 1: frequency of a sine wave must be greater than zero, got -5 Hz"),
        ([rest(1e6), hold(1.0, 1e-12)], "entry 2: 1e-12 s are lost in a protocol"),
        ([rest(1.0), 5.0], "entry 2 must be a hold, ramp"),
    ],
)
def test_a_bad_entry_is_named_by_its_number(entries: list[Entry], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        protocol(entries)
