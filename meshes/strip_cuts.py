"""How far the rectangles along each side run, and how deep: as far as the film leaves room for them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes.strip_geometry import Sides, clean_vertices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DIGITS = 8  # of a micrometre: ends of rectangles that should meet differ by rounding

# How much of the construction a side carries; a side that is too short steps down.
SKINNED, BARE, CUT = 0, 1, 2  # strip and skin in rectangles; strip in rectangles; no rectangles


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
        Abscissae between which the rectangles run; equal at level 2.
    clean
        Whether the start of the side needs no patch.
    """

    level: Ints
    inner: Floats
    outer: Floats
    first: Floats
    last: Floats
    clean: Bools


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
    ValueError
        If a grain boundary is too short, or a grain too thin, for the strip alone.
    """
    level = np.zeros(len(sides.start), dtype=np.int64)
    while True:
        cuts = _cut(sides, half_width, skin, level)
        short = _too_short(sides, cuts, half_width)
        if (short & (level == CUT)).any():
            _raise_no_room(sides, int(np.flatnonzero(short & (level == CUT))[0]), half_width)
        if not short.any():
            short = _sides_of_thin_grains(sides, cuts)
        if not short.any():
            return cuts
        level = level + short


def _cut(sides: Sides, half_width: float, skin: float, level: Ints) -> Cuts:
    paired = sides.between_grains
    inner = np.where(paired, half_width, 0.0)
    outer = inner + np.where(paired & (level == SKINNED), skin, 0.0)
    clean = _clean_starts(sides, level)
    (inner_first, inner_last), (outer_first, outer_last) = sides.lost(inner), sides.lost(outer)
    deep_first, deep_last = paired | clean, paired | clean[sides.after]
    lost_first = np.where(deep_first, np.maximum(inner_first, outer_first), inner_first)
    lost_last = np.where(deep_last, np.maximum(inner_last, outer_last), inner_last)
    first = lost_first + np.where(paired & ~clean, half_width, 0.0)
    last = sides.length - lost_last - np.where(paired & ~clean[sides.after], half_width, 0.0)
    middle = 0.5 * (inner_first + sides.length - inner_last)
    cut = paired & (level == CUT)
    return Cuts(level, inner, outer, np.where(cut, middle, first), np.where(cut, middle, last), clean)


def _clean_starts(sides: Sides, level: Ints) -> Bools:
    """Whether the start of each side needs no patch: rectangles of the same depth must meet there edge to edge."""
    clean = clean_vertices(sides)
    cut = sides.between_grains & (level == CUT)
    clean[sides.start[cut]] = False
    clean[sides.end[cut]] = False
    clean[sides.start[sides.straight & (level != level[sides.before])]] = False
    return np.asarray(clean[sides.start])


def _too_short(sides: Sides, cuts: Cuts, half_width: float) -> Bools:
    """Sides without room for their rectangles, or for the cut in their middle; the less stepped down of a pair."""
    lost_first, lost_last = sides.lost(cuts.inner)
    cut = cuts.level == CUT
    room = np.where(cut, sides.length - lost_first - lost_last, cuts.last - cuts.first)
    short = room < np.where(sides.between_grains & ~cut, 2 * half_width, 0.05 * half_width)
    paired = np.flatnonzero(sides.between_grains)
    across = sides.twin[paired]
    short[paired] = (short[paired] | short[across]) & (cuts.level[paired] <= cuts.level[across])
    return np.asarray(short)


def _sides_of_thin_grains(sides: Sides, cuts: Cuts) -> Bools:
    """Skinned sides of the grains in which the skins of opposite sides overlap."""
    thin = [grain for grain, core in enumerate(cores(sides, cuts)) if not core.is_valid or core.area == 0]
    skinned = np.isin(sides.grain, thin) & (cuts.outer > cuts.inner)
    bare = np.setdiff1d(thin, sides.grain[skinned])
    if len(bare):
        _raise_no_room(sides, int(np.flatnonzero(sides.grain == bare[0])[0]), cuts.inner.max())
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
    for k, side in enumerate(loop):
        first, last, inner, outer = cuts.first[side], cuts.last[side], cuts.inner[side], cuts.outer[side]
        if not cuts.clean[side]:
            pieces += [corner[k], sides.at(side, first, inner)]
        pieces += [sides.at(side, first, outer), sides.at(side, last, outer)]
        if not cuts.clean[sides.after[side]]:
            pieces += [sides.at(side, last, inner)]
    return np.round(np.vstack(pieces), _DIGITS)


def _raise_no_room(sides: Sides, side: int, half_width: float) -> None:
    x, y = 1e3 * (sides.origin[side] + 0.5 * sides.length[side] * sides.tangent[side])
    raise ValueError(
        f"grain {sides.grain[side]} has no room for grain boundary strips {2e3 * half_width:g} nm wide near "
        f"x = {x:.1f} nm, y = {y:.1f} nm (edge of {1e3 * sides.length[side]:.2g} nm): "
        "merge short edges of the film first (merge_short_edges) or make the strips narrower"
    )
