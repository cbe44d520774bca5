"""What is demanded of a film between two oxides under a voltage, warm and cold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.profiles import cross_lines
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, protocol, ramp, rest
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State
from scenarios.parts.flashes import Flashes
from scenarios.parts.parted_light import PartedLight

Traces = Mapping[str, Array]
AtFlashes = Callable[[Traces], Array]
_ON, _OFF, _EDGE = 0.1, 40.0, 1e-3  # of the time of screening: when the voltage comes and goes, how long that takes
_PROBED = (0.02, 0.3, 1.0, 3.0, 10.0, 30.0)  # times of flashes after a change, over that of screening
_FIELD = (0.97, 1.03)  # of the first field over that of two oxides and a film in series
_TIME = (0.85, 1.15)  # of the time in which it decays over that of small voltages and thin double layers
_ATTENUATED = 0.8  # largest yield right after the voltage
_TOLD = 0.05  # largest share of the first light that field and pairs before a flash may leave unexplained
_SCREENED = 0.9  # least share of the separation that ions take back while the voltage is on
_LEFT = 0.02  # least loss beyond the field's by vacancies that have gathered, and the most where they cannot
_SOON = 0.1  # largest share of what gathered pairs take in the end: at once, in falls, and long after the voltage
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

    def demands(self, parts: PartedLight) -> tuple[Criterion, ...]:
        """B7 of ions and carriers alone, in one run: how much light the field takes, and how much the gathered pairs.

        The field just before a flash, and the pairs where they are, must account for its light at every flash, on the
        way there and back. The part by the field goes as ions screen. The part by the pairs grows, stays until the
        voltage goes and is gone after it; where pairs do not gather, there must be none.

        Parameters
        ----------
        parts
            The law by which both parts are told.
        """
        field, both = self._at_flashes(parts.by_field), self._at_flashes(parts.by_both)
        under, light, gathering = self._while_on, self.flashes.yields, parts.gathering.gathers

        def separation_gone(traces: Traces) -> float:
            lost = 1 - under(field(traces))
            return float(1 - lost[-1] / lost[0])

        def beyond(traces: Traces) -> float:
            return float(under(field(traces) - light(traces))[-1])

        found = (
            *self._field_demands,
            Criterion("B7", "yield right after the voltage came", lambda t: float(under(light(t))[0]),
                      upper=_ATTENUATED),
            Criterion("B7", "largest difference of a yield from that by field and pairs just before the flash",
                      lambda t: float(abs(light(t) - both(t)).max()), upper=_TOLD),
            Criterion("B7", "separation: share that is gone before the voltage goes", separation_gone, _SCREENED),
            Criterion("B7", "loss with the voltage on that the field does not account for", beyond,
                      *((_LEFT, 1.0) if gathering else (-_LEFT, _LEFT))),
        )  # fmt: skip
        unchanged = (
            Criterion("B7", "yield long after the voltage", lambda t: float(light(t)[-1]), 1 - _RETURNED,
                      1 + _RETURNED),
            Criterion("B7", "largest yield", lambda t: float(light(t).max()), upper=_NO_MORE),
        )  # fmt: skip
        return (*found, *(self._gathered(field, both) if gathering else ()), *unchanged)

    def aligned_demands(self, cold: bool) -> tuple[Criterion, ...]:
        """B7 with the empirical term: the last flash is brighter than the first where it is `cold`, and only there."""
        bounds = (_MORE, np.inf) if cold else (1 - _RETURNED, 1 + _RETURNED)
        name = "yield long after the voltage, with the empirical term"
        return (*self._field_demands, Criterion("B7", name, lambda t: float(self.flashes.yields(t)[-1]), *bounds))

    def _gathered(self, field: AtFlashes, both: AtFlashes) -> tuple[Criterion, ...]:
        """Of the light that the field leaves, what gathered pairs take: it grows, stays, and goes with the voltage."""

        def share(traces: Traces) -> Array:
            return 1 - both(traces) / field(traces)

        def early(traces: Traces) -> float:
            taken = self._while_on(share(traces))
            return float(taken[0] / taken[-1])

        def falling(traces: Traces) -> float:
            taken = self._while_on(share(traces))
            return float((np.maximum.accumulate(taken) - taken).max() / taken[-1])

        def late(traces: Traces) -> float:
            taken = share(traces)
            return float(abs(taken[-1]) / self._while_on(taken)[-1])

        name = "gathered pairs: part of the loss"
        return (
            Criterion("B7", f"{name} right after the voltage came, over that before it goes", early, upper=_SOON),
            Criterion("B7", f"{name}, largest fall while the voltage is on, over the same", falling, upper=_SOON),
            Criterion("B7", f"{name} long after the voltage, over the same", late, upper=_SOON),
        )

    @property
    def _field_demands(self) -> tuple[Criterion, ...]:
        law = "(lambda^2 / D)(1 + L / 2(lambda + lambda_S))"
        return (
            Criterion("B7", "first field over V / (L + 2 t eps/eps_ox)", self.first_field, *_FIELD),
            Criterion("B7", f"decay time of the field over {law}", self.decay, *_TIME),
        )

    def first_field(self, traces: Traces) -> float:
        """Field just after the voltage came, over that without ions."""
        return float(self._fields(traces)[1][0] / self.field)

    def decay(self, traces: Traces) -> float:
        """Time in which the field falls to 1/e, over that of small voltages."""
        time, field = self._fields(traces)
        low = np.log(np.maximum(field / field[0], 1e-12))
        return float(np.interp(1.0, -np.minimum.accumulate(low), time)) / self.time

    def _at_flashes(self, column: Observable) -> AtFlashes:
        """Values of a column just before every flash, shape (n_flashes,)."""

        def values(traces: Traces) -> Array:
            first = np.searchsorted(traces["time [s]"], self.flashes.starts - 0.1 * self.flash)
            return traces[column.column][first]

        return values

    def _while_on(self, values: Array) -> Array:
        """Of values at all flashes, those with the voltage on."""
        self._require_voltage()
        starts = self.flashes.starts
        return values[(starts > self.on) & (starts < self.off)]

    def _fields(self, traces: Traces) -> tuple[Array, Array]:
        self._require_voltage()
        time = traces["time [s]"]
        part = (time > self.on) & (time < self.off)
        return time[part] - self.on, traces[middle_field().column][part]

    def _require_voltage(self) -> None:
        if self.bias == 0:
            raise ValueError("nothing moves without a voltage")


def middle_field() -> Observable:
    """Mean field of the middle fifth of the film, from top to bottom [V/m]."""

    def measure(scenario: Scenario, state: State) -> float:
        lines = cross_lines(scenario.model.mesh, "y")
        height, values = lines.positions, lines.average(state.potential)
        inside = np.array([0.4, 0.6]) * scenario.model.mesh.p[1].max()
        drop = np.interp(inside, height, values)
        return float((drop[1] - drop[0]) / (inside[1] - inside[0]))

    return Observable("field in the middle", "V/m", measure)
