"""How populations move along the edges of the mesh: the laws whose fluxes the coupled system balances.

A law governs the fluxes of one population or more; each may depend on the potential and on any population at the two
ends of an edge. Fluxes run from the first to the second node of an edge, per metre of depth, in units of the
population's count [m^2/s].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from fem.constants import boltzmann
from fem.coupled.altered import AlteredEdges
from fem.coupled.lattice_layout import LatticeLayout
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors, two_factors
from fem.numerics.sparse_direct import SolverError
from fem.physics.halides.lattice_transport import LatticeOnMesh
from fem.physics.nernst_planck import EdgeFlux, crowding

_LOST, _ROUND_OFF = 1e-9, 1e-14  # of the entropy made on all edges, and of all hops: what an edge may seem to lose


@dataclass(frozen=True)
class FluxSlopes:
    """Derivatives of the flux of `population` along each edge, arrays of shape (n_edges,).

    `by_difference` is that by the difference of the potential, second node less first [V_T]; `by` holds, for each
    population m, those by its value at the first and at the second node; `by_gradient` those by q of a halide lattice,
    `by_level` that by the level of its funnelled carriers.
    """

    population: int
    by_difference: Array
    by: dict[int, tuple[Array, Array]]
    by_gradient: tuple[Array, Array] | None = None
    by_level: Array | None = None


class EdgeLaw(Protocol):
    """Fluxes of some populations."""

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Pairs (k, m) for which the flux of population k depends on population m."""

    def fluxes(self, values: Array) -> Iterator[tuple[int, Array]]:
        """Each population that the law moves with its flux (n_edges,), at the unknowns `values`."""

    def slopes(self, values: Array) -> Iterator[FluxSlopes]:
        """Exact derivatives of the fluxes."""


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
        """See :class:`EdgeLaw`."""
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
        """See :class:`EdgeLaw`."""
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


