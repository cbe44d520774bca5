"""The same film at 0 V all the time: what a run must beat before the voltage can be thanked for it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.scenario import Observable, Scenario
from fem.state import State


@dataclass(frozen=True)
class Unbiased:
    """A second run with every contact at 0 V, made when it is first asked for.

    Parameters
    ----------
    model
        Of the film under voltages.
    times
        At which it is compared [s], shape (n,).
    seen
        What is compared.
    """

    model: PoissonNernstPlanck
    times: Array
    seen: Observable

    @property
    def observable(self) -> Observable:
        """What is `seen` of the film without a voltage, at the same times."""
        return Observable(f"{self.seen.name} at 0 V", self.seen.unit, self.measure)

    def measure(self, scenario: Scenario, state: State) -> float:
        """What is `seen` at the time of `state` without a voltage."""
        return float(np.interp(state.time, self.times, self._found))

    @cached_property
    def _found(self) -> Array:
        film = replace(self.model, contacts=[replace(one, potential=0.0) for one in self.model.contacts])
        scenario = Scenario(film, self.times)
        return np.array([self.seen.measure(scenario, one.state) for one in evolve(film, self.times)])
