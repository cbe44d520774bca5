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

from fem.constants import boltzmann, eV
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.regions import LayerFacets, Regions
from fem.physics.species import Species

_FROZEN = 400.0  # barrier over kT beyond which nothing moves in any time and numbers underflow
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
        If a field of the species has no value somewhere, a negative value, or a thin layer is slower than its grains.
    """
    energy = regions.on_cells(species.activation_energy, f"activation energy of {species.name}")
    prefactor = regions.on_cells(species.diffusivity_prefactor, f"diffusivity prefactor of {species.name}")
    start_cells = regions.on_cells(species.concentration, f"concentration of {species.name}")
    _require(prefactor > 0, prefactor, f"diffusivity prefactor of {species.name} must be positive [m^2/s]")
    _require(start_cells > 0, start_cells, f"concentration of {species.name} must be positive [1/m^3]")
    _require(energy >= 0, energy / eV, f"activation energy of {species.name} must not be negative [eV]")
    _require(energy / (boltzmann * temperature) < _FROZEN, energy / eV, _frozen(species, temperature))
    _require_sites(species, start_cells)
    diffusivity = prefactor * np.exp(-energy / (boltzmann * temperature))
    enrichment = _enrichment(regions.on_cells(species.segregation_energy, _segregation(species)), temperature)
    weights = volumes.edge_weights(diffusivity * enrichment)
    storage = volumes.node_integrals(np.ones_like(diffusivity))
    enriched = volumes.node_integrals(enrichment)
    amount = volumes.node_integrals(start_cells)
    widths = []
    fastest = float(diffusivity.max())
    conductance, area = float(volumes.areas @ (diffusivity * enrichment)), float(volumes.areas @ enrichment)
    for layer in regions.layer_facets:
        own_d, own_s = _layer_transport(regions, layer, species, temperature, diffusivity, enrichment)
        beside = (diffusivity * enrichment)[layer.beside].mean(axis=0)
        _require_room(species, layer, own_s, enrichment[layer.beside].mean(axis=0))
        width = layer.layer.width * _excess(own_d * own_s, beside, species, layer)
        weights[layer.facets] += width * own_d * own_s / layer.lengths
        storage += volumes.facet_integrals(layer.facets, width)
        enriched += volumes.facet_integrals(layer.facets, width * own_s)
        added = regions.added_by(species.concentration, layer, width, f"concentration of {species.name}")
        amount += volumes.facet_integrals(layer.facets, added)
        widths.append(width)
        conductance += float(width * layer.lengths @ (own_d * own_s))
        area += float(width * layer.lengths @ own_s)
        fastest = max(fastest, float(own_d.max(initial=0.0)))
    return TransportOperator(
        weights, storage, enriched / storage, amount / storage, tuple(widths), diffusivity, energy,
        fastest, conductance / area,
    )  # fmt: skip


def crowding(filling: Array) -> tuple[Array, Array]:
    """Excess potential ``-ln(1 - filling)`` [kT] and its derivative, continued by the tangent near 1."""
    free = np.maximum(1.0 - filling, _FULL)
    slope = 1.0 / free
    return -np.log(free) + slope * (filling - (1.0 - free)), slope


def _layer_transport(
    regions: Regions, layer: LayerFacets, species: Species, temperature: float, diffusivity: Array, enrichment: Array
) -> tuple[Array, Array]:
    """D and s on the facets of a layer; what the species does not state for it is taken from the cells beside."""
    energy = regions.on_layer(species.activation_energy, layer, f"activation energy of {species.name}")
    prefactor = regions.on_layer(species.diffusivity_prefactor, layer, f"diffusivity prefactor of {species.name}")
    segregation = regions.on_layer(species.segregation_energy, layer, _segregation(species))
    kt = boltzmann * temperature
    beside_energy = regions.on_cells(species.activation_energy, f"activation energy of {species.name}")[layer.beside]
    boltzmann_beside = np.exp(-beside_energy / kt)
    beside_prefactor = (diffusivity[layer.beside] / boltzmann_beside).mean(axis=0)
    d0 = beside_prefactor if prefactor is None else prefactor
    factor = boltzmann_beside.mean(axis=0) if energy is None else np.exp(-energy / kt)
    s = enrichment[layer.beside].mean(axis=0) if segregation is None else _enrichment(segregation, temperature)
    return d0 * factor, s


def _excess(own: Array, beside: Array, species: Species, layer: LayerFacets) -> Array:
    """Share of the layer's width that is inserted, ``1 - D_g s_g / (D_b s_b)``; zero for a layer like its grains."""
    share = 1.0 - beside / own
    if (share < -1e-9).any():
        k = int(np.argmin(share))
        raise ValueError(
            f"{species.name}: the thin layer {layer.layer.region!r} transports less than its grains"
            f" (D s = {own[k]:.3g} against {beside[k]:.3g} m^2/s). A line cannot hold back the flux that crosses it:"
            " mesh the boundaries as strips, or lower the layer's activation energy"
        )
    return np.where(share < 1e-9, 0.0, share)


def _require_room(species: Species, layer: LayerFacets, own: Array, beside: Array) -> None:
    """Raise ValueError where site exclusion would have to act inside a layer that is enriched."""
    if species.sublattice is not None and (np.abs(own / beside - 1) > 1e-9).any():
        raise ValueError(
            f"{species.name}: segregation to the thin layer {layer.layer.region!r} and a limit of sites"
            f" ({species.sublattice.name}) cannot be combined, a line does not know how full it is inside: mesh the"
            " boundaries as strips, or leave out the sublattice"
        )


def _frozen(species: Species, temperature: float) -> str:
    return (
        f"nothing moves at {temperature:g} K over the activation energy of {species.name} [eV] (energies are in joules:"
        " write 0.58 * eV)"
    )


def _require_sites(species: Species, concentration: Array) -> None:
    """Raise ValueError if more ions are stated than the sublattice has sites."""
    if species.sublattice is not None and (concentration >= species.sublattice.site_density).any():
        raise ValueError(
            f"concentration of {species.name} reaches {concentration.max():.3g} 1/m^3, the sublattice"
            f" {species.sublattice.name!r} has only {species.sublattice.site_density:.3g} sites per m^3"
        )


def _enrichment(energy: Array, temperature: float) -> Array:
    return np.exp(-energy / (boltzmann * temperature))


def _segregation(species: Species) -> str:
    return f"segregation energy of {species.name}"


def _require(good: np.ndarray, values: Array, what: str) -> None:
    if not good.all():
        raise ValueError(f"{what}, got {values[~good][0]:g}")
