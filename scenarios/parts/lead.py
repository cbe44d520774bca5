"""Lead interstitials that injected electrons reduce, and what reduced lead does to light."""

from fem.constants import eV
from fem.physics.reactions.defect_chemistry import recombination, two_level_lead_reduction
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.redox import TwoElectronCapture
from fem.physics.reactions.trap_recombination import TrapRecombination, level_density
from fem.physics.species import Species
from scenarios.parts.lateral_films import CONDUCTION_STATES
from scenarios.parts.parameters import TRAP_CAPTURE

FIRST_LEVEL = -0.08 * eV  # below the conduction band, of Pb(2+)/Pb(+): above it. Birkhold et al.
SECOND_LEVEL = 0.47 * eV  # of Pb(+)/Pb(0). The same, doi:10.1021/acsenergylett.8b00505
_ION, _NEUTRAL = "lead(2+)", "lead(0)"


def lead(density: float) -> tuple[Species, Species]:
    """Immobile lead interstitials of `density` [1/m^3], all Pb(2+) as deposited, and the Pb(0) they can become."""
    content = {"Pb": 1}
    return (
        Species.immobile(_ION, 2, density, composition=content),
        Species.immobile(_NEUTRAL, 0, 0.0, density, composition=content),
    )


def lead_chemistry(reduction: float, temperature: float) -> list[Reaction]:
    """Reduction by two electrons, so many times faster than capture, and recombination through Pb(0).

    Parameters
    ----------
    reduction
        Rate of both captures over ``TRAP_CAPTURE``; 0 leaves the reduction out.
    temperature
        [K].
    """
    n1, n2 = (level_density(CONDUCTION_STATES, depth, temperature) for depth in (FIRST_LEVEL, SECOND_LEVEL))
    trapping = recombination("through lead(0)", TrapRecombination(_NEUTRAL, TRAP_CAPTURE, TRAP_CAPTURE, n2))
    if reduction == 0:
        return [trapping]
    rate = reduction * TRAP_CAPTURE
    return [trapping, two_level_lead_reduction(TwoElectronCapture(_ION, _NEUTRAL, rate, rate, n1, n2))]
