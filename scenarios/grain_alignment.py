"""A quench front in films of random grains and of aligned grains.

MAPbI3 between two electrodes, seen from above. The right one becomes positive at t = 0; iodide vacancies leave it, and
the film darkens behind a front. Fassl et al. (doi:10.1021/acsami.8b16460) saw a less uniform front in films whose
grains lie at random than in films of aligned grains, and explained it by an Ising model. Here the front follows from
the Poisson-Nernst-Planck equations.

Every grain has a direction of its lattice in the plane. Vacancies hop along a boundary the more easily the more its two
grains are turned against each other (like the energy of boundaries by Read and Shockley, doi:10.1103/PhysRev.78.275;
that barriers follow it is an assumption). With ``--alignment 1`` all lattices are parallel and boundaries are as slow
as grains. With ``--elongation`` grains are long in the direction of the field, as a coater draws them. With
``--barrier-contrast 0eV`` boundaries are like grains whatever the lattices: the front has to be flat.
"""

from math import exp

import numpy as np

from fem.constants import Concentration, Energy, K, Kelvin, Metre, V, Volt, boltzmann, eV, nm, thermal_voltage, um
from fem.fields import Array
from fem.measurements.homogenised import homogenised_diffusivity
from fem.model import PoissonNernstPlanck
from fem.observables.boundary_observables import boundary_share_of_current, excess_in_boundaries
from fem.physics.boundary_barriers import barriers_by_misorientation, boundary_pairs, read_shockley_barrier
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.physics.scales import depletion_width
from fem.scenario import Scenario
from meshes import Lognormal, laguerre
from meshes.budget import Extent
from scenarios.criteria.roughness import Roughness
from scenarios.parts.front_shape import FrontShape
from scenarios.parts.lateral_films import PERMITTIVITY
from scenarios.parts.lattice_directions import drawn_directions, misorientations
from scenarios.parts.options import require_positive_options
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER, ONE_SUN, iodide_vacancy, quenchers
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following

SHARP = FrontShape(threshold=0.3)
SEEN = FrontShape(threshold=0.3, resolution=300 * nm)  # by a microscope for visible light
BOUNDARY_WIDTH = 4 * nm
_SPREAD = 0.3  # of the logarithm of the grain sizes
_TWICE = 2.0  # the time that a uniform film would need
_OUTPUTS = 24
_ELECTRODES = ("left", "right")
_SMALLER = ("--gap", "--electrode-length", "--grain-size", "--mesh-size")


def scenario(
    alignment: float = 0.0,
    elongation: float = 1.0,
    barrier_contrast: Energy = 0.15 * eV,
    grain_size: Metre = 250 * nm,
    bias: Volt = 10 * V,
    gap: Metre = 2.5 * um,
    electrode_length: Metre = 3 * um,
    mobile_density: Concentration = 1e22,
    temperature: Kelvin = 300 * K,
    mesh_size: Metre = 30 * nm,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    alignment
        Of the lattices in the plane: 0 at random, 1 all of them parallel.
    elongation
        Length of the grains in the direction of the field over their width, on average.
    barrier_contrast
        By how much the barrier of hopping is lower along boundaries between grains turned by 15 degrees or more.
    grain_size
        Mean equivalent circle diameter of the grains.
    bias
        Voltage of the right electrode from t = 0 on.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    mobile_density
        Iodide vacancies as deposited.
    temperature
        Of the film.
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that.
    seed
        Of the grains and of their lattices.
    """
    require_positive_options(bias=bias, gap=gap, electrode_length=electrode_length, grain_size=grain_size)
    require_positive_options(mesh_size=mesh_size, mobile_density=mobile_density)
    reach = _reach(bias, gap, mobile_density)
    law = read_shockley_barrier(GRAIN_BARRIER, GRAIN_BARRIER - _possible(barrier_contrast))
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    budget, sizes = NodeBudget(options=_SMALLER), sizes_following(debye, mesh_size, 4 * mesh_size)
    budget.require_possible(Extent.equiaxed(gap, electrode_length, grain_size), sizes, _ELECTRODES)
    film = laguerre(gap, electrode_length, Lognormal(grain_size, _SPREAD), seed=seed, elongation=elongation)
    mesh = budget.meshed(film, sizes, debye, electrodes=_ELECTRODES)
    turned = misorientations(drawn_directions(film.n_grains, alignment, seed), boundary_pairs(mesh.mesh))
    barriers = barriers_by_misorientation(mesh.mesh, turned, law)
    vacancy = iodide_vacancy(mobile_density, {"grain_interior": GRAIN_BARRIER, **barriers})
    contacts = [Contact("left", 0 * V), Contact("right", step(bias))]
    model = PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, temperature, [boundary_lines(BOUNDARY_WIDTH)])
    typical = float(np.mean(list(barriers.values()) or [GRAIN_BARRIER]))
    times = _times(reach / (bias / gap), typical, grain_size, temperature)
    front = Roughness(SHARP, reach, mesh_size)
    return Scenario(
        model,
        times,
        Light(ONE_SUN, quenchers(mobile_density)),
        [*SHARP.columns, *SEEN.columns, boundary_share_of_current(), excess_in_boundaries(vacancy.name)],
        front.criteria(grains_alike=barrier_contrast == 0 or alignment == 1),
        microstructure={**mesh.report, "misorientation_mean_rad": float(np.mean(list(turned.values()) or [0.0]))},
    )


def reach_of(bias: float, mobile_density: float) -> float:
    """Way of the front [m] at which its roughness is measured: half of the depletion width."""
    return 0.5 * depletion_width(PERMITTIVITY, mobile_density, bias)


def _reach(bias: float, gap: float, mobile_density: float) -> float:
    reach = reach_of(bias, mobile_density)
    if reach > 0.5 * gap:
        raise ValueError(
            f"--gap of {1e6 * gap:.4g} um is too small: the front's roughness is measured {1e6 * reach:.4g} um from the"
            " electrode, beyond the middle; take a larger gap, a smaller --bias or a larger --mobile-density"
        )
    return reach


def _possible(contrast: float) -> float:
    if not 0 <= contrast < GRAIN_BARRIER:
        raise ValueError(
            f"--barrier-contrast must lie between 0 and the barrier of the grains ({GRAIN_BARRIER / eV:g} eV), got"
            f" {contrast / eV:g} eV"
        )
    return contrast


def _times(way_over_field: float, barrier: float, grain_size: float, temperature: float) -> Array:
    """Output times [s], evenly spaced up to twice what a uniform film takes whose boundaries have that `barrier`."""
    grain, boundary = (
        DIFFUSIVITY_PREFACTOR * exp(-one / (boltzmann * temperature)) for one in (GRAIN_BARRIER, barrier)
    )
    found = homogenised_diffusivity(grain, boundary, BOUNDARY_WIDTH, grain_size)
    return np.linspace(0, _TWICE * way_over_field * thermal_voltage(temperature) / found.value, _OUTPUTS + 1)
