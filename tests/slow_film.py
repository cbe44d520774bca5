"""What a film is made of, worked out the straightforward way from scikit-fem forms: the slow oracle's material.

Nothing but the resolution of region names comes from the fast implementation. Covered are cells and one-sided thin
layers, segregation, fixed charge and bare electrodes that block ions.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skfem import Basis, BilinearForm, ElementTriP1, FacetBasis, LinearForm, MeshTri
from skfem.helpers import dot, grad

from fem.constants import boltzmann, elementary_charge
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Blocking
from fem.physics.regions import LayerFacets
from fem.physics.species import Species

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@BilinearForm
def conduction(u: Any, v: Any, w: Any) -> Any:
    return w.k * dot(grad(u), grad(v))


@BilinearForm
def displacement(u: Any, v: Any, w: Any) -> Any:
    (ux, uy), (vx, vy) = grad(u), grad(v)
    return w.xx * ux * vx + w.xy * (ux * vy + uy * vx) + w.yy * uy * vy


@BilinearForm
def conduction_along(u: Any, v: Any, w: Any) -> Any:
    along = np.array([-w.n[1], w.n[0]])
    return w.k * dot(grad(u), along) * dot(grad(v), along)


@LinearForm
def content(v: Any, w: Any) -> Any:
    return w.k * v


class SlowFilm:
    """Forms and volumes of the film of `model`; matrices are assembled anew at every call."""

    def __init__(self, model: PoissonNernstPlanck) -> None:
        exotic = any(not isinstance(law, Blocking) for one in model.contacts for law in one.ions.values())
        if exotic or any(one.coating for one in model.contacts) or model.regions.joints.shape[1]:
            raise ValueError("the oracle knows bare blocking electrodes and one-sided layers only")
        self.model, self.regions = model, model.regions
        self.volt = boltzmann * model.temperature / elementary_charge
        self.cells = Basis(model.mesh, ElementTriP1(), intorder=1)
        self.layers = self.regions.layer_facets
        self.lines = [FacetBasis(model.mesh, ElementTriP1(), facets=one.facets, intorder=1) for one in self.layers]

    def on_cells(self, field: Field) -> Array:
        return self.regions.on_cells(field, "a field of the oracle")

    def on_layer(self, field: Field, layer: LayerFacets, beside: Array) -> Array:
        """A field on a layer's facets; where it is not stated there, the mean of `beside` on the two cells there."""
        stated = self.regions.on_layer(field, layer, "a field of the oracle")
        return np.asarray(beside[layer.beside].mean(axis=0) if stated is None else stated)

    def boltzmann_factor(self, energy: Array) -> Array:
        return np.asarray(np.exp(-energy / (boltzmann * self.model.temperature)))

    def mobility(self, one: Species, layer: LayerFacets | None = None) -> tuple[Array, Array]:
        """Diffusivity and enrichment on cells or on the facets of a layer."""
        fields = (one.diffusivity_prefactor, one.activation_energy, one.segregation_energy)
        prefactor, barrier, binding = (self.on_cells(field) for field in fields)
        in_cells = (prefactor, self.boltzmann_factor(barrier), self.boltzmann_factor(binding))
        if layer is None:
            return in_cells[0] * in_cells[1], in_cells[2]
        stated = [self.regions.on_layer(field, layer, "a field of the oracle") for field in fields]
        own = [values[layer.beside].mean(axis=0) for values in in_cells]
        if stated[0] is not None:
            own[0] = stated[0]
        for k in (1, 2):
            energy = stated[k]
            own[k] = own[k] if energy is None else self.boltzmann_factor(energy)
        return own[0] * own[1], own[2]

    def inserted(self, one: Species, layer: LayerFacets) -> tuple[Array, Array]:
        """Width that a layer adds to the film for a species, and its conductance along the layer, per facet."""
        (d_cells, s_cells), (d, s) = self.mobility(one), self.mobility(one, layer)
        ratio = (d_cells * s_cells)[layer.beside].mean(axis=0) / (d * s)
        different = np.where(layer.rim & (ratio > 1), 0.0, 1 - np.minimum(ratio, 1 / ratio))
        enriched = 1 - s_cells[layer.beside].mean(axis=0) / s
        excess = [np.where(share < 1e-9, 0.0, share) for share in (different, enriched)]
        return layer.widths * np.maximum(*excess), layer.widths * excess[0] * d * s

    def slab(self, field: Field, layer: LayerFacets, width: Array) -> Array:
        """What a layer of which `width` is inserted adds of a density, per length."""
        film = self.on_cells(field)
        own, beside = self.on_layer(field, layer, film), film[layer.beside].mean(axis=0)
        return np.asarray(width * own + (layer.widths - width) * (own - beside))

    @cached_property
    def widths(self) -> list[list[Array]]:
        """Inserted width of each layer for each species."""
        return [[self.inserted(one, layer)[0] for one in self.model.species] for layer in self.layers]

    def per_node(self, cells: Array, facets: list[Array]) -> Array:
        """Integral over control volumes of a density on cells and of one on each layer's facets."""
        total = content.assemble(self.cells, k=at_points(cells, self.cells))
        for line, values in zip(self.lines, facets, strict=True):
            total = total + content.assemble(line, k=at_points(values, line))
        return np.asarray(total)

    @cached_property
    def storage(self) -> Array:
        """Volume of each species at each node [m^2], shape (n_species, n)."""
        ones = np.ones(self.model.mesh.t.shape[1])
        return np.array([self.per_node(ones, [own[k] for own in self.widths]) for k in range(len(self.model.species))])

    @cached_property
    def enrichment(self) -> Array:
        """Mean enrichment of each species at each node, shape (n_species, n)."""
        rows = []
        for k, one in enumerate(self.model.species):
            of_layers = [own[k] * self.mobility(one, la)[1] for own, la in zip(self.widths, self.layers, strict=True)]
            rows.append(self.per_node(self.mobility(one)[1], of_layers) / self.storage[k])
        return np.array(rows)

    @cached_property
    def amount(self) -> Array:
        """Ions of each species at each node at the start [1/m], shape (n_species, n)."""
        rows = []
        for k, one in enumerate(self.model.species):
            of_layers = [self.slab(one.concentration, la, own[k])
                         for own, la in zip(self.widths, self.layers, strict=True)]  # fmt: skip
            rows.append(self.per_node(self.on_cells(one.concentration), of_layers))
        return np.array(rows)

    @cached_property
    def unit(self) -> Array:
        """Mean concentrations [1/m^3]."""
        return np.asarray(self.amount.sum(axis=1) / self.storage.sum(axis=1))

    @cached_property
    def background(self) -> Array:
        """Immobile charge numbers per node [1/m]."""
        field = self.model.material.fixed_charge
        of_layers = [
            self.slab(field, la, np.max(own, axis=0)) for own, la in zip(self.widths, self.layers, strict=True)
        ]
        return self.per_node(self.on_cells(field), of_layers) - self.charges @ self.amount

    @property
    def charges(self) -> Array:
        return np.array([one.charge for one in self.model.species], dtype=float)

    # --- local matrices ---------------------------------------------------------------------------------------------

    def poisson(self) -> Iterator[tuple[Array, Ints]]:
        """Local matrices of Poisson's equation, in units of eps0; cells keep a gap from lines."""
        permittivity = self.model.material.relative_permittivity
        widest = [np.max(own, axis=0) for own in self.widths]
        slabs = [self.slab(permittivity, layer, width) for layer, width in zip(self.layers, widest, strict=True)]
        tensors, basis = self.on_cells(permittivity) * self.gap_shares, self.cells
        parts = {"xx": tensors[0, 0], "xy": tensors[0, 1], "yy": tensors[1, 1]}
        local = displacement.elemental(basis, **{name: at_points(part, basis) for name, part in parts.items()})
        yield local.tolocal(), basis.element_dofs
        yield from self._along(slabs)

    def transport(self, k: int) -> Iterator[tuple[Array, Ints]]:
        """Local matrices of pure diffusion."""
        one = self.model.species[k]
        diffusivity, enrichment = self.mobility(one)
        return self._conduction(diffusivity * enrichment, [self.inserted(one, layer)[1] for layer in self.layers])

    def _conduction(self, cells: Array, facets: list[Array]) -> Iterator[tuple[Array, Ints]]:
        """Local matrices, shape (n_elements, 3, 3), and nodes, shape (3, n_elements), of a film that conducts."""
        yield conduction.elemental(self.cells, k=at_points(cells, self.cells)).tolocal(), self.cells.element_dofs
        yield from self._along(facets)

    def _along(self, facets: list[Array]) -> Iterator[tuple[Array, Ints]]:
        """The same of layers alone, that conduct along themselves."""
        for line, values in zip(self.lines, facets, strict=True):
            yield conduction_along.elemental(line, k=at_points(values, line)).tolocal(), line.element_dofs

    @cached_property
    def gap_shares(self) -> Array:
        """Share of the permittivity of each cell that gaps beside lines leave, by direction, shape (2, 2, n_cells)."""
        widest = [np.max(own, axis=0) for own in self.widths]
        return np.moveaxis(gaps_in_cells(self.model.mesh, self._gaps(widest)), 0, 2)

    def _gaps(self, widest: list[Array]) -> dict[int, float]:
        """Gap on either side of each facet of a layer [m]: a third of what lies there of the slab, times eps / eps."""
        gaps: dict[int, float] = {}
        permittivity = self.model.material.relative_permittivity
        film = self.on_cells(permittivity)
        for layer, width in zip(self.layers, widest, strict=True):
            beside = film[layer.beside].mean(axis=0)
            own = self.on_layer(permittivity, layer, film)
            for k, facet in enumerate(layer.facets.tolist()):
                shared = 1 if layer.rim[k] else 2
                gaps[facet] = float(width[k] / shared / 3.0 * beside[k] / own[k])
        return gaps


