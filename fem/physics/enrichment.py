"""Where a population lives and how strongly it is drawn to each place.

In local equilibrium its density is in proportion to ``s = exp(-E / kT)``, with E its segregation energy or band edge. A
node on the border of two materials has one concentration, the mean of its control volume; inside, in the part where the
enrichment is s, the density is ``c_node s / s_node`` with ``s_node`` the mean of s.
"""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.regions import LayerFacets


@dataclass(frozen=True)
class Enrichment:
    """Enrichment of one population.

    Parameters
    ----------
    cells
        s of each cell, 0 where the population does not exist, shape (n_cells,).
    nodes
        Mean s of each node's control volume (of the part in which it exists), shape (n_nodes,).
    layers
        s on the facets of each thin layer; empty if the layers are like their cells.
    inserted
        Width of each thin layer that is inserted [m], per facet; empty for none.
    intrinsic
        Of carriers, the density in equilibrium where the enrichment is 1 and the potential 0 [1/m^3].
    """

    cells: Array
    nodes: Array
    layers: tuple[Array, ...] = ()
    inserted: tuple[Array, ...] = ()
    intrinsic: float | None = None

    @classmethod
    def on_cells(cls, volumes: ControlVolumes, cells: Array, intrinsic: float | None = None) -> "Enrichment":
        """The enrichment of a film whose thin layers, if any, are like their cells."""
        lived = volumes.node_integrals((cells > 0).astype(float))
        return cls(cells, volumes.node_integrals(cells) / np.where(lived > 0, lived, 1.0), intrinsic=intrinsic)

    def beside(self, layer: LayerFacets) -> Array:
        """Mean s of those cells beside a layer in which the population exists, shape (n_facets,)."""
        both = self.cells[layer.beside]
        return np.asarray(both.sum(axis=0) / np.maximum((both > 0).sum(axis=0), 1))

    def on_layer(self, number: int, layer: LayerFacets) -> Array:
        """The enrichment on the facets of the layer with that `number`, shape (n_facets,)."""
        return self.layers[number] if self.layers else self.beside(layer)

    def inserted_in(self, number: int, layer: LayerFacets) -> Array:
        """Inserted width of the layer with that `number` [m], shape (n_facets,)."""
        return self.inserted[number] if self.inserted else np.zeros(len(layer.facets))
