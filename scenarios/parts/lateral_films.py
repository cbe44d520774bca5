"""Films with electrons and holes between two electrodes in their plane, shared by the lateral scenarios."""

from math import log

import shapely

from fem.constants import boltzmann, eV
from fem.fields import Field
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.physics.species import Species
from meshes import MeshSizes, Polycrystal
from scenarios.parts.parameters import ONE_SUN
from scenarios.parts.resolved import MeshedFilm, meshed

AFFINITY, GAP = 3.9 * eV, 1.6 * eV  # a film whose valence band lies at 5.5 eV (assumption)
CONDUCTION_STATES, VALENCE_STATES = 8.1e24, 5.8e24  # [1/m^3] IonMonger parameter set, doi:10.1007/s10825-019-01396-2
MOBILITY = 2e-3  # [m^2/(V s)] of both carriers in films, 20 cm^2/(V s): Driftfusion parameter set for MAPbI3
VACANCY_DIFFUSIVITY = 6e-13  # [m^2/s] from the same fronts of photoluminescence: Li et al., arXiv:1804.07554
PERMITTIVITY = 24.1  # static, as of MAPbI3
_RECOMBINATION = MAPbI3.recombination
assert _RECOMBINATION is not None
LIFETIME = 1 / _RECOMBINATION.monomolecular  # [s]
RADIATIVE = _RECOMBINATION.radiative  # [m^3/s]


def strip(length: float, width: float, electrode: float, along: float, debye: float) -> MeshedFilm:
    """A film without boundaries between ``left`` and ``right``, seen from above.

    Parameters
    ----------
    length, width
        Gap between the electrodes and their length [m].
    electrode, along
        Height of the first cell at the electrodes, and size of cells along them and in the film [m].
    debye
        Debye length for the mesh report [m].
    """
    film = Polycrystal.from_polygons(length, width, [shapely.box(0, 0, length, width)])
    return meshed(film, MeshSizes(electrode, along, along), debye, electrodes=("left", "right"))


def bands(doping: Field = 0.0, mobility: float = MOBILITY) -> Semiconductor:
    """MAPbI3 with `doping` [1/m^3] and electrons and holes of one `mobility` [m^2/(V s)]."""
    return Semiconductor(AFFINITY, GAP, CONDUCTION_STATES, VALENCE_STATES, mobility, mobility, doping)


def work_function_for_holes(density: float, temperature: float) -> float:
    """Work function [J] of the metal in balance with a film of so many holes [1/m^3] at `temperature` [K]."""
    return AFFINITY + GAP - boltzmann * temperature * log(VALENCE_STATES / density)


def light_and_losses(suns: float) -> list[Reaction]:
    """Pairs made by light of so many `suns`, radiative recombination and recombination without field-made traps."""
    return [
        carrier_pairs(suns * ONE_SUN),
        recombination("radiative", Radiative(RADIATIVE)),
        recombination("through traps that were there", ShockleyReadHall(LIFETIME, LIFETIME)),
    ]


def ion(name: str, charge: int, density: float, halides: int = 0) -> Species:
    """An ion as fast as the fronts say, in a film whose boundaries are not resolved; `halides` it adds to a crystal."""
    content = {"X": halides} if halides else {}
    return Species(name, charge, density, VACANCY_DIFFUSIVITY, 0.0, composition=content)
