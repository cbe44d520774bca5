"""What the parts of a film with boundary strips look like: rectangles with all their nodes, and outlines to be filled.

Every grain is tiled by the rectangles along its sides (its half of the strip, and the skin), by one patch per corner
that closes the strip at the junction, and by a core. Parts that touch have the same nodes on the line between them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.size_field import MeshSizes, Strips
from meshes.strip_cuts import CUT, Cuts
from meshes.strip_geometry import Sides

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Spacing:
    """Cell sizes of a film with boundary strips, in micrometres.

    Parameters
    ----------
    layers
        Depths of the nodes in half a strip, from 0 on the boundary, shape (across / 2 + 1,).
    skin
        Depths of the nodes in the skin, from the strip's edge, shape (n,); a single 0 without skin.
    along, electrode, interior
        Largest sizes along a grain boundary, along an electrode and inside grains.
    growth
        Ratio of neighbouring sizes.
    """

    layers: Floats
    skin: Floats
    along: float
    electrode: float
    interior: float
    growth: float

    @classmethod
    def of(cls, strips: Strips, sizes: MeshSizes) -> "Spacing":
        """Spacing that the strips and the mesh sizes ask for."""
        layers = 1e6 * np.linspace(0.0, strips.width / 2, strips.across // 2 + 1)
        along = 1e6 * (sizes.boundary if strips.along is None else strips.along)
        skin = graded(1e6 * strips.skin, (layers[1], np.inf), along, sizes.growth)
        electrode = 1e6 * min(sizes.electrode, sizes.boundary)
        return cls(layers, layers[-1] + skin, along, electrode, 1e6 * sizes.interior, sizes.growth)

    @property
    def finest(self) -> float:
        """Size of the cells across a strip."""
        return float(self.layers[1])


def graded(length: float, ends: tuple[float, float], largest: float, growth: float) -> Floats:
    """Positions from 0 to `length` whose spacing grows from the sizes at both ends to at most `largest`.

    Parameters
    ----------
    length
        Length to divide; 0 gives a single position.
    ends
        Spacing at the start and at the end; infinite for no demand.
    largest
        Largest spacing.
    growth
        Ratio of neighbouring spacings.
    """
    if length <= 0:
        return np.zeros(1)
    x = np.linspace(0.0, length, 400)
    size = np.minimum(ends[0] + (growth - 1) * x, ends[1] + (growth - 1) * (length - x))
    density = 1 / np.minimum(size, largest)
    cells = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(x))])
    count = max(1, int(np.ceil(cells[-1] - 1e-6)))
    positions = np.interp(np.linspace(0.0, cells[-1], count + 1), cells, x)
    positions[0], positions[-1] = 0.0, length
    return positions


@dataclass(frozen=True)
class Block:
    """Rectangles of one side: a grid of positions, shape (n, m, 2), the first `in_strip` columns of cells in the strip."""

    grid: Floats
    side: int
    in_strip: int


@dataclass(frozen=True)
class Region:
    """An area to be filled with triangles: its outlines, each (n, 2) without its start repeated, and where it belongs.

    `side` is the side whose strip the area belongs to, -1 inside a grain.
    """

    outlines: tuple[Floats, ...]
    grain: int
    side: int


class Layout:
    """Blocks and regions of a film, all in micrometres."""

    def __init__(self, sides: Sides, cuts: Cuts, spacing: Spacing, at_electrode: NDArray[np.bool_]) -> None:
        self.sides, self.cuts, self.spacing = sides, cuts, spacing
        outline = np.where(at_electrode, spacing.electrode, spacing.interior)
        self.largest = np.where(sides.between_grains, spacing.along, outline)
        self.corner = sides.origin + sides.corners(cuts.inner)
        self.nodes = self._nodes_along()

    def blocks(self) -> list[Block]:
        """Rectangles of the strips and skins."""
        carrying = np.flatnonzero(self.sides.between_grains & (self.cuts.level < CUT))
        in_strip = len(self.spacing.layers) - 1
        return [
            Block(self.sides.at(side, self.nodes[side][:, None], self._depths(side)[None, :]), side, in_strip)
            for side in carrying.tolist()
        ]

    def patches(self) -> list[Region]:
        """Strip material at the corners of grains where the rectangles do not meet edge to edge."""
        paired = self.sides.between_grains
        touching = ~self.cuts.clean & (paired | paired[self.sides.before])
        return [self._patch(side) for side in np.flatnonzero(touching).tolist()]

    def cores(self) -> list[Region]:
        """What rectangles and patches leave of each grain."""
        return [
            Region(tuple(_closed([self._rim(side) for side in loop.tolist()]) for loop in loops), grain, -1)
            for grain, loops in enumerate(self.sides.loops())
        ]

    def _nodes_along(self) -> list[Floats]:
        """Abscissae of the nodes along every side, the same from both grains."""
        sides, cuts = self.sides, self.cuts
        nodes: list[Floats] = [np.empty(0)] * len(sides.start)
        for side, twin in enumerate(sides.twin.tolist()):
            if 0 <= twin < side:
                nodes[side] = (sides.length[side] - nodes[twin])[::-1]
                continue
            first, length = cuts.first[side], cuts.last[side] - cuts.first[side]
            ends = self._end_size(side, side), self._end_size(side, int(sides.after[side]))
            nodes[side] = first + graded(length, ends, float(self.largest[side]), self.spacing.growth)
        return nodes

    def _end_size(self, side: int, corner: int) -> float:
        """Spacing along a side at the corner where it, or the side after it, starts."""
        if not self.cuts.clean[corner]:
            return self.spacing.finest * (2 if self.sides.between_grains[side] else 1)
        if self.sides.between_grains[side]:
            return self.spacing.along
        other = int(self.sides.before[corner]) if corner == side else corner
        return self._last_step(other)

    def _last_step(self, side: int) -> float:
        depths = self._depths(side)
        return float(self.spacing.growth * (depths[-1] - depths[-2])) if len(depths) > 1 else np.inf

    def _depths(self, side: int) -> Floats:
        """Depths of the nodes in the rectangles of a side."""
        if not self.sides.between_grains[side]:
            return np.zeros(1)
        skinned = self.cuts.outer[side] > self.cuts.inner[side]
        return np.concatenate([self.spacing.layers, self.spacing.skin[1:]]) if skinned else self.spacing.layers

    def _patch(self, side: int) -> Region:
        """Strip between the rectangles of a side and those of the side before it, in one grain."""
        sides, cuts, layers = self.sides, self.cuts, self.spacing.layers
        before = int(sides.before[side])
        vertex, corner = sides.origin[side], self.corner[side]
        paths = []
        if sides.between_grains[side]:
            end = sides.at(side, cuts.first[side], layers)
            paths += [self._divided(vertex, end[0]), end, self._divided(end[-1], corner)]
        else:
            paths += [self._divided(vertex, corner)]
        if sides.between_grains[before]:
            end = sides.at(before, cuts.last[before], layers)[::-1]
            paths += [self._divided(corner, end[0]), end, self._divided(end[-1], vertex)]
        else:
            paths += [self._divided(corner, vertex)]
        owner = side if sides.between_grains[side] else before
        return Region((_closed(paths),), int(sides.grain[side]), owner)

    def _rim(self, side: int) -> Floats:
        """Outline of the core along one side."""
        after = int(self.sides.after[side])
        depths = self._depths(side)
        skin = depths[len(self.spacing.layers) - 1 :] if len(depths) > 1 else depths
        nodes = self.nodes[side]
        first, last = (self.sides.at(side, along, skin) for along in (nodes[0], nodes[-1]))
        start = [self._divided(self.corner[side], first[0]), first] if not self.cuts.clean[side] else []
        end = [last[::-1], self._divided(last[0], self.corner[after])] if not self.cuts.clean[after] else []
        return np.vstack([*start, self.sides.at(side, nodes, skin[-1]), *end])

    def _divided(self, start: Floats, end: Floats) -> Floats:
        """Nodes on a line of the finest spacing, equal whichever way it runs."""
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / self.spacing.finest - 1e-6)))
        return np.asarray(start + np.linspace(0.0, 1.0, count + 1)[:, None] * (end - start))


def _closed(paths: list[Floats]) -> Floats:
    """Paths joined to one closed outline, without repeated positions."""
    outline = np.vstack(paths)
    step = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1)
    return np.asarray(outline[step > 1e-7])
