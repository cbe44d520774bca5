"""Through a section from bottom to top or along it from left to right: where a voltage lies."""

from enum import Enum


class Direction(Enum):
    """Between which faces of the section the voltage lies."""

    VERTICAL = "vertical"
    LATERAL = "lateral"

    @property
    def electrodes(self) -> tuple[str, str]:
        """The faces with the two electrodes, the one at 0 V first."""
        return ("bottom", "top") if self is Direction.VERTICAL else ("left", "right")
