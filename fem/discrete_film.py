"""A film on its mesh: operators, populations, contacts and reactions, put together to the system that is solved."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.coupled.system import CoupledSystem
from fem.coupled.unknowns import Unknowns
from fem.film import Film
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.carriers.carrier_contacts import AlignedContacts
from fem.physics.carriers.semiconductor import Bands, screening_density
from fem.physics.drives.drive import BEFORE, Piece
from fem.physics.electrodes import Electrode, electrodes_on
from fem.physics.halides.lattice_transport import LatticeOnMesh
from fem.physics.nernst_planck import TransportOperator, transport_operator
from fem.physics.poisson import PoissonOperator, poisson_operator
from fem.physics.populations import Population
from fem.physics.reactions.network import ReactionNetwork
from fem.physics.regions import Regions


@dataclass(frozen=True)
class DiscreteFilm(Film):
    """A :class:`~fem.film.Film` whose parts are resolved on its mesh when they are first asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.system  # resolves and checks every name and field
        stated = [field for one in self.species for field in one.fields]
        stated += [field for one in self.all_reactions for field in one.law.coefficients.values()]
        self.regions.require_stated([*stated, self.material.relative_permittivity, self.material.fixed_charge])

    @cached_property
    def control_volumes(self) -> ControlVolumes:
        """Edges and control volumes of the mesh."""
        return ControlVolumes.of(self.mesh).joined(self.regions.joints)

    @cached_property
    def regions(self) -> Regions:
        """Cells and thin layers by name."""
        return Regions(self.mesh, tuple(self.layers), self.periodic)

    @cached_property
    def transports(self) -> tuple[TransportOperator, ...]:
        """Transport operator of each species."""
        own = self.species if self.lattice is None else self.species[:-2]
        made = (transport_operator(self.control_volumes, self.regions, one, self.temperature) for one in own)
        return (*made, *(self.lattice_on_mesh.transports if self.lattice_on_mesh else ()))

    @cached_property
    def lattice_on_mesh(self) -> LatticeOnMesh | None:
        """The halide lattice on the mesh."""
        if self.lattice is None:
            return None
        first = len(self.species) - 2
        return LatticeOnMesh.of(self.control_volumes, self.regions, self.lattice, self.temperature, first)

    @cached_property
    def bands(self) -> Bands | None:
        """The semiconductor on the mesh."""
        if self.semiconductor is None:
            return None
        return Bands.of(self.control_volumes, self.regions, self.semiconductor, self.temperature)

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """What the coupled system follows beside the potential: ions, then electrons and holes."""
        ions = tuple(Population.of_ions(*pair) for pair in zip(self.species, self.transports, strict=True))
        if self.bands is None:
            return ions
        doped, screening = float(np.abs(self.bands.doping).max()), screening_density(self.extent, self.temperature)
        unit = max(doped, screening, self._aligned.densest, *(one.unit for one in ions))
        return (*ions, *(replace(one, unit=unit) for one in self._carriers))

    @cached_property
    def _carriers(self) -> tuple[Population, ...]:
        """Electrons and holes, counted one by one."""
        return () if self.bands is None else self.bands.populations(self.control_volumes, self.regions, 1.0)

    @cached_property
    def _aligned(self) -> AlignedContacts:
        electrodes = electrodes_on(self.mesh, self.control_volumes, tuple(self.contacts), tuple(self.species))
        if self.bands is None:
            return AlignedContacts(electrodes, ())
        electrons, holes = self._carriers
        first = len(self.species)
        return AlignedContacts.of(electrodes, self.bands, self.control_volumes, (electrons, holes), first)

    @property
    def electrodes(self) -> tuple[Electrode, ...]:
        """Contacts on the mesh."""
        return self._aligned.electrodes

    @cached_property
    def network(self) -> ReactionNetwork | None:
        """The reactions on the mesh."""
        if not self.all_reactions:
            return None
        places = {one.name: one.enrichment for one in self.populations}
        return ReactionNetwork.on(self.control_volumes, self.regions, self.all_reactions, places)

    @cached_property
    def lasting(self) -> tuple[str, ...]:
        """The species that nothing makes or consumes."""
        changed = {name for one in self.all_reactions for name in one.stoichiometry}
        if self.lattice is not None and self.lattice.site_exchange > 0:
            changed |= {one.name for one in self.lattice.species}
        return tuple(one.name for one in self.species if one.name not in changed)

    @cached_property
    def system(self) -> CoupledSystem:
        """Residual and Jacobian of the film with its exchanging contacts."""
        return self.closable_system(self.populations, open_contacts=True)

    @property
    def unknowns(self) -> Unknowns:
        """Layout and scaling of the unknowns."""
        return self.system.unknowns

    def driven(self, time: float) -> CoupledSystem:
        """The system on the stretches of contacts' drives and light that hold from `time` [s] on."""
        return self.system.driven_by(self.pieces(time), self.light_drive.piece(time))

    def closable_system(self, populations: tuple[Population, ...], open_contacts: bool) -> CoupledSystem:
        """The system of `populations`; with `open_contacts` false no ion crosses the contacts."""
        changed = {name for one in self.all_reactions for name in one.stoichiometry}
        reacting = tuple(k for k, one in enumerate(populations) if one.name in changed)
        lattice = self.lattice_on_mesh
        if lattice is not None and not open_contacts:  # at rest the vacancies move, the halides stay as deposited
            populations, lattice = lattice.with_halides_held(populations), None
        unknowns = Unknowns(
            populations, self.electrodes, self.temperature, open_contacts, self._aligned.exchanges, reacting, lattice
        )
        return CoupledSystem(self.control_volumes, self._poisson, unknowns, self.network)

    @cached_property
    def _poisson(self) -> PoissonOperator:
        widths = [
            np.max([one.transport.inserted_widths[n] for one in self.populations], axis=0)
            for n in range(len(self.layers))
        ]
        operator = poisson_operator(self.control_volumes, self.regions, self.material, tuple(widths))
        if self.bands is None:
            return operator
        doping = self.control_volumes.node_integrals(self.bands.doping)
        return replace(operator, fixed_charge=operator.fixed_charge + doping)

    def light_at(self, time: float) -> float:
        """Intensity of the light at `time` [s]; before the start where time is 0, as for the state at rest."""
        return self.light_drive(time if time > 0 else BEFORE)

    def pieces(self, time: float) -> list[Piece]:
        """The stretch of each contact's drive that holds from `time` [s] on."""
        return [electrode.drive.piece(time) for electrode in self.electrodes]

    @property
    def extent(self) -> float:
        """Largest side of the film's bounding box [m]."""
        return float(np.ptp(self.mesh.p, axis=1).max())
