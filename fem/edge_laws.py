"""How populations move along the edges of the mesh: the laws whose fluxes the coupled system balances.

A law governs the fluxes of one population or more; each may depend on the potential and on any population at the two
ends of an edge. Fluxes run from the first to the second node of an edge, per metre of depth, in units of the
population's count [m^2/s].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors, two_factors
from fem.physics.nernst_planck import EdgeFlux, crowding
from fem.unknowns import Unknowns


@dataclass(frozen=True)
class FluxSlopes:
    """Derivatives of the flux of `population` along each edge, arrays of shape (n_edges,).

    `by_difference` is that by the difference of the potential, second node less first [V_T]; `by` holds, for each
    population m, those by its value at the first and at the second node.
    """

    population: int
    by_difference: Array
    by: dict[int, tuple[Array, Array]]


class EdgeLaw(Protocol):
    """Fluxes of some populations."""

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Pairs (k, m) for which the flux of population k depends on population m."""

    def fluxes(self, fields: Array) -> Iterator[tuple[int, Array]]:
        """Each population that the law moves with its flux (n_edges,), at `fields`, shape (n_fields, n_nodes)."""

    def slopes(self, fields: Array) -> Iterator[FluxSlopes]:
        """Exact derivatives of the fluxes."""


@dataclass(frozen=True)
class DriftDiffusion:
    """Drift and diffusion of population `k`, crowded by all that share its sublattice; see ``nernst_planck``."""

    volumes: ControlVolumes
    unknowns: Unknowns
    k: int

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """The population itself, and those on its sublattice."""
        sites = self.unknowns.populations[self.k].sublattice
        return tuple((self.k, m) for m in (self.unknowns.members(sites) if sites else [self.k]))

    def fluxes(self, fields: Array) -> Iterator[tuple[int, Array]]:
        """See :class:`EdgeLaw`."""
        transport, (i, j) = self.unknowns.populations[self.k].transport, self.volumes.nodes
        forth, back = two_factors(self._rise(fields))
        reduced = fields[self.k + 1] / transport.enrichment
        forth *= reduced[i]
        back *= reduced[j]
        forth -= back
        forth *= transport.weights
        yield self.k, forth

    def edge_flux(self, fields: Array) -> EdgeFlux:
        """The flux with its derivatives."""
        transport, (i, j) = self.unknowns.populations[self.k].transport, self.volumes.nodes
        forth, back, forth_slope, back_slope = fitting_factors(self._rise(fields))
        reduced = fields[self.k + 1] / transport.enrichment
        return EdgeFlux(
            flux=transport.weights * (forth * reduced[i] - back * reduced[j]),
            by_theta=transport.weights * (forth_slope * reduced[i] - back_slope * reduced[j]),
            by_first=transport.weights * forth / transport.enrichment[i],
            by_second=-transport.weights * back / transport.enrichment[j],
        )

    def slopes(self, fields: Array) -> Iterator[FluxSlopes]:
        """See :class:`EdgeLaw`."""
        u, k = self.unknowns, self.k
        edge, sites = self.edge_flux(fields), u.populations[k].sublattice
        by = {k: (edge.by_first, edge.by_second)}
        if sites is not None:
            i, j = self.volumes.nodes
            slope = crowding(u.filling(sites, fields))[1] / sites.site_density
            for m in u.members(sites):
                crowd, (first, second) = slope * u.unit[m], by.get(m, (0.0, 0.0))
                by[m] = (first - edge.by_theta * crowd[i], second + edge.by_theta * crowd[j])
        yield FluxSlopes(k, u.charges[k] * edge.by_theta, by)

    def _rise(self, fields: Array) -> Array:
        """Rise of the potential energy along each edge [kT], shape (n_edges,)."""
        energy = self.unknowns.charges[self.k] * fields[0]
        sites = self.unknowns.populations[self.k].sublattice
        if sites is not None:
            energy = energy + crowding(self.unknowns.filling(sites, fields))[0]
        i, j = self.volumes.nodes
        return np.asarray(energy[j] - energy[i])


def edge_laws(volumes: ControlVolumes, unknowns: Unknowns) -> tuple[EdgeLaw, ...]:
    """The laws of a film: drift and diffusion of every population that moves."""
    return tuple(DriftDiffusion(volumes, unknowns, k) for k, one in enumerate(unknowns.populations) if one.mobile)
