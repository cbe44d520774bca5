"""Halide defects that the electric field makes in pairs, by one of two laws, and what is demanded of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import exp, isinf

import numpy as np

from fem.constants import boltzmann, eV
from fem.fields import Array
from fem.observables.observables import total_ions
from fem.physics.reactions.defect_chemistry import coulomb_radius, frenkel_pair, frenkel_rate_constant
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, FieldFactor, Threshold
from fem.physics.reactions.rate_laws import MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.species import Species
from fem.scenario import Criterion
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER
from scenarios.parts.stages import Stages

VACANCY, INTERSTITIAL = "iodide vacancy", "iodide interstitial"
INTERSTITIAL_BARRIER = 0.24 * eV  # molecular dynamics of MAPbI3 (assumption: 0.08 to 0.24 eV are found)
_MADE_PER_SECOND = 1e-4  # of the defects as deposited, by a field far above the threshold (assumption)
_SHARPNESS = 0.05  # width of the threshold over its field
_HIDDEN, _SEEN = 0.01, 0.1  # pairs made in one stage over the defects as deposited: at most, at least
_ALIKE = 0.02  # largest difference between the pairs that fields of either sign make, over their mean
_LEFT = 0.02  # of the pairs that a field has made, after a rest in which nothing takes the interstitials away

Traces = Mapping[str, Array]


class Law(Enum):
    """How the field makes pairs."""

    EXPONENTIAL = "exponential"
    THRESHOLD = "threshold"


@dataclass(frozen=True)
class FieldMadePairs:
    """Vacancies and interstitials of a film, and the pairs that a field adds.

    Parameters
    ----------
    vacancies
        As deposited [1/m^3].
    pairs
        Density of both where there is as much of one as of the other, sqrt(K_F) [1/m^3].
    factor
        By how much the field helps.
    made
        R of the pairs that a field E adds, ``R [f(E) - f(0)]`` with the factor f [1/(m^3 s)]; 0 turns them off. None
        for that of the film's own pairs, ``k_F K_F``, which then form at ``k_F K_F f(E)`` for an f(0) of 1.
    barriers
        Of vacancies and interstitials [J]; infinite for vacancies that stay.
    """

    vacancies: float
    pairs: float
    factor: FieldFactor
    made: float | None = None
    barriers: tuple[float, float] = (GRAIN_BARRIER, INTERSTITIAL_BARRIER)

    def defects(self) -> tuple[Species, Species]:
        """Both defects in balance with each other, over the background that compensates them."""
        scarce = self.pairs**2 / self.vacancies
        return (self._ion(VACANCY, +1, self.vacancies), self._ion(INTERSTITIAL, -1, scarce))

    def _ion(self, name: str, charge: int, density: float) -> Species:
        """One that adds a halide to a crystal or takes one away, counted in vacancies."""
        content, barrier = {"X": -charge}, self.barriers[charge < 0]
        if isinf(barrier):
            return Species.immobile(name, charge, density, composition=content)
        return Species(
            name, charge, density, DIFFUSIVITY_PREFACTOR, barrier, reference=self.vacancies, composition=content
        )

    def chemistry(self, permittivity: float, temperature: float) -> list[Reaction]:
        """Pairs that form and annihilate without a field, and those that it adds: none where there is no field.

        Parameters
        ----------
        permittivity
            Of the film [1].
        temperature
            [K].
        """
        vacancy, interstitial = (
            DIFFUSIVITY_PREFACTOR * exp(-barrier / (boltzmann * temperature)) for barrier in self.barriers
        )
        rate = frenkel_rate_constant(vacancy, interstitial, coulomb_radius(permittivity, temperature))
        own = rate * self.pairs**2
        balance = frenkel_pair(VACANCY, INTERSTITIAL, rate, self.pairs**2)
        made = own if self.made is None else self.made
        if made == 0:
            return [balance]
        law = FieldAssisted(MassAction({}, made), self.factor, added=True)
        return [balance, Reaction("pairs made by the field", {VACANCY: 1, INTERSTITIAL: 1}, law)]


def field_made_pairs(law: Law, scale: float, vacancies: float, pairs: float) -> FieldMadePairs:
    """A film in which the field makes pairs by a `law` with its `scale` [V/m]."""
    if law is Law.EXPONENTIAL:
        return FieldMadePairs(vacancies, pairs, Exponential(scale))
    return FieldMadePairs(vacancies, pairs, Threshold(scale, _SHARPNESS * scale), _MADE_PER_SECOND * vacancies)


def creation_demands(stages: Stages, thickness: float, limit: float) -> tuple[Criterion, ...]:
    """B15: next to nothing is made below a `limit` [V/m], much above it, as much by either sign, and it heals at rest.

    Parameters
    ----------
    stages
        Voltages of both signs, the largest two last, each followed by a rest.
    thickness
        Between the electrodes [m].
    limit
        [V/m].
    """
    below = np.abs(stages.voltages[::2]) / thickness < limit

    def made(traces: Traces) -> Array:
        return created(stages, traces)[::2]

    def difference(traces: Traces) -> float:
        first, second = made(traces)[-2:]
        return float(abs(first - second) / np.mean([first, second]))

    def left(traces: Traces) -> float:
        return float(created(stages, traces)[-2:].sum() / made(traces)[-1])

    share = f"pairs over vacancies as deposited in {stages.hold:g} s"
    return (
        Criterion("B15", f"{share}, most below {limit:g} V/m", lambda t: float(made(t)[below].max()), upper=_HIDDEN),
        Criterion("B15", f"{share}, least of both signs of the largest field", lambda t: made(t)[-2:].min(), _SEEN),
        Criterion(
            "B15", "difference between both signs of the largest field over their mean", difference, upper=_ALIKE
        ),
        Criterion("B15", "share of the pairs that outlasts a rest", left, upper=_LEFT),
    )


def created(stages: Stages, traces: Traces) -> Array:
    """Vacancies that each stage added, over those at the start, shape (n_stages,)."""
    counts = traces[total_ions(VACANCY).column]
    ends = [stages.within(counts, k)[-1] for k in range(len(stages.voltages))]
    return np.asarray(np.diff([counts[0], *ends]) / counts[0])
