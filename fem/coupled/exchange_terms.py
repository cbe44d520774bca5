"""Ions that cross contacts: what they add to the rows of f at the contacts' nodes and to the ions that have entered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fem.coupled.jacobian import JacobianPattern
from fem.coupled.unknowns import Exchange, Unknowns
from fem.fields import Array
from fem.physics.contacts import ElectrodeReaction
from fem.physics.drives.drive import Piece
from fem.physics.electrodes import inward_flux


@dataclass(frozen=True)
class ExchangeTerms:
    """The exchanges of `unknowns`, under stretches of the contacts' drives that every call names."""

    unknowns: Unknowns

    def inflow(self, time: float, fields: Array, one: Exchange, pieces: Sequence[Piece]) -> tuple[Array, Array, Array]:
        """Inflow at a contact's nodes [m^2/s, in units of the mean], its derivatives by concentration and potential."""
        electrode, unit, volt = one.electrode, self.unknowns.unit[one.species], self.unknowns.thermal_voltage
        nodes, coated = electrode.nodes, electrode.capacitance is not None
        level = electrode.level(pieces[one.contact], time) / volt
        drop = level - fields[0, nodes] if coated else np.zeros(len(nodes))
        if isinstance(one.law, ElectrodeReaction):
            drop = drop - one.law.standard_potential / volt
        charge = self.unknowns.populations[one.species].charge
        flux, by_c, by_drop = inward_flux(one.law, unit * fields[one.species + 1, nodes], drop, charge)
        lengths = electrode.lengths
        return lengths * flux / unit, lengths * by_c, -lengths * by_drop * coated / unit

    def add(self, time: float, fields: Array, out: Array, pieces: Sequence[Piece]) -> None:
        """Add the inflows to f, shape (n_unknowns,)."""
        rows, entered = self.unknowns.nodal(out), self.unknowns.entered(out)
        for q, one in enumerate(self.unknowns.exchanges):
            inflow = self.inflow(time, fields, one, pieces)[0]
            rows[one.species + 1, one.electrode.nodes] += inflow
            entered[q] = inflow.sum()

    def add_slopes(
        self, time: float, fields: Array, pieces: Sequence[Piece], pattern: JacobianPattern, data: Array
    ) -> None:
        """Add their derivatives to the entries `data` of the Jacobian."""
        for q, one in enumerate(self.unknowns.exchanges):
            _, by_c, by_phi = self.inflow(time, fields, one, pieces)
            pattern.add_exchange(data, q, by_c, by_phi)

    def add_sweep(self, time: float, fields: Array, out: Array, pieces: Sequence[Piece]) -> None:
        """Add their derivatives by time, as the voltages change, to those of f, shape (n_unknowns,)."""
        rows, entered = self.unknowns.nodal(out), self.unknowns.entered(out)
        for q, one in enumerate(self.unknowns.exchanges):
            by_phi = self.inflow(time, fields, one, pieces)[2]
            change = -by_phi * pieces[one.contact].rate(time) / self.unknowns.thermal_voltage
            rows[one.species + 1, one.electrode.nodes] += change
            entered[q] = change.sum()
