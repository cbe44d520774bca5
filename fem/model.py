"""The model: a film, its ions and its contacts, discretised on a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.constants import elementary_charge
from fem.coupled_system import CoupledSystem
from fem.edge_laws import require_dissipation
from fem.fields import Array
from fem.film import Film
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.carrier_contacts import AlignedContacts
from fem.physics.drive import Piece
from fem.physics.electrodes import Electrode, electrodes_on
from fem.physics.lattice_transport import LatticeOnMesh
from fem.physics.nernst_planck import TransportOperator, transport_operator
from fem.physics.poisson import PoissonOperator, poisson_operator
from fem.physics.populations import Population
from fem.physics.reaction_network import ReactionNetwork
from fem.physics.regions import Regions
from fem.physics.scales import Scales
from fem.physics.semiconductor import Bands, screening_density
from fem.rest import Start
from fem.scale_report import scale_report
from fem.state import State
from fem.unknowns import Unknowns

_BEFORE = -1e-300  # a time just before the drive starts


@dataclass(frozen=True)
class PoissonNernstPlanck(Film):
    """A :class:`~fem.film.Film` with Poisson's equation and the transport of all that moves in it, discretised.

    Raises
    ------
    ValueError
        If a name does not exist in the mesh, a field has no value somewhere or a number makes no sense.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.system  # resolves and checks every name and field
        stated = [field for one in self.species for field in one.fields]
        stated += [field for one in self.reactions for field in one.law.coefficients.values()]
        self.regions.require_stated([*stated, self.material.relative_permittivity, self.material.fixed_charge])

    # --- discretisation -------------------------------------------------------------------------------------------

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
        if not self.reactions:
            return None
        places = {one.name: one.enrichment for one in self.populations}
        return ReactionNetwork.on(self.control_volumes, self.regions, self.reactions, places)

    @cached_property
    def lasting(self) -> tuple[str, ...]:
        """The species that nothing makes or consumes."""
        changed = {name for one in self.reactions for name in one.stoichiometry}
        if self.lattice is not None and self.lattice.site_exchange > 0:
            changed |= {one.name for one in self.lattice.species}
        return tuple(one.name for one in self.species if one.name not in changed)

    @cached_property
    def system(self) -> CoupledSystem:
        """Residual and Jacobian of the film with its exchanging contacts."""
        return self._system(self.populations, open_contacts=True)

    @property
    def unknowns(self) -> Unknowns:
        """Layout and scaling of the unknowns."""
        return self.system.unknowns

    def driven(self, time: float) -> CoupledSystem:
        """The system on the stretches of contacts' drives and light that hold from `time` [s] on."""
        return self.system.driven_by(self.pieces(time), self.light_drive.piece(time))

    def _system(self, populations: tuple[Population, ...], open_contacts: bool) -> CoupledSystem:
        changed = {name for one in self.reactions for name in one.stoichiometry}
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
        return self.light_drive(time if time > 0 else _BEFORE)

    # --- start ----------------------------------------------------------------------------------------------------

    def initial_values(self) -> Array:
        """Unknowns at rest, before the drive starts, shape (n_unknowns,)."""
        return self._initial_values.copy()

    @cached_property
    def _initial_values(self) -> Array:
        start = Start(self.system, self._system(self.populations, open_contacts=False))
        return start.values(self.pieces(_BEFORE), self.light_drive.piece(_BEFORE), self.extent, self.relax_first)

    def initial_state(self) -> State:
        """The film at rest at t = 0, before the drive starts."""
        return self._initial_state

    @cached_property
    def _initial_state(self) -> State:
        values = self.initial_values()
        resting = self.driven(_BEFORE)
        carried = resting.current(_BEFORE, values) if self.bands is not None else None
        return self.state(0.0, values, list(resting.pieces), carried)

    @cached_property
    def start_concentrations(self) -> Array:
        """Concentrations at rest [1/m^3], shape (n_species, n_nodes)."""
        return self.initial_state().concentrations

    def at(self, temperature: float) -> "PoissonNernstPlanck":
        """The same film with the same start, by now at another `temperature` [K]."""
        other = replace(self, temperature=temperature)
        other.__dict__["_initial_state"] = self._initial_state
        return other

    def pieces(self, time: float) -> list[Piece]:
        """The stretch of each contact's drive that holds from `time` [s] on."""
        return [electrode.drive.piece(time) for electrode in self.electrodes]

    # --- states ---------------------------------------------------------------------------------------------------

    def state(
        self,
        time: float,
        values: Array,
        pieces: Sequence[Piece],
        current: Array | None = None,
        error: Array | None = None,
    ) -> State:
        """Snapshot from the unknowns, shape (n_unknowns,), and the contacts' currents with their errors (0 at rest)."""
        u, still = self.unknowns, np.zeros(len(self.electrodes))
        fields = u.nodal(values)
        concentrations = fields[1:] * u.unit[:, None]
        volts = np.array([piece.value(time) for piece in pieces])
        return State(
            time=time,
            potential=fields[0] * u.thermal_voltage,
            concentrations=concentrations[: len(self.species)],
            carriers=concentrations[len(self.species) :],
            exchanged=u.exchanged(values)[:, : len(self.species)],
            contact_potential=volts,
            contact_charge=self.system.metal_charge(fields, volts),
            contact_current=still if current is None else current,
            contact_current_error=still if error is None else error,
            temperature=self.temperature,
            **self._halides(values),
        )

    def _halides(self, values: Array) -> dict[str, Array]:
        """Composition and stores of a halide lattice for :meth:`state`."""
        behind, fields = self.unknowns.behind, self.unknowns.nodal(values)
        if behind is None:
            return {}
        k = behind.lattice.vacancy + 1
        require_dissipation(self.system.laws[-1], values)
        return {"share": behind.lattice.composition(fields[k], fields[k + 1]), "stores": behind.held(values)}

    def current(self, rates: Array, sweep: Array) -> Array:
        """Current from each contact into the film [A/m], displacement plus ionic, shape (n_contacts,).

        Parameters
        ----------
        rates
            Time derivatives of the unknowns, shape (n_unknowns,).
        sweep
            Those of the contacts' voltages [V/s], shape (n_contacts,).
        """
        u = self.unknowns
        charging = self.system.metal_charge(u.nodal(rates), sweep, moving=True)
        return np.asarray(charging + elementary_charge * u.exchanged(rates) @ u.charges)

    def total_ions(self, state: State) -> Array:
        """Number of ions of each species in the film, per metre of depth [1/m], shape (n_species,)."""
        return np.asarray((self.unknowns.storage[: len(self.species)] * state.concentrations).sum(axis=1))

    def film_charge(self, state: State) -> float:
        """Net charge of the film, ions, carriers and immobile charge, per metre of depth [C/m]."""
        u, everything = self.unknowns, np.vstack([state.concentrations, state.carriers])
        mobile = float(u.charges @ (u.storage * everything).sum(axis=1))
        return elementary_charge * (mobile + float(self.system.immobile.sum()))

    def electric_field(self, state: State) -> Array:
        """Electric field in each cell [V/m], shape (2, n_cells); cells beside thin layers keep a gap from them."""
        cells = self.mesh.t
        corners = self.mesh.p[:, cells] + self.system.poisson.apart
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        first = state.potential[cells[1]] - state.potential[cells[0]]
        second = state.potential[cells[2]] - state.potential[cells[0]]
        area = a[0] * b[1] - a[1] * b[0]
        return -np.array([first * b[1] - second * a[1], second * a[0] - first * b[0]]) / area

    # --- facts ----------------------------------------------------------------------------------------------------

    @property
    def volumes(self) -> Array:
        """Film area of each node [m^2], shape (n_nodes,), thin layers not counted."""
        return self.control_volumes.node_integrals(np.ones(self.mesh.t.shape[1]))

    @property
    def extent(self) -> float:
        """Largest side of the film's bounding box [m]."""
        return float(np.ptp(self.mesh.p, axis=1).max())

    @property
    def activation_energy_cells(self) -> Array:
        """Activation energy of each species in each cell [J], shape (n_species, n_cells)."""
        return np.array([transport.cell_activation_energy for transport in self.transports])

    def scale_report(self) -> Scales:
        """Characteristic lengths and times of the film, with warnings about what is not resolved."""
        return scale_report(self.mesh, self.control_volumes, self.regions, self.material, self.unknowns)
