"""Defects that a strong field makes and a weak one does not: an hour each at fields from 0.3 to 3 V/um.

A film of MAPbI3 between two electrodes that block ions and carry no electrons or holes, 1 um apart. Halide leaves its
site and becomes a vacancy and an interstitial; few pairs form by heat, and the field helps by exp(abs(E) / E0) or, with
``--law threshold``, only above a threshold. Poling at more than 1 V/um makes new defects in such films (Huang and
coworkers); below, an hour adds less than 1 % to those that are there. Both signs of each field are applied, each
followed by a rest in which interstitials find vacancies again, and make as many pairs.

A hop over a in the field has E0 = 2 kT / (e a), 80 V/um for the distance of two halide sites, which does nothing at
1 V/um (``--reach 0.63nm``). The default reach of 80 nm therefore stands for fields that are concentrated at boundaries
and rough electrodes, by more than a hundred times; it is fitted to the observed threshold.
"""

from fem.constants import Concentration, K, Kelvin, Metre, Second, hour, nm, thermal_voltage, um
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario
from scenarios.parts.field_made import Law, creation_demands, field_made_pairs
from scenarios.parts.lateral_films import PERMITTIVITY, strip
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages

_LIMIT = 1e6  # [V/m] poling field above which defects are made
_SHARES = (0.3, -0.3, 0.95, -0.95, 3.0, -3.0)  # of that field, one after the other with rests between


def scenario(
    law: Law = Law.EXPONENTIAL,
    reach: Metre = 80 * nm,
    threshold: float = 1.5e6,
    thickness: Metre = 1 * um,
    vacancies: Concentration = 1e20,
    pairs: Concentration = 1.7e16,
    temperature: Kelvin = 300 * K,
    hold: Second = 1 * hour,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    law
        How the field helps.
    reach
        a in exp(e a abs(E) / 2 kT), for the exponential law.
    threshold
        Field of the threshold in V/m, for the other.
    thickness
        Between the electrodes.
    vacancies
        As deposited; so few that they do not screen the field.
    pairs
        Vacancies and interstitials of a film that has as many of one as of the other.
    temperature
        Of the film.
    hold
        How long each field is held, and each rest.
    """
    debye = film_debye_length(MAPbI3, vacancies, temperature)
    mesh = strip(thickness, thickness / 10, thickness / 100, thickness / 30, debye)
    voltages = [volts for share in _SHARES for volts in (share * _LIMIT * thickness, 0.0)]
    stages = Stages(tuple(voltages), hold, first=1e-6 * hold, per_decade=1)
    scale = 2 * thermal_voltage(temperature) / reach if law is Law.EXPONENTIAL else threshold
    film = field_made_pairs(law, scale, vacancies, pairs)
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        film.defects(),
        [Contact("left", 0.0), Contact("right", stages.drive)],
        temperature,
        reactions=film.chemistry(PERMITTIVITY, temperature),
    )
    demands = creation_demands(stages, thickness, _LIMIT)
    return Scenario(model, stages.times, criteria=demands, microstructure=mesh.report)
