"""What the temperature of a film asks of the body that takes up its heat: a sum of modes, each with a rate of its own.

The rise of the film above its surroundings is ``T - T_a = sum_n a_n`` with ``da_n/dt = g_n P - r_n a_n``, where P is
the power per area. A body of one temperature has one mode, r = h / C and g = 1 / C; conduction in a substrate has many
(H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids, 2nd ed., Oxford 1959, section 3.11).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fem.checks import require_positive
from fem.fields import Array


@dataclass(frozen=True)
class HeatModes:
    """Modes of a body that takes up heat.

    Parameters
    ----------
    rates
        r at which each decays [1/s], shape (n_modes,).
    gains
        g by which power makes it rise [K m^2/J], greater than zero, shape (n_modes,).
    shares
        Part of each in a body that is uniformly warm, shape (n_modes,); they add up to 1.
    """

    rates: Array
    gains: Array
    shares: Array

    def rise(self, times: Array) -> Array:
        """Rise of the film for a steady 1 W/m^2 from t = 0 on [K m^2/W], at `times` [s], shape (n_times,)."""
        decayed = np.outer(times, self.rates)
        mean = np.divide(-np.expm1(-decayed), decayed, out=np.ones_like(decayed), where=decayed > 0)
        return np.asarray(times * (mean @ self.gains))


class HeatedBody(Protocol):
    """What a film that heats itself needs to know of what it warms."""

    @property
    def modes(self) -> HeatModes:
        """How the film's temperature follows its power."""

    @property
    def ambient(self) -> float:
        """Temperature T_a of the surroundings [K]."""

    @property
    def largest_change(self) -> float:
        """Change of temperature after which everything that depends on it is computed anew [K]."""

    @property
    def width(self) -> float | None:
        """Width over which the body takes up the power of a cross-section [m]; None for that of the mesh."""

    @property
    def hottest(self) -> float:
        """Temperature at which a run ends as a thermal runaway [K]."""

    def steady(self, power: float) -> float:
        """Temperature [K] of the film at which a steady `power` [W/m^2] is given off; infinite where none is."""

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""


def require_heat_settings(body: HeatedBody) -> None:
    """Raise ValueError unless temperatures and width of a body make sense."""
    require_positive(body.ambient, "ambient temperature", "K")
    require_positive(body.largest_change, "largest change of temperature between updates", "K")
    require_positive(body.hottest, "hottest temperature of a run", "K")
    if body.width is not None:
        require_positive(body.width, "width that takes up the heat", "m")
