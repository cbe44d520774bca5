"""A film meshed with its grain boundaries as strips: rectangles along the boundaries, Gmsh for all that is between.

Rectangles perpendicular to the boundary, cut in two right triangles each, have no negative cotangent sum however thin
they are. They hold a few cells across the strip and the graded skin beside it, so the number of nodes stays small.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes.gmsh_session import counter_clockwise
from meshes.grains.polycrystal import SIDES, Polycrystal
from meshes.grains.regularise import merge_short_edges, without_edge
from meshes.labelled import LabelledTriangles
from meshes.planar_graph import joined
from meshes.size_field import MeshSizes, Strips
from meshes.strips.strip_cuts import Cuts, NoRoomError, cut_sides
from meshes.strips.strip_fill import SAME, fill
from meshes.strips.strip_geometry import Sides, sides_of
from meshes.strips.strip_layout import Block, Layout, Region
from meshes.strips.strip_spacing import Spacing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SHORTEST = 1.5  # edges below this multiple of the strips' width cannot carry a strip
_SHORTEST_AT_CORNERS = 4.0  # nor can edges up to this one at the corner of a sharp grain
_FLATTEST = 0.1  # sine of the angle with a side of the film below which a boundary counts as no flatter
_ADVICE = "make the boundaries narrower, or the grains larger or fewer"
_CLEAR = 1.3  # distance of a boundary's end from a corner of the film, over half the length that its strip takes there


def mesh_strips(
    film: Polycrystal,
    strips: Strips,
    electrodes: Sequence[str],
    sizes: MeshSizes,
    origin: tuple[float, float] = (0.0, 0.0),
) -> LabelledTriangles:
    """Conforming triangles of a film whose grain boundaries are strips.

    Parameters
    ----------
    film
        Film to mesh. Edges shorter than 1.5 widths (4 at sharp corners) are merged, and boundaries that end closer than
        that to a corner of the film end that far from it. Boundaries may bend; where an edge has no room for a skin, or
        a grain is too thin for two of them, the skin gives way to ordinary triangles.
    strips
        Width of the boundaries and cells across and along them.
    electrodes
        Sides of the film along which the size is at most ``sizes.electrode``.
    sizes
        Cell sizes.
    origin
        Where the film's lower left corner lies [m]: added to the places that messages name.

    Raises
    ------
    ValueError
        If a grain boundary is too short, or a grain too thin, for the strips.
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    film = _away_from_corners(merge_short_edges(film, _SHORTEST * strips.width), strips.width)
    film, sides, cuts = _with_room(film, strips, origin)
    layout = Layout(sides, cuts, Spacing.of(strips, sizes), _electrode_sides(film, sides, electrodes))
    parts = [_halved(block, sides) for block in layout.blocks()]
    regions = [*layout.patches(), *layout.cores()]
    _check_simple(regions, strips, origin)
    points, triangles, owner = fill(regions, layout.spacing)
    pairs = np.array([_strip(sides, region.side) for region in regions])
    grains = np.array([region.grain for region in regions])
    parts.append(LabelledTriangles(points, triangles, grains[owner], pairs[owner]))
    return _assembled(parts)


def _with_room(
    film: Polycrystal, strips: Strips, origin: tuple[float, float]
) -> tuple[Polycrystal, Sides, Cuts]:  # fmt: skip
    """Film without the edges on which sharp corners leave no room, its sides and the extent of their rectangles."""
    while True:
        sides = sides_of(film)
        try:
            return film, sides, cut_sides(sides, 1e6 * strips.width / 2, 1e6 * strips.skin)
        except NoRoomError as refusal:
            simpler = _without_one_of(film, refusal.edges, _SHORTEST_AT_CORNERS * strips.width)
            if simpler is None:
                raise _refused(strips.width, refusal.place, origin, refusal.what) from None
            film = simpler


def _refused(width: float, place: Floats, origin: tuple[float, float], what: str) -> ValueError:
    """The error that says where [um, in the film without its electrodes' layers] strips have no room, and why."""
    x, y = 1e3 * place + 1e9 * np.array(origin)
    return ValueError(
        f"no room for grain boundary strips {1e9 * width:g} nm wide near x = {x:.1f} nm, y = {y:.1f} nm, {what}:"
        f" {_ADVICE}"
    )


def _without_one_of(film: Polycrystal, edges: Ints, longest: float) -> Polycrystal | None:
    """Film with the first of the edges merged that is short enough and can be; None if there is none."""
    lengths = np.linalg.norm(np.diff(film.vertices[edges], axis=1)[:, 0], axis=1)
    for start, end in edges[lengths < longest].tolist():
        if (simpler := without_edge(film, start, end)) is not None:
            return simpler
    return None


