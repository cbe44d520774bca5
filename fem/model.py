"""The model: a film, its ions and its contacts, discretised on a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.constants import elementary_charge
from fem.coupled.lattice_exchange import require_dissipation
from fem.discrete_film import DiscreteFilm
from fem.fields import Array
from fem.physics.drives.drive import BEFORE, Piece
from fem.physics.scales import Scales
from fem.rest.imbalance import Imbalance
from fem.rest.start import Start
from fem.scale_report import scale_report
from fem.state import State


@dataclass(frozen=True)
class PoissonNernstPlanck(DiscreteFilm):
    """A :class:`~fem.film.Film` with Poisson's equation and the transport of all that moves in it, discretised.

    Raises
    ------
    ValueError
        If a name does not exist in the mesh, a field has no value somewhere or a number makes no sense.
    """

    # --- start ----------------------------------------------------------------------------------------------------

    def initial_values(self) -> Array:
        """Unknowns at rest, before the drive starts, shape (n_unknowns,)."""
        return self._start[0].copy()

    @property
    def rest(self) -> Imbalance:
        """How the film rests before the drive starts, and how well."""
        return self._start[1]

    @cached_property
    def _start(self) -> tuple[Array, Imbalance]:
        start = Start(self.system, self.closable_system(self.populations, open_contacts=False), self.extent)
        return start.values(self.pieces(BEFORE), self.light_drive.piece(BEFORE), self.relax_first)

    def initial_state(self) -> State:
        """The film at rest at t = 0, before the drive starts."""
        return self._initial_state

    @cached_property
    def _initial_state(self) -> State:
        values = self.initial_values()
        resting = self.driven(BEFORE)
        carried = resting.current(BEFORE, values) if self.bands is not None else None
        return self.state(0.0, values, list(resting.pieces), carried)

    @cached_property
    def start_concentrations(self) -> Array:
        """Concentrations at rest [1/m^3], shape (n_species, n_nodes)."""
        return self.initial_state().concentrations

    def at(self, temperature: float) -> "PoissonNernstPlanck":
        """The same film with the same start, by now at another `temperature` [K].

        Where a thin layer holds more or less of the particles at another temperature, the start is that of as many.
        """
        other, start = replace(self, temperature=temperature), self._initial_state
        room = other.unknowns.storage
        kept = np.divide(self.unknowns.storage, room, out=np.ones_like(room), where=room > 0)
        ions = len(self.species)
        other.__dict__["_initial_state"] = replace(
            start, concentrations=start.concentrations * kept[:ions], carriers=start.carriers * kept[ions:]
        )
        return other

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
        potential = state.potential[self.mesh.t]
        first, second = self._slopes
        return first * (potential[1] - potential[0]) + second * (potential[2] - potential[0])

    @cached_property
    def _slopes(self) -> Array:
        """Field per voltage from the first corner of each cell to the other two [1/m], shape (2, 2, n_cells)."""
        corners = self.mesh.p[:, self.mesh.t] + self.system.poisson.apart
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = a[0] * b[1] - a[1] * b[0]
        return np.array([[-b[1], b[0]], [a[1], -a[0]]]) / area

    # --- facts ----------------------------------------------------------------------------------------------------

    @cached_property
    def volumes(self) -> Array:
        """Film area of each node [m^2], shape (n_nodes,), thin layers not counted."""
        return self.control_volumes.node_integrals(np.ones(self.mesh.t.shape[1]))

    @property
    def activation_energy_cells(self) -> Array:
        """Activation energy of each species in each cell [J], shape (n_species, n_cells)."""
        return np.array([transport.cell_activation_energy for transport in self.transports])

    def scale_report(self) -> Scales:
        """Characteristic lengths and times of the film, with warnings about what is not resolved."""
        return scale_report(self.mesh, self.control_volumes, self.regions, self.material, self.unknowns)
