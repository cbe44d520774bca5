"""Thin cells at electrodes: a stack of straight layers that resolves the Debye length without isotropic triangles.

A film is squeezed a little towards its middle, which leaves room for a skin of rectangles at each electrode; grains and
grain boundaries run straight through the skin, at right angles to the electrode. The squeeze is piecewise linear, keeps
every grain, and moves nothing farther from an electrode than three times the thickness of the skin. So that grains at
an electrode keep their areas, the skin is no thicker than half the mean depth (area over contact) of the shallowest of
them; where that is too thin to reach the size at grain boundaries, triangles go on growing from where it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.grains.polycrystal import Polycrystal
from meshes.grains.rims import with_pinhole_areas
from meshes.labelled import LabelledTriangles
from meshes.size_field import MeshSizes, geometric_layers

Floats = NDArray[np.float64]
_AXIS = {"left": 0, "right": 0, "bottom": 1, "top": 1}
_AT_END = {"left": False, "right": True, "bottom": False, "top": True}
_REACH = 3.0  # the squeeze ends at this multiple of the skin's thickness
_OF_SHALLOWEST = 0.5  # thickness of the skin over the mean depth of the shallowest grain at an electrode
_OF_MEAN = 0.01  # allowed in any case, over the mean size of all grains: a sliver shall not rule the mesh
_OF_FILM = 0.2  # never exceeded, over the size of the film


@dataclass(frozen=True, eq=False)
class ElectrodeSkin:
    """Layers at the electrodes of a film.

    Parameters
    ----------
    sides
        Sides of the film that carry a skin.
    heights
        Height of each layer [m], the one at the electrode first, shape (n_layers,).
    spacing
        Size of the cells along the electrode and behind the skin [m].
    """

    sides: tuple[str, ...]
    heights: Floats
    spacing: float

    @classmethod
    def resolving(cls, film: Polycrystal, sizes: MeshSizes, electrodes: Sequence[str]) -> "ElectrodeSkin":
        """Skin that grows from ``sizes.electrode`` towards ``sizes.boundary``; no sides if it has no layer."""
        none = cls((), np.empty(0), min(sizes.electrode, sizes.boundary))
        if sizes.boundary <= sizes.electrode or len(electrodes) == 0:
            return none
        thickest = _thickest(film, electrodes)
        heights = np.append(geometric_layers(sizes.electrode, sizes.boundary, sizes.growth), sizes.boundary)
        count = min(len(heights) - 1, int(np.searchsorted(np.cumsum(heights), thickest, side="right")))
        return cls(tuple(electrodes), heights[:count], float(heights[count])) if count else none

    @property
    def thickness(self) -> float:
        """Thickness of the stack [m]."""
        return float(self.heights.sum())

    def squeezed(self, film: Polycrystal) -> Polycrystal:
        """The film squeezed into the rectangle that the skins leave; only what lies near an electrode changes."""
        areas = film.pinhole_areas
        for axis in (0, 1):
            if knots := self._knots(film, axis):
                film = _mapped(film, axis, *knots)
        return with_pinhole_areas(film, areas)

    def origin(self) -> Floats:
        """Where the squeezed film's lower left corner lies in the whole film [m], shape (2,)."""
        return np.array([self.thickness if side in self.sides else 0.0 for side in ("left", "bottom")])

    def extruded(self, mesh: LabelledTriangles) -> LabelledTriangles:
        """Mesh of the squeezed film, moved to its place and completed with the skins."""
        mesh = LabelledTriangles(mesh.points + self.origin() / 1e-6, mesh.triangles, mesh.grains, mesh.strips)
        for side in self.sides:
            mesh = _with_layers(mesh, side, self.heights / 1e-6)
        return mesh

    def _knots(self, film: Polycrystal, axis: int) -> tuple[Floats, Floats] | None:
        """Positions along an axis of the film and of the squeezed film, between which the squeeze is linear."""
        sides = [side for side in self.sides if _AXIS[side] == axis]
        if not sides:
            return None
        size = (film.width, film.height)[axis]
        band = min(_REACH * self.thickness, size / len(sides))
        at_start = any(not _AT_END[side] for side in sides)
        at_end = any(_AT_END[side] for side in sides)
        old = [0.0, *([band] if at_start else []), *([size - band] if at_end and size - band > band else []), size]
        shift = self.thickness if at_start else 0.0
        new = [x - shift for x in old]
        new[0], new[-1] = 0.0, size - self.thickness * len(sides)
        return np.array(old), np.array(new)


