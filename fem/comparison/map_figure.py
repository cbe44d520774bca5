"""Maps of all runs side by side at matched moments, every map of a comparison on one colour scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fem.comparison.compared import Compared
from fem.comparison.mapped import Maps
from fem.comparison.matching import Match, Matches, at_output_times
from fem.comparison.rows import shown
from fem.fields import Array
from fem.observables.raster import Raster
from fem.pictures.colour_bar import Plain, label_powers
from fem.pictures.drawing import Canvas, Shade, draw_boundaries, frame_as_map, new_figure, pixels, save
from fem.pictures.map_figures import CM3, concentration_norm, light_norm
from fem.pictures.time_frames import frames_in, write_frames

LIGHT = "PL_ratio"
_GLARING, _DARKEST = 20.0, 0.01  # PL/PL0 above which colours are logarithmic, and their lower end then
_FRAME_DPI = 110
_WIDTH, _TALLEST, _NARROWEST, _SPACE, _BAR = 10.0, 3.4, 2.4, 0.42, 1.0  # [inch] maps, one, above it, colour bar


@dataclass(frozen=True)
class Panel:
    """A map and its title."""

    values: Array
    title: str


def draw_maps(runs: Sequence[Compared], found: Matches, folder: Path) -> dict[str, str]:
    """Draw one figure per kind of match into `folder`: the file of each kind; none without a common map or moment.

    With them goes a frame per common time (:func:`frames_of`).
    """
    name = common_map(runs)
    if name is None or not found:
        return {}
    maps, moving = [Maps(run) for run in runs], at_output_times(runs)
    values = {id(match): _values(maps, match, name) for group in (*found.values(), moving) for match in group}
    shade = _shade(name, [one for row in values.values() for one in row])
    labels, canvases = [run.group or run.label for run in runs], [canvas_of(one) for one in maps]

    def figure(group: Sequence[Match]) -> Figure:
        rows = [[Panel(one, _title(match, k)) for k, one in enumerate(values[id(match)])] for match in group]
        return _figure(rows, canvases, labels, shade)

    files = {kind: f"maps_{kind.replace(' ', '_').replace('_of_the_', '_of_')}.png" for kind in found}
    for kind, group in found.items():
        save(figure(group), folder / files[kind])
    write_frames(folder, {k: pixels(figure([match]), _FRAME_DPI) for k, match in enumerate(moving)})
    return files


def frames_of(runs: Sequence[Compared], folder: Path) -> list[tuple[str, Path]]:
    """Pictures of all runs at one common time after another that were drawn into `folder`, after words for the time."""
    frames = zip(at_output_times(runs), frames_in(folder).values(), strict=False)
    return [(match.words + _at_rest(runs, match.level), path) for match, path in frames]


def _at_rest(runs: Sequence[Compared], time: float) -> str:
    """How long the voltage of all runs is gone at a `time` since its onset [s]; empty while one has it."""
    rests = [float(time - run.elapsed[run.driven.stop - 1]) if run.rests else 0.0 for run in runs]
    return f", at rest for {shown(min(rests), 's')}" if min(rests) > 0 else ""


def common_map(runs: Sequence[Compared]) -> str | None:
    """The map that is compared: the light where all `runs` have it, else the first ion that all have."""
    shared = [name for name in runs[0].results.fields if all(name in run.results.fields for run in runs)]
    ions = [name for name in shared if name.startswith("concentration_")]
    return LIGHT if LIGHT in shared else next(iter(ions), None)


def canvas_of(maps: Maps) -> Canvas:
    """Pixels and grain boundaries of a run."""
    points, triangles = np.asarray(maps.run.results.points, dtype=float), maps.run.results.triangles
    return Canvas(Raster.over(points, triangles), boundaries_between(maps.grains, points, triangles))


def boundaries_between(grains: Array, points: Array, triangles: NDArray[np.int64]) -> Array:
    """Edges between cells of different grains [m], shape (n_edges, 2, 2); nodes at one place count as one node."""
    places, place = np.unique(points.T, axis=0, return_inverse=True)
    corners = np.asarray(place).ravel()[triangles]
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    unique, edge = np.unique(edges, axis=0, return_inverse=True)
    owners = np.tile(grains, 3)
    low, high = np.full(len(unique), np.inf), np.full(len(unique), -np.inf)
    np.minimum.at(low, np.asarray(edge).ravel(), owners)
    np.maximum.at(high, np.asarray(edge).ravel(), owners)
    return np.asarray(places[unique[low < high]])


def _values(maps: Sequence[Maps], match: Match, name: str) -> list[Array]:
    factor = 1.0 if name == LIGHT else CM3
    return [factor * one.field(name, moment) for one, moment in zip(maps, match.moments, strict=True)]


def _shade(name: str, values: Sequence[Array]) -> Shade:
    """One colour scale for all `values`."""
    low, high = min(map(np.nanmin, values)), max(map(np.nanmax, values))
    if name == LIGHT:
        if high > _GLARING:
            return Shade("PL / PL₀", "inferno", LogNorm(max(low, _DARKEST), high, clip=True))
        return Shade("PL / PL₀", "inferno", light_norm(low, high))
    ion = name.removeprefix("concentration_").replace("_", " ")
    return Shade(f"{ion} (1/cm³)", "viridis", concentration_norm(low, high))


def _title(match: Match, run: int) -> str:
    return f"{match.words}" if match.kind == "same time" else f"{match.words}, {shown(match.moments[run].time, 's')}"


def _figure(rows: Sequence[Sequence[Panel]], canvases: Sequence[Canvas], labels: Sequence[str], shade: Shade) -> Figure:
    """Rows of matched moments, a column per run, one colour bar."""
    height = min(_TALLEST, _WIDTH / sum(canvas.aspect for canvas in canvases))
    starts = np.cumsum([0.05, *(max(height * canvas.aspect + 0.2, _NARROWEST) for canvas in canvases)])
    total = (float(starts[-1]) + _BAR, (height + _SPACE) * len(rows) + 0.3)
    figure = new_figure(*total, layout=None)
    for k, row in enumerate(rows):
        bottom = total[1] - 0.15 - (k + 1) * (height + _SPACE)
        for panel, canvas, left in zip(row, canvases, starts, strict=False):
            box = (left / total[0], bottom / total[1], height * canvas.aspect / total[0], height / total[1])
            _draw_one(figure.add_axes(box), canvas, panel, shade)
    for label, left in zip(labels, starts, strict=False):
        figure.text(left / total[0], 1 - 0.05 / total[1], label, fontsize=10, weight="bold", va="top")
    bar = figure.add_axes((1 - 0.88 / total[0], 0.15, 0.13 / total[0], 0.65))
    drawn = figure.colorbar(ScalarMappable(shade.norm, shade.colours), bar)
    drawn.set_label(shade.label, fontsize=8)
    bar.tick_params(labelsize=7)
    if isinstance(shade.norm, LogNorm):
        label_powers(bar.yaxis)
    else:
        bar.yaxis.set_major_formatter(Plain())
    return figure


def _draw_one(axes: Axes, canvas: Canvas, panel: Panel, shade: Shade) -> None:
    picture = canvas.raster.sample_nodes(panel.values)
    axes.imshow(
        picture, origin="lower", extent=canvas.raster.extent, aspect=canvas.stretch,
        cmap=shade.colours, norm=shade.norm, interpolation="nearest",
    )  # fmt: skip
    draw_boundaries(axes, canvas.boundaries)
    frame_as_map(axes, canvas.frame, panel.title)


CAPTIONS: Mapping[str, str] = {
    "same time": "The films after the same time since the voltage. One colour scale for all maps of this page.",
    "same share of the charge": "The films when each has moved the same share of its own final charge.",
    "same quench": "The films when each has lost the same share of its light.",
}
