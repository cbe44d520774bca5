"""The model: a film, its ions and its contacts, discretised on a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from skfem import MeshTri

from fem.checks import require_positive
from fem.constants import elementary_charge, thermal_voltage, vacuum_permittivity
from fem.coupled_system import CoupledSystem
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.contacts import Contact
from fem.physics.drive import Piece
from fem.physics.electrodes import Electrode, electrodes_on
from fem.physics.layers import ThinLayer
from fem.physics.materials import Material
from fem.physics.nernst_planck import TransportOperator, transport_operator
from fem.physics.periodic import PeriodicSides
from fem.physics.poisson import PoissonOperator, poisson_operator
from fem.physics.populations import Population
from fem.physics.regions import Regions
from fem.physics.scales import Scales
from fem.physics.species import Species
from fem.rest import as_deposited, relaxed
from fem.scale_report import scale_report
from fem.state import State
from fem.unknowns import Unknowns

_BEFORE = -1e-300  # a time just before the drive starts


@dataclass(frozen=True)
class PoissonNernstPlanck:
    """Poisson's equation coupled with Nernst-Planck transport of any number of ion species.

    Parameters
    ----------
    mesh
        Triangles in metres with the names of the mesh contract (see ``docs/architecture.md``).
    material
        Permittivity, fixed charge, recombination.
    species
        Mobile ions.
    contacts
        Electrodes; at least one.
    temperature
        [K].
    layers
        Grain boundaries or surfaces that are lines rather than meshed strips.
    relax_first
        Start from the closed film's equilibrium under the potentials before t = 0 (otherwise from the stated
        concentrations as they are).
    periodic
        Two opposite sides that are one: the film repeats itself. Without it they are closed.

    Raises
    ------
    ValueError
        If a name does not exist in the mesh, a field has no value somewhere or a number makes no sense.
    """

    mesh: MeshTri
    material: Material
    species: Sequence[Species]
    contacts: Sequence[Contact]
    temperature: float = 300.0
    layers: Sequence[ThinLayer] = ()
    relax_first: bool = True
    periodic: PeriodicSides | None = None

    def __post_init__(self) -> None:
        for name in ("species", "contacts", "layers"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        require_positive(self.temperature, "temperature", "K")
        if not self.species:
            raise ValueError("the model needs at least one mobile species")
        names = [one.name for one in self.species]
        if len(set(names)) < len(names):
            raise ValueError(f"two species have the same name: {', '.join(names)}")
        if len({contact.facets for contact in self.contacts}) < len(self.contacts):
            raise ValueError("two contacts are on the same electrode")
        _ = self.system  # resolves and checks every name and field
        stated = [field for one in self.species for field in one.fields]
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
        return tuple(
            transport_operator(self.control_volumes, self.regions, one, self.temperature) for one in self.species
        )

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """What the coupled system follows beside the potential."""
        return tuple(Population.of_ions(*pair) for pair in zip(self.species, self.transports, strict=True))

    @cached_property
    def electrodes(self) -> tuple[Electrode, ...]:
        """Contacts on the mesh."""
        return electrodes_on(self.mesh, self.control_volumes, tuple(self.contacts), tuple(self.species))

    @cached_property
    def system(self) -> CoupledSystem:
        """Residual and Jacobian of the film with its exchanging contacts."""
        return self._system(self.populations, open_contacts=True)

    @property
    def unknowns(self) -> Unknowns:
        """Layout and scaling of the unknowns."""
        return self.system.unknowns

    def _system(self, populations: tuple[Population, ...], open_contacts: bool) -> CoupledSystem:
        unknowns = Unknowns(populations, self.electrodes, self.temperature, open_contacts)
        return CoupledSystem(self.control_volumes, self._poisson, unknowns)

    @cached_property
    def _poisson(self) -> PoissonOperator:
        widths = [
            np.max([transport.inserted_widths[n] for transport in self.transports], axis=0)
            for n in range(len(self.layers))
        ]
        return poisson_operator(self.control_volumes, self.regions, self.material, tuple(widths))

    # --- start ----------------------------------------------------------------------------------------------------

    def initial_values(self) -> Array:
        """Unknowns at rest, before the drive starts, shape (n_unknowns,)."""
        return self._initial_values.copy()

    @cached_property
    def _initial_values(self) -> Array:
        closed = self._closed_film().driven_by(self.pieces(_BEFORE))
        values = as_deposited(closed, _BEFORE)
        if self.relax_first:
            values = relaxed(closed, values, _BEFORE, self.extent)
        full = np.zeros(self.unknowns.size)
        full[: len(values)] = values
        return full

    def _closed_film(self) -> CoupledSystem:
        """The film without exchange and with one diffusivity everywhere, on which its equilibrium does not depend."""
        weights = self.control_volumes.unit_weights
        even = [replace(one, transport=replace(one.transport, weights=weights)) for one in self.populations]
        return self._system(tuple(even), open_contacts=False)

    def initial_state(self) -> State:
        """The film at rest at t = 0, before the drive starts."""
        return self._initial_state

    @cached_property
    def _initial_state(self) -> State:
        values = self.initial_values()
        return self.state(0.0, values, self.pieces(_BEFORE))

    @cached_property
    def start_concentrations(self) -> Array:
        """Concentrations at rest [1/m^3], shape (n_species, n_nodes)."""
        return self.initial_state().concentrations

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
        volts = np.array([piece.value(time) for piece in pieces])
        return State(
            time=time,
            potential=fields[0] * u.thermal_voltage,
            concentrations=fields[1:] * u.unit[:, None],
            exchanged=u.exchanged(values),
            contact_potential=volts,
            contact_charge=self.system.metal_charge(fields, volts),
            contact_current=still if current is None else current,
            contact_current_error=still if error is None else error,
        )

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
        return np.asarray((self.unknowns.storage * state.concentrations).sum(axis=1))

    def film_charge(self, state: State) -> float:
        """Net charge of the film, ions and immobile charge, per metre of depth [C/m]."""
        ions = float(self.unknowns.charges @ self.total_ions(state))
        return elementary_charge * (ions + float(self.system.immobile.sum()))

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

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "temperature [K]": self.temperature,
            "material": self.material.name,
            "material reference": self.material.reference,
            "species": [{"name": one.name, "charge": one.charge} for one in self.species],
            "contacts": [
                {"electrode": e.contact.facets, "drive": e.drive.description, "coating": repr(e.contact.coating),
                 "ions": {name: repr(exchange) for name, exchange in e.contact.ions.items()}}
                for e in self.electrodes
            ],
            "thin layers": [{"region": layer.region, "width [m]": layer.width} for layer in self.layers],
            "periodic sides": [self.periodic.one, self.periodic.other] if self.periodic else [],
            "nodes": int(self.mesh.p.shape[1]),
            "vacuum permittivity [F/m]": vacuum_permittivity,
            "thermal voltage [V]": thermal_voltage(self.temperature),
        }  # fmt: skip
