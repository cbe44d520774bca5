"""Vertical bias across a columnar MAPbI3 film, in cross-section: the geometry of a device.

Eight columnar grains, 1000 x 400 nm, between a bottom and a top electrode that block ions; grain boundaries are meshed
as strips of their physical width. At t = 0 the top electrode becomes positive. Iodide vacancies run down the boundaries
within milliseconds and leave the grains within minutes (lambda L / 2D = 310 s for the grains alone,
doi:10.1103/PhysRevE.70.021506). The dark zone under the top electrode is the depletion zone, 0.16 um wide at 1 V and
1e23 vacancies per m^3, less than half of the film: a microscope that looks through the film sees only the
depth-integrated light (``profiles``).
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, nm, s, us
from fem.model import PoissonNernstPlanck
from fem.observables.fronts import depletion_depth, front_position, front_width
from fem.observables.light_observables import mean_quench
from fem.observables.profiles import Side
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario, logarithmic_times
from meshes import Strips, layered
from meshes.budget import Extent
from scenarios.criteria.transients import depletion_zone
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.parameters import (
    BOUNDARY_BARRIER,
    GRAIN_BARRIER,
    ONE_SUN,
    iodide_vacancy,
    quenchers,
)
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following

FIRST = 10 * us  # output
ELECTRODES = ("bottom", "top")
BUDGET = NodeBudget(options=("--width", "--thickness", "--grains", "--layers"))


def scenario(
    bias: Volt = 1 * V,
    mobile_density: Concentration = 1e23,
    width: Metre = 1000 * nm,
    thickness: Metre = 400 * nm,
    grains: int = 8,
    layers: int = 1,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    boundary_width: Metre = 4 * nm,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1e4 * s,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the top electrode from t = 0 on.
    mobile_density
        Iodide vacancies as deposited.
    width, thickness
        Of the cross-section.
    grains
        Columns across the width.
    layers
        Grains through the thickness.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and boundaries.
    boundary_width
        Width of the grain boundaries.
    temperature
        Of the film.
    end_time
        End of the run.
    seed
        Of the random column widths.
    """
    require_positive_options(width=width, thickness=thickness, grains=grains, boundary_width=boundary_width)
    require_longer(FIRST, end_time=end_time)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    strips, sizes = Strips(boundary_width, skin=debye), sizes_following(debye, 8 * nm, 20 * nm)
    BUDGET.require_possible(Extent.layered(width, thickness, grains, layers), sizes, ELECTRODES, strips)
    film = layered(width, thickness, grains=grains, layers=layers, seed=seed)
    mesh = BUDGET.meshed(film, sizes, debye, electrodes=ELECTRODES, boundaries=strips)
    barriers = {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier}
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        [iodide_vacancy(mobile_density, barriers)],
        [Contact("bottom", 0 * V), Contact("top", step(bias))],
        temperature,
    )
    positive: Side = "top" if bias >= 0 else "bottom"
    depletion = depletion_depth("iodide vacancy", positive)
    return Scenario(
        model,
        logarithmic_times(FIRST, end_time),
        Light(ONE_SUN, quenchers(mobile_density)),
        [mean_quench(), depletion, front_position(positive, 0.3), front_width(positive, 0.3)],
        depletion_zone(model, depletion, end_time),
        microstructure=mesh.report,
        geometry="cross-section",
    )
