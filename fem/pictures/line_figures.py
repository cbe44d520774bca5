"""Curves of a run: time traces, profiles along the field, and the table of profiles."""

import csv
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from fem.fields import Array
from fem.observables.emission import initial_emission
from fem.observables.maps import identifier
from fem.observables.observables import charge_moved
from fem.observables.profiles import Axis, CrossLines, cross_lines
from fem.pictures.colour_bar import label_powers
from fem.pictures.drawing import length_unit, new_figure, save
from fem.pictures.map_figures import Pictured, seen, telling_outputs
from fem.scenario import Scenario

_TOGETHER = 16  # outputs that are averaged at once
_TICKS = 5  # intervals of a linear axis, at most: each tick costs as much time as a curve
_COLOURS = ("#1f4e79", "#c1121f", "#2a9d8f", "#e9a820", "#6a4c93")


def draw_traces(run: Pictured, path: Path) -> None:
    """``traces.png``: potential, charge, current and PL against time on a logarithmic axis."""
    parts = ["potential", "charge", "current"] + (["PL"] if run.shows_light else [])
    height = 1.55 * len(parts) + 0.6
    figure = new_figure(5.2, height, layout=None)
    frame = {"left": 0.2, "right": 0.97, "bottom": 0.5 / height, "top": 1 - 0.1 / height, "hspace": 0.12}
    panels = figure.subplots(len(parts), 1, sharex=True, gridspec_kw=frame)
    for axes, part in zip(panels, parts, strict=True):
        {"potential": _potentials, "charge": _charges, "current": _currents, "PL": _light}[part](axes, run)
        axes.grid(True, which="major", alpha=0.25, linewidth=0.5)
        axes.tick_params(labelsize=8)
        if axes.get_yscale() == "linear":
            axes.locator_params(axis="y", nbins=_TICKS)
        axes.legend(fontsize=7, frameon=False, loc="best")
    times = run.columns["time [s]"]
    if len(times) > 1:
        panels[0].set_xscale("log")
        panels[0].set_xlim(times[1], times[-1])
        label_powers(panels[0].xaxis)
    panels[-1].set_xlabel("time (s)", fontsize=9)
    for axes in panels:
        axes.yaxis.set_label_coords(-0.14, 0.5)
    save(figure, path)


def draw_profiles(run: Pictured, path: Path) -> None:
    """``profiles.png``: along the field, averaged across it, at several times; with PL along x in a cross-section."""
    panels = _profile_panels(run)
    height = 2.15 * len(panels)
    figure = new_figure(5.6, height, layout=None)
    frame = {"left": 0.135, "right": 0.825, "bottom": 0.42 / height, "top": 1 - 0.08 / height, "hspace": 0.28}
    grid = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw=frame).ravel()
    outputs = telling_outputs(run, 6)
    times = [run.series.times[k] for k in outputs if run.series.times[k] > 0] or [1.0]
    shades = ScalarMappable(LogNorm(times[0], max(times[-1], 1.001 * times[0])), colormaps["viridis_r"])
    for axes, panel in zip(grid, panels, strict=True):
        size, unit = length_unit(float(np.ptp(panel.lines.positions)))
        for k in outputs:
            colour = shades.to_rgba(max(run.series.times[k], times[0]))
            axes.plot(panel.lines.positions / size, panel.values(k), color=colour, lw=1.2)
        axes.set_ylabel(panel.label, fontsize=8)
        axes.set_xlabel(f"{panel.lines.axis} ({unit})", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.locator_params(nbins=_TICKS)
        axes.grid(True, alpha=0.25, linewidth=0.5)
        if panel.logarithmic:
            axes.set_yscale("log")
            axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-4 * axes.get_ylim()[1]))
            label_powers(axes.yaxis)
    bar = figure.colorbar(shades, figure.add_axes((0.86, 0.15, 0.026, 0.7)), label="time (s)")
    label_powers(bar.ax.yaxis)
    save(figure, path)


