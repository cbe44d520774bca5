"""Lateral films whose grains have lattices turned against each other, and boundaries the faster the more they are."""

from dataclasses import dataclass
from math import exp

import numpy as np

from fem.constants import K, V, boltzmann, eV, nm, thermal_voltage, um
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
from meshes import Lognormal, MeshSizes, laguerre
from meshes.budget import Extent
from meshes.grains.laguerre import GrainShape
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
_BUDGET = NodeBudget(options=("--gap", "--electrode-length", "--grain-size", "--mesh-size"))


@dataclass(frozen=True)
class Grains:
    """What differs between films.

    Parameters
    ----------
    contrast
        By how much the barrier of hopping is lower along boundaries between grains turned by 15 degrees or more [J].
    alignment
        Of the lattices in the plane: 0 at random, 1 all of them parallel.
    elongation
        Length of the grains in the direction of the field over their width, on average.

    Raises
    ------
    ValueError
        If the contrast is negative or no smaller than the barrier of the grains, or no grains have such an alignment or
        elongation.
    """

    contrast: float = 0.15 * eV
    alignment: float = 0.0
    elongation: float = 1.0

    def __post_init__(self) -> None:
        drawn_directions(0, self.alignment, seed=0)
        GrainShape(self.elongation)
        if not 0 <= self.contrast < GRAIN_BARRIER:
            raise ValueError(
                f"--barrier-contrast must lie between 0 and the barrier of the grains ({GRAIN_BARRIER / eV:g} eV), got"
                f" {self.contrast / eV:g} eV"
            )

    @property
    def alike(self) -> bool:
        """Whether boundaries are like grains."""
        return self.contrast == 0 or self.alignment == 1


@dataclass(frozen=True)
class TurnedFilm:
    """What films have in common.

    Parameters
    ----------
    bias
        Voltage of the right electrode from t = 0 on [V].
    gap, electrode_length
        Distance of the electrodes, and their length in the plane of the film [m].
    grain_size
        Mean equivalent circle diameter of the grains [m].
    mobile_density
        Iodide vacancies as deposited [1/m^3].
    temperature
        [K].
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that [m].

    Raises
    ------
    ValueError
        If a number is not positive, the front stops too early for the gap, or the mesh would be too large.
    """

    bias: float = 10 * V
    gap: float = 2.5 * um
    electrode_length: float = 3 * um
    grain_size: float = 250 * nm
    mobile_density: float = 1e22
    temperature: float = 300 * K
    mesh_size: float = 30 * nm

    def __post_init__(self) -> None:
        require_positive_options(bias=self.bias, gap=self.gap, electrode_length=self.electrode_length)
        require_positive_options(grain_size=self.grain_size, mesh_size=self.mesh_size)
        require_positive_options(mobile_density=self.mobile_density)
        if self.reach > 0.5 * self.gap:
            raise ValueError(
                f"--gap of {1e6 * self.gap:.4g} um is too small: the front's roughness is measured"
                f" {1e6 * self.reach:.4g} um from the electrode, beyond the middle; take a larger gap, a smaller --bias"
                " or a larger --mobile-density"
            )
        extent = Extent.equiaxed(self.gap, self.electrode_length, self.grain_size)
        _BUDGET.require_possible(extent, self._sizes, _ELECTRODES)

    @property
    def reach(self) -> float:
        """Way of the front [m] at which its roughness is measured: half of the depletion width."""
        return 0.5 * depletion_width(PERMITTIVITY, self.mobile_density, self.bias)

    def front(self, shape: FrontShape) -> Roughness:
        """How the roughness of its front is measured, seen as `shape` says."""
        return Roughness(shape, self.reach, self.mesh_size)

    @property
    def _debye(self) -> float:
        return film_debye_length(MAPbI3, self.mobile_density, self.temperature)

    @property
    def _sizes(self) -> MeshSizes:
        return sizes_following(self._debye, self.mesh_size, 4 * self.mesh_size)

    def grown(self, grains: Grains, seed: int) -> Scenario:
        """A film of such `grains` under the voltage; `seed` draws them and their lattices."""
        sizes = Lognormal(self.grain_size, _SPREAD)
        film = laguerre(self.gap, self.electrode_length, sizes, seed=seed, elongation=grains.elongation)
        mesh = _BUDGET.meshed(film, self._sizes, self._debye, electrodes=_ELECTRODES)
        turned = misorientations(drawn_directions(film.n_grains, grains.alignment, seed), boundary_pairs(mesh.mesh))
        law = read_shockley_barrier(GRAIN_BARRIER, GRAIN_BARRIER - grains.contrast)
        barriers = barriers_by_misorientation(mesh.mesh, turned, law)
        vacancy = iodide_vacancy(self.mobile_density, {"grain_interior": GRAIN_BARRIER, **barriers})
        contacts = [Contact("left", 0 * V), Contact("right", step(self.bias))]
        lines = [boundary_lines(BOUNDARY_WIDTH)]
        return Scenario(
            PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, self.temperature, lines),
            self._times(float(np.mean(list(barriers.values()) or [GRAIN_BARRIER]))),
            Light(ONE_SUN, quenchers(self.mobile_density)),
            [*SHARP.columns, *SEEN.columns, boundary_share_of_current(), excess_in_boundaries(vacancy.name)],
            self.front(SHARP).criteria(grains.alike),
            microstructure={**mesh.report, "misorientation_mean_rad": float(np.mean(list(turned.values()) or [0.0]))},
            geometry="plan view",
        )

    def _times(self, barrier: float) -> Array:
        """Output times [s], evenly spaced up to twice what a uniform film with that `barrier` of boundaries takes."""
        grain, boundary = (
            DIFFUSIVITY_PREFACTOR * exp(-one / (boltzmann * self.temperature)) for one in (GRAIN_BARRIER, barrier)
        )
        found = homogenised_diffusivity(grain, boundary, BOUNDARY_WIDTH, self.grain_size)
        speed = found.value / thermal_voltage(self.temperature) * self.bias / self.gap
        return np.linspace(0, _TWICE * self.reach / speed, _OUTPUTS + 1)
