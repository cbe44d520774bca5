"""Halide interstitials that quench, vacancies that neutralise them, and sites that both degrade in a strong field."""

from dataclasses import replace

from fem.physics.alteration import Alteration
from fem.physics.reactions.defect_chemistry import (
    coulomb_radius,
    degradation,
    frenkel_pair,
    frenkel_rate_constant,
    recombination,
)
from fem.physics.reactions.field_assisted import FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import Degradation
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.trap_recombination import TrapRecombination
from fem.physics.species import Species
from scenarios.parts.lateral_films import PERMITTIVITY, VACANCY_DIFFUSIVITY, ion
from scenarios.parts.parameters import TRAP_CAPTURE

SITES = 5e21  # [1/m^3] that can degrade (assumption)
_RATE, _AT = 0.05, 1e22  # [1/s] of degradation where this many defects help [1/m^3] (assumption)
_EDGE = 0.05  # width of the threshold over its field
_VACANCY, _INTERSTITIAL, _DEGRADED = "iodide vacancy", "iodide interstitial", "degraded site"


def halide_pairs(vacancies: float, interstitials: float, left_when_degraded: float = 1.0) -> list[Species]:
    """Mobile vacancies and interstitials [1/m^3], and immobile sites that degrade.

    Where all sites have degraded the share `left_when_degraded` of the mobile ones' diffusivity is left.
    """
    altered = (Alteration(_DEGRADED, SITES, left_when_degraded),) if left_when_degraded != 1 else ()
    mobile = ion(_VACANCY, +1, vacancies, -1), ion(_INTERSTITIAL, -1, interstitials, +1)
    return [*(replace(one, altered_by=altered) for one in mobile), Species.immobile(_DEGRADED, 0, 0.0, SITES)]


def pair_chemistry(vacancies: float, interstitials: float, temperature: float) -> list[Reaction]:
    """Pairs that form and annihilate, in balance at these densities [1/m^3], and recombination through quenchers."""
    rate = frenkel_rate_constant(VACANCY_DIFFUSIVITY, VACANCY_DIFFUSIVITY, coulomb_radius(PERMITTIVITY, temperature))
    return [
        frenkel_pair(_VACANCY, _INTERSTITIAL, rate, vacancies * interstitials),
        *(recombination(f"through {trap}s", TrapRecombination(trap, TRAP_CAPTURE, TRAP_CAPTURE))
          for trap in (_INTERSTITIAL, _DEGRADED)),
    ]  # fmt: skip


def damage(strength: float, threshold: float) -> list[Reaction]:
    """Degradation above a field [V/m] with the help of vacancies and of interstitials; none for `strength` 0."""
    if strength == 0:
        return []
    factor = Threshold(threshold, _EDGE * threshold)
    laws = [Degradation(_DEGRADED, helper, strength * _RATE, SITES, _AT) for helper in (_VACANCY, _INTERSTITIAL)]
    made = [degradation(law, FieldAssisted(law, factor)) for law in laws]
    return [replace(one, name=f"degradation with {law.catalyst}") for one, law in zip(made, laws, strict=True)]
