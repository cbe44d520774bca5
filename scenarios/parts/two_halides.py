"""Two halides on one lattice, ideally mixed, of which one takes more energy to move."""

from collections.abc import Mapping

from fem.physics.halides.mixed_halide import Halide, HalideLattice
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR


def two_halides(
    vacancies: float, share: float, barriers: Mapping[str, float], halides: Mapping[str, float], sites: float
) -> HalideLattice:
    """The halide sublattice.

    Parameters
    ----------
    vacancies
        Concentration [1/m^3].
    share
        Of the second halide.
    barriers
        Of the faster halide, region by region [J].
    halides
        The two by name, each with its barrier beyond `barriers` [J].
    sites
        Of halides and vacancies [1/m^3].
    """
    first, second = (
        Halide(name, DIFFUSIVITY_PREFACTOR, {place: barrier + extra for place, barrier in barriers.items()})
        for name, extra in halides.items()
    )
    return HalideLattice(vacancies, sites, share, (first, second))
