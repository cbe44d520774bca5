"""A columnar film of MAPb(I,Br)3 whose carriers gather in iodide-rich places, and light that is switched over it."""

from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from fem.constants import boltzmann, eV, nm
from fem.fields import Array
from fem.observables.composition import pairs, share
from fem.physics.drives.drive import Drive
from fem.physics.halides.band_gaps import gap_law
from fem.physics.halides.funnelling import FunnelledCarriers, GapLaw
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.halides.nucleation import Noise
from fem.physics.materials import Material
from fem.scenario import Observable, Scenario
from fem.state import State
from scenarios.parts.mixed_halide_film import HALIDES, SITES
from scenarios.parts.options import require_longer
from scenarios.parts.stages import in_turn, times_of
from scenarios.parts.two_halides import two_halides

LIT_FILM = Material("MAPb(I,Br)3", 24.1)
INTERACTION = 1.5 * boltzmann * 300.0  # [J] Omega; the halides mix in the dark above 225 K (assumption)
GRADIENT = 4.0 * boltzmann * 300.0 * nm**2  # [J m^2] kappa (assumption): interfaces of a few nanometres
STATES = 4e26  # [1/m^3] that can hold a pair, one in eleven cells of the crystal (assumption)
FIRST = 0.1  # [s] output after each change of the light
_PER_DECADE = 20


def gap_of(contrast: float) -> GapLaw:
    """Gap of MAPb(I,Br)3 whose differences between compositions are `contrast` times those of the published law."""
    law = gap_law("MAPb(I,Br)3")
    return GapLaw(law.narrow, law.narrow + contrast * (law.wide - law.narrow), contrast * law.bowing)


@dataclass(frozen=True)
class Boundaries:
    """What grain boundaries do to halides.

    Parameters
    ----------
    barrier
        Of an iodide that hops along them [J].
    attraction
        How much lower the energy of an iodide is there than in grains [J].
    """

    barrier: float
    attraction: float


@dataclass(frozen=True)
class LitLattice:
    """The halide sublattice: a regular solution, with iodide drawn to boundaries and carriers to iodide.

    Parameters
    ----------
    vacancies
        Concentration [1/m^3].
    deposited
        Share of bromide as deposited.
    barrier
        Of an iodide in grains [J].
    carriers
        Pairs that light keeps in the film.
    """

    vacancies: float
    deposited: Noise
    barrier: float
    carriers: FunnelledCarriers

    def beside(self, boundaries: Boundaries) -> HalideLattice:
        """The lattice of grains with these boundaries."""
        barriers = {"grain_interior": self.barrier, "grain_boundary": boundaries.barrier}
        ideal = two_halides(self.vacancies, self.deposited.share, barriers, HALIDES, SITES)
        iodide, bromide = ideal.halides
        drawn = {"grain_interior": 0.0, "grain_boundary": -boundaries.attraction}
        return replace(
            ideal,
            share=self.deposited,
            halides=(replace(iodide, segregation_energy=drawn), bromide),
            interaction=INTERACTION,
            gradient=GRADIENT,
            carriers=self.carriers,
        )


@dataclass(frozen=True)
class LightStages:
    """Light of different strengths, one after the other; dark before.

    Parameters
    ----------
    strengths
        Pairs of carriers that each keeps in the film, over those of the strongest.
    durations
        How long each lasts [s].
    """

    strengths: tuple[float, ...]
    durations: tuple[float, ...]

    @property
    def drive(self) -> Drive:
        """Strength over time."""
        return in_turn(self.strengths, self.durations)

    @property
    def times(self) -> Array:
        """Output times [s], dense after each change; one of them ends each stage."""
        return times_of(self.durations, FIRST, _PER_DECADE)

    def at_end(self, time: Array, values: Array, stage: int) -> float:
        """Value of a time series at the end of a stage; both arrays of shape (n,)."""
        end = list(accumulate(self.durations))[stage]
        return float(values[np.flatnonzero(time <= end * (1 + 1e-12))[-1]])

    def require_stages_to_last(self, *names: str) -> None:
        """Raise ValueError if one is over before its first output; `names` are those of the options."""
        for name, duration in zip(names, self.durations, strict=True):
            require_longer(FIRST, **{name: duration})


@dataclass(frozen=True)
class ReddestPlace:
    """The narrowest gap of a film, and the pairs of carriers where its composition is the most common one.

    Parameters
    ----------
    gap
        Gap over composition.
    """

    gap: GapLaw

    @property
    def columns(self) -> tuple[Observable, Observable]:
        """Narrowest gap [eV], and pairs of carriers in the parent film [1/m^3]."""
        return (
            Observable("narrowest gap", "eV", lambda s, state: self.narrowest(state)),
            Observable("pairs in the parent film", "1/m^3", self.in_parent),
        )

    def narrowest(self, state: State) -> float:
        """Least gap of all nodes [eV]."""
        return float(self.gap(state.share).min() / eV)

    @staticmethod
    def in_parent(scenario: Scenario, state: State) -> float:
        """Pairs of carriers at the median composition of the nodes [1/m^3]."""
        x = share(scenario, state)
        return float(pairs(scenario, state)[np.argmin(np.abs(x - np.median(x)))])
