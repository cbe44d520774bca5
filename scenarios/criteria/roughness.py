"""What grains may and may not do to the evenness of a quench front."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.scenario import Criterion
from scenarios.parts.front_shape import FrontShape

Traces = Mapping[str, Array]
NOISE = 0.25  # of a cell at the grain boundaries: what the mesh may add to an even front


@dataclass(frozen=True)
class Roughness:
    """Roughness of a front where it has gone a certain way, so that faster and slower films compare.

    Parameters
    ----------
    shape
        How the front is seen.
    reach
        Mean way at which the roughness counts [m].
    cell
        Size of the cells at the grain boundaries [m].
    """

    shape: FrontShape
    reach: float
    cell: float

    def at_reach(self, traces: Traces) -> float:
        """Standard deviation of the front along the electrode [m]; NaN where the front has not come that far."""
        way, rough = (traces[one.column] for one in self.shape.columns)
        beyond = np.flatnonzero(way >= self.reach)
        if not len(beyond) or beyond[0] == 0 or np.isnan(way[beyond[0] - 1]):
            return float("nan")
        near = slice(int(beyond[0]) - 1, int(beyond[0]) + 1)
        return float(np.interp(self.reach, way[near], rough[near]))

    def criteria(self, grains_alike: bool) -> tuple[Criterion, ...]:
        """An even front where boundaries are like grains, else one that the grains make uneven."""

        def over_cell(traces: Traces) -> float:
            return self.at_reach(traces) / self.cell

        quantity = "roughness of the front halfway to the depletion width, over the cells at boundaries"
        if grains_alike:
            return (Criterion("F1", f"{quantity}, boundaries like grains", over_cell, 0.0, NOISE),)
        return (Criterion("F1", quantity, over_cell, NOISE),)