@dataclass(frozen=True)
class _Panel:
    """Profiles of one quantity: `values` at the positions of `lines` by number of the output."""

    label: str
    lines: CrossLines
    values: Callable[[int], Array]
    logarithmic: bool = False


def _profile_panels(run: Pictured) -> list[_Panel]:
    along = field_axis(run)
    lines = cross_lines(run.scenario.model.mesh, along)
    panels = [_light_panel(run, lines)] if run.shows_light else []
    if run.shows_light and run.scenario.geometry == "cross-section" and along == "y":
        panels.append(_light_panel(run, cross_lines(run.scenario.model.mesh, "x")))
    panels += [_ion_panel(run, lines, k) for k in range(len(run.scenario.model.species))]
    return [*panels, _Panel("potential (V)", lines, lambda k: _average(run, lines, "electric_potential", k, None))]


def _light_panel(run: Pictured, lines: CrossLines) -> _Panel:
    across = "y" if lines.axis == "x" else "x"
    label = f"∫PL d{across} / ∫PL₀ d{across}"
    return _Panel(label, lines, lambda k: lines.average(seen(run, k), initial_light(run)))


def _ion_panel(run: Pictured, lines: CrossLines, species: int) -> _Panel:
    name = run.scenario.model.species[species].name
    field = f"concentration_{identifier(name)}"
    start = lines.average(run.scenario.model.start_concentrations[species])
    start = np.where(start > 0, start, run.scenario.model.unknowns.unit[species])  # a product has its reference
    return _Panel(f"{name}\nover start", lines, lambda k: _average(run, lines, field, k, None) / start, True)


def write_profiles(run: Pictured, directory: Path) -> None:
    """``profiles_x.csv`` and ``profiles_y.csv``: averages across the other direction, for every output and position.

    The column PL/PL0 is the integral of the emission over that of the initial one: along x of a cross-section, what a
    microscope above the film sees.
    """
    names = [name for name in run.series.units if run.series.is_nodal(name) and name != "PL_quench"]
    tables = [cross_lines(run.scenario.model.mesh, axis) for axis in get_args(Axis)]
    with ExitStack() as stack:
        files = []
        for lines in tables:
            path = directory / f"profiles_{lines.axis}.csv"
            files.append(stack.enter_context(path.open("w", newline="", encoding="utf-8")))
            header = ["time [s]", f"{lines.axis} [m]"] + [f"{name} [{run.series.units[name]}]" for name in names]
            csv.writer(files[-1], lineterminator="\n").writerow(header)
        for first in range(0, len(run.series), _TOGETHER):
            outputs = range(first, min(first + _TOGETHER, len(run.series)))
            for file, part in zip(files, _means(run, tables, names, outputs), strict=True):
                row = ",".join(["%.9g", *["%.7g"] * (len(names) + 1)]) + "\n"
                file.writelines((row * len(one)) % tuple(one.ravel().tolist()) for one in part)


def _means(run: Pictured, tables: list[CrossLines], names: list[str], outputs: range) -> list[Array]:
    """Rows of each table at `outputs`, shape (n_outputs, n_lines, 2 + n_names): time, position and the averages."""
    light = initial_light(run)
    found = [np.empty((len(outputs), len(lines.positions), 2 + len(names))) for lines in tables]
    for lines, rows in zip(tables, found, strict=True):
        rows[:, :, 0], rows[:, :, 1] = run.series.times[outputs.start : outputs.stop, None], lines.positions
    for column, name in enumerate(names, start=2):
        values = np.asarray(run.series.read_several(name, outputs), dtype=float)
        for lines, rows in zip(tables, found, strict=True):
            rows[:, :, column] = lines.average(values, light if name == "PL_ratio" else None)
    return found


def field_axis(run: Pictured) -> Axis:
    """Direction from the first electrode to the one farthest from it."""
    mesh = run.scenario.model.mesh
    names = _electrodes(run)
    centres = np.array([mesh.p[:, mesh.facets[:, mesh.boundaries[name]]].mean(axis=(1, 2)) for name in names])
    distance = np.abs(centres - centres[0]).max(axis=0)
    return "x" if distance[0] >= distance[1] else "y"


