"""Traces of all runs in the same panels: over the time since the voltage, and over that time in units of λL/2D."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes

from fem.comparison.compared import CHARGE, CURRENT, LIGHT, VOLTAGE, Compared
from fem.comparison.grouped import groups_of
from fem.comparison.opening import common_quantities, span
from fem.fields import Array
from fem.pictures.colour_bar import Plain, label_powers
from fem.pictures.drawing import new_figure, save

COLOURS = ("#1f4e79", "#c1121f", "#2a9d8f", "#e9a820", "#6a4c93", "#3d3d3d", "#b56576", "#7f9c3b")
_LETTERS = 20  # in a line beside a panel
_MOST = 8  # panels
_ONE_NODE = ("PL/PL0 minimum [1]", "PL/PL0 maximum [1]")  # may be one thin cell that no microscope sees
_NOT_DRAWN = (*_ONE_NODE, "free energy [J/m]", "quench mean [1]")  # the last is the light once more
_BOUNDED = {"boundary share of ionic current [1]": (-0.5, 1.5)}  # beyond that, two opposite currents almost cancel
_STILL = 1e-6  # relative change of a total below which its trace says nothing
_LABELS = {
    VOLTAGE: ("voltage (V)", 1.0),
    CHARGE: ("charge moved\n(µC/cm²)", 1e2),
    CURRENT: ("|current| (A/cm²)\nabove its error", 1e-4),
    LIGHT: ("PL / PL₀", 1.0),
}


def draw_traces(runs: Sequence[Compared], path: Path) -> list[str]:
    """Draw the quantities that all `runs` have; gives their headers."""
    headers = traced([run for run in runs if not run.reference])
    columns = 2 if all(run.scale("charging_time") for run in runs) else 1
    height = 1.6 * len(headers) + 0.9
    figure = new_figure(0.8 + 4.4 * columns, height, layout=None)
    frame = {"left": 0.11 if columns == 2 else 0.2, "right": 0.98, "bottom": 0.5 / height, "top": 1 - 0.4 / height,
             "hspace": 0.12, "wspace": 0.06}  # fmt: skip
    panels = figure.subplots(len(headers), columns, sharex="col", sharey="row", squeeze=False, gridspec_kw=frame)
    for row, header in zip(panels, headers, strict=True):
        for column, axes in enumerate(row):
            _draw(axes, runs, header, bool(column))
        if header == CURRENT and any(np.isfinite(_shown(run, header)).any() for run in runs):
            row[0].set_yscale("log")
            label_powers(row[0].yaxis)
        else:
            numbers = Plain()
            numbers.set_useOffset(False)
            row[0].yaxis.set_major_formatter(numbers)
        label, _ = _LABELS.get(header, ("\n".join(wrap(header, _LETTERS)), 1.0))
        row[0].set_ylabel(label, fontsize=8)
    for column, words in enumerate(("time since the voltage (s)", "time / (λL/2D)")[:columns]):
        axes = panels[-1, column]
        axes.set_xscale("log")
        axes.set_xlim(*_limits(runs, bool(column)))
        label_powers(axes.xaxis)
        axes.set_xlabel(words, fontsize=9)
    lines, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(
        lines, names, loc="upper center", ncols=min(len(names), 3 if columns == 1 else 4), fontsize=8, frameon=False
    )
    figure.align_ylabels(panels[:, 0])
    save(figure, path)
    return headers


def traced(runs: Sequence[Compared]) -> list[str]:
    """Headers of what is drawn: the voltage, and what all `runs` have and at least one of them changes."""
    common = [VOLTAGE, *(name for name in common_quantities(runs) if name not in _NOT_DRAWN)]
    order = [header for header in _LABELS if header in common]
    order += [header for header in common if header not in order]
    drawn = [header for header in order if header in (CHARGE, LIGHT) or any(_changes(run, header) for run in runs)]
    return drawn[:_MOST]


def _changes(run: Compared, header: str) -> bool:
    values = run.quantities.get(header, np.zeros(1))
    values = values[np.isfinite(values)]
    return len(values) > 1 and float(np.ptp(values)) > _STILL * float(np.abs(values).max())


def _draw(axes: Axes, runs: Sequence[Compared], header: str, dimensionless: bool) -> None:
    names = list(groups_of(runs))
    for run in runs:
        name = run.group or run.label
        k, first = names.index(name), run is next(one for one in runs if (one.group or one.label) == name)
        unit = (run.scale("charging_time") or 1.0) if dimensionless else 1.0
        after = run.elapsed > 0
        values = _LABELS.get(header, ("", 1.0))[1] * _shown(run, header)[after]
        colour, style = COLOURS[k % len(COLOURS)], ("-", "--")[k // len(COLOURS) % 2]
        axes.plot(
            run.elapsed[after] / unit, values, style, color=colour, lw=1.3, marker=".", ms=3,
            label=name if first else "_", alpha=1.0 if first else 0.5,
        )  # fmt: skip
    axes.grid(True, which="major", alpha=0.25, linewidth=0.5)
    axes.tick_params(labelsize=8)


def _limits(runs: Sequence[Compared], dimensionless: bool) -> tuple[float, float]:
    """First and last time of all runs, at least a tenth of a decade apart."""
    spans = [span(run, (run.scale("charging_time") or 1.0) if dimensionless else 1.0) for run in runs]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    return start, max(end, 1.26 * start)


def _shown(run: Compared, header: str) -> Array:
    values = run.quantities.get(header, np.full(len(run.results.times), np.nan))
    if header in _BOUNDED:
        low, high = _BOUNDED[header]
        values = np.where((values >= low) & (values <= high), values, np.nan)
    return np.abs(values) if header == CURRENT else values
