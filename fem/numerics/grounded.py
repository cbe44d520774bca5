"""Linear solves of a system with sums that change slowly or never, in steps so long that round-off would hide them.

What only moves leaves the sum of its rows of f untouched. The same rows of ``rate M - J`` then add up to nothing
against fluxes to and fro that may be 1e16 times larger: the matrix is singular to working precision although the
solution is well defined. The system knows such sums without the fluxes. As one grounds a node of a floating circuit,
the diagonal entry of one row of each sum is doubled; what flows to ground is undone by adding as much of the response
to a source there as gives the sum that is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.fields import Array
from fem.numerics.sparse_direct import SparseDirect


@dataclass(frozen=True)
class Sums:
    """Weighted sums of the rows of f, linearised, without the round-off of what only moves.

    Parameters
    ----------
    weights
        Of the rows, shape (n_sums, n).
    slopes
        Derivatives of the sums by the unknowns, shape (n_sums, n).
    grounds
        Numbers of the unknowns whose rows are grounded, one for each sum and among the largest in it, shape (n_sums,).
    """

    weights: Array
    slopes: Array
    grounds: NDArray[np.int64]


class Grounded:
    """`solver` made to meet `sums`; without any it does the same as alone."""

    def __init__(self, solver: SparseDirect, sums: Sums) -> None:
        self._solver, self._sums = solver, sums
        self._rows = self._responses = np.empty((0, 0))

    def factorise(self, matrix: sparse.csr_matrix, mass: Array) -> int:
        """Factorise `matrix`, which is ``diag(mass) - J`` with a stored diagonal; return how many solves that took."""
        grounds = self._sums.grounds
        if not len(grounds):
            self._solver.factorise(matrix)
            return 0
        grounded, diagonal = matrix.copy(), matrix.diagonal()
        sources = np.zeros((len(grounds), len(diagonal)))
        sources[np.arange(len(grounds)), grounds] = diagonal[grounds]
        grounded.setdiag(diagonal + sources.sum(axis=0))
        self._solver.factorise(grounded)
        self._rows = self._sums.weights * mass - self._sums.slopes
        self._responses = np.array([self._solver.solve(one) for one in sources])
        return len(grounds)

    def solve(self, rhs: Array, known: Array) -> Array:
        """Solution of ``matrix x = rhs``, shape (n,), where the sums of `rhs` are `known`, shape (n_sums,)."""
        solution = self._solver.solve(rhs)
        if not len(known):
            return solution
        missing = known - self._rows @ solution
        return np.asarray(solution + np.linalg.solve(self._rows @ self._responses.T, missing) @ self._responses)
