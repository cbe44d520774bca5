"""Plates of CsPbBr3, shared by the scenarios about single crystals."""

from fem.constants import eV
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.materials import Material
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall

PERMITTIVITY = 18.0  # static, 16 to 21 (assumption)
PLATE = Material("CsPbBr3", PERMITTIVITY)
MOBILITY = 1e-3  # [m^2/(V s)] 10 cm^2/(V s), plates of 10 to 50 (assumption)
_RADIATIVE = 2e-16  # [m^3/s] (assumption, films of 1 to 5)


def plate_bands(doping: float = 0.0) -> Semiconductor:
    """CsPbBr3 with `doping` [1/m^3]; electrons and holes of one mobility."""
    return Semiconductor(3.3 * eV, 2.36 * eV, 4e24, 4e24, MOBILITY, MOBILITY, doping)


def losses(lifetime: float) -> list[Reaction]:
    """Radiative recombination, and recombination through traps that give both carriers a `lifetime` [s]."""
    return [
        recombination("radiative", Radiative(_RADIATIVE)),
        recombination("through traps", ShockleyReadHall(lifetime, lifetime)),
    ]
