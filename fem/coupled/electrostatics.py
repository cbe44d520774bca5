"""Poisson's equation inside the coupled system: charge balance, the metal's charge, the potential alone."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.constants import elementary_charge
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.sparse_direct import SparseDirect, best_solver
from fem.physics.drives.drive import Piece
from fem.physics.poisson import PoissonOperator


class Electrostatics:
    """The potential of a film at given concentrations.

    Parameters
    ----------
    volumes
        Edges and control volumes.
    poisson
        Poisson's equation on them.
    unknowns
        Populations, contacts and the layout of the unknowns.
    """

    def __init__(self, volumes: ControlVolumes, poisson: PoissonOperator, unknowns: Unknowns) -> None:
        self.volumes, self.poisson, self.unknowns = volumes, poisson, unknowns
        self._volt = unknowns.thermal_voltage

    def defect(self, fields: Array, moving: bool = False) -> Array:
        """Charge in each control volume minus the displacement that leaves it [C/m], shape (n_nodes,).

        With `moving`, `fields` are rates and immobile charge does not count [A/m].
        """
        u = self.unknowns
        charge = (u.charges * u.unit) @ (u.storage * fields[1:])
        if not moving:
            charge = charge + self.immobile
        return elementary_charge * charge - self._volt * (self._stiffness @ fields[0])

    def balance(self, time: float, fields: Array, pieces: Sequence[Piece]) -> Array:
        """Rows of Poisson's equation [C/m]; on a bare electrode the distance from its level [V_T], shape (n_nodes,)."""
        rows = self.defect(fields)
        for electrode, piece in zip(self.unknowns.electrodes, pieces, strict=True):
            drop = electrode.level(piece, time) / self._volt - fields[0, electrode.nodes]
            if electrode.capacitance is None:
                rows[electrode.nodes] = drop
            else:
                rows[electrode.nodes] += electrode.capacitance * self._volt * drop
        return rows

    def sweep(self, time: float, pieces: Sequence[Piece]) -> Array:
        """Derivative of :meth:`balance` by time at fixed unknowns, shape (n_nodes,)."""
        rows = np.zeros(self.unknowns.n_nodes)
        for electrode, piece in zip(self.unknowns.electrodes, pieces, strict=True):
            scale = 1.0 / self._volt if electrode.capacitance is None else electrode.capacitance
            rows[electrode.nodes] += scale * piece.rate(time)
        return rows

    def correction(self, balance: Array) -> Array:
        """Change of the potential [V_T] that makes :meth:`balance` vanish at fixed concentrations, shape (n_nodes,)."""
        return self._solver.solve(np.ascontiguousarray(balance))

    def potential_rate(self, time: float, fields: Array, pieces: Sequence[Piece]) -> Array:
        """Rate of the potential [V_T/s] where the concentrations have the rates `fields`, shape (n_nodes,)."""
        still = fields.copy()
        still[0] = 0.0
        charging = self.defect(still, moving=True)
        for electrode in self.unknowns.electrodes:
            if electrode.capacitance is None:
                charging[electrode.nodes] = 0.0
        return self._solver.solve(charging + self.sweep(time, pieces))

    def metal_charge(self, fields: Array, volts: Array, moving: bool = False) -> Array:
        """Charge on the metal of each contact [C/m], shape (n_contacts,); its rate [A/m] if the arguments are rates."""
        defect = self.defect(fields, moving)
        out = np.zeros(len(self.unknowns.electrodes))
        for e, electrode in enumerate(self.unknowns.electrodes):
            if electrode.capacitance is None:
                out[e] = -defect[electrode.nodes].sum()
            else:
                level = volts[e] + (0.0 if moving else electrode.offset)
                out[e] = electrode.capacitance @ (level - self._volt * fields[0, electrode.nodes])
        return out

    def image_charge(self, values: Array) -> Array:
        """Charge that the particles in `values` (n_unknowns,) draw onto each contact at 0 V [C/m], shape (n_contacts,).

        By reciprocity ``Q_e = - sum_i psi_e,i q_i``, with psi_e the potential at 1 V on contact e alone (Shockley,
        doi:10.1063/1.1710367); the potential in `values` does not count.
        """
        u = self.unknowns
        charge = elementary_charge * ((u.charges * u.unit) @ (u.storage * u.nodal(values)[1:]))
        return np.asarray(-(self.weighting @ charge))

    def charge_error(self, error: Array, values: Array) -> float:
        """Charge that the `error` of the particles draws onto a contact, over that which they have moved so far.

        That is at least what the drives' whole range, or V_T if that is more, draws onto the empty film; onto a single
        contact, whose voltage draws nothing, onto the empty film with a second contact opposite.
        """
        start, least = self._charges_at_start
        moved = float(np.abs(self.image_charge(values) - start).max(initial=0.0))
        return float(np.abs(self.image_charge(error)).max(initial=0.0)) / max(moved, least)

    @cached_property
    def _charges_at_start(self) -> tuple[Array, float]:
        """Image charges of the film as stated, shape (n_contacts,), and the least charge that matters [C/m]."""
        u, stated = self.unknowns, np.zeros(self.unknowns.size)
        u.nodal(stated)[1:] = u.start
        ranges = [high - low for low, high in (one.drive.extremes for one in u.electrodes)]
        empty = max((np.abs(self.capacitive_current(one)).max() for one in np.eye(len(ranges))), default=1.0)
        if len(ranges) == 1:
            empty = self._plate
        return self.image_charge(stated), float(empty * max([self._volt, *ranges]))

    @property
    def _plate(self) -> float:
        """Capacitance of the first contact against one as long on the far side of the film [F/m]."""
        area = self.volumes.areas.sum()
        permittivity = 0.5 * (self.poisson.weights @ self.volumes.lengths**2) / area
        return float(permittivity * self.unknowns.electrodes[0].length ** 2 / area)

    def field_strength(self, fields: Array) -> Array:
        """Strength of the electric field in each cell [V/m], shape (n_cells,).

        A triangle of P1 elements holds ``sum of cot(a) (phi_i - phi_j)^2 / 2`` over its edges.
        """
        v = self.volumes
        i, j = v.nodes[:, v.cell_edges]
        energy = (v.half_cotangents * (self._volt * (fields[0, i] - fields[0, j])) ** 2).sum(axis=0)
        return np.sqrt(np.maximum(energy / v.areas, 0.0))

    @cached_property
    def weighting(self) -> Array:
        """Potential of the empty film with one contact at 1 V and the others at 0 [V], shape (n_contacts, n_nodes).

        By the theorem of Shockley and Ramo (doi:10.1063/1.1710367, doi:10.1109/JRPROC.1939.228757) the current of a
        contact is the work per time that this field does on what moves, so no difference of large numbers enters it.
        """
        found = []
        for chosen in self.unknowns.electrodes:
            raised = np.zeros(self.unknowns.n_nodes)
            raised[chosen.nodes] = 1.0 / self._volt if chosen.capacitance is None else chosen.capacitance
            found.append(self._volt * self._solver.solve(raised))
        return np.array(found)

    @cached_property
    def falls(self) -> Array:
        """Fall of each :attr:`weighting` potential along the edges [V], shape (n_contacts, n_edges)."""
        i, j = self.volumes.nodes
        return self.weighting[:, i] - self.weighting[:, j]

    def capacitive_current(self, sweep: Array) -> Array:
        """Current from each contact that charges the empty film where their voltages have the rates `sweep` [A/m]."""
        fields = np.zeros((self.unknowns.n_fields, self.unknowns.n_nodes))
        fields[0] = sweep @ self.weighting / self._volt
        return self.metal_charge(fields, sweep, moving=True)

    @cached_property
    def immobile(self) -> Array:
        """Immobile charge numbers per node [1/m]: compensating background plus fixed charge, shape (n_nodes,)."""
        u = self.unknowns
        compensated = np.array([not one.carrier for one in u.populations])
        return self.poisson.fixed_charge - (u.charges * u.unit * compensated) @ (u.storage * u.start)

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        """Minus the derivative of :meth:`balance` by the potential, shape (n_nodes, n_nodes)."""
        diagonal = np.where(self.held, 1.0, 0.0)
        for electrode in self.unknowns.electrodes:
            if electrode.capacitance is not None:
                diagonal[electrode.nodes] += electrode.capacitance * self._volt
        rows = sparse.diags_array(np.where(self.held, 0.0, 1.0)) @ (self._volt * self._stiffness)
        return sparse.csr_matrix(rows + sparse.diags_array(diagonal))

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Nodes on bare electrodes, shape (n_nodes,)."""
        held = np.zeros(self.unknowns.n_nodes, dtype=bool)
        for electrode in self.unknowns.electrodes:
            held[electrode.nodes] |= electrode.capacitance is None
        return held

    @cached_property
    def _solver(self) -> SparseDirect:
        """Factorised matrix of Poisson's equation for the potential alone."""
        solver = best_solver()
        solver.factorise(self.matrix)
        return solver

    @cached_property
    def _stiffness(self) -> sparse.csr_matrix:
        """Poisson's stiffness matrix [F/m], shape (n_nodes, n_nodes)."""
        d = self.volumes.divergence
        return sparse.csr_matrix(d @ sparse.diags_array(self.poisson.weights) @ d.T)
