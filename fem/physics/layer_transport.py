"""Transport of one species in a thin layer: along it where it is faster than its grains, across it where it is slower.

A layer of width delta with diffusivity D_b and enrichment s_b lies in a film with D_g and s_g, which already holds
matter where the layer is. What is inserted is a slab of the layer's matter with the excess width

    w = delta (1 - min(r, 1 / r)),     r = D_g s_g / (D_b s_b),     and at least delta (1 - s_g / s_b)

so that a layer like its grains is not there at all. Along a faster layer the conductance added is Fisher's ``delta (D_b
s_b - D_g s_g)`` (doi:10.1063/1.1699825), across a slower one the resistance added is that of a slab in series, ``delta
(1 / (D_b s_b) - 1 / (D_g s_g))``. What crosses matters only where the layer is slower, and takes a line with nodes of
its own on either side (``meshes.Lines(two_sided=True)``): half the slab belongs to each, joints between them hold its
resistance. A joint takes the field inside the slab as constant, an error of the order of delta over the Debye length.
"""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.numerics.scatter import sum_at
from fem.physics.hopping import Hopping
from fem.physics.layers import THINNEST
from fem.physics.regions import LayerFacets, Regions
from fem.physics.species import Species

_EQUAL = 1e-9  # layers that differ less than this from their grains are like them


@dataclass(frozen=True)
class LayerTransport:
    """What a thin layer changes, per facet, arrays of shape (n_facets,).

    Parameters
    ----------
    width
        Storage that is inserted, as a width [m].
    conductance
        Conductance along the layer that is added, as a width times D s [m^3/s].
    resistance
        Resistance across the layer that is added [s/m].
    core
        Conductance of a junction's core between the halves of a faster layer, 2 D s [m^2/s]: half the layer's width
        apart, over its whole width.
    """

    width: Array
    conductance: Array
    resistance: Array
    core: Array

    @classmethod
    def nothing(cls, layer: LayerFacets) -> "LayerTransport":
        """No change, and no way across."""
        zero = np.zeros(len(layer.facets))
        return cls(zero, zero, zero + np.inf, zero)

    @classmethod
    def of(cls, layer: LayerFacets, own: Hopping, cells: Hopping) -> "LayerTransport":
        """Changes that a layer with the properties `own` makes in a film with those of `cells`."""
        held = cells.enrichment[layer.beside[0]] > 0
        conductivity = np.where(held, own.conductivity, 1.0)
        beside = np.where(held, cells.conductivity[layer.beside].mean(axis=0), 1.0)
        enriched = cells.enrichment[layer.beside].mean(axis=0)
        ratio = beside / conductivity
        different = _where_different(1.0 - np.minimum(ratio, 1.0 / ratio))
        different[layer.rim & (ratio > 1.0)] = 0.0  # nothing crosses it
        inserted = held * np.maximum(different, _where_different(1.0 - enriched / own.enrichment))
        delta = layer.widths
        across = np.where(held, np.maximum(different / conductivity, THINNEST / beside), np.inf)
        core = np.where(ratio < 1.0, 2.0 * different * conductivity, 0.0)
        return cls(delta * inserted, delta * different * conductivity, delta * across, core)

    def add_to(self, weights: Array, layer: LayerFacets, regions: Regions) -> None:
        """Add the layer to edge `weights` [m^2/s]; along the film's rim it passes over two-sided lines."""
        weights[layer.facets] += self.conductance / layer.lengths
        layer.joints.add(weights, 1.0 / layer.joints.across(self.resistance))
        layer.joints.add_cores(weights, 0.5 * layer.joints.across(self.core))
        nodes = regions.mesh.facets[:, layer.facets[layer.rim]].astype(np.int64)
        places, at = np.unique(nodes, return_inverse=True)
        along = np.tile(self.conductance[layer.rim], 2)
        mean = sum_at(at, along, len(places)) / np.bincount(at.ravel(), minlength=len(places))
        for other in regions.layer_facets:
            other.joints.bridge(weights, places, mean / other.layer.width)


def require_two_sides(species: Species, layer: LayerFacets, own: Hopping, cells: Hopping) -> None:
    """Raise ValueError where a layer would have to hold back the flux that crosses it and has only one side."""
    beside = cells.conductivity[layer.beside].mean(axis=0)
    one_sided = ~layer.rim
    one_sided[layer.joints.sides] = False
    slow = one_sided & (own.conductivity < beside * (1 - _EQUAL))
    if slow.any():
        k = int(np.flatnonzero(slow)[0])
        x, y = 1e9 * layer.midpoints[:, k]
        raise ValueError(
            f"{species.name}: the thin layer {layer.layer.region!r} transports less than its grains at x = {x:.1f} nm,"
            f" y = {y:.1f} nm (D s = {own.conductivity[k]:.3g} against {beside[k]:.3g} m^2/s). A line with one row of"
            " nodes cannot hold back the flux that crosses it: mesh with Lines(two_sided=True) or Strips, or lower the"
            " layer's activation energy"
        )


def require_room(species: Species, layer: LayerFacets, own: Hopping, cells: Hopping) -> None:
    """Raise ValueError where site exclusion would have to act inside a layer that is enriched."""
    beside = cells.enrichment[layer.beside].mean(axis=0)
    if species.sublattice is not None and (np.abs(own.enrichment / beside - 1) > _EQUAL).any():
        raise ValueError(
            f"{species.name}: segregation to the thin layer {layer.layer.region!r} and a limit of sites"
            f" ({species.sublattice.name}) cannot be combined, a line does not know how full it is inside: mesh the"
            " boundaries as strips, or leave out the sublattice"
        )


def _where_different(share: Array) -> Array:
    return np.where(share < _EQUAL, 0.0, share)
