"""Where it happens: polycrystalline films and the meshes made of them."""

from meshes.contract import check_contract
from meshes.delaunay import DelaunayRepair
from meshes.devices.stack import StackMesh, mesh_stack
from meshes.devices.stack_layers import Layer, Metal, Stack
from meshes.devices.stack_report import StackReport, stack_report
from meshes.grains.grain_sizes import Bimodal, GrainSizes, Lognormal
from meshes.grains.grain_statistics import GrainStatistics, grain_statistics
from meshes.grains.laguerre import GrainShape, laguerre
from meshes.grains.orientation import Symmetry, misorientations
from meshes.grains.periodic import WholeGrains, periodic_laguerre, whole_grains
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.regularise import merge_short_edges
from meshes.grains.voronoi import columnar, layered, voronoi
from meshes.measured.ebsd import read_ebsd
from meshes.measured.grain_image import GrainImage
from meshes.measured.micrograph import GrainMap, read_grain_map
from meshes.measured.overlay import draw_overlay
from meshes.measured.segmentation import BoundaryLook, segment_micrograph
from meshes.measured.sidecar import nominal_pixel_size
from meshes.pinholes import with_pinholes
from meshes.quality import MeshReport, mesh_report
from meshes.size_field import Lines, MeshSizes, Strips
from meshes.triangulate import triangulate, triangulate_and_count

__all__ = [
    "Bimodal",
    "BoundaryLook",
    "DelaunayRepair",
    "GrainImage",
    "GrainMap",
    "GrainShape",
    "GrainSizes",
    "GrainStatistics",
    "Layer",
    "Lines",
    "Lognormal",
    "MeshReport",
    "MeshSizes",
    "Metal",
    "Polycrystal",
    "Stack",
    "StackMesh",
    "StackReport",
    "Strips",
    "Symmetry",
    "WholeGrains",
    "check_contract",
    "columnar",
    "draw_overlay",
    "grain_statistics",
    "laguerre",
    "layered",
    "merge_short_edges",
    "mesh_report",
    "mesh_stack",
    "misorientations",
    "nominal_pixel_size",
    "periodic_laguerre",
    "read_ebsd",
    "read_grain_map",
    "segment_micrograph",
    "stack_report",
    "triangulate",
    "triangulate_and_count",
    "voronoi",
    "whole_grains",
    "with_pinholes",
]
