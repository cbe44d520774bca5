"""Sparse direct solvers for many matrices of one pattern: analyse once, factorise often, solve more often.

Order of preference: MKL PARDISO (x86-64, by pypardiso), then SciPy's SuperLU, which works everywhere. Rows are
equilibrated by their largest entry before factorisation, and PARDISO's value-dependent scaling and matching stay off:
an analysis made with them on one matrix silently spoils the factorisation of another with the same pattern.
"""

import os
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from ctypes import POINTER, byref, c_int32
from importlib import metadata
from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from fem.fields import Array

_THREADED_FROM = 150_000  # unknowns; below, one thread is faster than two; MKL_NUM_THREADS rules if it is set
_NO_MEMORY = -2  # PARDISO's error number for it
_REFINEMENTS = 2  # at most; PARDISO does not pivot across supernodes, and ions are lost where a row is not met
_ROUND_OFF = 1e-14  # of the absolute sum of a row's terms
_MISSED = 1e-6  # of the largest sum of a row's terms, after refinement: not solved
_SMALL_ROW = 0.1  # of the largest unknown of the same block: rows whose terms are smaller need be met to that only
_RUN_AWAY = 1e14  # solution for a right-hand side of 1 and -1, of which not two digits are known
_SINGULAR = "the Jacobian is singular to working precision: the time step is too large for the film"
_ALL = (slice(None),)


class SolverError(RuntimeError):
    """A linear or nonlinear system could not be solved; the message says where and which knob helps."""


class OutOfMemoryError(SolverError):
    """The factors do not fit into memory: no smaller time step helps."""

    def __init__(self, unknowns: int) -> None:
        super().__init__(
            f"not enough memory for the factors of {unknowns} unknowns: use a coarser mesh (larger mesh sizes, fewer"
            " elements across strips), follow fewer species, or use a machine with more memory"
        )


class SparseDirect(Protocol):
    """A factorised sparse matrix."""

    name: str

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        """Factorise `matrix`; every call must bring the same sparsity pattern."""

    def solve(self, rhs: Array) -> Array:
        """Solution of ``matrix x = rhs`` with the last factorisation, shape (n,)."""


def row_scales(matrix: sparse.csr_matrix) -> Array:
    """Reciprocal of the largest absolute entry of each row.

    Raises
    ------
    SolverError
        If a row is empty or not finite.
    """
    largest = np.maximum.reduceat(np.abs(matrix.data), matrix.indptr[:-1])
    if not np.isfinite(largest).all() or (largest == 0).any():
        raise SolverError("the Jacobian has an empty or non-finite row: a concentration or potential has run away")
    return 1.0 / largest


