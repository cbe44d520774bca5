"""Light of a diode under a square wave and under a sine, from low to high frequency.

A MAPbBr3 film between a layer for electrons and one for holes, below and above it or left and right of it, with mobile
bromide. A voltage alternates between forward and reverse, a few cycles at one frequency after another (after the
devices of Kumawat et al. and of Hu et al., driven by alternating current). The same device under a sine of the same
extremes is followed beside the run.

Assumed: bromide that stays inside the film, contacts that exchange carriers alone. Electrons and holes are simulated.
"""

from dataclasses import replace

from fem.checks import require_not_negative
from fem.constants import Concentration, Energy, K, Kelvin, Metre, V, Volt, eV, nm
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.device_layers import device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.layers import boundary_lines
from fem.physics.species import Species
from fem.scenario import Scenario
from scenarios.criteria.ac_response import Response
from scenarios.parts.ac_staircase import HALIDE_DISTANCE, SineBeside, Staircase
from scenarios.parts.emitter import HALIDE, LAYERS, Emitter, mesh_emitter, mesh_lateral_emitter
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR
from scenarios.parts.voltage_direction import Direction


def scenario(
    forward: Volt = 2.2 * V,
    reverse: Volt = -1 * V,
    lowest_frequency: float = 1.0,
    decades: int = 3,
    cycles: int = 4,
    halide: Concentration = 3e23,
    barrier: Energy = 0.35 * eV,
    lowered: Energy = 0 * eV,
    thickness: Metre = 300 * nm,
    width: Metre = 40 * nm,
    grains: int = 1,
    temperature: Kelvin = 300 * K,
    direction: Direction = Direction.VERTICAL,
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
        For its hops.
    lowered
        By how much that is lower along boundaries, 4 nm wide, that are not passivated.
    thickness, width
        Of the film.
    grains
        Side by side.
    temperature
        Of the device.
    direction
        Of the voltage: through the film with the layers below and above it, along it with the layers on its left and
        right.
    """
    require_not_negative(lowered / eV, "--lowered", "eV")
    stairs = Staircase(forward, reverse, lowest_frequency, decades + 1, cycles)
    (first, second), sizes = direction.electrodes, (width, thickness, grains)
    mesh = mesh_lateral_emitter(*sizes) if direction is Direction.LATERAL else mesh_emitter(*sizes).mesh
    material, semiconductor = device(LAYERS)
    hops = {"film": barrier, "grain_boundary": barrier - lowered}
    ions = Species(HALIDE, -1, halide, DIFFUSIVITY_PREFACTOR, hops, where=("film",))
    recombining = Emitter(thickness, halide, 0.0, barrier, barrier, 0.0).chemistry()[:2]
    ohmic = CarrierContact()
    model = PoissonNernstPlanck(
        mesh,
        material,
        [ions],
        [Contact(first, 0 * V, carriers=ohmic), Contact(second, stairs.square, carriers=ohmic)],
        temperature,
        [boundary_lines(4 * nm)],
        semiconductor=semiconductor,
        reactions=recombining,
    )
    told = {"halide supply": "electrodes block halides: bromide stays inside the film"}
    run = Scenario(model, stairs.times, geometry="cross-section", microstructure=told)
    beside = SineBeside(run, stairs)
    return replace(
        run, observables=[HALIDE_DISTANCE, beside.column], criteria=Response(stairs, beside.column.column).criteria
    )
