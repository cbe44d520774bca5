"""How many nodes a mesh will have, estimated from the film before Gmsh starts.

Away from every feature the cell size grows as ``h(d) = h_0 + (growth - 1) d`` up to the interior size, and equilateral
triangles of side h have ``2 / (sqrt(3) h^2)`` nodes per area. That density is summed over places spread evenly over the
film; rectangles in boundary strips and in the layers at electrodes are counted.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import qmc

from meshes.electrode_skin import ElectrodeSkin
from meshes.grains.polycrystal import SIDES, Polycrystal
from meshes.size_field import Lines, MeshSizes, Strips
from meshes.strips.strip_spacing import Spacing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PLACES = 2**14  # at which the cell size is looked up
_LAG = 0.25  # part of a cell by which its size lags behind the one asked for (fitted to meshes made)
_CROWDING = 1.15  # nodes of a mesh over those of equilateral triangles of the size asked for (fitted)
_STEEPEST = 0.6  # tangent of half a turn above which the rectangles of a strip no longer meet without a patch
_CORNER = 0.6  # length that a junction takes away from the rectangles of a boundary, over their depth
_ROOM = 1.2  # likewise at its sharper corners, which decide whether there is room for a skin
_PATCH = 6  # nodes of a patch over the number of cells across the strip


@dataclass(frozen=True)
class _Sources:
    """Places from where cells grow: positions [m] (n, 2), size there [m] (n,), depth of the rectangles [m] (n,)."""

    positions: Floats
    size: Floats
    depth: Floats


@dataclass(frozen=True)
class Extent:
    """How large a film is, known before it is grown: `width`, `height` and length of its grain `boundaries` [m]."""

    width: float
    height: float
    boundaries: float

    @classmethod
    def of(cls, film: Polycrystal) -> "Extent":
        """That of a film."""
        return cls(film.width, film.height, film.grain_boundary_length)

    @classmethod
    def layered(cls, width: float, height: float, grains: int, layers: int = 1) -> "Extent":
        """That of a film of columns, `grains` in each of its `layers`."""
        return cls(width, height, (grains - 1) * height + (layers - 1) * width)

    @classmethod
    def equiaxed(cls, width: float, height: float, grain_size: float) -> "Extent":
        """That of a film of compact grains whose mean area is the square of `grain_size`."""
        sides = 2 * (width + height)
        return cls(width, height, max(1.8 * width * height / grain_size - 0.5 * sides, 0.0))


def least_nodes(extent: Extent, sizes: MeshSizes, electrodes: Sequence[str], boundaries: Lines | Strips) -> float:
    """Nodes that a mesh has at the very least: of the grains, the boundaries or the electrodes, whichever are more.

    Beside boundaries cells grow over half the mean distance between two of them. Half of what follows is counted, for
    short edges that are merged and corners.

    Parameters
    ----------
    extent
        Of the film.
    sizes, electrodes, boundaries
        As for :func:`estimated_nodes`.
    """
    area, length = extent.width * extent.height, extent.boundaries
    side = sum(extent.height if side in ("left", "right") else extent.width for side in electrodes)
    away = 0.5 * area / length if length else 0.0
    largest = min(sizes.interior, sizes.boundary + (sizes.growth - 1) * away)
    beside = 4 / np.sqrt(3) * length / (sizes.growth - 1) * (1 / sizes.boundary - 1 / largest)
    if isinstance(boundaries, Strips):
        spacing = Spacing.of(boundaries, sizes)
        rows = boundaries.across + 1 + 2 * (len(spacing.skin) - 1) * (away > boundaries.skin)
        beside = rows * length / (1e-6 * spacing.along)
    return float(max(area / sizes.interior**2, 0.5 * beside, side / sizes.boundary))


def estimated_nodes(film: Polycrystal, sizes: MeshSizes, electrodes: Sequence[str], boundaries: Lines | Strips) -> int:
    """Estimate how many nodes a mesh will have, in a fraction of a second and within 30 %.

    Parameters
    ----------
    film
        Film to mesh.
    sizes
        Cell sizes [m].
    electrodes
        Sides of the film that are refined to ``sizes.electrode``.
    boundaries
        Whether grain boundaries are lines or strips of finite width.
    """
    skin = ElectrodeSkin.resolving(film, sizes, electrodes)
    length = sum(film.height if side in ("left", "right") else film.width for side in electrodes)
    sides = np.concatenate([np.empty(0, dtype=np.int64), *(film.side_edges[side] for side in electrodes)])
    if isinstance(boundaries, Lines):
        own, sources = _lines(film, sizes, boundaries)
    else:
        own, sources = _strips(film, sizes, boundaries)
    between = _between(film, sizes, [_rows(film, sides, skin.spacing), sources])
    return round(len(skin.heights) * length / skin.spacing + own + between)


def boundary_size_within(
    limit: int, film: Polycrystal, sizes: MeshSizes, electrodes: Sequence[str], boundaries: Lines | Strips
) -> float | None:
    """Smallest size at grain boundaries [m], above that of `sizes`, with which a mesh has at most `limit` nodes.

    The size inside grains grows with it as far as the film allows. None if no such size is below half a mean grain.
    """

    def nodes(factor: float) -> int:
        boundary = factor * sizes.boundary
        interior = max(boundary, min(factor * sizes.interior, film.width, film.height))
        return estimated_nodes(film, replace(sizes, boundary=boundary, interior=interior), electrodes, boundaries)

    widest = 0.5 * float(film.equivalent_diameters.mean())
    factors: list[float] = np.geomspace(1, max(widest / sizes.boundary, 1), 17)[1:].tolist()
    first = bisect_left(factors, True, key=lambda factor: nodes(factor) <= limit)
    return factors[first] * sizes.boundary if first < len(factors) else None


def _between(film: Polycrystal, sizes: MeshSizes, sources: Sequence[_Sources]) -> float:
    """Nodes of the triangles that fill what rectangles leave of the film."""
    positions, own, depth = (
        np.concatenate([getattr(one, name) for one in sources]) for name in ("positions", "size", "depth")
    )
    places = qmc.Sobol(2, rng=1).random(_PLACES) * [film.width, film.height]
    size, free = np.full(len(places), sizes.interior), np.ones(len(places), dtype=bool)
    octave = np.floor(np.log2(own / sizes.interior))
    for kind in np.unique(np.column_stack([octave, depth]), axis=0):
        alike = (octave == kind[0]) & (depth == kind[1])
        smallest = float(own[alike].mean())
        away = cKDTree(positions[alike]).query(places)[0] - kind[1]
        grown = (smallest + (sizes.growth - 1) * np.maximum(away, 0)) / (1 + _LAG * (sizes.growth - 1))
        size = np.minimum(size, np.maximum(grown, smallest))
        free &= away >= 0
    return float(_CROWDING * film.areas.sum() * np.mean(free * 2 / (np.sqrt(3) * size**2)))


def _lines(film: Polycrystal, sizes: MeshSizes, lines: Lines) -> tuple[float, _Sources]:
    """Nodes due to edges having whole cells, which crowd those beside them, and two sides if asked for."""
    edges = film.grain_boundary_edges
    cells = film.edge_lengths[edges] / sizes.boundary
    whole = np.ceil(cells)
    return float(1.5 * (whole - cells).sum() + lines.two_sided * whole.sum()), _rows(film, edges, sizes.boundary)


def _rows(film: Polycrystal, edges: Ints, size: float) -> _Sources:
    """Cells of one size along edges."""
    count = np.maximum(np.ceil(film.edge_lengths[edges] / size).astype(np.int64), 1)
    owner, share = _stations(count)
    return _Sources(_positions(film, edges[owner], share), np.full(len(owner), size), np.zeros(len(owner)))


def _strips(film: Polycrystal, sizes: MeshSizes, strips: Strips) -> tuple[float, _Sources]:
    """Nodes in strips, skins and patches, and the spacing along their outlines."""
    spacing = Spacing.of(strips, sizes)
    finest, along, half = 1e-6 * spacing.finest, 1e-6 * spacing.along, 0.5 * strips.width
    edges = film.grain_boundary_edges
    edges = edges[film.edge_lengths[edges] >= 1.5 * strips.width]  # shorter ones are merged
    lengths, lean, outer = film.edge_lengths[edges], _leans(film, edges), half + strips.skin
    junction = lean > _STEEPEST
    ends = np.where(junction, 2 * finest, np.minimum(along, 1.5 * finest / np.maximum(lean, 1e-9)))
    lost = np.where(junction, _ROOM * outer + half, 1.5 * lean * outer)
    skinned = (lengths - lost.sum(axis=1) > half) & (strips.skin > 0)
    ending = skinned[:, None] & junction
    bare = np.where(ending, _CORNER * strips.skin, 0.0)
    beside = np.sum([_graded(0.5 * (lengths - bare.sum(axis=1)), end, along, sizes.growth) for end in ends.T], axis=0)
    rows = float(beside.sum() + bare.sum() / (2 * finest))
    nodes = rows * (strips.across + 1) + 2 * (len(spacing.skin) - 1) * float(beside[skinned].sum())
    owner, share = _stations(4 * np.ceil(lengths / along).astype(np.int64))
    beyond = np.column_stack([share, 1 - share]) * lengths[owner][:, None]
    beyond -= np.where(ending, _CORNER * outer + half, 0.0)[owner]
    local = (ends[owner] + (sizes.growth - 1) * np.maximum(beyond, 0)).min(axis=1)
    depth = half + np.where(skinned[owner] & (beyond > 0).all(axis=1), strips.skin, 0.0)
    corners = film.vertices[np.unique(film.edges[edges][junction])]
    sources = _Sources(
        np.vstack([_positions(film, edges[owner], share), corners]),
        np.concatenate([np.minimum(local, along), np.full(len(corners), finest)]),
        np.concatenate([depth, np.full(len(corners), half)]),
    )
    patches = np.count_nonzero(junction) + 2 * np.count_nonzero(ending)  # larger between skins
    return nodes + _PATCH * strips.across * patches, sources


def _stations(count: Ints) -> tuple[Ints, Floats]:
    """For `count` evenly spaced places on each edge: the edge of each place and how far along it lies, 0 to 1."""
    owner = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, (number + 0.5) / count[owner]


def _positions(film: Polycrystal, edges: Ints, share: Floats) -> Floats:
    start, end = film.vertices[film.edges[edges]].transpose(1, 0, 2)
    return np.asarray(start + share[:, None] * (end - start))


def _graded(length: Floats, first: Floats, largest: float, growth: float) -> Floats:
    """Number of cells along `length` that grow from `first` to `largest`."""
    grown = np.clip((largest - first) / (growth - 1), 0, length)
    return np.log1p((growth - 1) * grown / first) / (growth - 1) + (length - grown) / largest


def _leans(film: Polycrystal, edges: Ints) -> Floats:
    """Tangent of half the turn of a boundary at both ends of its edges, shape (n, 2); infinite at junctions.

    At the outline of the film a boundary leans by its angle to the normal.
    """
    ends = film.edges[edges]
    tangent = np.diff(film.vertices[ends], axis=1)
    tangent = np.concatenate([tangent, -tangent], axis=1) / np.linalg.norm(tangent, axis=2, keepdims=True)
    met = np.bincount(ends.ravel(), minlength=len(film.vertices))[ends]
    total = [np.bincount(ends.ravel(), part.ravel(), len(film.vertices))[ends] for part in tangent.transpose(2, 0, 1)]
    lean = np.where(met == 2, _tangent_of(0.5 * np.hypot(*total)), np.inf)
    for axis, sides in enumerate((SIDES[2:], SIDES[:2])):  # along x the bottom and the top, along y the left and right
        on = np.any([film.vertices_on_sides[side][ends] for side in sides], axis=0)
        lean = np.where(on & (met == 1), _tangent_of(np.abs(tangent[..., axis])), lean)
    return lean


def _tangent_of(sine: Floats) -> Floats:
    return np.asarray(sine / np.sqrt(np.maximum(1 - sine**2, 1e-12)))
