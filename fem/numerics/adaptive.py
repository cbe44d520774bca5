"""Adaptive time integration: RODAS4 with error control, and bounded implicit Euler steps where it leaves the bounds.

A Rosenbrock step has no iteration that could repair a bad state, so a step whose solution leaves the physical bounds is
rejected. After three such rejections in a row (or eight for inaccuracy) the step is made by implicit Euler with the
bounded Newton method, whose solution is positive by construction, with its own error control; RODAS4 resumes after a
few of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fem.fields import Array
from fem.numerics.newton import BoundedNewton
from fem.numerics.rosenbrock import Stretch, rodas4_step
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError, SparseDirect
from fem.numerics.system import Statistics, System

ALLOWANCE = 1e-9  # how far below zero a concentration is accepted, relative to the mean of its species
_GROWTH, _SHRINK, _SAFETY = 6.0, 0.2, 0.9
_BOUND_REJECTIONS = 3  # in a row, before implicit Euler takes over
_ERROR_REJECTIONS = 8  # likewise
_IMPLICIT_STEPS = 4  # then made before RODAS4 is tried again
_EULER_SHARE = 0.3  # of the tolerance for them: errors of first order add up
_FOLLOWING = 0.12  # of the period of a wave that drives the system: steps at least so long are those that follow it
_LIKE = 1.1  # times the shortest step that such a wave allows: as short
_NEWTON_SHARE = 1e-3  # of the tolerance, for the last update of Newton's iteration


@dataclass(frozen=True)
class Cursor:
    """Where the integration stands: enough to continue it exactly.

    Parameters
    ----------
    elapsed
        Time since `origin` [s].
    values
        Unknowns, shape (n,).
    step
        Next step to try [s].
    previous_step, previous_error
        Of the last accepted step, for step-size prediction; zero at a start.
    implicit_left
        Implicit Euler steps still to be made before RODAS4 is tried again.
    opening
        Step that the error allowed right after the last break of a drive [s], to try at the next one; zero before any.
    origin
        Time of the last break of a drive [s]: steps behind it count from there, or round-off would swallow short ones.
    bound_rejections, error_rejections
        Steps rejected in a row before this one.
    wave_step, wave_seen
        Shortest step that the error has allowed over the last half period of a wave that drives the system, and the
        elapsed time of that [s]; zero without any.
    """

    elapsed: float
    values: Array
    step: float
    previous_step: float = 0.0
    previous_error: float = 0.0
    implicit_left: int = 0
    opening: float = 0.0
    origin: float = 0.0
    bound_rejections: int = 0
    error_rejections: int = 0
    wave_step: float = 0.0
    wave_seen: float = 0.0

    @property
    def time(self) -> float:
        """[s]."""
        return self.origin + self.elapsed


def integrate(
    system: System, solver: SparseDirect, cursor: Cursor, end: float, tolerance: float, statistics: Statistics
) -> Iterator[tuple[Cursor, Stretch, Cursor]]:
    """Accepted steps from `cursor` to `end` [s]: (cursor before, solution over the step, cursor after).

    All times of `system`, `end` and the solution count from the cursor's origin.

    Raises
    ------
    SolverError
        If the step size collapses, or the memory does not suffice.
    """
    while cursor.elapsed < end:
        step, clipped = _fit(cursor, end)
        _require_progress(cursor, step, end, statistics.last_cut)
        made = _made(system, solver, cursor, step, tolerance, statistics)
        if made is None:
            cursor = _cut(replace(cursor, error_rejections=cursor.error_rejections + 1), 0.1 * step)
            continue
        stretch, error = made
        outside = system.outside(stretch.last, ALLOWANCE)
        if outside is not None:
            statistics.rejected_for_bounds += 1
            statistics.note_cut(cursor.time, step, f"it led to {outside}")
            cursor = _cut(replace(cursor, bound_rejections=cursor.bound_rejections + 1), 0.3 * step)
        elif not error <= 1:
            statistics.rejected_for_error += 1
            statistics.note_cut(cursor.time, step, f"error {error:.2g} times the tolerance")
            cursor = _remembering(cursor, step, error, cursor.elapsed, system.period)
            shrunk = step * (_factor(error, cursor) if np.isfinite(error) else 0.1)
            cursor = _cut(replace(cursor, error_rejections=cursor.error_rejections + 1), shrunk)
        else:
            last, restored = system.restored(stretch.last, cursor.values)
            statistics.accept(system.lowest(last), restored)
            remembering = _remembering(cursor, step, error, cursor.elapsed + step, system.period)
            after = _after(remembering, last, step, error, end if clipped else cursor.elapsed + step)
            after = _following(after, step, system.period)
            if cursor.error_rejections:
                after = replace(after, step=min(after.step, step))
            if clipped:
                after = replace(after, step=max(after.step, cursor.step))
            yield cursor, replace(stretch, end=after.elapsed, last=last), after
            cursor = after


def _cut(cursor: Cursor, step: float) -> Cursor:
    """`cursor` with the smaller `step` to try behind a rejection, by implicit Euler where there were many in a row."""
    if cursor.bound_rejections >= _BOUND_REJECTIONS or cursor.error_rejections >= _ERROR_REJECTIONS:
        return replace(cursor, step=step, implicit_left=_IMPLICIT_STEPS, bound_rejections=0, error_rejections=0)
    return replace(cursor, step=step)


def _require_progress(cursor: Cursor, step: float, end: float, last_cut: str) -> None:
    """Raise SolverError if the step has collapsed."""
    if step < 1e-15 * max(cursor.elapsed, end * 1e-12) or step < 1e-30:
        since = f", {cursor.elapsed:.2g} s after the drive last broke" if cursor.origin else ""
        raise SolverError(
            f"the time step collapsed to {step:.2g} s at t = {cursor.time:.4g} s{since} (last cut: {last_cut}): soften"
            " the drive (use a ramp), refine the mesh at the electrodes, mend its non-Delaunay edges (mesh report), or"
            " give the species a sublattice that limits its concentration"
        )


def _after(cursor: Cursor, last: Array, step: float, error: float, elapsed: float) -> Cursor:
    """Cursor behind a step that was accepted with `error`."""
    new_step = step * _factor(error, cursor, step)
    opening = cursor.opening if cursor.previous_step else new_step
    left = max(0, cursor.implicit_left - 1)
    return Cursor(
        elapsed, last, new_step, step, max(error, 1e-2), left, opening, cursor.origin,
        wave_step=cursor.wave_step, wave_seen=cursor.wave_seen,
    )  # fmt: skip


def _remembering(cursor: Cursor, step: float, error: float, now: float, period: float) -> Cursor:
    """`cursor` that remembers the step that `error` allows, if over half a `period` of the drive none was shorter."""
    allowed = step * max(error, 1e-10) ** -0.25
    if cursor.implicit_left or not period or not (np.isfinite(error) and min(step, allowed) >= _FOLLOWING * period):
        return cursor
    known = cursor.wave_step if cursor.wave_step and now - cursor.wave_seen <= 0.5 * period else np.inf
    return cursor if _LIKE * known < allowed else replace(cursor, wave_step=min(known, allowed), wave_seen=now)


def _following(after: Cursor, step: float, period: float) -> Cursor:
    """`after` with a next step that is no longer than the error has allowed over half the `period` of a wave.

    The error of a wave falls to nothing twice in every period, where its fourth derivative does; a controller that
    knows the last errors only grows the step there, and has to reject the next.
    """
    recent = after.wave_step > 0 and after.elapsed - after.wave_seen <= 0.5 * period
    if after.implicit_left or not recent or step < _FOLLOWING * period:
        return after
    return replace(after, step=min(after.step, _SAFETY * after.wave_step))


def _fit(cursor: Cursor, end: float) -> tuple[float, bool]:
    """Step to make now and whether it ends exactly at `end`."""
    left = end - cursor.elapsed
    if cursor.step >= 0.999 * left:
        return left, True
    return (0.5 * left if cursor.step > 0.6 * left else cursor.step), False


def _factor(error: float, cursor: Cursor, step: float = 0.0) -> float:
    """Factor for the next step: Gustafsson's predictive controller, for errors of order 4 (2 for implicit Euler)."""
    order = 2 if cursor.implicit_left else 4
    error = max(error, 1e-10)
    factor = _SAFETY * error ** (-1.0 / order)
    if step and cursor.previous_step and not cursor.implicit_left:
        predicted = _SAFETY * step / cursor.previous_step * (cursor.previous_error / error**2) ** (1.0 / order)
        factor = min(factor, predicted)
    return float(np.clip(factor, _SHRINK, _GROWTH))


