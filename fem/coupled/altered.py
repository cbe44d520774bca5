"""Edges along which ions are faster or slower for what else is at their ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes


@dataclass(frozen=True)
class AlteredEdges:
    """What the alterations of population `k` do to its conductance along each edge.

    The conductance is multiplied by the geometric mean of the factors at both ends. It exists of populations that
    nothing alters too.
    """

    volumes: ControlVolumes
    unknowns: Unknowns
    k: int

    @cached_property
    def slopes(self) -> Mapping[int, float]:
        """Derivative of the logarithm of that mean by population m at either end, by the number of m."""
        u, slopes = self.unknowns, dict[int, float]()
        numbers = {one.name: m for m, one in enumerate(u.populations)}
        for one in u.populations[self.k].altered_by:
            m = numbers[one.species]
            slopes[m] = slopes.get(m, 0.0) + 0.5 * float(np.log(one.factor) * u.unit[m] / one.site_density)
        return slopes

    def factor(self, fields: Array) -> Array | float:
        """By what the conductance is multiplied at the nodal `fields`, shape (n_edges,); 1 if nothing alters it."""
        if not self.slopes:
            return 1.0
        (i, j), exponent = self.volumes.nodes, np.zeros(fields.shape[1])
        for m, slope in self.slopes.items():
            exponent += slope * fields[m + 1]
        return np.asarray(np.exp(exponent[i] + exponent[j]))
