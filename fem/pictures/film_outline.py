"""What a picture of a film shows, read from its mesh and model: outlines of grains, their neighbours, boundaries.

All positions are in metres. Grain boundaries are the edges between cells of different grains, in the middle of a
boundary that is meshed as a strip.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from skfem import MeshTri

from fem.constants import eV
from fem.fields import Array
from fem.observables.maps import IntArray, grain_ids
from fem.physics.species import Species
from fem.scenario import Scenario

_PAIR = re.compile(r"boundary_(\d+)_(\d+)")
_EQUAL = 1e-6  # [eV] activation energies closer than this are one


@dataclass(frozen=True)
class BoundaryEnergies:
    """Activation energy of `species` [eV] along each of the facets that :func:`boundary_facets` gives, shape (n,)."""

    species: str
    values: Array


def boundary_facets(scenario: Scenario) -> IntArray:
    """Facets between grains; a two-sided line has one on either side."""
    mesh = scenario.model.mesh
    ids = grain_ids(scenario)
    first, second = mesh.f2t
    between = (second >= 0) & (ids[first] != ids[np.maximum(second, 0)])
    between[(mesh.boundaries or {}).get("grain_boundary_lines", np.empty(0, dtype=np.int64))] = True
    return np.flatnonzero(between)


def segments(mesh: MeshTri, facets: IntArray) -> Array:
    """Ends of facets, shape (n, 2, 2): facet, end, coordinate."""
    return np.asarray(mesh.p[:, mesh.facets[:, facets]].transpose(2, 1, 0))


def boundary_energies(scenario: Scenario) -> BoundaryEnergies | None:
    """Activation energies along the boundaries of the first species for which they differ; None if there is none."""
    facets = boundary_facets(scenario)
    for species in scenario.model.species:
        values = energies_at(scenario, species, facets)
        if len(values) and np.ptp(values) > _EQUAL:
            return BoundaryEnergies(species.name, values)
    return None


def energies_at(scenario: Scenario, species: Species, facets: IntArray) -> Array:
    """Activation energies of a species [eV] at facets: of the boundary lines there, else of the cells beside."""
    model, what = scenario.model, f"activation energy of {species.name}"
    beside = model.mesh.f2t[:, facets]
    cells = model.regions.of_species(species.activation_energy, species, what)
    everywhere = np.zeros(model.mesh.facets.shape[1])
    sides = cells[np.where(beside < 0, beside[0], beside)]
    everywhere[facets] = np.where(np.isnan(sides), sides[::-1], sides).mean(axis=0)
    for layer in model.regions.layer_facets:
        stated = model.regions.on_layer(species.activation_energy, layer, what)
        if layer.layer.facets == "grain_boundary_lines" and stated is not None:
            everywhere[layer.facets] = stated
    return np.asarray(everywhere[facets] / eV)


def neighbours(scenario: Scenario) -> IntArray:
    """Pairs of grains that share a boundary, shape (n, 2), the smaller number first, each pair once."""
    mesh, ids = scenario.model.mesh, grain_ids(scenario)
    first, second = mesh.f2t
    pairs = np.sort(ids[np.array([first, np.where(second < 0, first, second)])].T, axis=1)
    names = [*(mesh.boundaries or {}), *(mesh.subdomains or {})]
    named = [(int(match[1]), int(match[2])) for name in names if (match := _PAIR.fullmatch(name))]
    found = np.vstack([pairs, np.array(named, dtype=np.int64).reshape(-1, 2)])
    return np.unique(found[(found[:, 0] != found[:, 1]) & (found[:, 0] >= 0)], axis=0)


def outlines(scenario: Scenario) -> list[list[Array]]:
    """Closed outlines of each grain, points of shape (n, 2): outer ones counter-clockwise, those of holes clockwise."""
    mesh, ids = scenario.model.mesh, grain_ids(scenario)
    starts, ends, grains = _rims(mesh, ids)
    order = np.argsort(grains, kind="stable")
    limits = np.searchsorted(grains[order], np.arange(ids.max() + 2))
    found = []
    for first, last in pairwise(limits.tolist()):
        own = order[first:last]
        found.append([mesh.p[:, loop].T for loop in _loops(starts[own].tolist(), ends[own].tolist())])
    return found


def _rims(mesh: MeshTri, ids: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Edges of cells beyond which their grain ends: first and last node, with the grain on the left, and the grain."""
    corners = mesh.t.astype(np.int64)
    a, b, c = mesh.p[:, corners].transpose(1, 0, 2)
    clockwise = (b[0] - a[0]) * (c[1] - a[1]) < (b[1] - a[1]) * (c[0] - a[0])
    corners[1:, clockwise] = corners[:0:-1, clockwise]
    edges = np.stack([corners, np.roll(corners, -1, axis=0)]).reshape(2, -1)
    owners = np.tile(ids, 3)
    low, high = edges.min(axis=0), edges.max(axis=0)
    _, number, count = np.unique(
        (owners * mesh.p.shape[1] + low) * mesh.p.shape[1] + high, return_inverse=True, return_counts=True
    )
    rim = (count[number] == 1) & (owners >= 0)
    return edges[0, rim], edges[1, rim], owners[rim]


def _loops(starts: list[int], ends: list[int]) -> list[list[int]]:
    """Closed walks along directed edges."""
    leaving: dict[int, list[int]] = {}
    for start, end in zip(starts, ends, strict=True):
        leaving.setdefault(start, []).append(end)
    found = []
    while leaving:
        first = node = next(iter(leaving))
        loop = []
        while node in leaving:
            loop.append(node)
            following = leaving[node].pop()
            if not leaving[node]:
                del leaving[node]
            node = following
            if node == first:
                break
        found.append(loop)
    return found


def equivalent_diameters(scenario: Scenario) -> Array:
    """Diameter of the circle with the area of each grain [m], shape (n_grains,)."""
    ids = grain_ids(scenario)
    areas = np.bincount(ids[ids >= 0], scenario.model.control_volumes.areas[ids >= 0])
    return np.asarray(np.sqrt(4 * areas / np.pi))
