"""Films under alternating voltages: the colour that lasts, and light over frequency."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from verification import Verification
from whole_runs import traces_of

from fem.constants import nm, s
from fem.evolve import evolve
from fem.fields import Array
from fem.physics.drives.protocol import protocol, square_wave
from fem.results.run_facts import judge
from scenarios import ac_response, ac_stabilised
from scenarios.criteria.ac import Stabilised
from scenarios.criteria.ac_response import EMISSION, Response
from scenarios.parts.ac_staircase import HALIDE_HEIGHT, Staircase

DEMANDS = Stabilised(0.02, "held", "blocked")


def made_up(**changed: Array) -> dict[str, Array]:
    time = np.array([0.0, 1.0, 10.0, 100.0])
    zero = np.zeros(4)
    return {
        "time [s]": time, "drift bromide with stores [1]": zero, "drift chloride with stores [1]": zero + 1e-12,
        "peak energy [eV]": zero + 2.66, "bluest peak [eV]": zero + 2.66,
        "peak, held [eV]": zero + 2.66, "bluest, held [eV]": np.array([2.66, 2.7, 2.8, 2.9]),
        "share mean change [1]": np.array([0, 1, 2, 3]) * 1e-4,
        "share mean change, held [1]": np.array([0, 0.01, 0.1, 0.2]),
        "share mean change, blocked [1]": zero + 1e-5,
    } | changed  # fmt: skip


def test_each_demand_notices_what_it_looks_for() -> None:
    assert [one["verdict"] for one in judge(DEMANDS.criteria, made_up())] == ["pass"] * 6
    jump = np.array([0.0, 0.0, 0.0, 1.0])
    for number, wrong in enumerate((
        {"drift bromide with stores [1]": 1e-9 * jump},
        {"share mean change, held [1]": np.array([0.0, 0.2, 0.2, 0.2]), "time [s]": np.array([0.0, 0.5, 1, 2])},
        {"peak energy [eV]": 2.66 + 0.006 * jump},
        {"bluest, held [eV]": 2.66 + 0.04 * jump},
        {"share mean change [1]": 3e-3 * jump},
        {"share mean change, blocked [1]": 2e-3 * jump},
    )):  # fmt: skip
        found = judge(DEMANDS.criteria, made_up() | wrong)
        assert [k for k, one in enumerate(found) if one["verdict"] == "fail"] == [number]


def test_the_period_counts_against_the_work_of_the_held_voltage() -> None:
    expected = 10 + 90 * (0.2 * (1 - np.exp(-1)) - 0.1) / 0.1
    assert DEMANDS.pace(made_up()) == pytest.approx(0.02 / expected, rel=1e-9, abs=0.0)


def test_outputs_end_cycles_and_the_run_says_which_supply_it_assumes() -> None:
    short = ac_stabilised.scenario(duration=60 * s)
    assert short.cycles is not None and short.cycles.numbers(short.times)[-1] == 3000
    told = [ac_stabilised.scenario(duration=60 * s, exchange_rate=rate) for rate in (1e-3, 0.0)]
    assert [str((one.microstructure or {})["halide supply"]).split()[0] for one in told] == ["assumed:", "electrodes"]
    assert [len(one.criteria) for one in told] == [6, 2]


# --- light over frequency ---------------------------------------------------------------------------------------------

STAIRS = Staircase(2.2, -1.0, 1.0, 2, 3)
RESPONSE = Response(STAIRS, "sine")


def light_of(**changed: Array) -> dict[str, Array]:
    time = STAIRS.times
    since = [(time - start) / period for start, period in zip(STAIRS.last_cycles, STAIRS.periods, strict=True)]
    phase = np.where(time < STAIRS.last_cycles[1] * (1 + 1e-14), since[0], since[1])
    first = time < STAIRS.last_cycles[1] * (1 + 1e-14)
    on = np.where((phase > 0) & (phase < 0.5 * (1 + 1e-9)), 1.0, 0.0)
    light = on * np.where(first, 1 + phase, 1.0)
    return {"time [s]": time, EMISSION: light, "sine": 0.5 * light,
            HALIDE_HEIGHT.column: np.where(first, phase, 0.1 * phase)} | changed  # fmt: skip


def test_each_demand_on_light_over_frequency_notices_what_it_looks_for() -> None:
    good = light_of()
    assert [one["verdict"] for one in judge(RESPONSE.criteria, good)] == ["pass"] * 5
    flat = np.minimum(good[EMISSION], 1.0)
    late = good["time [s]"] > STAIRS.last_cycles[1]
    for wrong, failing in (
        ({HALIDE_HEIGHT.column: np.where(late, 10.0, 1.0) * good[HALIDE_HEIGHT.column]}, 0),
        ({EMISSION: np.maximum(good[EMISSION], 0.1), "sine": 0.05 + 0 * flat}, 1),
        ({EMISSION: np.where(late, 0.9 * flat, flat)}, 2),
        ({EMISSION: np.where(late, 3.0, 1.0) * good[EMISSION]}, 3),
        ({"sine": 2.0 * good[EMISSION]}, 4),
    ):
        found = judge(RESPONSE.criteria, good | wrong)
        assert [k for k, one in enumerate(found) if one["verdict"] == "fail"] == [failing]


def test_waves_of_all_frequencies_follow_each_other() -> None:
    assert STAIRS.periods == pytest.approx([1.0, 0.1]) and STAIRS.times[-1] == pytest.approx(3.301)
    assert STAIRS.square(0.2) == 2.2 and STAIRS.square(0.7) == -1.0 and STAIRS.square(3.02) == 2.2
    assert STAIRS.sine(0.251) == pytest.approx(2.2) and STAIRS.sine(3.001 + 0.075) == pytest.approx(-1.0)
    assert [len(STAIRS.within(STAIRS.times, k)) for k in (0, 1)] == [2 * 21, 2 * 21]
    with pytest.raises(ValueError, match="must be above --reverse"):
        Staircase(-1.0, 2.0, 1.0, 2, 3)
    with pytest.raises(ValueError, match="at least one frequency"):
        Staircase(2.0, 1.0, 1.0, 0, 3)


@pytest.mark.slow
def test_light_rises_slowly_goes_off_at_once_and_falls_with_frequency(verify: Verification) -> None:
    scenario = ac_response.scenario()
    met = [one["verdict"] for one in judge(scenario.criteria, traces_of(scenario))].count("pass")
    verify(id="B12", quantity="criteria of ac_response that are met", measured=met, expected=len(scenario.criteria),
           tolerance=0)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changed"), [("ac_stabilised", {}), ("ac_stabilised, halides blocked", {"exchange_rate": 0.0})]
)
def test_an_alternating_voltage_keeps_the_colour(name: str, changed: dict[str, Any], verify: Verification) -> None:
    scenario = ac_stabilised.scenario(**changed)
    met = [one["verdict"] for one in judge(scenario.criteria, traces_of(scenario))].count("pass")
    verify(id="B11", quantity=f"criteria of {name} that are met", measured=met, expected=len(scenario.criteria),
           tolerance=0)  # fmt: skip


@pytest.mark.slow
def test_half_cycles_move_halides_as_long_as_they_last(verify: Verification) -> None:
    swings = []
    for period in (1.0, 2.0):
        short = ac_stabilised.scenario(duration=60 * s, width=30 * nm, grains=1).model
        wave = protocol([square_wave(5.0, -5.0, period, 3)])
        model = replace(short, contacts=[short.contacts[0], replace(short.contacts[1], potential=wave)])
        *_, before, after = evolve(model, period * np.array([0.0, 2.0, 2.5]), 1e-3)
        swings.append(float(after.state.stores[1].sum() - before.state.stores[1].sum()))
    verify(id="B11", quantity="halide that half a cycle moves, 2 s over 1 s, over theory of short cycles",
           measured=swings[1] / swings[0] / 2, expected=1.0, tolerance=0.05)  # fmt: skip
