"""Whether the mesh of a device is good enough to compute on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from meshes.contract import check_contract
from meshes.delaunay import edge_quality
from meshes.devices.stack import StackMesh
from meshes.devices.stack_layers import Stack
from meshes.quality import MeshReport, mesh_report

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StackReport:
    """Facts about the mesh of a device for the record of a run.

    Parameters
    ----------
    film
        Of the film alone.
    nodes, triangles
        Their numbers, layers included.
    non_delaunay
        Edges with a negative cotangent sum.
    smallest_edge, largest_edge
        Shortest and longest side of a triangle [m].
    area_errors
        Area of each region over what film and layers were stated to have, minus one.
    first_cells
        Largest height [m] of the cells on each interface and electrode, on whichever side they are higher.
    """

    film: MeshReport
    nodes: int
    triangles: int
    non_delaunay: int
    smallest_edge: float
    largest_edge: float
    area_errors: Mapping[str, float]
    first_cells: Mapping[str, float]

    def as_dict(self) -> dict[str, object]:
        """The film's facts and, under ``device``, those of the whole, as plain numbers for ``run.json``."""
        device = {name: value for name, value in vars(self).items() if name != "film"}
        device |= {"area_errors": dict(self.area_errors), "first_cells": dict(self.first_cells)}
        return self.film.as_dict() | {"device": device}


def stack_report(device: StackMesh, stack: Stack, debye_length: float) -> StackReport:
    """Measure the mesh of a device; `debye_length` [m] is that of the film.

    Raises
    ------
    ValueError
        If the mesh misses a name or the Debye length is not positive.
    """
    mesh = device.mesh
    check_contract(mesh)
    quality = edge_quality(mesh.p.T, mesh.t.T.astype(np.int64))
    lengths = np.linalg.norm(np.diff(mesh.p.T[quality.edges], axis=1)[:, 0], axis=1)
    areas = _areas(mesh)
    subdomains, boundaries = mesh.subdomains or {}, mesh.boundaries or {}
    metals = {metal.name for layer in (*stack.below, *stack.above) for metal in layer.metals}
    faces = [name for name in boundaries if name in metals or name.startswith("interface_")]
    return StackReport(
        film=mesh_report(device.film, stack.film, ("bottom", "top"), debye_length, device.repair),
        nodes=mesh.p.shape[1],
        triangles=mesh.t.shape[1],
        non_delaunay=len(quality.bad),
        smallest_edge=float(lengths.min()),
        largest_edge=float(lengths.max()),
        area_errors={name: float(areas[subdomains[name]].sum() / area - 1) for name, area in _stated(stack).items()},
        first_cells={name: _first_cell(mesh, areas, boundaries[name]) for name in faces},
    )


def _stated(stack: Stack) -> dict[str, float]:
    """Area [m^2] that each region should have."""
    areas = {"film": float(stack.film.areas.sum())}
    for layer in (*stack.below, *stack.above):
        open_width = stack.film.width - sum(metal.end - metal.start for metal in layer.metals)
        areas[layer.name] = areas.get(layer.name, 0.0) + open_width * layer.thickness
    return areas


def _areas(mesh: MeshTri) -> Floats:
    a, b, c = mesh.p[:, mesh.t].transpose(1, 0, 2)
    return 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))


def _first_cell(mesh: MeshTri, areas: Floats, facets: NDArray[np.int64]) -> float:
    """Largest height [m] of the cells that stand on facets."""
    ends = mesh.p[:, mesh.facets[:, facets]]
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0)
    one, two = mesh.f2t[:, facets]
    return float((2 * np.maximum(areas[one], np.where(two >= 0, areas[two], 0.0)) / lengths).max())
