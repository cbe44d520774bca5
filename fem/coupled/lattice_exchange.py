"""Two halides that change places with the vacancies of their lattice, along the edges of the mesh."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.constants import boltzmann
from fem.coupled.edge_law import EdgeLaw, FluxSlopes
from fem.coupled.lattice_layout import LatticeLayout
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors, two_factors
from fem.numerics.sparse_direct import SolverError
from fem.physics.halides.lattice_transport import LatticeOnMesh

_LOST, _ROUND_OFF = 1e-9, 1e-14  # of the entropy made on all edges, and of all hops: what an edge may seem to lose


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
        """See :class:`~fem.coupled.edge_law.EdgeLaw`."""
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
        """See :class:`~fem.coupled.edge_law.EdgeLaw`."""
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
