"""A dark front that crosses a film from its positive electrode, micrometres wide and electroneutral.

MAPbI3 between two like electrodes 100 um apart, doped with holes, under light. Both electrodes exchange iodide
vacancies with the film: an oxidised halide leaves a vacancy behind. From t = 0 on the right electrode is positive.
Vacancies drift in from it and take the place of the holes, so that the film stays neutral while photoluminescence and
conductivity collapse behind a sharp front; its way and the current obey a law of two resistances in series (Li et al.,
doi:10.1038/s41467-018-07571-6 and arXiv:1804.07554, whose diffusivity is used here). Then the voltage is reversed.

With electrodes that block ions (``--exchange-rate 0m/s``) no front starts: vacancies cannot come from nowhere.
"""

import numpy as np

from fem.constants import Concentration, K, Kelvin, Metre, Second, V, Velocity, Volt, nm, s, thermal_voltage, um
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact, Reservoir
from fem.physics.materials import MAPbI3
from fem.physics.scales import depletion_width
from fem.scenario import Scenario
from scenarios.criteria.fronts import Front
from scenarios.parts.lateral_films import (
    PERMITTIVITY,
    VACANCY_DIFFUSIVITY,
    bands,
    ion,
    light_and_losses,
    strip,
    work_function_for_holes,
)
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages

_SUPPLIED = 0.05  # holes over vacancies in balance with the metal: the share of the holes that stay behind the front
_WEAK = 0.1  # suns up to which light makes few carriers against those behind the front
_AT_FIRST = 1e-3  # vacancies over holes in the film as deposited
_FIRST, _SHORTEST = 1e-6 * s, 0.05 * s  # first output; outputs of a shorter stage would not rise


def scenario(
    bias: Volt = 2 * V,
    gap: Metre = 100 * um,
    electrode_length: Metre = 8 * um,
    hole_density: Concentration = 1e22,
    exchange_rate: Velocity = 1e-2,
    light: float = 1.0,
    temperature: Kelvin = 300 * K,
    hold: Second = 35 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode for a time `hold`, and its opposite after that.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    hole_density
        Acceptors of the film.
    exchange_rate
        Rate constant of vacancy exchange at both electrodes; 0 blocks ions.
    light
        In suns.
    temperature
        Of the film.
    hold
        How long each voltage is held.
    """
    require_positive_options(bias=bias, gap=gap, electrode_length=electrode_length, hold=hold)
    require_longer(_SHORTEST, hold=hold)
    debye = film_debye_length(MAPbI3, hole_density, temperature)
    mesh = strip(gap, electrode_length, min(debye / 4, 10 * nm), min(gap / 80, electrode_length / 4), debye)
    stages = Stages((bias, -bias), hold, first=_FIRST, per_decade=1)
    ions = {"iodide vacancy": Reservoir(exchange_rate, hole_density)}
    metal = CarrierContact(work_function=work_function_for_holes(_SUPPLIED * hole_density, temperature))
    contacts = [Contact("left", 0 * V, ions, carriers=metal), Contact("right", stages.drive, ions, carriers=metal)]
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        [ion("iodide vacancy", +1, _AT_FIRST * hole_density, -1)],
        contacts,
        temperature,
        semiconductor=bands(-hole_density),
        reactions=light_and_losses(light),
        light=1.0,
    )
    width = depletion_width(PERMITTIVITY, hole_density, bias)
    mobility = VACANCY_DIFFUSIVITY / thermal_voltage(temperature)
    front = Front(gap, mobility, bias, hold, width, weak_light=light <= _WEAK)
    early = np.array([0.0, _FIRST, 1e-3, min(0.1, hold / 50)])
    steady = np.linspace(0, hold, 26)[1:]
    times = np.concatenate([early, steady, hold + steady])
    demands = front.criteria if exchange_rate > 0 else front.criteria_without_exchange
    return Scenario(model, times, observables=front.observables, criteria=demands, microstructure=mesh.report)
