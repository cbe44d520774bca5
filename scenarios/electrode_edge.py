"""Damage that begins at the edges of an electrode, where the field is strongest.

A MAPbBr3 film, 300 nm, on a metal that covers all of its lower face; on top a strip of metal, narrower than the film,
in air. Near an edge the field grows as a power of the distance, close to 1 / sqrt(rho), far beyond that below the
middle of the strip. Sites degrade for good above a threshold field, with the help of halide vacancies: the damage
nucleates at both edges and leaves the middle alone (Miao and coworkers saw diodes degrade from the edge of their
electrode).
"""

from fem.constants import K, Kelvin, Metre, Second, V, Volt, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.materials import Material
from fem.physics.reactions.defect_chemistry import degradation
from fem.physics.reactions.field_assisted import FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import Degradation
from fem.physics.species import Species
from fem.scenario import Scenario, logarithmic_times
from meshes import Layer, Lines, MeshSizes, Metal, Stack, columnar, mesh_stack
from scenarios.parts.edges import DEGRADED, Edges
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER

_VACANCY, _VACANCIES, _SITES = "bromide vacancy", 1e19, 1e22  # [1/m^3] vacancies so few that they do not screen
_PERMITTIVITY = 25.5


def scenario(
    bias: Volt = 2 * V,
    thickness: Metre = 300 * nm,
    width: Metre = 1.4 * um,
    strip: Metre = 800 * nm,
    excess_field: float = 1.5,
    rate: float = 1.0,
    edge_cell: Metre = 1 * nm,
    temperature: Kelvin = 300 * K,
    end_time: Second = 3 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the strip from t = 0 on.
    thickness, width
        Of the film.
    strip
        Width of the metal in the middle of its upper face.
    excess_field
        Threshold of the damage over the field below the middle of the strip.
    rate
        At which a site degrades above it, in 1/s.
    edge_cell
        Size of the cells at the edges of the strip.
    temperature
        Of the device.
    end_time
        End of the run.
    """
    edges = Edges((0.5 * (width - strip), 0.5 * (width + strip)), thickness, _PERMITTIVITY, 4 * edge_cell, _SITES)
    air = Layer("air", 100 * nm, cell=edge_cell, open=True, metals=(Metal("strip", *edges.places, edge_cell),))
    stack = Stack(columnar(width, thickness, grains=1), (), (air,))
    mesh = mesh_stack(stack, MeshSizes(edge_cell, 40 * nm, 40 * nm), electrodes=("top",), boundaries=Lines()).mesh
    law = Degradation(DEGRADED, _VACANCY, rate, _SITES, _VACANCIES)
    threshold = excess_field * abs(bias) / thickness
    film = ("film",)
    model = PoissonNernstPlanck(
        mesh,
        Material("MAPbBr3 in air", {"film": _PERMITTIVITY, "air": 1.0}),
        [
            Species(_VACANCY, +1, _VACANCIES, DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER, where=film),
            Species.immobile(DEGRADED, 0, 0.0, _SITES, film),
        ],
        [Contact("bottom", 0 * V), Contact("strip", step(bias))],
        temperature,
        reactions=[degradation(law, FieldAssisted(law, Threshold(threshold, 0.05 * threshold)), "film")],
    )
    times = logarithmic_times(1e-2, end_time, 4)
    return Scenario(model, times, observables=edges.observables, criteria=edges.criteria, geometry="cross-section")