def _made(
    system: System, solver: SparseDirect, cursor: Cursor, step: float, tolerance: float, statistics: Statistics
) -> tuple[Stretch, float] | None:
    """A step and its error in units of the tolerance; None, with the cause in `statistics`, if it has no solution."""
    make = _implicit if cursor.implicit_left else _rosenbrock
    try:
        return make(system, solver, cursor, step, tolerance, statistics)
    except OutOfMemoryError:
        raise
    except SolverError as problem:
        statistics.note_unsolved(cursor.time, step, str(problem))
        return None


def _rosenbrock(
    system: System, solver: SparseDirect, cursor: Cursor, step: float, tolerance: float, statistics: Statistics
) -> tuple[Stretch, float]:
    """One step of RODAS4 and its error in units of the tolerance; SolverError if it has no solution."""
    with np.errstate(over="ignore", invalid="ignore"):  # a step that runs away is rejected
        stretch, error = rodas4_step(system, solver, cursor.elapsed, cursor.values, step, statistics)
        size = system.error_norm(error, stretch.last, cursor.values) / tolerance
    if not np.isfinite(stretch.last).all():
        raise SolverError("it has no finite solution")
    return stretch, size


def _implicit(
    system: System, solver: SparseDirect, cursor: Cursor, step: float, tolerance: float, statistics: Statistics
) -> tuple[Stretch, float]:
    """One implicit Euler step; its error is what the curvature of the path adds, smoothed by the last factorisation.

    The error of a step is ``h^2 y'' / 2``: half of what the rates at its two ends differ by. Fast modes that have died
    away do not count once ``(M / h - J)^-1`` has damped them (Hairer and Wanner, section IV.8). SolverError if the step
    has no solution.
    """
    newton = BoundedNewton(system, solver, statistics, _NEWTON_SHARE * tolerance)
    last = newton.implicit_euler(cursor.elapsed, cursor.values, step)
    with statistics.timed("assembly"):
        rise, first = system.mass * (last - cursor.values) / step, (cursor.elapsed, cursor.values)
        bend = np.where(system.mass > 0, rise - system.residual(*first), 0.0)
        known = system.sums(*first).weights @ rise - system.amounts(*first)
    error = 0.5 * newton.solved(bend, known)
    statistics.implicit_steps += 1
    size = system.error_norm(error, last, cursor.values)
    zero = np.zeros_like(last)
    return (
        Stretch(cursor.elapsed, cursor.elapsed + step, cursor.values, last, zero, zero, error),
        size / (_EULER_SHARE * tolerance),
    )