class _Refined(ABC):
    """What backends share: rows equilibrated by their largest entry, solutions refined and checked against the matrix.

    Parameters
    ----------
    blocks
        Slices of the unknowns of one kind each; the rows of each are met to round-off of its own largest unknown, so
        that what is few everywhere is as well known as what is many.
    """

    _scale: Array
    _matrix: sparse.csr_matrix  # with equilibrated rows

    def __init__(self, blocks: Sequence[slice] = _ALL) -> None:
        self._blocks = blocks
        self._magnitude: sparse.csr_matrix | None = None

    @abstractmethod
    def _back(self, scaled: Array) -> Array:
        """What the factors make of an equilibrated right-hand side, shape (n,)."""

    def solve(self, rhs: Array) -> Array:
        """Solve with the last factorisation, refined until every row is met to round-off; see :class:`SparseDirect`.

        Raises
        ------
        SolverError
            If a row is missed by far more after refinement, or the solution is not finite.
        """
        scaled = rhs * self._scale
        solution = self._back(scaled)
        for _ in range(_REFINEMENTS):
            defect = scaled - self._matrix @ solution
            if self._meets(defect, solution, _ROUND_OFF):
                return solution
            solution += self._back(defect)
        if not self._solved(scaled - self._matrix @ solution, scaled, solution):
            raise SolverError(
                "the linear system is not solved: rows are missed after refinement, or what they hold has run away; the"
                " time step is too large for the film, or its mesh has cells that are far too flat"
            )
        return solution

    def _meets(self, defect: Array, solution: Array, share: float) -> bool:
        """Whether no row is missed by more than a `share` of its terms, or of the largest unknown of its block."""
        sizes, missed = np.abs(solution), np.abs(defect)
        for block in self._blocks:  # rows are equilibrated: entries are at most 1 in all of them
            missed[block] -= share * _SMALL_ROW * sizes[block].max()
        if missed.max() <= 0:
            return True
        return bool((missed <= share * self._terms(sizes)).all())

    def _solved(self, defect: Array, scaled: Array, solution: Array) -> bool:
        """Whether the system as a whole is solved: a field that hardly changes may be all round-off of the others."""
        largest = max(float(self._terms(np.abs(solution)).max()), float(np.abs(scaled).max()))
        return bool(np.isfinite(largest) and np.abs(defect).max() <= _MISSED * largest)

    def _terms(self, sizes: Array) -> Array:
        """Absolute sum of the terms of each row, for unknowns of the given `sizes`."""
        if self._magnitude is None:
            self._magnitude = sparse.csr_matrix(
                (np.abs(self._matrix.data), self._matrix.indices, self._matrix.indptr), shape=self._matrix.shape
            )
        return np.asarray(self._magnitude @ sizes)


class SuperLU(_Refined):
    """SciPy's SuperLU with column approximate minimum degree ordering; `blocks` as those of :class:`Pardiso`.

    Its pivoting meets the rows of a singular matrix too. What such a matrix makes of an arbitrary right-hand side gives
    it away: unknowns so large that they are round-off themselves.
    """

    name = "SuperLU (SciPy)"

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        """Factorise `matrix`; see :class:`SparseDirect`."""
        self._scale, self._magnitude = row_scales(matrix), None
        data = matrix.data * np.repeat(self._scale, np.diff(matrix.indptr))
        self._matrix = sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
        try:
            self._factors = splu(sparse.csc_matrix(self._matrix), permc_spec="COLAMD")
        except RuntimeError as error:
            raise SolverError(f"SuperLU could not factorise the Jacobian: {error}") from error
        except MemoryError as error:
            raise OutOfMemoryError(matrix.shape[0]) from error
        probe = np.random.default_rng(0).choice([-1.0, 1.0], matrix.shape[0])
        if not np.abs(self._back(probe)).max() < _RUN_AWAY:
            raise SolverError(_SINGULAR)

    def _back(self, scaled: Array) -> Array:
        return np.asarray(self._factors.solve(scaled))


