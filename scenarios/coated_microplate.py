"""Light that a voltage turns up or down, as its sign is: bromide from a store fills the vacancies of a plate.

A CsPbBr3 plate, 1 um between two coated electrodes, seen from above, under light. Carriers recombine at its bromide
vacancies; at its left end lies a store of excess bromide. No charge crosses the coatings. A negative voltage on the
left electrode drives bromide into the plate, where it fills vacancies: the plate gets brighter and its carriers live
longer. A positive one pulls both apart, bromide to the electrode and vacancies away from it, and makes more of them:
darker (after Gao et al., and Awasthi et al. for the lifetime). The response is odd, it changes its sign with the
voltage. Without the store (``--excess 0/m^3``) nothing can fill vacancies and no voltage makes the plate brighter.
"""

from fem.constants import Concentration, K, Kelvin, Metre, Second, V, Volt, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.observables.light_observables import mean_lifetime
from fem.physics.contacts import Coating, Contact
from fem.physics.reactions.defect_chemistry import carrier_pairs
from fem.scenario import Scenario
from scenarios.criteria.parity import parity_demands
from scenarios.parts.halide_store import HalideStore
from scenarios.parts.lateral_films import strip
from scenarios.parts.parameters import ONE_SUN
from scenarios.parts.plates import PERMITTIVITY, PLATE, losses, plate_bands
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages

_LIFETIME = 5e-7  # [s] of carriers in a plate without vacancies (assumption)
_SHARES = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0)  # of the largest voltage, held one after the other


def scenario(
    bias: Volt = 12 * V,
    gap: Metre = 1 * um,
    width: Metre = 250 * nm,
    vacancies: Concentration = 1e21,
    excess: Concentration = 1e22,
    store: Metre = 200 * nm,
    pairs: Concentration = 3e19,
    doping: Concentration = 1e21,
    coating: Metre = 5 * um,
    light: float = 1.0,
    temperature: Kelvin = 300 * K,
    hold: Second = 300 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Largest voltage of the left electrode, which goes from minus to plus that in six steps.
    gap
        Distance between the coatings.
    width
        Of the plate, along the electrodes.
    vacancies
        In the plate.
    excess
        Bromide interstitials in the store; 0 for no store.
    store
        Width of the store.
    pairs
        Vacancies and interstitials of a plate that has as many of one as of the other.
    doping
        Electrons in the dark.
    coating
        Thickness of either coating, of permittivity 3.5 (PMMA).
    light
        In suns.
    temperature
        Of the plate.
    hold
        How long each voltage is held.
    """
    defects = HalideStore(vacancies, excess, store, pairs)
    debye = film_debye_length(PLATE, max(vacancies, excess), temperature)
    mesh = strip(gap, width, debye / 20, min(gap / 60, width / 4), debye)
    stages = Stages(tuple(share * bias for share in _SHARES), hold, first=1e-3 * s, per_decade=1, rise=1e-3 * s)
    insulator = Coating(coating, 3.5)
    model = PoissonNernstPlanck(
        mesh.mesh,
        PLATE,
        defects.defects(temperature),
        [Contact("left", stages.drive, coating=insulator), Contact("right", 0 * V, coating=insulator)],
        temperature,
        semiconductor=plate_bands(doping),
        reactions=[
            carrier_pairs(light * ONE_SUN),
            *losses(_LIFETIME),
            *defects.chemistry(PERMITTIVITY, temperature),
        ],
        light=1.0,
    )
    return Scenario(
        model,
        stages.times,
        observables=[mean_lifetime()],
        criteria=parity_demands(stages, stored=excess > 0),
        microstructure=mesh.report,
    )
