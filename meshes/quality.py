"""Whether a mesh is good enough to compute on: its resolution, its grains and its Delaunay property."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skfem import MeshTri

from meshes.checks import require_known, require_positive
from meshes.contract import check_contract
from meshes.delaunay import DelaunayRepair, edge_quality
from meshes.grains.polycrystal import Polycrystal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MeshReport:
    """Facts about a mesh for the record of a run.

    Parameters
    ----------
    nodes, triangles
        Their numbers.
    smallest_edge, largest_edge
        Shortest and longest side of a triangle [m].
    first_cell_over_debye_length
        Height of the cells at each electrode over the Debye length.
    smallest_angle
        Smallest angle of a triangle [degree]; thin cells at electrodes make it small without harm.
    non_delaunay_before, non_delaunay_after, flips, new_nodes
        Edges with a negative cotangent sum before and after the repair, its edge flips and its new nodes.
    grains, grain_pieces
        Number of grains, and of the connected pieces that they form; more pieces than grains means a split grain.
    largest_piece_over_mean_grain
        Area of the largest piece over the mean grain area; far above 5 suggests grains that merged.
    largest_piece_over_its_grain
        Area of a piece over that of its grain in the film, at most: 1 but for what merged edges and the graded layers
        at electrodes move.
    grain_boundary_length
        Length of all grain boundaries [m]: of the tagged lines (once if they have two sides), or of the film's graph
        where boundaries are strips.
    area_error
        Area of the mesh over that of all grains of the film, minus one. Pinholes near graded layers at electrodes, and
        those whose rims have edges that are too short to mesh, change it a little.
    """

    nodes: int
    triangles: int
    smallest_edge: float
    largest_edge: float
    first_cell_over_debye_length: Mapping[str, float]
    smallest_angle: float
    non_delaunay_before: int
    non_delaunay_after: int
    flips: int
    new_nodes: int
    grains: int
    grain_pieces: int
    largest_piece_over_mean_grain: float
    largest_piece_over_its_grain: float
    grain_boundary_length: float
    area_error: float

    def as_dict(self) -> dict[str, object]:
        """Plain numbers and dictionaries, lengths in metres, for ``run.json``."""
        plain = {name: value for name, value in vars(self).items() if name != "first_cell_over_debye_length"}
        return plain | {"first_cell_over_debye_length": dict(self.first_cell_over_debye_length)}


def mesh_report(
    mesh: MeshTri,
    film: Polycrystal,
    electrodes: Sequence[str],
    debye_length: float,
    repair: DelaunayRepair | None = None,
) -> MeshReport:
    """Measure a mesh.

    Parameters
    ----------
    mesh
        Mesh in metres that meets the contract of :func:`check_contract`.
    film
        The film that was meshed.
    electrodes
        Names of the facets at which the first cell is compared with the Debye length.
    debye_length
        [m].
    repair
        What :func:`triangulate_and_count` did to make the mesh Delaunay; None if nothing was done.

    Raises
    ------
    ValueError
        If the mesh misses a name or has more grains than the film, an electrode has no facets, or the Debye length is
        not positive.
    """
    require_positive(debye_length, "Debye length")
    grains = check_contract(mesh)
    if grains.max() >= film.n_grains:
        raise ValueError(f"the mesh has {grains.max() + 1} grains, the film that it is compared with {film.n_grains}")
    points, triangles = mesh.p.T, mesh.t.T.astype(np.int64)
    quality = edge_quality(points, triangles)
    lengths = np.linalg.norm(np.diff(points[quality.edges], axis=1)[:, 0], axis=1)
    areas = _triangle_areas(mesh)
    pieces, owners = _pieces(quality.triangles[quality.inside], grains, areas)
    lines = mesh.boundaries.get("grain_boundary_lines")
    return MeshReport(
        nodes=len(points),
        triangles=len(triangles),
        smallest_edge=float(lengths.min()),
        largest_edge=float(lengths.max()),
        first_cell_over_debye_length=MappingProxyType(
            {name: _first_cell(mesh, areas, name) / debye_length for name in electrodes}
        ),
        smallest_angle=_smallest_angle(points, triangles),
        non_delaunay_before=repair.before if repair else len(quality.bad),
        non_delaunay_after=len(quality.bad),
        flips=repair.flips if repair else 0,
        new_nodes=repair.new_nodes if repair else 0,
        grains=int(grains.max()) + 1,
        grain_pieces=len(pieces),
        largest_piece_over_mean_grain=float(pieces.max() * film.n_grains / film.areas.sum()),
        largest_piece_over_its_grain=float((pieces / film.areas[owners]).max()),
        grain_boundary_length=film.grain_boundary_length if lines is None else _length_of_lines(mesh, lines),
        area_error=float(areas.sum() / film.areas.sum() - 1),
    )


def _triangle_areas(mesh: MeshTri) -> Floats:
    a, b, c = mesh.p[:, mesh.t].transpose(1, 0, 2)
    return 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))


def _facet_lengths(mesh: MeshTri, facets: Ints) -> Floats:
    start, end = mesh.p[:, mesh.facets[:, facets]].transpose(1, 0, 2)
    return np.linalg.norm(end - start, axis=0)


def _length_of_lines(mesh: MeshTri, facets: Ints) -> float:
    """Length of facets [m]; those on the rim stand in pairs, one on either side of a line."""
    sides = np.where(mesh.f2t[1, facets] < 0, 2, 1)
    return float((_facet_lengths(mesh, facets) / sides).sum())


def _first_cell(mesh: MeshTri, areas: Floats, electrode: str) -> float:
    """Largest height [m] of the cells that stand on an electrode."""
    require_known(electrode, mesh.boundaries, "electrode: facet set of the mesh")
    facets = mesh.boundaries[electrode]
    if len(facets) == 0:
        raise ValueError(f"electrode {electrode!r} has no facets in the mesh")
    return float((2 * areas[mesh.f2t[0, facets]] / _facet_lengths(mesh, facets)).max())


def _smallest_angle(points: Floats, triangles: Ints) -> float:
    corners = points[triangles]
    one = np.roll(corners, -1, axis=1) - corners
    two = np.roll(corners, 1, axis=1) - corners
    cosine = (one * two).sum(axis=2) / (np.linalg.norm(one, axis=2) * np.linalg.norm(two, axis=2))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).min())


def _pieces(neighbours: Ints, grains: Ints, areas: Floats) -> tuple[Floats, Ints]:
    """Area and grain of each connected set of triangles that carry the same grain, both of shape (n_pieces,)."""
    same = neighbours[grains[neighbours[:, 0]] == grains[neighbours[:, 1]]]
    links = coo_array((np.ones(len(same), dtype=bool), (same[:, 0], same[:, 1])), shape=(len(grains),) * 2)
    _, piece = connected_components(links, directed=False)
    return np.asarray(np.bincount(piece, areas), dtype=np.float64), grains[np.unique(piece, return_index=True)[1]]
