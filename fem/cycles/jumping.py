"""Many cycles of a drive: some are simulated, the others jumped, with an error estimate for every jump.

A jump starts behind a cycle that was simulated and led to an envelope law (:mod:`fem.cycles.envelope`). Behind it two
cycles let the fast motion settle, and a third one gives the law there. The jump is then made again with the mean of
both laws; the difference is its error, and corrects it. A jump that is not accurate enough, or leaves the bounds, is
made again over fewer cycles; where no jump pays, cycles are simulated one by one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from fem.checks import require_positive
from fem.cycles.envelope import Envelope, carried, jumped, moved
from fem.cycles.one_cycle import Cycle, PeriodicFilm
from fem.evolve import Output, StepReport, followable, measured_tolerance
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE, Cursor
from fem.numerics.sparse_direct import SolverError, SparseDirect, best_solver
from fem.numerics.system import Statistics
from fem.restart import Restart

HEALING = 2  # cycles simulated behind a jump before the one that is recorded
_BLOCK = HEALING + 1
_FIRST_JUMP, _LEAST_JUMP = 4, 2  # cycles
_GROWTH, _SHRINK, _SAFETY = 4.0, 0.2, 0.9
_MOMENTS = 64  # of a period, at which a drive is compared with itself one period later
_WHOLE = 1e-6  # of a cycle, by which an output may miss the end of one


@dataclass(frozen=True)
class CycleJumping:
    """What the drives of a model do from 0 to `period` is repeated for ever, and followed by jumps.

    Parameters
    ----------
    period
        Of all drives, and of the light [s].
    tolerance
        Error of a jump: relative, and ten times the error of a site fraction of a halide lattice.

    Raises
    ------
    ValueError
        If a number makes no sense.
    """

    period: float
    tolerance: float = 1e-2

    def __post_init__(self) -> None:
        require_positive(self.period, "period of cycles to jump", "s")
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance of a jump must lie between 0 and 1, got {self.tolerance:g}")

    def numbers(self, times: Array) -> list[int]:
        """Numbers of the cycles that end at `times` [s].

        Raises
        ------
        ValueError
            If a cycle does not end at one of them, or one cycle ends at two.
        """
        shares = np.asarray(times, dtype=float) / self.period
        numbers = np.rint(shares).astype(np.int64)
        off = int(np.argmax(np.abs(shares - numbers)))
        if abs(shares[off] - numbers[off]) > _WHOLE:
            raise ValueError(f"outputs of jumped cycles lie at the ends of cycles: {times[off]:g} s is cycle"
                             f" {shares[off]:g} of {self.period:g} s")  # fmt: skip
        if (np.diff(numbers) < 1).any():
            raise ValueError("outputs of jumped cycles must lie at least one cycle apart")
        return numbers.tolist()


def _require_period(model: PoissonNernstPlanck, period: float) -> None:
    """Raise ValueError if a drive does something else after its first `period` [s] than to repeat itself or to rest."""
    moments = period * (np.arange(_MOMENTS) + 0.618) / _MOMENTS
    drives = [(f"the drive of {one.contact.facets!r}", one.drive) for one in model.electrodes]
    for what, drive in (*drives, ("the light", model.light_drive)):
        first, *later = (np.array([drive(float(t)) for t in moments + k * period]) for k in range(4))
        size = 1e-9 * float(np.abs(first).max(initial=1e-30))
        if max(np.abs(one - first).max() for one in later) > size and np.ptp(later) > size:
            raise ValueError(
                f"{what} ({drive.description}) does not repeat itself after {period:g} s, the period of the cycles that"
                " are jumped: state one period of the drive, or a multiple of it"
            )


def follow(
    model: PoissonNernstPlanck,
    times: Array,
    cycles: CycleJumping,
    tolerance: float = 1e-2,
    restart: Restart | None = None,
    watching: tuple[Callable[[StepReport], None] | None, Statistics | None] = (None, None),
) -> Iterator[Output]:
    """States of `model` at the ends of cycles, at `times` [s], which rise from 0, shape (n_times,).

    Like :func:`fem.evolve.evolve`, whose arguments these are; `tolerance` is that of the steps inside a cycle. The
    state at an output is that just before the drives begin anew.

    Parameters
    ----------
    cycles
        How cycles are jumped.
    watching
        What is called after every cycle and jump, and counters to continue.

    Raises
    ------
    ValueError
        As :func:`fem.evolve.evolve`, if an output is not at the end of a cycle, or if the film heats itself.
    SolverError
        If a step cannot be made.
    """
    numbers, (on_step, statistics) = cycles.numbers(followable(model, times)), watching
    done = statistics or Statistics()
    _require_period(model, cycles.period)
    if model.heat is not None:
        raise ValueError("cycles of a film that heats itself cannot be jumped: state its temperature instead of `heat`")
    film = PeriodicFilm(model, cycles.period, measured_tolerance(model, tolerance), done)
    done.solver, done.unknowns = film.solver.name, model.unknowns.size
    still = np.zeros(len(model.electrodes))
    if restart is None:
        restart = Restart(Cursor(0.0, model.initial_values(), 0.0), 1, still)
        done.lowest_relative_concentration = model.system.lowest(restart.cursor.values)
        yield Output(0, model.initial_state(), restart, done.copy(), model)
    if len(restart.cursor.values) != model.unknowns.size:
        raise ValueError(f"the checkpoint holds {len(restart.cursor.values)} unknowns, the model has"
                         f" {model.unknowns.size}")  # fmt: skip
    walk = _Walk.at(film, cycles, restart.cursor, on_step or (lambda _: None), float(times[-1]))
    for k in range(restart.next_output, len(numbers)):
        walk.to(numbers[k] - 1)
        last = walk.one(state=True)
        assert last.state is not None
        walk.law = None  # the next jump begins as one after a restart
        cursor = Cursor(float(times[k]), last.after, walk.jump * cycles.period, opening=walk.opening)
        walk.jump = cursor.step / cycles.period  # to the digit what a restart reads
        yield Output(k, replace(last.state, time=float(times[k])), Restart(cursor, k + 1, still), done.copy(), model)


@dataclass
class _Walk:
    """Where a film stands among its cycles.

    Parameters
    ----------
    film
        The film.
    cycles
        How cycles are jumped.
    number, values
        Cycles behind it, and the unknowns there.
    jump
        Cycles to try to jump next.
    opening
        Step to try after a break [s].
    report
        Told of every cycle and jump, and of the `end` [s].
    law
        Envelope around the last cycle, if it was recorded.
    """

    film: PeriodicFilm
    cycles: CycleJumping
    solver: SparseDirect
    number: int
    values: Array
    jump: float
    opening: float
    report: Callable[[StepReport], None]
    end: float
    law: Envelope | None = None

    @classmethod
    def at(
        cls, film: PeriodicFilm, cycles: CycleJumping, cursor: Cursor, report: Callable[[StepReport], None], end: float
    ) -> "_Walk":
        """Where `cursor` says."""
        number, jump = round(cursor.time / cycles.period), cursor.step / cycles.period
        solver = best_solver(film.model.unknowns.blocks)
        return cls(film, cycles, solver, number, cursor.values, jump or _FIRST_JUMP, cursor.opening, report, end)

    def one(self, slopes: bool = False, state: bool = False) -> Cycle:
        """Simulate a cycle."""
        found = self.film.cycle(self.values, self.opening, slopes, state)
        self.values, self.opening, self.number = found.after, found.opening, self.number + 1
        self._tell(1)
        return found

    def block(self) -> Envelope:
        """Simulate a few cycles and record the last."""
        for _ in range(HEALING):
            self.one()
        return self._recorded()

    def to(self, number: int) -> None:
        """Go on until so many cycles are behind."""
        while (left := number - self.number) > 0:
            if left < _BLOCK + 1 + _LEAST_JUMP:
                self.one()
                continue
            if self.law is None:
                self.law = self.block() if self.number == 0 else self._recorded()
                continue
            self._leap(min(int(self.jump), number - self.number - _BLOCK))

    def _recorded(self) -> Envelope:
        return Envelope.of(self.one(slopes=True), self.film.ending.mass)

    def _leap(self, cycles: int) -> None:
        """Jump over so many cycles, or over none, and simulate a block behind them."""
        assert self.law is not None
        if cycles < _LEAST_JUMP:
            self.law, self.jump = self.block(), _FIRST_JUMP
            return
        before, law, system = (self.number, self.values, self.opening), self.law, self.film.ending
        error, statistics = np.inf, self.film.statistics
        try:
            first = jumped(system, self.solver, law, self.values, cycles)
            landing, clipped = moved(system, self.values, first)
            self.values, self.number = self.film.held(landing), self.number + cycles
            size = self._size(clipped) if system.outside(landing, ALLOWANCE) is None else np.inf
            if size <= 1:
                error = max(size, self._correct(law, first, before[1], cycles))
        except SolverError as problem:
            statistics.note_cut(before[0] * self.cycles.period, cycles * self.cycles.period, str(problem))
        factor = float(np.clip(_SAFETY * max(error, 1e-10) ** -0.5, _SHRINK, _GROWTH))
        if error <= 1:
            statistics.cycles_jumped.append(cycles)
            statistics.jump_error += error * self.cycles.tolerance
            self.jump = max(self.jump, cycles * factor) if cycles < int(self.jump) and factor >= 1 else cycles * factor
            self._tell(cycles)
            return
        statistics.rejected_jumps += 1
        self.number, self.values, self.opening = before
        self.jump = cycles * min(factor, 0.7)

    def _correct(self, law: Envelope, first: Array, start: Array, cycles: int) -> float:
        """Simulate a block behind a jump, correct it by the mean of both laws; its error over the tolerance."""
        system, behind = self.film.ending, self.block()
        second = jumped(system, self.solver, Envelope.mean([law, behind]), start, cycles)
        left = carried(system, self.solver, behind, second - first, _BLOCK)
        values, clipped = moved(system, self.values, left)
        if system.outside(values, ALLOWANCE) is not None:
            return np.inf
        self.values, self.law = self.film.held(values), behind
        return max(self._size(left), self._size(clipped))

    def _size(self, change: Array) -> float:
        """Of a change, over the tolerance; that of electrons and holes does not count."""
        system, counted = self.film.ending, change.copy()
        u = system.unknowns
        u.nodal(counted)[1:][u.carriers] = 0.0
        return system.scaled_norm(counted, self.values) / self.cycles.tolerance

    def _tell(self, cycles: int) -> None:
        period = self.cycles.period
        self.report(StepReport(self.number * period, cycles * period, self.end))
