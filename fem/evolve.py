"""The path of a film through time: a generator of states that recording, progress and checkpoints consume."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import numpy as np

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import Cursor
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError, best_solver
from fem.numerics.system import Statistics
from fem.output_state import LinearWork, driven_from, state_within
from fem.physics.drives.drive import BEFORE, first_break
from fem.restart import Restart
from fem.self_heating import SelfHeating
from fem.state import State

_FINEST = 1e-12  # tolerance below which errors drown in round-off
_LONGEST = 1e17  # duration over the fastest time beyond which round-off of the fastest motion rules
_FIRST_STEP = 1e-2  # of the fastest time, after a start or a break of a drive
_FIRST_STEP_OF_CARRIERS = 1e-13  # [s]; their dielectric relaxation in a good contact


@dataclass(frozen=True)
class StepReport:
    """Progress after an accepted step: `time` reached, `step` made and `end_time`, all in s."""

    time: float
    step: float
    end_time: float


@dataclass(frozen=True)
class Output:
    """A requested output: its number, the state, how to restart from it and what the solver has done so far.

    `model` is the film that made the state: as stated, or at another temperature where it heats itself.
    """

    index: int
    state: State
    restart: Restart
    statistics: Statistics
    model: PoissonNernstPlanck


def evolve(
    model: PoissonNernstPlanck,
    times: Array,
    tolerance: float = 1e-2,
    restart: Restart | None = None,
    on_step: Callable[[StepReport], None] | None = None,
    statistics: Statistics | None = None,
) -> Iterator[Output]:
    """States of `model` at `times` [s], which rise from 0, shape (n_times,).

    Steps follow the error control and the breakpoints of the drives, not the output times; outputs between steps come
    from the method's interpolant. The state at t = 0 is the film at rest, before the drive starts; an output at a jump
    of a drive is the state just before the jump.

    Parameters
    ----------
    tolerance
        Relative error per step.
    restart
        Continue from here, with the output that it names.
    on_step
        Called after every accepted step.
    statistics
        Counters to continue; new ones by default.

    Raises
    ------
    ValueError
        If the times do not rise from 0 or go too far, or `restart` does not fit the model.
    SolverError
        If a step cannot be made; the message says when and which knob helps.
    """
    times = followable(model, times)
    heating, solver, done = SelfHeating(model), best_solver(model.unknowns.blocks), statistics or Statistics()
    done.solver, done.unknowns = solver.name, model.unknowns.size
    if restart is None:
        restart = Restart(Cursor(0.0, model.initial_values(), 0.0), 1, np.zeros(len(model.electrodes)), heating.begun)
        done.lowest_relative_concentration = model.system.lowest(restart.cursor.values)
        yield Output(0, model.initial_state(), restart, done.copy(), model)
    _require_fit(model, restart)
    work = LinearWork(solver, done, measured_tolerance(model, tolerance))
    cursor, k, drift, warmth = restart.cursor, restart.next_output, restart.charge_error, restart.warmth
    end, film = float(times[-1]), heating.film(restart.warmth)
    first_step, report = first_step_of(model), on_step or (lambda _: None)
    while k < len(times):
        origin, stop = cursor.origin, _stop(model, cursor.origin, end)
        film, cursor, warmth = heating.renewed(film, _opened(film, cursor, first_step, stop - origin), warmth, work)
        driven, due = driven_from(film, origin), min(stop - origin, inf if warmth is None else warmth.due)
        images = driven.electrostatics.image_charge
        for before, stretch, after in work.steps(driven, cursor, due):
            report(StepReport(after.time, after.elapsed - before.elapsed, end))
            state_at = partial(state_within, film, driven, stretch, work=work)
            later = heating.later(warmth, before.elapsed, after.elapsed, state_at)
            while k < len(times) and (elapsed := float(times[k]) - origin) <= after.elapsed:
                doubt = np.abs(drift + images(stretch.doubt(elapsed)))
                warm = heating.warmed(state_at(elapsed), (before.elapsed, warmth), (after.elapsed, later))
                state, k = replace(warm, time=float(times[k]), contact_charge_error=doubt), k + 1
                yield Output(k - 1, state, Restart(before, k, drift, warmth), done.copy(), film)
            cursor, drift, warmth = after, drift + images(stretch.error), later
            if heating.ends(warmth, cursor.elapsed):
                break
        if cursor.elapsed == stop - origin:
            warmth = heating.broken(warmth)
            cursor = Cursor(0.0, cursor.values, 0.0, opening=cursor.opening, origin=stop)


def _opened(film: PoissonNernstPlanck, cursor: Cursor, first_step: float, lasts: float) -> Cursor:
    """`cursor` with a step to try, and after a start or a break of a drive: the potential jumps, the ions do not.

    The drives break again after `lasts` [s].
    """
    if cursor.step != 0:
        return cursor
    consistent = driven_from(film, cursor.origin).hold_algebraic(0.0, cursor.values)
    opening = max(cursor.opening, min(first_step, 1e-3 * lasts))
    return replace(cursor, values=consistent, step=opening)


def _require_fit(model: PoissonNernstPlanck, restart: Restart) -> None:
    """Raise ValueError if `restart` is that of another model."""
    held, size = len(restart.cursor.values), model.unknowns.size
    if held != size or len(restart.charge_error) != len(model.electrodes):
        raise ValueError(f"the checkpoint holds {held} unknowns, the model has {size}")
    modes = None if model.heat is None else len(model.heat.modes.rates)
    if modes != (None if restart.warmth is None else len(restart.warmth.profile) + 1):
        raise ValueError("the checkpoint is that of a film with another heat: resume with the same one")


def output_times(times: Array) -> Array:
    """`times` [s] as an array, checked.

    Raises
    ------
    ValueError
        Unless there are at least two finite numbers that rise from 0.
    """
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or len(times) < 2 or not np.isfinite(times).all():
        raise ValueError("output times must be a list of at least two finite numbers [s]")
    if times[0] != 0 or (np.diff(times) <= 0).any():
        raise ValueError(f"output times must rise from 0 s; they begin with {times[:3]} s")
    return times


def followable(model: PoissonNernstPlanck, times: Array) -> Array:
    """Output `times` [s] of `model`, checked.

    Raises
    ------
    ValueError
        As :func:`output_times`, and if they last too many times the fastest motion for the digits of a number.
    """
    times, scales = output_times(times), model.scale_report()
    end = float(times[-1])
    ionic = any(not one.carrier for one in model.unknowns.movers)
    if ionic and end > _LONGEST * scales.fastest_time:
        raise ValueError(
            f"the run of {end:.3g} s lasts {end / scales.fastest_time:.1g} times the fastest motion of ions"
            f" ({scales.fastest_time:.3g} s, at D = {scales.fastest_diffusivity:.3g} m^2/s); more than {_LONGEST:.0g}"
            f" times cannot be computed: end it earlier, raise the temperature of {model.temperature:g} K, or bring the"
            " activation energies closer together"
        )
    return times


def measured_tolerance(model: PoissonNernstPlanck, tolerance: float) -> float:
    """The tolerance against the ions that are there which is `tolerance` against what happens to them.

    Voltages that change by less than V_T hardly move a film that nothing else moves; an error then has to be small
    against that motion, or a response that is all wrong would pass for accurate. A halide lattice may separate by
    itself, however little it is moved: it keeps the plain tolerance, as does a film under light that changes.
    """
    u, drives = model.unknowns, [one.drive for one in model.electrodes]
    change = max(high - low for low, high in (one.extremes for one in drives)) / u.thermal_voltage
    if change >= 1 or u.lattice or not model.relax_first or np.ptp(model.light_drive.extremes) > 0:
        return tolerance
    if u.exchanges or u.reacting or u.carriers.any():
        change = max(change, _drift(model)) if change > 0 else 1.0
    return max(tolerance * min(change, 1.0), min(tolerance, _FINEST))


def _drift(model: PoissonNernstPlanck) -> float:
    """Relative change of the film, in its slowest time, that no drive causes: by one step from rest, linearised.

    1 where that cannot be told.
    """
    system, rest, solver = model.driven(BEFORE), model.initial_values(), best_solver(model.unknowns.blocks)
    rate = 1.0 / model.scale_report().slowest_time
    try:
        solver.factorise(system.shifted(system.jacobian(BEFORE, rest), rate))
        return system.scaled_norm(solver.solve(system.residual(BEFORE, rest)), rest)
    except OutOfMemoryError:
        raise
    except SolverError:
        return 1.0


def first_step_of(model: PoissonNernstPlanck) -> float:
    """Step [s] to try after a start or a break of a drive."""
    ionic = _FIRST_STEP * model.scale_report().fastest_time
    return ionic if model.semiconductor is None else min(ionic, _FIRST_STEP_OF_CARRIERS)


def _stop(model: PoissonNernstPlanck, origin: float, end: float) -> float:
    """Time [s] behind `origin` at which a drive, or the light, breaks next, at the latest the `end`."""
    return min(first_break([*(one.drive for one in model.electrodes), model.light_drive], origin), end)
