"""Where it happens: polycrystalline films and the meshes made of them."""

from meshes.delaunay import DelaunayRepair
from meshes.micrograph import GrainMap, read_grain_map
from meshes.polycrystal import Polycrystal
from meshes.quality import MeshReport, check_contract, mesh_report
from meshes.regularise import merge_short_edges
from meshes.size_field import Lines, MeshSizes, Strips
from meshes.triangulate import triangulate, triangulate_and_count
from meshes.voronoi import columnar, layered, voronoi

__all__ = [
    "DelaunayRepair",
    "GrainMap",
    "Lines",
    "MeshReport",
    "MeshSizes",
    "Polycrystal",
    "Strips",
    "check_contract",
    "columnar",
    "layered",
    "merge_short_edges",
    "mesh_report",
    "read_grain_map",
    "triangulate",
    "triangulate_and_count",
    "voronoi",
]
