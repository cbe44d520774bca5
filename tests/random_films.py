"""Random films with random meshing options, each from one seed, and what meshing and a short run of one give.

The declared range: 8 to 500 grains on lines and 8 to 80 on strips, of 50 nm to 1 um; films up to eight times longer
than wide or high; boundaries 1 to 10 nm wide; cells from a twentieth of a grain to a whole one; electrodes refined on
any sides to a quarter of the Debye length of 1e22 to 1e24 ions per m^3. One demand keeps a draw possible: strips leave
every grain in one piece and are at most a quarter of a pinhole wide. One keeps it short: cells are made coarser until
the mesh has some 12 000 nodes, as far as they may.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import shapely
from skfem import MeshTri

from fem.constants import eV, nm, um
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import ThinLayer, boundary_lines, surface_lines
from fem.physics.materials import MAPbI3
from fem.physics.periodic import PeriodicSides
from fem.physics.scales import debye_length
from fem.physics.species import Species
from meshes import (
    Bimodal,
    Lines,
    Lognormal,
    MeshReport,
    MeshSizes,
    Polycrystal,
    Strips,
    columnar,
    laguerre,
    layered,
    mesh_report,
    periodic_laguerre,
    read_grain_map,
    triangulate_and_count,
    voronoi,
    with_pinholes,
)
from meshes.budget import estimated_nodes
from meshes.grains.polycrystal import SIDES

_MAP = Path(__file__).parents[1] / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"
_ON_LINES_ALONE = ("periodic",)
_GRAINS_ON_MAP, _PIXELS = 142, (512, 686)
_VOLT = 0.02585  # kT/e at 300 K [V]
_OPPOSITE = (("left", "right"), ("bottom", "top"))
_NODES = 12_000
_FEW, _MANY = 8, {Lines: 500, Strips: 80}


@dataclass(frozen=True)
class Draw:
    """What a tessellation is made from: number and mean size of the grains [m], aspect ratio, seed and a generator."""

    grains: int
    grain_size: float
    aspect: float
    seed: int
    random: np.random.Generator

    @property
    def rectangle(self) -> tuple[float, float]:
        """Width and height [m] of the film."""
        side = self.grain_size * np.sqrt(self.grains)
        return float(side * np.sqrt(self.aspect)), float(side / np.sqrt(self.aspect))


@dataclass(frozen=True)
class RandomFilm:
    """A film, how to mesh it, and the ions and the bias [V] of a short run."""

    tessellation: str
    film: Polycrystal
    sizes: MeshSizes
    electrodes: tuple[str, ...]
    free_surfaces: tuple[str, ...]
    boundaries: Lines | Strips
    boundary_width: float
    contacts: tuple[str, str]
    density: float
    bias: float

    @property
    def name(self) -> str:
        """What it is, in a line."""
        return f"{self.tessellation}, {self.film.n_grains} grains on {type(self.boundaries).__name__.lower()}"


@dataclass(frozen=True)
class Outcome:
    """What came of a film: mesh report, number of edges, lost ions and lowest concentration, both over their mean."""

    report: MeshReport
    edges: int
    lost: float
    lowest: float

    @property
    def non_delaunay(self) -> float:
        """Share of the edges that are not Delaunay."""
        return self.report.non_delaunay_after / self.edges


def _relaxed(draw: Draw, relaxation: int) -> Polycrystal:
    return voronoi(*draw.rectangle, grains=draw.grains, seed=draw.seed, relaxation=relaxation)


def _columns(draw: Draw) -> Polycrystal:
    height = draw.grain_size * draw.random.uniform(1, 6)
    spread = draw.random.uniform(0, 0.5)
    return columnar(draw.grains * draw.grain_size, height, grains=draw.grains, seed=draw.seed, spread=spread)


def _layers(draw: Draw) -> Polycrystal:
    layers = int(draw.random.integers(2, 5))
    columns = max(2, round(draw.grains / layers))
    height = layers * draw.grain_size * draw.random.uniform(0.5, 2)
    spread = draw.random.uniform(0, 0.5)
    return layered(columns * draw.grain_size, height, grains=columns, layers=layers, seed=draw.seed, spread=spread)


def _lognormal(draw: Draw) -> Polycrystal:
    width, height = draw.rectangle
    return laguerre(width, height, _sizes_of(draw), seed=draw.seed)


def _elongated(draw: Draw) -> Polycrystal:
    elongation, angle = draw.random.uniform(1, 4), draw.random.uniform(0, np.pi)
    return laguerre(*draw.rectangle, _sizes_of(draw), seed=draw.seed, elongation=elongation, angle=angle)


def _bimodal(draw: Draw) -> Polycrystal:
    width, height = replace(draw, aspect=float(np.clip(draw.aspect, 0.5, 2))).rectangle  # room for the large grains
    share, ratio = draw.random.uniform(0.2, 0.8), draw.random.uniform(2, 4)
    small = draw.grain_size * np.sqrt(1 - share + share / ratio**2)  # so that the number of grains is the drawn one
    sizes = Bimodal(Lognormal(small, 0.2), Lognormal(min(ratio * small, 0.5 * min(width, height)), 0.2), share)
    return laguerre(width, height, sizes, seed=draw.seed)


def _periodic(draw: Draw) -> Polycrystal:
    return periodic_laguerre(*draw.rectangle, _sizes_of(draw), seed=draw.seed)


def _pierced(draw: Draw) -> Polycrystal:
    """A Voronoi film with two to six pinholes, each half as large as a grain or smaller."""
    film, number = _relaxed(draw, relaxation=1), int(draw.random.integers(2, 7))
    area = number * draw.random.uniform(0.05, 0.5) * film.areas.mean()
    share = min(0.2, float(area / film.areas.sum()))
    sizes = Lognormal.of_number(number, share * film.width * film.height, 0.2)
    return with_pinholes(film, sizes, area_share=share, seed=draw.seed)


def _sizes_of(draw: Draw) -> Lognormal:
    width, height = draw.rectangle
    return Lognormal.of_number(draw.grains, width * height, draw.random.uniform(0.1, 0.6))


def _crop_of_map(draw: Draw) -> Polycrystal:
    """A part of the measured map with about the drawn number of grains, enlarged or reduced to their size."""
    share = min(1.0, draw.grains / _GRAINS_ON_MAP)
    stretch = np.clip(np.sqrt(draw.aspect), np.sqrt(share), 1 / np.sqrt(share))
    columns, rows = (max(40, int(n * np.sqrt(share) * k)) for n, k in zip(_PIXELS, (stretch, 1 / stretch), strict=True))
    columns, rows = min(columns, _PIXELS[0]), min(rows, _PIXELS[1])
    left, bottom = (int(draw.random.integers(0, n - m + 1)) for n, m in zip(_PIXELS, (columns, rows), strict=True))
    pixel = draw.grain_size / np.sqrt(_PIXELS[0] * _PIXELS[1] / _GRAINS_ON_MAP)
    crop = (left * pixel, (left + columns) * pixel, bottom * pixel, (bottom + rows) * pixel)
    return read_grain_map(_MAP, pixel_size=pixel, crop=crop).film


TESSELLATIONS: Mapping[str, Callable[[Draw], Polycrystal]] = {
    "Poisson-Voronoi": partial(_relaxed, relaxation=0),
    "Voronoi, relaxed once": partial(_relaxed, relaxation=1),
    "Voronoi, relaxed three times": partial(_relaxed, relaxation=3),
    "lognormal": _lognormal,
    "elongated": _elongated,
    "bimodal": _bimodal,
    "periodic": _periodic,
    "with pinholes": _pierced,
    "columnar": _columns,
    "layered": _layers,
    "measured map": _crop_of_map,
}


@lru_cache(16)
def random_film(campaign: int, number: int) -> RandomFilm:
    """Film `number` of a campaign: two films in five on strips, every tessellation in turn, five times each."""
    random = np.random.default_rng([campaign, number])
    kind = Strips if number % 5 in (1, 3) else Lines
    names = [name for name in TESSELLATIONS if kind is Lines or name not in _ON_LINES_ALONE]
    name = names[number // 5 % len(names)]
    film = _within(_FEW, _MANY[kind], TESSELLATIONS[name], random)
    density = _between(random, 1e22, 1e24)
    closed = np.repeat(film.periodic, 2)
    electrodes = tuple(side for side in _some_sides(random) if not closed[SIDES.index(side)])
    contacts = _OPPOSITE[int(random.integers(2)) if not any(film.periodic) else int(film.periodic[0])]
    rims = ("pinhole_rims",) if film.n_pinholes else ()
    open_sides = [side for side, periodic in zip(SIDES, closed, strict=True) if not periodic]
    free = tuple(one for one in (*open_sides, *rims) if one not in (*electrodes, *contacts) and random.random() < 0.5)
    width = _possible_width(film, _between(random, 1 * nm, 10 * nm))
    drawn = _cells(random, film, width, kind)
    sizes, boundaries = _affordable(film, electrodes, _debye(density) / 4, *drawn)
    return RandomFilm(
        tessellation=name,
        film=film,
        sizes=sizes,
        electrodes=electrodes,
        free_surfaces=free,
        boundaries=boundaries,
        boundary_width=width,
        contacts=contacts,
        density=density,
        bias=random.uniform(-2, 2),
    )


def _within(few: int, many: int, make: Callable[[Draw], Polycrystal], random: np.random.Generator) -> Polycrystal:
    """A film of a tessellation with `few` to `many` grains; the number asked for is met only roughly by some."""
    grains = round(_between(random, few, many))
    aspect = _between(random, 1 / min(8, grains / 2), min(8, grains / 2))
    draw = Draw(grains, _between(random, 50 * nm, 1 * um), aspect, int(random.integers(1, 10**6)), random)
    while not few <= (film := make(draw)).n_grains <= many:
        draw = replace(draw, grains=round(draw.grains * (1.1 if film.n_grains < few else 0.9) + 0.1))
    return film


def meshed(one: RandomFilm) -> tuple[MeshTri, MeshReport]:
    """Mesh of a random film and its report."""
    mesh, repair = triangulate_and_count(
        one.film,
        one.sizes,
        electrodes=one.electrodes,
        free_surfaces=one.free_surfaces,
        boundaries=one.boundaries,
    )
    return mesh, mesh_report(mesh, one.film, one.electrodes, _debye(one.density), repair)


def outcome(one: RandomFilm) -> Outcome:
    """Mesh a random film and run it through its bias step: to the Debye time, ten and a hundred times that."""
    mesh, report = meshed(one)
    model = _model(one, mesh)
    times = model.scale_report().fastest_time * np.array([0.0, 1.0, 10.0, 100.0])
    *_, last = evolve(model, times, tolerance=0.05)
    start, end = model.total_ions(model.initial_state()), model.total_ions(last.state)
    return Outcome(
        report,
        mesh.facets.shape[1],
        lost=float(np.abs(end / start - 1).max()),
        lowest=last.statistics.lowest_relative_concentration,
    )


def _model(one: RandomFilm, mesh: MeshTri) -> PoissonNernstPlanck:
    barriers = {"grain_interior": 0.58 * eV, "grain_boundary": 0.45 * eV}
    layers: list[ThinLayer] = []
    if isinstance(one.boundaries, Lines):
        layers.append(boundary_lines(one.boundary_width))
    if one.free_surfaces:
        layers.append(surface_lines(one.boundary_width))
        barriers["surface"] = 0.50 * eV
    vacancy = Species("iodide vacancy", 1, one.density, 6.5e-8, barriers)
    contacts = [Contact(one.contacts[0], 0.0), Contact(one.contacts[1], step(one.bias))]
    repeats = PeriodicSides("left", "right") if one.film.periodic[0] else None
    return PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=layers, periodic=repeats)


def _between(random: np.random.Generator, low: float, high: float) -> float:
    """A number drawn evenly on a logarithmic scale."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _some_sides(random: np.random.Generator) -> tuple[str, ...]:
    choices = (*_OPPOSITE, ("left",), ("top",), ("left", "bottom"), ("left", "right", "top"), SIDES, ())
    return tuple(choices[int(random.integers(len(choices)))])


