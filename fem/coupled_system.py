"""The coupled Poisson-Nernst-Planck system ``M dy/dt = f(t, y)`` on control volumes: residual and exact Jacobian.

Rows of f: at a node, the charge that is not balanced by displacement [C/m] (zero mass; on a bare electrode the distance
from its voltage), then the inflow of each species [m^2/s, in units of its mean]; last, the ions that enter through each
contact.
"""

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np
from scipy import sparse

from fem.constants import elementary_charge
from fem.fields import Array
from fem.jacobian import JacobianPattern
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.exponential_fitting import fitting_factors
from fem.numerics.sparse_direct import SparseDirect, best_solver
from fem.physics.contacts import ElectrodeReaction
from fem.physics.drive import Piece
from fem.physics.electrodes import inward_flux
from fem.physics.nernst_planck import EdgeFlux, crowding
from fem.physics.poisson import PoissonOperator
from fem.unknowns import Exchange, Unknowns


class CoupledSystem:
    """A film as a :class:`fem.numerics.system.System`.

    Parameters
    ----------
    volumes
        Edges and control volumes.
    poisson
        Poisson's equation on them.
    unknowns
        Ions, contacts and the layout of the unknowns.
    """

    def __init__(self, volumes: ControlVolumes, poisson: PoissonOperator, unknowns: Unknowns) -> None:
        self.volumes, self.poisson, self.unknowns = volumes, poisson, unknowns
        self.mass = unknowns.mass
        self.pieces: tuple[Piece, ...] = ()
        self._volt = unknowns.thermal_voltage

    def driven_by(self, pieces: Sequence[Piece]) -> "CoupledSystem":
        """The system with its contacts on the given stretches of their drives."""
        _ = self._pattern, self._constant_jacobian, self._poisson_solver, self.immobile  # no drive changes these:
        _ = self._divergence, self._stiffness  # the copy shares them
        other = copy(self)
        other.pieces = tuple(pieces)
        return other

    # --- residual -----------------------------------------------------------------------------------------------

    def residual(self, time: float, values: Array) -> Array:
        """f(t, y), shape (n_unknowns,)."""
        fields, out = self.unknowns.nodal(values), np.zeros_like(values)
        rows = self.unknowns.nodal(out)
        rows[0] = self._charge_defect(fields)
        for electrode, piece in zip(self.unknowns.electrodes, self.pieces, strict=True):
            drop = piece.value(time) / self._volt - fields[0, electrode.nodes]
            if electrode.capacitance is None:
                rows[0, electrode.nodes] = drop
            else:
                rows[0, electrode.nodes] += electrode.capacitance * self._volt * drop
        for k in range(len(self.unknowns.populations)):
            rows[k + 1] = -(self._divergence @ self.edge_flux(k, fields).flux)
        entered = self.unknowns.entered(out)
        for q, one in enumerate(self.unknowns.exchanges):
            inflow = self._inflow(time, fields, one)[0]
            rows[one.species + 1, one.electrode.nodes] += inflow
            entered[q] = inflow.sum()
        return out

    def _charge_defect(self, fields: Array) -> Array:
        """Charge in each control volume minus the displacement that leaves it [C/m], shape (n_nodes,)."""
        u = self.unknowns
        charge = (u.charges * u.unit) @ (u.storage * fields[1:]) + self.immobile
        return elementary_charge * charge - self._volt * (self._stiffness @ fields[0])

    def edge_flux(self, k: int, fields: Array) -> EdgeFlux:
        """Flux of species k along each edge, in units of its mean concentration, with its derivatives."""
        transport = self.unknowns.populations[k].transport
        energy = self.unknowns.charges[k] * fields[0]
        sites = self.unknowns.populations[k].sublattice
        if sites is not None:
            energy = energy + crowding(self.unknowns.filling(sites, fields))[0]
        i, j = self.volumes.nodes
        forth, back, forth_slope, back_slope = fitting_factors(energy[j] - energy[i])
        reduced = fields[k + 1] / transport.enrichment
        return EdgeFlux(
            flux=transport.weights * (forth * reduced[i] - back * reduced[j]),
            by_theta=transport.weights * (forth_slope * reduced[i] - back_slope * reduced[j]),
            by_first=transport.weights * forth / transport.enrichment[i],
            by_second=-transport.weights * back / transport.enrichment[j],
        )

    def _inflow(self, time: float, fields: Array, one: Exchange) -> tuple[Array, Array, Array]:
        """Inflow at a contact's nodes [m^2/s, in units of the mean], its derivatives by concentration and potential."""
        electrode, unit = one.electrode, self.unknowns.unit[one.species]
        nodes, coated = electrode.nodes, electrode.capacitance is not None
        drop = self.pieces[one.contact].value(time) / self._volt - fields[0, nodes] if coated else np.zeros(len(nodes))
        if isinstance(one.law, ElectrodeReaction):
            drop = drop - one.law.standard_potential / self._volt
        charge = self.unknowns.populations[one.species].charge
        flux, by_c, by_drop = inward_flux(one.law, unit * fields[one.species + 1, nodes], drop, charge)
        lengths = electrode.lengths
        return lengths * flux / unit, lengths * by_c, -lengths * by_drop * coated / unit

    # --- Jacobian -----------------------------------------------------------------------------------------------

    def jacobian(self, time: float, values: Array) -> sparse.csr_matrix:
        """df/dy, exact; the pattern never changes."""
        u, fields = self.unknowns, self.unknowns.nodal(values)
        data = self._constant_jacobian.copy()
        for k, one in enumerate(u.populations):
            edge = self.edge_flux(k, fields)
            self._pattern.add_drift(data, k, u.charges[k] * edge.by_theta)
            if one.sublattice is None:
                self._pattern.add_diffusion(data, k, k, edge.by_first, edge.by_second)
                continue
            slope = crowding(u.filling(one.sublattice, fields))[1] / one.sublattice.site_density
            i, j = self.volumes.nodes
            for m in u.members(one.sublattice):
                own = float(m == k)
                crowd = slope * u.unit[m]
                by_i, by_j = (
                    own * edge.by_first - edge.by_theta * crowd[i],
                    own * edge.by_second + edge.by_theta * crowd[j],
                )
                self._pattern.add_diffusion(data, k, m, by_i, by_j)
        for q, exchange in enumerate(u.exchanges):
            _, by_c, by_phi = self._inflow(time, fields, exchange)
            self._pattern.add_exchange(data, q, by_c, by_phi)
        return self._pattern.matrix(data)

    @cached_property
    def _pattern(self) -> JacobianPattern:
        return JacobianPattern(self.volumes, self.unknowns)

    @cached_property
    def _constant_jacobian(self) -> Array:
        return self._pattern.poisson_entries(self.poisson)

    def shifted(self, jacobian: sparse.csr_matrix, rate: float) -> sparse.csr_matrix:
        """``rate M - J``, in the pattern of J."""
        return self._pattern.shifted(jacobian, rate * self.mass)

    def time_derivative(self, time: float, values: Array) -> Array:
        """Partial derivative of f with respect to time (the drives), shape (n_unknowns,)."""
        fields, out = self.unknowns.nodal(values), np.zeros(self.unknowns.size)
        rows, entered = self.unknowns.nodal(out), self.unknowns.entered(out)
        rates = [piece.rate(time) for piece in self.pieces]
        for electrode, rate in zip(self.unknowns.electrodes, rates, strict=True):
            scale = 1.0 / self._volt if electrode.capacitance is None else electrode.capacitance
            rows[0, electrode.nodes] += scale * rate
        for q, one in enumerate(self.unknowns.exchanges):
            by_phi = self._inflow(time, fields, one)[2]
            change = -by_phi * rates[one.contact] / self._volt
            rows[one.species + 1, one.electrode.nodes] += change
            entered[q] = change.sum()
        return out

    # --- services -----------------------------------------------------------------------------------------------

    def hold_algebraic(self, time: float, values: Array) -> Array:
        """`values` with the potential solved from Poisson's equation at fixed ions and the contacts' voltages."""
        new = values.copy()
        defect = self.unknowns.nodal(self.residual(time, values))[0]
        self.unknowns.nodal(new)[0] += self._poisson_solver.solve(np.ascontiguousarray(defect))
        return new

    def rates(self, time: float, values: Array) -> Array:
        """dy/dt by the fluxes at `values`, shape (n_unknowns,)."""
        moving = self.mass > 0
        out = np.zeros_like(values)
        out[moving] = self.residual(time, values)[moving] / self.mass[moving]
        return self.with_potential_rate(time, out)

    def with_potential_rate(self, time: float, rates: Array) -> Array:
        """`rates` of the ions with that of the potential solved from Poisson's equation derived by time."""
        out = rates.copy()
        fields = self.unknowns.nodal(out)
        fields[0] = 0.0
        charging = self._charge_defect(fields) - elementary_charge * self.immobile
        for electrode, piece in zip(self.unknowns.electrodes, self.pieces, strict=True):
            if electrode.capacitance is None:
                charging[electrode.nodes] = piece.rate(time) / self._volt
            else:
                charging[electrode.nodes] += electrode.capacitance * piece.rate(time)
        fields[0] = self._poisson_solver.solve(charging)
        return out

    @cached_property
    def _poisson_solver(self) -> SparseDirect:
        """Factorised matrix of Poisson's equation for the potential alone."""
        columns = np.arange(self.unknowns.n_nodes) * self.unknowns.n_fields
        matrix = self._pattern.matrix(-self._constant_jacobian)
        solver = best_solver()
        solver.factorise(sparse.csr_matrix(matrix[columns][:, columns]))
        return solver

    def metal_charge(self, fields: Array, volts: Array, moving: bool = False) -> Array:
        """Charge on the metal of each contact [C/m], shape (n_contacts,); its rate [A/m] if the arguments are rates."""
        defect = self._charge_defect(fields)
        if moving:
            defect = defect - elementary_charge * self.immobile
        out = np.zeros(len(self.unknowns.electrodes))
        for e, electrode in enumerate(self.unknowns.electrodes):
            if electrode.capacitance is None:
                out[e] = -defect[electrode.nodes].sum()
            else:
                out[e] = electrode.capacitance @ (volts[e] - self._volt * fields[0, electrode.nodes])
        return out

    @cached_property
    def immobile(self) -> Array:
        """Immobile charge numbers per node [1/m]: compensating background plus fixed charge, shape (n_nodes,)."""
        u = self.unknowns
        return self.poisson.fixed_charge - (u.charges * u.unit) @ (u.storage * u.start)

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Size of a change; see :meth:`Unknowns.scaled_norm`."""
        return self.unknowns.scaled_norm(change, values)

    def lowest(self, values: Array) -> float:
        """Lowest relative concentration; see :meth:`Unknowns.lowest`."""
        return self.unknowns.lowest(values)

    def outside(self, values: Array, allowance: float) -> bool:
        """Whether bounds are violated; see :meth:`Unknowns.outside`."""
        return self.unknowns.outside(values, allowance)

    def restored(self, values: Array, before: Array) -> tuple[Array, float]:
        """Ions lost to round-off put back; see :meth:`Unknowns.restored`."""
        return self.unknowns.restored(values, before)

    def bounded(self, values: Array, change: Array) -> Array:
        """Bounded Newton update; see :meth:`Unknowns.bounded`."""
        return self.unknowns.bounded(values, change)

    @cached_property
    def _divergence(self) -> sparse.csr_matrix:
        """Sum of the edge fluxes that leave each node, shape (n_nodes, n_edges)."""
        i, j = self.volumes.nodes
        edge = np.arange(len(i))
        signs = np.concatenate([np.ones(len(i)), -np.ones(len(i))])
        places = (np.concatenate([i, j]), np.concatenate([edge, edge]))
        return sparse.csr_matrix((signs, places), shape=(self.volumes.n_nodes, len(i)))

    @cached_property
    def _stiffness(self) -> sparse.csr_matrix:
        """Poisson's stiffness matrix [F/m], shape (n_nodes, n_nodes)."""
        d = self._divergence
        return sparse.csr_matrix(d @ sparse.diags_array(self.poisson.weights) @ d.T)
