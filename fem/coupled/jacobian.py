"""Places and constant entries of the Jacobian of the coupled system."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.constants import elementary_charge
from fem.coupled.lattice_terms import LatticeTerms
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.sparsity import Pattern
from fem.physics.poisson import PoissonOperator

Pair = tuple[int, int]


class JacobianPattern:
    """The sparsity pattern of a film's Jacobian, made once.

    Parameters
    ----------
    volumes
        Edges of the mesh.
    unknowns
        Layout of the unknowns.
    moved
        Pairs (k, m) of populations for which the flux of k depends on m.
    reacting
        Pairs for which reactions make the rows of k depend on m.
    lattice
        What a halide lattice adds at the nodes.
    by_the_field
        Populations that reactions make at rates which depend on the electric field.
    """

    def __init__(
        self,
        volumes: ControlVolumes,
        unknowns: Unknowns,
        moved: Iterable[Pair],
        reacting: Iterable[Pair] = (),
        lattice: LatticeTerms | None = None,
        by_the_field: Iterable[int] = (),
    ) -> None:
        self._unknowns = unknowns
        self._first = np.arange(unknowns.n_nodes) * unknowns.n_fields  # the potential of each node
        self._free = np.ones(unknowns.n_nodes, dtype=bool)  # potentials that no bare electrode holds
        for electrode in unknowns.electrodes:
            if electrode.capacitance is None:
                self._free[electrode.nodes] = False
        self._pattern = Pattern(unknowns.size, volumes.nodes)
        self._declare_potential()
        self._declare_fluxes(moved)
        self._declare_exchanges()
        for k, m in reacting:
            self._pattern.block(f"reaction {k} {m}", self._first + k + 1, self._first + m + 1)
        self._around = _with_neighbours(volumes)
        for k in by_the_field:
            node, other = self._around
            self._pattern.block(f"field {k}", self._first[node] + k + 1, self._first[other])
        self._lattice = lattice
        if lattice is not None:
            lattice.declare(self._pattern)
        self._pattern.close()

    def _declare_potential(self) -> None:
        first, free = self._first, self._free
        self._pattern.diagonal("diagonal")
        self._pattern.edges("poisson", first, first, free)
        for k in range(len(self._unknowns.populations)):
            self._pattern.block(f"charge {k}", first[free], first[free] + k + 1)

    def _declare_fluxes(self, moved: Iterable[Pair]) -> None:
        pairs, first = list(moved), self._first
        for k in sorted({k for k, _ in pairs}):
            self._pattern.edges(f"drift {k}", first + k + 1, first)
        for k, m in pairs:
            self._pattern.edges(f"diffusion {k} {m}", first + k + 1, first + m + 1)

    def _declare_exchanges(self) -> None:
        behind = self._unknowns.n_nodes * self._unknowns.n_fields
        for q, one in enumerate(self._unknowns.exchanges):
            potential = self._first[one.electrode.nodes]
            ion, amount = potential + one.species + 1, np.full(len(potential), behind + q)
            for name, rows in (("inflow", ion), ("entered", amount)):
                self._pattern.block(f"{name} {q} by ion", rows, ion)
                self._pattern.block(f"{name} {q} by potential", rows, potential)

    def poisson_entries(self, poisson: PoissonOperator) -> Array:
        """Entries that never change: Poisson's equation, electrodes, carriers that cross them, shape (n_entries,)."""
        unknowns, data = self._unknowns, self._pattern.zeros()
        weights = unknowns.thermal_voltage * poisson.weights
        self._pattern.add_edges(data, "poisson", weights, -weights)
        diagonal = np.zeros(unknowns.size)
        potential = unknowns.nodal(diagonal)[0]
        for electrode in unknowns.electrodes:
            if electrode.capacitance is None:
                potential[electrode.nodes] = -1.0
            else:
                potential[electrode.nodes] -= electrode.capacitance * unknowns.thermal_voltage
        unknowns.nodal(diagonal)[1:][unknowns.absent] = -1.0
        for carrier in unknowns.carrier_exchanges:
            unknowns.nodal(diagonal)[carrier.population + 1, carrier.nodes] -= carrier.rate
        self._pattern.add(data, "diagonal", diagonal)
        for k in range(len(unknowns.populations)):
            charge = elementary_charge * unknowns.charges[k] * unknowns.unit[k] * unknowns.storage[k]
            self._pattern.add(data, f"charge {k}", charge[self._free])
        if self._lattice is not None:
            self._lattice.add_constant(self._pattern, data)
        return data

    def add_drift(self, data: Array, k: int, by_difference: Array) -> None:
        """Add the inflow's derivative by the potential, given the edge flux's by the difference second - first."""
        self._pattern.add_edges(data, f"drift {k}", -by_difference, by_difference)

    def add_diffusion(self, data: Array, k: int, m: int, by_first: Array, by_second: Array) -> None:
        """Add the inflow of species k by the concentration of species m, given the edge flux's derivatives."""
        self._pattern.add_edges(data, f"diffusion {k} {m}", by_first, by_second)

    def add_exchange(self, data: Array, q: int, by_ion: Array, by_potential: Array) -> None:
        """Add the derivatives of the inflow through exchange q at its nodes."""
        for name in ("inflow", "entered"):
            self._pattern.add(data, f"{name} {q} by ion", by_ion)
            self._pattern.add(data, f"{name} {q} by potential", by_potential)

    def add_reaction(self, data: Array, k: int, m: int, slope: Array) -> None:
        """Add the derivative of the rows of population k by population m at each node."""
        self._pattern.add(data, f"reaction {k} {m}", slope)

    def add_field(self, data: Array, k: int, slope: sparse.csr_matrix) -> None:
        """Add the derivative of the rows of population k by the potential, shape (n_nodes, n_nodes)."""
        self._pattern.add(data, f"field {k}", np.asarray(slope[tuple(self._around)]).ravel())

    def shifted(self, jacobian: sparse.csr_matrix, diagonal: Array) -> sparse.csr_matrix:
        """``diag(diagonal) - jacobian``, in the same pattern."""
        data = -jacobian.data
        self._pattern.add(data, "diagonal", diagonal)
        return self._pattern.matrix(data)

    @property
    def entries(self) -> Pattern:
        """Places of the entries by name, for terms that declare their own."""
        return self._pattern

    def matrix(self, data: Array) -> sparse.csr_matrix:
        """The matrix with these entries."""
        return self._pattern.matrix(data)


def _with_neighbours(volumes: ControlVolumes) -> NDArray[np.int64]:
    """Every node with itself and with each of its neighbours, shape (2, n)."""
    i, j = volumes.nodes
    own = np.arange(volumes.n_nodes)
    return np.array([np.concatenate([own, i, j]), np.concatenate([own, j, i])])