def _thickest(film: Polycrystal, electrodes: Sequence[str]) -> float:
    """How thick a skin may be [m]."""
    across = min((film.width, film.height)[_AXIS[side]] for side in electrodes)
    shallowest = min(_mean_depths(film, side).min() for side in electrodes)
    mean = float(np.sqrt(film.areas).mean())
    return float(min(max(_OF_SHALLOWEST * shallowest, _OF_MEAN * mean), _OF_FILM * across))


def _mean_depths(film: Polycrystal, side: str) -> Floats:
    """Area of each grain at a side over the length that touches it [m], shape (n_grains_at_side,)."""
    edges = film.side_edges[side]
    touching = np.bincount(film.edge_grains[edges].max(axis=1), film.edge_lengths[edges])
    grains = film.grains_along(side)
    return np.asarray(film.areas[grains] / touching[grains], dtype=np.float64)


def _mapped(film: Polycrystal, axis: int, old: Floats, new: Floats) -> Polycrystal:
    """Film under the piecewise linear map of one coordinate; edges are split where they cross a knot."""
    for knot in old[1:-1]:
        film = _split(film, axis, float(knot))
    vertices = film.vertices.copy()
    vertices[:, axis] = np.interp(vertices[:, axis], old, new)
    width, height = (float(new[-1]) if k == axis else size for k, size in enumerate((film.width, film.height)))
    return Polycrystal(width, height, vertices, film.edges, film.edge_grains)


def _split(film: Polycrystal, axis: int, knot: float) -> Polycrystal:
    a, b = film.edges.T
    start, end = film.vertices[a], film.vertices[b]
    slack = 1e-9 * max(film.width, film.height)
    crossing = (start[:, axis] - knot) * (end[:, axis] - knot) < 0
    crossing &= (np.abs(start[:, axis] - knot) > slack) & (np.abs(end[:, axis] - knot) > slack)
    here, after = start[crossing], end[crossing]
    share = (knot - here[:, axis]) / (after[:, axis] - here[:, axis])
    middle = here + share[:, None] * (after - here)
    numbers = len(film.vertices) + np.arange(len(middle))
    first = np.column_stack([a[crossing], numbers])
    second = np.column_stack([numbers, b[crossing]])
    grains = film.edge_grains[crossing]
    return Polycrystal(
        film.width,
        film.height,
        np.vstack([film.vertices, middle]),
        np.vstack([film.edges[~crossing], first, second]),
        np.vstack([film.edge_grains[~crossing], grains, grains]),
    )


def _with_layers(mesh: LabelledTriangles, side: str, heights: Floats) -> LabelledTriangles:
    """Mesh extended beyond one straight side by layers of rectangles, each cut into two right triangles."""
    axis, outward = _AXIS[side], 1.0 if _AT_END[side] else -1.0
    coordinate = mesh.points[:, axis]
    edge_at = coordinate.max() if _AT_END[side] else coordinate.min()
    row, owners = side_row(mesh, axis, np.abs(coordinate - edge_at) <= 1e-9 * np.ptp(mesh.points))
    offsets = np.cumsum(heights[::-1])
    layers = np.repeat(mesh.points[row][None], len(offsets), axis=0)
    layers[:, :, axis] = (edge_at + outward * offsets)[:, None]
    numbers = len(mesh.points) + np.arange(layers.shape[0] * len(row)).reshape(-1, len(row))
    numbers = np.vstack([row, numbers])
    a, b, c, d = numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, 1:], numbers[1:, :-1]
    halves = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    if (outward > 0) == (axis == 0):  # along +y the outward +x lies to the right, along +x the outward +y to the left
        halves = halves[:, ::-1]
    owner = np.tile(np.repeat(owners, 2), len(offsets))
    return LabelledTriangles(
        np.vstack([mesh.points, layers.reshape(-1, 2)]),
        np.vstack([mesh.triangles, halves]),
        np.concatenate([mesh.grains, mesh.grains[owner]]),
        np.vstack([mesh.strips, mesh.strips[owner]]),
    )


def side_row(
    mesh: LabelledTriangles, axis: int, on_side: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nodes of a side in rising order, and the triangle behind each of the segments between them."""
    row = np.flatnonzero(on_side)
    row = row[np.argsort(mesh.points[row, 1 - axis])]
    place = np.full(len(mesh.points), -1)
    place[row] = np.arange(len(row))
    owners = np.full(len(row) - 1, -1, dtype=np.int64)
    behind = np.flatnonzero(on_side[mesh.triangles].sum(axis=1) == 2)
    corners = mesh.triangles[behind]
    places = np.sort(np.where(on_side[corners], place[corners], -1), axis=1)[:, 1:]
    owners[places[:, 0]] = behind
    return row, owners
