"""What is demanded of a film between two oxides under a voltage, warm and cold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, protocol, ramp, rest
from fem.results.profiles import cross_lines
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State
from scenarios.parts.flashes import Flashes

Traces = Mapping[str, Array]
_ON, _OFF, _EDGE = 0.1, 40.0, 1e-3  # of the time of screening: when the voltage comes and goes, how long that takes
_PROBED = (0.02, 0.3, 1.0, 3.0, 10.0, 30.0)  # times of flashes after a change, over that of screening
_FIELD = (0.97, 1.03)  # of the first field over that of two oxides and a film in series
_TIME = (0.85, 1.15)  # of the time in which it decays over that of small voltages and thin double layers
_ATTENUATED = 0.8  # largest yield right after the voltage
_RECOVERED = 0.1  # share of the attenuation that the ions take back while the voltage is on
_LEFT = 0.02  # least attenuation by vacancies that have gathered, with the voltage on
_RETURNED = 0.02  # largest difference from the first yield after the voltage
_NO_MORE = 1.02  # largest yield of ions and carriers alone
_MORE = 1.05  # least yield long after the voltage, with capture slowed


@dataclass(frozen=True)
class Capacitor:
    """A voltage that is switched on and off again, and flashes before, during and after it.

    Parameters
    ----------
    bias
        Of the top electrode while it is on [V].
    field
        Of the film before ions have moved [V/m].
    time
        In which ions screen small voltages [s].
    flash
        How long a flash lasts [s].
    """

    bias: float
    field: float
    time: float
    flash: float

    @property
    def drive(self) -> Drive:
        """The voltage over time, with edges that are short against the time of screening."""
        edge = _EDGE * self.time
        held = hold(self.bias, self.off - self.on - edge)
        return protocol([rest(self.on), ramp(self.bias, edge), held, ramp(0.0, edge), rest(self.off)])

    @property
    def flashes(self) -> Flashes:
        """One before the voltage, and as many after it came as after it went."""
        after = self.time * np.array(_PROBED)
        return Flashes(np.concatenate([[0.0], self.on + after, self.off + after]) + self.flash, self.flash)

    @property
    def times(self) -> Array:
        """Outputs [s]: after every flash, and between them for the field."""
        between = self.on + self.time * np.geomspace(2 * _EDGE, 0.9 * (_OFF - _ON), 22)
        return np.unique(np.concatenate([[0.0], self.flashes.times.ravel(), between, self.off - self.on + between]))

    @property
    def on(self) -> float:
        """When the voltage comes [s]."""
        return _ON * self.time

    @property
    def off(self) -> float:
        """When it goes [s]."""
        return _OFF * self.time

    def demands(self, paired: bool, aligned: bool, cold: bool) -> tuple[Criterion, ...]:
        """B7. Without alignment no yield may rise; with it the last flash must be brighter than the first in the cold.

        Without capture at pairs the light must return while the voltage is on, but for what separation still takes.

        Parameters
        ----------
        paired
            Whether pairs of vacancies capture carriers.
        aligned
            Whether the empirical law is on.
        cold
            Whether what the field has aligned outlives the run.
        """

        def last(traces: Traces) -> float:
            return float(self.flashes.yields(traces)[-1])

        found = [
            Criterion("B7", "first field over V / (L + 2 t eps/eps_ox)", self.first_field, *_FIELD),
            Criterion(
                "B7", "decay time of the field over (lambda^2 / D)(1 + L / 2(lambda + lambda_S))", self.decay, *_TIME
            ),
        ]
        if aligned:
            bounds = (_MORE, np.inf) if cold else (1 - _RETURNED, 1 + _RETURNED)
            return (*found, Criterion("B7", "yield long after the voltage, with the empirical term", last, *bounds))
        left = (_LEFT, 1.0) if paired else (-_LEFT, _LEFT)
        return (
            *found,
            Criterion("B7", "yield right after the voltage came", lambda t: self._under(t)[0], upper=_ATTENUATED),
            Criterion("B7", "share of that loss that ions take back", self.recovered, _RECOVERED),
            Criterion("B7", "loss that stays while the voltage is on", lambda t: 1 - self._under(t)[-1], *left),
            Criterion("B7", "yield long after the voltage", last, 1 - _RETURNED, 1 + _RETURNED),
            Criterion("B7", "largest yield", lambda t: float(self.flashes.yields(t).max()), upper=_NO_MORE),
        )

    def first_field(self, traces: Traces) -> float:
        """Field just after the voltage came, over that without ions."""
        return float(self._fields(traces)[1][0] / self.field)

    def decay(self, traces: Traces) -> float:
        """Time in which the field falls to 1/e, over that of small voltages."""
        time, field = self._fields(traces)
        low = np.log(np.maximum(field / field[0], 1e-12))
        return float(np.interp(1.0, -np.minimum.accumulate(low), time)) / self.time

    def recovered(self, traces: Traces) -> float:
        """Share of the first loss under voltage that is gone before the voltage goes."""
        under = self._under(traces)
        return float((under[-1] - under[0]) / (1 - under[0]))

    def _under(self, traces: Traces) -> Array:
        starts = self.flashes.starts
        return self.flashes.yields(traces)[(starts > self.on) & (starts < self.off)]

    def _fields(self, traces: Traces) -> tuple[Array, Array]:
        if self.bias == 0:
            raise ValueError("nothing moves without a voltage")
        time = traces["time [s]"]
        part = (time > self.on) & (time < self.off)
        return time[part] - self.on, traces[middle_field().column][part]


def middle_field() -> Observable:
    """Mean field of the middle fifth of the film, from top to bottom [V/m]."""

    def measure(scenario: Scenario, state: State) -> float:
        lines = cross_lines(scenario.model.mesh, "y")
        height, values = lines.positions, lines.average(state.potential)
        inside = np.array([0.4, 0.6]) * scenario.model.mesh.p[1].max()
        drop = np.interp(inside, height, values)
        return float((drop[1] - drop[0]) / (inside[1] - inside[0]))

    return Observable("field in the middle", "V/m", measure)