@dataclass(frozen=True)
class LatticeExchange:
    """Two halides that change places with the vacancies of their lattice; see ``lattice_transport``.

    The flux of halide h takes "h at the first node meets a vacancy at the second" less the reverse,

        F_h = W_h [B(theta_h) h_i r_j - B(-theta_h) h_j r_i],    theta_h = -(phi_j - phi_i) + M_h(j) - M_h(i),

    with r the vacancies over their enrichment. It is the exact two-point solution for few vacancies, constant field and
    constant flux of vacancies on the edge, and vanishes in equilibrium whatever the barriers are.
    """

    volumes: ControlVolumes
    unknowns: Unknowns
    behind: LatticeLayout

    @property
    def lattice(self) -> LatticeOnMesh:
        """The lattice on the mesh."""
        return self.behind.lattice

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Both populations depend on both."""
        pair = (self.lattice.vacancy, self.lattice.second)
        return tuple((k, m) for k in pair for m in pair)

    def hops(self, values: Array) -> tuple[Array, Array]:
        """What goes forth and back on each edge, per halide, both of shape (2, n_edges) [m^2/s]."""
        fields, k = self.unknowns.nodal(values), self.lattice.vacancy + 1
        halides, reduced = self.lattice.halides(fields[k], fields[k + 1]), fields[k] / self._enrichment
        (i, j), (forth, back) = self.volumes.nodes, two_factors(self._rise(values))
        weights = self._weights
        return weights * forth * halides[:, i] * reduced[j], weights * back * halides[:, j] * reduced[i]

    def fluxes(self, values: Array) -> Iterator[tuple[int, Array]]:
        """See :class:`EdgeLaw`."""
        forth, back = self.hops(values)
        flux = forth - back
        yield self.lattice.vacancy, -flux.sum(axis=0)
        yield self.lattice.second, self.lattice.dilution * flux[1]

    def dissipation(self, values: Array) -> Array:
        """Entropy production on each edge [W/(K m)], shape (n_edges,): ``(forth - back) ln(forth / back)``, summed.

        It is never negative where weights are not; edges with an empty end do not count.
        """
        forth, back = self.hops(values)
        counts = (forth * self._weights > 0) & (back * self._weights > 0)
        ratio = np.divide(forth, back, out=np.ones_like(forth), where=counts)
        made = ((forth - back) * np.log(ratio)).sum(axis=0)
        return np.asarray(self.entropy_unit * made)

    @property
    def entropy_unit(self) -> float:
        """Boltzmann's constant times the vacancies' unit [J/(K m^3)]."""
        return boltzmann * float(self.unknowns.unit[self.lattice.vacancy])

    def slopes(self, values: Array) -> Iterator[FluxSlopes]:
        """See :class:`EdgeLaw`."""
        lattice, (i, j), s = self.lattice, self.volumes.nodes, self._enrichment
        fields, k = self.unknowns.nodal(values), lattice.vacancy + 1
        halides, reduced, v0 = lattice.halides(fields[k], fields[k + 1]), fields[k] / s, lattice.dilution
        forth, back, forth_slope, back_slope = fitting_factors(self._rise(values))
        weights = self._weights
        by_theta = weights * (forth_slope * halides[:, i] * reduced[j] - back_slope * halides[:, j] * reduced[i])
        by_h = weights * forth * reduced[j], -weights * back * reduced[i]
        by_r = -weights * back * halides[:, j] / s[i], weights * forth * halides[:, i] / s[j]
        thinning = {lattice.vacancy: np.array([[-v0], [0.0]]), lattice.second: np.array([[-1.0], [1.0]])}
        energies = self.behind.energy_slopes(fields, values)
        by = {}
        for m, energy in zip((lattice.vacancy, lattice.second), energies[:2], strict=True):
            hopping = by_r if m == lattice.vacancy else (0.0, 0.0)
            by[m] = (by_h[0] * thinning[m] + hopping[0] - by_theta * energy[:, i],
                     by_h[1] * thinning[m] + hopping[1] + by_theta * energy[:, j])  # fmt: skip
        bent = (-by_theta * energies[2][:, i], by_theta * energies[2][:, j]) if lattice.has_gradient else None
        lit = by_theta * (energies[3][:, j] - energies[3][:, i]) if lattice.lattice.carriers is not None else None
        for k, total in ((lattice.vacancy, np.array([-1.0, -1.0])), (lattice.second, np.array([0.0, v0]))):
            yield FluxSlopes(
                k, -(total @ by_theta), {m: (total @ one, total @ two) for m, (one, two) in by.items()},
                None if bent is None else (total @ bent[0], total @ bent[1]), None if lit is None else total @ lit,
            )  # fmt: skip

    def _rise(self, values: Array) -> Array:
        """Rise of each halide's energy along each edge [kT], shape (2, n_edges)."""
        (i, j), fields = self.volumes.nodes, self.unknowns.nodal(values)
        rise = -fields[0] + self.behind.energy(fields, values)
        return np.asarray(rise[:, j] - rise[:, i])

    @property
    def _enrichment(self) -> Array:
        return self.lattice.hops[0].enrichment

    @cached_property
    def _weights(self) -> Array:
        return np.array([one.weights for one in self.lattice.hops])


def require_dissipation(law: EdgeLaw, values: Array) -> None:
    """Raise SolverError if the exchange of halides loses entropy on an edge, beyond round-off."""
    if not isinstance(law, LatticeExchange):
        return
    made = law.dissipation(values)
    gross = sum(float(np.abs(one).sum()) for one in law.hops(values)) * law.entropy_unit
    if made.min() < -_LOST * made.sum() - _ROUND_OFF * gross:
        raise SolverError(
            f"the exchange of halides loses entropy on edge {int(made.argmin())} of the mesh ({made.min():.2g} of"
            f" {made.sum():.2g} W/(K m)): mend its non-Delaunay edges (mesh report)"
        )


def edge_laws(volumes: ControlVolumes, unknowns: Unknowns) -> tuple[EdgeLaw, ...]:
    """The laws of a film: exchange on its halide lattice, drift and diffusion of all else that moves."""
    behind = unknowns.behind
    exchanged = (behind.lattice.vacancy, behind.lattice.second) if behind else ()
    moving = (k for k, one in enumerate(unknowns.populations) if one.mobile and k not in exchanged)
    laws: list[EdgeLaw] = [DriftDiffusion(volumes, unknowns, k) for k in moving]
    return (*laws, LatticeExchange(volumes, unknowns, behind)) if behind else tuple(laws)
