"""The same film two ways: grain boundaries as meshed strips, and as lines between the same grains.

What is compared has to hold the same matter. A line inserts its boundary between the grains, so the film with lines is
made of the grains' interiors alone, without the strips: its columns are narrower by the width of the boundary. And it
inserts the whole boundary: of a stated width the model takes the share ``1 - D_g / D_b``, because it expects the grains
to fill the film, so that ``width / (1 - D_g / D_b)`` is stated here. Area, and conductance along the field, are then
those of the film with strips exactly, and nothing is fitted.

Unit cells are half a grain and half a boundary wide, on rectangular grids whose grains are the same in both films.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from irregular_films import graded, one_sided, rectangle, with_strips
from numpy.typing import NDArray
from skfem import MeshTri

from fem.constants import elementary_charge, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import ThinLayer, boundary_lines
from fem.physics.materials import Material
from fem.physics.species import Species
from meshes import MeshSizes, Polycrystal, Strips, triangulate

Array = NDArray[np.float64]

PERMITTIVITY = 24.0
SLOW = 1e-16  # [m^2/s] in grains
GRAIN = 60 * nm  # half a grain
GAP = 400 * nm
ACROSS = 8  # cells across a strip, at least
WALL = 1e-15
TOLERANCE = 1e-3  # of a step: the default leaves 0.3 % of a profile's peak, which is what is measured here


@dataclass(frozen=True)
class Boundaries:
    """Boundaries of `width` [m] in which ions hop `contrast` times faster, in a film of Debye length `debye` [m]."""

    width: float
    contrast: float = 1.6e4
    debye: float = 6 * nm

    @property
    def stated(self) -> float:
        """Width [m] of a line that inserts the whole boundary."""
        return self.width / (1 - 1 / self.contrast)

    def ion(self, fast: tuple[str, ...], slow: tuple[str, ...]) -> Species:
        density = PERMITTIVITY * vacuum_permittivity * thermal_voltage(300.0) / (elementary_charge * self.debye**2)
        diffusivity = dict.fromkeys(slow, SLOW) | dict.fromkeys(fast, SLOW * self.contrast)
        return Species("vacancy", +1, density, diffusivity, 0.0)

    def __str__(self) -> str:
        return f"{self.width / nm:g} nm wide, {self.contrast:g} times faster, Debye length {self.debye / nm:g} nm"


@dataclass(frozen=True)
class Way:
    """One of the two films; its boundary's profile is ``weights @ c[nodes]``, shapes (n_across,), (n_across, n)."""

    model: PoissonNernstPlanck
    nodes: NDArray[np.int64]
    weights: Array


@dataclass(frozen=True)
class Transient:
    """Charge that ions drew to the top electrode [C/m], shape (n_times,), and profile, shape (n_times, n) [1/m^3]."""

    charge: Array
    profile: Array


@dataclass(frozen=True)
class Deviation:
    """Of lines from strips at each time, as shares: of the charge then, of the final charge, of the profile's peak."""

    charge: Array
    share: Array
    profile: Array

    @classmethod
    def between(cls, strips: Transient, lines: Transient) -> "Deviation":
        gap = lines.charge - strips.charge
        apart = np.abs(lines.profile - strips.profile).max(axis=1, initial=0.0)
        return cls(gap / strips.charge, gap / strips.charge[-1], apart / strips.profile.max(axis=1, initial=1.0))


def film(mesh: MeshTri, ion: Species, layers: tuple[ThinLayer, ...] = ()) -> PoissonNernstPlanck:
    contacts = (Contact("bottom", 0.0), Contact("top", step(1.0)))
    return PoissonNernstPlanck(mesh, Material("film", PERMITTIVITY), (ion,), contacts, layers=layers)


def run(way: Way, times: Array, tolerance: float = TOLERANCE) -> Transient:
    """The film's path through `times` [s], the first of which is 0."""
    geometric = _charge_before_ions_move(way.model)
    states = [output.state for output in evolve(way.model, times, tolerance)][1:]
    profile = [way.weights @ state.concentrations[0][way.nodes] for state in states]
    return Transient(np.array([state.contact_charge[1] for state in states]) - geometric, np.array(profile))


def _charge_before_ions_move(model: PoissonNernstPlanck) -> float:
    pieces = model.pieces(0.0)
    held = model.system.driven_by(pieces).hold_algebraic(0.0, model.initial_values())
    return float(model.state(0.0, held, pieces).contact_charge[1])


# --- boundaries along the field ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """Rectangles of a unit cell: `first` across a boundary's edge and five times that at an electrode [m]."""

    first: float = 0.05 * nm
    growth: float = 1.2

    @property
    def refined(self) -> "Grid":
        return Grid(self.first / 2, float(np.sqrt(self.growth)))

    def strip(self, width: float) -> Array:
        """Across a boundary, finest at its edges."""
        return graded(width, self.first, self.growth, width / ACROSS)

    def grain(self, width: float, both: bool = False) -> Array:
        return (graded if both else one_sided)(width, self.first, self.growth)

    def height(self, gap: float) -> Array:
        return graded(gap, 5 * self.first, 1 + 0.75 * (self.growth - 1), 10 * nm)


_GRID = Grid()


