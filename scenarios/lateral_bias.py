"""Lateral bias on a measured polycrystalline MAPbI3 film, seen from above.

The grains are those of a scanning electron micrograph (142 grains, 2.9 x 3.8 um, ``data/grain_maps``); electrodes run
along the left and the right edge. At t = 0 the right one becomes positive. Iodide vacancies (positive) leave it and
gather at the left one, ahead along the grain boundaries, where they hop more easily (Shao et al.,
doi:10.1039/C6EE00413J). Interstitials that the vacancies leave bare quench the photoluminescence: the film darkens from
the positive electrode, first along the boundaries, then in the grains (compare Li et al.,
doi:10.1038/s41467-018-07571-6).

Both contacts block ions, so the dark zone ends where the depletion zone ends, sqrt(2 eps V / (e N)) = 0.73 um from the
positive electrode for 2 V and 1e22 vacancies per m^3. A zone that crosses the gap needs contacts that exchange ions
(scenario ``exchanging_contacts``) or fewer mobile ions (``--mobile-density 1e21/m^3``: 2.3 um).
"""

from pathlib import Path

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, ms, nm, s
from fem.model import PoissonNernstPlanck
from fem.observables.fronts import depletion_depth, front_position, front_width
from fem.observables.light_observables import mean_quench
from fem.observables.profiles import Side
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario, logarithmic_times
from scenarios.criteria.transients import depletion_zone
from scenarios.parts.grain_boundaries import BoundaryKind, GrainBoundaries
from scenarios.parts.measured import measured_film
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.parameters import (
    BOUNDARY_BARRIER,
    GRAIN_BARRIER,
    ONE_SUN,
    iodide_vacancy,
    quenchers,
)
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following

FIRST = 1 * ms  # output
SMALLER = ("--crop", "--mesh-size", "--boundaries", "--node-limit")
GRAIN_MAP = Path(__file__).parents[1] / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"


def scenario(
    bias: Volt = 2 * V,
    mobile_density: Concentration = 1e22,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    boundary_width: Metre = 4 * nm,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1e4 * s,
    boundaries: BoundaryKind = BoundaryKind.LINES,
    mesh_size: Metre = 15 * nm,
    node_limit: int = 400_000,
    grain_map: Path = GRAIN_MAP,
    pixel_size: Metre | None = None,
    crop: Metre | None = None,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode from t = 0 on.
    mobile_density
        Iodide vacancies as deposited.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along boundaries.
    boundary_width
        Width of the grain boundaries.
    temperature
        Of the film.
    end_time
        End of the run.
    boundaries
        Grain boundaries as lines that are never meshed, as lines with two sides (needed where they are slower than the
        grains), or as meshed strips (precise, and many times as many cells).
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that.
    node_limit
        Films whose mesh would have more nodes are refused.
    grain_map
        Label image of the grains, with a sidecar ``meta.json`` that gives its pixel size.
    pixel_size
        Width of a pixel of the grain map, if not the one in the sidecar.
    crop
        Side of the square in the middle of the grain map that is used; all of it if not given.
    """
    require_positive_options(mesh_size=mesh_size)
    require_longer(FIRST, end_time=end_time)
    network = GrainBoundaries(boundaries, boundary_width, grain_barrier, boundary_barrier)
    budget = NodeBudget(node_limit, instead=network.uniform_film(temperature), options=SMALLER)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    film = measured_film(grain_map, pixel_size, crop)
    meshing = network.for_mesh(film, skin=min(debye, mesh_size))
    sizes = sizes_following(debye, mesh_size, 4 * mesh_size)
    mesh = budget.meshed(film, sizes, debye, electrodes=("left", "right"), boundaries=meshing)
    vacancy = iodide_vacancy(mobile_density, network.barriers)
    contacts = [Contact("left", 0 * V), Contact("right", step(bias))]
    model = PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, temperature, network.layers)
    positive: Side = "right" if bias >= 0 else "left"
    depletion = depletion_depth("iodide vacancy", positive)
    return Scenario(
        model,
        logarithmic_times(FIRST, end_time),
        Light(ONE_SUN, quenchers(mobile_density)),
        [mean_quench(), depletion, front_position(positive, 0.3), front_width(positive, 0.3)],
        depletion_zone(model, depletion, end_time),
        microstructure=mesh.report,
    )
