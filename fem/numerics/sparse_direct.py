"""Sparse direct solvers for many matrices of one pattern: analyse once, factorise often, solve more often.

Order of preference: MKL PARDISO (x86-64, by pypardiso), then SciPy's SuperLU, which works everywhere. Rows are
equilibrated by their largest entry before factorisation, and PARDISO's value-dependent scaling and matching stay off:
an analysis made with them on one matrix silently spoils the factorisation of another with the same pattern.
"""

import os
import sys
import warnings
from importlib import metadata
from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from fem.fields import Array

_THREADED_FROM = 150_000  # unknowns; below, one thread is faster than two
_REFINEMENTS = 2  # at most; PARDISO does not pivot across supernodes, and ions are lost where a row is not met
_ROUND_OFF = 1e-14  # of the absolute sum of a row's terms


class SolverError(RuntimeError):
    """A linear or nonlinear system could not be solved; the message says where and which knob helps."""


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


class SuperLU:
    """SciPy's SuperLU with column approximate minimum degree ordering."""

    name = "SuperLU (SciPy)"

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        """Factorise `matrix`; see :class:`SparseDirect`."""
        self._scale = row_scales(matrix)
        scaled = sparse.diags_array(self._scale) @ matrix
        try:
            self._factors = splu(sparse.csc_matrix(scaled), permc_spec="COLAMD")
        except RuntimeError as error:
            raise SolverError(f"SuperLU could not factorise the Jacobian: {error}") from error

    def solve(self, rhs: Array) -> Array:
        """Solve with the last factorisation; see :class:`SparseDirect`."""
        return self._factors.solve(rhs * self._scale)


class Pardiso:
    """MKL PARDISO; the symbolic analysis is made at the first factorisation and kept."""

    name = "MKL PARDISO"

    def __init__(self) -> None:
        from pypardiso import PyPardisoSolver

        _point_to_mkl()
        self._solver = PyPardisoSolver(mtype=11)
        settings = {1: 1, 2: 2, 8: 0, 10: 13, 11: 0, 13: 0, 24: 0}
        for number, value in settings.items():  # METIS ordering, no value-dependent scaling; `solve` refines
            self._solver.set_iparm(number, value)
        self._pattern: tuple[int, int] | None = None

    def factorise(self, matrix: sparse.csr_matrix) -> None:
        """Factorise `matrix`; see :class:`SparseDirect`."""
        self._scale = row_scales(matrix)
        data = matrix.data * np.repeat(self._scale, np.diff(matrix.indptr))
        self._matrix = sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
        self._magnitude = sparse.csr_matrix((np.abs(data), matrix.indices, matrix.indptr), shape=matrix.shape)
        self._solver.libmkl.MKL_Set_Num_Threads(2 if matrix.shape[0] >= _THREADED_FROM else 1)
        if self._pattern != (matrix.shape[0], matrix.nnz):
            self._call(11, np.zeros(matrix.shape[0]))
            self._pattern = (matrix.shape[0], matrix.nnz)
        self._call(22, np.zeros(matrix.shape[0]))
        if self._solver.get_iparm(14):  # pivots that PARDISO has replaced
            raise SolverError("the Jacobian is singular to working precision: the time step is too large for the film")

    def solve(self, rhs: Array) -> Array:
        """Solve with the last factorisation, refined until every row is met to round-off; see :class:`SparseDirect`."""
        scaled = rhs * self._scale
        solution = self._call(33, scaled)
        for _ in range(_REFINEMENTS):
            defect = scaled - self._matrix @ solution
            if not (np.abs(defect) > _ROUND_OFF * (self._magnitude @ np.abs(solution))).any():
                break
            solution = solution + self._call(33, defect)
        return solution

    def _call(self, phase: int, rhs: Array) -> Array:
        from pypardiso.pardiso_wrapper import PyPardisoError

        self._solver.set_phase(phase)
        try:
            return self._solver._call_pardiso(self._matrix, rhs)
        except PyPardisoError as error:
            raise SolverError(f"MKL PARDISO failed in phase {phase}: {error}") from error

    def __del__(self) -> None:
        solver = getattr(self, "_solver", None)
        if solver is not None and self._pattern is not None and not sys.is_finalizing():
            solver.free_memory(everything=True)


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


def best_solver() -> SparseDirect:
    """The fastest solver that runs here; a warning says so where PARDISO is installed but unusable."""
    try:
        return Pardiso()
    except ModuleNotFoundError:
        return SuperLU()
    except (ImportError, OSError) as error:
        warnings.warn(f"MKL PARDISO cannot be loaded ({error}); SuperLU is used and is slower", stacklevel=2)
        return SuperLU()
