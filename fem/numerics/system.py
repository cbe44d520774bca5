"""What the solvers need to know of a problem ``M dy/dt = f(t, y)``; nothing here knows about perovskites."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy import sparse

from fem.fields import Array
from fem.numerics.grounded import Sums


class System(Protocol):
    """A semi-explicit index-1 differential-algebraic system with a constant diagonal mass matrix."""

    mass: Array

    @property
    def period(self) -> float:
        """Shortest period of the waves that drive it [s]; 0 without any."""

    def residual(self, time: float, values: Array) -> Array:
        """f(t, y), shape (n,)."""

    def jacobian(self, time: float, values: Array) -> sparse.csr_matrix:
        """df/dy; the same sparsity pattern at every call, diagonal entries present."""

    def time_derivative(self, time: float, values: Array) -> Array:
        """Partial derivative of f with respect to time, shape (n,)."""

    def shifted(self, jacobian: sparse.csr_matrix, rate: float) -> sparse.csr_matrix:
        """``rate M - J`` in the pattern of J."""

    def sums(self, time: float, values: Array) -> Sums:
        """Sums of rows of f that change slowly or never against what the rows hold each."""

    def amounts(self, time: float, values: Array) -> Array:
        """These sums, shape (n_sums,)."""

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Size of a `change` of `values`, 1 at a relative change of 1."""

    def error_norm(self, error: Array, last: Array, first: Array) -> float:
        """Size of the `error` of a step from `first` to `last`, in units of its tolerance at a tolerance of 1."""

    def lowest(self, values: Array) -> float:
        """Lowest bounded unknown, relative to its mean; negative outside its bound."""

    def outside(self, values: Array, allowance: float) -> str | None:
        """What lies outside its bounds by more than `allowance` (relative to its mean), in words; None if nothing."""

    def bounded(self, values: Array, change: Array) -> Array:
        """`values` + `change`, held inside the bounds."""

    def restored(self, values: Array, before: Array) -> tuple[Array, float]:
        """`values` with the linear invariants of `before` if only round-off parts them, and the relative change."""

    def hold_algebraic(self, time: float, values: Array) -> Array:
        """`values` with the algebraic unknowns made consistent at `time`."""


@dataclass
class Statistics:
    """What the solver did; ``as_dict`` is recorded in ``run.json``.

    `last_cut` says which step was made shorter last, and why. `rejected_as_unsolved` counts steps that had no solution
    (singular matrices, rows that were missed, Newton's iteration that stalled); `last_unsolved` says which of them was
    the last, and why. `landed_outputs` counts outputs that took steps of their own because the interpolant left the
    bounds there. `factorisations_at_outputs` is what these took of all `factorisations`, and carriers that settle at
    outputs and from one temperature to the next.
    `restored_to_round_off` sums the relative amounts of ions that linear solves lost to round-off and that were put
    back. `cycles_jumped` lists the jumps over cycles of a drive that repeats itself, `jump_error` sums their errors.
    """

    solver: str = ""
    unknowns: int = 0
    steps: int = 0
    rejected_for_error: int = 0
    rejected_for_bounds: int = 0
    rejected_as_unsolved: int = 0
    last_cut: str = ""
    last_unsolved: str = ""
    implicit_steps: int = 0
    newton_iterations: int = 0
    factorisations: int = 0
    solves: int = 0
    landed_outputs: int = 0
    factorisations_at_outputs: int = 0
    lowest_relative_concentration: float = np.inf
    restored_to_round_off: float = 0.0
    cycles_simulated: int = 0
    cycles_jumped: list[int] = field(default_factory=list)
    rejected_jumps: int = 0
    jump_error: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the wall time of the block to `part`."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + perf_counter() - start

    def accept(self, lowest: float, restored: float) -> None:
        """Count an accepted step, its lowest relative concentration and the share of ions restored in it."""
        self.steps += 1
        self.lowest_relative_concentration = min(self.lowest_relative_concentration, lowest)
        self.restored_to_round_off += restored

    def note_cut(self, time: float, step: float, cause: str) -> None:
        """Remember that a `step` [s] from `time` [s] was cut because of `cause`."""
        self.last_cut = f"{step:.3g} s from t = {time:.6g} s on: {cause}"

    def note_unsolved(self, time: float, step: float, cause: str) -> None:
        """Count a `step` [s] from `time` [s] that is cut because it has no solution, and remember the `cause`."""
        self.rejected_as_unsolved += 1
        self.note_cut(time, step, cause)
        self.last_unsolved = self.last_cut

    def add_work(self, other: "Statistics") -> None:
        """Add the linear algebra of `other`, not its steps."""
        self.newton_iterations += other.newton_iterations
        self.factorisations += other.factorisations
        self.solves += other.solves
        for part, seconds in other.seconds.items():
            self.seconds[part] = self.seconds.get(part, 0.0) + seconds

    def copy(self) -> "Statistics":
        """The counters as they stand now."""
        return replace(self, seconds=dict(self.seconds), cycles_jumped=list(self.cycles_jumped))

    def as_dict(self) -> dict[str, object]:
        """Plain numbers and strings."""
        return asdict(self)
