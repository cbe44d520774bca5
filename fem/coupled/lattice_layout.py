"""Unknowns of a halide lattice behind those of the nodes: what has entered each store, and q of the gradient energy.

Amounts in stores count over the film's sites, so that each halide and the sites are linear invariants of film and
stores together; q is in kT. Last comes the level of funnelled carriers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.physics.electrodes import Electrode
from fem.physics.halides.lattice_transport import LatticeOnMesh
from fem.physics.halides.store_at_contact import StoreAtContact

SHARE = 0.1  # a site fraction's error counts over this: its own tolerance is a tenth of the others'
_DARK = 1e-3  # level of carriers that does not count: a thousandth of the states of the narrowest gap
_SITES_BELOW = 1e-6  # how far below zero a step may leave a halide's site fraction, or a store, over the film's sites


@dataclass(frozen=True)
class LatticeLayout:
    """Where these unknowns stand.

    Parameters
    ----------
    lattice
        The lattice on the mesh.
    stores
        Stores behind contacts.
    begin
        Number of unknowns before.
    content
        Area of the lattice [m^2].
    """

    lattice: LatticeOnMesh
    stores: tuple[StoreAtContact, ...]
    begin: int
    content: float

    @classmethod
    def of(cls, lattice: LatticeOnMesh, electrodes: Sequence[Electrode], begin: int) -> "LatticeLayout":
        """Layout of a film with stores behind some of its `electrodes`."""
        content = float(lattice.hops[0].storage.sum())
        laws = [(number, one, one.contact.halides) for number, one in enumerate(electrodes)]
        stores = tuple(StoreAtContact(number, one, law, content) for number, one, law in laws if law is not None)
        return cls(lattice, stores, begin, content)

    @property
    def gradient_at(self) -> int:
        """Where q begins."""
        return self.begin + 2 * len(self.stores)

    @property
    def end(self) -> int:
        """Number of unknowns with these."""
        return self.level_at + (self.lattice.lattice.carriers is not None)

    @property
    def level_at(self) -> int:
        """Where the level of funnelled carriers stands, if there are any."""
        return self.gradient_at + (len(self.lattice.share) if self.lattice.has_gradient else 0)

    def stored(self, values: Array) -> Array:
        """View of the halides that have entered each store, over the film's sites, shape (n_stores, 2)."""
        return values[self.begin : self.gradient_at].reshape(-1, 2)

    def gradient(self, values: Array) -> Array:
        """View of q [kT], shape (n_nodes,); zeros where there is no gradient energy."""
        own = values[self.gradient_at : self.level_at]
        return own if self.lattice.has_gradient else np.zeros(len(self.lattice.share))

    def composition(self, fields: Array) -> Array:
        """Share x of the second halide at the nodes, shape (n_nodes,)."""
        return self.lattice.composition(fields[self.lattice.vacancy + 1], fields[self.lattice.second + 1])

    def energy(self, fields: Array, values: Array) -> Array:
        """Energies M of both halides at the nodes [kT], shape (2, n_nodes)."""
        k = self.lattice.vacancy + 1
        return self.lattice.energy(fields[k], fields[k + 1], self.gradient(values) + self._pull(fields, values)[0])

    def energy_slopes(self, fields: Array, values: Array) -> tuple[Array, Array, Array, Array]:
        """Derivatives of :meth:`energy` by the vacancies, the second halide, q and the level, each (2, n_nodes)."""
        k, (pull, by_x, by_level) = self.lattice.vacancy + 1, self._pull(fields, values)
        q = self.gradient(values) + pull
        by_u, by_b, by_q = self.lattice.energy_slopes(fields[k], fields[k + 1], q)
        left = self.lattice.occupied(fields[k])
        x = fields[k + 1] / left
        return by_u + by_q * by_x * x * self.lattice.dilution / left, by_b + by_q * by_x / left, by_q, by_q * by_level

    def _pull(self, fields: Array, values: Array) -> tuple[Array, Array, Array]:
        level = float(values[self.level_at]) if self.lattice.lattice.carriers is not None else 0.0
        return self.lattice.pull(self.composition(fields), level)

    def held(self, values: Array) -> Array:
        """Halides in each store [1/m], shape (n_stores, 2)."""
        amounts = [store.held(own) for store, own in zip(self.stores, self.stored(values), strict=True)]
        return self.content * self.lattice.lattice.site_density * np.array(amounts).reshape(-1, 2)

    def entered(self, values: Array) -> dict[int, tuple[float, float]]:
        """Vacancies and second halides that each contact has given to the film [1/m], by its number."""
        whole = self.content * self.lattice.lattice.site_density
        pairs = zip(self.stores, self.stored(values), strict=True)
        return {store.contact: (float(own.sum()) * whole, -float(own[1]) * whole) for store, own in pairs}

    def overdrawn(self, fields: Array, values: Array) -> bool:
        """Whether more of the first halide, or of a store, has been taken than there was."""
        k = self.lattice.vacancy + 1
        least = float(self.lattice.halides(fields[k], fields[k + 1]).min())
        for store, own in zip(self.stores, self.stored(values), strict=True):
            if store.law.thickness is not None:
                least = min(least, float(store.held(own).min()))
        return least < -_SITES_BELOW

    @np.errstate(over="ignore")
    def squared_error(self, change: Array, values: Array) -> float:
        """Sum of the squares of the relative `change` of these unknowns; infinite if that is beyond all numbers."""
        bent = self.gradient(change) / (1.0 + np.abs(self.gradient(values)).max())
        level = change[self.level_at :] / (np.abs(values[self.level_at :]) + _DARK)
        return float((self.stored(change) ** 2).sum() / SHARE**2 + (bent**2).sum() + (level**2).sum())
