"""Heat in a film and its substrate: lumped, and in two dimensions.

Lumped: ``C dT/dt = P - h (T - T_a)`` per area, with C the heat capacity of what warms together (the substrate: a
film is far too thin to hold a difference of temperature), h the transfer to the surroundings and P the electrical
power. In two dimensions ``rho c_p dT/dt = div(kappa grad T) + q`` with ``-kappa dT/dn = h (T - T_a)`` where a boundary
is cooled (H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids, 2nd ed., Oxford 1959, sections 3.1 and 3.9).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp

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
class LumpedHeat:
    """A device at one temperature over its substrate.

    Parameters
    ----------
    capacity
        Heat capacity C of substrate and film per area [J/(m^2 K)].
    transfer
        Coefficient h of the heat that is given off [W/(m^2 K)].
    ambient
        Temperature T_a of the surroundings [K].
    largest_change
        Change of temperature after which everything that depends on it is computed anew [K]; it is then computed for
        the middle of the next stretch, half of this from its ends.
    width
        Width over which the substrate takes up the power of a cross-section [m]; None for the whole width of the mesh.
        In plan view it is the film's area over its thickness.
    hottest
        Temperature at which a run ends as a thermal runaway [K].
    """

    capacity: float
    transfer: float
    ambient: float = 300.0
    largest_change: float = 0.5
    width: float | None = None
    hottest: float = 800.0

    def __post_init__(self) -> None:
        require_positive(self.capacity, "heat capacity per area", "J/(m^2 K)")
        require_not_negative(self.transfer, "heat transfer coefficient", "W/(m^2 K)")
        require_positive(self.ambient, "ambient temperature", "K")
        require_positive(self.largest_change, "largest change of temperature between updates", "K")
        require_positive(self.hottest, "hottest temperature of a run", "K")
        if self.width is not None:
            require_positive(self.width, "width that takes up the heat", "m")

    @property
    def time_constant(self) -> float:
        """C / h [s]; infinite without transfer."""
        return self.capacity / self.transfer if self.transfer else float("inf")

    def steady(self, power: float) -> float:
        """Temperature [K] at which a steady `power` [W/m^2] is given off."""
        return self.ambient + power / self.transfer if self.transfer else float("inf")

    def rate(self, temperature: float, power: float) -> float:
        """dT/dt [K/s] at `temperature` [K] and `power` [W/m^2]."""
        return (power - self.transfer * (temperature - self.ambient)) / self.capacity

    def after(self, temperature: float, power: float, duration: float) -> float:
        """Temperature [K] after a steady `power` [W/m^2] for `duration` [s]; exact."""
        if self.transfer == 0:
            return temperature + power * duration / self.capacity
        end = self.steady(power)
        return end + (temperature - end) * exp(-duration / self.time_constant)


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
        _ = self._conductance, self.storage

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
        flow = made - self._conductance @ rise
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
    def _conductance(self) -> sparse.csr_matrix:
        values = self._regions.on_cells(self.conductivity, "thermal conductivity")
        require(values > 0, values, "thermal conductivity must be positive [W/(m K)]")
        d = self.volumes.divergence
        return sparse.csr_matrix(
            d @ sparse.diags_array(self.volumes.edge_weights(values)) @ d.T + sparse.diags_array(self.loss)
        )

    def _operator(self, rate: float) -> sparse.csr_matrix:
        matrix = sparse.csr_matrix(self._conductance + sparse.diags_array(rate * self.storage))
        matrix.sort_indices()
        return matrix
