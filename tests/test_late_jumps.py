"""Time counts from the last break of a drive: what happens long after the start is as well resolved as at the start."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from films_with_carriers import bands, bar, film
from irregular_films import VACANCY, gap, small_film
from scipy import sparse

from fem.constants import eV, nm
from fem.evolve import Output, evolve, measured_tolerance
from fem.model import PoissonNernstPlanck
from fem.numerics import adaptive
from fem.numerics.adaptive import Cursor
from fem.numerics.newton import BoundedNewton
from fem.numerics.sparse_direct import Pardiso, SolverError, best_solver
from fem.output_state import LinearWork, driven_from
from fem.physics.contacts import CarrierContact, Contact, Reservoir
from fem.physics.drives.drive import Drive, Piece, pulse, ramp, sine, square, step, table
from fem.physics.drives.protocol import hold, protocol, sine_wave
from fem.physics.drives.protocol import ramp as ramped
from fem.physics.species import Species, Sublattice
from fem.restart import Restart

SITES = Sublattice("sites", 6e24)
BEHIND = (2.0**-20, 2.0**-10, 1.0, 64.0)  # the jump [s]: sums with 1e6 s are exact


# --- jumps ---------------------------------------------------------------------------------------------------------


def cell(drive: Drive) -> PoissonNernstPlanck:
    """Selective contacts and vacancies that cross in seconds."""
    electrons, holes = CarrierContact(1e5, 0.0, 4.3 * eV), CarrierContact(0.0, 1e5, 5.3 * eV)
    contacts = (Contact("left", 0.0, carriers=electrons), Contact("right", drive, carriers=holes))
    return film(bar(100 * nm, 2 * nm, 20 * nm), bands(), contacts, (Species("vacancy", 1, 1e23, 1e-16, 0.0),))


def after_a_jump(at: float) -> tuple[list[Output], int]:
    """Outputs behind a jump at `at` [s] and the steps made there."""
    times = np.array([0.0, *([at] if at else []), *(at + np.array(BEHIND))])
    outputs = list(evolve(cell(step(0.5, at=at)), times))
    before, last = (one.statistics.steps for one in (outputs[-len(BEHIND) - 1], outputs[-1]))
    assert [one.state.time for one in outputs] == times.tolist()
    assert outputs[-1].statistics.rejected_for_error <= 2
    return outputs[-len(BEHIND) :], last - before


def apart(one: Output, other: Output) -> float:
    """Largest gap between two outputs."""
    names = ("concentrations", "carriers", "contact_charge")
    return max(gap(getattr(one.state, name), getattr(other.state, name)) for name in names)


def test_a_jump_is_as_sharp_a_million_seconds_later() -> None:
    """The same states, and steps: to round-off if the time before was long, else to the time error of either run."""
    (first, steps), (late, others), (latest, most) = (after_a_jump(at) for at in (0.0, 1e3, 1e6))
    assert max(apart(one, other) for one, other in zip(late, latest, strict=True)) < 1e-10
    assert max(apart(one, other) for one, other in zip(first, late, strict=True)) < 5e-4
    assert 0.8 * steps < others == most < 1.2 * steps


PIECES: dict[str, tuple[Drive, float]] = {
    "step": (step(1.0, at=3.0), 3.0),
    "ramp": (ramp(1.0, 1e-6, at=1e6), 1e6),
    "pulse": (pulse(0.8, 1.5, at=2.0), 2.0),
    "square": (square(1.0, -1.0, 2.0), 1e6),
    "sine": (sine(0.7, 50.0, 0.1), 1e6),
    "table": (table([0.0, 1e6, 1e6 + 0.5], [0.0, 1.0, -1.0]), 1e6),
    "entries": (protocol([hold(1.0, 1e6), ramped(0.0, 0.25), sine_wave(0.5, 3.0, 10.0)]), 1e6),
    "wave in a protocol": (protocol([hold(1.0, 1e3), sine_wave(0.5, 4.0, 10.0, 0.1)]), 1e3),
}


@pytest.mark.parametrize("name", PIECES)
def test_a_stretch_counted_from_a_time_is_the_same_stretch(name: str) -> None:
    drive, origin = PIECES[name]
    piece = drive.piece(origin)
    local = piece.counted_from(origin)
    assert local.start <= 0.0
    sharpness = 1e-9 * (1.0 + abs(piece.rate(origin)))
    for behind in (0.0, 2.0**-20, 0.125):
        assert local.value(behind) == pytest.approx(piece.value(origin + behind), abs=sharpness)
        assert local.rate(behind) == pytest.approx(piece.rate(origin + behind), rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("name", ["ramp", "sine", "table", "entries", "wave in a protocol"])
def test_short_times_behind_a_late_break_change_a_drive_by_what_they_should(name: str) -> None:
    """A picosecond behind a million seconds is no time at all for the sum of both."""
    drive, origin = PIECES[name]
    local = drive.piece(origin).counted_from(origin)
    moved = local.value(1e-12) - local.value(0.0)
    assert moved == pytest.approx(1e-12 * local.rate(0.0), abs=3e-15)
    assert local.rate(0.0) != 0.0


def test_a_stretch_without_a_closed_form_of_its_own_is_counted_too() -> None:
    local = Piece(2.0, lambda t: t**2, lambda t: 2 * t).counted_from(3.0)
    assert (local.start, local.value(1.0), local.rate(1.0)) == (-1.0, 16.0, 8.0)


def test_a_collapse_behind_a_late_break_names_both_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fem.coupled.bounds.Bounds.outside", lambda *_: "a state that cannot be")
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))))
    start = Cursor(0.0, model.initial_values(), 0.0, origin=1e3)
    with pytest.raises(SolverError, match=r"at t = 1000 s, 0 s after the drive last broke"):
        list(evolve(model, np.array([0.0, 2e3]), restart=Restart(start, 1, np.zeros(2))))


def test_carriers_at_outputs_settle_by_the_runs_own_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """One analysis serves the whole run, and what outputs cost is counted."""
    analysed, made = list[int](), list[int]()
    analyse, factorise = Pardiso._analyse, Pardiso.factorise

    def analysing(own: Pardiso, matrix: sparse.csr_matrix) -> None:
        analysed.append(matrix.shape[0])
        analyse(own, matrix)

    def factorising(own: Pardiso, matrix: sparse.csr_matrix) -> None:
        made.append(matrix.shape[0])
        factorise(own, matrix)

    monkeypatch.setattr(Pardiso, "_analyse", analysing)
    monkeypatch.setattr(Pardiso, "factorise", factorising)
    model = cell(step(0.5))
    model.initial_values()
    size = model.unknowns.size
    analysed.clear()
    made.clear()
    outputs = list(evolve(model, np.array([0.0, *BEHIND])))
    assert analysed.count(size) == 1
    done = outputs[-1].statistics
    assert made.count(size) == done.factorisations
    assert len(BEHIND) <= done.factorisations_at_outputs <= 1.5 * len(BEHIND)  # the factors are kept near the solution
    assert done.factorisations - done.factorisations_at_outputs == done.steps + done.rejected_for_error


def test_carriers_that_do_not_settle_name_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the film's own time, not in that behind the last break."""

    def stalled(*_: object) -> None:
        raise SolverError("it stalled")

    monkeypatch.setattr(BoundedNewton, "implicit_euler", stalled)
    model = cell(step(0.5, at=1e3))
    system = driven_from(model, 1e3)
    with pytest.raises(SolverError, match=r"do not settle at t = 1001 s: it stalled"):
        LinearWork(best_solver()).relaxed(system, 1.0, np.zeros(model.unknowns.size), 1e-3)


