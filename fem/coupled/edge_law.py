"""What the coupled system asks of a law by which populations move along the edges of the mesh.

A law governs the fluxes of one population or more; each may depend on the potential and on any population at the two
ends of an edge. Fluxes run from the first to the second node of an edge, per metre of depth, in units of the
population's count [m^2/s].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from fem.fields import Array


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
