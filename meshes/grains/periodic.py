"""Films that repeat themselves: grains that leave on one side come back on the opposite one.

The tessellation is made on a torus or a cylinder and cut open where the cut passes every junction as far away as can
be. Grains that are cut are two or more grains of the film; :func:`whole_grains` puts them together again.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes.checks import require_known
from meshes.grains.grain_sizes import GrainSizes
from meshes.grains.laguerre import GrainShape, packed, shortest_edge
from meshes.grains.polycrystal import SIDES, Polycrystal
from meshes.grains.regularise import merge_short_edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DIRECTIONS = {"x": (True, False), "y": (False, True), "xy": (True, True)}
_ANY_SHAPE = GrainShape()
_CANDIDATES = 6  # cuts that are tried in each direction
_NOTHING = 1e-12  # share of a mean grain below which a piece is rounding


@dataclass(frozen=True, eq=False)
class WholeGrains:
    """Grains of a film with those that a periodic side cuts put together.

    Parameters
    ----------
    numbers
        Number of the whole grain that each grain of the film is a part of, shape (n_grains,).
    shifts
        What moves each grain to the place beside the other parts [m], shape (n_grains, 2).
    """

    numbers: Ints
    shifts: Floats


def periodic_laguerre(
    width: float,
    height: float,
    sizes: GrainSizes,
    *,
    along: str = "x",
    seed: int = 1,
    shape: GrainShape = _ANY_SHAPE,
) -> Polycrystal:
    """Film as :func:`meshes.grains.laguerre` makes it, that repeats itself.

    Parameters
    ----------
    width, height
        Size of the film, which is the period [m].
    sizes
        Distribution of the equivalent circle diameters of whole grains.
    along
        Direction in which the film repeats itself: ``x`` (its left and right sides match), ``y``, or ``xy``.
    seed
        Seed of the random generator: the same number makes the same film.
    shape
        Elongation and direction of the grains.

    Raises
    ------
    ValueError
        For sizes that are not positive, grains larger than the film, or an unknown direction.
    RuntimeError
        If the grains are too few or too elongated to close around the film.
    """
    require_known(along, _DIRECTIONS, "direction of repetition")
    periodic = _DIRECTIONS[along]
    starts, ends, cells = packed(width, height, sizes, seed, shape, periodic)
    unit = float(np.sqrt(width * height / (cells.max() + 1)))
    size = np.array([width, height]) / unit
    starts, ends = starts / unit, ends / unit
    starts = starts - _best_cut(starts, ends, size, periodic)
    pieces = _cut([_convex(starts[cells == k]) for k in range(cells.max() + 1)], size, periodic)
    film = Polycrystal.from_polygons(width, height, [shapely.transform(one, lambda xy: xy * unit) for one in pieces])
    film = replace(closed(film, periodic), target_sizes=sizes)
    return merge_short_edges(film, shortest_edge(sizes.areas(width * height)))


def whole_grains(film: Polycrystal) -> WholeGrains:
    """Parts of the same grain on opposite periodic sides of a film.

    Parameters
    ----------
    film
        Any film; without periodic sides every grain is whole.
    """
    links: list[list[tuple[int, Floats]]] = [[] for _ in range(film.n_grains)]
    for axis in np.flatnonzero(film.periodic).tolist():
        period = np.array([film.width, film.height]) * (np.arange(2) == axis)
        sides = SIDES[2 * axis : 2 * axis + 2]
        low, high = (film.edge_grains[film.edges_along(side)].max(axis=1) for side in sides)
        for one, other in zip(low.tolist(), high.tolist(), strict=True):
            links[one].append((other, -period))
            links[other].append((one, period))
    numbers, shifts = np.full(film.n_grains, -1), np.zeros((film.n_grains, 2))
    for grain in range(film.n_grains):
        if numbers[grain] < 0:
            _gather(grain, int(numbers.max()) + 1, links, numbers, shifts)
    return WholeGrains(numbers, shifts)


def _gather(
    first: int, number: int, links: Sequence[Sequence[tuple[int, Floats]]], numbers: Ints, shifts: Floats
) -> None:
    """Number all parts of the grain that `first` is a part of."""
    numbers[first] = number
    queue = deque([first])
    while queue:
        here = queue.popleft()
        for other, shift in links[here]:
            if numbers[other] < 0:
                numbers[other], shifts[other] = number, shifts[here] + shift
                queue.append(other)


def _best_cut(starts: Floats, ends: Floats, size: Floats, periodic: tuple[bool, bool]) -> Floats:
    """Where to cut a periodic film with edges from `starts` to `ends` open: its lower left corner, shape (2,).

    The cuts run in the widest gaps between the vertices; where two cross, they do so well inside a grain.
    """
    gaps = [_widest_gaps(starts[:, axis], size[axis]) if periodic[axis] else [(np.inf, 0.0)] for axis in (0, 1)]

    def room(choice: tuple[tuple[float, float], ...]) -> float:
        (x_room, x), (y_room, y) = choice
        return min(x_room, y_room, _distance(starts, ends, np.array([x, y]), size) if all(periodic) else np.inf)

    return np.array([position for _, position in max(product(*gaps), key=room)])


def _widest_gaps(positions: Floats, period: float) -> list[tuple[float, float]]:
    """Half widths and middles of the widest gaps between positions that repeat themselves."""
    ordered = np.sort(positions % period)
    gaps = np.diff(ordered, append=ordered[0] + period)
    widest = np.argsort(gaps)[-_CANDIDATES:]
    return list(zip((0.5 * gaps[widest]).tolist(), (ordered + 0.5 * gaps)[widest].tolist(), strict=True))


def _distance(starts: Floats, ends: Floats, place: Floats, size: Floats) -> float:
    """Distance of a place from the nearest edge of a film that repeats itself in both directions."""
    middles = 0.5 * (starts + ends) - place
    home = np.round(middles / size) * size
    edges = shapely.linestrings(np.stack([starts - home, ends - home], axis=1))
    return float(shapely.distance(edges, shapely.Point(place)).min())


def _convex(corners: Floats) -> shapely.Polygon:
    """Convex polygon with these corners, in any order."""
    rays = corners - corners.mean(axis=0)
    return shapely.Polygon(corners[np.argsort(np.arctan2(rays[:, 1], rays[:, 0]))])


def _cut(polygons: Sequence[shapely.Polygon], size: Floats, periodic: tuple[bool, bool]) -> list[shapely.Polygon]:
    """Parts of the polygons in [0, size], those beyond it brought back by whole periods."""
    centroids = np.array([(one.centroid.x, one.centroid.y) for one in polygons])
    home = np.where(periodic, np.floor(centroids / size), 0.0)
    steps = [(i, j) for i in ((-1, 0, 1) if periodic[0] else (0,)) for j in ((-1, 0, 1) if periodic[1] else (0,))]
    room = shapely.box(*np.where(periodic, 0.0, -size), *np.where(periodic, size, 2 * size))
    pieces = []
    for polygon, own in zip(polygons, home, strict=True):
        for step in steps:
            moved = shapely.transform(polygon, lambda xy, shift=(step - own) * size: xy + shift)
            part = moved if shapely.covered_by(moved, room) else moved.intersection(room)
            if part.area > _NOTHING:
                pieces.append(part)
    return pieces


def closed(film: Polycrystal, periodic: tuple[bool, bool]) -> Polycrystal:
    """Film that is periodic: its second side across each such direction gets exactly the heights of the first.

    Raises
    ------
    ValueError
        If the vertices on those sides do not face each other, but for rounding.
    """
    vertices = film.vertices.copy()
    for axis in np.flatnonzero(periodic).tolist():
        one, other = (film.vertices_along(side) for side in SIDES[2 * axis : 2 * axis + 2])
        if len(one) == len(other):
            vertices[other, 1 - axis] = vertices[one, 1 - axis]
    return replace(film, vertices=vertices, periodic=periodic)
