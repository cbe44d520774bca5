"""What each edge of a film conducts, and which part of the flux and of its work is done in the boundaries.

The reduced concentration ``u = c / s`` is continuous, and without field the flux of a species along an edge is ``W_ij
(u_i - u_j)`` with the weights of :mod:`fem.physics.nernst_planck`. Summed over the edges of a triangle, ``D s w (u_i -
u_j) (x_j - x_i)`` is its area times its flux, so fluxes of regions of cells add up exactly. The slab of a thin layer
carries ``delta D_b s_b (u_i - u_j) / l`` along each facet, and across it what the cells beside carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.checks import require_known, require_positive
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.hopping import Hopping
from fem.physics.layer_transport import LayerTransport
from fem.physics.layers import ThinLayer
from fem.physics.nernst_planck import TransportOperator, transport_operator
from fem.physics.regions import IntArray, LayerFacets, Regions
from fem.physics.species import Species

BOUNDARIES = "grain_boundary"


@dataclass(frozen=True)
class Span:
    """Cross-sections of a film: across axis 0 (x) or 1 (y), at all places from `start` to `end` [m]."""

    axis: int
    start: float = -inf
    end: float = inf

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(
                f"cross-sections must lie from a lower to a higher place, got {self.start:g} to {self.end:g} m"
            )

    def heights(self, points: Array) -> Array:
        """How much of the span lies below `points`, up to a constant [m], shape (n,)."""
        return np.clip(points[self.axis], self.start, self.end)

    def holds(self, points: Array) -> NDArray[np.bool_]:
        """Whether `points` lie in the span, shape (n,)."""
        return np.asarray((points[self.axis] >= self.start) & (points[self.axis] <= self.end))


@dataclass(frozen=True)
class Conductances:
    """Transport of one species on the edges of a mesh, by region.

    Parameters
    ----------
    volumes, regions
        The mesh as control volumes, and its named parts.
    species
        The ion.
    temperature
        [K].
    transport
        Its weights W [m^2/s] and storage.
    """

    volumes: ControlVolumes
    regions: Regions
    species: Species
    temperature: float
    transport: TransportOperator

    @classmethod
    def of(
        cls, mesh: MeshTri, species: Species, temperature: float, layers: Sequence[ThinLayer] = ()
    ) -> "Conductances":
        """Conductances of a film that need not be part of a model.

        Raises
        ------
        ValueError
            If a name does not exist in the mesh, a field has no value somewhere or a number makes no sense.
        """
        require_positive(temperature, "temperature", "K")
        regions = Regions(mesh, tuple(layers))
        regions.require_stated(species.fields)
        volumes = ControlVolumes.of(mesh).joined(regions.joints)
        return cls(volumes, regions, species, temperature, transport_operator(volumes, regions, species, temperature))

    @classmethod
    def of_model(cls, model: PoissonNernstPlanck, number: int) -> "Conductances":
        """Those of species `number` of a model."""
        return cls(
            model.control_volumes, model.regions, model.species[number], model.temperature, model.transports[number]
        )

    def at(self, temperature: float) -> "Conductances":
        """The same film at another temperature [K]."""
        require_positive(temperature, "temperature", "K")
        transport = transport_operator(self.volumes, self.regions, self.species, temperature)
        return Conductances(self.volumes, self.regions, self.species, temperature, transport)

    @property
    def weights(self) -> Array:
        """W of each edge [m^2/s], shape (n_edges,)."""
        return self.transport.weights

    @cached_property
    def hopping(self) -> Hopping:
        """D and s of each cell, shape (n_cells,)."""
        inside = self.regions.inside(self.species.where, f"{self.species.name}: region")
        return Hopping.on_cells(self.regions, self.species, self.temperature, inside)

    @property
    def cells(self) -> Array:
        """``D s`` of each cell [m^2/s], shape (n_cells,)."""
        return self.hopping.conductivity

    def slab(self, layer: LayerFacets) -> Hopping:
        """D and s of a thin layer, shape (n_facets,)."""
        return self.hopping.on_layer(self.regions, layer, self.species, self.temperature)

    @property
    def parallel_conductance(self) -> float:
        """Integral of ``D s`` over cells and layers [m^4/s]; of a layer counts the excess that conducts along it."""
        facets = slice(0, self.volumes.cell_edges.max() + 1)
        added = (self.weights - self.volumes.edge_weights(self.cells))[facets]
        return float(self.volumes.areas @ self.cells + added @ self.volumes.lengths[facets] ** 2)

    @property
    def series_resistance(self) -> float:
        """Integral of ``1 / (D s)`` over cells, with what lines with two sides add across themselves [s]."""
        total = float((self.volumes.areas / self.cells).sum())
        for layer in self.regions.layer_facets:
            across = layer.joints.across(LayerTransport.of(layer, self.slab(layer), self.hopping).resistance)
            total += float(layer.joints.lengths @ across)
        return total

    @property
    def enrichment_integral(self) -> float:
        """Integral of s over cells and layers [m^2]; of a layer counts the excess over the cells that it lies in."""
        total = float(self.volumes.areas @ self.hopping.enrichment)
        for layer in self.regions.layer_facets:
            beside = self.hopping.enrichment[layer.beside].mean(axis=0)
            total += float((layer.widths * layer.lengths) @ (self.slab(layer).enrichment - beside))
        return total

    # --- regions -------------------------------------------------------------------------------------------------

    def has(self, region: str) -> bool:
        """Whether `region` names cells or a thin layer of the film."""
        return region in self._names

    def find(self, region: str) -> IntArray | tuple[LayerFacets, IntArray]:
        """Cells of `region`, or the thin layer that bears its name and which of the layer's facets belong to it.

        Raises
        ------
        ValueError
            If the film has no such region.
        """
        require_known(region, self._names, "region")
        for layer in self.regions.layer_facets:
            if region in layer.regions:
                return layer, layer.regions[region]
        return self.regions.cells[region]

    def flux_in(self, region: str, drops: Array, span: Span) -> float:
        """Integral over `region` and `span` of the flux density along the span's axis.

        Parameters
        ----------
        region
            Cells or thin layer; of a layer counts its whole width.
        drops
            ``u_i - u_j`` of each edge, or what drives the flux in its place, shape (n_edges,).
        span
            Cross-sections that count.

        Raises
        ------
        ValueError
            If the film has no such region.
        """
        steps = self.steps(span)
        found = self.find(region)
        if not isinstance(found, tuple):
            return float(steps @ (self.volumes.edge_weights(self._only(found)) * drops))
        layer, places = found
        facets, widths, lengths = layer.facets[places], layer.widths[places], layer.lengths[places]
        along = widths * self.slab(layer).conductivity[places] / lengths * drops[facets]
        inside = span.holds(layer.midpoints[:, places])
        return float(steps[facets] @ along + (widths * lengths * inside) @ self._crossing(layer, drops, span)[places])

    def steps(self, span: Span) -> Array:
        """Part of `span` between the ends of each edge, signed as the edge runs [m], shape (n_edges,).

        Joints across lines and ties between periodic sides have none: no cross-section cuts them.
        """
        i, j = self.volumes.nodes
        heights = span.heights(self.regions.mesh.p)
        return np.where(self.volumes.lengths > 0, heights[j] - heights[i], 0.0)

    def power_in(self, region: str, drops: Array) -> float:
        """Integral of flux times driving gradient over `region`; arguments as for :meth:`flux_in`."""
        found = self.find(region)
        if not isinstance(found, tuple):
            return float(self.volumes.edge_weights(self._only(found)) @ drops**2)
        layer, places = found
        conductivity = self.slab(layer).conductivity
        along = layer.widths / layer.lengths * conductivity * drops[layer.facets] ** 2
        return float(along[places].sum()) + self._power_across(layer, places, drops)

    def _power_across(self, layer: LayerFacets, places: IntArray, drops: Array) -> float:
        """Power lost across the slab of a two-sided line."""
        joints, own = layer.joints, self.slab(layer)
        inside = np.isin(joints.sides, places).all(axis=0)
        added = joints.across(LayerTransport.of(layer, own, self.hopping).resistance)
        whole = np.maximum(joints.across(layer.widths / own.conductivity), added)
        flux = drops[joints.first + joints.which] / added
        return float((joints.lengths * whole * flux**2)[inside].sum())

    def _only(self, cells: IntArray) -> Array:
        out = np.zeros_like(self.cells)
        out[cells] = self.cells[cells]
        return out

    def _crossing(self, layer: LayerFacets, drops: Array, span: Span) -> Array:
        """Component along the span's axis of the flux density that crosses `layer`, shape (n_facets,)."""
        i, j = self.volumes.nodes
        points, edges = self.regions.mesh.p, self.volumes.cell_edges
        carried = self.volumes.half_cotangents * drops[edges]
        vectors = (points[:, j] - points[:, i])[:, edges]
        flux = (carried * vectors).sum(axis=1) * self.cells / self.volumes.areas
        tangent = (points[:, j] - points[:, i])[:, layer.facets] / layer.lengths
        normal = np.array([-tangent[1], tangent[0]])
        return np.asarray((flux[:, layer.beside].mean(axis=1) * normal).sum(axis=0) * normal[span.axis])

    @property
    def _names(self) -> set[str]:
        return set(self.regions.cells).union(*(layer.regions for layer in self.regions.layer_facets))
