"""The path of a film through time: a generator of states that recording, progress and checkpoints consume."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import Cursor, integrate
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.output_state import landed, state_within
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
class Restart:
    """All that is needed to continue a run exactly: the solver's cursor and the next output to write.

    `charge_error` sums the errors of the contacts' charges that the steps so far estimate [C/m], with their signs.
    """

    cursor: Cursor
    next_output: int
    charge_error: Array

    def as_arrays(self) -> dict[str, Array]:
        """Plain arrays, by name, for a checkpoint file."""
        c = self.cursor
        steps = [c.time, c.step, c.previous_step, c.previous_error, float(c.implicit_left), c.opening]
        return {
            "values": c.values,
            "numbers": np.array([*steps, float(self.next_output)]),
            "charge_error": self.charge_error,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "Restart":
        """Inverse of :meth:`as_arrays`.

        Raises
        ------
        ValueError
            If an array is missing, has the wrong shape or is not finite.
        """
        try:
            given = [np.asarray(arrays[name], dtype=float) for name in ("values", "numbers", "charge_error")]
        except KeyError as error:
            raise ValueError(f"the checkpoint lacks the array {error}") from error
        values, numbers, charge_error = given
        one_row = values.ndim == charge_error.ndim == 1 and numbers.shape == (7,)
        if not (one_row and all(np.isfinite(array).all() for array in given)):
            raise ValueError("the checkpoint holds malformed or non-finite numbers")
        time, step, previous_step, previous_error, implicit_left, opening, next_output = numbers.tolist()
        cursor = Cursor(time, values, step, previous_step, previous_error, int(implicit_left), opening)
        return cls(cursor, int(next_output), charge_error)


@dataclass(frozen=True)
class Output:
    """A requested output: its number, the state, how to restart from it and what the solver has done so far."""

    index: int
    state: State
    restart: Restart
    statistics: Statistics


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
    system, solver = model.system, best_solver()
    done = statistics or Statistics()
    done.solver, done.unknowns = solver.name, system.unknowns.size
    if restart is None:
        restart = Restart(Cursor(0.0, model.initial_values(), 0.0), 1, np.zeros(len(model.electrodes)))
        done.lowest_relative_concentration = system.lowest(restart.cursor.values)
        yield Output(0, model.initial_state(), restart, done.copy())
    cursor, k, drift, end = restart.cursor, restart.next_output, restart.charge_error, float(times[-1])
    if len(cursor.values) != system.unknowns.size or len(drift) != len(model.electrodes):
        raise ValueError(f"the checkpoint holds {len(cursor.values)} unknowns, the model has {system.unknowns.size}")
    images, tolerance = system.electrostatics.image_charge, measured_tolerance(model, tolerance)
    first_step, breaks = _first_step(model), _breaks(model, end)
    while k < len(times):
        driven = model.driven(cursor.time)
        passed = bisect_right(breaks, cursor.time)
        since, stop = ([0.0, *breaks][passed], breaks[passed])
        if cursor.step == 0:  # a start or a break of a drive: the potential jumps, the ions do not
            consistent = driven.hold_algebraic(cursor.time, cursor.values)
            opening = max(cursor.opening, min(first_step, 1e-3 * (stop - cursor.time)))
            cursor = replace(cursor, values=consistent, step=opening)
        land = partial(landed, system=driven, solver=solver, tolerance=tolerance, statistics=done)
        for before, stretch, after in integrate(driven, solver, cursor, stop, tolerance, done):
            if on_step is not None:
                on_step(StepReport(after.time, after.time - before.time, end))
            while k < len(times) and times[k] <= after.time:
                state = state_within(model, driven, stretch, float(times[k]), since, land)
                doubt = np.abs(drift + images(stretch.doubt(float(times[k]))))
                k += 1
                yield Output(k - 1, replace(state, contact_charge_error=doubt), Restart(before, k, drift), done.copy())
            cursor, drift = after, drift + images(stretch.error)
        cursor = Cursor(stop, cursor.values, 0.0, opening=cursor.opening)


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
    against that motion, or a response that is all wrong would pass for accurate.
    """
    u = model.unknowns
    if u.exchanges or u.reacting or u.carriers.any() or u.lattice or not model.relax_first:
        return tolerance
    changes = [high - low for low, high in (one.drive.extremes for one in model.electrodes)]
    return max(tolerance * min(max(changes) / u.thermal_voltage, 1.0), min(tolerance, _FINEST))


def _first_step(model: PoissonNernstPlanck) -> float:
    """Step [s] to try after a start or a break of a drive."""
    ionic = _FIRST_STEP * model.scale_report().fastest_time
    return ionic if model.semiconductor is None else min(ionic, _FIRST_STEP_OF_CARRIERS)


def _breaks(model: PoissonNernstPlanck, end: float) -> list[float]:
    """Times [s] at which a drive, or the light, breaks, in order, and the end."""
    drives = [*(one.drive for one in model.electrodes), model.light_drive]
    return sorted({time for drive in drives for time in drive.breakpoints(0.0, end)} | {end})
