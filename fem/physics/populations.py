"""Populations: everything the coupled system follows node by node beside the potential, resolved on a mesh.

An ion species is one population, the electrons and the holes of a semiconductor are one each. They share the flux law
of :mod:`fem.physics.nernst_planck`; what sets carriers apart is stated here: nothing compensates them at the start,
contacts hold their density, and their numbers span so many decades that small ones are counted against the largest.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fem.physics.alteration import Alteration
from fem.physics.enrichment import Enrichment
from fem.physics.nernst_planck import TransportOperator
from fem.physics.species import Species, Sublattice


@dataclass(frozen=True)
class Population:
    """Particles of one kind on a mesh.

    Parameters
    ----------
    name
        "iodide vacancy", "electron".
    charge
        Charge number z.
    transport
        Where they are, how many at the start, and how they move.
    unit
        Concentration in which they are counted [1/m^3].
    sublattice
        Sites that limit them, if any.
    carrier
        Electrons or holes.
    intrinsic
        Of carriers, the density in equilibrium at phi = 0 where the enrichment is 1 [1/m^3].
    altered_by
        Of ions, the species that change their diffusivity where they are.
    """

    name: str
    charge: int
    transport: TransportOperator
    unit: float
    sublattice: Sublattice | None = None
    carrier: bool = False
    intrinsic: float | None = None
    altered_by: tuple[Alteration, ...] = ()

    @classmethod
    def of_ions(cls, species: Species, transport: TransportOperator) -> "Population":
        """The ions of `species`, counted in units of their reference or else of their mean at the start."""
        mean = float(np.average(transport.start, weights=transport.storage))
        unit, altered = species.reference or mean, tuple(species.altered_by)
        return cls(species.name, species.charge, transport, unit, species.sublattice, altered_by=altered)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Nodes that belong to the part of the film in which the particles exist, shape (n_nodes,)."""
        return np.asarray(self.transport.storage > 0)

    @property
    def enrichment(self) -> Enrichment:
        """Where they live and how strongly they are drawn to each place."""
        t = self.transport
        return Enrichment(t.cell_enrichment, t.enrichment, t.layer_enrichments, t.inserted_widths, self.intrinsic)

    @property
    def mobile(self) -> bool:
        """Whether they move at all."""
        return bool((self.transport.weights != 0).any())
