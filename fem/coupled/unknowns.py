"""Layout, scaling and bounds of the unknowns.

Node by node: the potential in units of the thermal voltage, then the concentration of each species in units of its
mean. Behind the nodes: the ions that have entered through each exchanging contact, in units of the film's content; with
them ion conservation is a linear invariant, which the time integrator keeps to round-off. Behind those, of a halide
lattice, what has entered each store (both halides, in units of the film's sites) and the nodal q of gradient energy.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fem.constants import thermal_voltage
from fem.coupled.lattice_layout import LatticeLayout
from fem.fields import Array
from fem.physics.carriers.carrier_contacts import CarrierExchange
from fem.physics.contacts import Blocking, IonExchange
from fem.physics.electrodes import Electrode
from fem.physics.halides.lattice_transport import LatticeOnMesh
from fem.physics.populations import Population
from fem.physics.species import Sublattice


@dataclass(frozen=True)
class Exchange:
    """Ions of one species crossing one contact: their numbers in the model, the law and the electrode where they live.

    Raises
    ------
    ValueError
        If they live nowhere at the contact.
    """

    contact: int
    species: int
    law: IonExchange
    electrode: Electrode

    @classmethod
    def of(cls, contact: int, species: int, electrode: Electrode, population: Population) -> "Exchange":
        """The exchange that the contact states."""
        held = electrode.within(population.present)
        if not len(held.nodes):
            raise ValueError(
                f"electrode {electrode.contact.facets!r} exchanges {population.name!r}, which does not exist there:"
                " take the exchange away, or let the species live in the layer there (where)"
            )
        return cls(contact, species, electrode.contact.ions[population.name], held)


@dataclass(frozen=True)
class Unknowns:
    """The vector of unknowns of a film.

    Parameters
    ----------
    populations
        What lives at the nodes beside the potential: ions, then electrons and holes.
    electrodes
        Contacts on the mesh.
    temperature
        [K].
    open_contacts
        Whether ions cross the contacts; without, the film is closed to them.
    carrier_exchanges
        Electrons and holes that cross the contacts.
    reacting
        Numbers of the populations that reactions make or consume.
    lattice
        Halide lattice on which two of the populations live, if any.
    """

    populations: tuple[Population, ...]
    electrodes: tuple[Electrode, ...]
    temperature: float
    open_contacts: bool = True
    carrier_exchanges: tuple[CarrierExchange, ...] = ()
    reacting: tuple[int, ...] = ()
    lattice: LatticeOnMesh | None = None

    @cached_property
    def thermal_voltage(self) -> float:
        """kT/e [V]."""
        return thermal_voltage(self.temperature)

    @cached_property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.populations[0].transport.storage)

    @property
    def n_fields(self) -> int:
        """Unknowns per node."""
        return len(self.populations) + 1

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self.behind.end if self.behind else self.n_nodes * self.n_fields + len(self.exchanges)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """Where each field is in the vector of unknowns, then all that is behind the nodes."""
        end = self.n_nodes * self.n_fields
        fields = tuple(slice(k, end, self.n_fields) for k in range(self.n_fields))
        return fields if self.size == end else (*fields, slice(end, None))

    @property
    def crossed(self) -> bool:
        """Whether ions, halides or carriers cross a contact."""
        return bool(self.exchanges or self.carrier_exchanges or (self.behind and self.behind.stores))

    @cached_property
    def behind(self) -> LatticeLayout | None:
        """The unknowns of a halide lattice that come last."""
        if self.lattice is None:
            return None
        open_to = self.electrodes if self.open_contacts else ()
        return LatticeLayout.of(self.lattice, open_to, self.n_nodes * self.n_fields + len(self.exchanges))

    @property
    def movers(self) -> tuple[Population, ...]:
        """The populations that set the pace of the film: mobile ions, or the carriers of a film without any."""
        charged = tuple(one for one in self.populations if one.mobile and one.charge)
        return tuple(one for one in charged if not one.carrier) or charged or self.populations

    @cached_property
    def charges(self) -> Array:
        """Charge numbers, shape (n_species,)."""
        return np.array([one.charge for one in self.populations], dtype=float)

    @cached_property
    def storage(self) -> Array:
        """Area that stores each species at each node [m^2], shape (n_species, n_nodes)."""
        return np.array([one.transport.storage for one in self.populations])

    @cached_property
    def absent(self) -> NDArray[np.bool_]:
        """Nodes at which a population does not exist, shape (n_species, n_nodes)."""
        return ~np.array([one.present for one in self.populations])

    @cached_property
    def carriers(self) -> NDArray[np.bool_]:
        """Which populations are electrons or holes, shape (n_species,)."""
        return np.array([one.carrier for one in self.populations])

    @cached_property
    def content(self) -> Array:
        """Area that stores each species in the whole film [m^2], shape (n_species,)."""
        return self.storage.sum(axis=1)

    @cached_property
    def unit(self) -> Array:
        """Concentration in which each population is counted [1/m^3], shape (n_species,)."""
        return np.array([one.unit for one in self.populations])

    @cached_property
    def start(self) -> Array:
        """Stated concentrations in units of the mean, shape (n_species, n_nodes)."""
        return np.array([one.transport.start for one in self.populations]) / self.unit[:, None]

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanging contacts, species by species."""
        return tuple(
            Exchange.of(e, k, electrode, one)
            for e, electrode in enumerate(self.electrodes)
            for k, one in enumerate(self.populations)
            if self.open_contacts and not isinstance(electrode.contact.ions.get(one.name, Blocking()), Blocking)
        )

    @cached_property
    def mass(self) -> Array:
        """Diagonal of the mass matrix, zero for potentials, shape (size,)."""
        mass = np.zeros(self.size)
        self.nodal(mass)[1:] = self.storage
        self.entered(mass)[:] = [self.content[one.species] for one in self.exchanges]
        if self.behind is not None:
            self.behind.stored(mass)[:] = self.behind.content
        return mass

    def nodal(self, values: Array) -> Array:
        """View of `values` by field, shape (n_fields, n_nodes): potential, then concentrations."""
        return values[: self.n_nodes * self.n_fields].reshape(self.n_nodes, self.n_fields).T

    def entered(self, values: Array) -> Array:
        """View of the ions that entered, shape (n_exchanges,)."""
        return values[self.n_nodes * self.n_fields :][: len(self.exchanges)]

    def exchanged(self, values: Array) -> Array:
        """Ions that entered through each contact [1/m], shape (n_contacts, n_species)."""
        out = np.zeros((len(self.electrodes), len(self.populations)))
        for one, amount in zip(self.exchanges, self.entered(values), strict=True):
            out[one.contact, one.species] = amount * self.unit[one.species] * self.content[one.species]
        if self.behind is not None:
            k = self.behind.lattice.vacancy
            for contact, given in self.behind.entered(values).items():
                out[contact, k : k + 2] = given
        return out

    def conserved(self, values: Array) -> Array:
        """Ions in the film less those that entered, over the film's content at the start, shape (n_species,)."""
        out = np.einsum("kn,kn->k", self.storage, self.nodal(values)[1:])
        for one, amount in zip(self.exchanges, self.entered(values), strict=True):
            out[one.species] -= amount * self.content[one.species]
        if self.behind is not None:
            given = np.array(list(self.behind.entered(values).values())).reshape(-1, 2).sum(axis=0)
            k = self.behind.lattice.vacancy
            out[k : k + 2] -= given / self.unit[k : k + 2]
        return np.asarray(out / self.content)

    @cached_property
    def sublattices(self) -> tuple[Sublattice, ...]:
        """Every sublattice once."""
        return tuple({one.sublattice: None for one in self.populations if one.sublattice is not None})

    def members(self, sites: Sublattice) -> list[int]:
        """Numbers of the species on a sublattice."""
        return [m for m, one in enumerate(self.populations) if one.sublattice == sites]

    def filling(self, sites: Sublattice, fields: Array) -> Array:
        """Share of the sublattice's sites that is taken, shape (n_nodes,)."""
        members = self.members(sites)
        return np.asarray(self.unit[members] @ fields[1:][members]) / sites.site_density
