"""Band gaps of mixed halides over their composition, at room temperature, per family of perovskites.

Published laws are parabolas, ``E(x) = (1 - x) E_0 + x E_1 - b x (1 - x)``, with the gaps E_0 and E_1 of the two pure
compounds and the bowing b; x is the share of the lighter halide.
"""

from types import MappingProxyType

from fem.checks import require_known
from fem.constants import eV
from fem.physics.halides.funnelling import GapLaw

GAPS = MappingProxyType(
    {
        # 1.57 + 0.39 x + 0.33 x^2 eV by absorption: Noh et al., doi:10.1021/nl400349b
        "MAPb(I,Br)3": GapLaw(1.57 * eV, 2.29 * eV, 0.33 * eV),
        # CsPbI3 1.73 eV: Eperon et al., doi:10.1039/C5TA06398A; CsPbI2Br 1.92 eV: Sutton et al.,
        # doi:10.1002/aenm.201502458; CsPbBr3 2.36 eV; the bowing, 0 to 0.3 eV, is not well known (assumption)
        "CsPb(I,Br)3": GapLaw(1.73 * eV, 2.36 * eV, 0.15 * eV),
        # CsPbBr3 2.36 eV, CsPbCl3 2.98 eV, a little below the emission of small crystals: Protesescu et al.,
        # doi:10.1021/nl5048779; bowing 0 to 0.1 eV (assumption)
        "CsPb(Br,Cl)3": GapLaw(2.36 * eV, 2.98 * eV, 0.05 * eV),
        # near 1.61 eV at x = 0.17: Saliba et al., doi:10.1039/C5EE03874J; the course over x is an assumption
        "CsFAMAPb(I,Br)3": GapLaw(1.53 * eV, 2.18 * eV, 0.20 * eV),
    }
)


def gap_law(family: str) -> GapLaw:
    """Band gap over composition of a family, one of the names of :data:`GAPS`.

    Raises
    ------
    ValueError
        If the family is not known.
    """
    require_known(family, GAPS, "family of perovskites")
    return GAPS[family]
