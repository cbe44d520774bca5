"""A polycrystalline film as a planar straight-line graph.

One graph serves Voronoi films, columnar cross-sections and measured grain maps, and every way of meshing them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes import planar_graph
from meshes.checks import require_known, require_positive

SIDES = ("left", "right", "bottom", "top")
_TOLERANCE = 1e-9  # of the film's size: positions closer than this are the same


@dataclass(frozen=True, eq=False)
class Polycrystal:
    """Grains that tile the rectangle [0, width] x [0, height].

    Parameters
    ----------
    width, height
        Size of the film [m].
    vertices
        Positions [m], shape (n_vertices, 2).
    edges
        Vertex numbers of each straight edge, shape (n_edges, 2). A curved grain boundary is a chain of edges.
    edge_grains
        Grains to the left and to the right of each edge as it runs, shape (n_edges, 2); -1 is outside the film.

    Raises
    ------
    ValueError
        Unless every grain is one piece with an outline that does not cross itself, and the grains tile the film.
    """

    width: float
    height: float
    vertices: NDArray[np.float64]
    edges: NDArray[np.int64]
    edge_grains: NDArray[np.int64]

    def __post_init__(self) -> None:
        require_positive(self.width, "film width")
        require_positive(self.height, "film height")
        for name, kind in (("vertices", np.float64), ("edges", np.int64), ("edge_grains", np.int64)):
            array = np.array(getattr(self, name), dtype=kind).reshape(-1, 2)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        self._check()

    @classmethod
    def from_polygons(cls, width: float, height: float, polygons: Sequence[shapely.Polygon]) -> "Polycrystal":
        """Film whose grain k is ``polygons[k]``.

        Parameters
        ----------
        width, height
            Size of the film [m].
        polygons
            One polygon [m] per grain, holes allowed. Neighbours share their vertices (a valid coverage); positions
            that differ by less than 1e-9 of the film's size are joined.

        Raises
        ------
        ValueError
            If the polygons leave a gap, overlap, or reach out of the rectangle.
        """
        require_positive(width, "film width")
        require_positive(height, "film height")
        if len(polygons) == 0:
            raise ValueError("a film needs at least one grain, got no polygons")
        for k, polygon in enumerate(polygons):
            if not isinstance(polygon, shapely.Polygon) or polygon.is_empty:
                raise ValueError(f"grain {k} must be one polygon with an area, got {shapely.to_wkt(polygon)[:60]}")
        starts, ends, grains = planar_graph.directed_outlines(polygons)
        tolerance = _TOLERANCE * max(width, height)
        vertices, numbers = planar_graph.joined(np.vstack([starts, ends]), tolerance)
        vertices = planar_graph.snapped(vertices, width, height, tolerance)
        tails, heads = numbers[: len(starts)], numbers[len(starts) :]
        edges, edge_grains = planar_graph.paired(tails, heads, grains, vertices)
        return cls(width, height, vertices, edges, edge_grains)

    @property
    def n_grains(self) -> int:
        """Number of grains; they are numbered from 0."""
        return int(self.edge_grains.max()) + 1

    @cached_property
    def loops(self) -> tuple[tuple[NDArray[np.int64], ...], ...]:
        """Vertex numbers along the outlines of each grain: the outer one counter-clockwise, then holes clockwise."""
        return planar_graph.outlines(self.vertices, self.edges, self.edge_grains)

    @cached_property
    def polygons(self) -> tuple[shapely.Polygon, ...]:
        """Outline [m] of each grain."""
        rings = [[self.vertices[loop] for loop in grain] for grain in self.loops]
        return tuple(shapely.Polygon(grain[0], grain[1:]) for grain in rings)

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """Area of each grain [m^2], shape (n_grains,)."""
        (x0, y0), (x1, y1) = self.vertices[self.edges[:, 0]].T, self.vertices[self.edges[:, 1]].T
        wedge = 0.5 * (x0 * y1 - x1 * y0)
        outside = self.n_grains
        grains = np.where(self.edge_grains < 0, outside, self.edge_grains)
        left, right = (np.bincount(side, wedge, minlength=outside + 1) for side in grains.T)
        return np.asarray((left - right)[:outside], dtype=np.float64)

    @property
    def equivalent_diameters(self) -> NDArray[np.float64]:
        """Diameter of the circle with the area of each grain [m], shape (n_grains,)."""
        return np.sqrt(4 * self.areas / np.pi)

    @property
    def edge_lengths(self) -> NDArray[np.float64]:
        """Length of each edge [m], shape (n_edges,)."""
        return np.linalg.norm(self.vertices[self.edges[:, 1]] - self.vertices[self.edges[:, 0]], axis=1)

    @property
    def grain_boundary_edges(self) -> NDArray[np.int64]:
        """Numbers of the edges that separate two grains."""
        return np.flatnonzero((self.edge_grains >= 0).all(axis=1))

    @property
    def grain_boundary_length(self) -> float:
        """Length of all grain boundaries [m]."""
        return float(self.edge_lengths[self.grain_boundary_edges].sum())

    @cached_property
    def side_edges(self) -> MappingProxyType[str, NDArray[np.int64]]:
        """Numbers of the edges on each side of the film, under ``left``, ``right``, ``bottom`` and ``top``."""
        on = self.vertices_on_sides
        outer = (self.edge_grains < 0).any(axis=1)
        return MappingProxyType({side: np.flatnonzero(outer & on[side][self.edges].all(axis=1)) for side in SIDES})

    @cached_property
    def vertices_on_sides(self) -> MappingProxyType[str, NDArray[np.bool_]]:
        """Whether each vertex lies on a side of the film, shape (n_vertices,) per side."""
        tolerance = _TOLERANCE * max(self.width, self.height)
        x, y = self.vertices.T
        distances = (x, x - self.width, y, y - self.height)
        return MappingProxyType(
            {side: np.abs(distance) <= tolerance for side, distance in zip(SIDES, distances, strict=True)}
        )

    def grains_along(self, side: str) -> NDArray[np.int64]:
        """Grains that touch a side of the film, sorted.

        Raises
        ------
        ValueError
            If there is no such side.
        """
        require_known(side, SIDES, "side of the film")
        return np.unique(self.edge_grains[self.side_edges[side]].max(axis=1))

    def _check(self) -> None:
        if len(self.edges) == 0 or self.n_grains < 1:
            raise ValueError("a film needs at least one grain, got none")
        if not np.isfinite(self.vertices).all():
            raise ValueError("positions of grain boundary vertices must be finite numbers")
        planar_graph.check_outside(self.edges, self.edge_grains, self.side_edges, self.n_grains)
        for k, polygon in enumerate(self.polygons):
            if not polygon.is_valid:
                raise ValueError(
                    f"the outline of grain {k} touches or crosses itself near {_nm(polygon)}: it must be one piece"
                )
        excess = self.areas.sum() / (self.width * self.height) - 1
        if abs(excess) > 1e-9:
            raise ValueError(f"the grains must tile the film, their areas add up to {1 + excess:.9f} of it")


def _nm(polygon: shapely.Polygon) -> str:
    x, y = polygon.exterior.coords[0]
    return f"x = {x * 1e9:.1f} nm, y = {y * 1e9:.1f} nm"
