"""A voltage for a time, then another one, with outputs that are dense after each change."""

from dataclasses import dataclass

import numpy as np

from fem.constants import ms
from fem.fields import Array
from fem.physics.drives.drive import Drive, table
from fem.scenario import logarithmic_times
from scenarios.parts.options import require_longer

FIRST = 10 * ms  # output after each change of the voltage
_PER_DECADE = 8


@dataclass(frozen=True)
class OutAndBack:
    """Two voltages [V] held one after the other [s], from t = 0 on; 0 V before.

    Raises
    ------
    ValueError
        If one of them is held no longer than the first output takes.
    """

    bias: float
    drive_time: float
    return_bias: float
    return_time: float

    def __post_init__(self) -> None:
        require_longer(FIRST, drive_time=self.drive_time, return_time=self.return_time)

    @property
    def drive(self) -> Drive:
        """The voltage over time."""
        return table([0.0, 0.0, self.drive_time, self.drive_time], [0.0, self.bias, self.bias, self.return_bias])

    @property
    def times(self) -> Array:
        """Output times [s]; one of them ends the first voltage, another the second."""
        out = logarithmic_times(FIRST, self.drive_time, _PER_DECADE)
        back = logarithmic_times(FIRST, self.return_time, _PER_DECADE)[1:]
        return np.concatenate([out, self.drive_time + back])

    @property
    def reverses(self) -> bool:
        """Whether the second voltage has the other sign."""
        return self.bias * self.return_bias < 0
