"""All reactions of a film on its control volumes: what they add to each population, with exact derivatives.

    V_i dc_ki/dt = ... + sum_r nu_kr sum_(sites of r at i) size R_r(c_i shares)

Every population of a reaction gets the same number of events times its stoichiometric number, so that what the
reaction conserves is conserved at each node to round-off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from fem.checks import require_known
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.scatter import sum_at
from fem.physics.enrichment import Enrichment
from fem.physics.reactions.field_assisted import FieldAssisted
from fem.physics.reactions.reaction import CARRIERS, CONDITIONS, FIELD, Reaction
from fem.physics.reactions.sites import Sites
from fem.physics.regions import Regions

Pair = tuple[int, int]


@dataclass(frozen=True)
class Sources:
    """What the reactions do to the populations of each node.

    Parameters
    ----------
    amount
        Particles made per time and metre of depth [1/(m s)], shape (n_populations, n_nodes).
    by
        Derivative of the amount of k by the concentration of m [m^2/s], under (k, m), each of shape (n_nodes,).
    """

    amount: Array
    by: dict[Pair, Array]


@dataclass(frozen=True)
class ReactionTerm:
    """A reaction with its sites; `changes` and `depends` are the populations by number."""

    reaction: Reaction
    sites: Sites
    changes: dict[int, int]
    depends: dict[str, int]
    n_nodes: int

    def events(self, concentrations: Array, light: float, field: Array | None) -> tuple[Array, dict[int, Array]]:
        """Events of each node [1/(m s)], shape (n_nodes,), and their derivatives by the populations' concentrations."""
        if self.depends or FIELD in self.reaction.law.conditions:
            return self._evaluated(concentrations, light, field)
        return (light if "light" in self.reaction.law.conditions else 1.0) * self._table, {}

    @cached_property
    def _table(self) -> Array:
        """Events at light 1, where nothing but light matters, shape (n_nodes,)."""
        return self._evaluated(np.empty((0, self.n_nodes)), 1.0, None)[0]

    def _evaluated(self, concentrations: Array, light: float, field: Array | None) -> tuple[Array, dict[int, Array]]:
        sites = self.sites
        local = {name: sites.shares[name] * concentrations[m, sites.nodes] for name, m in self.depends.items()}
        rate, slopes = self.reaction.law.rate(local, self._values(light, field))
        by = {
            self.depends[name]: sum_at(sites.nodes, sites.sizes * sites.shares[name] * slope, self.n_nodes)
            for name, slope in slopes.items()
            if name != FIELD
        }
        return sum_at(sites.nodes, sites.sizes * rate, self.n_nodes), by

    def by_field(self, concentrations: Array, light: float, field: Array) -> sparse.csr_matrix:
        """Derivative of :meth:`events` by the field in each cell [1/(V s)], shape (n_nodes, n_cells)."""
        sites = self.sites
        local = {name: sites.shares[name] * concentrations[m, sites.nodes] for name, m in self.depends.items()}
        steepness = sites.sizes * self.reaction.law.rate(local, self._values(light, field))[1][FIELD]
        gathered = sparse.csr_matrix(
            (steepness, (sites.nodes, np.arange(len(sites.nodes)))), (self.n_nodes, len(sites.nodes))
        )
        return sparse.csr_matrix(gathered @ sites.strength_by_cell(field))

    def _values(self, light: float, field: Array | None) -> Mapping[str, Array]:
        """Coefficients and conditions at the sites."""
        wanted, values = self.reaction.law.conditions, dict(self.sites.coefficients)
        if "light" in wanted:
            values["light"] = np.full(len(self.sites.nodes), light)
        if FIELD in wanted:
            values[FIELD] = np.zeros(len(self.sites.nodes)) if field is None else self.sites.strength(field)
        return values


