"""Photoluminescence that changes over the whole gap: two mobile ions and electrodes that exchange one of them.

Voronoi film between lateral electrodes, seen from above. Iodide vacancies (positive) are exchanged at both electrodes,
which hold them near their starting density; iodide interstitials (negative) are mobile and blocked. Under bias
vacancies enter at the positive electrode and leave at the negative one, and interstitials gather at the positive side.
The film stays neutral, so nothing ties the width of the changed zone to the depletion width: interstitials pile up over
half the gap on the positive side, where they quench the photoluminescence, and run out on the other (concentration
polarisation of a binary electrolyte). A film with blocking contacts and one mobile ion cannot do this (scenario
``lateral_bias``).
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Velocity, Volt, eV, ms, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.observables.fronts import front_position, front_width
from fem.observables.light_observables import mean_quench
from fem.physics.contacts import Contact, Reservoir
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.light.luminescence import Light, TrappingIons
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import Scenario, logarithmic_times
from meshes import voronoi
from meshes.budget import Extent
from scenarios.parts.grain_boundaries import UniformFilm
from scenarios.parts.options import require_longer, require_no_slower_boundaries, require_positive_options
from scenarios.parts.parameters import (
    BOUNDARY_BARRIER,
    CAPTURE,
    DIFFUSIVITY_PREFACTOR,
    GRAIN_BARRIER,
    ONE_SUN,
    iodide_vacancy,
)
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following

INTERSTITIAL_BARRIER = 0.29 * eV  # iodide ions in films by transient ion drift: Futscher et al., doi:10.1039/C9MH00445A
FIRST = 1 * ms  # output
SMALLER = ("--gap", "--electrode-length", "--grain-size")


def scenario(
    bias: Volt = 0.5 * V,
    gap: Metre = 5 * um,
    electrode_length: Metre = 2 * um,
    grain_size: Metre = 300 * nm,
    mobile_density: Concentration = 1e22,
    exchange_rate: Velocity = 1e-6,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    temperature: Kelvin = 300 * K,
    end_time: Second = 1e4 * s,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode from t = 0 on.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    grain_size
        Mean grain size.
    mobile_density
        Iodide vacancies, and as many interstitials, as deposited.
    exchange_rate
        Rate constant of vacancy exchange at both electrodes.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along boundaries 4 nm wide.
    temperature
        Of the film.
    end_time
        End of the run.
    seed
        Of the random grains.
    """
    require_positive_options(gap=gap, electrode_length=electrode_length, grain_size=grain_size)
    require_longer(FIRST, end_time=end_time)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    budget = NodeBudget(instead=UniformFilm(grain_barrier, boundary_barrier, 4 * nm, temperature), options=SMALLER)
    debye = film_debye_length(MAPbI3, 2 * mobile_density, temperature)
    sizes, electrodes = sizes_following(debye, 20 * nm, 80 * nm), ("left", "right")
    budget.require_possible(Extent.equiaxed(gap, electrode_length, grain_size), sizes, electrodes)
    film = voronoi(gap, electrode_length, grain_size=grain_size, seed=seed)
    mesh = budget.meshed(film, sizes, debye, electrodes=electrodes)
    vacancy = iodide_vacancy(mobile_density, {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier})
    interstitial = Species("iodide interstitial", -1, mobile_density, DIFFUSIVITY_PREFACTOR, INTERSTITIAL_BARRIER)
    exchange = {vacancy.name: Reservoir(exchange_rate, mobile_density)}
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        [vacancy, interstitial],
        [Contact("left", 0 * V, exchange), Contact("right", step(bias), exchange)],
        temperature,
        [boundary_lines(4 * nm)],
    )
    return Scenario(
        model,
        logarithmic_times(FIRST, end_time),
        Light(ONE_SUN, (TrappingIons(interstitial.name, CAPTURE),)),
        [mean_quench(), front_position("right", 0.1), front_width("right", 0.1)],
        microstructure=mesh.report,
    )