class Pardiso(_Refined):
    """MKL PARDISO; the symbolic analysis is made for the first matrix and kept for all others of its pattern."""

    name = "MKL PARDISO"

    def __init__(self, blocks: Sequence[slice] = _ALL) -> None:
        from pypardiso import PyPardisoSolver

        super().__init__(blocks)
        _point_to_mkl()
        self._mkl = PyPardisoSolver(mtype=11)
        settings = {1: 1, 2: 2, 8: 0, 10: 13, 11: 0, 13: 0, 24: 0, 35: 1}
        for number, value in settings.items():  # METIS ordering, no value-dependent scaling; `solve` refines
            self._mkl.set_iparm(number, value)
        self._row_starts, self._columns = np.empty(0, np.int32), np.empty(0, np.int32)

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        """Factorise `matrix`; see :class:`SparseDirect`."""
        if not matrix.has_sorted_indices:
            matrix = matrix.sorted_indices()
        if not os.environ.get("MKL_NUM_THREADS"):
            self._mkl.libmkl.MKL_Set_Num_Threads(2 if matrix.shape[0] >= _THREADED_FROM else 1)
        self._scale = row_scales(matrix)
        if not (np.array_equal(matrix.indptr, self._row_starts) and np.array_equal(matrix.indices, self._columns)):
            self._analyse(matrix)
        np.multiply(matrix.data, self._scale[self._rows], out=self._matrix.data)
        self._magnitude = None
        self._call(22, np.zeros(matrix.shape[0]))
        if self._mkl.get_iparm(14):  # pivots that PARDISO has replaced
            raise SolverError(_SINGULAR)

    def _analyse(self, matrix: sparse.csr_matrix) -> None:
        """Order the unknowns and lay out the factors for the pattern of `matrix`."""
        self._row_starts, self._columns = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
        self._rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(self._row_starts))
        data = matrix.data * self._scale[self._rows]
        self._matrix = sparse.csr_matrix((data, self._columns, self._row_starts), shape=matrix.shape)
        self._call(11, np.zeros(matrix.shape[0]))

    def _back(self, scaled: Array) -> Array:
        return self._call(33, scaled)

    def _call(self, phase: int, rhs: Array) -> Array:
        """Run a `phase` of PARDISO: 11 analyses, 22 factorises, 33 solves for `rhs`.

        Its arrays are handed over as they are; pypardiso's own call would copy the pattern every time.
        """
        matrix, integers = self._matrix, [1, 1, self._mkl.mtype, phase, len(rhs), 1, 0]
        maxfct, mnum, kind, what, size, n_rhs, quiet = (byref(c_int32(number)) for number in integers)
        rhs, solution, error = np.ascontiguousarray(rhs, dtype=float), np.empty(len(rhs)), c_int32(0)
        integer_pointer = POINTER(c_int32)
        rows, columns, order, settings = (
            array.ctypes.data_as(integer_pointer)
            for array in (self._row_starts, self._columns, self._mkl.perm, self._mkl.iparm)
        )
        self._mkl.libmkl.pardiso(
            self._mkl.pt.ctypes.data_as(self._mkl.libmkl.pardiso.argtypes[0]), maxfct, mnum, kind, what, size,
            matrix.data.ctypes.data, rows, columns, order, n_rhs, settings, quiet,
            rhs.ctypes.data, solution.ctypes.data, byref(error),
        )  # fmt: skip
        if error.value == _NO_MEMORY:
            raise OutOfMemoryError(len(rhs))
        if error.value:
            raise SolverError(f"MKL PARDISO failed in phase {phase} with error {error.value}: {_reason(error.value)}")
        return solution

    def __del__(self) -> None:
        solver = getattr(self, "_mkl", None)
        if solver is not None and len(self._row_starts) and not sys.is_finalizing():
            solver.free_memory(everything=True)


def _reason(error: int) -> str:
    """What an error number of PARDISO means and what helps."""
    if error == -4:
        return "a pivot is zero; the time step is too large for the film"
    return "see the table of errors in the manual of oneMKL"


def _point_to_mkl() -> None:
    """Tell pypardiso where the mkl package keeps its library; its own search through all folders takes a second."""
    if "PYPARDISO_MKL_RT" in os.environ:
        return
    try:
        files = metadata.files("mkl") or []
    except metadata.PackageNotFoundError:
        return
    for file in files:
        if file.name.startswith(("libmkl_rt", "mkl_rt")):
            os.environ["PYPARDISO_MKL_RT"] = str(file.locate())
            return


def best_solver(blocks: Sequence[slice] = _ALL) -> SparseDirect:
    """The fastest solver that runs here; a warning says so where PARDISO is installed but unusable.

    `blocks` are the slices of the unknowns of one kind each, by default one for all.
    """
    try:
        return Pardiso(blocks)
    except ModuleNotFoundError:
        return SuperLU(blocks)
    except (ImportError, OSError) as error:
        warnings.warn(f"MKL PARDISO cannot be loaded ({error}); SuperLU is used and is slower", stacklevel=2)
        return SuperLU(blocks)