def _away_from_corners(film: Polycrystal, width: float) -> Polycrystal:
    """Film whose grain boundaries end so far from its corners that strips of a width have room, slanted ones too."""
    ends = film.edges[film.grain_boundary_edges]
    heading = np.abs(np.diff(film.vertices[ends], axis=1)[:, 0])
    heading /= np.linalg.norm(heading, axis=1)[:, None]
    vertices = film.vertices.copy()
    for side in SIDES:
        axis = 1 - SIDES.index(side) // 2  # along the side
        taken = _CLEAR * 0.5 * width / np.maximum(heading[:, 1 - axis], _FLATTEST)
        distance = np.zeros(len(vertices))
        for column in ends.T:
            np.maximum.at(distance, column, np.maximum(taken, _SHORTEST * width))
        inner = film.vertices_along(side)[1:-1]
        size = (film.width, film.height)[axis]
        wanted = np.minimum(distance[inner], 0.25 * min(film.width, film.height))
        there = _pushed(vertices[inner, axis], wanted, _SHORTEST * width)
        vertices[inner, axis] = size - _pushed(size - there[::-1], wanted[::-1], _SHORTEST * width)[::-1]
    if np.array_equal(vertices, film.vertices):
        return film
    try:
        return replace(film, vertices=vertices)
    except ValueError as error:
        raise ValueError(
            f"no room for grain boundary strips {1e9 * width:g} nm wide at the sides of the film: {_ADVICE}"
        ) from error


def _pushed(places: Floats, nearest: Floats, gap: float) -> Floats:
    """Rising places, each moved up to at least its `nearest`; what is in the way of one that moved moves too."""
    new = places.copy()
    for k in range(len(new)):
        new[k] = max(new[k], nearest[k])
        if k > 0 and new[k - 1] > places[k - 1]:
            new[k] = max(new[k], new[k - 1] + gap)
    return new


def _electrode_sides(film: Polycrystal, sides: Sides, electrodes: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each side lies on an electrode."""
    on = [film.vertices_on_sides[name] for name in electrodes]
    both_ends = [flags[sides.start] & flags[sides.end] for flags in on]
    return np.asarray(np.any([np.zeros(len(sides.start), dtype=bool), *both_ends], axis=0) & (sides.twin < 0))


def _check_simple(regions: list[Region], strips: Strips, origin: tuple[float, float]) -> None:
    """Raise ValueError if an outline crosses itself: Gmsh would not come back from it."""
    for region in regions:
        polygon = shapely.Polygon(region.outlines[0], region.outlines[1:])
        if not polygon.is_valid:
            what = f"where those around grain {region.grain} overlap"
            raise _refused(strips.width, region.outlines[0].mean(axis=0), origin, what)


def _strip(sides: Sides, side: int) -> tuple[int, int]:
    """The two grains of the strip along a side, (-1, -1) for no side."""
    if side < 0:
        return -1, -1
    one, two = int(sides.grain[side]), int(sides.neighbour[side])
    return min(one, two), max(one, two)


def _halved(block: Block, sides: Sides) -> LabelledTriangles:
    """Rectangles of a block, each cut in two triangles along its shorter diagonal, or in turn where they are equal."""
    rows, columns, _ = block.grid.shape
    numbers = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = numbers[:-1, :-1], numbers[1:, :-1], numbers[1:, 1:], numbers[:-1, 1:]
    longer = _length(block.grid[1:, 1:] - block.grid[:-1, :-1]) - _length(block.grid[:-1, 1:] - block.grid[1:, :-1])
    upright = np.abs(longer) < 1e-9
    rising = np.where(upright, np.indices(a.shape).sum(axis=0) % 2 == 0, longer < 0)[..., None]
    one = np.where(rising, np.stack([a, b, c], axis=-1), np.stack([a, b, d], axis=-1))
    two = np.where(rising, np.stack([a, c, d], axis=-1), np.stack([b, c, d], axis=-1))
    triangles = np.stack([one, two], axis=2).reshape(-1, 3)
    strip = np.tile(_strip(sides, block.side if block.in_strip else -1), (len(triangles), 1))
    grain = np.full(len(triangles), sides.grain[block.side])
    return LabelledTriangles(block.grid.reshape(-1, 2), triangles, grain, strip)


def _length(vectors: Floats) -> Floats:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _assembled(parts: list[LabelledTriangles]) -> LabelledTriangles:
    """One triangulation from parts that share positions along their outlines."""
    points, numbers = joined(np.vstack([part.points for part in parts]), SAME)
    first = np.cumsum([0, *(len(part.points) for part in parts)])
    triangles = np.vstack([numbers[part.triangles + n] for part, n in zip(parts, first[:-1], strict=True)])
    return LabelledTriangles(
        points,
        counter_clockwise(points, triangles),
        np.concatenate([part.grains for part in parts]),
        np.vstack([part.strips for part in parts]),
    )
