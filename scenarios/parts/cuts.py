"""The same kind of film seen from above and cut open, under a lateral and a vertical voltage."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from math import exp, log

import shapely

from fem.constants import boltzmann, nm, thermal_voltage
from fem.fields import Array, Field
from fem.measurements.homogenised import homogenised_diffusivity
from fem.model import PoissonNernstPlanck
from fem.observables.boundary_observables import boundary_share_of_current, excess_in_boundaries
from fem.observables.fronts import depletion_depth, front_position
from fem.observables.light_observables import mean_quench
from fem.observables.profiles import Side
from fem.physics.blocking_cell import BlockingCell
from fem.physics.contacts import Contact
from fem.physics.layers import boundary_lines
from fem.physics.light.luminescence import Light
from fem.physics.materials import MAPbI3
from fem.scenario import Criterion, Geometry, Observable, Scenario
from meshes import Polycrystal, voronoi
from meshes.budget import Extent
from scenarios.criteria.transients import depletion_zone
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, ONE_SUN, iodide_vacancy, quenchers
from scenarios.parts.resolved import MeshedFilm, NodeBudget, film_debye_length, sizes_following
from scenarios.parts.stages import Stages

_BUDGET = NodeBudget(options=("--gap", "--width", "--thickness", "--grain-size", "--mesh-size"))
_VACANCY = "iodide vacancy"
_LATERAL: tuple[Side, Side] = ("left", "right")
_VERTICAL: tuple[Side, Side] = ("bottom", "top")
_STRIP = 40 * nm  # width of a film that is the same everywhere along its electrodes


class Matching(Enum):
    """What is the same in lateral and vertical films: nominal field, voltage, or the charge moved in the end."""

    FIELD = "field"
    VOLTAGE = "voltage"
    CHARGE = "charge"

    def lateral_voltage(self, vertical: float, lateral_cell: BlockingCell, vertical_cell: BlockingCell) -> float:
        """Voltage of the lateral films [V] that matches `vertical` >= 0 [V]."""
        if self is Matching.VOLTAGE:
            return vertical
        if self is Matching.FIELD:
            return vertical * lateral_cell.length / vertical_cell.length
        return lateral_cell.voltage(vertical_cell.charge(vertical))


@dataclass(frozen=True)
class Cut:
    """How a film lies between its electrodes.

    Parameters
    ----------
    width, height
        Of what is simulated [m].
    sides
        Sides that are electrodes; the second is the positive one.
    voltage
        Between them [V].
    geometry
        From above or from the side.
    """

    width: float
    height: float
    sides: tuple[Side, Side]
    voltage: float
    geometry: Geometry


@dataclass(frozen=True)
class FilmKind:
    """What all films of a comparison share, whatever way they are cut.

    Parameters
    ----------
    density
        Iodide vacancies as deposited [1/m^3].
    grain_size
        Mean grain size [m].
    barriers
        Activation energies of hopping in ``grain_interior`` and ``grain_boundary`` [J].
    boundary_width
        Width of the grain boundaries [m].
    temperature
        [K].
    mesh_size
        Cells along grain boundaries [m].
    """

    density: float
    grain_size: float
    barriers: Mapping[str, float]
    boundary_width: float
    temperature: float
    mesh_size: float

    @property
    def debye_length(self) -> float:
        """[m]."""
        return film_debye_length(MAPbI3, self.density, self.temperature)

    def cell(self, length: float) -> BlockingCell:
        """The film without grains, `length` [m] between its electrodes."""
        assert isinstance(MAPbI3.relative_permittivity, float)
        return BlockingCell(length, self.density, MAPbI3.relative_permittivity, thermal_voltage(self.temperature))

    def require_possible(self, cut: Cut) -> None:
        """Refuse a film that could not be meshed, before it is grown; ValueError then."""
        sizes = sizes_following(self.debye_length, self.mesh_size, 4 * self.mesh_size)
        _BUDGET.require_possible(Extent.equiaxed(cut.width, cut.height, self.grain_size), sizes, cut.sides)

    def grown(self, cut: Cut, hold: Stages, seed: int) -> Scenario:
        """A random film, with its boundaries as lines."""
        film = voronoi(cut.width, cut.height, grain_size=self.grain_size, seed=seed)
        sizes = sizes_following(self.debye_length, self.mesh_size, 4 * self.mesh_size)
        meshed = _BUDGET.meshed(film, sizes, self.debye_length, electrodes=cut.sides)
        seen = (boundary_share_of_current(), excess_in_boundaries(_VACANCY))
        return self._under_voltage(cut, hold, meshed, self.barriers, seen)

    def uniform(self, cut: Cut, hold: Stages) -> Scenario:
        """A film without grains whose diffusivity is the mean of that of grains and boundaries."""
        grain, boundary = (self._diffusivity(self.barriers[name]) for name in ("grain_interior", "grain_boundary"))
        mean = homogenised_diffusivity(grain, boundary, self.boundary_width, self.grain_size).value
        barrier = -boltzmann * self.temperature * log(mean / DIFFUSIVITY_PREFACTOR)
        thin = _STRIP if cut.sides == _LATERAL else cut.height
        width = cut.width if cut.sides == _LATERAL else _STRIP
        film = Polycrystal.from_polygons(width, thin, [shapely.box(0, 0, width, thin)])
        sizes = sizes_following(self.debye_length, 0.5 * self.mesh_size, self.mesh_size)
        meshed = _BUDGET.meshed(film, sizes, self.debye_length, electrodes=cut.sides)
        return self._under_voltage(cut, hold, meshed, barrier, ())

    def _diffusivity(self, barrier: float) -> float:
        return DIFFUSIVITY_PREFACTOR * exp(-barrier / (boltzmann * self.temperature))

    def _under_voltage(
        self, cut: Cut, hold: Stages, meshed: MeshedFilm, barriers: Field, seen: tuple[Observable, ...]
    ) -> Scenario:
        negative, positive = cut.sides
        layers = [boundary_lines(self.boundary_width)] if seen else []
        contacts = [Contact(negative, 0.0), Contact(positive, hold.drive)]
        vacancy = iodide_vacancy(self.density, barriers)
        model = PoissonNernstPlanck(meshed.mesh, MAPbI3, [vacancy], contacts, self.temperature, layers)
        depletion = depletion_depth(_VACANCY, positive)
        return Scenario(
            model,
            hold.times,
            Light(ONE_SUN, quenchers(self.density)),
            [mean_quench(), depletion, front_position(positive, 0.3), *seen],
            _until(hold.hold, depletion_zone(model, depletion, hold.hold)),
            microstructure=meshed.report,
            geometry=cut.geometry,
        )


def _until(end: float, demands: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """The same demands on the run as far as the time `end` [s]."""

    def earlier(demand: Criterion) -> Criterion:
        def measure(traces: Mapping[str, Array]) -> float:
            before = traces["time [s]"] <= end * (1 + 1e-9)
            return demand.measure({name: values[before] for name, values in traces.items()})

        return replace(demand, measure=measure)

    return tuple(earlier(demand) for demand in demands)
