"""What a halide lattice adds to the coupled system at its nodes: q of the gradient energy, sites, stores at contacts.

Rows: ``m_i q_i - k sum_j w_ij (x_i - x_j) = 0`` for q; at the nodes of a contact what leaves for its store, and for the
store what comes in; and, where lattice sites are made and taken, ``K (c_V0 - c_V)`` new vacancies, which thin out the
halides.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fem.constants import elementary_charge
from fem.coupled.edge_law import FluxSlopes
from fem.coupled.funnel_terms import FunnelTerms
from fem.coupled.lattice_layout import LatticeLayout
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.sparsity import Pattern
from fem.physics.drives.drive import Piece
from fem.physics.halides.store_at_contact import FilmSide, StoreAtContact, StoreFlux


class LatticeTerms:
    """Nodal terms of a halide lattice.

    Parameters
    ----------
    volumes
        Edges and control volumes.
    unknowns
        Layout of the unknowns.
    behind
        Its part for the lattice.
    """

    def __init__(self, volumes: ControlVolumes, unknowns: Unknowns, behind: LatticeLayout) -> None:
        self.volumes, self.unknowns, self.behind, self.lattice = volumes, unknowns, behind, behind.lattice
        lattice = behind.lattice
        self._rate = lattice.lattice.site_exchange
        self._storage = unknowns.storage[lattice.vacancy]
        self._area = np.where(self._storage > 0, self._storage, self._storage.mean())  # q is a number everywhere
        first = np.arange(unknowns.n_nodes) * unknowns.n_fields
        self._places = {
            name: first + k for name, k in (("phi", 0), ("u", lattice.vacancy + 1), ("b", lattice.second + 1))
        }
        if lattice.has_gradient:
            self._places["q"] = behind.gradient_at + np.arange(unknowns.n_nodes)
        self.funnel = FunnelTerms(volumes, unknowns, behind) if lattice.lattice.carriers is not None else None

    # --- residual -----------------------------------------------------------------------------------------------

    def add(self, time: float, values: Array, out: Array, pieces: Sequence[Piece]) -> None:
        """Add the terms to the residual `out`, shape (n,)."""
        u, lattice = self.unknowns, self.lattice
        rows, fields, k = u.nodal(out), u.nodal(values), lattice.vacancy + 1
        if lattice.has_gradient:
            self.behind.gradient(out)[:] += self._area * self.behind.gradient(values) - self._bending(values)
        if self._rate:
            made = self._rate * self._storage * (u.start[lattice.vacancy] - fields[k])
            rows[k] += made
            rows[k + 1] -= lattice.dilution * fields[k + 1] * made
        for store, entering, flux in self._entering(out, self._flows(time, values, pieces)):
            self._cross(rows, store, flux.flux)
            entering += lattice.dilution * flux.flux.sum(axis=1)

    def add_sweep(self, time: float, values: Array, out: Array, pieces: Sequence[Piece]) -> None:
        """Add the derivative of the terms by time at fixed unknowns, shape (n,)."""
        u = self.unknowns
        rows = u.nodal(out)
        for store, entering, flux in self._entering(out, self._flows(time, values, pieces)):
            if store.electrode.capacitance is not None:
                change = flux.by_zeta * pieces[store.contact].rate(time) / u.thermal_voltage
                self._cross(rows, store, change)
                entering += self.lattice.dilution * change.sum(axis=1)

    def crossing(
        self, time: float, values: Array, pieces: Sequence[Piece]
    ) -> Iterator[tuple[int, NDArray[np.int64], Array]]:
        """Each store: its contact, the nodes and the charge that enters the film there [A/m]."""
        scale = elementary_charge * self.unknowns.unit[self.lattice.vacancy]
        for store, flux in zip(self.behind.stores, self._flows(time, values, pieces), strict=True):
            yield store.contact, store.electrode.nodes, scale * flux.flux.sum(axis=0)

    def deposited(self, values: Array) -> Array:
        """`values` with the composition as deposited."""
        new, lattice = values.copy(), self.lattice
        fields = self.unknowns.nodal(new)
        fields[lattice.second + 1] = lattice.share * (1.0 - lattice.dilution * fields[lattice.vacancy + 1])
        return self.consistent(new, 0.0)

    def consistent(self, values: Array, intensity: float) -> Array:
        """`values` with q, and the carriers' level under light of `intensity`, as the composition has them."""
        new = values.copy()
        if self.funnel is not None:
            new[self.behind.level_at] = self.funnel.balanced(values, intensity)
        if self.lattice.has_gradient:
            self.behind.gradient(new)[:] = self._bending(values) / self._area
        return new

    def _bending(self, values: Array) -> Array:
        fields, k = self.unknowns.nodal(values), self.lattice.vacancy + 1
        x, (i, j) = self.lattice.composition(fields[k], fields[k + 1]), self.volumes.nodes
        return np.asarray(self.volumes.divergence @ (self.lattice.gradient_weights * (x[i] - x[j])))

    def _entering(self, out: Array, flows: Iterator[StoreFlux]) -> Iterator[tuple[StoreAtContact, Array, StoreFlux]]:
        """Each store with its amounts in `out` and what flows into it."""
        return zip(self.behind.stores, self.behind.stored(out), flows, strict=True)

    def _cross(self, rows: Array, store: StoreAtContact, flux: Array) -> None:
        """Take what leaves for a store from the rows of its nodes."""
        nodes, k = store.electrode.nodes, self.lattice.vacancy + 1
        rows[k, nodes] += flux.sum(axis=0)
        rows[k + 1, nodes] -= self.lattice.dilution * flux[1]

    def _flows(self, time: float, values: Array, pieces: Sequence[Piece]) -> Iterator[StoreFlux]:
        u, lattice = self.unknowns, self.lattice
        fields, k = u.nodal(values), lattice.vacancy + 1
        for store, entered in zip(self.behind.stores, self.behind.stored(values), strict=True):
            nodes, electrode = store.electrode.nodes, store.electrode
            drop = np.zeros(len(nodes))
            if electrode.capacitance is not None:
                drop = electrode.level(pieces[store.contact], time) / u.thermal_voltage - fields[0, nodes]
            vacancies, second = fields[k], fields[k + 1]
            film = FilmSide(
                lattice.halides(vacancies[nodes], second[nodes]),
                vacancies[nodes] / lattice.hops[0].enrichment[nodes],
                self.behind.energy(fields, values)[:, nodes],
                drop,
            )
            yield store.inflow(film, entered, lattice.interaction, u.thermal_voltage)

    # --- Jacobian -----------------------------------------------------------------------------------------------

    def declare(self, pattern: Pattern) -> None:
        """Declare the places of all terms."""
        at = self._places
        pattern.block("sites u u", at["u"], at["u"])
        pattern.block("sites b u", at["b"], at["u"])
        pattern.block("sites b b", at["b"], at["b"])
        if self.lattice.has_gradient:
            for row in ("u", "b"):
                pattern.edges(f"bending {row} q", at[row], at["q"])
                pattern.edges(f"bending q {row}", at["q"], at[row])
        if self.funnel is not None:
            self.funnel.declare(pattern)
        for s, store in enumerate(self.behind.stores):
            amounts, nodes = self.behind.begin + 2 * s, store.electrode.nodes
            rows = {"u": at["u"][nodes], "b": at["b"][nodes], "0": np.array([amounts]), "1": np.array([amounts + 1])}
            for row, own in rows.items():
                for column, places in at.items():
                    pattern.block(f"store {s} {row} {column}", np.resize(own, len(nodes)), places[nodes])
                for m in (0, 1):
                    pattern.block(f"store {s} {row} {m}", own, np.full(len(own), amounts + m))

    def add_constant(self, pattern: Pattern, data: Array) -> None:
        """Add the entries that never change."""
        if self.lattice.has_gradient:
            diagonal = np.zeros(self.unknowns.size)
            diagonal[self._places["q"]] = self._area
            pattern.add(data, "diagonal", diagonal)

    def add_flux(self, pattern: Pattern, data: Array, slopes: FluxSlopes) -> None:
        """Add the inflow of a population by q and by the carriers' level, given the edge flux's derivatives."""
        if slopes.by_gradient is not None:
            name = "u" if slopes.population == self.lattice.vacancy else "b"
            pattern.add_edges(data, f"bending {name} q", *slopes.by_gradient)
        if self.funnel is not None and slopes.by_level is not None:
            self.funnel.add_flux(pattern, data, slopes.population, slopes.by_level)

    def add_slopes(self, time: float, values: Array, pieces: Sequence[Piece], pattern: Pattern, data: Array) -> None:
        """Add the derivatives of the terms at `values`."""
        u, lattice, v0 = self.unknowns, self.lattice, self.lattice.dilution
        fields, k = u.nodal(values), lattice.vacancy + 1
        if lattice.has_gradient:
            left, (i, j) = lattice.occupied(fields[k]), self.volumes.nodes
            weights = lattice.gradient_weights
            for name, slope in {"b": 1.0 / left, "u": v0 * fields[k + 1] / left**2}.items():
                pattern.add_edges(data, f"bending q {name}", weights * slope[i], -weights * slope[j])
        if self.funnel is not None:
            self.funnel.add_slopes(values, pattern, data)
        if self._rate:
            strength = self._rate * self._storage
            missing = u.start[lattice.vacancy] - fields[k]
            pattern.add(data, "sites u u", -strength)
            pattern.add(data, "sites b u", v0 * strength * fields[k + 1])
            pattern.add(data, "sites b b", -v0 * strength * missing)
        for s, flux in enumerate(self._flows(time, values, pieces)):
            self._add_store(pattern, data, s, flux, values)

    def _add_store(self, pattern: Pattern, data: Array, s: int, flux: StoreFlux, values: Array) -> None:
        u, lattice, v0 = self.unknowns, self.lattice, self.lattice.dilution
        store, fields = self.behind.stores[s], u.nodal(values)
        nodes = store.electrode.nodes
        by_u, by_b, by_q, _ = (flux.by_zeta * one[:, nodes] for one in self.behind.energy_slopes(fields, values))
        coated = store.electrode.capacitance is not None
        by = {
            "phi": -flux.by_zeta * coated,
            "u": by_u + flux.by_vacancy / lattice.hops[0].enrichment[nodes] - flux.by_halide * [[v0], [0.0]],
            "b": by_b + flux.by_halide * [[-1.0], [1.0]],
            **({"q": by_q} if lattice.has_gradient else {}),
        }
        for column, slope in by.items():
            pattern.add(data, f"store {s} u {column}", slope.sum(axis=0))
            pattern.add(data, f"store {s} b {column}", -v0 * slope[1])
            for h in (0, 1):
                pattern.add(data, f"store {s} {h} {column}", v0 * slope[h])
        for m in (0, 1):
            slope = flux.by_entered[:, m]
            pattern.add(data, f"store {s} u {m}", slope.sum(axis=0))
            pattern.add(data, f"store {s} b {m}", -v0 * slope[1])
            for h in (0, 1):
                pattern.add(data, f"store {s} {h} {m}", v0 * slope[h].sum(keepdims=True))
