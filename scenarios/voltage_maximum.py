"""A film that is brightest at a voltage in between: a field brings halide that heals, a stronger one makes defects.

A p-type film of MAPbI3, 10 um between two electrodes that exchange holes and iodide interstitials, seen from above,
under light. Iodide vacancies are what carriers recombine at. The voltage of the right electrode is raised in steps. It
drives interstitials from the left electrode, which holds iodide in excess, through the film, where they fill vacancies:
brighter, until all are filled. The same field makes pairs of vacancy and interstitial at a rate that grows as
exp(abs(E) / E0): darker (after the three steps of Xing and coworkers). With both there is a best voltage; without
excess iodide (``--excess 0/m^3``) no step makes the film brighter, without pairs from the field (``--creation 0``) none
makes it darker. The same film at 0 V is computed beside it, since iodide also enters with time.
"""

from math import inf

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, Velocity, eV, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.observables.light_observables import mean_luminescence
from fem.physics.contacts import CarrierContact, Contact, Reservoir
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.field_assisted import Exponential
from fem.physics.reactions.trap_recombination import TrapRecombination
from fem.scenario import Scenario
from scenarios.criteria.healing import maximum_demands
from scenarios.parts.field_made import INTERSTITIAL, VACANCY, FieldMadePairs
from scenarios.parts.lateral_films import PERMITTIVITY, bands, light_and_losses, strip
from scenarios.parts.parameters import TRAP_CAPTURE
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages
from scenarios.parts.unbiased import Unbiased

_VOLTAGES = (0.2, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 13.0, 16.0)  # [V] held one after the other
_FILM_MOBILITY = 1e-5  # [m^2/(V s)] 0.1 cm^2/(V s): a larger one adds a drift of the carriers themselves


def scenario(
    gap: Metre = 10 * um,
    electrode_length: Metre = 500 * nm,
    vacancies: Concentration = 2e21,
    pairs: Concentration = 2e19,
    excess: Concentration = 2e21,
    exchange_rate: Velocity = 1e-3,
    interstitial_barrier: Energy = 0.40 * eV,
    creation: float = 1e18,
    field_scale: float = 3e5,
    hole_density: Concentration = 2e23,
    light: float = 1.0,
    temperature: Kelvin = 300 * K,
    hold: Second = 60 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    vacancies
        In the film.
    pairs
        Vacancies and interstitials of a film that has as many of one as of the other.
    excess
        Interstitials in balance with either electrode; 0 for as few as the film has.
    exchange_rate
        Rate constant of their exchange.
    interstitial_barrier
        Activation energy of interstitials; vacancies stay, they would drift by 40 nm in a step.
    creation
        Pairs that the field makes per m^3 and second, times exp(abs(E) / E0); 0 for none.
    field_scale
        E0 in V/m.
    hole_density
        Acceptors of the film.
    light
        In suns.
    temperature
        Of the film.
    hold
        How long each voltage is held.
    """
    film = FieldMadePairs(vacancies, pairs, Exponential(field_scale), creation, (inf, interstitial_barrier))
    debye = film_debye_length(MAPbI3, hole_density, temperature)
    mesh = strip(gap, electrode_length, debye, gap / 40, debye)
    stages = Stages(_VOLTAGES, hold, first=1e-6 * s, per_decade=1)
    iodide = {INTERSTITIAL: Reservoir(exchange_rate, excess or pairs**2 / vacancies)}
    holes = CarrierContact(electron_velocity=0.0)
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        film.defects(),
        [Contact("left", 0.0, iodide, carriers=holes), Contact("right", stages.drive, iodide, carriers=holes)],
        temperature,
        semiconductor=bands(-hole_density, _FILM_MOBILITY),
        reactions=[
            *light_and_losses(light),
            recombination("through vacancies", TrapRecombination(VACANCY, TRAP_CAPTURE, TRAP_CAPTURE)),
            *film.chemistry(PERMITTIVITY, temperature),
        ],
        light=1.0,
    )
    still = Unbiased(model, stages.times, mean_luminescence()).observable
    demands = maximum_demands(stages, still, heals=excess > 0, harms=creation > 0)
    return Scenario(model, stages.times, observables=[still], criteria=demands, microstructure=mesh.report)
