"""Curves of a run: time traces, profiles along the field, and the table of profiles."""

import csv
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from fem.fields import Array
from fem.results.drawing import length_unit, new_figure, save
from fem.results.map_figures import Pictured, seen, telling_outputs
from fem.results.maps import luminescence
from fem.results.profiles import Axis, Slices

_COLOURS = ("#1f4e79", "#c1121f", "#2a9d8f", "#e9a820", "#6a4c93")


def draw_traces(run: Pictured, path: Path) -> None:
    """``traces.png``: potential, charge, current and PL against time on a logarithmic axis."""
    parts = ["potential", "charge", "current"] + (["PL"] if run.shows_light else [])
    figure = new_figure(5.2, 1.55 * len(parts) + 0.5)
    panels = figure.subplots(len(parts), 1, sharex=True)
    for axes, part in zip(panels, parts, strict=True):
        {"potential": _potentials, "charge": _charges, "current": _currents, "PL": _light}[part](axes, run)
        axes.grid(True, which="major", alpha=0.25, linewidth=0.5)
        axes.tick_params(labelsize=8)
        axes.legend(fontsize=7, frameon=False, loc="best")
    times = run.columns["time [s]"]
    if len(times) > 1:
        panels[0].set_xscale("log")
        panels[0].set_xlim(times[1], times[-1])
    panels[-1].set_xlabel("time (s)", fontsize=9)
    save(figure, path)


def draw_profiles(run: Pictured, path: Path) -> None:
    """``profiles.png``: along the field, averaged across it, at several times; with PL along x in a cross-section."""
    along = field_axis(run)
    panels: list[tuple[str, Axis]] = [("PL", along)] if run.shows_light else []
    if run.shows_light and run.scenario.geometry == "cross-section" and along == "y":
        panels.append(("PL", "x"))
    panels += [("ions", along), ("potential", along)]
    figure = new_figure(5.6, 2.1 * len(panels) + 0.3)
    times = run.series.times
    outputs = telling_outputs(run, 6)
    positive = [times[k] for k in outputs if times[k] > 0] or [1.0]
    norm = LogNorm(positive[0], max(positive[-1], 1.001 * positive[0]))
    grid = figure.subplots(len(panels), 1, squeeze=False).ravel()
    for axes, (quantity, axis) in zip(grid, panels, strict=True):
        _draw_profile(axes, run, quantity, axis, outputs, norm)
    shades = ScalarMappable(norm, colormaps["viridis_r"])
    figure.colorbar(shades, ax=list(grid), label="time (s)", fraction=0.04, aspect=40)
    save(figure, path)


def write_profiles(run: Pictured, path: Path, axis: Axis) -> None:
    """``profiles_x.csv`` or ``profiles_y.csv``: averages across the other direction, for every output and position.

    The column PL/PL0 is the integral of the emission over that of the initial one: along x of a cross-section, what a
    microscope above the film sees.
    """
    slices = _slices(run, axis)
    names = [name for name in run.series.units if run.series.is_nodal(name) and name != "PL_quench"]
    header = ["time [s]", f"{axis} [m]"] + [f"{name} [{run.series.units[name]}]" for name in names]
    reference = initial_light(run)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for k, time in enumerate(run.series.times):
            means = [_average(run, slices, name, k, reference) for name in names]
            for row in zip(slices.positions, *means, strict=True):
                writer.writerow([f"{time:.9g}"] + [f"{value:.7g}" for value in row])


def field_axis(run: Pictured) -> Axis:
    """Direction from the first electrode to the one farthest from it."""
    mesh = run.scenario.model.mesh
    names = [contact.facets for contact in run.scenario.model.contacts]
    centres = np.array([mesh.p[:, mesh.facets[:, mesh.boundaries[name]]].mean(axis=(1, 2)) for name in names])
    distance = np.abs(centres - centres[0]).max(axis=0)
    return "x" if distance[0] >= distance[1] else "y"


def initial_light(run: Pictured) -> Array | None:
    """PL0 at the nodes; None without light."""
    return luminescence(run.scenario, run.scenario.model.start_concentrations) if run.shows_light else None


