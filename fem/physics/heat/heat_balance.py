"""Balance of heat of a device whose power depends on its temperature, on a stretch where it does so linearly.

    da_n/dt = g_n [P(t) + s (T - T_m)] - r_n a_n,        T = T_a + sum_n a_n,

with the modes of :mod:`fem.physics.heat.heat_modes`, the power P(t) of the device at a temperature T_m near its own and
its slope s = dP/dT. Where s exceeds what the body gives off every rise feeds itself: a thermal runaway.
"""

from dataclasses import dataclass
from functools import cached_property
from math import copysign, inf

import numpy as np
from scipy.optimize import brentq

from fem.fields import Array
from fem.physics.heat.heat_modes import HeatedBody

_STEADY = 1e-2  # of the largest change: so near, a film has come to its steady temperature
_SMALL = 1e-2  # argument of the exponential below which a series serves
_LATE, _TIMES = 60.0, 200  # of the slowest time: when all is over; and how many times are looked at until then
_HUGE = 600.0  # exponents beyond which a runaway is over


@dataclass(frozen=True)
class HeatBalance:
    """A `body` fed by a power known at the temperature `known_at` [K], with its `slope` [W/(m^2 K)]."""

    body: HeatedBody
    known_at: float
    slope: float

    def along(self, parts: Array, first: float, last: float, duration: float) -> Array:
        """Modes [K] after a power on a line from `first` to `last` [W/m^2] for `duration` [s], from `parts`; exact."""
        growths, weights, _ = self._eigenmodes
        first, last = self._lift(first), self._lift(last)
        grown = growths * duration
        once, twice = _exponential_means(grown)
        made = duration * weights * (first * (once - twice) + last * twice)
        return self._parts(np.exp(grown) * self._coordinates(parts) + made)

    def stretch(self, parts: Array, power: float) -> tuple[float, float]:
        """How far the next stretch of nearly one temperature goes [K], with its sign, and how long that takes [s].

        It ends where the temperature has moved by the largest change, or by half of its distance from the steady one.
        Once that distance is a hundredth of the largest change it goes all the way, which takes for ever.
        """
        growths, weights, _ = self._eigenmodes
        speeds = weights * (growths * self._coordinates(parts) + weights * self._lift(power))
        end = float(-(speeds / growths).sum()) if (growths < 0).all() else inf
        largest = self.body.largest_change
        way = min(largest, max(0.5 * abs(end), _STEADY * largest))
        reached = self._reached(way, speeds)
        if reached is None:
            return (end if end < inf else 0.0), inf
        return copysign(way, float(self._moved(np.array([reached]), speeds)[0])), reached

    def _reached(self, way: float, speeds: Array) -> float | None:
        """When the temperature has moved by `way` [K], from modes that give it the `speeds` [K/s]; None if never."""
        growths, rate = self._eigenmodes[0], abs(float(speeds.sum()))
        scales = [*(1.0 / np.abs(growths[growths != 0])), *([way / rate] if rate else [])]
        if not scales:
            return None
        times = np.concatenate([[0.0], np.geomspace(0.5 * min(scales), _LATE * max(scales), _TIMES)])
        beyond = np.flatnonzero(np.abs(self._moved(times, speeds)) >= way)
        if not len(beyond):
            return None

        def missing(time: float) -> float:
            return abs(float(self._moved(np.array([time]), speeds)[0])) - way

        return float(brentq(missing, times[beyond[0] - 1], times[beyond[0]], rtol=1e-12))

    def _moved(self, times: Array, speeds: Array) -> Array:
        """Change of the temperature [K] after `times` [s] at a power that does not change."""
        grown = np.minimum(np.outer(times, self._eigenmodes[0]), _HUGE)
        return np.asarray(times * (_exponential_means(grown)[0] @ speeds))

    def _lift(self, power: float) -> float:
        """Power [W/m^2] carried over to the ambient temperature."""
        return power + self.slope * (self.body.ambient - self.known_at)

    @cached_property
    def _eigenmodes(self) -> tuple[Array, Array, Array]:
        """Growth [1/s], weight and direction of what does not mix on this stretch, in roots of the gains."""
        modes = self.body.modes
        roots = np.sqrt(modes.gains)
        growths, directions = np.linalg.eigh(self.slope * np.outer(roots, roots) - np.diag(modes.rates))
        return growths, directions.T @ roots, directions

    def _coordinates(self, parts: Array) -> Array:
        return np.asarray(self._eigenmodes[2].T @ (parts / np.sqrt(self.body.modes.gains)))

    def _parts(self, coordinates: Array) -> Array:
        return np.asarray(np.sqrt(self.body.modes.gains) * (self._eigenmodes[2] @ coordinates))


def _exponential_means(z: Array) -> tuple[Array, Array]:
    """``(e^z - 1) / z`` and ``(e^z - 1 - z) / z^2``, to round-off at every z."""
    small = np.abs(z) < _SMALL
    apart = np.where(small, 1.0, z)
    once = np.expm1(apart) / apart
    twice = (once - 1.0) / apart
    twice = np.where(small, 1 / 2 + z * (1 / 6 + z * (1 / 24 + z * (1 / 120 + z * (1 / 720 + z / 5040)))), twice)
    return np.where(small, 1.0 + z * twice, once), twice
