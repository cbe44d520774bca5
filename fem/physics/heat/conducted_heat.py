"""A substrate that conducts: the film on its heated face follows the heat equation, not one temperature.

The film feels the substrate only through the mean temperature of the face it lies on. How that follows the power is a
sum of decaying modes; a rational Krylov space of the discrete heat equation, with shifts from the fastest to the
slowest of them, holds all that matter (A. Ruhe, doi:10.1016/0024-3795(84)90221-0). It meets the transfer function of
the mesh and its slope at each shift, and the steady state exactly; every mode of it decays and gains.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Self

import numpy as np
from scipy import sparse
from skfem import MeshTri

from fem.checks import require_known, require_not_negative, require_positive
from fem.fields import Array
from fem.numerics.sparse_direct import best_solver
from fem.physics.heat.heat_equation import HeatEquation
from fem.physics.heat.heat_modes import HeatModes, require_heat_settings

_PER_DECADE = 4.0  # shifts
_SAME = 1e-10  # share of a direction that is not new
_UNSEEN = 1e-16  # of the largest gain: below it a mode is round-off
_FIRST, _GROWTH = 1e-3, 1.12  # first cell of a slab over its thickness; growth from cell to cell


@dataclass(frozen=True)
class ConductedHeat:
    """A substrate whose heat is conducted; its film is at the mean temperature of the heated face.

    Parameters
    ----------
    equation
        Heat equation of the substrate. It is linear: nothing in it depends on the temperature.
    heated
        Facets that take up the film's power, evenly.
    largest_change
        Change of temperature after which everything that depends on it is computed anew [K]; it is then computed for
        the middle of the next stretch, half of this from its ends.
    width
        Width over which the power of a cross-section of the film enters [m]; None for the whole width of the film's
        mesh. Power per area is P over this width, and enters the substrate as such.
    hottest
        Temperature at which a run ends as a thermal runaway [K].

    Raises
    ------
    ValueError
        If the heated facets do not exist or a number makes no sense.
    """

    equation: HeatEquation
    heated: str
    largest_change: float = 0.5
    width: float | None = None
    hottest: float = 800.0

    def __post_init__(self) -> None:
        require_known(self.heated, self.equation.mesh.boundaries or {}, "heated facets")
        require_heat_settings(self)

    @classmethod
    def slab(
        cls, thickness: float, conductivity: float, volumetric_capacity: float, transfer: float, ambient: float = 300.0
    ) -> Self:
        """A plate with the film on one face that gives off heat at the other, far wider than thick.

        Parameters
        ----------
        thickness
            [m].
        conductivity
            [W/(m K)].
        volumetric_capacity
            rho c_p [J/(m^3 K)].
        transfer
            From the other face to the surroundings [W/(m^2 K)].
        ambient
            Temperature of the surroundings [K].

        Raises
        ------
        ValueError
            If a number makes no sense.
        """
        for value, what, unit in (
            (thickness, "thickness of the substrate", "m"),
            (conductivity, "thermal conductivity of the substrate", "W/(m K)"),
            (volumetric_capacity, "volumetric heat capacity of the substrate", "J/(m^3 K)"),
        ):
            require_positive(value, what, unit)
        require_not_negative(transfer, "heat transfer from the substrate", "W/(m^2 K)")
        depth = thickness * _graded()
        mesh = MeshTri.init_tensor(np.array([0.0, 0.1 * thickness]), depth).with_boundaries(
            {"film": lambda x: x[1] == 0.0, "back": lambda x: x[1] == depth[-1]}
        )
        return cls(HeatEquation(mesh, conductivity, volumetric_capacity, {"back": transfer}, ambient), "film")

    @property
    def ambient(self) -> float:
        """Temperature of the surroundings [K]."""
        return self.equation.ambient

    def steady(self, power: float) -> float:
        """Temperature [K] of the film at which a steady `power` [W/m^2] is given off; infinite where none is."""
        modes = self.modes
        if not self.equation.loss.any():
            return inf
        return self.ambient + power * float((modes.gains / modes.rates).sum())

    @cached_property
    def modes(self) -> HeatModes:
        """How the mean temperature of the heated face follows the power that enters there."""
        storage, entering = self.equation.storage, self._entering
        basis = self._basis / np.sqrt(storage)[:, None]
        rates, directions = np.linalg.eigh(basis.T @ self.equation.conductance @ basis)
        basis = basis @ directions
        felt = basis.T @ entering
        gains, shares = felt**2 / entering.sum(), felt * (basis.T @ storage) / entering.sum()
        seen = gains > _UNSEEN * gains.max()
        return HeatModes(np.maximum(rates[seen], 0.0), gains[seen], shares[seen] / shares[seen].sum())

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        modes = self.modes
        return {
            "body": "substrate that conducts",
            "heated": self.heated,
            "cooling [W/(m^2 K)]": dict(self.equation.cooling),
            "ambient": self.ambient,
            "largest_change": self.largest_change,
            "width": self.width,
            "hottest": self.hottest,
            "decay times of its modes [s]": sorted((1.0 / modes.rates).tolist(), reverse=True),
        }

    @cached_property
    def _entering(self) -> Array:
        """Heat that enters each node per metre of depth for 1 W/m^2 [m], shape (n_nodes,)."""
        facets = np.asarray((self.equation.mesh.boundaries or {})[self.heated], dtype=np.int64)
        return self.equation.volumes.facet_integrals(facets, np.ones(len(facets)))

    @cached_property
    def _basis(self) -> Array:
        """Orthonormal directions in roots of the capacities, shape (n_nodes, n)."""
        basis = np.zeros((len(self.equation.storage), 0))
        for one in self._directions():
            size = np.linalg.norm(one)
            for _ in range(2):  # twice is enough
                one = one - basis @ (basis.T @ one)
            if np.linalg.norm(one) > _SAME * size:
                basis = np.column_stack([basis, one / np.linalg.norm(one)])
        return basis

    def _directions(self) -> Iterator[Array]:
        """A uniform rise, the steady one, and how the substrate answers heat that changes at each of the shifts."""
        roots, entering = np.sqrt(self.equation.storage), self._entering
        yield roots
        solver = best_solver()
        for shift in self._shifts():
            matrix = sparse.csr_matrix(self.equation.conductance + sparse.diags_array(shift * self.equation.storage))
            matrix.sort_indices()
            solver.factorise(matrix)
            yield roots * solver.solve(entering)

    def _shifts(self) -> Array:
        """Rates [1/s] from 0, or far below the slowest, to the fastest that the mesh knows."""
        equation = self.equation
        fastest = float((equation.conductance.diagonal() / equation.storage).max())
        size = float(np.ptp(equation.mesh.p, axis=1).max())
        crossing = fastest * float(equation.volumes.lengths.min() / size) ** 2
        given_off = float(equation.loss.sum() / equation.storage.sum())
        slowest = 0.1 * (min(crossing, given_off) if given_off else crossing)
        shifts = np.geomspace(slowest, fastest, int(_PER_DECADE * np.log10(fastest / slowest)) + 1)
        return np.concatenate([[0.0], shifts]) if given_off else shifts


def _graded() -> Array:
    """Coordinates from 0 to 1 whose spacing grows from the first."""
    count = int(np.ceil(np.log1p((_GROWTH - 1) / _FIRST) / np.log(_GROWTH)))
    spacing = _FIRST * _GROWTH ** np.arange(count)
    return np.concatenate([[0.0], np.cumsum(spacing) / spacing.sum()])
