"""Every reaction and rate law that is shipped, with the defects they act on."""

from fem.constants import eV
from fem.physics.reactions.defect_chemistry import (
    capture,
    carrier_pairs,
    degradation,
    frenkel_pair,
    halide_oxidation,
    lead_oxidation,
    lead_oxidation_by_halide,
    lead_reduction,
    passivation,
    recombination,
    two_level_lead_reduction,
    vacancy_reduction,
)
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import Degradation, Generation, MassAction, Passivation
from fem.physics.reactions.reaction import RateLaw, Reaction
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.reactions.redox import TwoElectronCapture
from fem.physics.reactions.trap_recombination import (
    ShockleyReadHall,
    SurfaceRecombination,
    TrapRecombination,
    level_density,
)

N_I = 1e13
N_C = 2e24
DEEP = level_density(N_C, 0.47 * eV, 300.0)
ABOVE = level_density(N_C, -0.08 * eV, 300.0)

#: Charge and atoms of the defects, relative to the perfect crystal.
CHARGES = {
    "vacancy": 1, "interstitial": -1, "neutral vacancy": 0, "reduced vacancy": -1, "neutral interstitial": 0,
    "lead ion": 2, "lead": 0, "surface vacancy": 1, "degraded": 0,
}  # fmt: skip
COMPOSITIONS = {
    "vacancy": {"X": -1}, "neutral vacancy": {"X": -1}, "reduced vacancy": {"X": -1}, "surface vacancy": {"X": -1},
    "interstitial": {"X": 1}, "neutral interstitial": {"X": 1}, "lead ion": {"Pb": 1}, "lead": {"Pb": 1},
}  # fmt: skip

DAMAGE = Degradation("degraded", "vacancy", 1e-3, 1e24, 1.2e28)
TWO_LEVEL = TwoElectronCapture("lead ion", "lead", 1e-14, 1e-14, ABOVE, DEEP)

RECOMBINATION: dict[str, RateLaw] = {
    "radiative": Radiative(6e-17, N_I),
    "Auger": Auger(1.1e-40, 0.5e-40, N_I),
    "Shockley-Read-Hall": ShockleyReadHall(1e-7, 3e-7, DEEP, N_I),
    "traps": TrapRecombination("lead", 1e-14, 3e-15, DEEP, N_I),
    "surface": SurfaceRecombination(5.0, 12.0, DEEP, N_I),
}

REACTIONS: tuple[Reaction, ...] = (
    *(recombination(name, law) for name, law in RECOMBINATION.items()),
    carrier_pairs(1e27),
    frenkel_pair("vacancy", "interstitial", 5.8e-24, 1e44),
    Reaction("Frenkel pairs by light", {"vacancy": 1, "interstitial": 1}, Generation(1e18)),
    Reaction(
        "Frenkel pairs by field",
        {"vacancy": 1, "interstitial": 1},
        FieldAssisted(MassAction({}, 1e18), Exponential(2e6)),
    ),
    capture("interstitial", "hole", "neutral interstitial", 1e-16, 10.0),
    capture("vacancy", "electron", "neutral vacancy", 1e-16, 10.0),
    capture("neutral interstitial", "electron", "interstitial", 1e-16),
    halide_oxidation("vacancy", "neutral interstitial", 1e-3, 1e-24),
    lead_reduction("lead ion", "lead", 1e-14, 1e-2),
    two_level_lead_reduction(TWO_LEVEL),
    lead_oxidation("lead ion", "lead", 1e-15),
    lead_oxidation_by_halide("lead ion", "lead", "interstitial", 1e-24),
    vacancy_reduction("vacancy", "neutral vacancy", 1e-22),
    vacancy_reduction("vacancy", "reduced vacancy", 1e-22, electrons=2),
    passivation(Passivation("surface vacancy", "interstitial", 1e-24, 1e-3, 1e23)),
    degradation(DAMAGE),
    degradation(DAMAGE, FieldAssisted(DAMAGE, Threshold(1e6, 2e4))),
)
