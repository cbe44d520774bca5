"""Drift and diffusion of one population along the edges of the mesh."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.coupled.altered import AlteredEdges
from fem.coupled.edge_law import FluxSlopes
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors, two_factors
from fem.physics.nernst_planck import EdgeFlux, crowding


@dataclass(frozen=True)
class DriftDiffusion:
    """Drift and diffusion of population `k`, crowded by all that share its sublattice; see ``nernst_planck``.

    What alters its diffusivity multiplies its fluxes; see :class:`AlteredEdges`.
    """

    volumes: ControlVolumes
    unknowns: Unknowns
    k: int

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """The population itself, those on its sublattice, and those that alter its diffusivity."""
        sites = self.unknowns.populations[self.k].sublattice
        with_it = {*(self.unknowns.members(sites) if sites else ()), self.k, *self._altered.slopes}
        return tuple((self.k, m) for m in sorted(with_it))

    def fluxes(self, values: Array) -> Iterator[tuple[int, Array]]:
        """See :class:`~fem.coupled.edge_law.EdgeLaw`."""
        fields = self.unknowns.nodal(values)
        transport, (i, j) = self.unknowns.populations[self.k].transport, self.volumes.nodes
        forth, back = two_factors(self._rise(fields))
        reduced = fields[self.k + 1] / transport.enrichment
        forth *= reduced[i]
        back *= reduced[j]
        forth -= back
        forth *= transport.weights
        forth *= self._altered.factor(fields)
        yield self.k, forth

    def edge_flux(self, fields: Array) -> EdgeFlux:
        """The flux with its derivatives, those by what alters the diffusivity left out."""
        transport, (i, j) = self.unknowns.populations[self.k].transport, self.volumes.nodes
        forth, back, forth_slope, back_slope = fitting_factors(self._rise(fields))
        reduced, weights = fields[self.k + 1] / transport.enrichment, transport.weights * self._altered.factor(fields)
        return EdgeFlux(
            flux=weights * (forth * reduced[i] - back * reduced[j]),
            by_theta=weights * (forth_slope * reduced[i] - back_slope * reduced[j]),
            by_first=weights * forth / transport.enrichment[i],
            by_second=-weights * back / transport.enrichment[j],
        )

    def slopes(self, values: Array) -> Iterator[FluxSlopes]:
        """See :class:`~fem.coupled.edge_law.EdgeLaw`."""
        u, k, fields = self.unknowns, self.k, self.unknowns.nodal(values)
        edge, sites = self.edge_flux(fields), u.populations[k].sublattice
        by = {k: (edge.by_first, edge.by_second)}
        if sites is not None:
            i, j = self.volumes.nodes
            slope = crowding(u.filling(sites, fields))[1] / sites.site_density
            for m in u.members(sites):
                crowd, (first, second) = slope * u.unit[m], by.get(m, (0.0, 0.0))
                by[m] = (first - edge.by_theta * crowd[i], second + edge.by_theta * crowd[j])
        for m, by_number in self._altered.slopes.items():
            (at_first, at_second), altered = by.get(m, (0.0, 0.0)), edge.flux * by_number
            by[m] = (at_first + altered, at_second + altered)
        yield FluxSlopes(k, u.charges[k] * edge.by_theta, by)

    @cached_property
    def _altered(self) -> AlteredEdges:
        return AlteredEdges(self.volumes, self.unknowns, self.k)

    def _rise(self, fields: Array) -> Array:
        """Rise of the potential energy along each edge [kT], shape (n_edges,)."""
        energy = self.unknowns.charges[self.k] * fields[0]
        sites = self.unknowns.populations[self.k].sublattice
        if sites is not None:
            energy = energy + crowding(self.unknowns.filling(sites, fields))[0]
        i, j = self.volumes.nodes
        return np.asarray(energy[j] - energy[i])
