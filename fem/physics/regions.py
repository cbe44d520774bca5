"""Where quantities live: the cells of the mesh and the facets of the thin layers, each resolved by region name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.checks import require_known
from fem.fields import Array, Field, named_regions, resolve
from fem.physics.joints import Joints
from fem.physics.layers import ThinLayer
from fem.physics.periodic import PeriodicSides, Ties
from fem.physics.species import Species

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class LayerFacets:
    """Facets of one thin layer with the cells beside them.

    Parameters
    ----------
    layer
        The layer.
    facets
        Their numbers, shape (n_facets,). A two-sided line has a facet on either side, which holds half the layer.
    widths
        Width of the layer that belongs to each facet [m].
    lengths, midpoints
        [m], shapes (n_facets,) and (2, n_facets).
    beside
        Cells on the two sides, shape (2, n_facets); a facet on the rim of the mesh has its only cell twice.
    regions
        Positions in `facets` of each named part of the layer.
    joints
        Ends of the facets that lie on each other.
    """

    layer: ThinLayer
    facets: IntArray
    widths: Array
    lengths: Array
    midpoints: Array
    beside: IntArray
    regions: dict[str, IntArray]
    joints: Joints

    @property
    def rim(self) -> BoolArray:
        """Whether there is nothing on the other side of a facet, shape (n_facets,)."""
        alone = self.beside[0] == self.beside[1]
        alone[self.joints.sides] = False
        return alone

    def beside_cells(self, inside: BoolArray) -> "LayerFacets":
        """The layer as it is to what exists `inside` some cells only; facets between other cells keep theirs."""
        one, two = self.beside
        return replace(self, beside=np.array([np.where(inside[one], one, two), np.where(inside[two], two, one)]))


@dataclass(frozen=True)
class Regions:
    """Cells and thin layers of a film."""

    mesh: MeshTri
    layers: tuple[ThinLayer, ...]
    periodic: PeriodicSides | None = None

    def __post_init__(self) -> None:
        boundaries = self.mesh.boundaries or {}
        for layer in self.layers:
            require_known(layer.facets, boundaries, f"facets of the thin layer {layer.region!r}: mesh facets")
            if layer.region in (self.mesh.subdomains or {}):
                raise ValueError(f"{layer.region!r} is meshed as cells and cannot be a thin layer too: drop the layer")

    @cached_property
    def centroids(self) -> Array:
        """Centroids of the cells [m], shape (2, n_cells)."""
        return np.asarray(self.mesh.p[:, self.mesh.t].mean(axis=1))

    @cached_property
    def cells(self) -> dict[str, IntArray]:
        """Cells of each subdomain."""
        return {name: np.asarray(members, dtype=np.int64) for name, members in (self.mesh.subdomains or {}).items()}

    @cached_property
    def layer_facets(self) -> tuple[LayerFacets, ...]:
        """Facets of each thin layer."""
        found: list[LayerFacets] = []
        first = self.mesh.facets.shape[1]
        for layer in self.layers:
            found.append(self._facets_of(layer, first))
            first += found[-1].joints.pairs.shape[1]
        return tuple(found)

    @cached_property
    def joints(self) -> IntArray:
        """Pairs of nodes that are edges and no facets: across two-sided lines and periodic sides, shape (2, n)."""
        ties = [] if self.ties is None else [self.ties.pairs]
        return np.hstack([np.empty((2, 0), dtype=np.int64), *(one.joints.pairs for one in self.layer_facets), *ties])

    @cached_property
    def ties(self) -> Ties | None:
        """What makes two sides one, if the film is periodic."""
        if self.periodic is None:
            return None
        first = self.mesh.facets.shape[1] + sum(one.joints.pairs.shape[1] for one in self.layer_facets)
        return Ties.between(self.mesh, self.periodic, first)

    def inside(self, names: Sequence[str] | None, what: str) -> BoolArray:
        """Which cells lie in the subdomains `names` (all of them if None), shape (n_cells,).

        Raises
        ------
        ValueError
            If there is no such subdomain.
        """
        found = np.full(self.mesh.t.shape[1], names is None)
        for name in names or ():
            require_known(name, self.cells, what)
            found[self.cells[name]] = True
        return found

    def of_species(self, field: Field, species: Species, what: str) -> Array:
        """`field` of a species on the cells, not a number where the species does not exist, shape (n_cells,)."""
        inside = self.inside(species.where, f"{species.name}: region")
        return np.where(inside, self.on_cells(field, what, inside), np.nan)

    def layer_facets_beside(self, inside: BoolArray) -> tuple[LayerFacets, ...]:
        """The thin layers as they are to what exists `inside` some cells only: other cells beside them do not count."""
        if inside.all():
            return self.layer_facets
        return tuple(one.beside_cells(inside) for one in self.layer_facets)

    def on_cells(self, field: Field, what: str, inside: BoolArray | None = None) -> Array:
        """`field` on the cells, shape (n_cells,); zero for cells that are not `inside`, which need no value.

        Raises
        ------
        ValueError
            If a region is unknown, a cell has no value, or a value is not finite.
        """
        lines = {"grain_boundary": "boundary_lines", "surface": "surface_lines"}
        for region, layer in lines.items():
            if region in named_regions(field) - set(self.cells) - self._layer_names:
                raise ValueError(
                    f"{what}: region {region!r} is neither meshed nor a thin layer: add {layer}(width) to the model's"
                    " layers, or mesh the boundaries as Strips"
                )
        return resolve(field, self.centroids, self.cells, what, ignored=self._layer_names, needed=inside)

    def on_layer(self, field: Field, layer: LayerFacets, what: str) -> Array | None:
        """`field` on the facets of `layer`, or None where it gives the layer no value of its own."""
        if not named_regions(field) & set(layer.regions):
            return None
        ignored = frozenset(self.cells) | self._layer_names
        return resolve(field, layer.midpoints, layer.regions, what, ignored=ignored)

    def added_by(
        self, field: Field, layer: LayerFacets, inserted: Array, what: str, inside: BoolArray | None = None
    ) -> Array:
        """What a thin layer adds of the density `field` per length of its facets, shape (n_facets,).

        Of the layer's width the part `inserted` [m] is new matter; the rest lies where the film is already, so that
        only the difference to the cells beside counts there.
        """
        beside = self.on_cells(field, what, inside)[layer.beside].mean(axis=0)
        stated = self.on_layer(field, layer, what)
        own = beside if stated is None else stated
        return np.asarray(inserted * own + (layer.widths - inserted) * (own - beside))

    def require_stated(self, fields: Sequence[Field]) -> None:
        """Raise ValueError if none of `fields` gives a thin layer a value of its own."""
        named = frozenset().union(*(named_regions(field) for field in fields))
        for layer in self.layer_facets:
            if not named & set(layer.regions):
                raise ValueError(
                    f"nothing has a value of its own in the thin layer {layer.layer.region!r}, so it would do nothing:"
                    f' give one, e.g. activation_energy={{"grain_interior": ..., "{layer.layer.region}": ...}}'
                )

    @cached_property
    def _layer_names(self) -> frozenset[str]:
        return frozenset(name for layer in self.layer_facets for name in layer.regions)

    def _facets_of(self, layer: ThinLayer, first_joint: int) -> LayerFacets:
        boundaries = self.mesh.boundaries or {}
        facets = np.unique(np.asarray(boundaries[layer.facets], dtype=np.int64))
        ends = self.mesh.p[:, self.mesh.facets[:, facets]]
        cells = self.mesh.f2t[:, facets]
        beside = np.where(cells < 0, cells[0], cells)
        position = np.full(self.mesh.facets.shape[1], -1, dtype=np.int64)
        position[facets] = np.arange(len(facets))
        named: dict[str, IntArray] = {layer.region: np.arange(len(facets))}
        for name, members in boundaries.items():
            inside = position[np.asarray(members, dtype=np.int64)] if name.startswith("boundary_") else np.array([-1])
            if len(inside) and (inside >= 0).all():
                named[name] = inside
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0)
        joints = Joints.between(self.mesh, facets, first_joint)
        widths = np.full(len(facets), layer.width)
        widths[joints.sides] = 0.5 * layer.width
        return LayerFacets(layer, facets, widths, lengths, ends.mean(axis=1), beside, named, joints)


def require_regions(mesh: MeshTri, names: Sequence[str], what: str) -> None:
    """Raise ValueError unless each of `names` is a facet set of `mesh`."""
    for name in names:
        require_known(name, mesh.boundaries or {}, what)
