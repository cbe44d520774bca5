"""Draws the picture of the scenario nanocrystal_layers: ``python docs/figures/nanocrystal_layers.py``."""

from pathlib import Path

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, run, triangles
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from fem.fields import Array
from fem.scenario import Scenario
from scenarios import nanocrystal_layers
from scenarios.parts.voltage_direction import Direction

COUNTS = (1, 2, 3, 4, 6)
COLOURS = ("#888888", "#1f5a8a", "#5b8c3e", "#d1663b", "#c1121f")


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    figure, upper, lower = above_and_below((10.5, 6.4), (1.0, 0.85))
    maps(upper)
    over_time, over_gaps, lost = lower.subplots(1, 3)
    draw_moved(over_time, over_gaps)
    draw_lost(lost)
    figure.savefig(images / "nanocrystal_layers.png", dpi=110)


def maps(figure: SubFigure) -> None:
    """Change of the share of chloride in the same array under a field through it and along it."""
    places = figure.subplots(1, 2, sharey=True)
    for axes, direction in zip(places, Direction, strict=True):
        scenario = nanocrystal_layers.scenario(direction=direction)
        change = 1e4 * (run(scenario)[-1].share - scenario.model.initial_state().share)
        drawn = axes.tripcolor(
            triangles(scenario.model.mesh), change, cmap="RdBu_r", vmin=-6, vmax=6, shading="gouraud"
        )
        for k in range(1, 4):
            axes.axhline(12 * k, color="k", lw=0.4)
            axes.axvline(12 * k, color="k", lw=0.4)
        axes.set_title(f"{direction.value} field, {scenario.times[-1] * 1e3:g} ms", fontsize=9)
        axes.set_aspect("equal")
        labels(axes, "nm")
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.colorbar(drawn, ax=list(places), label="change of the share of chloride (1e-4)", shrink=0.85)


def followed(scenario: Scenario, name: str) -> Array:
    """A column of the run, shape (n_times,)."""
    measure = next(one.measure for one in scenario.observables if one.name == name)
    return np.array([measure(scenario, one) for one in run(scenario)])


def draw_moved(over_time: Axes, over_gaps: Axes) -> None:
    """Chloride moved over time, and over the number of gaps at three times."""
    ends = []
    for count, colour in zip(COUNTS, COLOURS, strict=True):
        scenario = nanocrystal_layers.scenario(layers=count, columns=1, drive_time=1.0)
        moved = followed(scenario, "chloride moved between crystals")
        ends.append([np.interp(time, scenario.times, moved) for time in (1e-4, 1e-3, 1.0)])
        label = f"{count} layer{'s' * (count > 1)}"
        over_time.semilogx(scenario.times[1:], 1e3 * moved[1:], color=colour, lw=1.3, label=label)
    labels(over_time, "time (s)", "chloride moved (1e-3 of a layer)")
    for values, label, marker in zip(np.array(ends).T, ("0.1 ms", "1 ms", "1 s, screened"), "os^", strict=True):
        over_gaps.plot(np.array(COUNTS) - 1, values / values[1], marker, label=label, ms=4)
    over_gaps.plot([0, 5], [0, 5], "k:", lw=1, label="layers - 1")
    labels(over_gaps, "layers - 1", "chloride moved, over two layers")
    for axes in (over_time, over_gaps):
        legend(axes)


def draw_lost(axes: Axes) -> None:
    """Chloride lost to an electrode that oxidises it."""
    for count, colour in zip(COUNTS, COLOURS, strict=True):
        scenario = nanocrystal_layers.scenario(layers=count, columns=1, drive_time=100.0, oxidation=1e-8)
        lost = followed(scenario, "chloride lost")
        axes.semilogx(scenario.times[1:], 1e3 * lost[1:], color=colour, lw=1.3, label=f"{count}")
    axes.set_xlim(1e-1, 100)
    labels(axes, "time (s)", "chloride lost (1e-3 of a layer)")
    axes.legend(fontsize=7, frameon=False, title="layers", title_fontsize=7)


if __name__ == "__main__":
    main()
