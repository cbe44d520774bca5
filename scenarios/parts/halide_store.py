"""A plate with bromide vacancies and, at its left end, a store of excess bromide that can fill them."""

from dataclasses import dataclass
from math import exp, log

import numpy as np

from fem.constants import boltzmann, eV
from fem.fields import Array, Value
from fem.physics.reactions.defect_chemistry import coulomb_radius, frenkel_pair, frenkel_rate_constant, recombination
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.trap_recombination import TrapRecombination
from fem.physics.species import Species
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, TRAP_CAPTURE

_BARRIERS = (0.35 * eV, 0.30 * eV)  # of vacancy and interstitial near the surfaces of a plate (assumption)
_VACANCY, _INTERSTITIAL = "bromide vacancy", "bromide interstitial"


@dataclass(frozen=True)
class HalideStore:
    """Bromide beyond what the crystal needs, in a strip along the left electrode.

    Parameters
    ----------
    vacancies
        In the plate [1/m^3].
    excess
        Interstitials in the store [1/m^3]; 0 for no store.
    width
        Of the store [m].
    pairs
        Density of both where there is as much of one as of the other, sqrt(K_F) [1/m^3].
    """

    vacancies: float
    excess: float
    width: float
    pairs: float

    def defects(self, temperature: float) -> tuple[Species, Species]:
        """Vacancies and interstitials in balance with each other in the store and in the plate, at `temperature` [K].

        The store holds bromide by its energy and not by charge: at rest there is no field.
        """
        scarce = self.pairs**2 / self.vacancies
        depth = boltzmann * temperature * log(self.excess / scarce) if self.excess else 0.0
        found = []
        kinds = ((_VACANCY, +1, self.vacancies), (_INTERSTITIAL, -1, scarce))
        for (name, charge, density), barrier in zip(kinds, _BARRIERS, strict=True):
            stored = density * exp(-charge * depth / (boltzmann * temperature))
            energy, content = self._profile(charge * depth, 0.0), {"X": -charge}
            found.append(Species(name, charge, self._profile(stored, density), DIFFUSIVITY_PREFACTOR, barrier, energy,
                                 reference=self.vacancies, composition=content))  # fmt: skip
        return found[0], found[1]

    def chemistry(self, permittivity: float, temperature: float) -> list[Reaction]:
        """Bromide fills vacancies, pairs form, and carriers recombine at vacancies.

        Parameters
        ----------
        permittivity
            Of the plate [1].
        temperature
            [K].
        """
        vacancy, interstitial = (
            DIFFUSIVITY_PREFACTOR * exp(-barrier / (boltzmann * temperature)) for barrier in _BARRIERS
        )
        rate = frenkel_rate_constant(vacancy, interstitial, coulomb_radius(permittivity, temperature))
        return [
            frenkel_pair(_VACANCY, _INTERSTITIAL, rate, self.pairs**2),
            recombination("through vacancies", TrapRecombination(_VACANCY, TRAP_CAPTURE, TRAP_CAPTURE)),
        ]

    def _profile(self, inside: float, beyond: float) -> Value:
        def values(x: Array, y: Array) -> Array:
            return np.where(x < self.width, inside, beyond)

        return values
