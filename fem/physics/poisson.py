"""Poisson's equation on control volumes.

    sum_j eps w_ij (phi_i - phi_j) = e [sum_k z_k V_ki c_ki + q_i]

with w_ij the cotangent weight of an edge, V_ki the storage of species k at node i and q_i the immobile charge there:
the background that compensates the ions at the start plus the stated fixed charge. Boundaries without an electrode
carry no displacement (natural condition). A coated electrode adds ``C_i (V - phi_i)``.
"""

from dataclasses import dataclass

import numpy as np

from fem.constants import vacuum_permittivity
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.layers import THINNEST
from fem.physics.materials import Material
from fem.physics.regions import Regions


@dataclass(frozen=True)
class PoissonOperator:
    """Edge weights ``eps w`` [F/m per metre of depth] and immobile charge numbers per node [1/m]."""

    weights: Array
    fixed_charge: Array


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
    weights = volumes.edge_weights(permittivity * vacuum_permittivity)
    charge = volumes.node_integrals(regions.on_cells(material.fixed_charge, charged))
    for layer, width in zip(regions.layer_facets, inserted_widths, strict=True):
        slab = regions.added_by(material.relative_permittivity, layer, width, what)
        weights[layer.facets] += slab * vacuum_permittivity / layer.lengths
        beside = permittivity[layer.beside].mean(axis=0)
        stated = regions.on_layer(material.relative_permittivity, layer, what)
        thickness = np.maximum(width, THINNEST * layer.widths) / (beside if stated is None else stated)
        layer.joints.add(weights, vacuum_permittivity / layer.joints.across(thickness))
        charge += volumes.facet_integrals(layer.facets, regions.added_by(material.fixed_charge, layer, width, charged))
    if regions.ties:
        regions.ties.add(weights, volumes.nodes)
    return PoissonOperator(weights, charge)
