"""A light-emitting device that warms itself to 70 degrees Celsius at 6 V, and its ions that speed up by that.

A film of MAPbI3, 500 nm, between a layer that carries holes and one that carries electrons, on 1 mm of glass. From
t = 0 on 6 V drive about 100 mA/cm^2 through it: 6 kW/m^2, given off to the surroundings with 133 W/(m^2 K) in all. The
face of the glass under the film is 6 K warmer than its back, and all of it takes 15 s to warm by 45 K; the film itself
is at one temperature within some millikelvins. Vacancies, activated with 0.58 eV, become twenty times faster meanwhile.
Such devices live longer when their heat is led away (Zhao et al., doi:10.1002/adma.202000752).
"""

from dataclasses import replace

import numpy as np
import shapely

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.device_layers import Conductor, device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import step
from fem.physics.heat.conducted_heat import ConductedHeat
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.physics.species import Species
from fem.scenario import Scenario, logarithmic_times
from meshes import Layer, MeshSizes, Polycrystal, Stack, mesh_stack
from scenarios.parts.lateral_films import LIFETIME, RADIATIVE
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER
from scenarios.parts.warming import Warming

_FIRST, _WIDTH = 1e-7 * s, 60 * nm
_GLASS = 2.1e6  # [J/(m^3 K)] soda-lime glass, 2.5 g/cm^3 and 0.84 J/(g K)
_STATES, _DOPING = 5e25, 1e24  # [1/m^3] of both organic layers (assumption)
_SLOW = 1.68e-10  # [m^2/(V s)] of their carriers: by it, 6 V drive 100 mA/cm^2 (assumption)
_HOLES = Conductor(3.0, 2.5 * eV, 2.9 * eV, _STATES, _STATES, _SLOW, _SLOW, doping=-_DOPING)
_FILM = Conductor(24.1, 3.9 * eV, 1.6 * eV, 8.1e24, 5.8e24, 2e-3, 2e-3)
_ELECTRONS = Conductor(3.0, 3.8 * eV, 2.9 * eV, _STATES, _STATES, _SLOW, _SLOW, doping=_DOPING)


def scenario(
    bias: Volt = 6 * V,
    thickness: Metre = 500 * nm,
    transport_layers: Metre = 60 * nm,
    mobile_density: Concentration = 1e23,
    barrier: Energy = GRAIN_BARRIER,
    substrate: Metre = 1e-3,
    glass_conductivity: float = 1.0,
    heat_transfer: float = 133.0,
    ambient: Kelvin = 298 * K,
    update: Kelvin = 1 * K,
    end_time: Second = 200 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the anode (top) from t = 0 on.
    thickness
        Of the film.
    transport_layers
        Thickness of each of the two layers beside it.
    mobile_density
        Iodide vacancies as deposited.
    barrier
        Activation energy of vacancy hopping.
    substrate
        Thickness of the glass.
    glass_conductivity
        Thermal conductivity of the glass, in W/(m K).
    heat_transfer
        What the film gives off to its surroundings, through the glass, in W/(m^2 K).
    ambient
        Temperature of the surroundings, and of the device at the start.
    update
        Change of temperature after which everything is computed anew.
    end_time
        End of the run.
    """
    require_positive_options(thickness=thickness, transport_layers=transport_layers, substrate=substrate)
    require_positive_options(heat_transfer=heat_transfer, update=update, glass_conductivity=glass_conductivity)
    require_longer(_FIRST, end_time=end_time)
    film = Polycrystal.from_polygons(_WIDTH, thickness, [shapely.box(0, 0, _WIDTH, thickness)])
    layers = [Layer(name, transport_layers, cell=1 * nm, largest=8 * nm) for name in ("electrons", "holes")]
    mesh = mesh_stack(Stack(film, (layers[0],), (layers[1],)), MeshSizes(1 * nm, 20 * nm, 20 * nm)).mesh
    material, semiconductor = device({"electrons": _ELECTRONS, "film": _FILM, "holes": _HOLES})
    vacancy = Species("iodide vacancy", +1, mobile_density, DIFFUSIVITY_PREFACTOR, barrier, where=("film",))
    model = PoissonNernstPlanck(
        mesh,
        material,
        [vacancy],
        [Contact("bottom", 0 * V, carriers=CarrierContact()), Contact("top", step(bias), carriers=CarrierContact())],
        ambient,
        semiconductor=semiconductor,
        reactions=[
            recombination("radiative", Radiative(RADIATIVE), where="film"),
            recombination("through traps", ShockleyReadHall(LIFETIME, LIFETIME), where="film"),
        ],
        heat=replace(_glass(substrate, glass_conductivity, heat_transfer, ambient), largest_change=update),
    )
    times = np.unique([*logarithmic_times(_FIRST, end_time, 2), *np.linspace(0, end_time, 51)])
    warming = Warming(model, vacancy.name, barrier)
    return Scenario(model, times, observables=warming.observables, criteria=warming.criteria, geometry="cross-section")


def _glass(thickness: float, conductivity: float, in_all: float, ambient: float) -> ConductedHeat:
    """Glass that gives off so much at its back that it is `in_all` [W/(m^2 K)] from its other face."""
    through = conductivity / thickness
    if in_all >= through:
        raise ValueError(
            f"--heat-transfer of {in_all:g} W/(m^2 K): glass of {thickness * 1e3:g} mm lets less than {through:g}"
            " W/(m^2 K) through; lower it, or take a thinner --substrate or a higher --glass-conductivity"
        )
    return ConductedHeat.slab(thickness, conductivity, _GLASS, 1 / (1 / in_all - 1 / through), ambient)