def gaps_in_cells(mesh: MeshTri, gaps: dict[int, float]) -> Array:
    """Share of the permittivity of each cell that `gaps` [m] at facets leave by direction, shape (n_cells, 2, 2)."""
    shares = np.tile(np.eye(2), (mesh.t.shape[1], 1, 1))
    if not gaps:
        return shares
    lined = set(mesh.facets[:, list(gaps)].ravel().tolist())
    for cell in range(mesh.t.shape[1]):
        stretch = np.zeros((2, 2))
        for node in lined & set(mesh.t[:, cell].tolist()):
            apart = gap_at_corner(mesh, gaps, cell, node)
            one, other = (mesh.p[:, k] for k in mesh.t[:, cell].tolist() if k != node)
            upright = np.array([other[1] - one[1], one[0] - other[0]])
            slope = upright / (upright @ (mesh.p[:, node] - one))
            if (size := float(apart @ apart)) > 0:
                stretch += (slope @ apart) * np.outer(apart, apart) / size
        shares[cell] = np.linalg.inv(np.eye(2) + stretch)
    return shares


def gap_at_corner(mesh: MeshTri, gaps: dict[int, float], cell: int, node: int) -> Array:
    """What a cell keeps at `node` from the lines on either side, found by walking around it, shape (2,) [m]."""
    normals, apart, seen, walk = [], np.zeros(2), {cell}, [cell]
    while walk:
        here = walk.pop()
        for facet in mesh.t2f[:, here].tolist():
            if node not in mesh.facets[:, facet]:
                continue
            if facet in gaps:
                a, b = mesh.p[:, mesh.facets[:, facet]].T
                normal = np.array([b[1] - a[1], a[0] - b[0]]) / np.linalg.norm(b - a)
                normal *= -np.sign(normal @ (mesh.p[:, mesh.t[:, here]].mean(axis=1) - a))
                normals.append(normal)
                apart += gaps[facet] * normal
            else:
                beyond = set(mesh.f2t[:, facet].tolist()) - seen - {-1}
                seen |= beyond
                walk += beyond
    return apart * len(normals) / float((np.sum(normals, axis=0) ** 2).sum())


def at_points(values: Array, basis: Basis) -> Array:
    """One value per element at its quadrature points."""
    return np.asarray(np.broadcast_to(values[:, None], (len(values), basis.X.shape[-1])))
