"""Time: drives and their breakpoints, outputs between steps, jumps, error control, restarts and the bounded fallback."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from irregular_films import INTERSTITIAL, VACANCY, film, thin_column
from numpy.typing import NDArray
from verification import observed_order

from fem.constants import nm
from fem.evolve import Output, Restart, StepReport, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics import adaptive
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.newton import implicit_euler_step
from fem.numerics.rosenbrock import rodas4_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, Reservoir
from fem.physics.drive import Drive, constant, pulse, ramp, sine, square, step, table
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]

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


# --- drives -----------------------------------------------------------------------------------------------------------


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


@given(period=st.floats(1e-9, 1e9), duty=st.floats(0.01, 0.99), cycle=st.integers(0, 10_000))
def test_a_square_wave_flips_exactly_at_its_own_breakpoints(period: float, duty: float, cycle: int) -> None:
    """Whatever the rounding: at each breakpoint the new value holds, just before it the old one."""
    drive = square(1.0, -1.0, period, duty)
    found = drive.breakpoints(cycle * period, (cycle + 2.5) * period)
    assert 4 <= len(found) <= 6
    values = [drive(time) for time in found]
    assert all(a == -b for a, b in pairwise(values))
    assert all(drive(np.nextafter(time, -np.inf)) == -value for time, value in zip(found, values, strict=True))


# --- outputs ----------------------------------------------------------------------------------------------------------


def small(
    contacts: tuple[Contact, ...], species: tuple[Species, ...] = (VACANCY,), first: float = 2.0
) -> PoissonNernstPlanck:
    return film(thin_column(100 * nm, first * nm, 10 * nm), species, contacts)


def gap(one: Array, other: Array) -> float:
    return float(np.abs(one - other).max() / np.abs(other).max())


def test_outputs_between_steps_agree_with_steps_that_end_there() -> None:
    """Interpolation must not be worse than the steps: outputs of one run against runs that stop exactly at each time."""
    model = small((Contact("bottom", 0.0), Contact("top", step(0.6))))
    times = np.array([0.0, 1e-3, 0.03, 0.4, 3.0, 20.0, 200.0])
    outputs = list(evolve(model, times, tolerance=1e-3))
    assert [output.state.time for output in outputs] == times.tolist()
    for output in outputs[1:]:
        stepped = list(evolve(model, np.array([0.0, output.state.time]), tolerance=1e-5))[-1].state
        assert gap(output.state.concentrations, stepped.concentrations) < 1e-3
        assert gap(output.state.potential, stepped.potential) < 1e-3
        assert gap(output.state.contact_charge, stepped.contact_charge) < 1e-3
        leak = 1e-2 * np.abs(stepped.contact_current) + 1e-4 * np.abs(stepped.contact_charge) / output.state.time
        assert (np.abs(output.state.contact_current - stepped.contact_current) < leak).all()


def test_output_times_do_not_change_the_solution_or_the_steps() -> None:
    model = small((Contact("bottom", 0.0), Contact("top", step(0.6))))
    few, many = (list(evolve(model, np.array([0.0, *np.geomspace(1e-4, 100.0, n)])))[-1] for n in (2, 400))
    assert few.statistics.steps == many.statistics.steps
    assert np.array_equal(few.state.concentrations, many.state.concentrations)


@pytest.mark.parametrize(
    ("drive", "tolerance"), [(ramp(0.5, 4.0, at=1.0), 1e-12), (square(0.5, -0.2, 2.5), 1e-12), (sine(0.5, 0.7), 1e-12)]
)
def test_potential_at_the_electrodes_follows_the_drive(drive: Drive, tolerance: float) -> None:
    """Exactly, between steps too and for a curved drive, which no interpolant follows."""
    model = small((Contact("bottom", 0.0), Contact("top", drive)))
    nodes = model.electrodes[1].nodes
    for output in list(evolve(model, np.linspace(0.0, 6.0, 31)))[1:]:
        volts = output.state.contact_potential[1]
        if output.state.time not in drive.breakpoints(0.0, 6.0):
            assert volts == pytest.approx(drive(output.state.time), abs=1e-12)
        assert np.abs(output.state.potential[nodes] - volts).max() < tolerance * 0.5


@pytest.mark.parametrize("name", ["pulse", "square", "table"])
def test_steps_end_exactly_at_every_jump(name: str) -> None:
    model = small((Contact("bottom", 0.0), Contact("top", DRIVES[name])))
    reached: list[StepReport] = []
    list(evolve(model, np.array([0.0, 7.0]), on_step=reached.append))
    ends = [report.time for report in reached]
    for time in BREAKS[name]:
        assert time in ends
    assert ends[-1] == 7.0
    assert all(b > a for a, b in pairwise(ends))
    assert sum(report.step for report in reached) == pytest.approx(7.0, rel=1e-12)


def test_an_output_at_a_jump_is_the_state_before_it_and_just_after_it_the_ions_are_the_same() -> None:
    model = small((Contact("bottom", 0.0), Contact("top", pulse(0.6, 2.0, at=1.0))))
    after = 1e-9
    states = [output.state for output in evolve(model, np.array([0.0, 1.0, 1.0 + after, 3.0, 3.0 + after, 4.0]))]
    rest, raised, high, low = states[1], states[2], states[3], states[4]
    assert rest.contact_potential[1] == 0.0 and raised.contact_potential[1] == 0.6
    assert high.contact_potential[1] == 0.6 and low.contact_potential[1] == 0.0
    assert gap(raised.concentrations, rest.concentrations) < 1e-6
    assert gap(low.concentrations, high.concentrations) < 1e-6
    # The jump charges the geometric capacitor at once, with the same charge up and down.
    up, down = raised.contact_charge - rest.contact_charge, low.contact_charge - high.contact_charge
    np.testing.assert_allclose(up, -down, rtol=1e-5)


@pytest.mark.parametrize("drive", [ramp(0.5, 2.0), sine(0.5, 0.7)], ids=["ramp", "sine"])
@pytest.mark.parametrize("coating", [None, Coating(2 * nm, 5.0)], ids=["bare", "coated"])
def test_current_is_the_rate_of_charge_through_blocking_electrodes(drive: Drive, coating: Coating | None) -> None:
    """Displacement and ions together, between steps and at the default tolerance, against dQ/dt of an exact run."""
    model = small((Contact("bottom", 0.0), Contact("top", drive, {}, coating)))
    h, times = 1e-3, np.array([0.5, 1.5, 2.9])
    fine = [o.state for o in evolve(model, np.concatenate([[0.0], np.sort(np.r_[times - h, times + h])]), 1e-6)][1:]
    slopes = [(b.contact_charge - a.contact_charge) / (2 * h) for a, b in zip(fine[::2], fine[1::2], strict=True)]
    largest = np.abs(slopes).max()
    coarse = [o.state for o in evolve(model, np.array([0.0, *times, 3.0]))][1:-1]
    for state, slope in zip(coarse, slopes, strict=True):
        np.testing.assert_allclose(state.contact_current, slope, atol=2e-3 * largest)
        assert state.contact_current.sum() == pytest.approx(0.0, abs=1e-10 * largest)


def test_current_of_a_reaction_leaves_through_the_other_contacts() -> None:
    """Kirchhoff's law at every output although the film itself takes up ions."""
    ions = {"vacancy": ElectrodeReaction(1e-9, 2e24, 0.05)}
    model = small((Contact("bottom", 0.0, ions), Contact("top", sine(0.4, 0.5), {"vacancy": Reservoir(1e-9, 5e23)})))
    outputs = list(evolve(model, np.linspace(0.0, 4.0, 21)))
    largest = max(np.abs(output.state.contact_current).max() for output in outputs)
    film_charge = [model.film_charge(output.state) for output in outputs]
    assert np.ptp(film_charge) > 0.1 * max(np.abs(output.state.contact_charge).max() for output in outputs)
    for output, charge in zip(outputs, film_charge, strict=True):
        assert abs(output.state.contact_current.sum()) < 1e-9 * largest
        metal = output.state.contact_charge
        assert abs(metal.sum() + charge) <= 1e-9 * (np.abs(metal).max() + abs(charge))