def test_what_lies_outside_its_bounds_is_named() -> None:
    """Carriers below zero are no lattice that is fuller than full."""
    model = cell(step(0.5))
    values = np.ones(model.unknowns.size)
    assert model.system.outside(values, 1e-9) is None
    fields = model.unknowns.nodal(values)
    fields[2, 3] = -0.25
    assert model.system.outside(values, 1e-9) == "a concentration of -2.5e-01 of its largest (electron)"
    fields[1, 3] = -0.5
    assert model.system.outside(values, 1e-9) == "a concentration of -5.0e-01 of its mean (vacancy)"
    crowded = small_film((Contact("bottom", 0.0), Contact("top", 0.5)), (replace(VACANCY, sublattice=SITES),))
    full = np.full(crowded.unknowns.size, 1.2 * SITES.site_density / crowded.unknowns.unit[0])
    assert "'sites' fuller than full (1.2 of its sites)" in str(crowded.system.outside(full, 1e-9))


# --- small signals ----------------------------------------------------------------------------------------------------


def exchanging(volts: float) -> PoissonNernstPlanck:
    """Vacancies come from a reservoir that is in equilibrium with the film at rest."""
    return small_film((Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 1e24)}), Contact("top", step(volts))))


@pytest.mark.parametrize(("make", "limit"), [(exchanging, 2e-5), (lambda volts: cell(step(volts)), 2e-4)])
def test_a_response_far_below_kT_is_as_accurate_as_any(
    make: Callable[[float], PoissonNernstPlanck], limit: float
) -> None:
    """Against what the voltage moves, not against what is there: an error of the same size as at kT/e."""
    times = np.array([0.0, *np.geomspace(1e-3, 30.0, 12)])
    found, finer = (list(evolve(make(1e-5), times, tolerance)) for tolerance in (1e-2, 1e-4))
    start = finer[0].state.contact_charge
    moved, exact = (np.array([one.state.contact_charge - start for one in run[1:]]) for run in (found, finer))
    assert np.abs(moved - exact).max() < limit * np.abs(exact).max()
    assert found[-1].statistics.rejected_for_error <= 3


