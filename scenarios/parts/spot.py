"""Where the spot of light that a film emits lies, and what is demanded of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from skfem import MeshTri

from fem.fields import Array
from fem.observables.emission import emission, emitting_area
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State
from scenarios.parts.stages import Stages

_COLUMN, _WIDTH = "PL centroid", "PL standard deviation"


@dataclass(frozen=True)
class Spot:
    """The emission of a film under a spot of light.

    Parameters
    ----------
    mesh
        The film.
    expected
        Drift length mu tau E at the first stage [m]; positive towards the right.
    doped
        Whether the minority carriers drift alone.
    """

    mesh: MeshTri
    expected: float
    doped: bool

    @property
    def observables(self) -> list[Observable]:
        """Centroid and standard deviation of the emission along x [m]."""
        return [Observable(_COLUMN, "m", self._centroid), Observable(_WIDTH, "m", self._deviation)]

    def _centroid(self, scenario: Scenario, state: State) -> float:
        return float(np.average(self.mesh.p[0], weights=self._light(scenario, state)))

    def _deviation(self, scenario: Scenario, state: State) -> float:
        light, x = self._light(scenario, state), self.mesh.p[0]
        return float(np.sqrt(np.average((x - np.average(x, weights=light)) ** 2, weights=light)))

    @staticmethod
    def _light(scenario: Scenario, state: State) -> Array:
        return np.maximum(emitting_area(scenario.model) * emission(scenario, state), 0.0)

    def demands(self, stages: Stages) -> list[Criterion]:
        """Criteria on the run: where the spot has moved at the end of the two stages."""

        def shift(columns: Mapping[str, Array], stage: int) -> float:
            if self.expected == 0:
                raise ValueError("nothing moves without a voltage")
            seen = columns[f"{_COLUMN} [m]"]
            return float((stages.within(seen, stage)[-1] - seen[0]) / self.expected)

        if not self.doped:
            return [
                Criterion("B6", "undoped plate: shift of the spot over mu tau E", lambda c: shift(c, 0), -0.01, 0.01)
            ]
        return [
            Criterion("B6", "shift of the spot over mu tau E", lambda c: shift(c, 0), 0.97, 1.03),
            Criterion("B6", "after reversal: shift over mu tau E", lambda c: shift(c, 1), -1.03, -0.97),
        ]
