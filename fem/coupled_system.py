"""Residual and exact Jacobian of the coupled Poisson-Nernst-Planck system on control volumes.

Unknowns, node by node: the potential in units of the thermal voltage and the concentration of each species in units of its
mean; behind them, the ions that have entered through each exchanging contact, which turns ion conservation into a linear
invariant that the time integrator keeps to round-off. Equations: ``M dy/dt = f(t, y)`` with zero mass for the potential.
"""

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np
from scipy import sparse

from fem.constants import elementary_charge, thermal_voltage
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors
from fem.numerics.sparse_direct import best_solver
from fem.numerics.sparsity import Pattern
from fem.physics.contacts import Blocking, ElectrodeReaction
from fem.physics.drive import Piece
from fem.physics.electrodes import Electrode, inward_flux
from fem.physics.nernst_planck import TransportOperator, crowding
from fem.physics.poisson import PoissonOperator
from fem.physics.species import Species, Sublattice

OVERFILL = 1e-3  # filling above 1 that the continued logarithm can reach at the largest voltages
_NEWTON_SHARE = 0.05  # a Newton update keeps at least this share of a concentration, or of the free sites


class CoupledSystem:
    """``M dy/dt = f(t, y)`` of the film; see :class:`fem.numerics.system.System`.

    Parameters
    ----------
    volumes, poisson, transports, electrodes, species
        The discretised film.
    temperature
        [K].
    exchange
        Whether ions cross the contacts; without, the film is closed.
    """

    def __init__(
        self, volumes: ControlVolumes, poisson: PoissonOperator, transports: Sequence[TransportOperator],
        electrodes: Sequence[Electrode], species: Sequence[Species], temperature: float, exchange: bool = True,
    ) -> None:  # fmt: skip
        self.volumes, self.poisson, self.electrodes = volumes, poisson, tuple(electrodes)
        self.transports, self.species = tuple(transports), tuple(species)
        self.vt = thermal_voltage(temperature)
        self.n_nodes, self.n_species = volumes.n_nodes, len(self.species)
        self.n_fields = self.n_species + 1
        self.charges = np.array([one.charge for one in self.species], dtype=float)
        self.storage = np.array([t.storage for t in self.transports])  # (n_species, n_nodes)
        self.unit = np.array([(t.storage * t.start).sum() / t.storage.sum() for t in self.transports])
        self.start = np.array([t.start for t in self.transports]) / self.unit[:, None]
        self.exchanges = [
            (e, k, electrode.contact.ions[one.name])
            for e, electrode in enumerate(self.electrodes)
            for k, one in enumerate(self.species)
            if exchange and not isinstance(electrode.contact.ions.get(one.name, Blocking()), Blocking)
        ]
        self.n_unknowns = self.n_nodes * self.n_fields + len(self.exchanges)
        self.mass = self._mass()
        self.pieces: tuple[Piece, ...] = ()

    def driven_by(self, pieces: Sequence[Piece]) -> "CoupledSystem":
        """This system with the contacts on the given stretches of their drives."""
        other = copy(self)
        other.pieces = tuple(pieces)
        return other

    def nodal(self, values: Array) -> Array:
        """View of `values` by field, shape (n_fields, n_nodes): potential [V_T], then concentrations [mean]."""
        return values[: self.n_nodes * self.n_fields].reshape(self.n_nodes, self.n_fields).T

    # --- residual -----------------------------------------------------------------------------------------------

    def residual(self, time: float, values: Array) -> Array:
        """f(t, y): charge [C/m] at potential rows, inflow [m^2/s] at concentration rows, shape (n_unknowns,)."""
        fields = self.nodal(values)
        out = np.zeros_like(values)
        rows = self.nodal(out)
        rows[0] = self._charge_defect(fields)
        for electrode, piece in zip(self.electrodes, self.pieces, strict=True):
            volts = piece.value(time) / self.vt
            if electrode.capacitance is None:
                rows[0, electrode.nodes] = volts - fields[0, electrode.nodes]
            else:
                rows[0, electrode.nodes] += electrode.capacitance * self.vt * (volts - fields[0, electrode.nodes])
        for k in range(self.n_species):
            rows[k + 1] = -(self._divergence @ self.edge_flux(k, fields)[0])
        self._add_exchange(time, fields, out)
        return out

    def metal_charge(self, fields: Array, volts: Array, moving: bool = False) -> Array:
        """Charge on the metal of each contact [C/m], shape (n_contacts,); its rate [A/m] if `fields` and `volts` are rates."""
        defect = self._charge_defect(fields)
        if moving:
            defect = defect - elementary_charge * self.immobile
        out = np.zeros(len(self.electrodes))
        for e, electrode in enumerate(self.electrodes):
            if electrode.capacitance is None:
                out[e] = -defect[electrode.nodes].sum()
            else:
                out[e] = electrode.capacitance @ (volts[e] - self.vt * fields[0, electrode.nodes])
        return out

    def _charge_defect(self, fields: Array) -> Array:
        """Charge in each control volume minus the displacement that leaves it [C/m]."""
        charge = (self.charges * self.unit) @ (self.storage * fields[1:]) + self.immobile
        return elementary_charge * charge - self.vt * (self._stiffness @ fields[0])

    def edge_flux(self, k: int, fields: Array) -> tuple[Array, Array, Array, Array]:
        """Flux along each edge, its derivative by theta, B(theta) and B(-theta)."""
        energy = self.charges[k] * fields[0] + self._crowding(k, fields)[0]
        i, j = self.volumes.nodes
        forth, back, forth_slope, back_slope = fitting_factors(energy[j] - energy[i])
        reduced = fields[k + 1] / self.transports[k].enrichment
        weights = self.transports[k].weights
        flux = weights * (forth * reduced[i] - back * reduced[j])
        slope = weights * (forth_slope * reduced[i] - back_slope * reduced[j])
        return flux, slope, forth, back

    def _crowding(self, k: int, fields: Array) -> tuple[Array, Array]:
        sites = self.species[k].sublattice
        if sites is None:
            zero = np.zeros(self.n_nodes)
            return zero, zero
        return crowding(self.filling(sites, fields))

    def filling(self, sites: Sublattice, fields: Array) -> Array:
        """Share of the sublattice's sites that is taken, shape (n_nodes,)."""
        members = self._members(sites)
        return np.asarray(self.unit[members] @ fields[1:][members]) / sites.site_density

    def _members(self, sites: Sublattice) -> list[int]:
        return [m for m, one in enumerate(self.species) if one.sublattice == sites]

    def _add_exchange(self, time: float, fields: Array, out: Array) -> None:
        rows = self.nodal(out)
        for q, (e, k, _) in enumerate(self.exchanges):
            electrode = self.electrodes[e]
            inflow = self._inward(time, fields, q)[0]
            rows[k + 1, electrode.nodes] += inflow
            out[self.n_nodes * self.n_fields + q] = inflow.sum()

    def _inward(self, time: float, fields: Array, q: int) -> tuple[Array, Array, Array]:
        """Inflow of exchange q at its nodes [m^2/s in units of the mean], d / d concentration, d / d potential."""
        e, k, exchange = self.exchanges[q]
        electrode = self.electrodes[e]
        drop = self.pieces[e].value(time) / self.vt - fields[0, electrode.nodes]
        if electrode.capacitance is None:
            drop = np.zeros_like(drop)
        if isinstance(exchange, ElectrodeReaction):
            drop = drop - exchange.standard_potential / self.vt
        concentration = self.unit[k] * fields[k + 1, electrode.nodes]
        flux, by_c, by_drop = inward_flux(exchange, concentration, drop, int(self.charges[k]))
        by_phi = np.zeros_like(by_drop) if electrode.capacitance is None else -by_drop
        lengths = electrode.lengths
        return lengths * flux / self.unit[k], lengths * by_c, lengths * by_phi / self.unit[k]

    # --- Jacobian -----------------------------------------------------------------------------------------------

    def jacobian(self, time: float, values: Array) -> sparse.csr_matrix:
        """df/dy, exact, shape (n_unknowns, n_unknowns); the pattern never changes."""
        fields = self.nodal(values)
        data = self._constant_jacobian.copy()
        for k in range(self.n_species):
            self._add_transport(k, fields, data)
        for q, (_, _, _) in enumerate(self.exchanges):
            _, by_c, by_phi = self._inward(time, fields, q)
            for name, entries in ((f"exchange {q} c", by_c), (f"exchange {q} phi", by_phi)):
                self._pattern.add(data, name, entries)
                self._pattern.add(data, "amount " + name, entries)
        return self._pattern.matrix(data)

    def _add_transport(self, k: int, fields: Array, data: Array) -> None:
        i, j = self.volumes.nodes
        _, slope, forth, back = self.edge_flux(k, fields)
        weights, enrichment = self.transports[k].weights, self.transports[k].enrichment
        self._pattern.add_edges(data, f"{k} phi", -self.charges[k] * slope, self.charges[k] * slope)
        own_i, own_j = weights * forth / enrichment[i], -weights * back / enrichment[j]
        sites = self.species[k].sublattice
        if sites is None:
            self._pattern.add_edges(data, f"{k} c{k}", own_i, own_j)
            return
        excess = self._crowding(k, fields)[1]
        for m in self._members(sites):
            per_unit = excess * self.unit[m] / sites.site_density
            by_i, by_j = -slope * per_unit[i], slope * per_unit[j]
            self._pattern.add_edges(data, f"{k} c{m}", by_i + own_i * (m == k), by_j + own_j * (m == k))

    @cached_property
    def _pattern(self) -> Pattern:
        """Rows and columns of every contribution to the Jacobian."""
        n, nf = self.n_nodes, self.n_fields
        node = np.arange(n) * nf
        pattern = Pattern(self.n_unknowns, self.volumes.nodes)
        pattern.diagonal("diagonal")
        free = self._free_rows
        pattern.edges("poisson", node, node, free)
        for k, one in enumerate(self.species):
            pattern.block(f"charge {k}", node[free], node[free] + k + 1)
            pattern.edges(f"{k} phi", node + k + 1, node)
            for m in self._members(one.sublattice) if one.sublattice else [k]:
                pattern.edges(f"{k} c{m}", node + k + 1, node + m + 1)
        for q, (e, k, _) in enumerate(self.exchanges):
            nodes = node[self.electrodes[e].nodes]
            for name, columns in ((f"exchange {q} c", nodes + k + 1), (f"exchange {q} phi", nodes)):
                pattern.block(name, nodes + k + 1, columns)
                pattern.block("amount " + name, np.full(len(nodes), n * nf + q), columns)
        return pattern.closed()

    @cached_property
    def _constant_jacobian(self) -> Array:
        """Entries that never change: Poisson's equation, electrodes, coatings."""
        pattern, free = self._pattern, self._free_rows
        data = pattern.zeros()
        w = self.vt * self.poisson.weights
        pattern.add_edges(data, "poisson", w, -w)
        diagonal = np.zeros(self.n_unknowns)
        by_field = self.nodal(diagonal)
        for electrode in self.electrodes:
            if electrode.capacitance is None:
                by_field[0, electrode.nodes] = -1.0
            else:
                by_field[0, electrode.nodes] -= electrode.capacitance * self.vt
        pattern.add(data, "diagonal", diagonal)
        for k in range(self.n_species):
            charge = elementary_charge * self.charges[k] * self.unit[k] * self.storage[k]
            pattern.add(data, f"charge {k}", charge[free])
        return data

    # --- services to the solvers --------------------------------------------------------------------------------

    def shifted(self, jacobian: sparse.csr_matrix, rate: float) -> sparse.csr_matrix:
        """``rate M - J``, in the pattern of J."""
        data = -jacobian.data
        self._pattern.add(data, "diagonal", rate * self.mass)
        return self._pattern.matrix(data)

    def time_derivative(self, time: float) -> Array:
        """Partial derivative of f with respect to time (the drives), shape (n_unknowns,)."""
        out = np.zeros(self.n_unknowns)
        rows = self.nodal(out)
        for electrode, piece in zip(self.electrodes, self.pieces, strict=True):
            rate = piece.rate(time)
            scale = 1.0 / self.vt if electrode.capacitance is None else electrode.capacitance
            rows[0, electrode.nodes] += scale * rate
        return out

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Root mean square of the relative change: concentrations against themselves plus 1 % of the mean."""
        fields, moved = self.nodal(np.abs(values)), self.nodal(change)
        ions = moved[1:] / (fields[1:] + 1e-2)
        potential = moved[0] / (1.0 + fields[0].max())
        total = (ions**2).sum() + (potential**2).sum()
        tail = change[self.n_nodes * self.n_fields :] / (np.abs(values[self.n_nodes * self.n_fields :]) + 1.0)
        return float(np.sqrt((total + (tail**2).sum()) / self.n_unknowns))

    def lowest(self, values: Array) -> float:
        """Lowest concentration relative to the mean of its species."""
        return float(self.nodal(values)[1:].min())

    def outside(self, values: Array, allowance: float) -> bool:
        """Whether a concentration lies more than `allowance` below zero or a sublattice is overfull."""
        fields = self.nodal(values)
        if fields[1:].min() < -allowance:
            return True
        return any(self.filling(sites, fields).max() > 1.0 + OVERFILL for sites in self._sublattices)

    def bounded(self, values: Array, change: Array) -> Array:
        """Newton update that keeps concentrations positive and sites free, node by node."""
        new = values + change
        old_fields, fields = self.nodal(values), self.nodal(new)
        fields[1:] = np.maximum(fields[1:], _NEWTON_SHARE * old_fields[1:])
        for sites in self._sublattices:
            members = [m + 1 for m in self._members(sites)]
            before, after = self.filling(sites, old_fields), self.filling(sites, fields)
            highest = np.maximum(1.0 - _NEWTON_SHARE * (1.0 - before), before) + (before >= 1.0) * OVERFILL
            share = np.where(after > highest, (highest - before) / np.maximum(after - before, 1e-300), 1.0)
            fields[members] = old_fields[members] + share * (fields[members] - old_fields[members])
        return new

    def hold_algebraic(self, time: float, values: Array) -> Array:
        """`values` with the potential solved from Poisson's equation at fixed ions and the contacts' potential."""
        new = values.copy()
        fields = self.nodal(new)
        rows = self.nodal(self.residual(time, values))[0]
        solver = self._poisson_solver
        fields[0] += solver.solve(rows)
        return new

    @cached_property
    def _poisson_solver(self):  # type: ignore[no-untyped-def]
        """Factorised Poisson matrix of the potential alone."""
        columns = np.arange(self.n_nodes) * self.n_fields
        matrix = self._pattern.matrix(-self._constant_jacobian)
        solver = best_solver()
        solver.factorise(sparse.csr_matrix(matrix[columns][:, columns]))
        return solver

    @cached_property
    def immobile(self) -> Array:
        """Immobile charge numbers per node [1/m]: compensating background plus fixed charge, shape (n_nodes,)."""
        start = (self.charges * self.unit) @ (self.storage * self.start)
        return self.poisson.fixed_charge - start

    @cached_property
    def _sublattices(self) -> list[Sublattice]:
        return list({one.sublattice: None for one in self.species if one.sublattice is not None})

    @cached_property
    def _free_rows(self) -> np.ndarray:
        """Nodes whose potential is an unknown (not held by a bare electrode), boolean, shape (n_nodes,)."""
        free = np.ones(self.n_nodes, dtype=bool)
        for electrode in self.electrodes:
            if electrode.capacitance is None:
                free[electrode.nodes] = False
        return free

    @cached_property
    def _divergence(self) -> sparse.csr_matrix:
        """Sum of edge fluxes leaving each node, shape (n_nodes, n_edges)."""
        i, j = self.volumes.nodes
        edge = np.arange(len(i))
        signs = np.concatenate([np.ones(len(i)), -np.ones(len(i))])
        coordinates = (np.concatenate([i, j]), np.concatenate([edge, edge]))
        return sparse.csr_matrix((signs, coordinates), shape=(self.n_nodes, len(i)))

    @cached_property
    def _stiffness(self) -> sparse.csr_matrix:
        """Poisson's stiffness matrix [F/m], shape (n_nodes, n_nodes)."""
        d = self._divergence
        return sparse.csr_matrix(d @ sparse.diags_array(self.poisson.weights) @ d.T)

    def _mass(self) -> Array:
        mass = np.zeros(self.n_unknowns)
        self.nodal(mass)[1:] = self.storage
        for q, (_, k, _) in enumerate(self.exchanges):
            mass[self.n_nodes * self.n_fields + q] = self.storage[k].sum()
        return mass
