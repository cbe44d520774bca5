"""A spot of light in a lateral field: the emission is drawn out towards the positive electrode, at once.

A p-type CsPbBr3 plate, 16 x 4 um, seen from above, with ohmic electrodes left and right and a focused laser in its
middle. The minority electrons drift against the field for their lifetime, L_E = mu tau E, and the photoluminescence
with them (after Hu et al.; 0.63 um for 1 V over 16 um, 10 cm^2/(V s) and 10 ns); then the voltage is reversed. No ion
is needed. In an undoped plate electrons and holes go together and the spot stays where it is
(``--doping 0/m^3``): that it moves says that the plate is doped.
"""

from fem.constants import Concentration, K, Kelvin, Metre, Second, V, Volt, nm, ns, um
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.light.illumination import Focused, GaussianSpot, Uniform
from fem.physics.reactions.defect_chemistry import carrier_pairs
from fem.scenario import Scenario
from scenarios.parts.lateral_films import strip
from scenarios.parts.plates import MOBILITY, PLATE, losses, plate_bands
from scenarios.parts.spot import Spot
from scenarios.parts.stages import Stages

FAINT = 1e23  # [1/(m^3 s)] generation in the middle: 1e15 electrons per m^3 among 1e21 holes


def scenario(
    bias: Volt = 1 * V,
    doping: Concentration = 1e21,
    lifetime: Second = 10 * ns,
    spot: Metre = 700 * nm,
    length: Metre = 16 * um,
    width: Metre = 4 * um,
    mesh_size: Metre = 100 * nm,
    temperature: Kelvin = 300 * K,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode, then of the left one.
    doping
        Holes in the dark; 0 for an undoped plate.
    lifetime
        Of the minority carriers, by recombination through traps.
    spot
        Full width at half maximum of the laser's spot.
    length, width
        Of the plate, between and along the electrodes.
    mesh_size
        Cells of the plate; those at the electrodes are a tenth of it.
    temperature
        Of the plate.
    """
    mesh = strip(length, width, mesh_size / 10, mesh_size, mesh_size)
    beam = Focused(Uniform(FAINT), GaussianSpot(spot, length / 2, width / 2))
    stages = Stages((bias, -bias), 20 * lifetime, lifetime / 100)
    ohmic = CarrierContact()
    model = PoissonNernstPlanck(
        mesh.mesh,
        PLATE,
        [],
        [Contact("left", 0 * V, carriers=ohmic), Contact("right", stages.drive, carriers=ohmic)],
        temperature,
        semiconductor=plate_bands(-doping),
        reactions=[carrier_pairs(beam), *losses(lifetime)],
        light=1.0,
    )
    seen = Spot(model.mesh, expected=MOBILITY * lifetime * bias / length, doped=doping > 0)
    return Scenario(
        model, stages.times, observables=seen.observables, criteria=seen.demands(stages),
        microstructure=mesh.report,
    )  # fmt: skip
