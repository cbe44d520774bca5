"""Films under alternating voltages: the colour that lasts, and light over frequency."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from verification import Verification
from whole_runs import met

from fem.constants import eV, nm, s
from fem.evolve import evolve
from fem.fields import Array
from fem.observables.composition import composition, halide_drift, spread
from fem.physics.drives.protocol import protocol, square_wave
from fem.results.run_facts import judge
from scenarios import ac_response, ac_stabilised
from scenarios.criteria.ac import Stabilised
from scenarios.criteria.ac_response import DRIFT, EMISSION, Response
from scenarios.parts.ac_staircase import HALIDE_DISTANCE, Staircase
from scenarios.parts.emitter import mesh_emitter, mesh_lateral_emitter
from scenarios.parts.voltage_direction import Direction

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
    assert [len(one.criteria) for one in told] == [6, 3]


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
    return {"time [s]": time, EMISSION: light, "sine": 0.5 * light, DRIFT: 0 * light,
            HALIDE_DISTANCE.column: np.where(first, phase, 0.1 * phase)} | changed  # fmt: skip


def test_each_demand_on_light_over_frequency_notices_what_it_looks_for() -> None:
    good = light_of()
    assert [one["verdict"] for one in judge(RESPONSE.criteria, good)] == ["pass"] * 6
    flat = np.minimum(good[EMISSION], 1.0)
    late = good["time [s]"] > STAIRS.last_cycles[1]
    for wrong, failing in (
        ({HALIDE_DISTANCE.column: np.where(late, 10.0, 1.0) * good[HALIDE_DISTANCE.column]}, 0),
        ({EMISSION: np.maximum(good[EMISSION], 0.1), "sine": 0.05 + 0 * flat}, 1),
        ({EMISSION: np.where(late, 0.9 * flat, flat)}, 2),
        ({EMISSION: np.where(late, 3.0, 1.0) * good[EMISSION]}, 3),
        ({"sine": 2.0 * good[EMISSION]}, 4),
        ({DRIFT: np.where(late, 1e-9, 0.0)}, 5),
    ):
        found = judge(RESPONSE.criteria, good | wrong)
        assert [k for k, one in enumerate(found) if one["verdict"] == "fail"] == [failing]


def test_waves_of_all_frequencies_follow_each_other() -> None:
    assert STAIRS.periods == pytest.approx([1.0, 0.1]) and STAIRS.times[-1] == pytest.approx(3.301)
    assert STAIRS.square(0.2) == 2.2 and STAIRS.square(0.7) == -1.0 and STAIRS.square(3.02) == 2.2
    assert STAIRS.sine(0.251) == pytest.approx(2.2) and STAIRS.sine(3.001 + 0.075) == pytest.approx(-1.0)
    assert [len(STAIRS.within(STAIRS.times, k)) for k in (0, 1)] == [2 * 21, 2 * 21]
    alone = Staircase(2.2, -1.0, 1.0, 3, 1)
    assert (np.diff(alone.times) > 0).all()
    assert [len(alone.within(alone.times, k)) for k in range(3)] == [2 * 21] * 3
    with pytest.raises(ValueError, match="must be above --reverse"):
        Staircase(-1.0, 2.0, 1.0, 2, 3)
    with pytest.raises(ValueError, match="--decades and --cycles: at least 0 and 1"):
        Staircase(2.0, 1.0, 1.0, 0, 3)


def test_a_film_on_its_side_keeps_its_names() -> None:
    """The layer for electrons comes to lie on the left, and the boundary between two columns stays upright."""
    mesh = mesh_lateral_emitter(60 * nm, 40 * nm, 2)
    assert mesh.boundaries is not None and mesh.subdomains is not None
    ends = {"left": (0, -30), "right": (0, 90), "bottom": (1, 0), "top": (1, 40), "film_left": (0, 0),
            "film_right": (0, 60), "interface_etl_film": (0, 0), "interface_film_htl": (0, 60)}  # fmt: skip
    for name, (axis, place) in ends.items():
        np.testing.assert_allclose(mesh.p[axis, mesh.facets[:, mesh.boundaries[name]]] / nm, place, atol=1e-6)
    x, y = mesh.p[:, mesh.facets[:, mesh.boundaries["grain_boundary_lines"]]]
    columns = mesh_emitter(60 * nm, 40 * nm, 2).mesh
    assert columns.boundaries is not None
    upright = columns.p[:, columns.facets[:, columns.boundaries["grain_boundary_lines"]]]
    assert np.ptp(x) < 1e-15 and np.ptp(y) == pytest.approx(40 * nm, rel=1e-9, abs=0.0)
    assert x[0, 0] == pytest.approx(upright[0, 0, 0], abs=1 * nm)  # on its own side of the middle
    inside = mesh.p[:, mesh.t[:, mesh.subdomains["film"]]]
    assert inside[0].min() >= -1e-15 and inside[0].max() <= 60.0001 * nm


@pytest.mark.slow
def test_boundaries_that_lie_along_the_voltage_let_ions_keep_pace(verify: Verification) -> None:
    """A square diode at 100 Hz, upright and on its side, with boundaries as slow as grains and faster ones."""
    demands, swings = Response(Staircase(2.2, -1.0, 100.0, 1, 2), ""), {}
    for direction in Direction:
        for lowered in (0.0, 0.11 * eV):
            square = ac_response.scenario(direction=direction, lowered=lowered, width=100 * nm, thickness=100 * nm,
                                          grains=2, lowest_frequency=100.0, decades=0, cycles=2)  # fmt: skip
            place = [HALIDE_DISTANCE.measure(square, one.state) for one in square.outputs()]
            swings[direction, lowered] = demands.swing(
                {"time [s]": square.times, HALIDE_DISTANCE.column: np.array(place)}, 0
            )
    ratio = swings[Direction.LATERAL, 0.0] / swings[Direction.VERTICAL, 0.0]
    verify(id="B12", quantity="swing of the ions, lateral over vertical, boundaries as slow as grains",
           measured=ratio, expected=1.0, tolerance=0.02)  # fmt: skip
    for direction, least, most in ((Direction.VERTICAL, 1.2, np.inf), (Direction.LATERAL, 0.9, 1.1)):
        assert least < swings[direction, 0.11 * eV] / swings[direction, 0.0] < most


@pytest.mark.slow
def test_light_rises_slowly_goes_off_at_once_and_falls_with_frequency(verify: Verification) -> None:
    met(verify, "B12", "ac_response", ac_response.scenario())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changed"), [("ac_stabilised", {}), ("ac_stabilised, halides blocked", {"exchange_rate": 0.0})]
)
def test_an_alternating_voltage_keeps_the_colour(name: str, changed: dict[str, Any], verify: Verification) -> None:
    met(verify, "B11", name, ac_stabilised.scenario(**changed))


@pytest.mark.slow
def test_the_colour_of_the_same_film_lasts_laterally_too(verify: Verification) -> None:
    """A square section, the voltage once through it and once along it: ten minutes of 50 Hz, 50 V/um."""
    moved, uneven = {}, {}
    for direction in Direction:
        for barrier in (0.36 * eV, 0.25 * eV):
            square = ac_stabilised.scenario(direction=direction, width=100 * nm, thickness=100 * nm,
                                            boundary_barrier=barrier, duration=600 * s)  # fmt: skip
            *_, last = square.outputs()
            assert max(abs(halide_drift(one).measure(square, last.state)) for one in ("bromide", "chloride")) < 1e-10
            moved[direction, barrier] = composition(square, last.state).mean_change
            spreads = [spread(axis).measure(square, last.state) for axis in "xy"]
            uneven[direction, barrier] = spreads[direction is Direction.VERTICAL] / max(spreads)
    ratio = moved[Direction.LATERAL, 0.36 * eV] / moved[Direction.VERTICAL, 0.36 * eV]
    verify(id="B11", quantity="mean change of x, lateral over vertical, boundaries as slow as grains",
           measured=ratio, expected=1.0, tolerance=0.02)  # fmt: skip
    for direction, least, most in ((Direction.VERTICAL, 1.2, np.inf), (Direction.LATERAL, 0.9, 1.1)):
        assert uneven[direction, 0.36 * eV] == 1  # along the voltage more than across it
        assert least < moved[direction, 0.25 * eV] / moved[direction, 0.36 * eV] < most


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