def initial_light(run: Pictured) -> Array | None:
    """PL0 at the nodes; None without light."""
    return initial_emission(run.scenario) if run.shows_light else None


def _average(run: Pictured, lines: CrossLines, name: str, output: int, light: Array | None) -> Array:
    values = np.asarray(run.series.read(name, output), dtype=float)
    return lines.average(values, light if name == "PL_ratio" else None)


def _named(run: Pictured, what: str) -> dict[str, Array]:
    """Columns "<what> <electrode> [unit]" by electrode."""
    return {
        name: next(v for header, v in run.columns.items() if header.startswith(f"{what} {name} ["))
        for name in _electrodes(run)
    }


def _electrodes(run: Pictured) -> list[str]:
    return [contact.facets for contact in run.scenario.model.contacts]


def _potentials(axes: Axes, run: Pictured) -> None:
    for (name, values), colour in zip(_named(run, "potential").items(), _COLOURS, strict=False):
        axes.plot(run.columns["time [s]"], values, color=colour, lw=1.3, label=name)
    axes.set_ylabel("potential (V)", fontsize=9)


def _charges(axes: Axes, run: Pictured) -> None:
    for (name, values), colour in zip(_named(run, "charge").items(), _COLOURS, strict=False):
        axes.plot(run.columns["time [s]"], 1e2 * values, ".-", color=colour, ms=3, lw=1.3, label=name)
    if not _moves(charge_moved(run.scenario, run.columns)):
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.05, high + 0.05)  # round-off is drawn as the straight line that it is
    axes.set_ylabel("charge (µC/cm²)", fontsize=9)


def _currents(axes: Axes, run: Pictured) -> None:
    """Size of the current, open circles where it flows out of the film; of two electrodes, the first carries it all."""
    time, currents = run.columns["time [s]"], known_currents(run.scenario, run.columns)
    shown = list(currents.items())[: 1 if len(currents) == 2 else None]
    for (name, values), colour in zip(shown, _COLOURS, strict=False):
        axes.plot(time, 1e-4 * np.abs(values), "-", color=colour, lw=1.0, label=name)
        for flows, face in ((values > 0, colour), (values < 0, "white")):
            axes.plot(time[flows], 1e-4 * np.abs(values[flows]), "o", color=colour, ms=3, mfc=face)
    if any(np.isfinite(values).any() for _, values in shown):
        axes.set_yscale("log")
        label_powers(axes.yaxis)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no current exceeds its error", transform=axes.transAxes, ha="center", fontsize=8)
    axes.set_ylabel("|current| (A/cm²)\nopen: out of the film\nbelow its error: not drawn", fontsize=7)


def known_currents(scenario: Scenario, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Current density of each electrode [A/m^2], NaN where it does not exceed its error or no charge ever moves."""
    moved, known = charge_moved(scenario, columns), {}
    for name in moved:
        values, errors = columns[f"current {name} [A/m^2]"], columns[f"current error {name} [A/m^2]"]
        known[name] = np.where(_moves(moved) & (np.abs(values) > errors), values, np.nan)
    return known


def _moves(charge: Mapping[str, Array]) -> bool:
    return any(values.any() for values in charge.values())


def _light(axes: Axes, run: Pictured) -> None:
    """Light of the whole film over that at the start, and of its darkest and brightest node."""
    lines = (("mean", "film", "-"), ("minimum", "darkest node", "--"), ("maximum", "brightest node", ":"))
    for (what, label, style), colour in zip(lines, _COLOURS, strict=False):
        values = run.columns[f"PL/PL0 {what} [1]"]
        axes.plot(run.columns["time [s]"], values, style, color=colour, lw=1.3, label=label)
    axes.set_ylim(0, 1.05 * max(1.0, float(run.columns["PL/PL0 maximum [1]"].max())))
    axes.set_ylabel("PL / PL₀", fontsize=9)
