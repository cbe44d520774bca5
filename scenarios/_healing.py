"""Excess halide in a store at the left electrode that a field drives into a film, and the voltage at which it shines."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fem.fields import Array, Value
from fem.physics.species import Species
from fem.results.light_observables import mean_luminescence
from fem.scenario import Criterion
from scenarios._field_made import INTERSTITIAL, VACANCY, FieldMadePairs
from scenarios._parity import levels
from scenarios._stages import Stages

Traces = Mapping[str, Array]
_CLEAR = 0.05  # by how much the brightest voltage beats the lowest and the highest
_FLAT = 1e-3  # step in the wrong direction that still counts as none


@dataclass(frozen=True)
class Store:
    """Halide beyond what the crystal needs, in a strip along the left electrode.

    Parameters
    ----------
    excess
        Interstitials in the store [1/m^3]; 0 for no store.
    width
        Of the store [m].
    """

    excess: float
    width: float

    def beside(self, film: FieldMadePairs) -> list[Species]:
        """The defects of `film` with those of the store, each in balance with the other."""
        if self.excess == 0:
            return list(film.defects())
        scarce = {VACANCY: film.pairs**2 / self.excess, INTERSTITIAL: self.excess}
        return [replace(one, concentration=self._profile(scarce[one.name], one.concentration)) for one in film.defects()]

    def _profile(self, inside: float, beyond: object) -> Value:
        def values(x: Array, y: Array) -> Array:
            return np.where(x < self.width, inside, beyond)

        return values


def maximum_demands(stages: Stages, heals: bool, harms: bool) -> tuple[Criterion, ...]:
    """B17: a maximum of the emission at a voltage in between with healing and harm, and none with only one of them.

    Parameters
    ----------
    stages
        Rising voltages.
    heals
        Whether there is halide that fills vacancies.
    harms
        Whether the field makes pairs.
    """
    light = levels(mean_luminescence().column, stages)
    last = len(stages.voltages) - 1

    def over_lowest(traces: Traces) -> float:
        return float(light(traces).max() - 1)

    def over_highest(traces: Traces) -> float:
        return float(light(traces).max() / light(traces)[-1] - 1)

    def place(traces: Traces) -> float:
        return float(np.argmax(light(traces)))

    def steps(traces: Traces) -> Array:
        return np.diff(np.append(1.0, light(traces)))

    between = Criterion("B17", "number of the voltage at which the film is brightest, 0 for the lowest", place, 1, last - 1)
    rising = Criterion("B17", "without pairs from the field: least step of PL from one voltage to the next",
                       lambda traces: float(steps(traces).min()), -_FLAT)  # fmt: skip
    falling = Criterion("B17", "without a store: largest step of PL from one voltage to the next",
                        lambda traces: float(steps(traces).max()), upper=_FLAT)  # fmt: skip
    if heals and harms:
        return (
            between,
            Criterion("B17", "gain of PL at the brightest voltage over that at rest", over_lowest, _CLEAR),
            Criterion("B17", "PL at the brightest voltage over that at the highest, less 1", over_highest, _CLEAR),
        )
    return (rising,) * heals + (falling,) * harms
