"""Drives that break a million times: breaks are asked for one by one, so they cost neither memory nor time to start."""

import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from math import nextafter

import numpy as np
import pytest
from irregular_films import small_film

from fem.evolve import evolve
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, first_break, square, step, stretches
from fem.physics.drives.protocol import hold, protocol, pulse_train, ramp, repeat, rest
from fem.results.checks import still
from fem.scenario import Scenario
from fem.storage.checkpoint import model_fingerprint

PULSES = 10**6
END = 2.0 * PULSES
TRAINS = {
    "train": protocol([pulse_train(1.0, 1.0, 2.0, PULSES)]),
    "trains in trains": protocol([repeat([pulse_train(1.0, 1.0, 2.0, 1000), rest(2.0)], PULSES // 1000)]),
    "square wave": square(1.0, 0.0, 2.0),
}


def driven(drive: Drive, times: list[float]) -> Scenario:
    return Scenario(small_film((Contact("bottom", 0.0), Contact("top", drive))), np.array(times))


def memory(work: Callable[[], object]) -> float:
    """Largest memory that `work` needs [bytes]."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def asked(drive: Drive, times: list[float]) -> Drive:
    """`drive`, noting in `times` when it is asked for its next break."""
    return Drive(drive.piece, lambda after: times.append(after) or drive.next_break(after), drive.extremes, "")  # type: ignore[func-returns-value]


@pytest.mark.parametrize("name", TRAINS)
def test_a_million_pulses_cost_no_memory(name: str) -> None:
    """A list of their breaks alone would take 64 MB."""
    scenario = driven(TRAINS[name], [0.0, 1.5, END])
    outputs = evolve(scenario.model, scenario.times)
    assert memory(lambda: list(islice(outputs, 2))) < 5e6
    assert memory(lambda: model_fingerprint(scenario)) < 5e6
    assert memory(lambda: still(scenario, np.linspace(0.0, END, 21))) < 5e6


def test_a_run_asks_only_for_the_breaks_that_it_meets() -> None:
    times: list[float] = []
    scenario = driven(asked(TRAINS["train"], times), [0.0, 0.5, 2.5, END])
    list(islice(evolve(scenario.model, scenario.times), 3))
    assert sorted(set(times)) == [0.0, 1.0, 2.0]
    assert len(times) <= 6


def every_break(cycles: int) -> Iterator[float]:
    """Of cycles of 1.5 s that begin at 0.5 s: a ramp, two pulses of 0.125 s every 0.25 s, and a rest."""
    yield 0.5
    for k in range(cycles):
        begin = 0.5 + 1.5 * k
        yield from (begin + part for part in (0.25, 0.375, 0.5, 0.625, 0.75, 1.5))
    yield 0.5 + 1.5 * cycles + 1.0


def test_breaks_come_in_order_and_none_is_missed() -> None:
    cycle = repeat([ramp(0.5, 0.25), pulse_train(1.0, 0.125, 0.25, 2), rest(0.75)], 1000)
    drive = protocol([hold(0.2, 0.5), cycle, hold(0.1, 1.0)])
    assert drive.breakpoints(0.0, 1e9) == list(every_break(1000))
    for time in islice(every_break(1000), 0, None, 97):  # asked for at a break, just before it and far from any
        assert drive.next_break(nextafter(time, 0.0)) == time
        assert drive.next_break(time) == next(later for later in every_break(1000) if later > time)


def test_several_drives_break_at_all_their_times() -> None:
    """In order, each time once."""
    drives = [square(1.0, 0.0, 2.0, duty=0.25), step(1.0, at=3.0), square(1.0, -1.0, 3.0)]
    found, time = [], 0.0
    while (time := first_break(drives, time)) < 12.0:
        found.append(time)
    expected = {time for drive in drives for time in drive.breakpoints(0.0, 12.0)}
    assert found == sorted(expected)
    assert 3.0 in drives[2].breakpoints(0.0, 12.0)


def test_an_output_at_a_break_belongs_to_the_stretch_that_it_ends() -> None:
    drives = [TRAINS["train"], step(1.0, at=4.5)]
    times = [0.0, 0.5, 1.0, 1.5, 4.2, 4.5, 4.6, 5.0, END - 0.5]
    assert stretches(drives, times) == [
        (0.0, [1, 2]), (1.0, [3]), (4.0, [4, 5]), (4.5, [6, 7]), (END - 1.0, [8]),
    ]  # fmt: skip


@pytest.mark.parametrize("pulses", [10, 10_000])
def test_a_checkpoint_knows_the_drive_however_often_it_breaks(pulses: int) -> None:
    """Trains that differ in the width of their pulses, or only at their end, are two runs."""
    times = [0.0, 2.0 * pulses, 2.0 * pulses + 4.0]
    trains = {
        "one": [pulse_train(1.0, 1.0, 2.0, pulses), hold(0.5, 4.0)],
        "wider": [pulse_train(1.0, 1.0 + 2.0**-10, 2.0, pulses), hold(0.5, 4.0)],
        "another end": [pulse_train(1.0, 1.0, 2.0, pulses), hold(0.5, 1.0), hold(0.4, 3.0)],
    }
    prints = {name: model_fingerprint(driven(protocol(entries), times)) for name, entries in trains.items()}
    assert len(set(prints.values())) == len(trains)
    assert prints["one"] == model_fingerprint(driven(protocol(trains["one"]), times))
