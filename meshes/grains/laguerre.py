"""Films whose grains have a stated size distribution: Laguerre (power) diagrams with prescribed cell areas.

Seeds start at random places. Then they move to the centroids of their cells, and the weights of the cells are set so
that the areas are the wanted ones, in turns: a few turns make compact grains of every size (centroidal power diagrams:
de Goes et al., ACM Trans. Graph. 31, 171 (2012), doi:10.1145/2366145.2366205). Elongated grains are compact ones in a
stretched plane, where the film is a parallelogram.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meshes.checks import require_positive, require_resolvable, require_seed
from meshes.grains.grain_sizes import GrainSizes
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.power_diagram import PowerDiagram, Tile
from meshes.grains.prescribed_areas import weights_for_areas
from meshes.grains.regularise import merge_short_edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_TURNS = 4  # of moving seeds to centroids
_SHORTEST = 0.06  # shortest grain boundary edge over the size of a small grain
_ROUGH, _EXACT = 0.05, 1e-6  # largest relative error of an area while seeds move, and at the end
_LONGEST = 20.0


@dataclass(frozen=True)
class GrainShape:
    """What the grains of a film have in common in shape.

    Parameters
    ----------
    elongation
        Mean ratio of length to width of the grains, from 1 (no direction) to 20.
    angle
        Direction of their long axis [rad], counter-clockwise from x.

    Raises
    ------
    ValueError
        If the elongation is out of range or the angle is not finite.
    """

    elongation: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.elongation <= _LONGEST:
            raise ValueError(f"elongation of grains must lie between 1 and {_LONGEST:g}, got {self.elongation:g}")
        if not np.isfinite(self.angle):
            raise ValueError(f"angle of the long axis must be a finite number, got {self.angle:g} rad")

    @property
    def rounding(self) -> Floats:
        """Symmetric matrix of determinant 1 that makes such grains round, shape (2, 2)."""
        along = np.array([np.cos(self.angle), np.sin(self.angle)])
        across = np.array([-along[1], along[0]])
        root = np.sqrt(self.elongation)
        return np.asarray(np.outer(along, along) / root + np.outer(across, across) * root)


def laguerre(
    width: float,
    height: float,
    sizes: GrainSizes,
    *,
    seed: int = 1,
    elongation: float = 1.0,
    angle: float = 0.0,
) -> Polycrystal:
    """Film of convex grains with a given size distribution, seen from above or in cross-section.

    Parameters
    ----------
    width, height
        Size of the film [m].
    sizes
        Distribution of the equivalent circle diameters: :class:`~meshes.grains.grain_sizes.Lognormal`
        or :class:`~meshes.grains.grain_sizes.Bimodal`. Their number follows from it and from the film's area; they are
        numbered from the smallest to the largest (within each population).
    seed
        Seed of the random generator: the same number makes the same film.
    elongation
        Mean ratio of length to width of the grains, from 1 (no direction) to 20.
    angle
        Direction of their long axis [rad], counter-clockwise from x.

    Raises
    ------
    ValueError
        For sizes that are not positive, grains larger than the film, more than 50,000 grains, an elongation outside 1
        to 20, or a negative seed.
    RuntimeError
        If the areas cannot be met, which no film has shown so far.
    """
    outlines = packed(width, height, sizes, seed, GrainShape(elongation, angle))
    film = Polycrystal.from_outlines(width, height, *outlines)
    return merge_short_edges(replace(film, target_sizes=sizes), shortest_edge(film.areas))


def packed(
    width: float,
    height: float,
    sizes: GrainSizes,
    seed: int,
    shape: GrainShape,
    periodic: tuple[bool, bool] = (False, False),
) -> tuple[Floats, Floats, Ints]:
    """Outlines of convex grains with the areas of `sizes`, as for :func:`laguerre`; periodic along x or y if wanted.

    Returns
    -------
    Ends [m] of each segment, with its grain on the left, shape (n, 2) each, and its grain, shape (n,). Along a periodic
    direction grains reach out of the film.
    """
    require_positive(width, "film width")
    require_positive(height, "film height")
    require_seed(seed)
    areas = sizes.areas(width * height)
    require_resolvable(len(areas))
    unit = float(np.sqrt(width * height / len(areas)))
    tile = Tile(np.diag([width, height]) / unit @ shape.rounding, periodic)
    seeds = np.random.default_rng(seed).uniform(size=(len(areas), 2)) @ tile.sides
    diagram = _centroidal(seeds, areas / unit**2, tile)
    back = unit * np.linalg.inv(shape.rounding)
    return diagram.starts @ back, diagram.ends @ back, diagram.cells


def shortest_edge(areas: Floats) -> float:
    """Length [m] below which the edges of grown grains with these areas [m^2] are merged."""
    return _SHORTEST * float(np.sqrt(np.quantile(areas, 0.1)))


def _centroidal(seeds: Floats, areas: Floats, tile: Tile) -> PowerDiagram:
    """Power diagram of a tile with given cell areas, its seeds close to the centroids of their cells."""
    weights, diagram = weights_for_areas(seeds, areas, tile, areas / np.pi, _ROUGH)
    for _ in range(_TURNS):
        seeds = tile.wrapped(diagram.centroids)
        weights, diagram = weights_for_areas(seeds, areas, tile, weights, _ROUGH)
    return weights_for_areas(seeds, areas, tile, weights, _EXACT)[1]
