"""Light of a diode under a square wave and under a sine, from low to high frequency.

A MAPbBr3 film between a layer for electrons and one for holes, with mobile bromide. A voltage alternates between
forward and reverse, a few cycles at one frequency after another (after the devices of Kumawat et al. and of Hu et al.,
driven by alternating current). The same device under a sine of the same extremes is followed beside the run.

Assumed: bromide that stays inside the film, contacts that exchange carriers alone. Electrons and holes are simulated.
"""

from dataclasses import replace

from fem.constants import Concentration, Energy, K, Kelvin, Metre, V, Volt, eV, nm
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.device_layers import device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.species import Species
from fem.scenario import Scenario
from scenarios.criteria.ac_response import Response
from scenarios.parts.ac_staircase import HALIDE_HEIGHT, SineBeside, Staircase
from scenarios.parts.emitter import HALIDE, LAYERS, Emitter, mesh_emitter
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR


def scenario(
    forward: Volt = 2.2 * V,
    reverse: Volt = -1 * V,
    lowest_frequency: float = 1.0,
    decades: int = 3,
    cycles: int = 4,
    halide: Concentration = 3e23,
    barrier: Energy = 0.35 * eV,
    thickness: Metre = 300 * nm,
    width: Metre = 40 * nm,
    grains: int = 1,
    temperature: Kelvin = 300 * K,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    forward, reverse
        Voltages of the hole contact between which the waves alternate; 2 V are built in.
    lowest_frequency
        In Hz; each further frequency is ten times higher.
    decades
        Number of further frequencies.
    cycles
        At each frequency.
    halide
        Excess bromide, mean over the film.
    barrier
        For its hops, everywhere in the film.
    thickness, width
        Of the film.
    grains
        Side by side.
    temperature
        Of the device.
    """
    stairs = Staircase(forward, reverse, lowest_frequency, decades + 1, cycles)
    mesh = mesh_emitter(width, thickness, grains).mesh
    material, semiconductor = device(LAYERS)
    ions = Species(HALIDE, -1, halide, DIFFUSIVITY_PREFACTOR, barrier, where=("film",))
    recombining = Emitter(thickness, halide, 0.0, barrier, barrier, 0.0).chemistry()[:2]
    ohmic = CarrierContact()
    model = PoissonNernstPlanck(
        mesh,
        material,
        [ions],
        [Contact("bottom", 0 * V, carriers=ohmic), Contact("top", stairs.square, carriers=ohmic)],
        temperature,
        semiconductor=semiconductor,
        reactions=recombining,
    )
    told = {"halide supply": "electrodes block halides: bromide stays inside the film"}
    run = Scenario(model, stairs.times, geometry="cross-section", microstructure=told)
    beside = SineBeside(run, stairs)
    return replace(
        run, observables=[HALIDE_HEIGHT, beside.column], criteria=Response(stairs, beside.column.column).criteria
    )
