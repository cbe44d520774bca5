"""Plates of CsPbBr3, shared by the scenarios about single crystals."""

from fem.constants import eV
from fem.physics.materials import Material
from fem.physics.semiconductor import Semiconductor

PERMITTIVITY = 18.0  # static, 16 to 21 (assumption)
PLATE = Material("CsPbBr3", PERMITTIVITY)
MOBILITY = 1e-3  # [m^2/(V s)] 10 cm^2/(V s), plates of 10 to 50 (assumption)
RADIATIVE = 2e-16  # [m^3/s] (assumption, films of 1 to 5)


def plate_bands(doping: float = 0.0) -> Semiconductor:
    """CsPbBr3 with `doping` [1/m^3]; electrons and holes of one mobility."""
    return Semiconductor(3.3 * eV, 2.36 * eV, 4e24, 4e24, MOBILITY, MOBILITY, doping)
