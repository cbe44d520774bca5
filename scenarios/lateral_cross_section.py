"""Lateral bias seen from the side: several grains through the thickness and a free surface that conducts.

Cross-section of a film on an insulator between electrodes on its left and right edge. Vacancies hop more easily along
grain boundaries and along the free top surface (0.30 eV against 0.58 eV in the grains; halide vacancies at surfaces:
Meggiolaro et al., doi:10.1021/acsenergylett.8b02352), so the depth-resolved map shows what a microscope from above
averages away.
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, ms, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.observables.fronts import depletion_depth, front_position, front_width
from fem.observables.light_observables import mean_quench
from fem.observables.profiles import Side
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario, logarithmic_times
from meshes import voronoi
from meshes.budget import Extent
from scenarios.criteria.transients import depletion_zone
from scenarios.parts.grain_boundaries import UniformFilm
from scenarios.parts.options import require_longer, require_no_slower_boundaries, require_positive_options
from scenarios.parts.parameters import (
    BOUNDARY_BARRIER,
    GRAIN_BARRIER,
    ONE_SUN,
    iodide_vacancy,
    quenchers,
)
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following

FIRST = 1 * ms  # output
SMALLER = ("--gap", "--thickness", "--grain-size")


def scenario(
    bias: Volt = 2 * V,
    mobile_density: Concentration = 1e22,
    gap: Metre = 3 * um,
    thickness: Metre = 0.5 * um,
    grain_size: Metre = 200 * nm,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    surface_barrier: Energy = BOUNDARY_BARRIER,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1e4 * s,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode from t = 0 on.
    mobile_density
        Iodide vacancies as deposited.
    gap, thickness
        Of the cross-section.
    grain_size
        Mean grain size.
    grain_barrier, boundary_barrier, surface_barrier
        Activation energies of vacancy hopping in grains, along boundaries 4 nm wide and along the top 1 nm.
    temperature
        Of the film.
    end_time
        End of the run.
    seed
        Of the random grains.
    """
    require_positive_options(gap=gap, thickness=thickness, grain_size=grain_size)
    require_longer(FIRST, end_time=end_time)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    budget = NodeBudget(instead=UniformFilm(grain_barrier, boundary_barrier, 4 * nm, temperature), options=SMALLER)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    sizes, sides = sizes_following(debye, 10 * nm, 40 * nm), ("left", "right")
    budget.require_possible(Extent.equiaxed(gap, thickness, grain_size), sizes, sides)
    film = voronoi(gap, thickness, grain_size=grain_size, seed=seed)
    mesh = budget.meshed(film, sizes, debye, electrodes=sides, free_surfaces=("top",))
    barriers = {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier, "surface": surface_barrier}
    vacancy, contacts = iodide_vacancy(mobile_density, barriers), [Contact("left", 0 * V), Contact("right", step(bias))]
    layers = [boundary_lines(4 * nm), surface_lines(1 * nm)]
    model = PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, temperature, layers)
    positive: Side = "right" if bias >= 0 else "left"
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