def _slices(run: Pictured, axis: Axis) -> Slices:
    return Slices.across(run.series.points, run.scenario.model.volumes, axis)


def _average(run: Pictured, slices: Slices, name: str, output: int, light: Array | None) -> Array:
    values = np.asarray(run.series.read(name, output), dtype=float)
    return slices.average(values, light if name == "PL_ratio" else None)


def _draw_profile(axes: Axes, run: Pictured, quantity: str, axis: Axis, outputs: list[int], norm: LogNorm) -> None:
    slices = _slices(run, axis)
    size, unit = length_unit(float(np.ptp(slices.positions)))
    for k in outputs:
        time = max(run.series.times[k], norm.vmin or 0.0)
        axes.plot(slices.positions / size, _profile(run, slices, quantity, k), color=colormaps["viridis_r"](norm(time)), lw=1.2)
    across = "y" if axis == "x" else "x"
    labels = {
        "PL": rf"$\int$PL d{across} / $\int$PL$_0$ d{across}",
        "ions": f"{run.scenario.model.species[0].name}\nover start",
        "potential": "potential (V)",
    }
    axes.set_ylabel(labels[quantity], fontsize=8)
    axes.set_xlabel(f"{axis} ({unit})", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(True, alpha=0.25, linewidth=0.5)


def _profile(run: Pictured, slices: Slices, quantity: str, output: int) -> Array:
    if quantity == "potential":
        return _average(run, slices, "electric_potential", output, None)
    if quantity == "PL":
        return slices.average(seen(run, output), initial_light(run))
    start = slices.average(1e-6 * run.scenario.model.start_concentrations[0])
    name = next(name for name in run.series.units if name.startswith("concentration_"))
    return 1e-6 * _average(run, slices, name, output, None) / start


def _named(run: Pictured, what: str) -> dict[str, Array]:
    """Columns "<what> <electrode> [unit]" by electrode, without the initial state at time 0."""
    names = [contact.facets for contact in run.scenario.model.contacts]
    starts = {name: f"{what} {name} [" for name in names}
    return {
        name: values for name, start in starts.items() for header, values in run.columns.items() if header.startswith(start)
    }


def _potentials(axes: Axes, run: Pictured) -> None:
    for (name, values), colour in zip(_named(run, "potential").items(), _COLOURS, strict=False):
        axes.plot(run.columns["time [s]"], values, color=colour, lw=1.3, label=name)
    axes.set_ylabel("potential (V)", fontsize=9)


def _charges(axes: Axes, run: Pictured) -> None:
    for (name, values), colour in zip(_named(run, "charge").items(), _COLOURS, strict=False):
        axes.plot(run.columns["time [s]"], 1e2 * values, ".-", color=colour, ms=3, lw=1.3, label=name)
    axes.set_ylabel("charge (µC/cm²)", fontsize=9)


def _currents(axes: Axes, run: Pictured) -> None:
    """Size of the current; open circles where it flows out of the film into the electrode."""
    time = run.columns["time [s]"]
    for (name, values), colour in zip(_named(run, "current").items(), _COLOURS, strict=False):
        size = 1e-4 * np.abs(values)
        axes.plot(time, np.where(size > 0, size, np.nan), "-", color=colour, lw=1.0, label=name)
        out = values < 0
        axes.plot(time[~out], size[~out], "o", color=colour, ms=3)
        axes.plot(time[out], size[out], "o", color=colour, ms=3, mfc="white")
    if any((np.abs(values[1:]) > 0).any() for values in _named(run, "current").values()):
        axes.set_yscale("log")
    axes.set_ylabel("|current| (A/cm²)\nopen: out of the film", fontsize=8)


def _light(axes: Axes, run: Pictured) -> None:
    for what, colour, style in (("mean", "#1f4e79", "-"), ("minimum", "#c1121f", "--"), ("maximum", "#2a9d8f", ":")):
        axes.plot(run.columns["time [s]"], run.columns[f"PL/PL0 {what} [1]"], style, color=colour, lw=1.3, label=what)
    axes.set_ylabel("PL / PL$_0$", fontsize=9)
