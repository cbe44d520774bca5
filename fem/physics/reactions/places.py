"""The matter in which a reaction runs: thirds of cells, halves of thin layers' facets or of any facets.

A thin layer of width delta lies where the film is already. To a reaction that runs everywhere it adds ``delta R_layer -
(delta - w) R_beside``, with w the width that is inserted, as it does to every density: nothing where it is like its
cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.checks import require_known
from fem.fields import Array, named_regions, resolve
from fem.numerics.control_volumes import ControlVolumes, IntArray
from fem.physics.enrichment import Enrichment
from fem.physics.reactions.reaction import Reaction
from fem.physics.regions import BoolArray, LayerFacets, Regions

_ALIKE = 1e-9  # a thin layer whose enrichment differs less than this from its cells is like them


@dataclass(frozen=True)
class Pieces:
    """Pieces of matter of one kind, n in number.

    Parameters
    ----------
    nodes
        Nodes that share each piece, shape (corners, n).
    sizes
        What each of them has of it, [m^2] or on facets [m], shape (n,).
    coefficients, enrichments
        Values by name, each of shape (n,).
    """

    nodes: IntArray
    sizes: Array
    coefficients: dict[str, Array]
    enrichments: dict[str, Array]

    def only(self, which: BoolArray) -> "Pieces":
        """Some of the pieces."""
        coefficients = {name: values[which] for name, values in self.coefficients.items()}
        enrichments = {name: values[which] for name, values in self.enrichments.items()}
        return Pieces(self.nodes[:, which], self.sizes[which], coefficients, enrichments)


@dataclass(frozen=True)
class Place:
    """One reaction on one mesh; `films` has the enrichment of each of its populations."""

    volumes: ControlVolumes
    regions: Regions
    reaction: Reaction
    films: Mapping[str, Enrichment]

    def pieces(self) -> list[Pieces]:
        """The matter in which the reaction runs.

        Raises
        ------
        ValueError
            If the place does not exist or a coefficient has no value somewhere in it.
        """
        where, regions = self.reaction.where, self.regions
        parts = {name for layer in regions.layer_facets for name in layer.regions}
        if where is None:
            return [self._cells(), *self._layers()]
        require_known(where, {*regions.cells, *parts, *self._boundaries}, f"reaction {self.reaction.name!r}: place")
        if where in regions.cells:
            inside = np.zeros(len(self.volumes.areas), dtype=bool)
            inside[regions.cells[where]] = True
            return [self._cells(inside)]
        return self._layer_parts(where) if where in parts else [self._facets(where)]

    @property
    def field_cells(self) -> tuple[BoolArray, ...]:
        """Cells whose electric field the reaction feels, the first kind that a node touches: see :class:`Sites`."""
        anywhere = np.any([film.cells > 0 for film in self.films.values()], axis=0)
        everything = np.ones_like(self._lived_anywhere)
        if self.reaction.where not in self.regions.cells:
            return (self._lived_anywhere, anywhere, everything)
        inside = np.zeros_like(everything)
        inside[self.regions.cells[self.reaction.where]] = True
        return (self._lived_anywhere & inside,)

    @property
    def _boundaries(self) -> Mapping[str, IntArray]:
        return self.regions.mesh.boundaries or {}

    def _what(self, coefficient: str) -> str:
        return f"{coefficient} of reaction {self.reaction.name!r}"

    def _lived(self, cells: IntArray) -> BoolArray:
        """Whether all populations live in each of `cells`."""
        return np.asarray(np.all([film.cells[cells] > 0 for film in self.films.values()], axis=0))

    @cached_property
    def _lived_anywhere(self) -> BoolArray:
        return self._lived(np.arange(len(self.volumes.areas)))

    def _cells(self, inside: BoolArray | None = None) -> Pieces:
        """Thirds of the cells, of those `inside`."""
        lived = self._lived_anywhere
        which = np.flatnonzero(lived if inside is None else lived & inside)
        return self._of_cells(which, self.volumes.cell_nodes[:, which], self.volumes.areas[which] / 3.0)

    def _of_cells(self, cells: IntArray, nodes: IntArray, sizes: Array) -> Pieces:
        """Pieces with the properties of `cells`."""
        needed = np.zeros(len(self.volumes.areas), dtype=bool)
        needed[cells] = True
        coefficients = {
            name: self.regions.on_cells(field, self._what(name), needed)[cells]
            for name, field in self.reaction.law.coefficients.items()
        }
        return Pieces(nodes, sizes, coefficients, {name: film.cells[cells] for name, film in self.films.items()})

    def _layers(self) -> list[Pieces]:
        """What the thin layers change in a reaction that runs everywhere."""
        found = []
        for number, layer in enumerate(self.regions.layer_facets):
            inserted = np.max([film.inserted_in(number, layer) for film in self.films.values()], axis=0)
            lived = self._lived_on(number, layer) & (self._unlike(number, layer) | (inserted > 0))
            if not lived.any():
                continue
            found.append(self._layer(number, layer, lived))
            for cells in layer.beside_cells(self._lived_anywhere).beside:
                there = lived & self._lived(cells)
                gone = -0.25 * ((layer.widths - inserted) * layer.lengths)[there]  # half on either side, by two nodes
                found.append(self._of_cells(cells[there], self.volumes.nodes[:, layer.facets[there]], gone))
        return found

    def _unlike(self, number: int, layer: LayerFacets) -> BoolArray:
        """Where a thin layer differs from the cells beside it."""
        named = any(named_regions(field) & set(layer.regions) for field in self.reaction.law.coefficients.values())
        gaps = [
            np.abs(film.on_layer(number, layer) - film.beside(layer)) > _ALIKE * film.beside(layer)
            for film in self.films.values()
        ]
        return np.asarray(named | np.any(gaps, axis=0))

    def _lived_on(self, number: int, layer: LayerFacets) -> BoolArray:
        return np.asarray(np.all([film.on_layer(number, layer) > 0 for film in self.films.values()], axis=0))

    def _layer_parts(self, where: str) -> list[Pieces]:
        """The facets named `where` of thin layers, in their full width."""
        found = []
        for number, layer in enumerate(self.regions.layer_facets):
            if where in layer.regions:
                named = np.zeros(len(layer.facets), dtype=bool)
                named[layer.regions[where]] = True
                found.append(self._layer(number, layer, named & self._lived_on(number, layer)))
        return found

    def _layer(self, number: int, layer: LayerFacets, which: BoolArray) -> Pieces:
        """Halves of the facets `which` of a thin layer; what is not stated for it is that of the cells beside."""
        coefficients, beside = {}, layer.beside_cells(self._lived_anywhere).beside
        for name, field in self.reaction.law.coefficients.items():
            own = self.regions.on_layer(field, layer, self._what(name))
            if own is None:
                needed = np.zeros(len(self.volumes.areas), dtype=bool)
                needed[beside[:, which]] = True
                own = self.regions.on_cells(field, self._what(name), needed)[beside].mean(axis=0)
            coefficients[name] = own
        enrichments = {name: film.on_layer(number, layer) for name, film in self.films.items()}
        sizes = 0.5 * layer.widths * layer.lengths
        return Pieces(self.volumes.nodes[:, layer.facets], sizes, coefficients, enrichments).only(which)

    def _facets(self, where: str) -> Pieces:
        """Halves of the facets named `where`."""
        mesh, facets = self.regions.mesh, np.asarray(self._boundaries[where], dtype=np.int64)
        beside = mesh.f2t[:, facets].astype(np.int64)
        beside = np.where(beside < 0, beside[0], beside)
        enrichments = {name: self._on_side(name, film.cells, beside) for name, film in self.films.items()}
        lived = np.asarray(np.all([s > 0 for s in enrichments.values()], axis=0))
        places = {name: np.flatnonzero(np.isin(beside, own).any(axis=0)) for name, own in self.regions.cells.items()}
        places |= {name: np.flatnonzero(np.isin(facets, own)) for name, own in self._boundaries.items()}
        middles = mesh.p[:, mesh.facets[:, facets]].mean(axis=1)
        coefficients = {
            name: resolve(field, middles, places, self._what(name), needed=lived)
            for name, field in self.reaction.law.coefficients.items()
        }
        halves = 0.5 * self.volumes.lengths[facets]
        return Pieces(self.volumes.nodes[:, facets], halves, coefficients, enrichments).only(lived)

    def _on_side(self, population: str, s: Array, beside: IntArray) -> Array:
        """Enrichment on that side of each facet on which the population counts, shape (n_facets,)."""
        if population not in self.reaction.sides:
            return np.asarray(s[beside].max(axis=0))
        side = self.reaction.sides[population]
        what = f"reaction {self.reaction.name!r}: side of {population!r}: subdomain"
        require_known(side, self.regions.cells, what)
        there = np.isin(beside, self.regions.cells[side])
        if not there.any(axis=0).all():
            raise ValueError(f"{what} {side!r} does not touch all of the facets {self.reaction.where!r}")
        return np.asarray(np.where(there, s[beside], 0.0).max(axis=0))
