"""Another film that is followed beside a run, and its columns in the run's time series."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.evolve import evolve
from fem.fields import Array
from fem.scenario import Observable, Scenario
from fem.state import State


@dataclass(frozen=True)
class Beside:
    """A film that is followed beside a run.

    Parameters
    ----------
    scenario
        That film, with the output times of the run.
    measures
        What it is measured by.
    kind
        "passivated", for the names of the columns.
    """

    scenario: Scenario
    measures: Sequence[Observable]
    kind: str

    @property
    def columns(self) -> tuple[Observable, ...]:
        """Its measures as columns of the run."""
        return tuple(self._column(k, one) for k, one in enumerate(self.measures))

    def _column(self, number: int, one: Observable) -> Observable:
        def measure(_: Scenario, state: State) -> float:
            return float(np.interp(state.time, self.scenario.times, self._rows[:, number]))

        return Observable(f"{one.name}, {self.kind}", one.unit, measure)

    @cached_property
    def _rows(self) -> Array:
        runs = evolve(self.scenario.model, self.scenario.times, self.scenario.tolerance)
        return np.array([[one.measure(self.scenario, output.state) for one in self.measures] for output in runs])
