"""Overshoot."""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.device_layers import device
from fem.physics.drive import step
from fem.physics.layers import boundary_lines
from fem.scenario import Scenario, logarithmic_times
from meshes import Layer, Lines, MeshSizes, Stack, columnar, mesh_stack
from scenarios._emitter import ELECTRON_LAYER, FILM, HOLE_LAYER, Emitter

_BOUNDARY = 4 * nm  # width of grain boundaries
_LAYER = 30 * nm  # thickness of either transport layer


def scenario(
    bias: Volt = 2.2 * V,
    thickness: Metre = 300 * nm,
    width: Metre = 120 * nm,
    grains: int = 2,
    halide: Concentration = 1e22,
    traps: Concentration = 3e22,
    boundary_barrier: Energy = 0.30 * eV,
    loss: float = 0.1,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1000 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the hole contact from t = 0 on.
    thickness, width
        Of the film, between the transport layers and along them.
    grains
        Columnar grains side by side.
    halide
        Excess halide, mean over the film.
    traps
        Sites without their halide below the hole layer.
    boundary_barrier
        Hopping barrier of halide at grain boundaries and faces.
    loss
        Rate at which holes degrade sites, in 1/s at 1e23 holes per m^3; 0 turns it off.
    temperature
        Of the device.
    end_time
        End of the run.
    """
    film = columnar(width, thickness, grains=grains, seed=1)
    stack = Stack(film, [Layer("etl", _LAYER)], [Layer("htl", _LAYER)])
    mesh = mesh_stack(stack, MeshSizes(1.5 * nm, 15 * nm, 25 * nm), electrodes=("bottom", "top"), boundaries=Lines()).mesh
    material, semiconductor = device({"etl": ELECTRON_LAYER, "film": FILM, "htl": HOLE_LAYER})
    emitter = Emitter(thickness, halide, traps, boundary_barrier, loss)
    model = PoissonNernstPlanck(
        mesh,
        material,
        emitter.defects(),
        [Contact("bottom", 0.0, carriers=CarrierContact()), Contact("top", step(bias), carriers=CarrierContact())],
        temperature,
        layers=[boundary_lines(_BOUNDARY)],
        semiconductor=semiconductor,
        reactions=emitter.chemistry(),
    )
    return Scenario(model, logarithmic_times(1e-3, end_time, 3), geometry="cross-section")
