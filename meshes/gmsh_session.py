"""Gmsh without its rough edges: one session per mesh, quiet, usable outside the main thread, with a helpful failure."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pygmsh.geo import Geometry

_LIBRARIES = "libglu1-mesa libgl1 libxrender1 libxcursor1 libxft2 libxinerama1 libgomp1"
_FRONTAL_DELAUNAY = 6


@contextmanager
def gmsh_session() -> Iterator["Geometry"]:
    """Open a Gmsh session with an empty model and yield a pygmsh geometry to build it with.

    Raises
    ------
    RuntimeError
        If the system libraries that Gmsh needs are missing.
    """
    try:
        import gmsh
        from pygmsh.geo import Geometry
    except OSError as error:
        raise RuntimeError(
            f"Gmsh could not be loaded ({error}); on Debian or Ubuntu install {_LIBRARIES} with apt-get"
        ) from error
    with _broken_pipes_as_before():
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        options = {
            "General.Terminal": 0,
            "General.NumThreads": 1,
            "Mesh.Algorithm": _FRONTAL_DELAUNAY,
            "Mesh.RandomSeed": 1,
            "Mesh.MeshSizeFromPoints": 0,
            "Mesh.MeshSizeFromCurvature": 0,
            "Mesh.MeshSizeExtendFromBoundary": 0,
        }
        for name, value in options.items():
            gmsh.option.setNumber(name, value)
        gmsh.model.add("film")
        yield Geometry()
    finally:
        gmsh.finalize()


@contextmanager
def _broken_pipes_as_before() -> Iterator[None]:
    """Keep Python's answer to a broken pipe, an error; Gmsh replaces it by sudden death of the process."""
    try:
        yield
    finally:
        if hasattr(signal, "SIGPIPE") and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGPIPE, signal.getsignal(signal.SIGPIPE) or signal.SIG_IGN)


def mesh_surfaces(surfaces: list[int]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Mesh the open model and read its triangles surface by surface.

    Parameters
    ----------
    surfaces
        Gmsh numbers of the plane surfaces.

    Returns
    -------
    Points (n, 2) in the model's unit, triangles (m, 3) counter-clockwise, and each triangle's index in `surfaces`.

    Raises
    ------
    RuntimeError
        If Gmsh fails.
    """
    import gmsh

    try:
        gmsh.model.mesh.generate(2)
    except Exception as error:  # gmsh raises nothing more specific
        raise RuntimeError(f"Gmsh could not mesh the film: {error}") from error
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    number = np.full(int(tags.max()) + 1, -1, dtype=np.int64)
    cells, owners = [], []
    for k, surface in enumerate(surfaces):
        _, nodes = gmsh.model.mesh.getElementsByType(2, surface)
        if len(nodes) == 0:
            raise RuntimeError(f"Gmsh left grain {k} without triangles: merge its short edges or use a finer mesh")
        cells.append(np.asarray(nodes, dtype=np.int64).reshape(-1, 3))
        owners.append(np.full(len(cells[-1]), k))
    triangles = np.vstack(cells)
    used = np.unique(triangles)
    number[used] = np.arange(len(used))
    points = np.empty((int(tags.max()) + 1, 2))
    points[np.asarray(tags, dtype=np.int64)] = coordinates.reshape(-1, 3)[:, :2]
    return points[used], counter_clockwise(points[used], number[triangles]), np.concatenate(owners)


def counter_clockwise(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles with their corners in counter-clockwise order."""
    a, b, c = points[triangles].transpose(1, 2, 0)
    negative = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]) < 0
    turned = triangles.copy()
    turned[negative, 1], turned[negative, 2] = triangles[negative, 2], triangles[negative, 1]
    return turned


def graded_distance(curves: list[int], smallest: float, largest: float, growth: float, spacing: float) -> int:
    """Add a size field that grows from `smallest` on the curves to `largest`; its Gmsh number.

    Parameters
    ----------
    curves
        Gmsh numbers of curves.
    smallest, largest
        Cell sizes in the model's unit.
    growth
        Ratio of neighbouring sizes.
    spacing
        Longest distance between the points that stand for a curve.
    """
    import gmsh

    field = gmsh.model.mesh.field
    distance = field.add("Distance")
    longest = max(_length(curve) for curve in curves)
    field.setNumbers(distance, "CurvesList", curves)
    field.setNumber(distance, "Sampling", int(np.clip(np.ceil(longest / spacing) + 1, 2, 4000)))
    threshold = field.add("Threshold")
    reach = max((largest - smallest) / (growth - 1), 1e-3 * smallest)
    for name, value in (
        ("InField", distance),
        ("SizeMin", smallest),
        ("SizeMax", largest),
        ("DistMin", 0.0),
        ("DistMax", reach),
    ):
        field.setNumber(threshold, name, value)
    return int(threshold)


def use_smallest(fields: list[int]) -> None:
    """Let the smallest of the size fields rule the mesh."""
    import gmsh

    field = gmsh.model.mesh.field
    smallest = field.add("Min")
    field.setNumbers(smallest, "FieldsList", fields)
    field.setAsBackgroundMesh(smallest)


def _length(curve: int) -> float:
    import gmsh

    x0, y0, _, x1, y1, _ = gmsh.model.getBoundingBox(1, curve)
    return float(np.hypot(x1 - x0, y1 - y0))
