"""Where the strips along grain boundaries begin and end: the geometry before any mesh.

Every grain sees each of its edges as a *side*, with itself on the left. Parallel to a side run two lines: at `inner`
(half the strip's width) and at `outer` (behind the graded skin); on the outline of the film both are 0. Between two
abscissae these lines bound rectangles perpendicular to the side; what is left at either end belongs to the junction.
Both grains use the same abscissae, so rectangles match across the boundary. Where a boundary merely bends, or ends on
the outline, there is no junction to leave room for: the rectangles meet on the mitre.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from meshes.grains.polycrystal import Polycrystal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_STRAIGHT = 1e-7  # sine of the angle below which sides are parallel
_STEEPEST = 0.6  # tangent of the angle by which rectangles may lean at a mitre


@dataclass(frozen=True)
class Sides:
    """The edges of a film as its grains see them, all arrays with one entry per side; lengths in micrometres.

    Parameters
    ----------
    start, end
        Vertices, with the grain on the left.
    grain, neighbour
        Grain of the side, and the grain across it (-1 outside the film).
    twin, after, before
        The same edge seen from across (-1 outside), and the next and previous side along the outline of the grain.
    origin, tangent, normal
        Position of the start and unit vectors along the side and into the grain, shape (n_sides, 2).
    length
        Length of each side.
    spans
        Per grain, the numbers of the sides at which its outlines begin, and one past its last side.
    """

    start: Ints
    end: Ints
    grain: Ints
    neighbour: Ints
    twin: Ints
    after: Ints
    before: Ints
    origin: Floats
    tangent: Floats
    normal: Floats
    length: Floats
    spans: tuple[tuple[int, ...], ...]

    @property
    def between_grains(self) -> Bools:
        """Whether each side is a grain boundary."""
        return self.twin >= 0

    @property
    def sine(self) -> Floats:
        """Sine of the turn from the side before, positive to the left."""
        return _dot(self.normal[self.before], self.tangent)

    def loops(self) -> list[list[Ints]]:
        """Sides along the outlines of each grain, the outer one first."""
        return [[np.arange(*span) for span in pairwise(grain)] for grain in self.spans]

    def at(self, side: int | Ints, along: float | Floats, depth: float | Floats) -> Floats:
        """Positions at a distance along sides and a depth into their grains."""
        s, d = np.asarray(along)[..., None], np.asarray(depth)[..., None]
        return np.asarray(self.origin[side] + s * self.tangent[side] + d * self.normal[side])

    def corners(self, depth: Floats) -> Floats:
        """Where the parallel of each side meets that of the side before it, relative to the start: (n_sides, 2)."""
        n0, n1 = self.normal[self.before], self.normal
        d0, d1 = depth[self.before], depth
        sine = self.sine
        parallel = np.abs(sine) < _STRAIGHT
        divisor = np.where(parallel, 1.0, sine)
        x = (d0 * n1[:, 1] - d1 * n0[:, 1]) / divisor
        y = (d1 * n0[:, 0] - d0 * n1[:, 0]) / divisor
        return np.where(parallel[:, None], d1[:, None] * n1, np.column_stack([x, y]))

    def lost(self, depth: Floats) -> Floats:
        """Length at start and end over which the parallel of a side does not run in either grain, shape (2, n)."""
        corner = self.corners(depth)
        first = np.maximum(_dot(corner, self.tangent), 0)
        last = np.maximum(-_dot(corner, self.tangent[self.before]), 0)[self.after]
        ends = np.stack([first, last])
        paired = np.flatnonzero(self.between_grains)
        ends[:, paired] = np.maximum(ends[:, paired], ends[::-1, self.twin[paired]])
        return ends

    def leans(self) -> Floats:
        """Abscissa lost at start and end per unit of depth if the rectangles end on the mitre, shape (2, n)."""
        corner = self.corners(self.between_grains.astype(np.float64))
        last = -_dot(corner, self.tangent[self.before])
        return np.stack([_dot(corner, self.tangent), last[self.after]])


def sides_of(film: Polycrystal) -> Sides:
    """Sides of all grains of a film, in micrometres."""
    starts, ends, after, spans = [], [], [], []
    count = 0
    for loops in film.loops:
        span = [count]
        for loop in loops:
            starts.append(loop)
            ends.append(np.roll(loop, -1))
            after.append(count + np.roll(np.arange(len(loop)), -1))
            count += len(loop)
            span.append(count)
        spans.append(tuple(span))
    start, end = np.concatenate(starts), np.concatenate(ends)
    grain_of = np.repeat(np.arange(len(spans)), [span[-1] - span[0] for span in spans])
    numbers = {pair: k for k, pair in enumerate(zip(start.tolist(), end.tolist(), strict=True))}
    twin = np.array([numbers.get((b, a), -1) for a, b in numbers])
    following = np.concatenate(after)
    before = np.empty_like(following)
    before[following] = np.arange(count)
    vertices = film.vertices * 1e6
    run = vertices[end] - vertices[start]
    length = np.linalg.norm(run, axis=1)
    tangent = run / length[:, None]
    return Sides(
        start=start,
        end=end,
        grain=grain_of,
        neighbour=np.where(twin >= 0, grain_of[twin], -1),
        twin=twin,
        after=following,
        before=before,
        origin=vertices[start],
        tangent=tangent,
        normal=np.column_stack([-tangent[:, 1], tangent[:, 0]]),
        length=length,
        spans=tuple(spans),
    )


def clean_vertices(sides: Sides) -> Bools:
    """Vertices that need no junction patch, shape (n_vertices,): rectangles meet there edge to edge on a mitre.

    These are bends of a single boundary and boundaries that end on the outline, both unless the mitre leans too far,
    and vertices of the outline without a boundary.
    """
    n = int(sides.start.max()) + 1
    outline = ~sides.between_grains
    steep = np.zeros(n, dtype=bool)
    for lean, ends in zip(sides.leans(), (sides.start, sides.end), strict=True):
        steep[ends[sides.between_grains & (np.abs(lean) > _STEEPEST)]] = True
    steep[sides.start[_dot(sides.tangent[sides.before], sides.tangent) < -0.5]] = True
    arriving, leaving = np.zeros((n, 2)), np.zeros((n, 2))
    arriving[sides.end[outline]], leaving[sides.start[outline]] = sides.tangent[outline], sides.tangent[outline]
    on_corner = (_dot(leaving, leaving) > 0) & (_dot(arriving, leaving) < 0.5)
    grains = np.bincount(sides.start, minlength=n)
    no_boundary = (grains == 1) & (_dot(leaving, leaving) > 0)
    return np.asarray(no_boundary | ((grains == 2) & ~steep & ~on_corner))


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", a, b))
