"""Devices: the cross-section of a film with flat layers below and above it, and electrodes in them.

The film is meshed as ever, with its grains and their boundaries as lines or strips and with graded cells towards both
faces. Layers are rows of rectangles, each cut into two right triangles, that go on from the nodes on its faces: meshes
conform, a layer of a few nanometres costs a few rows, and no cotangent sum is negative.

Names beside those of a film's mesh (:mod:`meshes.triangulate`): subdomains ``film`` and one per layer; facets
``film_left``, ``film_right``, ``film_bottom``, ``film_top`` (the faces of the film), ``interface_<lower>_<upper>``
between regions of different names, and one per metal strip. ``left``, ``right``, ``bottom`` and ``top`` are the
outline of the whole device. The lower left corner of the film is the origin; layers below it have negative heights.
"""

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from meshes.delaunay import DelaunayRepair
from meshes.devices.grown_layers import Grown, named_stack
from meshes.devices.layer_heights import graded_rows
from meshes.devices.side_marks import SideMark
from meshes.devices.stack_layers import Layer, Stack
from meshes.size_field import Lines, MeshSizes, Strips, geometric_layers
from meshes.triangulate import MeshOptions, triangulate_and_count

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_CLEAR = 0.25  # of the mesh size at boundaries: as close as that, a grain boundary ends at the edge of an electrode
_CLEAR_OF_STRIPS = 3.0  # widths of a strip, likewise
_SHORTEST_BY_STRIPS = 2.0  # widths of a strip: shorter edges of the film are merged there


@dataclass(frozen=True)
class StackMesh:
    """The mesh of a device.

    Parameters
    ----------
    mesh
        The whole of it, in metres.
    film
        The film alone, with the names of :func:`meshes.triangulate`.
    repair
        What it took to make the film's mesh Delaunay.
    """

    mesh: MeshTri
    film: MeshTri
    repair: DelaunayRepair


def mesh_stack(stack: Stack, sizes: MeshSizes, **options: Unpack[MeshOptions]) -> StackMesh:
    """Mesh a device.

    Parameters
    ----------
    stack
        Film and layers.
    sizes
        Cell sizes [m] of the film. ``sizes.electrode`` is also the height of the first cells of layers that do not
        state theirs.
    electrodes
        Sides of the film that get graded cells, bottom and top unless stated.
    free_surfaces
        Sides of the film whose facets make up ``surface_lines``; none unless stated.
    boundaries
        Grain boundaries as lines with one side, or as strips.

    Raises
    ------
    ValueError
        As :func:`meshes.triangulate` does, if grain boundaries have two sides, or if the end of an electrode is too
        close to something else for a node.
    RuntimeError
        If Gmsh fails or its system libraries are missing.
    """
    boundaries = options.get("boundaries", Lines())
    if isinstance(boundaries, Lines) and boundaries.two_sided and (stack.below or stack.above):
        raise ValueError("layers need grain boundaries with one side: use boundaries=Lines() or Strips(...)")
    marks = [*options.get("marks", ()), *_marks(stack, sizes, boundaries)]
    film, repair = triangulate_and_count(
        stack.film,
        sizes,
        electrodes=options.get("electrodes", ("bottom", "top")),
        boundaries=boundaries,
        marks=marks,
    )
    grown = Grown(film.p.T, film.t.T.astype(np.int64), np.full(film.t.shape[1], len(stack.below)))
    for side, layers in (("bottom", stack.below[::-1]), ("top", stack.above)):
        row = _row(film, side)
        for k, layer in enumerate(layers):
            number = len(stack.below) + 1 + k if side == "top" else len(stack.below) - 1 - k
            grown, row = grown.with_layer(row, _outward_rows(layer, sizes, k == len(layers) - 1), side, number, layer)
    return StackMesh(named_stack(grown, stack, film, options.get("free_surfaces", ())), film, repair)


def _row(film: MeshTri, side: str) -> Ints:
    """Nodes on the bottom or top of the film from left to right."""
    nodes = np.unique(film.facets[:, film.boundaries[side]])
    return np.asarray(nodes[np.argsort(film.p[0, nodes])], dtype=np.int64)


def _outward_rows(layer: Layer, sizes: MeshSizes, last: bool) -> Floats:
    """Heights of the rows of a layer [m], the one next to the film first."""
    near = layer.cell or sizes.electrode
    far = None if layer.open and last else near
    return graded_rows(layer.thickness, near, far, layer.largest or layer.thickness / 4, sizes.growth)


def _marks(stack: Stack, sizes: MeshSizes, boundaries: Lines | Strips) -> list[SideMark]:
    """Nodes on the faces of the film for the ends of metal strips, and for finer cells next to them."""
    ends, beside = [], []
    narrow = boundaries.width if isinstance(boundaries, Strips) else 0.0
    clear = max(_CLEAR * sizes.boundary, _CLEAR_OF_STRIPS * narrow)
    for side, layers in (("bottom", stack.below), ("top", stack.above)):
        for metal in (one for layer in layers for one in layer.metals):
            for end in (metal.start, metal.end):
                ends.append(SideMark(side, end, clear, exact=True))
                if metal.edge_cell is not None and 1e-9 < end / stack.film.width < 1 - 1e-9:
                    finest = max(metal.edge_cell, _SHORTEST_BY_STRIPS * narrow)
                    beside += _marks_beside(side, end, finest, sizes)
    return [*ends, *beside]


def _marks_beside(side: str, end: float, finest: float, sizes: MeshSizes) -> list[SideMark]:
    """Nodes to the left and right of the end of a metal strip, at distances that grow from `finest` [m]."""
    if finest >= sizes.boundary:
        return []
    steps = geometric_layers(finest, sizes.boundary, sizes.growth)
    pairs = zip(np.cumsum(steps).tolist(), steps.tolist(), strict=True)
    return [SideMark(side, end + sign * far, 0.9 * step, exact=False) for far, step in pairs for sign in (-1, 1)]
