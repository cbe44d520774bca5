"""Balance of heat of a device whose power depends on its temperature, on a stretch where it does so linearly.

    C dT/dt = P(t) + s (T - T_m) - h (T - T_a),

with the power P(t) of the device at a temperature T_m near its own and its slope s = dP/dT. Where s exceeds h every
rise feeds itself: a thermal runaway.
"""

from dataclasses import dataclass
from math import copysign, exp, expm1, inf, log1p

from fem.physics.heat import LumpedHeat

_STEADY = 1e-2  # of the largest change: so near, a film has come to its steady temperature


@dataclass(frozen=True)
class HeatBalance:
    """A lumped `heat` fed by a power known at the temperature `known_at` [K], with its `slope` [W/(m^2 K)]."""

    heat: LumpedHeat
    known_at: float
    slope: float

    @property
    def _transfer(self) -> float:
        return self.heat.transfer - self.slope

    def _lift(self, power: float) -> float:
        """Power [W/m^2] carried over to the ambient temperature."""
        return power + self.slope * (self.heat.ambient - self.known_at)

    def along(self, temperature: float, first: float, last: float, duration: float) -> float:
        """Temperature [K] after a power on a line from `first` to `last` [W/m^2] for `duration` [s]; exact."""
        times, rise = duration * self._transfer / self.heat.capacity, temperature - self.heat.ambient
        first, last = self._lift(first), self._lift(last)
        if abs(times) < 1e-12:
            return temperature + (0.5 * (first + last) - self._transfer * rise) * duration / self.heat.capacity
        kept, mean = exp(-times), -expm1(-times) / times
        made = first * (mean - kept) + last * (1.0 - mean)
        return self.heat.ambient + rise * kept + made / self._transfer

    def stretch(self, temperature: float, power: float) -> tuple[float, float]:
        """How far the next stretch of nearly one temperature goes [K], with its sign, and how long that takes [s].

        It ends where the temperature has moved by the largest change, or by half of its distance from the steady one.
        Once that distance is a hundredth of the largest change it goes all the way, which takes for ever.
        """
        largest, capacity = self.heat.largest_change, self.heat.capacity
        rate = (self._lift(power) - self._transfer * (temperature - self.heat.ambient)) / capacity
        if rate == 0:
            return 0.0, inf
        per_time = self._transfer / capacity
        left = abs(rate) / per_time if per_time > 0 else inf
        if left < _STEADY * largest:
            return copysign(left, rate), inf
        way = min(largest, 0.5 * left)
        share = way * per_time / abs(rate)
        return copysign(way, rate), (way / abs(rate) if abs(share) < 1e-12 else -log1p(-share) / per_time)
