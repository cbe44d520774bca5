"""What is demanded of a film between two oxides under a voltage, warm and cold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.results.profiles import cross_lines
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State
from scenarios._flashes import Flashes

Traces = Mapping[str, Array]
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
    field
        Of the film before ions have moved [V/m].
    time
        In which small voltages leave the film [s].
    on, off
        When the voltage comes and goes [s].
    flashes
        The first of them before the voltage.
    """

    field: float
    time: float
    on: float
    off: float
    flashes: Flashes

    def demands(self, alignment: bool) -> tuple[Criterion, ...]:
        """B7. Without alignment no yield may rise; with it the last flash must be brighter than the first."""

        def last(traces: Traces) -> float:
            return float(self.flashes.yields(traces)[-1])

        found = [
            Criterion("B7", "first field over V / (L + 2 t eps/eps_ox)", self.first_field, *_FIELD),
            Criterion(
                "B7", "decay time of the field over (lambda^2 / D)(1 + L / 2(lambda + lambda_S))", self.decay, *_TIME
            ),
        ]
        if alignment:
            return (*found, Criterion("B7", "yield long after the voltage, with the empirical term", last, _MORE))
        return (
            *found,
            Criterion("B7", "yield right after the voltage came", lambda t: self._under(t)[0], upper=_ATTENUATED),
            Criterion("B7", "share of that loss that ions take back", self.recovered, _RECOVERED),
            Criterion("B7", "loss that stays while the voltage is on", lambda t: 1 - self._under(t)[-1], _LEFT),
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
