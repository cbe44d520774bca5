"""Films whose grain boundaries are fast paths for ions, traps, both or neither, seen from above and cut open."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import exp

from fem.constants import boltzmann
from fem.model import PoissonNernstPlanck
from fem.observables.boundary_observables import boundary_share_of_current, excess_in_boundaries
from fem.observables.light_observables import mean_quench
from fem.physics.contacts import Contact
from fem.physics.layers import boundary_lines
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import Criterion, Scenario
from meshes import MeshSizes, voronoi
from meshes.budget import Extent
from scenarios.parts.boundary_contrast import BoundaryContrast
from scenarios.parts.cuts import Cut
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, ONE_SUN, quenchers
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following
from scenarios.parts.stages import Stages

VACANCY = "iodide vacancy"
_BUDGET = NodeBudget(options=("--gap", "--width", "--thickness", "--grain-size", "--mesh-size"))


class Role(Enum):
    """What boundaries do to ions: let them hop easily, bind them, both or neither."""

    FAST = "fast paths"
    TRAP = "traps"
    BOTH = "fast traps"
    NEITHER = "like grains"

    @property
    def fast(self) -> bool:
        """Whether the barrier of hopping is lower along them."""
        return self in (Role.FAST, Role.BOTH)

    @property
    def binds(self) -> bool:
        """Whether ions have a lower energy there."""
        return self in (Role.TRAP, Role.BOTH)


@dataclass(frozen=True)
class TrappingFilm:
    """What films of all roles share.

    Parameters
    ----------
    density
        Iodide vacancies, free and bound, as deposited [1/m^3].
    grain_barrier, boundary_barrier
        Activation energies of hopping in grains and along fast boundaries [J].
    binding
        By how much the energy of a vacancy is lower at a boundary that binds [J].
    grain_size, boundary_width
        [m].
    temperature
        [K].
    mesh_size
        Cells along grain boundaries [m].
    """

    density: float
    grain_barrier: float
    boundary_barrier: float
    binding: float
    grain_size: float
    boundary_width: float
    temperature: float
    mesh_size: float

    def barrier_along(self, role: Role) -> float:
        """Of hopping along boundaries [J]: who is bound has to climb out first, over the saddle of the grains."""
        if role.fast:
            return self.boundary_barrier
        return self.grain_barrier + (self.binding if role.binds else 0.0)

    def enrichment(self, role: Role) -> float:
        """Density at boundaries over that in grains, at rest."""
        return exp(self.binding / (boltzmann * self.temperature)) if role.binds else 1.0

    def vacancy(self, role: Role, share: float) -> Species:
        """Vacancies of a film of which boundaries take the `share`; each place is neutral at rest."""
        enrichment = self.enrichment(role)
        free = self.density / (1 + share * (enrichment - 1))
        return Species(
            VACANCY,
            +1,
            {"grain_interior": free, "grain_boundary": enrichment * free},
            DIFFUSIVITY_PREFACTOR,
            {"grain_interior": self.grain_barrier, "grain_boundary": self.barrier_along(role)},
            {"grain_interior": 0.0, "grain_boundary": -self.binding if role.binds else 0.0},
        )

    def require_possible(self, cut: Cut) -> None:
        """Refuse a film that could not be meshed, before it is grown; ValueError then."""
        _BUDGET.require_possible(Extent.equiaxed(cut.width, cut.height, self.grain_size), self._sizes, cut.sides)

    @property
    def _debye(self) -> float:
        return film_debye_length(MAPbI3, self.density, self.temperature)

    @property
    def _sizes(self) -> MeshSizes:
        return sizes_following(self._debye, self.mesh_size, 4 * self.mesh_size)

    def grown(self, role: Role, cut: Cut, hold: Stages, seed: int, demands: "Demands") -> Scenario:
        """The film with these boundaries, under voltage; `demands` makes its criteria."""
        film = voronoi(cut.width, cut.height, grain_size=self.grain_size, seed=seed)
        meshed = _BUDGET.meshed(film, self._sizes, self._debye, electrodes=cut.sides)
        share = self.boundary_width * film.grain_boundary_length / (cut.width * cut.height)
        negative, positive = cut.sides
        model = PoissonNernstPlanck(
            meshed.mesh,
            MAPbI3,
            [self.vacancy(role, share)],
            [Contact(negative, 0.0), Contact(positive, hold.drive)],
            self.temperature,
            [boundary_lines(self.boundary_width)],
        )
        contrast = BoundaryContrast(positive, 0.25 * (cut.width if positive == "right" else cut.height))
        return Scenario(
            model,
            hold.times,
            Light(ONE_SUN, quenchers(self.density)),
            [mean_quench(), *contrast.columns, boundary_share_of_current(), excess_in_boundaries(VACANCY)],
            demands(role, contrast),
            microstructure={**meshed.report, "bound_over_free": share * (self.enrichment(role) - 1)},
            geometry=cut.geometry,
        )


Demands = Callable[[Role, BoundaryContrast], tuple[Criterion, ...]]
