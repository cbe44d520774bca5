"""Quench that a rest undoes and quench that stays: weak and strong bias on a lateral film.

MAPbI3 between two electrodes 10 um apart, doped with holes, under light. A weak bias, a rest, a strong bias and two
rests. Iodide interstitials quench; vacancies annihilate them. Under a weak bias interstitials drift to the anode (right
electrode) and vacancies leave it, so that the film darkens there; at rest they come back and so does the light. Above a
threshold field, defects degrade sites of the film for good, most where they gather: near both electrodes (Deng et al.,
J. Mater. Chem. C 4, 9060 (2016)), where ions are slower from then on. With ``--degradation 0`` nothing remains.
"""

from fem.constants import Concentration, K, Kelvin, Metre, Second, V, Volt, s, um
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario
from scenarios.criteria.memory import Memory, degraded_share, light_change
from scenarios.parts.halide_pairs import SITES, damage, halide_pairs, pair_chemistry
from scenarios.parts.lateral_films import bands, light_and_losses, strip
from scenarios.parts.options import require_positive_options
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.zones import zone_quench

_FILM_MOBILITY = 1e-5  # [m^2/(V s)] 0.1 cm^2/(V s), low: a larger one adds a fast drift of the carriers themselves
_RESTS = 5  # times as long as a bias


def scenario(
    weak: Volt = 0.2 * V,
    strong: Volt = 3 * V,
    gap: Metre = 10 * um,
    electrode_length: Metre = 2 * um,
    vacancies: Concentration = 1e21,
    interstitials: Concentration = 2e20,
    hole_density: Concentration = 1e23,
    threshold: float = 1.5e5,
    degradation: float = 1.0,
    slowed_to: float = 0.1,
    light: float = 1.0,
    temperature: Kelvin = 300 * K,
    hold: Second = 20 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    weak, strong
        Voltages of the right electrode, one after the other with rests in between.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    vacancies, interstitials
        Iodide defects at rest, where they form and annihilate in balance.
    hole_density
        Acceptors of the film.
    threshold
        Field above which defects degrade the film, in V/m; lower in humid air.
    degradation
        Its rate over 0.05 1/s at 1e22 defects per m^3; 0 turns it off.
    slowed_to
        Share of their diffusivity that is left to ions where every site has degraded; 1 turns this feedback off.
    light
        In suns.
    temperature
        Of the film.
    hold
        How long either voltage is held; a rest is five times as long.
    """
    require_positive_options(
        weak=weak, strong=strong, gap=gap, electrode_length=electrode_length, hold=hold, slowed_to=slowed_to
    )
    debye = film_debye_length(MAPbI3, hole_density, temperature)
    mesh = strip(gap, electrode_length, debye, min(gap / 40, electrode_length / 4), debye)
    memory, ohmic = Memory(weak, strong, hold, _RESTS * hold), CarrierContact()
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        halide_pairs(vacancies, interstitials, slowed_to),
        [Contact("left", 0 * V, carriers=ohmic), Contact("right", memory.drive, carriers=ohmic)],
        temperature,
        semiconductor=bands(-hole_density, _FILM_MOBILITY),
        reactions=light_and_losses(light)
        + pair_chemistry(vacancies, interstitials, temperature)
        + damage(degradation, threshold),
        light=1.0,
    )
    first, last = 0.03 * gap, 0.2 * gap
    anode, cathode = zone_quench("right", first, last, "anode"), zone_quench("left", first, last, "cathode")
    seen = [light_change(), degraded_share(SITES), anode, cathode]
    demands = memory.criteria(anode, cathode, degradation > 0)
    return Scenario(model, memory.times(10), observables=seen, criteria=demands, microstructure=mesh.report)