# --- restarts ---------------------------------------------------------------------------------------------------------

SITES = Sublattice("sites", 6e24)
RESTARTED: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "square wave": lambda: small((Contact("bottom", 0.0), Contact("top", square(0.8, -0.8, 3.0)))),
    "reaction behind a coating": lambda: small(
        (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 2e24)}),
         Contact("top", sine(0.5, 0.3), {"vacancy": ElectrodeReaction(1e-9, 1e24, 0.1)}, Coating(2 * nm, 5.0))),
        (VACANCY, INTERSTITIAL),
    ),
    "crowding": lambda: small((Contact("bottom", 0.0), Contact("top", step(3.0))), (replace(VACANCY, sublattice=SITES),)),
}  # fmt: skip


@pytest.mark.parametrize("case", RESTARTED)
def test_a_run_continues_to_identical_numbers_from_every_output(case: str) -> None:
    model = RESTARTED[case]()
    times = np.concatenate([[0.0], np.geomspace(1e-3, 8.0, 12)])
    whole = list(evolve(model, times))
    for output in whole[:-1]:
        kept = Restart.from_arrays({name: array.copy() for name, array in output.restart.as_arrays().items()})
        continued = evolve(RESTARTED[case](), times, restart=kept)
        for expected, found in zip(whole[output.index + 1 :], continued, strict=True):
            assert found.index == expected.index and found.state.time == expected.state.time
            _same(found, expected)


