"""Two looks at a film beside its picture: a piece of the mesh at an electrode, and how large its grains are."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator
from scipy.spatial import cKDTree

from fem.fields import Array
from fem.pictures.drawing import draw_lines, length_unit
from fem.pictures.film_outline import boundary_facets, equivalent_diameters, segments
from fem.scenario import Scenario

_WINDOW = 700  # triangles in the piece of the mesh that is shown, about
_LARGEST = 0.15  # side of that piece over the size of the film, at most


def mesh_window(scenario: Scenario) -> tuple[float, float, float]:
    """Left, bottom and side [m] of the square in which the mesh is shown: where a grain boundary meets an electrode."""
    mesh = scenario.model.mesh
    middles = segments(mesh, mesh.boundaries[scenario.model.contacts[0].facets]).mean(axis=1)
    boundaries = segments(mesh, boundary_facets(scenario)).mean(axis=1)
    nearest = cKDTree(boundaries).query(middles)[0] if len(boundaries) else np.zeros(len(middles))
    centre = middles[int(np.argmin(nearest))]
    low, high = mesh.p.min(axis=1), mesh.p.max(axis=1)
    away = np.abs(mesh.p[:, mesh.t].mean(axis=1) - centre[:, np.newaxis]).max(axis=0)
    near = np.partition(away, min(_WINDOW, len(away)) - 1)[min(_WINDOW, len(away)) - 1]
    side = float(min(1.5 * near, _LARGEST * (high - low).max(), (high - low).min()))
    corner = np.clip(centre - side / 2, low, high - side)
    return float(corner[0]), float(corner[1]), side


def draw_mesh(axes: Axes, scenario: Scenario, window: tuple[float, float, float]) -> None:
    """The triangles in a `window`; boundaries that are meshed as strips are shaded."""
    x, y, side = window
    mesh = scenario.model.mesh
    corners = mesh.p[:, mesh.t]
    near = ((corners.max(axis=1) >= [[x], [y]]) & (corners.min(axis=1) <= [[x + side], [y + side]])).all(axis=0)
    strips = np.zeros(len(near), dtype=bool)
    strips[(mesh.subdomains or {}).get("grain_boundary", np.empty(0, dtype=np.int64))] = True
    axes.add_collection(
        PolyCollection(_triangles(corners[:, :, near & strips]), facecolors="#f0a8a0", edgecolors="none")
    )
    facets = np.unique(mesh.t2f[:, near])
    draw_lines(axes, segments(mesh, facets), "#1f4e79", 0.35)
    draw_lines(axes, segments(mesh, boundary_facets(scenario)), "#c1121f", 0.5 if strips.any() else 1.2)
    axes.set_xlim(x, x + side)
    axes.set_ylim(y, y + side)
    axes.set_aspect("equal")
    factor, unit = length_unit(side)
    axes.set_xticks([x, x + side], [f"{x / factor:.4g}", f"{(x + side) / factor:.4g}"], fontsize=7)
    axes.set_yticks([y, y + side], [f"{y / factor:.4g}", f"{(y + side) / factor:.4g}"], fontsize=7)
    axes.set_xlabel(f"x ({unit})", fontsize=8)
    axes.set_ylabel(f"y ({unit})", fontsize=8)
    name = scenario.model.contacts[0].facets
    axes.set_title(f"mesh at '{name}' (framed); {mesh.p.shape[1]} nodes in all", fontsize=8, loc="left", y=1.0)


def draw_sizes(axes: Axes, scenario: Scenario) -> None:
    """Histogram of the grains' equivalent diameters."""
    diameters = equivalent_diameters(scenario)
    size, unit = length_unit(float(np.median(diameters)))
    mean, bins = float(diameters.mean()) / size, int(np.clip(np.sqrt(2 * len(diameters)), 5, 40))
    axes.hist(diameters / size, bins=bins, color="#9db4c8", edgecolor="white", linewidth=0.5)
    axes.axvline(mean, color="#c1121f", lw=1.2)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=7)
    axes.set_xlabel(f"equivalent diameter ({unit})", fontsize=8)
    axes.set_ylabel("grains", fontsize=8)
    spread = np.log(diameters).std()
    axes.set_title(f"mean {mean:.3g} {unit} (red), spread of its logarithm {spread:.2f}", fontsize=8, loc="left", y=1.0)


def _triangles(corners: Array) -> list[Array]:
    """Corners of shape (2, 3, n) as n polygons."""
    return list(corners.transpose(2, 1, 0))
