"""What a device that warms its substrate shows, and what theory demands of it (B14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp

import numpy as np

from fem.constants import boltzmann
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.observables.observables import power, temperature
from fem.physics.heat.heat_equation import HeatEquation
from fem.physics.heat.heat_modes import HeatedBody
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

Columns = Mapping[str, Array]
CONDUCTIVITY = 0.4  # [W/(m K)] of MAPbI3 films at room temperature, 0.3 to 0.5 (assumption)
_VOLUMETRIC = 1.25e6  # [J/(m^3 K)] of MAPbI3 (assumption); no steady state depends on it
_HELD = 1e12  # [W/(m^2 K)] from the bottom of the device to its substrate, which is at one temperature
_RISE, _POWER = (40.0, 50.0), (5.4e3, 6.6e3)  # K and W/m^2: 45 K by 6 kW/m^2, each known to some 10 %
_STEADY, _BY_ARRHENIUS, _ISOTHERMAL = 0.1, 0.03, 0.01  # K, share, K
_EARLY, _LATE = 0.8, 1.25  # the power is not quite steady: ions change it while the device warms


@dataclass(frozen=True)
class Warming:
    """A device on its substrate, cold at the start.

    Parameters
    ----------
    model
        With its heat.
    species
        The ion whose hops are activated.
    barrier
        Activation energy of these hops [J].
    """

    model: PoissonNernstPlanck
    species: str
    barrier: float

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Columns beside temperature and power: how fast ions are, and how warm the film is above its substrate."""
        return self.ion_speed, self.difference

    @property
    def ion_speed(self) -> Observable:
        """Diffusivity of the ions over that at the start."""
        at_start = self._diffusivity(self.model)

        def measure(scenario: Scenario, state: State) -> float:
            return self._diffusivity(scenario.model) / at_start

        return Observable(f"{self.species} diffusivity over start", "1", measure)

    @property
    def difference(self) -> Observable:
        """Largest difference of temperature in the film that the power leads to [K], of heat made evenly in it."""

        def measure(scenario: Scenario, state: State) -> float:
            return self._per_power * power().measure(scenario, state)

        return Observable("temperature difference in film", "K", measure)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B14 in numbers, for a run of many time constants of the substrate."""
        return (
            Criterion("B14", "rise of temperature at the end [K]", self.rise, *_RISE),
            Criterion("B14", "power at the end [W/m^2]", self.last_power, *_POWER),
            Criterion("B14", "final temperature less T_a + P/h [K]", self.excess, -_STEADY, _STEADY),
            Criterion("B14", "time to 1 - 1/e of the rise over that at a steady power", self.delay, _EARLY, _LATE),
            Criterion("B14", "speed of ions over Arrhenius' law", self.hops, 1 - _BY_ARRHENIUS, 1 + _BY_ARRHENIUS),
            Criterion("B14", "largest difference of temperature in the film [K]", self.spread, 0.0, _ISOTHERMAL),
        )

    def rise(self, columns: Columns) -> float:
        """Temperature at the end less that at the start [K]."""
        return float(np.ptp(columns[temperature().column][[0, -1]]))

    def last_power(self, columns: Columns) -> float:
        """Power at the end [W/m^2]."""
        return float(columns[power().column][-1])

    def excess(self, columns: Columns) -> float:
        """Temperature at the end less that of a steady state with the power at the end [K]."""
        return float(columns[temperature().column][-1]) - self._heat.steady(self.last_power(columns))

    def delay(self, columns: Columns) -> float:
        """Time at which 1 - 1/e of the rise is done, over that at which a steady power does it."""
        times, warm = columns["time [s]"], columns[temperature().column]
        share = (warm - warm[0]) / (warm[-1] - warm[0])
        law = self._heat.modes.rise(times)
        return float(np.interp(1 - exp(-1), share, times) / np.interp(1 - exp(-1), law / law[-1], times))

    def hops(self, columns: Columns) -> float:
        """How much faster ions have become, over what Arrhenius' law gives at the temperatures of start and end."""
        first, last = columns[temperature().column][[0, -1]]
        return float(columns[self.ion_speed.column][-1]) / exp(self.barrier / boltzmann * (1 / first - 1 / last))

    def spread(self, columns: Columns) -> float:
        """Largest difference of temperature in the film at any output [K]."""
        return float(columns[self.difference.column].max())

    @property
    def _heat(self) -> HeatedBody:
        assert self.model.heat is not None
        return self.model.heat

    def _diffusivity(self, model: PoissonNernstPlanck) -> float:
        return model.transports[[one.name for one in model.species].index(self.species)].mean_diffusivity

    @cached_property
    def _per_power(self) -> float:
        """Largest difference of temperature for 1 W/m^2 [K m^2/W]."""
        mesh = self.model.mesh
        equation = HeatEquation(mesh, CONDUCTIVITY, _VOLUMETRIC, {"bottom": _HELD}, self._heat.ambient)
        made = np.full(mesh.t.shape[1], 1.0 / float(np.ptp(mesh.p[1])))
        return float(np.ptp(equation.steady(made)))