def _debye(density: float) -> float:
    return debye_length(24.1, density, _VOLT)


def _cells(
    random: np.random.Generator, film: Polycrystal, width: float, kind: type[Lines | Strips]
) -> tuple[MeshSizes, Lines | Strips]:
    """Cell sizes without refined electrodes, and boundaries of the given kind and width."""
    across = min(film.width, film.height)
    boundary = min(_grain_size(film) * _between(random, 0.05, 1), 0.5 * across)
    interior = min(boundary * random.uniform(1, 4), across)
    sizes = MeshSizes(boundary, boundary, interior, growth=random.uniform(1.15, 2))
    if kind is Lines:
        return sizes, Lines(two_sided=random.random() < 0.25)
    skin = width * random.uniform(1, 6) if random.random() < 0.5 else 0.0
    along = None if random.random() < 0.5 else max(width, boundary) * random.uniform(0.3, 2)
    return sizes, Strips(width, across=int(random.choice([2, 4])), skin=skin, along=along)


def _affordable(
    film: Polycrystal, electrodes: tuple[str, ...], electrode: float, sizes: MeshSizes, boundaries: Lines | Strips
) -> tuple[MeshSizes, Lines | Strips]:
    """Sizes refined to `electrode`, and boundaries; coarser if they would take more nodes than there is time for."""
    while True:
        refined = replace(sizes, electrode=min(electrode, sizes.boundary))
        coarsest = sizes.boundary >= _grain_size(film) and sizes.growth == 2
        if coarsest or estimated_nodes(film, refined, electrodes, boundaries) <= _NODES:
            return refined, boundaries
        boundary = max(sizes.boundary, min(1.2 * sizes.boundary, _grain_size(film)))
        growth = min(1 + 1.15 * (sizes.growth - 1), 2.0)
        sizes = MeshSizes(boundary, boundary, max(boundary, sizes.interior), growth)
        if isinstance(boundaries, Strips) and boundaries.along is not None:
            boundaries = replace(boundaries, along=1.2 * boundaries.along)


def _grain_size(film: Polycrystal) -> float:
    return float(np.sqrt(film.width * film.height / film.n_grains))


def _possible_width(film: Polycrystal, width: float) -> float:
    """The width drawn, or as much of it as leaves every grain in one piece."""
    outlines = np.array(film.polygons)
    if film.n_pinholes:
        width = min(width, 0.25 * float(np.sqrt(4 / np.pi * film.pinhole_areas.min())))
    while True:
        cores = shapely.buffer(outlines, -0.75 * width, join_style="mitre")
        if (shapely.get_type_id(cores) == 3).all() and (shapely.area(cores) > 0).all():
            return width
        width *= 0.8
