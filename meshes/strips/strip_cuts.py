"""How far the rectangles along each side run, and how deep: as far as the film leaves room for them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes.strips.strip_geometry import Sides, clean_vertices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_SAME = 1e-9  # abscissae closer than this [um] are equal
_FADING = 1.5  # rectangles stand upright again at this multiple of what the mitre takes away; over 1 or they turn over
_DIGITS = 8  # of a micrometre: ends of rectangles that should meet differ by rounding

# How much of the construction a side carries; a side that is too short steps down.
SKINNED, BARE, CUT = 0, 1, 2  # strip and skin in rectangles; strip in rectangles; no rectangles


class NoRoomError(Exception):
    """An edge is too short, or its grain too thin, for strips.

    Parameters
    ----------
    place
        Its middle [um], shape (2,).
    what
        Which edge of which grain it is.
    edges
        Vertices of it and its neighbours, shape (3, 2).
    """

    def __init__(self, place: Floats, what: str, edges: Ints) -> None:
        super().__init__(what)
        self.place, self.what, self.edges = place, what, edges


@dataclass(frozen=True)
class Cuts:
    """Extent of the rectangles along every side, arrays of shape (n_sides,), lengths in micrometres.

    Parameters
    ----------
    level
        0: strip and skin are rectangles; 1: the strip alone; 2: nothing, the boundary is cut in its middle and left to
        the patches at its ends. The outline of the film has no rectangles at any level.
    inner, outer
        Depth of the strip's edge and of the skin's edge in the grain.
    first, last
        Abscissae between which the rectangles of the strip run; equal at level 2.
    skin_first, skin_last
        Abscissae between which the rectangles of the skin run.
    lean
        How much the rectangles lean at the start and at the end: abscissa lost per unit of depth, shape (2, n_sides).
    clean
        Whether the start of the side needs no patch.
    """

    level: Ints
    inner: Floats
    outer: Floats
    first: Floats
    last: Floats
    skin_first: Floats
    skin_last: Floats
    lean: Floats
    clean: Bools

    def positions(self, sides: Sides, side: int, along: Floats | float, depth: Floats | float) -> Floats:
        """Positions at abscissae of the boundary and depths into the grain; near a mitre the rectangles lean."""
        start, end = self.lean[:, side]
        reach_start, reach_end = np.maximum(_FADING * np.abs(self.lean[:, side]) * self.outer[side], _SAME)
        at_start = np.maximum(1 - np.abs(along - self.first[side]) / reach_start, 0)
        at_end = np.maximum(1 - np.abs(along - self.last[side]) / reach_end, 0)
        return sides.at(side, along + (start * at_start - end * at_end) * depth, depth)


def cut_sides(sides: Sides, half_width: float, skin: float) -> Cuts:
    """Extent of the rectangles along every side.

    Parameters
    ----------
    sides
        Sides of the film.
    half_width
        Half the width of the strips [um].
    skin
        Depth of the graded layers on either side of the strips [um].

    Raises
    ------
    NoRoomError
        If a grain boundary is too short, or a grain too thin, for the strip alone.
    """
    level = np.zeros(len(sides.start), dtype=np.int64)
    while True:
        cuts = _cut(sides, half_width, skin, level)
        short = _too_short(sides, cuts, half_width)
        if (short & (level == CUT)).any():
            raise _no_room(sides, int(np.flatnonzero(short & (level == CUT))[0]))
        if not short.any():
            short = _sides_of_thin_grains(sides, cuts)
        if not short.any():
            return cuts
        level = level + short


def _cut(sides: Sides, half_width: float, skin: float, level: Ints) -> Cuts:
    paired = sides.between_grains
    inner = np.where(paired, half_width, 0.0)
    outer = inner + np.where(paired & (level == SKINNED), skin, 0.0)
    clean_start = _clean_starts(sides, level)
    clean = np.stack([clean_start, clean_start[sides.after]])
    strip, deep = sides.lost(inner), sides.lost(outer)
    skin_lost = np.where(paired, np.maximum(strip, deep) + half_width, np.where(clean, deep, strip))
    skin_lost[clean & paired] = 0.0
    strip_lost = np.where(paired & ~clean, strip + half_width, skin_lost)
    slivers = skin_lost - strip_lost < half_width
    strip_lost[slivers] = skin_lost[slivers]
    cut = paired & (level == CUT)
    strip_lost[0, cut] = 0.5 * (strip[0] + sides.length - strip[1])[cut]
    strip_lost[1, cut] = (sides.length - strip_lost[0])[cut]
    lean = np.where(clean & paired, sides.leans(), 0.0)
    ends = (strip_lost[0], sides.length - strip_lost[1], skin_lost[0], sides.length - skin_lost[1])
    return Cuts(level, inner, outer, *ends, lean, clean_start)


def _clean_starts(sides: Sides, level: Ints) -> Bools:
    """Whether the start of each side needs no patch."""
    clean = clean_vertices(sides)
    cut = sides.between_grains & (level == CUT)
    clean[sides.start[cut]] = False
    clean[sides.end[cut]] = False
    return np.asarray(clean[sides.start])


def _too_short(sides: Sides, cuts: Cuts, half_width: float) -> Bools:
    """Sides without room for their rectangles, or for the cut in their middle; the less stepped down of a pair."""
    paired, cut = sides.between_grains, cuts.level == CUT
    skinned = np.where(cuts.level == SKINNED, cuts.skin_last - cuts.skin_first, cuts.last - cuts.first)
    room = skinned - _FADING * np.maximum(cuts.lean, 0).sum(axis=0) * cuts.outer
    room[cut] = (sides.length - sides.lost(cuts.inner).sum(axis=0))[cut]
    short = room < np.where(paired & ~cut, half_width, 0.05 * half_width)
    crowded = np.flatnonzero(short & ~paired)
    ending = np.concatenate([sides.before[crowded], sides.after[crowded]])
    short[ending[paired[ending] & (cuts.level[ending] < CUT)]] = True
    boundaries = np.flatnonzero(paired)
    across = sides.twin[boundaries]
    short[boundaries] = (short[boundaries] | short[across]) & (cuts.level[boundaries] <= cuts.level[across])
    return np.asarray(short)


def _sides_of_thin_grains(sides: Sides, cuts: Cuts) -> Bools:
    """Skinned sides of the grains in which the skins of opposite sides overlap."""
    thin = [grain for grain, core in enumerate(cores(sides, cuts)) if not core.is_valid or core.area == 0]
    skinned = np.isin(sides.grain, thin) & (cuts.outer > cuts.inner)
    bare = np.setdiff1d(thin, sides.grain[skinned])
    if len(bare):
        raise _no_room(sides, int(np.flatnonzero(sides.grain == bare[0])[0]))
    return np.asarray(skinned)


def cores(sides: Sides, cuts: Cuts) -> list[shapely.Polygon]:
    """What the rectangles and patches leave of each grain [um]; not valid where they overlap."""
    found = []
    for loops in sides.loops():
        outline, *holes = (_core_outline(sides, cuts, loop) for loop in loops)
        polygon = shapely.Polygon(outline, holes)
        turned_over = not polygon.exterior.is_ccw or any(ring.is_ccw for ring in polygon.interiors)
        found.append(shapely.Polygon() if turned_over else polygon)
    return found


def _core_outline(sides: Sides, cuts: Cuts, loop: Ints) -> Floats:
    corner = sides.origin[loop] + sides.corners(cuts.inner)[loop]
    pieces = []
    for k, side in enumerate(loop.tolist()):
        inner, outer = cuts.inner[side], cuts.outer[side]
        first, last, skin_first, skin_last = (x[side] for x in (cuts.first, cuts.last, cuts.skin_first, cuts.skin_last))
        path = [(skin_first, outer), (skin_last, outer)] if outer > inner else [(first, inner), (last, inner)]
        if not cuts.clean[side]:
            pieces.append(corner[k])
            path = [(first, inner), (skin_first, inner), *path] if outer > inner else path
        if not cuts.clean[sides.after[side]] and outer > inner:
            path += [(skin_last, inner), (last, inner)]
        pieces += [cuts.positions(sides, side, s, d) for s, d in path]
    return np.round(np.vstack(pieces), _DIGITS)


def _no_room(sides: Sides, side: int) -> NoRoomError:
    near = np.array([side, sides.before[side], sides.after[side]])
    length = float(sides.length[side])
    middle = sides.origin[side] + 0.5 * length * sides.tangent[side]
    what = f"where an edge of grain {sides.grain[side]} is {1e3 * length:.3g} nm long"
    return NoRoomError(middle, what, np.column_stack([sides.start[near], sides.end[near]]))
