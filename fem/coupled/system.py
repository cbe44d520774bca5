"""The coupled Poisson-Nernst-Planck system ``M dy/dt = f(t, y)`` on control volumes: residual and exact Jacobian.

Rows of f: at a node, the charge that is not balanced by displacement [C/m] (zero mass; on a bare electrode the distance
from its voltage), then the inflow of each population with what reactions make of it [m^2/s, in units of its count];
last, the ions that enter through each contact. Where a population does not exist its row holds it at zero.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fem.constants import elementary_charge
from fem.coupled.bounds import Bounds
from fem.coupled.edge_laws import edge_laws
from fem.coupled.electrostatics import Electrostatics
from fem.coupled.exchange_terms import ExchangeTerms
from fem.coupled.field_terms import field_of, sources_by_potential
from fem.coupled.insulated import InsulatedCarriers
from fem.coupled.jacobian import JacobianPattern
from fem.coupled.lattice_terms import LatticeTerms
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.grounded import Sums
from fem.physics.drives.drive import Piece
from fem.physics.poisson import PoissonOperator
from fem.physics.reactions.network import ReactionNetwork, Sources

_CHARGE_SHARE = 0.05  # of the tolerance, for the charge of the contacts: what users look at
_FROZEN = 1e25  # times heavier: what does not move in any step
_DARK = Piece(-np.inf, lambda time: 0.0, lambda time: 0.0)


class CoupledSystem:
    """A film as a :class:`fem.numerics.system.System`.

    Parameters
    ----------
    volumes
        Edges and control volumes.
    poisson
        Poisson's equation on them.
    unknowns
        Populations, contacts and the layout of the unknowns.
    network
        Reactions between the populations, if any.
    """

    def __init__(
        self,
        volumes: ControlVolumes,
        poisson: PoissonOperator,
        unknowns: Unknowns,
        network: ReactionNetwork | None = None,
    ) -> None:
        self.volumes, self.poisson, self.unknowns, self.network = volumes, poisson, unknowns, network
        self.bounds, self.exchanges = Bounds(unknowns), ExchangeTerms(unknowns)
        self.laws = edge_laws(volumes, unknowns)
        self.lattice = LatticeTerms(volumes, unknowns, unknowns.behind) if unknowns.behind else None
        self.electrostatics = Electrostatics(volumes, poisson, unknowns)
        self.mass = unknowns.mass
        self.pieces: tuple[Piece, ...] = ()
        self.light, self.origin = _DARK, 0.0

    def driven_by(self, pieces: Sequence[Piece], light: Piece | None = None) -> "CoupledSystem":
        """The system with its contacts, and its light, on the given stretches of their drives."""
        _ = (
            self._pattern,
            self._constant_jacobian,
            self._has_gaps,
            self._insulated,
        )  # no drive changes these: the copy shares them
        other = copy(self)
        other.pieces, other.light = tuple(pieces), light or _DARK
        return other

    def counted_from(self, origin: float) -> "CoupledSystem":
        """The same with times that count from `origin` [s], so that short steps behind it are not lost to round-off."""
        other = self.driven_by([one.counted_from(origin) for one in self.pieces], self.light.counted_from(origin))
        other.origin = origin
        return other

    @property
    def period(self) -> float:
        """Shortest period of the waves that drive it [s]; 0 without any."""
        return min((one.period for one in (*self.pieces, self.light) if one.period), default=0.0)

    # --- residual -----------------------------------------------------------------------------------------------

    def residual(self, time: float, values: Array) -> Array:
        """f(t, y), shape (n_unknowns,)."""
        fields, out = self.unknowns.nodal(values), np.zeros_like(values)
        rows = self.unknowns.nodal(out)
        rows[0] = self.electrostatics.balance(time, fields, self.pieces)
        for law in self.laws:
            for k, flux in law.fluxes(values):
                rows[k + 1] -= self.volumes.divergence @ flux
        self.exchanges.add(time, fields, out, self.pieces)
        for carrier in self.unknowns.carrier_exchanges:
            row, unit = carrier.population + 1, self.unknowns.unit[carrier.population]
            rows[row, carrier.nodes] += carrier.rate * (carrier.equilibrium / unit - fields[row, carrier.nodes])
        if self.network is not None:
            rows[1:] += self._sources(time, fields).amount / self.unknowns.unit[:, None]
        if self.lattice is not None:
            self.lattice.add(time, values, out, self.pieces)
            if self.lattice.funnel is not None:
                self.lattice.funnel.add(values, out, self.light.value(time))
        if self._has_gaps:
            absent = self.unknowns.absent
            rows[1:][absent] = -fields[1:][absent]
        return out

    @cached_property
    def _has_gaps(self) -> bool:
        """Whether a population is absent anywhere."""
        return bool(self.unknowns.absent.any())

    def _sources(self, time: float, fields: Array) -> Sources:
        """What the reactions do at the nodes, of the populations as they are counted in 1/m^3."""
        assert self.network is not None
        field = field_of(self.network, self.electrostatics, fields)
        return self.network.sources(fields[1:] * self.unknowns.unit[:, None], self.light.value(time), field)

    # --- Jacobian -----------------------------------------------------------------------------------------------

    def jacobian(self, time: float, values: Array) -> sparse.csr_matrix:
        """df/dy, exact; the pattern never changes."""
        u, fields = self.unknowns, self.unknowns.nodal(values)
        data = self._constant_jacobian.copy()
        for law in self.laws:
            for one in law.slopes(values):
                self._pattern.add_drift(data, one.population, one.by_difference)
                for m, (by_first, by_second) in one.by.items():
                    self._pattern.add_diffusion(data, one.population, m, by_first, by_second)
                if self.lattice is not None:
                    self.lattice.add_flux(self._pattern.entries, data, one)
        self.exchanges.add_slopes(time, fields, self.pieces, self._pattern, data)
        if self.network is not None:
            for (k, m), slope in self._sources(time, fields).by.items():
                self._pattern.add_reaction(data, k, m, slope * (u.unit[m] / u.unit[k]))
            light = self.light.value(time)
            for k, helped in sources_by_potential(self.network, self.electrostatics, fields, light).items():
                self._pattern.add_field(data, k, helped)
        if self.lattice is not None:
            self.lattice.add_slopes(time, values, self.pieces, self._pattern.entries, data)
        return self._pattern.matrix(data)

    @cached_property
    def _pattern(self) -> JacobianPattern:
        moved = [pair for law in self.laws for pair in law.couplings]
        reacting = self.network.couplings if self.network else ()
        by_the_field = self.network.by_the_field if self.network else ()
        return JacobianPattern(self.volumes, self.unknowns, moved, reacting, self.lattice, by_the_field)

    @cached_property
    def _constant_jacobian(self) -> Array:
        return self._pattern.poisson_entries(self.poisson)

    def shifted(self, jacobian: sparse.csr_matrix, rate: float) -> sparse.csr_matrix:
        """``rate M - J``, in the pattern of J."""
        return self._pattern.shifted(jacobian, rate * self.mass)

    def time_derivative(self, time: float, values: Array) -> Array:
        """Partial derivative of f with respect to time (the drives), shape (n_unknowns,)."""
        fields, out = self.unknowns.nodal(values), np.zeros(self.unknowns.size)
        rows = self.unknowns.nodal(out)
        rows[0] = self.electrostatics.sweep(time, self.pieces)
        self.exchanges.add_sweep(time, fields, out, self.pieces)
        brighter = self.light.rate(time)
        if self.network is not None and brighter:
            field = field_of(self.network, self.electrostatics, fields)
            made = self.network.by_light(fields[1:] * self.unknowns.unit[:, None], field)
            rows[1:] += brighter * made / self.unknowns.unit[:, None]
        if self.lattice is not None:
            self.lattice.add_sweep(time, values, out, self.pieces)
            if self.lattice.funnel is not None:
                out[self.lattice.behind.level_at] -= self.lattice.behind.content * brighter
        return out

    @cached_property
    def _insulated(self) -> InsulatedCarriers:
        return InsulatedCarriers.of(self.volumes, self.unknowns, self.network)

    def sums(self, time: float, values: Array) -> Sums:
        """Charge and numbers of carriers that no contact reaches."""
        if self.network is None or not len(self._insulated):
            return self._insulated.at(values, None, {})
        fields, light = self.unknowns.nodal(values), self.light.value(time)
        by_potential = sources_by_potential(self.network, self.electrostatics, fields, light)
        return self._insulated.at(values, self._sources(time, fields), by_potential)

    def amounts(self, time: float, values: Array) -> Array:
        """What these sums of the residual are, shape (n_sums,)."""
        reacts = self.network is not None and len(self._insulated)
        sources = self._sources(time, self.unknowns.nodal(values)) if reacts else None
        return self._insulated.amounts(sources)

    # --- services -----------------------------------------------------------------------------------------------

    def hold_algebraic(self, time: float, values: Array) -> Array:
        """`values` with the potential solved from Poisson's equation at fixed populations and contact voltages."""
        new = values.copy() if self.lattice is None else self.lattice.consistent(values, self.light.value(time))
        fields = self.unknowns.nodal(new)
        fields[0] += self.electrostatics.correction(self.electrostatics.balance(time, fields, self.pieces))
        return new

    def deposited(self, values: Array) -> Array:
        """`values` with the composition of a halide lattice as deposited, where the vacancies are."""
        return values if self.lattice is None else self.lattice.deposited(values)

    def rates(self, time: float, values: Array) -> Array:
        """dy/dt by the fluxes at `values`, shape (n_unknowns,)."""
        moving = self.mass > 0
        out = np.zeros_like(values)
        out[moving] = self.residual(time, values)[moving] / self.mass[moving]
        return self.with_potential_rate(time, out)

    def with_potential_rate(self, time: float, rates: Array) -> Array:
        """`rates` of the populations with that of the potential solved from Poisson's equation derived by time."""
        out = rates.copy()
        fields = self.unknowns.nodal(out)
        fields[0] = self.electrostatics.potential_rate(time, fields, self.pieces)
        return out

    def with_frozen_ions(self) -> "CoupledSystem":
        """The system in which only the potential, electrons and holes follow."""
        other = copy(self)
        other.mass = self.mass.copy()
        heavy = self.unknowns.nodal(other.mass)[1:]
        heavy[~self.unknowns.carriers] *= _FROZEN
        other.mass[self.unknowns.n_nodes * self.unknowns.n_fields :] *= _FROZEN
        return other

    def current(self, time: float, values: Array) -> Array:
        """Current from each contact into the film [A/m], all that moves and displacement, shape (n_contacts,)."""
        u = self.unknowns
        weighting, falls = self.electrostatics.weighting, self.electrostatics.falls
        out = self.electrostatics.capacitive_current(np.array([piece.rate(time) for piece in self.pieces]))
        for law in self.laws:
            for k, flux in law.fluxes(values):
                out += elementary_charge * u.charges[k] * u.unit[k] * (falls @ flux)
        for contact, nodes, carried in self._crossing(time, values):
            own = np.zeros(len(out))
            own[contact] = 1.0
            out += (own[:, None] - weighting[:, nodes]) @ carried
        return out

    def _crossing(self, time: float, values: Array) -> Iterator[tuple[int, NDArray[np.int64], Array]]:
        """Every exchange at a contact: its number, its nodes and the charge that enters there [A/m]."""
        u, fields = self.unknowns, self.unknowns.nodal(values)
        if self.lattice is not None:
            yield from self.lattice.crossing(time, values, self.pieces)
        for ions in u.exchanges:
            inflow = self.exchanges.inflow(time, fields, ions, self.pieces)[0] * u.unit[ions.species]
            yield ions.contact, ions.electrode.nodes, elementary_charge * u.charges[ions.species] * inflow
        for one in u.carrier_exchanges:
            inflow = one.rate * (one.equilibrium - fields[one.population + 1, one.nodes] * u.unit[one.population])
            yield one.contact, one.nodes, elementary_charge * u.charges[one.population] * inflow

    def metal_charge(self, fields: Array, volts: Array, moving: bool = False) -> Array:
        """Charge on the metal of each contact; see :meth:`Electrostatics.metal_charge`."""
        return self.electrostatics.metal_charge(fields, volts, moving)

    @property
    def immobile(self) -> Array:
        """Immobile charge numbers per node; see :attr:`Electrostatics.immobile`."""
        return self.electrostatics.immobile

    def scaled_norm(self, change: Array, values: Array) -> float:
        """Size of a change; see :meth:`Bounds.scaled_norm`."""
        return self.bounds.scaled_norm(change, values)

    def error_norm(self, error: Array, last: Array, first: Array) -> float:
        """Size of the error of a step: of the unknowns, or of the charges at their share of the tolerance."""
        values = np.maximum(np.abs(last), np.abs(first))
        size = max(self.bounds.scaled_norm(error, values), self.bounds.reaction_fronts(error, values))
        return max(size, self.electrostatics.charge_error(error, last) / _CHARGE_SHARE)

    def lowest(self, values: Array) -> float:
        """Lowest relative concentration; see :meth:`Bounds.lowest`."""
        return self.bounds.lowest(values)

    def outside(self, values: Array, allowance: float) -> str | None:
        """What violates its bounds; see :meth:`Bounds.outside`."""
        return self.bounds.outside(values, allowance)

    def restored(self, values: Array, before: Array) -> tuple[Array, float]:
        """Ions lost to round-off put back; see :meth:`Bounds.restored`."""
        return self.bounds.restored(values, before)

    def bounded(self, values: Array, change: Array) -> Array:
        """Bounded Newton update; see :meth:`Bounds.bounded`."""
        return self.bounds.bounded(values, change)