def column(case: Boundaries, grid: Grid = _GRID, drawn: bool = False) -> tuple[Way, Way]:
    """Half a grain and half a boundary between the electrodes; `drawn`: lines in a film as wide as that with strips."""
    half, y = case.width / 2, grid.height(GAP)
    strip, grain = _second_half(grid.strip(case.width)), grid.grain(GRAIN)
    mesh = with_strips(_cell(np.append(strip, half + grain[1:]), y), {"grain_boundary": lambda p: p[0] < half})
    within = np.arange(len(strip) * len(y)).reshape(len(strip), len(y))
    strips = Way(film(mesh, case.ion(("grain_boundary",), ("grain_interior",))), within, _mean_over(strip))
    lined = _cell(grid.grain(GRAIN + half) if drawn else grain, y)
    lined = lined.with_boundaries({"grain_boundary_lines": lambda p: p[0] < WALL})
    layer = boundary_lines(half if drawn else case.stated / 2)
    return strips, Way(film(lined, case.ion(("grain_boundary",), ("grain_0",)), (layer,)), within[:1], np.ones(1))


def _second_half(x: Array) -> Array:
    return np.asarray(x[len(x) // 2 :] - x[len(x) // 2])


def _cell(x: Array, y: Array) -> MeshTri:
    return rectangle(x, y, jitter=0.0)


def _mean_over(x: Array) -> Array:
    """Weights of the trapezoidal mean."""
    gaps = np.diff(x)
    return np.asarray((np.append(gaps, 0.0) + np.append(0.0, gaps)) / (2 * (x[-1] - x[0])))


# --- boundaries across the field and their junctions ------------------------------------------------------------------


def bricks(case: Boundaries, grid: Grid = _GRID) -> tuple[Way, Way]:
    """Two courses of a brick wall: boundaries go up at the right rim, across the field, and on at the left rim.

    Each of them ends on the one across the field in a T. The profile is that of the upper one, from the T on.
    """
    half, width, course, bed = case.width / 2, GRAIN + case.width / 2, grid.height(GAP / 2), grid.strip(case.width)
    strip = _second_half(bed)
    x = np.concatenate([strip, half + grid.grain(GRAIN - half, both=True)[1:], width - strip[-2::-1]])
    y = np.concatenate([course, GAP / 2 + bed[1:], GAP / 2 + case.width + course[1:]])
    places = {
        "grain_boundary": lambda p: (
            (np.abs(p[1] - GAP / 2 - half) < half)
            | ((p[0] < half) & (p[1] > GAP / 2))
            | ((p[0] > GRAIN) & (p[1] < GAP / 2))
        )
    }
    upper = np.arange(len(y) - len(course), len(y))
    within = len(y) * np.arange(len(strip))[:, None] + upper
    model = film(with_strips(_cell(x, y), places), case.ion(("grain_boundary",), ("grain_interior",)))
    return Way(model, within, _mean_over(strip)), _lined_bricks(case, grid.grain(GRAIN, both=True), course)


def _lined_bricks(case: Boundaries, x: Array, course: Array) -> Way:
    mesh = _cell(x, np.append(course, GAP / 2 + course[1:]))
    middle = {"grain_boundary_lines": lambda p: np.abs(p[1] - GAP / 2) < WALL}
    rims = {
        "rims": lambda p: ((p[0] < WALL) & (p[1] > GAP / 2 + WALL)) | ((p[0] > GRAIN - WALL) & (p[1] < GAP / 2 - WALL))
    }
    mesh = mesh.with_boundaries(middle, boundaries_only=False).with_boundaries(rims)
    layers = (boundary_lines(case.stated), ThinLayer("rims", case.stated / 2, "rim"))
    model = film(mesh, case.ion(("grain_boundary", "rim"), ("grain_0",)), layers)
    return Way(model, np.arange(len(course) - 1, 2 * len(course) - 1)[None], np.ones(1))


# --- meshes of the program --------------------------------------------------------------------------------------------


def meshed(case: Boundaries, cell: float) -> tuple[Way, Way]:
    """Two columns as :func:`meshes.triangulate` meshes them, with cells of `cell` [m] along the line; no profile."""
    gap, grains = 250 * nm, np.array([0.0, 60 * nm, 80 * nm])
    walls = np.cumsum(grains)
    sizes = MeshSizes(0.25 * nm, 3 * nm, 15 * nm, 1.3)
    shares = Strips(case.width, ACROSS, skin=8 * nm, along=3 * nm)
    wide = _columns(walls + case.width * np.array([0.0, 0.5, 1.0]), gap)
    strips = triangulate(wide, sizes, electrodes=("bottom", "top"), boundaries=shares)
    fine = MeshSizes(0.25 * nm, cell, 15 * nm, 1.3)
    lines = triangulate(_columns(walls, gap), fine, electrodes=("bottom", "top"))
    ion, nowhere = case.ion(("grain_boundary",), ("grain_interior",)), np.empty((0, 0), dtype=np.int64)
    models = film(strips, ion), film(lines, ion, (boundary_lines(case.stated),))
    one, other = (Way(model, nowhere, np.empty(0)) for model in models)
    return one, other


def _columns(walls: Array, height: float) -> Polycrystal:
    return Polycrystal.from_polygons(walls[-1], height, [shapely.box(a, 0.0, b, height) for a, b in pairwise(walls)])
