"""Nernst-Planck transport of one species on edges.

    V_i dc_i/dt = - sum_j J_ij,     J_ij = W_ij [B(theta_ij) c_i / s_i - B(-theta_ij) c_j / s_j],
    theta_ij = z (phi_j - phi_i) / V_T + g_j - g_i,     g = -ln(1 - sum(c) / N)  (site exclusion; 0 without)

Diffusivity lives on edges and energy on nodes, so that equilibrium does not depend on barriers: ``W_ij`` sums ``D s w``
over the triangles (and thin layers) that share the edge, with the enrichment ``s = exp(-E_seg / kT)`` of each, and
``s_i`` is the mean of s over the node's control volume: the concentration unknown is the control volume's mean, and ``c
/ s`` is continuous across a boundary where c itself jumps. g is continued linearly above a filling of 1 - 1e-6.
"""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.hopping import Hopping, require
from fem.physics.layer_transport import LayerTransport, require_room, require_two_sides
from fem.physics.regions import LayerFacets, Regions
from fem.physics.species import Species

_FULL = 1e-6  # free-site fraction below which the logarithm is continued by its tangent


@dataclass(frozen=True)
class TransportOperator:
    """Edge-averaged transport of one species, per metre of depth.

    Parameters
    ----------
    weights
        W of each edge [m^2/s], shape (n_edges,).
    storage
        V of each node [m^2], shape (n_nodes,).
    enrichment
        Mean s of each node's control volume, shape (n_nodes,).
    start
        Concentration before the drive [1/m^3], shape (n_nodes,).
    inserted_widths
        Effective extra width of each thin layer [m], per facet.
    cell_diffusivity
        D of each cell [m^2/s], shape (n_cells,).
    cell_activation_energy
        E_a of each cell [J], shape (n_cells,).
    cell_enrichment
        s of each cell, zero where the population does not exist, shape (n_cells,).
    layer_enrichments
        s of each thin layer, per facet.
    fastest_diffusivity, mean_diffusivity
        Largest and area-weighted mean D of film and layers [m^2/s]; the mean is Hart's (parallel) bound.
    """

    weights: Array
    storage: Array
    enrichment: Array
    start: Array
    inserted_widths: tuple[Array, ...]
    cell_diffusivity: Array
    cell_activation_energy: Array
    cell_enrichment: Array
    layer_enrichments: tuple[Array, ...]
    fastest_diffusivity: float
    mean_diffusivity: float


@dataclass(frozen=True)
class EdgeFlux:
    """Flux of a species along each edge, first to second node, and its derivatives, each of shape (n_edges,).

    By the difference theta of potential energy (in kT), and by the concentration at the first and second node at fixed
    theta.
    """

    flux: Array
    by_theta: Array
    by_first: Array
    by_second: Array


def transport_operator(
    volumes: ControlVolumes, regions: Regions, species: Species, temperature: float
) -> TransportOperator:
    """Weights and storage of `species` at `temperature` [K].

    Raises
    ------
    ValueError
        If a field of the species has no value somewhere or a value that makes no sense, or a thin layer cannot do
        what its values ask of it.
    """
    inside = regions.inside(species.where, f"{species.name}: region")
    hopping = Hopping.on_cells(regions, species, temperature, inside)
    start_cells = regions.on_cells(species.concentration, f"concentration of {species.name}", inside)
    _require_start(species, start_cells[inside])
    amount = volumes.node_integrals(start_cells)
    changes: list[tuple[LayerFacets, Hopping, LayerTransport]] = []
    for layer in regions.layer_facets_beside(inside):
        own = hopping.on_layer(regions, layer, species, temperature)
        change = LayerTransport.nothing(layer)
        if hopping.moves:
            require_two_sides(species, layer, own, hopping)
            require_room(species, layer, own, hopping)
            change = LayerTransport.of(layer, own, hopping)
        changes.append((layer, own, change))
        added = regions.added_by(species.concentration, layer, change.width, f"concentration of {species.name}", inside)
        amount += volumes.facet_integrals(layer.facets, added)
    energy = regions.on_cells(species.activation_energy, f"activation energy of {species.name}", inside)
    return on_edges(volumes, regions, hopping, changes, amount, energy)


def on_edges(
    volumes: ControlVolumes,
    regions: Regions,
    cells: Hopping,
    changes: list[tuple[LayerFacets, Hopping, LayerTransport]],
    amount: Array,
    activation_energy: Array,
) -> TransportOperator:
    """Sum cells and thin layers into the transport of one population on edges.

    Parameters
    ----------
    cells
        Properties of the cells; those in which the population does not exist have an enrichment of zero.
    changes
        Each thin layer with its own properties and the change that it makes.
    amount
        Particles of each node at the start [1/m], shape (n_nodes,).
    activation_energy
        Of each cell [J], for the record, shape (n_cells,).
    """
    product, inside = cells.conductivity, cells.enrichment > 0
    weights = volumes.edge_weights(product)
    storage = volumes.node_integrals(inside.astype(float))
    enriched = volumes.node_integrals(cells.enrichment)
    fastest = float(cells.diffusivity.max())
    conductance, area = float(volumes.areas @ product), float(volumes.areas @ cells.enrichment)
    for layer, own, change in changes:
        change.add_to(weights, layer, regions)
        storage += volumes.facet_integrals(layer.facets, change.width)
        enriched += volumes.facet_integrals(layer.facets, change.width * own.enrichment)
        conductance += float(layer.lengths @ change.conductance)
        gained = layer.widths * (own.enrichment - cells.enrichment[layer.beside].mean(axis=0))
        area += float(layer.lengths @ gained)
        fastest = max(fastest, float(own.diffusivity.max(initial=0.0)))
    if regions.ties:
        regions.ties.add(weights, volumes.nodes)
    holds = storage > 0
    shared = np.where(holds, storage, 1.0)
    return TransportOperator(
        weights, storage, np.where(holds, enriched, 1.0) / shared, np.where(holds, amount, 0.0) / shared,
        tuple(change.width for _, _, change in changes), cells.diffusivity, activation_energy,
        cells.enrichment, tuple(own.enrichment for _, own, _ in changes), fastest, conductance / area,
    )  # fmt: skip


def crowding(filling: Array) -> tuple[Array, Array]:
    """Excess potential ``-ln(1 - filling)`` [kT] and its derivative, continued by the tangent near 1."""
    free = np.maximum(1.0 - filling, _FULL)
    slope = 1.0 / free
    return -np.log(free) + slope * (filling - (1.0 - free)), slope


def crowding_energy(filling: Array) -> Array:
    """Integral of :func:`crowding` over the filling from 0 on, ``(1 - f) ln(1 - f) + f`` [kT per site]."""
    free = np.maximum(1.0 - filling, _FULL)
    past = filling - (1.0 - free)
    return np.asarray(free * np.log(free) + (1.0 - free) - np.log(free) * past + 0.5 * past**2 / free)


def _require_start(species: Species, concentration: Array) -> None:
    """Raise ValueError unless the stated concentration makes sense and fits the sites of the sublattice."""
    name = f"concentration of {species.name}"
    if species.reference is None:
        require(concentration > 0, concentration, f"{name} must be positive [1/m^3], or have a reference concentration")
    require(concentration >= 0, concentration, f"{name} must not be negative [1/m^3]")
    if species.sublattice is not None and (concentration >= species.sublattice.site_density).any():
        raise ValueError(
            f"{name} reaches {concentration.max():.3g} 1/m^3, the sublattice"
            f" {species.sublattice.name!r} has only {species.sublattice.site_density:.3g} sites per m^3"
        )
