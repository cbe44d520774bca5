"""A voltage for a time, then another one, with outputs that are dense after each change."""

from dataclasses import dataclass

from fem.constants import ms
from fem.fields import Array
from fem.physics.drives.drive import Drive
from scenarios.parts.options import require_longer
from scenarios.parts.stages import in_turn, times_of

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
        return in_turn((self.bias, self.return_bias), self._durations)

    @property
    def times(self) -> Array:
        """Output times [s]; one of them ends the first voltage, another the second."""
        return times_of(self._durations, FIRST, _PER_DECADE)

    @property
    def _durations(self) -> tuple[float, float]:
        return self.drive_time, self.return_time

    @property
    def reverses(self) -> bool:
        """Whether the second voltage has the other sign."""
        return self.bias * self.return_bias < 0
