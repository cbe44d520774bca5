"""A device whose substrate and film are at one temperature.

``C dT/dt = P - h (T - T_a)`` per area, with C the heat capacity of what warms together, h the transfer to the
surroundings and P the electrical power.
"""

from dataclasses import asdict, dataclass
from math import exp

import numpy as np

from fem.checks import require_not_negative, require_positive
from fem.physics.heat.heat_modes import HeatModes, require_heat_settings


@dataclass(frozen=True)
class LumpedHeat:
    """A device at one temperature over its substrate.

    Parameters
    ----------
    capacity
        Heat capacity C of substrate and film per area [J/(m^2 K)].
    transfer
        Coefficient h of the heat that is given off [W/(m^2 K)].
    ambient
        Temperature T_a of the surroundings [K].
    largest_change
        Change of temperature after which everything that depends on it is computed anew [K]; it is then computed for
        the middle of the next stretch, half of this from its ends.
    width
        Width over which the substrate takes up the power of a cross-section [m]; None for the whole width of the mesh.
        In plan view it is the film's area over its thickness.
    hottest
        Temperature at which a run ends as a thermal runaway [K].
    """

    capacity: float
    transfer: float
    ambient: float = 300.0
    largest_change: float = 0.5
    width: float | None = None
    hottest: float = 800.0

    def __post_init__(self) -> None:
        require_positive(self.capacity, "heat capacity per area", "J/(m^2 K)")
        require_not_negative(self.transfer, "heat transfer coefficient", "W/(m^2 K)")
        require_heat_settings(self)

    @property
    def modes(self) -> HeatModes:
        """The one mode of one temperature."""
        return HeatModes(np.array([self.transfer / self.capacity]), np.array([1.0 / self.capacity]), np.ones(1))

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {"body": "one temperature"} | asdict(self)

    @property
    def time_constant(self) -> float:
        """C / h [s]; infinite without transfer."""
        return self.capacity / self.transfer if self.transfer else float("inf")

    def steady(self, power: float) -> float:
        """Temperature [K] at which a steady `power` [W/m^2] is given off."""
        return self.ambient + power / self.transfer if self.transfer else float("inf")

    def rate(self, temperature: float, power: float) -> float:
        """dT/dt [K/s] at `temperature` [K] and `power` [W/m^2]."""
        return (power - self.transfer * (temperature - self.ambient)) / self.capacity

    def after(self, temperature: float, power: float, duration: float) -> float:
        """Temperature [K] after a steady `power` [W/m^2] for `duration` [s]; exact."""
        if self.transfer == 0:
            return temperature + power * duration / self.capacity
        end = self.steady(power)
        return end + (temperature - end) * exp(-duration / self.time_constant)
