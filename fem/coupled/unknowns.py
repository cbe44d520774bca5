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
from fem.coupled.lattice_layout import SHARE, LatticeLayout
from fem.fields import Array
from fem.physics.carriers.carrier_contacts import CarrierExchange
from fem.physics.contacts import Blocking, IonExchange
from fem.physics.electrodes import Electrode
from fem.physics.halides.lattice_transport import LatticeOnMesh
from fem.physics.populations import Population
from fem.physics.species import Sublattice

OVERFILL = 1e-3  # filling above 1 that the continued logarithm can reach at the largest voltages
_NEWTON_SHARE = 0.05  # a Newton update keeps at least this share of a concentration, or of the free sites
_ROUND_OFF = 1e-10  # of a species' ions: the most that a step's linear solves may lose and get back
_NOISE = 1e-2  # of the mean of ions, of the largest density of carriers: errors in empty places are measured against it
_OUTNUMBERED = 1e-16  # of the other carriers' largest: so few are round-off
_EMPTY = 1e-30  # likewise where there are no carriers at all
_CARRIERS_BELOW = 1e-3  # of the largest density: how far below zero a step may leave carriers


@dataclass(frozen=True)
class Exchange:
    """Ions of one species crossing one contact: their numbers in the model, the law and the nodes' electrode."""

    contact: int
    species: int
    law: IonExchange
    electrode: Electrode


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
            Exchange(e, k, law, electrode)
            for e, electrode in enumerate(self.electrodes)
            for k, one in enumerate(self.populations)
            if self.open_contacts and not isinstance(law := electrode.contact.ions.get(one.name, Blocking()), Blocking)
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

    def restored(self, values: Array, before: Array) -> tuple[Array, float]:
        """`values` with the ions that round-off in the linear solve has lost since `before`, and their largest share.

        The loss is made good in proportion to the concentration, but only up to round-off size: a larger drift has
        another cause and must stay visible. Populations that react are left alone; carriers that a step leaves
        slightly below zero, where they follow everything else at once, are cut off there.
        """
        lost = self.conserved(before) - self.conserved(values)
        share = np.where((np.abs(lost) <= _ROUND_OFF) & self._kept, lost, 0.0)
        new = values.copy()
        fields = self.nodal(new)[1:]
        held = np.einsum("kn,kn->k", self.storage, fields)
        fields *= 1.0 + (share * self.content / np.where(held > 0, held, 1.0))[:, None]
        fields[self.carriers] = np.maximum(fields[self.carriers], 0.0)
        return new, float(np.abs(share).max())

    @cached_property
    def _kept(self) -> NDArray[np.bool_]:
        """Populations whose number nothing in the film changes, shape (n_species,)."""
        kept = ~self.carriers
        kept[list(self.reacting)] = False
        if self.lattice is not None and self.lattice.lattice.site_exchange > 0:
            kept[[self.lattice.vacancy, self.lattice.second]] = False
        return kept

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

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Root mean square of the relative change: concentrations against themselves plus 1 % of the mean.

        Of a halide lattice's site fractions the largest change counts: they travel as narrow fronts.
        """
        size, moved = self.nodal(np.abs(values)), self.nodal(change)
        largest = size[1:].max(axis=1)
        some = _OUTNUMBERED * largest[self.carriers].max(initial=0.0)
        noise = np.where(self.carriers, np.maximum(_NOISE * largest, some), _NOISE)
        scale = size[1:] + np.maximum(noise, _EMPTY)[:, None]
        if self.lattice is not None:
            scale[self.lattice.second] = SHARE
        ions = moved[1:] / scale
        potential = moved[0] / (1.0 + size[0].max())
        amounts = self.entered(change) / (np.abs(self.entered(values)) + 1.0)
        total = (ions**2).sum() + (potential**2).sum() + (amounts**2).sum()
        total += self.behind.squared_error(change, values) if self.behind else 0.0
        fronts = float(np.abs(ions[self.lattice.second]).max()) if self.lattice is not None else 0.0
        return max(float(np.sqrt(total / self.size)), fronts)

    def lowest(self, values: Array) -> float:
        """Lowest concentration relative to the unit of its ion species."""
        return float(self.nodal(values)[1:][~self.carriers].min(initial=0.0 if self.absent.any() else np.inf))

    def outside(self, values: Array, allowance: float) -> str | None:
        """Which concentration lies more than `allowance` below zero, or what is overfull; None if nothing does."""
        fields = self.nodal(values)
        lowest, highest = fields[1:].min(axis=1), fields[1:].max(axis=1)
        few = _OUTNUMBERED * highest[self.carriers].max(initial=0.0)
        below = lowest < -np.where(self.carriers, np.maximum(_CARRIERS_BELOW * highest, few), allowance)
        if below.any():
            k = int(np.argmax(below))
            against = highest[k] if self.carriers[k] and highest[k] > 0 else 1.0
            unit = "largest" if self.carriers[k] else "mean"
            return f"a concentration of {lowest[k] / against:.1e} of its {unit} ({self.populations[k].name})"
        if self.behind is not None and self.behind.overdrawn(fields, values):
            return "halides outside their shares: a site fraction, or a store at a contact, beyond empty or full"
        for sites in self.sublattices:
            fullest = float(self.filling(sites, fields).max())
            if fullest > 1.0 + OVERFILL:
                return f"the sublattice {sites.name!r} fuller than full ({fullest:.5g} of its sites)"
        return None

    def bounded(self, values: Array, change: Array) -> Array:
        """Newton update that keeps concentrations positive and sites free, node by node."""
        new = values + change
        old_fields, fields = self.nodal(values), self.nodal(new)
        fields[1:] = np.maximum(fields[1:], np.minimum(_NEWTON_SHARE * old_fields[1:], old_fields[1:]))
        for sites in self.sublattices:
            members = [m + 1 for m in self.members(sites)]
            before, after = self.filling(sites, old_fields), self.filling(sites, fields)
            highest = 1.0 + OVERFILL - _NEWTON_SHARE * (1.0 + OVERFILL - before)
            share = np.where(after > highest, (highest - before) / np.maximum(after - before, 1e-300), 1.0)
            fields[members] = old_fields[members] + share * (fields[members] - old_fields[members])
        return new
