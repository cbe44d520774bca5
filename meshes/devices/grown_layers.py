"""Layers that grow on the faces of a film's mesh, and the names of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from meshes.devices.stack_layers import Layer, Metal, Stack
from meshes.grains.polycrystal import SIDES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SAME = 1e-9  # of the device's size: positions closer than this are the same


@dataclass(frozen=True, eq=False)
class Grown:
    """A film with the layers that it has got so far.

    Parameters
    ----------
    points
        Positions [m], shape (n, 2); those of the film come first.
    triangles
        Counter-clockwise, shape (m, 3); those of the film come first.
    layers
        Number of each triangle's layer from the bottom up, the film counting as one, shape (m,).
    """

    points: Floats
    triangles: Ints
    layers: Ints

    def with_layer(self, row: Ints, heights: Floats, side: str, number: int, layer: Layer) -> "tuple[Grown, Ints]":
        """One more layer on a row of nodes, and the nodes of its outer face.

        Parameters
        ----------
        row
            Nodes from left to right, shape (n_columns + 1,).
        heights
            Of its rows of cells [m], the first one next to `row`.
        side
            Where it grows, at the bottom or the top.
        number
            Of the layer in the stack.
        layer
            Cells where it has metal are left out.
        """
        up = side == "top"
        x, start = self.points[row, 0], self.points[row[0], 1]
        offsets = np.cumsum(heights)
        offsets[-1] = layer.thickness
        levels = start + (offsets if up else -offsets)
        points = np.stack(np.broadcast_arrays(x[None, :], levels[:, None]), axis=-1).reshape(-1, 2)
        numbers = np.vstack([row, len(self.points) + np.arange(len(points)).reshape(-1, len(row))])
        there = np.flatnonzero(~_in_metal(layer, 0.5 * (x[1:] + x[:-1])))
        a, b = numbers[:-1, there], numbers[:-1, there + 1]
        d, c = numbers[1:, there], numbers[1:, there + 1]
        halves = np.stack([a, b, c, a, c, d] if up else [a, c, b, a, d, c], axis=-1).reshape(-1, 3)
        grown = Grown(
            np.vstack([self.points, points]),
            np.vstack([self.triangles, halves]),
            np.concatenate([self.layers, np.full(len(halves), number)]),
        )
        return grown, numbers[-1]

    def mesh(self) -> MeshTri:
        """As a mesh in which every node has a triangle."""
        used, corners = np.unique(self.triangles, return_inverse=True)
        return MeshTri(
            np.ascontiguousarray(self.points[used].T), np.ascontiguousarray(corners.reshape(self.triangles.shape).T)
        )


def named_stack(grown: Grown, stack: Stack, film: MeshTri, free_surfaces: Sequence[str]) -> MeshTri:
    """The mesh of a device with all its names.

    Parameters
    ----------
    grown
        Film and layers.
    stack
        What they are.
    film
        Mesh of the film, with its names.
    free_surfaces
        Sides of the film and ``pinhole_rims``, whose facets make up ``surface_lines``.

    Raises
    ------
    ValueError
        If the mesh has no nodes where a metal strip ends.
    """
    mesh = grown.mesh()
    order = [layer.name for layer in stack.below] + ["film"] + [layer.name for layer in stack.above]
    subdomains: dict[str, Ints] = {name: np.asarray(cells) for name, cells in (film.subdomains or {}).items()}
    for name in dict.fromkeys(order):
        subdomains[name] = np.flatnonzero(np.isin(grown.layers, np.flatnonzero(np.array(order) == name)))
    facets = _film_facets(mesh, film)
    for side in SIDES:
        facets[f"film_{side}"] = facets.pop(side)
    facets["surface_lines"] = _union([facets[_of_film(side)] for side in free_surfaces])
    facets |= _outline(mesh) | _interfaces(mesh, grown.layers, order) | _metals(mesh, stack)
    return mesh.with_subdomains(subdomains).with_boundaries(facets)


def _in_metal(layer: Layer, x: Floats) -> NDArray[np.bool_]:
    """Whether positions along a layer lie in its metal strips."""
    return np.any([np.zeros(len(x), dtype=bool), *((one.start < x) & (x < one.end) for one in layer.metals)], axis=0)


def _film_facets(mesh: MeshTri, film: MeshTri) -> dict[str, Ints]:
    """The named facets of the film by their numbers in the whole mesh, whose first nodes are those of the film."""
    count = mesh.p.shape[1]
    keys, own = (np.sort(one, axis=0).astype(np.int64) for one in (mesh.facets, film.facets))
    whole, part = keys[0] * count + keys[1], own[0] * count + own[1]
    order = np.argsort(whole)
    numbers = order[np.searchsorted(whole[order], part)]
    return {name: np.sort(numbers[np.asarray(members)]) for name, members in (film.boundaries or {}).items()}


def _of_film(side: str) -> str:
    return f"film_{side}" if side in SIDES else side


def _outline(mesh: MeshTri) -> dict[str, Ints]:
    """Facets on the four sides of the device."""
    rim = mesh.boundary_facets()
    ends = mesh.p[:, mesh.facets[:, rim]]
    slack = _SAME * np.ptp(mesh.p)
    low, high = mesh.p.min(axis=1), mesh.p.max(axis=1)
    at = (ends[0] - low[0], ends[0] - high[0], ends[1] - low[1], ends[1] - high[1])
    return {side: rim[(np.abs(gap) <= slack).all(axis=0)] for side, gap in zip(SIDES, at, strict=True)}


def _interfaces(mesh: MeshTri, layers: Ints, order: Sequence[str]) -> dict[str, Ints]:
    """Facets between layers of different names."""
    one, two = mesh.f2t
    between = np.flatnonzero((two >= 0) & (layers[one] != layers[two]))
    lower = np.minimum(layers[one[between]], layers[two[between]])
    found: dict[str, list[Ints]] = {}
    for k, (a, b) in enumerate(pairwise(order)):
        if a != b:
            found.setdefault(f"interface_{a}_{b}", []).append(between[lower == k])
    return {name: _union(parts) for name, parts in found.items()}


def _metals(mesh: MeshTri, stack: Stack) -> dict[str, Ints]:
    """Facets on the surface of every metal strip."""
    rim = mesh.boundary_facets()
    ends = mesh.p[:, mesh.facets[:, rim]]
    slack = _SAME * np.ptp(mesh.p)
    found = {}
    for metal, low, high in _places(stack):
        x, y = ends
        inside = (x > metal.start - slack) & (x < metal.end + slack) & (y > low - slack) & (y < high + slack)
        found[metal.name] = rim[inside.all(axis=0)]
        for end in (metal.start, metal.end):
            if np.abs(x[:, inside.all(axis=0)] - end).min(initial=np.inf) > slack:
                raise ValueError(
                    f"electrode {metal.name!r} ends at x = {end * 1e9:.1f} nm, where the mesh has no node: move it away"
                    " from the ends of grain boundaries, or out of the graded cells at the sides of the film"
                )
    return found


def _places(stack: Stack) -> list[tuple[Metal, float, float]]:
    """Every metal strip with the heights of its lower and upper face [m]."""
    level = -sum(layer.thickness for layer in stack.below)
    places = []
    for layer in (*stack.below, None, *stack.above):
        thickness = stack.film.height if layer is None else layer.thickness
        places += [(metal, level, level + thickness) for metal in (layer.metals if layer else ())]
        level += thickness
    return places


def _union(parts: Sequence[Ints]) -> Ints:
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts]))
