"""Small films for tests: rectangles of irregular triangles with named rims, boundary lines and strips."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.constants import eV, nm
from fem.model import PoissonNernstPlanck
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import ThinLayer
from fem.physics.materials import MAPbI3, Material
from fem.physics.species import Species

Array = NDArray[np.float64]
Where = Callable[[Array], NDArray[np.bool_]]

VACANCY = Species("vacancy", 1, 1e24, 6.5e-8, 0.58 * eV)
INTERSTITIAL = Species("interstitial", -1, 1e24, 6.5e-8, 0.55 * eV)


def graded(length: float, first: float, growth: float = 1.25, largest: float = np.inf) -> Array:
    """Coordinates from 0 to `length` [m] whose spacing grows from `first` at both ends."""
    half, spacing = [0.0], first
    while half[-1] < length / 2:
        half.append(half[-1] + spacing)
        spacing = min(spacing * growth, largest)
    left = np.array(half) * (length / 2) / half[-1]
    return np.concatenate([left, length - left[-2::-1]])


def one_sided(length: float, first: float, growth: float) -> Array:
    """Coordinates from 0 to `length` [m] whose spacing grows from `first`."""
    return graded(2 * length, first, growth)[: len(graded(2 * length, first, growth)) // 2 + 1]


def rectangle(x: Array, y: Array, jitter: float = 0.2, seed: int = 1, lines: tuple[float, ...] = ()) -> MeshTri:
    """Irregular triangles on the grid of `x` and `y` [m]; nodes on the rim and on the vertical `lines` stay in place.

    Rims are ``left``, ``right``, ``bottom``, ``top`` (corners belong to two) and ``rim`` (all); facets on `lines` are
    ``grain_boundary_lines`` and, one by one, ``boundary_0_1``, ``boundary_1_2``, ...; the columns between them are
    ``grain_<k>``.
    """
    rng = np.random.default_rng(seed)
    nx, ny = len(x), len(y)
    px, py = (grid.copy() for grid in np.meshgrid(x, y, indexing="ij"))
    inner = np.zeros((nx, ny), dtype=bool)
    inner[1:-1, 1:-1] = True
    inner[np.isin(x, lines)] = False
    rooms = np.array(np.broadcast_arrays(_room(x)[:, None], _room(y)[None, :]))
    shake = jitter * rooms.min(axis=0) ** 2 / rooms.max(axis=0)  # so little in flat cells that they stay Delaunay
    px[inner] += (shake * rng.uniform(-1, 1, (nx, ny)))[inner]
    py[inner] += (shake * rng.uniform(-1, 1, (nx, ny)))[inner]
    number = np.arange(nx * ny).reshape(nx, ny)
    corners = np.array([number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]]).reshape(4, -1)
    points = np.array([px.ravel(), py.ravel()])
    mesh = MeshTri(points, _split(points, corners, rng))
    volumes = ControlVolumes.of(mesh)
    assert volumes.edge_weights(np.ones(len(volumes.areas))).min() > -1e-12, (
        "the test mesh is not Delaunay: shake it less"
    )
    return _named(mesh, lines)


def _room(coordinates: Array) -> Array:
    gaps = np.diff(coordinates)
    return np.minimum(np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]]))


def _split(points: Array, corners: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Two triangles of each quadrilateral, by its Delaunay diagonal (at random where both are)."""
    a, b, c, d = points[:, corners].swapaxes(0, 1)
    opposite = _angle(b, a, c) + _angle(d, a, c)
    first = opposite < np.pi + 1e-9 * rng.uniform(-1, 1, opposite.shape)
    one, two = corners[:, first], corners[:, ~first]
    return np.hstack([one[[0, 1, 2]], one[[0, 2, 3]], two[[0, 1, 3]], two[[1, 2, 3]]])


def _angle(apex: Array, first: Array, second: Array) -> Array:
    u, v = first - apex, second - apex
    return np.asarray(np.abs(np.arctan2(u[0] * v[1] - u[1] * v[0], (u * v).sum(axis=0))))


def _named(mesh: MeshTri, lines: tuple[float, ...]) -> MeshTri:
    low, high = mesh.p.min(axis=1), mesh.p.max(axis=1)
    near = 1e-9 * (high - low)

    def on(axis: int, value: float) -> Where:
        return lambda p: np.abs(p[axis] - value) < near[axis]

    rims = {"left": on(0, low[0]), "right": on(0, high[0]), "bottom": on(1, low[1]), "top": on(1, high[1])}
    mesh = mesh.with_boundaries(rims).with_boundaries({"rim": lambda p: np.ones(p.shape[1], dtype=bool)})
    if lines:
        walls = {f"boundary_{k}_{k + 1}": on(0, value) for k, value in enumerate(lines)}
        walls["grain_boundary_lines"] = lambda p: np.min([np.abs(p[0] - v) for v in lines], axis=0) < near[0]
        mesh = mesh.with_boundaries(walls, boundaries_only=False)
    edges = [low[0], *lines, high[0]]
    columns = {f"grain_{k}": _between(left, right) for k, (left, right) in enumerate(pairwise(edges))}
    return mesh.with_subdomains(columns)


def _between(left: float, right: float) -> Where:
    return lambda p: (p[0] > left) & (p[0] < right)


def with_strips(mesh: MeshTri, strips: Mapping[str, Where]) -> MeshTri:
    """`mesh` with further subdomains by centroid, and ``grain_interior`` for what `strips` leave."""
    rest = {"grain_interior": lambda p: ~np.any([inside(p) for inside in strips.values()], axis=0)}
    return mesh.with_subdomains({**strips, **rest})


def film(
    mesh: MeshTri,
    species: tuple[Species, ...] = (VACANCY,),
    contacts: tuple[Contact, ...] = (Contact("bottom", 0.0), Contact("top", step(1.0))),
    layers: tuple[ThinLayer, ...] = (),
    material: Material = MAPbI3,
) -> PoissonNernstPlanck:
    """A model on `mesh`; blocking electrodes at bottom and top and a 1 V step unless stated."""
    return PoissonNernstPlanck(mesh, material, species, contacts, layers=layers)


def thin_column(length: float = 200 * nm, first: float = 1 * nm, width: float = 20 * nm) -> MeshTri:
    """A narrow film between electrodes at bottom and top, graded to both."""
    return rectangle(np.linspace(0, width, 4), graded(length, first, largest=20 * nm))


def small_film(
    contacts: tuple[Contact, ...], species: tuple[Species, ...] = (VACANCY,), first: float = 2 * nm
) -> PoissonNernstPlanck:
    """A film of 100 nm with some eighty nodes."""
    return film(thin_column(100 * nm, first, 10 * nm), species, contacts)


def gap(one: Array, other: Array) -> float:
    """Largest difference over the largest value."""
    return float(np.abs(one - other).max() / np.abs(other).max())
