"""Poisson's equation on control volumes.

    sum_j eps w_ij (phi_i - phi_j) = e [sum_k z_k V_ki c_ki + q_i]

with w_ij the cotangent weight of an edge, V_ki the storage of species k at node i and q_i the immobile charge there:
the background that compensates the ions at the start plus the stated fixed charge. Boundaries without an electrode
carry no displacement (natural condition). A coated electrode adds ``C_i (V - phi_i)``. Cells beside a thin layer keep a
gap from it, see ``slab_potential``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fem.constants import vacuum_permittivity
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.scatter import sum_at
from fem.physics.layers import THINNEST
from fem.physics.materials import Material
from fem.physics.regions import LayerFacets, Regions
from fem.physics.slab_potential import GAP, distances, held_apart


@dataclass(frozen=True)
class PoissonOperator:
    """Poisson's equation of a film, per metre of depth.

    Parameters
    ----------
    weights
        ``eps w`` of each edge [F/m], shape (n_edges,).
    fixed_charge
        Immobile charge numbers of each node [1/m], shape (n_nodes,).
    apart
        How far the corners of each cell keep from the thin layers they lie on [m], shape (2, 3, n_cells).
    """

    weights: Array
    fixed_charge: Array
    apart: Array


def poisson_operator(
    volumes: ControlVolumes, regions: Regions, material: Material, inserted_widths: tuple[Array, ...]
) -> PoissonOperator:
    """Weights and fixed charge of the film, thin layers included.

    Parameters
    ----------
    inserted_widths
        Width [m] by which each thin layer adds to the film, per facet; one array per layer.

    Raises
    ------
    ValueError
        If the permittivity is not positive everywhere.
    """
    what, charged = f"relative permittivity of {material.name}", f"fixed charge of {material.name}"
    permittivity = regions.on_cells(material.relative_permittivity, what)
    if (permittivity <= 0).any():
        raise ValueError(f"{what} must be positive, got {permittivity.min():g}")
    slabs = [_Slab.of(*one, regions, material) for one in zip(regions.layer_facets, inserted_widths, strict=True)]
    apart = _distances(regions, slabs)
    weights = held_apart(regions.mesh, volumes, apart).edge_weights(permittivity * vacuum_permittivity)
    charge = volumes.node_integrals(regions.on_cells(material.fixed_charge, charged))
    for layer, width, slab in zip(regions.layer_facets, inserted_widths, slabs, strict=True):
        weights[layer.facets] += slab.along * vacuum_permittivity / layer.lengths
        layer.joints.add(weights, vacuum_permittivity / layer.joints.across(slab.across))
        charge += volumes.facet_integrals(layer.facets, regions.added_by(material.fixed_charge, layer, width, charged))
    if regions.ties:
        regions.ties.add(weights, volumes.nodes)
    return PoissonOperator(weights, charge, apart)


@dataclass(frozen=True)
class _Slab:
    """What a thin layer is to the potential, per facet, arrays of shape (n_facets,).

    `along` is the relative permittivity that it adds along itself, times width [m]; `across` its width over relative
    permittivity between nodes on its two sides [m]; `gap` the distance that the cells on either side keep from it [m].
    """

    along: Array
    across: Array
    gap: Array

    @classmethod
    def of(cls, layer: LayerFacets, inserted: Array, regions: Regions, material: Material) -> "_Slab":
        what = f"relative permittivity of {material.name}"
        beside = regions.on_cells(material.relative_permittivity, what)[layer.beside].mean(axis=0)
        stated = regions.on_layer(material.relative_permittivity, layer, what)
        own = beside if stated is None else stated
        along = regions.added_by(material.relative_permittivity, layer, inserted, what)
        across = np.maximum((1.0 - GAP) * inserted, THINNEST * layer.widths) / own
        sides = 1 + (layer.beside[0] != layer.beside[1])
        return cls(along, across, GAP * inserted / sides * (beside / own))


def _distances(regions: Regions, slabs: Sequence[_Slab]) -> Array:
    """How far the corners of each cell keep from the thin layers they lie on [m], shape (2, 3, n_cells)."""
    if not slabs:
        return np.zeros((2, *regions.mesh.t.shape))
    numbers = np.concatenate([layer.facets for layer in regions.layer_facets])
    gaps = sum_at(numbers, np.concatenate([slab.gap for slab in slabs]), regions.mesh.facets.shape[1])
    facets = np.unique(numbers)
    return distances(regions.mesh, facets, gaps[facets])
