"""The surface under a probe or an insulating coating, stage by stage of the drive."""

from pathlib import Path
from typing import get_args

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from fem.fields import Array
from fem.observables.profiles import Side
from fem.observables.surface_potential import surface
from fem.physics.drives.drive import stretches
from fem.pictures.drawing import in_time_units, length_unit, new_figure, save
from fem.pictures.map_figures import Pictured

_COLOURS = ("#1f4e79", "#c1121f", "#2a9d8f", "#e9a820", "#6a4c93")
_STAGES, _CURVES = 3, 6  # drawn at most


def coated_sides(run: Pictured) -> list[Side]:
    """Sides of the film under a coated electrode, where the film's own surface has a potential to show."""
    coated = {contact.facets for contact in run.scenario.model.contacts if contact.coating is not None}
    return [side for side in get_args(Side) if side in coated]


def draw_surface(run: Pictured, path: Path) -> None:
    """``surface.png``: potential along the first coated side, and the observables in V, after each change of a drive.

    Nothing is drawn of a film without a coated side.
    """
    if not (sides := coated_sides(run)):
        return
    stages = stages_of(run)[:_STAGES]
    traced = [item.column for item in run.scenario.observables if item.unit == "V"]
    rows = 2 if traced else 1
    figure = new_figure(0.7 + 2.9 * len(stages), 2.4 * rows + 0.2)
    panels = figure.subplots(rows, len(stages), squeeze=False, sharex="row")
    since = np.concatenate([run.series.times[outputs] - start for start, outputs in stages])
    shades = ScalarMappable(LogNorm(since.min(), max(since.max(), 1.001 * since.min())), colormaps["viridis_r"])
    for column, (start, outputs) in enumerate(stages):
        _profiles(panels[0, column], run, sides[0], start, outputs, shades)
        if traced:
            _traces(panels[1, column], run, traced, start, outputs)
    panels[0, 0].set_ylabel("surface potential (V)", fontsize=8)
    figure.colorbar(shades, ax=list(panels[0]), label="time since the change (s)", fraction=0.04, aspect=20)
    if traced:
        panels[1, 0].set_ylabel("mean over the scan (V)", fontsize=8)
        figure.legend(*panels[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7)
    save(figure, path)


def stages_of(run: Pictured) -> list[tuple[float, NDArray[np.int64]]]:
    """Stretches between the changes of a drive: the beginning [s] of each and the outputs within, where there are any.

    An output at a change belongs to the stage that it ends.
    """
    drives = [electrode.drive for electrode in run.scenario.model.electrodes]
    return [(start, np.array(outputs)) for start, outputs in stretches(drives, run.series.times.tolist())]


def _profiles(
    axes: Axes, run: Pictured, side: Side, start: float, outputs: NDArray[np.int64], shades: ScalarMappable
) -> None:
    positions, nodes, _ = surface(run.scenario, side)
    size, unit = length_unit(float(np.ptp(positions)))
    values = np.array([run.series.read("electric_potential", int(k)) for k in outputs])[:, nodes]
    for k in telling_rows(values, _CURVES):
        colour = shades.to_rgba(run.series.times[outputs[k]] - start)
        axes.plot(positions / size, values[k], color=colour, lw=1.1)
    axes.set_title(_title(run, start, outputs), fontsize=8, loc="left")
    axes.set_xlabel(f"{'y' if side in ('left', 'right') else 'x'} ({unit})", fontsize=8)
    _frame(axes)


def _title(run: Pictured, start: float, outputs: NDArray[np.int64]) -> str:
    """When a stage begins and what is then applied to the electrodes whose voltage changes."""
    columns = {
        one.facets: run.columns[f"potential {one.facets} [V]"][: outputs[-1] + 1] for one in run.scenario.model.contacts
    }
    applied = [f"{name} {values[-1]:.3g} V" for name, values in columns.items() if np.ptp(values) > 0]
    return ", ".join([f"from {in_time_units(start)}", *applied])


def telling_rows(values: Array, count: int) -> list[int]:
    """Numbers of at most `count` rows, first and last among them, between which about the same change happens."""
    change = np.concatenate([[0.0], np.abs(np.diff(values, axis=0)).max(axis=1).cumsum()])
    wanted = np.linspace(0, 1, count) * change[-1]
    return sorted({int(np.argmax(change >= share * (1 - 1e-12))) for share in wanted} | {len(values) - 1})[-count:]


def _traces(axes: Axes, run: Pictured, columns: list[str], start: float, outputs: NDArray[np.int64]) -> None:
    since = run.series.times[outputs] - start
    for k, column in enumerate(columns):
        style, colour = ("-", "--")[k % 2], _COLOURS[k % len(_COLOURS)]
        label = column.removesuffix(" [V]")
        axes.plot(since, run.columns[column][outputs], style, color=colour, lw=1.3, label=label)
    axes.set_xscale("log")
    axes.set_xlabel("time since the change (s)", fontsize=8)
    _frame(axes)


def _frame(axes: Axes) -> None:
    axes.tick_params(labelsize=7)
    axes.grid(True, alpha=0.25, linewidth=0.5)