@dataclass(frozen=True)
class ReactionNetwork:
    """Reactions on a mesh; made by :meth:`on`."""

    names: tuple[str, ...]
    n_nodes: int
    terms: tuple[ReactionTerm, ...]

    @classmethod
    def on(
        cls,
        volumes: ControlVolumes,
        regions: Regions,
        reactions: Sequence[Reaction],
        enrichments: Mapping[str, Enrichment],
    ) -> "ReactionNetwork":
        """Resolve places and coefficients of `reactions`.

        Parameters
        ----------
        enrichments
            Where each population lives, by name, in the order in which the populations are numbered.

        Raises
        ------
        ValueError
            If a population, place, region or condition does not exist, a coefficient has no value somewhere or one
            that makes no sense, two reactions have the same name, or the populations of one live nowhere together.
        """
        number = {name: k for k, name in enumerate(enrichments)}
        terms: list[ReactionTerm] = []
        for one in reactions:
            if one.name in {term.reaction.name for term in terms}:
                raise ValueError(f"two reactions have the same name: {one.name!r}")
            for name in one.populations:
                require_known(name, number, f"reaction {one.name!r}: population")
            for name in one.law.conditions:
                require_known(name, CONDITIONS, f"reaction {one.name!r}: condition")
            sites = Sites.of(volumes, regions, one, enrichments)
            changes = {number[name]: nu for name, nu in one.stoichiometry.items()}
            terms.append(
                ReactionTerm(one, sites, changes, {name: number[name] for name in one.law.populations}, volumes.n_nodes)
            )
        return cls(tuple(number), volumes.n_nodes, tuple(terms))

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """The reactions, in the order of :meth:`events`."""
        return tuple(term.reaction for term in self.terms)

    def hastened(self, factor: float) -> "ReactionNetwork":
        """The network with all recombination of an electron and a hole so many times as fast.

        Their equilibrium does not depend on how fast it is reached.
        """
        pair = {number for number, name in enumerate(self.names) if name in CARRIERS}
        terms = [
            replace(term, sites=replace(term.sites, sizes=factor * term.sites.sizes))
            if set(term.changes) == pair and set(term.changes.values()) == {-1}
            else term
            for term in self.terms
        ]
        return replace(self, terms=tuple(terms))

    @cached_property
    def couplings(self) -> tuple[Pair, ...]:
        """Pairs (k, m) for which what is made of k depends on m, sorted."""
        return tuple(sorted({(k, m) for term in self.terms for k in term.changes for m in term.depends.values()}))

    @property
    def needs_field(self) -> bool:
        """Whether a reaction depends on the strength of the electric field."""
        return bool(self.by_the_field)

    @cached_property
    def by_the_field(self) -> tuple[int, ...]:
        """Populations that are made at rates which depend on the electric field, sorted."""
        terms = [term for term in self.terms if FIELD in term.reaction.law.conditions]
        return tuple(sorted({k for term in terms for k in term.changes}))

    def strongest_help(self, field: Array) -> tuple[str, float, float] | None:
        """The reaction that the `field` in the cells [V/m] helps most, by which factor [1] and at which field [V/m].

        None if it helps none.
        """
        found = []
        for term in self.terms:
            law = term.reaction.law
            if isinstance(law, FieldAssisted):
                at = term.sites.strength(field)
                factor = law.factor.of(at, term.sites.coefficients)[0]
                found.append((term.reaction.name, float(factor.max()), float(at[factor.argmax()])))
        return max(found, key=lambda one: one[1], default=None)

    @cached_property
    def needs_light(self) -> bool:
        """Whether a reaction depends on the light."""
        return any("light" in term.reaction.law.conditions for term in self.terms)

    def sources(self, concentrations: Array, light: float = 0.0, field: Array | None = None) -> Sources:
        """What the reactions make at each node.

        Parameters
        ----------
        concentrations
            [1/m^3], shape (n_populations, n_nodes).
        light
            Intensity of the light, relative to that of the generation profiles.
        field
            Strength of the electric field in the cells [V/m], shape (n_cells,); None for no field. Derivatives by it:
            :meth:`by_field`.
        """
        amount = np.zeros((len(self.names), self.n_nodes))
        by = {pair: np.zeros(self.n_nodes) for pair in self.couplings}
        for term in self.terms:
            events, slopes = term.events(concentrations, light, field)
            for k, nu in term.changes.items():
                amount[k] += nu * events
                for m, slope in slopes.items():
                    by[k, m] += nu * slope
        return Sources(amount, by)

    def events(self, concentrations: Array, light: float = 0.0, field: Array | None = None) -> Array:
        """Events of each reaction at each node [1/(m s)], shape (n_reactions, n_nodes); see :meth:`sources`."""
        found = [term.events(concentrations, light, field)[0] for term in self.terms]
        return np.array(found).reshape(len(self.terms), self.n_nodes)

    def by_field(self, concentrations: Array, light: float, field: Array) -> dict[int, sparse.csr_matrix]:
        """Derivative of the sources' amount by the field in each cell [1/(V s)], each of shape (n_nodes, n_cells).

        Under the numbers of :attr:`by_the_field`; for the arguments see :meth:`sources`.
        """
        empty = sparse.csr_matrix((self.n_nodes, len(field)))
        out = dict.fromkeys(self.by_the_field, empty)
        for term in self.terms:
            if FIELD in term.reaction.law.conditions:
                slope = term.by_field(concentrations, light, field)
                for k, nu in term.changes.items():
                    out[k] = out[k] + nu * slope
        return out

    def by_light(self, concentrations: Array, field: Array | None = None) -> Array:
        """Derivative of the sources' amount by the light [1/(m s)], shape (n_populations, n_nodes)."""
        out = np.zeros((len(self.names), self.n_nodes))
        for term in self.terms:
            if "light" in term.reaction.law.conditions:
                events = term.events(concentrations, 1.0, field)[0]
                for k, nu in term.changes.items():
                    out[k] += nu * events
        return out