def test_a_film_that_moves_by_itself_keeps_the_plain_tolerance() -> None:
    """A reservoir that fills the film moves more than a small voltage does; so does a light that goes on."""
    contacts = (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 4e24)}), Contact("top", step(1e-5)))
    assert 5e-3 < measured_tolerance(small_film(contacts), 1e-2) <= 1e-2
    lit = replace(cell(step(1e-5)), light=step(1.0))
    assert measured_tolerance(lit, 1e-2) == 1e-2
    assert measured_tolerance(cell(step(1e-5)), 1e-2) < 1e-4


# --- restarts ---------------------------------------------------------------------------------------------------------

CROWDED = (replace(VACANCY, sublattice=SITES),)
RUNS: dict[str, tuple[Callable[[], PoissonNernstPlanck], tuple[float, ...]]] = {
    "sine": (lambda: small_film((Contact("bottom", 0.0), Contact("top", sine(0.8, 1.0)))),
             tuple(np.linspace(0.0, 3.0, 31))),
    "slow sine": (lambda: small_film((Contact("bottom", 0.0), Contact("top", sine(0.8, 0.01)))),
                  tuple(np.linspace(0.0, 200.0, 21))),
    "filling": (lambda: small_film((Contact("bottom", 0.0), Contact("top", step(2.0))), CROWDED),
                (0.0, *np.geomspace(1e-3, 10.0, 25))),
    "late jump with carriers": (lambda: cell(step(0.5, at=1e3)), (0.0, 1.0, 1e3, *(1e3 + np.array(BEHIND)))),
}  # fmt: skip


def every_restart(outputs: list[Output]) -> Iterator[tuple[int, Restart]]:
    for one in outputs[:-1]:
        yield one.index, Restart.from_arrays({name: array.copy() for name, array in one.restart.as_arrays().items()})


@pytest.mark.parametrize("case", RUNS)
def test_a_run_goes_on_from_any_output_to_the_same_bits(case: str) -> None:
    make, times = RUNS[case]
    whole = list(evolve(make(), np.array(times)))
    done, model = whole[-1].statistics, make()
    if case in ("slow sine", "filling"):
        assert done.rejected_for_error > 0
    if case == "sine":
        assert any(one.restart.cursor.wave_step for one in whole)
    for k, restart in every_restart(whole):
        rest = list(evolve(model, np.array(times), restart=restart, statistics=whole[k].statistics.copy()))
        for one, other in zip(whole[k + 1 :], rest, strict=True):
            for name in ("time", "potential", "concentrations", "carriers", "contact_charge", "contact_current"):
                found, expected = getattr(other.state, name), getattr(one.state, name)
                np.testing.assert_array_equal(found, expected, err_msg=f"{name} at output {one.index} from {k}")
        again = rest[-1].statistics
        assert again.rejected_for_error == done.rejected_for_error
        assert again.steps <= done.steps + 1  # that in which the output lies is made again


def test_steps_that_had_been_rejected_are_remembered() -> None:
    """Behind a rejection the step must not grow; a run that is continued there must know."""
    make, times = RUNS["slow sine"]
    cursors = [one.restart.cursor for one in evolve(make(), np.array(times))]
    assert any(one.error_rejections for one in cursors)


def test_an_error_that_is_no_number_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))))
    made = adaptive._rosenbrock

    def wrong(*arguments: object) -> object:
        return made(*arguments)[0], np.nan  # type: ignore[arg-type]

    monkeypatch.setattr(adaptive, "_rosenbrock", wrong)
    monkeypatch.setattr(adaptive, "_ERROR_REJECTIONS", 10**9)
    with pytest.raises(SolverError, match=r"collapsed .*error nan times the tolerance"):
        list(evolve(model, np.array([0.0, 1.0])))
