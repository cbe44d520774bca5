"""What the parts of a film with boundary strips look like: rectangles with all their nodes, and outlines to be filled.

Every grain is tiled by the rectangles along its sides (its half of the strip, and the skin), by one patch per corner
that closes the strip at the junction, and by a core. Parts that touch have the same nodes on the line between them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.strips.strip_cuts import CUT, Cuts
from meshes.strips.strip_geometry import Sides
from meshes.strips.strip_spacing import Spacing, divided, graded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Abscissae = tuple[Floats, Floats, Floats]

_LEANING_ROW = 1.5  # length of a leaning row, times its lean, over its height: beyond 2 it is not Delaunay


@dataclass(frozen=True)
class Block:
    """Rectangles along one side, of its strip or of its skin: a grid of positions, shape (n, m, 2)."""

    grid: Floats
    side: int
    in_strip: bool


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
        self.skinned = cuts.outer > cuts.inner
        self.nodes = self._nodes_along()

    def blocks(self) -> list[Block]:
        """Rectangles of the strips and skins."""
        skinned = np.flatnonzero(self.skinned).tolist()
        strips = np.flatnonzero(self.sides.between_grains & (self.cuts.level < CUT)).tolist()
        half, skin = self.spacing.layers[None, :], self.spacing.skin[None, :]
        in_strip = [Block(self._at(k, np.concatenate(self.nodes[k])[:, None], half), k, True) for k in strips]
        return in_strip + [Block(self._at(k, self.nodes[k][1][:, None], skin), k, False) for k in skinned]

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

    def _nodes_along(self) -> list[Abscissae]:
        """Abscissae of the nodes along every side, the same from both grains: before, beside and after the skin."""
        nodes: list[Abscissae] = []
        for side, twin in enumerate(self.sides.twin.tolist()):
            if 0 <= twin < side:
                first, beside, last = (self.sides.length[side] - part[::-1] for part in nodes[twin])
                nodes.append((last, beside, first))
            else:
                nodes.append(self._divide_side(side))
        return nodes

    def _divide_side(self, side: int) -> Abscissae:
        cuts, growth = self.cuts, self.spacing.growth
        first, last = cuts.first[side], cuts.last[side]
        ends = self._end_size(side, side), self._end_size(side, int(self.sides.after[side]))
        pair = [side, int(self.sides.twin[side])]
        if not (self.sides.between_grains[side] and self.skinned[pair].any()):
            beside = first + graded(last - first, ends, float(self.largest[side]), growth)
            return beside[:0], beside, beside[:0]
        skin_first, skin_last = cuts.skin_first[side], cuts.skin_last[side]
        before, after = (divided(length, 2 * self.spacing.finest) for length in (skin_first - first, last - skin_last))
        beside = graded(skin_last - skin_first, ends, float(self.largest[side]), growth)
        return first + before[:-1], skin_first + beside, (last - after[::-1])[1:]

    def _end_size(self, side: int, corner: int) -> float:
        """Spacing along a side at the corner where it, or the side after it, starts."""
        if not self.cuts.clean[corner]:
            return self.spacing.finest * (2 if self.sides.between_grains[side] else 1)
        other = int(self.sides.before[corner]) if corner == side else corner
        if self.sides.between_grains[side]:
            lean = abs(float(self.cuts.lean[int(corner != side), side]))
            upright = float(min(self.largest[side], self.largest[other]))
            return min(upright, _LEANING_ROW * self.spacing.finest / max(lean, 1e-9))
        if not self.sides.between_grains[other]:
            return float(self.largest[side])
        depths = self.spacing.skin if self.skinned[other] else self.spacing.layers
        return float(self.spacing.growth * (depths[-1] - depths[-2]))

    def _patch(self, side: int) -> Region:
        """Strip between the rectangles of a side and those of the side before it, in one grain."""
        sides, cuts, layers = self.sides, self.cuts, self.spacing.layers
        before = int(sides.before[side])
        vertex, corner = sides.origin[side], self.corner[side]
        paths = []
        if sides.between_grains[side]:
            end = self._at(side, cuts.first[side], layers)
            paths += [self._line(vertex, end[0]), end, self._line(end[-1], corner)]
        else:
            paths += [self._line(vertex, corner)]
        if sides.between_grains[before]:
            end = self._at(before, cuts.last[before], layers)[::-1]
            paths += [self._line(corner, end[0]), end, self._line(end[-1], vertex)]
        else:
            paths += [self._line(corner, vertex)]
        owner = side if sides.between_grains[side] else before
        return Region((_closed(paths),), int(sides.grain[side]), owner)

    def _rim(self, side: int) -> Floats:
        """Outline of the core along one side."""
        inner = float(self.cuts.inner[side])
        before, beside, after = self.nodes[side]
        following = int(self.sides.after[side])
        depths = self.spacing.skin if self.skinned[side] else np.array([inner])
        pieces = [self._at(side, beside, depths[-1])]
        if not self.cuts.clean[side]:
            strip = self._at(side, np.concatenate([before, beside[:1]]), inner)
            pieces = [self._line(self.corner[side], strip[0]), strip, self._at(side, beside[0], depths), *pieces]
        elif self._steps_down(side, int(self.sides.before[side])):
            pieces = [self._at(side, beside[0], depths), *pieces]
        if not self.cuts.clean[following]:
            strip = self._at(side, np.concatenate([beside[-1:], after]), inner)
            pieces += [self._at(side, beside[-1], depths[::-1]), strip, self._line(strip[-1], self.corner[following])]
        elif self._steps_down(side, following):
            pieces += [self._at(side, beside[-1], depths[::-1])]
        return np.vstack(pieces)

    def _steps_down(self, side: int, other: int) -> bool:
        """Whether a skin ends where its boundary bends into a side without one."""
        return bool(self.skinned[side] and self.sides.between_grains[other] and not self.skinned[other])

    def _at(self, side: int, along: Floats | float, depth: Floats | float) -> Floats:
        return self.cuts.positions(self.sides, side, along, depth)

    def _line(self, start: Floats, end: Floats) -> Floats:
        """Nodes on a line of the finest spacing, equal whichever way it runs."""
        length = float(np.linalg.norm(end - start))
        shares = divided(length, self.spacing.finest) / max(length, 1e-30)
        return np.asarray(start + shares[:, None] * (end - start))


def _closed(paths: list[Floats]) -> Floats:
    """Paths joined to one closed outline, without repeated positions."""
    outline = np.vstack(paths)
    step = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1)
    return np.asarray(outline[step > 1e-7])
