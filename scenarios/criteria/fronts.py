"""What theory and experiment demand of a front that vacancies drive through a film doped with holes.

Vacancies that enter at the positive electrode take the holes' place and leave a zone with the share r of the film's
conductivity. With the mobility mu of the vacancies, the voltage V and the gap L, the zone's edge l and the current obey

    (1 - r) l^2 / 2 + r L l = mu V t        (I0 / I)^2 = 1 + 2 (1 - r) mu V t / (r L)^2

because the edge moves with the drift of the vacancies behind it and the voltage divides between two resistances.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.fronts import front_position, front_width
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

Traces = Mapping[str, Array]
_STRAIGHT = 0.99  # least R^2 of 1 / I^2 over time
_LAW = (0.85, 1.15)  # of the two laws, for an edge that is not sharp and a zone that light makes uneven
_LAW_IN_WEAK_LIGHT = (0.9, 1.1)  # the same, for a zone that the contact alone makes
_SHARP = 0.15  # largest width of the edge over its way
_SPEED = (0.3e-6, 20e-6)  # [m/s] at 2e4 V/m, as published
_FIELD = 2e4  # [V/m]
_WIDE = 3.0  # least way over the depletion width that no blocked film could have
_ONE_SIDED = 0.2  # largest dark zone at the negative electrode over the front's way
_BEGUN = 0.1  # of the gap crossed when the laws begin to be judged


@dataclass(frozen=True)
class Front:
    """A zone of quenched photoluminescence that grows from the positive electrode ``right``.

    Parameters
    ----------
    gap
        L [m].
    mobility
        mu of the vacancies [m^2/(V s)].
    voltage
        V of the first stage [V].
    hold
        Time after which the voltage is reversed [s].
    depletion_width
        What blocked ions leave of their own [m].
    weak_light
        Whether light makes few carriers against those that the contact leaves.
    """

    gap: float
    mobility: float
    voltage: float
    hold: float
    depletion_width: float
    weak_light: bool = False

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Position from both electrodes, width, and the conductivity that is left."""
        return front_position("right"), front_position("left"), front_width("right"), remaining_conductivity()

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What B2 demands."""
        law = _LAW_IN_WEAK_LIGHT if self.weak_light else _LAW
        return (
            Criterion("B2", "how straight 1 / I^2 is over time (R^2)", self.straightness, _STRAIGHT),
            Criterion(
                "B2", "way of the front by two resistances, [(1 - r) l^2 / 2 + r L l] / (mu V t)", self.law, *law
            ),
            Criterion("B2", "rise of (I0 / I)^2 over that of the same law, 2 (1 - r) mu V / (r L)^2", self.slope, *law),
            Criterion("B2", "width of the edge over its way, halfway", self.sharpness, 0.0, _SHARP),
            Criterion("B2", "speed at 2e4 V/m [m/s]", self.speed, *_SPEED),
            Criterion("B2", "way over the depletion width", self.reach, _WIDE),
            Criterion("B2", "dark zone at the negative electrode over the way", self.other_side, 0.0, _ONE_SIDED),
            Criterion("B2", "way of the front of the opposite bias over the gap", self.return_way, _BEGUN, 1.0),
            Criterion("B2", "retreat of the first front under the opposite bias over the gap", self.retreat, 0.02, 1.0),
        )

    @property
    def criteria_without_exchange(self) -> tuple[Criterion, ...]:
        """B2 of a film that no ion enters: no front wider than the depletion width."""
        return (Criterion("B2", "way over the depletion width, ions blocked", self.reach, 0.0, 1.0),)

    def straightness(self, traces: Traces) -> float:
        """Coefficient of determination of a straight line through 1 / I^2."""
        time, values = self._line(traces)
        return float(np.corrcoef(time, values)[0, 1] ** 2)

    def law(self, traces: Traces) -> float:
        """Mean of the law of the edge over what it demands."""
        judged, time = self._judged(traces), traces["time [s]"]
        way, r = traces[self.observables[0].column][judged], traces[self.observables[3].column][judged]
        return float(
            np.mean(((1 - r) * way**2 / 2 + r * self.gap * way) / (self.mobility * self.voltage * time[judged]))
        )

    def slope(self, traces: Traces) -> float:
        """Slope of the squared resistance over the one that theory gives it."""
        time, values = self._line(traces)
        r = float(traces[self.observables[3].column][self._judged(traces)].mean())
        return float(
            np.polyfit(time, values, 1)[0] * (r * self.gap) ** 2 / (2 * (1 - r) * self.mobility * self.voltage)
        )

    def sharpness(self, traces: Traces) -> float:
        """10-90 % width of the edge over its position, in the middle of the judged stretch."""
        middle = int(np.median(np.flatnonzero(self._judged(traces))))
        way, width = (traces[self.observables[k].column][middle] for k in (0, 2))
        return float(width / way)

    def speed(self, traces: Traces) -> float:
        """Mean speed in the judged stretch, in proportion to the field 2e4 V/m."""
        judged = self._judged(traces)
        way, time = traces[self.observables[0].column][judged], traces["time [s]"][judged]
        return float((way[-1] - way[0]) / (time[-1] - time[0]) * _FIELD * self.gap / self.voltage)

    def reach(self, traces: Traces) -> float:
        """Largest way of the front in the first stage over the depletion width; 0 if there is none."""
        way = traces[self.observables[0].column][traces["time [s]"] <= self.hold]
        return float(np.nanmax(way, initial=0.0)) / self.depletion_width

    def other_side(self, traces: Traces) -> float:
        """Largest dark zone at the negative electrode in the first stage over the way of the front."""
        first = traces["time [s]"] <= self.hold
        other, way = (float(np.nanmax(traces[self.observables[k].column][first], initial=0.0)) for k in (1, 0))
        return other / way if way > 0 else np.inf

    def return_way(self, traces: Traces) -> float:
        """Way of the front that starts at the other electrode."""
        return float(traces[self.observables[1].column][-1]) / self.gap

    def retreat(self, traces: Traces) -> float:
        """Most that the first front has lost after the voltage was reversed, before the two fronts meet."""
        way, time = traces[self.observables[0].column], traces["time [s]"]
        first = time <= self.hold
        return float(way[first][-1] - np.nanmin(way[~first], initial=np.inf)) / self.gap

    def _judged(self, traces: Traces) -> Array:
        """Outputs of the first stage after a tenth of the gap."""
        way, time = traces[self.observables[0].column], traces["time [s]"]
        judged = (time <= self.hold) & (way > _BEGUN * self.gap)
        if judged.sum() < 3:
            raise ValueError("no front has crossed a tenth of the gap: hold the voltage for longer")
        return np.asarray(judged)

    def _line(self, traces: Traces) -> tuple[Array, Array]:
        """Time and (I0 / I)^2 of the judged stretch; I0 is the current before anything moved."""
        current = traces["current right [A/m^2]"]
        judged = self._judged(traces)
        return traces["time [s]"][judged], (current[1] / current[judged]) ** 2


def remaining_conductivity() -> Observable:
    """Electrons and holes in the middle half of the zone over those of the film at rest; for equal mobilities."""

    def measure(scenario: Scenario, state: State) -> float:
        way = front_position("right").measure(scenario, state)
        x = scenario.model.mesh.p[0]
        depth = x.max() - x
        middle = (depth > 0.25 * way) & (depth < 0.75 * way)
        if not middle.any():
            return float("nan")
        now = state.carriers.sum(axis=0)[middle].mean()
        return float(now / np.median(scenario.model.initial_state().carriers.sum(axis=0)))

    return Observable("conductivity behind the front over that at rest", "1", measure)
