"""Steady transport through a film at a unit mean gradient, and the tensor that it adds up to.

With ``K u = sum_j W_ij (u_i - u_j)``, the reduced concentration u of unit mean gradient along axis k solves ``K u = 0``
inside, and the film conducts

    G_kl = (1 / A) sum_edges W (delta u_k) (delta u_l)        [m^2/s]

where A is the area of the film's rectangle. What holds on the rim makes the difference (Huet, J. Mech. Phys. Solids 38,
813 (1990), doi:10.1016/0022-5096(90)90041-2, for elastic bodies): a linear u on the whole rim gives an upper bound of
what the film conducts as part of a larger one, a uniform flux a lower bound. A film between two electrodes and a
periodic film lie in between. These orders hold for the discrete films exactly, on any mesh.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from fem.fields import Array
from fem.measurements.conductances import Conductances
from fem.measurements.rim import AXES, SIDES, IntArray, Rim
from fem.numerics.sparse_direct import best_solver


@dataclass(frozen=True)
class SteadyFilm:
    """Steady problems on one film.

    Parameters
    ----------
    conductances
        What each edge conducts.
    rim
        Sides of the film.
    """

    conductances: Conductances
    rim: Rim

    @property
    def positions(self) -> Array:
        """Nodes [m] from the film's lower left corner, shape (2, n_nodes)."""
        points = self.rim.mesh.p
        return np.asarray(points - points.min(axis=1)[:, None])

    def at(self, temperature: float) -> "SteadyFilm":
        """The same film at another temperature [K]."""
        return SteadyFilm(self.conductances.at(temperature), self.rim)

    # --- reduced concentrations of unit mean gradient ------------------------------------------------------------

    def linear_rim(self) -> Array:
        """Solutions with ``u = x`` and ``u = y`` on the whole rim [m], shape (2, n_nodes)."""
        free = np.ones(self.positions.shape[1], dtype=bool)
        free[self.rim.nodes] = False
        return self._with_fluctuations(np.where(free, np.cumsum(free) - 1, -1))

    def uniform_flux(self) -> Array:
        """Solutions with a uniform flux through the rim, combined to unit mean gradients [m], shape (2, n_nodes)."""
        loads = np.array([self.rim.loads(0), self.rim.loads(1)])
        unknown = np.arange(loads.shape[1]) - 1  # the first node is held: u is defined up to a constant
        by_flux = self._solved(unknown, loads)
        resistance = loads @ by_flux.T / self.rim.area
        return np.asarray(np.linalg.solve(resistance, by_flux))

    def periodic(self) -> Array:
        """Solutions that differ from ``u = x`` and ``u = y`` by a periodic function [m], shape (2, n_nodes).

        A pair of sides whose nodes do not face each other is held at the linear u instead.

        Raises
        ------
        ValueError
            If neither pair of sides is periodic.
        """
        facing = [self.rim.facing(axis) for axis in (0, 1)]
        if facing == [None, None]:
            pairs = " and ".join(" and ".join(names) for names in SIDES)
            raise ValueError(
                f"the nodes of neither {pairs} face each other at equal heights: make the film with periodic sides,"
                " or measure it between electrodes"
            )
        partner = np.arange(self.positions.shape[1])
        held = np.zeros(len(partner), dtype=bool)
        for axis, pairs_of_nodes in enumerate(facing):
            if pairs_of_nodes is None:
                held[self.rim.side_nodes(axis, 0)] = held[self.rim.side_nodes(axis, 1)] = True
        for pairs_of_nodes in facing:
            if pairs_of_nodes is not None:
                low, high = pairs_of_nodes
                partner[high] = partner[low]
        return self._with_fluctuations(_numbered(partner, held))

    def between_sides(self, axis: int) -> Array:
        """Solution between electrodes on both sides of `axis` with the others insulated [m], shape (n_nodes,)."""
        low, high = (self.rim.side_nodes(axis, end) for end in (0, 1))
        free = np.ones(self.positions.shape[1], dtype=bool)
        free[low] = free[high] = False
        start = np.zeros((1, len(free)))
        start[0, high] = self.rim.size[axis]
        unknown = np.where(free, np.cumsum(free) - 1, -1)
        return np.asarray((start + self._solved(unknown, -(start @ self._stiffness)))[0])

    # --- what they add up to -------------------------------------------------------------------------------------

    def conducted(self, solutions: Array) -> Array:
        """Tensor G [m^2/s] of solutions of unit mean gradient, shape (2, n_nodes) -> (2, 2)."""
        drops = np.array([self.drops(solution) for solution in solutions])
        return np.asarray((self.conductances.weights * drops) @ drops.T / self.rim.area)

    def conducted_along(self, solution: Array) -> float:
        """G [m^2/s] of one solution of unit mean gradient, shape (n_nodes,)."""
        return float(self.conductances.weights @ self.drops(solution) ** 2 / self.rim.area)

    def drops(self, solution: Array) -> Array:
        """``u_i - u_j`` of each edge for `solution`, shape (n_nodes,) -> (n_edges,)."""
        i, j = self.conductances.volumes.nodes
        return np.asarray(solution[i] - solution[j])

    # --- solving -------------------------------------------------------------------------------------------------

    @cached_property
    def _stiffness(self) -> sparse.csr_matrix:
        i, j = self.conductances.volumes.nodes
        w, n = self.conductances.weights, self.conductances.volumes.n_nodes
        values = np.concatenate([w, w, -w, -w])
        places = (np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i]))
        return sparse.csr_matrix((values, places), shape=(n, n))

    def _with_fluctuations(self, unknown: IntArray) -> Array:
        """Linear functions plus the fluctuations that the numbering `unknown` of the nodes leaves free."""
        linear = self.positions
        return linear + self._solved(unknown, -(linear @ self._stiffness))

    def _solved(self, unknown: IntArray, inflow: Array) -> Array:
        """Solutions of ``K u = inflow``; nodes share unknowns by number, those of number -1 are held at zero."""
        inside = np.flatnonzero(unknown >= 0)
        shape = (len(unknown), int(unknown.max(initial=-1)) + 1)
        if shape[1] == 0:
            return np.zeros_like(inflow)
        spread = sparse.csr_matrix((np.ones(len(inside)), (inside, unknown[inside])), shape=shape)
        matrix = sparse.csr_matrix(spread.T @ self._stiffness @ spread)
        matrix.sort_indices()
        solver = best_solver()
        solver.factorise(matrix)
        return np.array([spread @ solver.solve(np.ascontiguousarray(spread.T @ row)) for row in inflow])


def axis_number(axis: str) -> int:
    """0 for "x", 1 for "y".

    Raises
    ------
    ValueError
        For any other axis.
    """
    if axis not in AXES:
        raise ValueError(f"axis must be one of {', '.join(AXES)}, got {axis!r}")
    return list(AXES).index(axis)


def _numbered(partner: IntArray, held: np.ndarray) -> IntArray:
    """Numbers of the unknowns of nodes that share them with their partner; held nodes get -1, one at least."""
    while (partner != partner[partner]).any():
        partner = partner[partner]
    held = held | np.isin(partner, partner[held])
    if not held.any():
        held = partner == partner[0]
    unknown = np.full(len(partner), -1, dtype=np.int64)
    _, unknown[~held] = np.unique(partner[~held], return_inverse=True)
    return unknown
