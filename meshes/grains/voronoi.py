"""Films that are grown on the computer: seeded Voronoi grains in plan view, columns and layers in cross-section.

Every cell comes out clipped exactly by the film, because the seeds are mirrored across its four sides.
"""

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from meshes.checks import require_count, require_not_negative, require_positive, require_resolvable, require_seed
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.regularise import merge_short_edges

Floats = NDArray[np.float64]
_SHORTEST = 0.06  # shortest grain boundary edge over mean grain size


def voronoi(
    width: float,
    height: float,
    *,
    grain_size: float | None = None,
    grains: int | None = None,
    seed: int = 1,
    relaxation: int = 2,
) -> Polycrystal:
    """Voronoi film, seen from above or in cross-section.

    Parameters
    ----------
    width, height
        Size of the film [m].
    grain_size
        Mean grain size [m], the square root of the mean grain area. Give this or `grains`.
    grains
        Number of grains.
    seed
        Seed of the random generator: the same number makes the same film.
    relaxation
        Steps of Lloyd's relaxation (each seed moves to the centroid of its cell): 0 gives Poisson-Voronoi grains,
        more steps give more equal ones. Lloyd, IEEE Trans. Inf. Theory 28, 129 (1982), doi:10.1109/TIT.1982.1056489.

    Raises
    ------
    ValueError
        For sizes that are not positive, no grains, more than 50,000 grains, grains larger than the film, or both or
        neither of `grain_size` and `grains`.
    """
    count = _grain_count(width, height, grain_size, grains)
    require_not_negative(relaxation, "relaxation steps", "")
    require_seed(seed)
    scale = np.sqrt(width * height / count)
    size = np.array([width, height]) / scale
    seeds = np.random.default_rng(seed).uniform(size=(count, 2)) * size
    cells = _cells(seeds, size)
    for _ in range(int(relaxation)):
        cells = _cells(np.array([cell.centroid.coords[0] for cell in cells]), size)
    film = Polycrystal.from_polygons(width, height, [shapely.transform(cell, lambda xy: xy * scale) for cell in cells])
    return merge_short_edges(film, _SHORTEST * scale)


def columnar(
    width: float,
    height: float,
    *,
    grain_size: float | None = None,
    grains: int | None = None,
    seed: int = 1,
    spread: float = 0.3,
) -> Polycrystal:
    """Cross-section of grains that run through the whole thickness.

    Parameters
    ----------
    width, height
        Length and thickness of the film [m].
    grain_size
        Mean width of a grain [m]. Give this or `grains`.
    grains
        Number of grains.
    seed
        Seed of the random generator: the same number makes the same film.
    spread
        Standard deviation of the logarithm of grain widths (lognormal); 0 makes them equal.

    Raises
    ------
    ValueError
        For sizes that are not positive, no grains, grains larger than the film, a negative spread, or both or neither
        of `grain_size` and `grains`.
    """
    count = _grain_count(width, width, grain_size, grains, columns=True)
    return layered(width, height, grains=count, layers=1, seed=seed, spread=spread)


def layered(
    width: float, height: float, *, grains: int, layers: int = 2, seed: int = 1, spread: float = 0.3
) -> Polycrystal:
    """Cross-section of several grains through the thickness: layers of equal height with independent columns.

    Parameters
    ----------
    width, height
        Length and thickness of the film [m].
    grains
        Number of grains in each layer.
    layers
        Number of layers.
    seed, spread
        As for :func:`columnar`.

    Raises
    ------
    ValueError
        For sizes that are not positive, no grains, no layers, or a negative spread.
    """
    require_positive(width, "film width")
    require_positive(height, "film height")
    require_count(grains, "number of grains")
    require_count(layers, "number of layers")
    require_not_negative(spread, "spread of grain widths", "")
    require_seed(seed)
    generator = np.random.default_rng(seed)
    walls = [_walls(width, int(grains), spread, generator) for _ in range(int(layers))]
    for below, above in pairwise(walls):
        _align(above, below, _SHORTEST * min(width / grains, height / layers))
    around = [walls[0], *walls, walls[-1]]
    levels = np.linspace(0.0, height, int(layers) + 1)
    stack = zip(around[:-2], walls, around[2:], pairwise(levels), strict=True)
    return Polycrystal.from_polygons(width, height, [cell for layer in stack for cell in _columns(*layer)])


def _cells(seeds: Floats, size: Floats) -> list[shapely.Polygon]:
    """Voronoi cell of each seed in the rectangle [0, size]."""
    mirrored = [seeds]
    for axis in (0, 1):
        for side in (0.0, size[axis]):
            image = seeds.copy()
            image[:, axis] = 2 * side - image[:, axis]
            mirrored.append(image)
    diagram = Voronoi(np.vstack(mirrored))
    corners = np.clip(diagram.vertices, 0.0, size)
    cells = [corners[diagram.regions[diagram.point_region[k]]] for k in range(len(seeds))]
    return [shapely.Polygon(cell) for cell in cells]


def _columns(under: Floats, walls: Floats, over: Floats, levels: tuple[float, float]) -> list[shapely.Polygon]:
    """Columns of one layer, with vertices where the walls of the layers under and over it end."""
    bottom, top = levels
    cells = []
    for x0, x1 in pairwise(walls):
        floor = [(x, bottom) for x in (x0, *under[(under > x0) & (under < x1)], x1)]
        ceiling = [(x, top) for x in (x0, *over[(over > x0) & (over < x1)], x1)]
        cells.append(shapely.Polygon(floor + ceiling[::-1]))
    return cells


def _walls(width: float, count: int, spread: float, generator: np.random.Generator) -> Floats:
    """Positions [m] of the walls of `count` columns of lognormal width, shape (count + 1,)."""
    widths = np.exp(spread * generator.standard_normal(count))
    walls = np.concatenate([[0.0], np.cumsum(widths)])
    walls *= width / walls[-1]
    walls[-1] = width
    return walls


def _align(walls: Floats, below: Floats, shortest: float) -> None:
    """Move walls that almost meet one of the layer below onto it, so that no interface edge is too short to mesh."""
    for k in range(1, len(walls) - 1):
        nearest = below[np.abs(below - walls[k]).argmin()]
        if 0 < abs(nearest - walls[k]) < shortest and walls[k - 1] < nearest < walls[k + 1]:
            walls[k] = nearest


def _grain_count(
    width: float, height: float, grain_size: float | None, grains: int | None, columns: bool = False
) -> int:
    require_positive(width, "film width")
    require_positive(height, "film height")
    if (grain_size is None) == (grains is None):
        raise ValueError(f"give either grain_size or grains, got grain_size = {grain_size} and grains = {grains}")
    if grains is not None:
        require_count(grains, "number of grains")
        count = int(grains)
    else:
        assert grain_size is not None
        require_positive(grain_size, "grain size")
        if grain_size > min(width, height):
            raise ValueError(
                f"grain size {1e9 * grain_size:.4g} nm exceeds the film of {1e9 * width:.4g} nm x {1e9 * height:.4g} nm"
            )
        count = max(1, round(width / grain_size if columns else width * height / grain_size**2))
    require_resolvable(count)
    return count
