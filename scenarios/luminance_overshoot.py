"""Light of a diode that first rises and then fades: halide fills traps, and holes degrade the film.

A MAPbBr3 film of columnar grains between a layer for electrons and one for holes. At rest the built-in field holds
excess bromide at the electron layer. When the diode is switched on, bromide moves along grain boundaries to the hole
layer, where it fills sites that carriers would recombine at: the light rises. Meanwhile holes degrade sites all over
the film for good: the light fades. With one set of parameters the light has a maximum when the traps have been filled.
Boundaries that are passivated, with a barrier higher by 0.1 eV (``--raised 0.1eV``), let bromide come too late: no
overshoot (Kim et al. measured 150 % in MAPbBr3 and 7 % with a two-dimensional phase at its boundaries,
doi:10.1038/s41467-020-17072-0).
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.device_layers import device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.scenario import Scenario, logarithmic_times
from scenarios.criteria.overshoot import Overshoot
from scenarios.parts.emitter import LAYERS, Emitter, mesh_emitter

_SETTLED = 1e-3  # [s] after which electrons and holes have settled


def scenario(
    bias: Volt = 2 * V,
    thickness: Metre = 300 * nm,
    width: Metre = 120 * nm,
    grains: int = 2,
    halide: Concentration = 1e22,
    traps: Concentration = 1e23,
    boundary_barrier: Energy = 0.35 * eV,
    raised: Energy = 0 * eV,
    loss: float = 0.1,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1000 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the hole contact from t = 0 on; 2 V of it are built in.
    thickness, width
        Of the film, between the transport layers and along them.
    grains
        Side by side.
    halide
        Excess bromide, mean over the film.
    traps
        Sites without their halide in the 20 nm below the hole layer.
    boundary_barrier
        For hops of halide at grain boundaries, and at both faces of the film.
    raised
        By how much it is higher at boundaries that are passivated; the faces stay as they are.
    loss
        Rate at which a site degrades, in 1/s at 1e23 holes per m^3; 0 turns it off.
    temperature
        Of the device.
    end_time
        End of the run.
    """
    mesh = mesh_emitter(width, thickness, grains).mesh
    material, semiconductor = device(LAYERS)
    emitter = Emitter(thickness, halide, traps, boundary_barrier + raised, boundary_barrier, loss)
    ohmic = CarrierContact()
    model = PoissonNernstPlanck(
        mesh,
        material,
        emitter.defects(),
        [Contact("bottom", 0 * V, carriers=ohmic), Contact("top", step(bias), carriers=ohmic)],
        temperature,
        layers=[boundary_lines(4 * nm)],
        semiconductor=semiconductor,
        reactions=emitter.chemistry(),
    )
    demands = Overshoot(_SETTLED).criteria(slowed=raised > 0)
    return Scenario(model, logarithmic_times(_SETTLED, end_time, 10), criteria=demands, geometry="cross-section")