def _same(found: Output, expected: Output) -> None:
    for name in ("potential", "concentrations", "exchanged", "contact_charge"):
        one, other = getattr(found.state, name), getattr(expected.state, name)
        scale = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * scale if scale else 0, err_msg=name)
    one, other = found.state.contact_current, expected.state.contact_current
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


def test_a_restart_that_does_not_fit_is_refused() -> None:
    model = RESTARTED["square wave"]()
    restart = next(iter(evolve(model, np.array([0.0, 1.0])))).restart
    arrays = restart.as_arrays()
    with pytest.raises(ValueError, match="unknowns"):
        list(evolve(RESTARTED["reaction behind a coating"](), np.array([0.0, 1.0]), restart=restart))
    with pytest.raises(ValueError, match="lacks"):
        Restart.from_arrays({"values": arrays["values"]})
    with pytest.raises(ValueError, match="malformed"):
        Restart.from_arrays(arrays | {"values": arrays["values"] * np.nan})


# --- error control ----------------------------------------------------------------------------------------------------


def test_error_falls_with_the_tolerance() -> None:
    """Charge and ions against a run a hundred times finer: the error follows the tolerance and its size is as promised."""
    model = small((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY, INTERSTITIAL))
    times = np.array([0.0, 0.05, 1.0, 10.0])
    fine = [output.state for output in evolve(model, times, 1e-7)]
    tolerances, charge_errors, ion_errors, steps = [1e-2, 1e-3, 1e-4, 1e-5], [], [], []
    for tolerance in tolerances:
        outputs = list(evolve(model, times, tolerance))
        states = [output.state for output in outputs]
        steps.append(outputs[-1].statistics.steps)
        charge_errors.append(
            max(gap(a.contact_charge, b.contact_charge) for a, b in zip(states[1:], fine[1:], strict=True))
        )
        ion_errors.append(
            max(gap(a.concentrations, b.concentrations) for a, b in zip(states[1:], fine[1:], strict=True))
        )
    assert all(error < 2 * tolerance for error, tolerance in zip(ion_errors, tolerances, strict=True)), ion_errors
    assert all(error < tolerance for error, tolerance in zip(charge_errors, tolerances, strict=True)), charge_errors
    assert observed_order(tolerances, ion_errors) > 0.7
    assert all(b > a for a, b in pairwise(steps))


# --- bounds and the fallback --------------------------------------------------------------------------------------------


def test_a_huge_voltage_step_finishes_with_no_concentration_below_zero() -> None:
    """25 V over 400 nm with the whole double layer inside one coarse cell: 1000 thermal voltages on an edge."""
    model = film(thin_column(400 * nm, 5 * nm), (VACANCY,), (Contact("bottom", 0.0), Contact("top", step(25.0))))
    outputs = list(evolve(model, np.array([0.0, *np.geomspace(1e-6, 1e4, 12)])))
    start = model.total_ions(model.initial_state())
    for output in outputs:
        assert output.state.concentrations.min() >= -1e-9 * 1e24
        np.testing.assert_allclose(model.total_ions(output.state), start, rtol=1e-12)
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9


@pytest.mark.parametrize("volts", [0.5, 3.0, 10.0])
def test_a_lattice_fills_but_never_overflows(volts: float) -> None:
    """The step leaves no more than the allowed overfill, and the fuller electrode stays at its site density."""
    ions = (replace(VACANCY, sublattice=SITES),)
    model = film(thin_column(200 * nm, 1 * nm), ions, (Contact("bottom", 0.0), Contact("top", step(volts))))
    outputs = list(evolve(model, np.array([0.0, *np.geomspace(1e-3, 1e4, 8)])))
    peak = max(output.state.concentrations.max() for output in outputs)
    assert peak <= SITES.site_density * (1 + 1.1e-3)
    if volts >= 3:
        assert peak >= 0.99 * SITES.site_density
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9


