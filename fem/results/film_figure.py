"""The film before anything happens: grains, electrodes, mesh."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from scipy.spatial import cKDTree

from fem.fields import Array
from fem.results.drawing import draw_boundaries, frame_as_map, new_figure, save
from fem.results.map_figures import Pictured
from fem.results.maps import grain_ids

_ELECTRODES = ("#1f4e79", "#c1121f", "#2a9d8f", "#e9a820")


def draw_microstructure(run: Pictured, path: Path) -> None:
    """``microstructure.png``: coloured grains with the electrodes marked, and the mesh at an electrode."""
    wide = run.canvas.aspect > 2.0
    height = 3.6
    size = (
        (8.0, height + 8.0 / run.canvas.aspect) if wide else (height * run.canvas.aspect + height + 1.0, height + 0.3)
    )
    figure = new_figure(*size)
    ratios = [1 / run.canvas.aspect, height / 8.0] if wide else [run.canvas.aspect, 1]
    kind = {"height_ratios": ratios} if wide else {"width_ratios": ratios}
    film, mesh = figure.subplots(*((2, 1) if wide else (1, 2)), gridspec_kw=kind)
    _draw_grains(film, run)
    _draw_electrodes(film, run)
    window = mesh_window(run)
    x, y, side = window
    film.add_patch(Rectangle((x, y), side, side, fill=False, edgecolor="black", linewidth=1.0, zorder=6))
    _draw_mesh(mesh, run, window)
    save(figure, path)


def mesh_window(run: Pictured) -> tuple[float, float, float]:
    """Left, bottom and side [m] of the square in which the mesh is shown: where a grain boundary meets an electrode."""
    mesh = run.scenario.model.mesh
    contact = run.scenario.model.contacts[0]
    middles = mesh.p[:, mesh.facets[:, mesh.boundaries[contact.facets]]].mean(axis=1)
    boundaries = run.canvas.boundaries.mean(axis=1)
    nearest = cKDTree(boundaries).query(middles.T)[0] if len(boundaries) else np.zeros(middles.shape[1])
    low, high = mesh.p.min(axis=1), mesh.p.max(axis=1)
    side = 0.15 * float((high - low).min())
    corner = np.clip(middles[:, int(np.argmin(nearest))] - side / 2, low, high - side)
    return float(corner[0]), float(corner[1]), side


def _draw_grains(axes: Axes, run: Pictured) -> None:
    ids = grain_ids(run.scenario)
    count = int(ids.max()) + 1
    picture = run.canvas.raster.sample_cells(np.where(ids < 0, np.nan, ids.astype(float)))
    axes.imshow(
        picture, origin="lower", extent=run.canvas.raster.extent, aspect=run.canvas.stretch,
        cmap=_distinct(max(count, 1)), vmin=-0.5, vmax=max(count, 1) - 0.5, interpolation="nearest",
    )  # fmt: skip
    draw_boundaries(axes, run.canvas.boundaries, "black", 0.5)
    frame_as_map(axes, run.canvas, f"{count} grains, {run.scenario.geometry}")


def _distinct(count: int) -> ListedColormap:
    """Pale colours whose neighbours in number differ (golden-ratio steps through the hues)."""
    hue = 2 * np.pi * (np.arange(count) * 0.61803398875 % 1)
    light = 0.76 + 0.10 * np.sin(2.4 * np.arange(count))
    rgb = light[:, np.newaxis] + 0.13 * np.cos(hue[:, np.newaxis] - np.array([0, 2, 4]) * np.pi / 3)
    return ListedColormap(list(map(tuple, rgb)))


def _draw_electrodes(axes: Axes, run: Pictured) -> None:
    mesh = run.scenario.model.mesh
    for contact, colour in zip(run.scenario.model.contacts, _ELECTRODES, strict=False):
        ends = mesh.p[:, mesh.facets[:, mesh.boundaries[contact.facets]]]
        lines = LineCollection(list(ends.transpose(2, 1, 0)), colors=colour, linewidths=5, zorder=7, clip_on=False)
        axes.add_collection(lines)
        axes.plot([], [], color=colour, lw=4, label=contact.facets)
    axes.legend(fontsize=7, loc="upper right", framealpha=0.8, borderpad=0.3)


def _draw_mesh(axes: Axes, run: Pictured, window: tuple[float, float, float]) -> None:
    x, y, side = window
    points = run.series.points
    corners = points[:, run.series.triangles]
    near = ((corners.max(axis=2) >= [[x], [y]]) & (corners.min(axis=2) <= [[x + side], [y + side]])).all(axis=0)
    axes.add_collection(
        LineCollection(_outlines(points, run.series.triangles[near]), colors="#1f4e79", linewidths=0.35)
    )
    draw_boundaries(axes, run.canvas.boundaries, "#c1121f", 1.2)
    axes.set_xlim(x, x + side)
    axes.set_ylim(y, y + side)
    axes.set_aspect("equal")
    nm = 1e9
    axes.set_xticks([x, x + side], [f"{nm * x:.4g}", f"{nm * (x + side):.4g}"], fontsize=7)
    axes.set_yticks([y, y + side], [f"{nm * y:.4g}", f"{nm * (y + side):.4g}"], fontsize=7)
    axes.set_xlabel("x (nm)", fontsize=8)
    axes.set_ylabel("y (nm)", fontsize=8)
    name = run.scenario.model.contacts[0].facets
    axes.set_title(f"mesh at electrode '{name}'; grain boundaries red", fontsize=8, loc="left")


def _outlines(points: Array, triangles: Array) -> list[Array]:
    closed = triangles[:, [0, 1, 2, 0]]
    return list(points[:, closed].transpose(1, 2, 0))
