"""Heat conduction in a cross-section.

``rho c_p dT/dt = div(kappa grad T) + q`` with ``-kappa dT/dn = h (T - T_a)`` where a boundary is cooled (H. S. Carslaw
and J. C. Jaeger, Conduction of Heat in Solids, 2nd ed., Oxford 1959, sections 3.1 and 3.9).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from skfem import MeshTri

from fem.checks import require_known, require_not_negative, require_positive
from fem.fields import Array, Field
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.sparse_direct import best_solver
from fem.physics.hopping import require
from fem.physics.regions import Regions


@dataclass(frozen=True)
class HeatEquation:
    """Heat conduction in a cross-section.

    Parameters
    ----------
    mesh
        Triangles in metres.
    conductivity
        kappa [W/(m K)].
    volumetric_capacity
        rho c_p [J/(m^3 K)].
    cooling
        Transfer coefficient h [W/(m^2 K)] of each cooled facet set, by name; all other facets are insulated.
    ambient
        [K].

    Raises
    ------
    ValueError
        If a facet set or region does not exist, or a number makes no sense.
    """

    mesh: MeshTri
    conductivity: Field
    volumetric_capacity: Field
    cooling: Mapping[str, float]
    ambient: float = 300.0

    def __post_init__(self) -> None:
        require_positive(self.ambient, "ambient temperature", "K")
        for name, transfer in self.cooling.items():
            require_known(name, self.mesh.boundaries or {}, "cooled facets")
            require_not_negative(transfer, f"heat transfer coefficient of {name!r}", "W/(m^2 K)")
        _ = self.conductance, self.storage

    @cached_property
    def volumes(self) -> ControlVolumes:
        """Edges and control volumes."""
        return ControlVolumes.of(self.mesh)

    @cached_property
    def storage(self) -> Array:
        """Heat capacity of each node per metre of depth [J/(m K)], shape (n_nodes,)."""
        values = self._regions.on_cells(self.volumetric_capacity, "volumetric heat capacity")
        require(values > 0, values, "volumetric heat capacity must be positive [J/(m^3 K)]")
        return self.volumes.node_integrals(values)

    @cached_property
    def loss(self) -> Array:
        """Transfer to the surroundings from each node per metre of depth [W/(m K)], shape (n_nodes,)."""
        loss = np.zeros(self.volumes.n_nodes)
        for name, transfer in self.cooling.items():
            facets = np.asarray((self.mesh.boundaries or {})[name], dtype=np.int64)
            loss += self.volumes.facet_integrals(facets, np.full(len(facets), transfer))
        return loss

    def steady(self, source: Array) -> Array:
        """Steady temperature [K] at the nodes (n_nodes,) for the heat `source` of each cell [W/m^3], shape (n_cells,).

        Raises
        ------
        ValueError
            If no facet is cooled.
        """
        if not self.loss.any():
            raise ValueError("heat that is never given off has no steady temperature: cool some facets (cooling)")
        solver = best_solver()
        solver.factorise(self._operator(0.0))
        return self.ambient + solver.solve(self.volumes.node_integrals(source))

    def transient(self, source: Array, times: Array) -> Array:
        """Temperature [K] at `times` [s] that rise from 0, shape (n_times, n_nodes), from ambient by a steady `source`.

        Second order in the steps between the `times`, which are taken as the time steps (TR-BDF2).
        """
        made, temperature = self.volumes.node_integrals(source), np.zeros(self.volumes.n_nodes)
        found = [temperature]
        for step in np.diff(times):
            temperature = self._step(temperature, made, float(step))
            found.append(temperature)
        return self.ambient + np.array(found)

    def _step(self, rise: Array, made: Array, step: float) -> Array:
        """One step of TR-BDF2 (Bank et al., doi:10.1109/T-ED.1985.22232); both stages have the same matrix."""
        part = 2.0 - np.sqrt(2.0)
        solver, rate = best_solver(), 2.0 / (part * step)
        solver.factorise(self._operator(rate))
        flow = made - self.conductance @ rise
        middle = solver.solve(self.storage * rate * rise + made + flow)
        before = (middle / part - rise * (1.0 - part) ** 2 / part) / (2.0 - part)
        return solver.solve(self.storage * rate * before + made)

    def given_off(self, temperature: Array) -> float:
        """Heat that leaves the film [W/m] at the nodal `temperature` [K], shape (n_nodes,)."""
        return float(self.loss @ (temperature - self.ambient))

    @cached_property
    def _regions(self) -> Regions:
        return Regions(self.mesh, ())

    @cached_property
    def conductance(self) -> sparse.csr_matrix:
        """Conduction between the nodes and transfer from them per metre of depth [W/(m K)], (n_nodes, n_nodes)."""
        values = self._regions.on_cells(self.conductivity, "thermal conductivity")
        require(values > 0, values, "thermal conductivity must be positive [W/(m K)]")
        d = self.volumes.divergence
        return sparse.csr_matrix(
            d @ sparse.diags_array(self.volumes.edge_weights(values)) @ d.T + sparse.diags_array(self.loss)
        )

    def _operator(self, rate: float) -> sparse.csr_matrix:
        matrix = sparse.csr_matrix(self.conductance + sparse.diags_array(rate * self.storage))
        matrix.sort_indices()
        return matrix