def test_the_fallback_is_positive_conservative_and_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step by implicit Euler with the bounded Newton method: no negative value at all, same answer."""
    model = small((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY, INTERSTITIAL))
    times = np.array([0.0, 0.1, 2.0])
    reference = [output.state for output in evolve(model, times, 1e-5)]
    monkeypatch.setattr(adaptive, "_rosenbrock", adaptive._implicit)
    outputs = list(evolve(model, times, 1e-3))
    assert outputs[-1].statistics.implicit_steps >= outputs[-1].statistics.steps > 10
    assert outputs[-1].statistics.lowest_relative_concentration > 0
    start = model.total_ions(model.initial_state())
    for output, expected in zip(outputs, reference, strict=True):
        np.testing.assert_allclose(model.total_ions(output.state), start, rtol=1e-12)
        assert gap(output.state.concentrations, expected.concentrations) < 2e-2
        np.testing.assert_allclose(output.state.contact_charge, expected.contact_charge, rtol=2e-2)


def test_implicit_steps_converge_to_the_same_solution_at_first_order() -> None:
    model = small((Contact("bottom", 0.0), Contact("top", ramp(0.5, 1.0))))
    system = model.system.driven_by(model.pieces(0.0))
    end, solver, statistics = 0.5, best_solver(), Statistics()
    exact = system.hold_algebraic(0.0, model.initial_values())
    for n in range(200):
        exact = rodas4_step(system, solver, n * end / 200, exact, end / 200, statistics)[0].last
    errors = []
    for count in (16, 32, 64):
        values = system.hold_algebraic(0.0, model.initial_values())
        for n in range(count):
            values = implicit_euler_step(system, solver, n * end / count, values, end / count, statistics)
        errors.append(np.abs(values - exact).max())
    assert 0.9 < observed_order([1 / 16, 1 / 32, 1 / 64], errors) < 1.15


def test_the_fallback_takes_over_where_the_main_method_leaves_the_bounds_and_hands_back() -> None:
    """From implicit_left = 2: two implicit steps, then Rosenbrock steps again; the path stays one of the film's."""
    model = small((Contact("bottom", 0.0), Contact("top", step(0.5))))
    system = model.system.driven_by(model.pieces(0.0))
    start = Cursor(0.0, system.hold_algebraic(0.0, model.initial_values()), 1e-3, implicit_left=2)
    statistics = Statistics()
    path = list(integrate(system, best_solver(), start, 1.0, 1e-2, statistics))
    assert [after.implicit_left for _, _, after in path][:3] == [1, 0, 0]
    assert statistics.implicit_steps - statistics.rejected_for_error <= 2 <= statistics.implicit_steps
    expected = list(evolve(model, np.array([0.0, 1.0]), 1e-5))[-1].state
    found = model.unknowns.nodal(path[-1][2].values)[1] * model.unknowns.unit[0]
    assert gap(found, expected.concentrations[0]) < 2e-2


@pytest.mark.parametrize("depth", [1e-13, 1e-11, 0.9 * ALLOWANCE])
def test_an_implicit_step_starts_from_what_the_main_method_may_leave_below_zero(depth: float) -> None:
    """RODAS4 steps are accepted down to -1e-9 of the mean; the fallback that follows must cope with such a start."""
    model = small((Contact("bottom", 0.0), Contact("top", step(2.0))), (replace(VACANCY, sublattice=SITES),))
    system = model.system.driven_by(model.pieces(0.0))
    values = implicit_euler_step(
        system, best_solver(), 0.0, system.hold_algebraic(0.0, model.initial_values()), 20.0, Statistics()
    )
    ions = model.unknowns.nodal(values)[1]
    empty = np.argsort(ions)[:5]
    assert ions[empty].max() < 2e-2
    ions[empty] = -depth
    for size in (1e-9, 1e-3, 1.0, 1e3):
        new = implicit_euler_step(system, best_solver(), 20.0, values, size, Statistics())
        kept = model.unknowns.storage @ model.unknowns.nodal(new)[1]
        np.testing.assert_allclose(kept, model.unknowns.storage @ ions, rtol=1e-12)
        assert system.lowest(new) >= -depth * (1 + 1e-9)


@pytest.mark.parametrize("volts", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("crowded", [False, True])
def test_one_implicit_step_of_any_size_converges(volts: float, crowded: bool) -> None:
    """From a flat start to any time at once, without continuation: positive, conservative and within the sites."""
    ions = replace(VACANCY, sublattice=SITES if crowded else None)
    model = small((Contact("bottom", 0.0), Contact("top", step(volts))), (ions,))
    system = model.system.driven_by(model.pieces(0.0))
    start = system.hold_algebraic(0.0, model.initial_values())
    for size in (1e-6, 1e-3, 1.0, 1e3):
        values = implicit_euler_step(system, best_solver(), 0.0, start, size, Statistics())
        assert system.lowest(values) > 0
        assert not system.outside(values, 0.0)
        content = model.unknowns.storage @ model.unknowns.nodal(values)[1]
        np.testing.assert_allclose(content, model.unknowns.storage.sum(axis=1), rtol=1e-12)
