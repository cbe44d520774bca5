"""Sites of a reaction: for each node, the parts of its control volume in which all that the reaction knows is equal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes, IntArray
from fem.numerics.scatter import sum_at
from fem.physics.enrichment import Enrichment
from fem.physics.reactions.places import Pieces, Place
from fem.physics.reactions.reaction import FIELD, Reaction
from fem.physics.regions import BoolArray, Regions


@dataclass(frozen=True)
class Sites:
    """Sites of one reaction, one for each node and each set of equal values.

    Parameters
    ----------
    nodes
        Node of each site, ascending, shape (n,).
    sizes
        Area of each [m^2]; on facets, length [m].
    coefficients
        Values by name, each of shape (n,); with the ``n_i`` of the bands where the law asks for it.
    shares
        Density at the site over that of the node, by population of the law, each of shape (n,).
    around
        Of a law that knows the electric field, the share of each cell's squared field in that of the site, shape
        (n, n_cells). Cells count by their area: of those around the node, the ones in which the reaction may run; at
        an interface of populations that share no cell, the ones in which any of them lives.
    """

    nodes: IntArray
    sizes: Array
    coefficients: dict[str, Array]
    shares: dict[str, Array]
    around: sparse.csr_matrix = field(default_factory=lambda: sparse.csr_matrix((0, 0)))

    def strength(self, cells: Array) -> Array:
        """Strength of the electric field at the sites [V/m], shape (n,), from that of the `cells`, shape (n_cells,)."""
        return np.asarray(np.sqrt(self.around @ cells**2))

    def strength_by_cell(self, cells: Array) -> sparse.csr_matrix:
        """Derivative of :meth:`strength` by the field in each cell, shape (n, n_cells); 0 where there is no field."""
        own = self.strength(cells)
        inverse = np.divide(1.0, own, out=np.zeros_like(own), where=own > 0)
        return sparse.csr_matrix(sparse.diags_array(inverse) @ self.around @ sparse.diags_array(cells))

    @classmethod
    def of(
        cls, volumes: ControlVolumes, regions: Regions, reaction: Reaction, enrichments: Mapping[str, Enrichment]
    ) -> "Sites":
        """Sites of `reaction` for populations with the given `enrichments`.

        Raises
        ------
        ValueError
            If a place or region does not exist, a coefficient has no value somewhere or one that makes no sense, or
            the populations live nowhere together.
        """
        films = {name: enrichments[name] for name in reaction.populations}
        place = Place(volumes, regions, reaction, films)
        sites = _merged(place.pieces(), reaction, films)
        if not len(sites.nodes):
            there = "anywhere" if reaction.where is None else f"in {reaction.where!r}"
            raise ValueError(f"reaction {reaction.name!r}: {', '.join(films)} do not live together {there}")
        _require_sensible(sites.coefficients, reaction)
        if FIELD not in reaction.law.conditions:
            return sites
        return replace(sites, around=_shares_of_cells(volumes, place.field_cells)[sites.nodes])


def _merged(pieces: list[Pieces], reaction: Reaction, films: Mapping[str, Enrichment]) -> Sites:
    """One site for each node and each set of equal values, without those of which thin layers leave nothing."""
    names, law = list(reaction.law.coefficients), list(reaction.law.populations)
    values = [np.concatenate([one.coefficients[name] for one in pieces]) for name in names]
    values += [np.concatenate([one.enrichments[name] for one in pieces]) for name in law]
    first = np.cumsum([0, *(len(one.sizes) for one in pieces)])
    row = np.concatenate([np.tile(np.arange(a, a + len(one.sizes)), len(one.nodes))
                          for a, one in zip(first[:-1], pieces, strict=True)])  # fmt: skip
    nodes = np.concatenate([one.nodes.ravel() for one in pieces])
    sizes = np.concatenate([np.tile(one.sizes, len(one.nodes)) for one in pieces])
    key = nodes * (int(first[-1]) + 1) + _groups(values, int(first[-1]))[row]
    unique, at, which = np.unique(key, return_index=True, return_inverse=True)
    total = sum_at(which, sizes, len(unique))
    kept = at[total > 0]
    taken = [column[row[kept]] for column in values]
    coefficients = dict(zip(names, taken[: len(names)], strict=True))
    enrichments = dict(zip(law, taken[len(names) :], strict=True))
    if "n_i" in reaction.law.conditions:
        coefficients["n_i"] = _intrinsic_density(reaction, films, enrichments)
    shares = {name: s / films[name].nodes[nodes[kept]] for name, s in enrichments.items()}
    return Sites(nodes[kept], total[total > 0], coefficients, shares)


def _shares_of_cells(volumes: ControlVolumes, kinds: tuple[BoolArray, ...]) -> sparse.csr_matrix:
    """Share of each cell in a mean over the cells around each node, shape (n_nodes, n_cells); the rows add up to 1.

    Of the `kinds` of cells a node takes the first that it touches.
    """
    touched = np.array([volumes.node_integrals(kind.astype(float)) > 0 for kind in kinds])
    kind = touched.argmax(axis=0)[volumes.cell_nodes]
    each = np.arange(len(volumes.areas))
    areas = volumes.areas * np.array(kinds)[kind, each]
    total = sum_at(volumes.cell_nodes, areas, volumes.n_nodes)[volumes.cell_nodes]
    shares = np.divide(areas, total, out=np.zeros_like(areas), where=total > 0)
    places = volumes.cell_nodes.ravel(), np.tile(each, 3)
    return sparse.csr_matrix((shares.ravel(), places), shape=(volumes.n_nodes, len(each)))


def _groups(values: list[Array], count: int) -> IntArray:
    """Number of the set of equal values to which each of `count` rows belongs, shape (count,)."""
    group = np.zeros(count, dtype=np.int64)
    for column in values:
        number = np.unique(column, return_inverse=True)[1]
        group = np.unique(group * (count + 1) + number, return_inverse=True)[1].astype(np.int64)
    return group


def _intrinsic_density(reaction: Reaction, films: Mapping[str, Enrichment], s: Mapping[str, Array]) -> Array:
    """``n_i`` of the bands [1/m^3], from the enrichments of the two carriers among the law's populations."""
    carriers = {name: films[name].intrinsic for name in s if films[name].intrinsic is not None}
    if len(carriers) != 2:
        raise ValueError(
            f"reaction {reaction.name!r} takes its intrinsic density from the bands, but there are no bands for"
            f" {', '.join(s)}: state intrinsic_density"
        )
    roots = [np.sqrt(density * s[name]) for name, density in carriers.items() if density is not None]
    return np.asarray(roots[0] * roots[1])


def _require_sensible(coefficients: Mapping[str, Array], reaction: Reaction) -> None:
    """Raise ValueError if a coefficient has an impossible value."""
    for name, values in coefficients.items():
        low, above = float(values.min()), name in reaction.law.positive
        if low < 0 or (low == 0 and above):
            least = "be greater than zero" if above else "not be negative"
            raise ValueError(f"{name} of reaction {reaction.name!r} must {least}, got {low:g}")
