"""Film material: permittivity, recombination constants and fixed charge, each with its source."""

from dataclasses import dataclass

from fem.checks import require_not_negative, require_positive
from fem.fields import Field


@dataclass(frozen=True)
class Recombination:
    """Carrier loss ``k1 n + k2 n^2 + k3 n^3``.

    Parameters
    ----------
    monomolecular
        k1 without field-induced traps [1/s].
    radiative
        k2 [m^3/s].
    auger
        k3 [m^6/s].
    """

    monomolecular: float
    radiative: float
    auger: float

    def __post_init__(self) -> None:
        require_positive(self.monomolecular, "monomolecular recombination constant k1", "1/s")
        require_positive(self.radiative, "radiative recombination constant k2", "m^3/s")
        require_not_negative(self.auger, "Auger recombination constant k3", "m^6/s")


@dataclass(frozen=True)
class Material:
    """What does not move.

    Parameters
    ----------
    name
        "MAPbI3".
    relative_permittivity
        Static, [1].
    recombination
        Loss constants of the carriers; None where light is not modelled.
    fixed_charge
        Density of immobile elementary charges [1/m^3], signed, in addition to the background that compensates
        the ions at the start. ``{"grain_interior": 0, "grain_boundary": -1e24}`` charges the boundaries.
    reference
        Where the numbers come from.
    """

    name: str
    relative_permittivity: Field
    recombination: Recombination | None = None
    fixed_charge: Field = 0.0
    reference: str = ""


#: Static permittivity: Courtier et al., IonMonger parameter set (doi:10.1007/s10825-019-01396-2), 24.1.
#: Recombination constants k1 = 15e6 1/s, k2 = 0.6e-10 cm^3/s, k3 = 1.6e-28 cm^6/s:
#: Johnston and Herz, Acc. Chem. Res. 49, 146 (2016), doi:10.1021/acs.accounts.5b00411.
MAPbI3 = Material(
    "MAPbI3",
    relative_permittivity=24.1,
    recombination=Recombination(monomolecular=15e6, radiative=0.6e-16, auger=1.6e-40),
    reference="doi:10.1007/s10825-019-01396-2 (permittivity); doi:10.1021/acs.accounts.5b00411 (recombination)",
)
