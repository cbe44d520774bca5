"""A polycrystalline film as a planar straight-line graph.

One graph serves grown films, columnar cross-sections and measured grain maps, and every way of meshing them.
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
from meshes.grains.grain_sizes import GrainSizes

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
        Grains to the left and to the right of each edge as it runs, shape (n_edges, 2); -1 is outside the film, and
        -2, -3, ... are its pinholes.
    target_sizes
        The size distribution that the film was grown for, if there was one.
    periodic
        Whether the film repeats itself along x and along y. Vertices on the two sides across such a direction face each
        other, and what is cut there belongs together: see :func:`meshes.grains.periodic.whole_grains`.
    warnings
        Where the film is not what it was made from or for, as far as its maker noticed; the record of a run shows them.

    Raises
    ------
    ValueError
        Unless every grain is one piece with an outline that does not cross itself, grains and pinholes together tile
        the film, and vertices face each other where it is periodic.
    """

    width: float
    height: float
    vertices: NDArray[np.float64]
    edges: NDArray[np.int64]
    edge_grains: NDArray[np.int64]
    target_sizes: GrainSizes | None = None
    periodic: tuple[bool, bool] = (False, False)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_positive(self.width, "film width")
        require_positive(self.height, "film height")
        for name, kind in (("vertices", np.float64), ("edges", np.int64), ("edge_grains", np.int64)):
            array = np.array(getattr(self, name), dtype=kind).reshape(-1, 2)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        self._check()

    @classmethod
    def from_polygons(
        cls,
        width: float,
        height: float,
        polygons: Sequence[shapely.Polygon],
        pinholes: Sequence[shapely.Polygon] = (),
    ) -> "Polycrystal":
        """Film whose grain k is ``polygons[k]``.

        Parameters
        ----------
        width, height
            Size of the film [m].
        polygons
            One polygon [m] per grain, holes allowed. Neighbours share their vertices (a valid coverage); positions
            that differ by less than 1e-9 of the film's size are joined.
        pinholes
            One polygon [m] per pinhole; they complete the coverage.

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
        starts, ends, numbers = planar_graph.directed_outlines([*polygons, *pinholes])
        faces = np.concatenate([np.arange(len(polygons)), -2 - np.arange(len(pinholes))])
        return cls.from_outlines(width, height, starts, ends, faces[numbers])

    @classmethod
    def from_outlines(
        cls,
        width: float,
        height: float,
        starts: NDArray[np.float64],
        ends: NDArray[np.float64],
        grains: NDArray[np.int64],
    ) -> "Polycrystal":
        """Film from the segments of the outlines of its grains, in any order.

        Parameters
        ----------
        width, height
            Size of the film [m].
        starts, ends
            Ends [m] of each segment, with its grain on the left, shape (n, 2). Positions that differ by less than 1e-9
            of the film's size are joined.
        grains
            Grain of each segment, shape (n,); -2, -3, ... for those of pinholes.

        Raises
        ------
        ValueError
            If the grains leave a gap, overlap, or reach out of the rectangle.
        """
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

    @property
    def n_pinholes(self) -> int:
        """Number of pinholes: areas inside the film that no grain covers."""
        return max(0, -int(self.edge_grains.min()) - 1)

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
    def pinholes(self) -> tuple[shapely.Polygon, ...]:
        """Outline [m] of each pinhole."""
        faces = np.where(self.edge_grains < -1, -2 - self.edge_grains, -1)
        loops = planar_graph.outlines(self.vertices, self.edges, faces, "pinhole")
        return tuple(
            shapely.Polygon(self.vertices[outer], [self.vertices[hole] for hole in holes]) for outer, *holes in loops
        )

    @property
    def areas(self) -> NDArray[np.float64]:
        """Area of each grain [m^2], shape (n_grains,)."""
        return self._face_areas[self.n_pinholes + 1 :]

    @property
    def pinhole_areas(self) -> NDArray[np.float64]:
        """Area of each pinhole [m^2], shape (n_pinholes,)."""
        return self._face_areas[: self.n_pinholes][::-1]

    @cached_property
    def _face_areas(self) -> NDArray[np.float64]:
        """Area of each pinhole (the last one first), of the outside (negative) and of each grain."""
        (x0, y0), (x1, y1) = self.vertices[self.edges[:, 0]].T, self.vertices[self.edges[:, 1]].T
        wedge = 0.5 * (x0 * y1 - x1 * y0)
        first = self.n_pinholes + 1
        left, right = (np.bincount(side + first, wedge, minlength=first + self.n_grains) for side in self.edge_grains.T)
        return np.asarray(left - right, dtype=np.float64)

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
    def boundary_pairs(self) -> tuple[tuple[int, int], ...]:
        """Grains (i, j), i < j, on the two sides of every grain boundary, sorted."""
        pairs = np.unique(np.sort(self.edge_grains[self.grain_boundary_edges], axis=1), axis=0)
        return tuple((i, j) for i, j in pairs.tolist())

    @property
    def rim_edges(self) -> NDArray[np.int64]:
        """Numbers of the edges that separate a grain from a pinhole."""
        return np.flatnonzero((self.edge_grains < -1).any(axis=1))

    @property
    def rims(self) -> tuple[NDArray[np.int64], ...]:
        """Numbers of the vertices on the rim of each pinhole."""
        faces = self.edge_grains.min(axis=1)
        return tuple(np.unique(self.edges[faces == -2 - k]) for k in range(self.n_pinholes))

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

    def vertices_along(self, side: str) -> NDArray[np.int64]:
        """Numbers of the vertices on a side, in the order of their coordinate along it."""
        on_side = np.flatnonzero(self.vertices_on_sides[side])
        return on_side[np.argsort(self.vertices[on_side, 1 - SIDES.index(side) // 2])]

    def edges_along(self, side: str) -> NDArray[np.int64]:
        """Numbers of the edges on a side, in the order of their coordinate along it."""
        on_side = self.side_edges[side]
        return on_side[np.argsort(self.vertices[self.edges[on_side], 1 - SIDES.index(side) // 2].mean(axis=1))]

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
        covered = (self.areas.sum() + self.pinhole_areas.sum()) / (self.width * self.height)
        if abs(covered - 1) > 1e-9:
            raise ValueError(f"the grains must tile the film, their areas add up to {covered:.9f} of it")
        if (self.pinhole_areas <= 0).any():
            raise ValueError(f"pinhole {self.pinhole_areas.argmin()} has no area")
        for axis in np.flatnonzero(self.periodic).tolist():
            sides = SIDES[2 * axis : 2 * axis + 2]
            one, other = (self.vertices[self.vertices_along(side), 1 - axis] for side in sides)
            if len(one) != len(other) or np.abs(one - other).max() > _TOLERANCE * max(self.width, self.height):
                raise ValueError(f"vertices on {sides[0]} and {sides[1]} must face each other, the film is periodic")


def _nm(polygon: shapely.Polygon) -> str:
    x, y = polygon.exterior.coords[0]
    return f"x = {x * 1e9:.1f} nm, y = {y * 1e9:.1f} nm"
