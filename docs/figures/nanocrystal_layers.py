"""Draws the picture of the scenario nanocrystal_layers: ``python docs/figures/nanocrystal_layers.py``."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.tri import Triangulation

from fem.constants import nm
from fem.evolve import evolve
from fem.fields import Array
from fem.scenario import Scenario
from scenarios import nanocrystal_layers
from scenarios.parts.voltage_direction import Direction

PATH = Path(__file__).parents[1] / "images" / "nanocrystal_layers.png"
COUNTS = (1, 2, 3, 4, 6)
COLOURS = ("#888888", "#1f5a8a", "#5b8c3e", "#d1663b", "#c1121f")


def main() -> None:
    """Draw the picture."""
    figure = Figure(figsize=(10.5, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.0, 0.85))
    maps(figure.add_subfigure(grid[0, 0]))
    over_time, over_gaps, lost = figure.add_subfigure(grid[1, 0]).subplots(1, 3)
    draw_moved(over_time, over_gaps)
    draw_lost(lost)
    figure.savefig(PATH, dpi=110)


def maps(figure: SubFigure) -> None:
    """Change of the share of chloride in the same array under a field through it and along it."""
    places = figure.subplots(1, 2, sharey=True)
    for axes, direction in zip(places, Direction, strict=True):
        scenario = nanocrystal_layers.scenario(direction=direction)
        *_, last = evolve(scenario.model, scenario.times, scenario.tolerance)
        mesh = scenario.model.mesh
        triangles = Triangulation(mesh.p[0] / nm, mesh.p[1] / nm, mesh.t.T)
        change = 1e4 * (last.state.share - scenario.model.initial_state().share)
        drawn = axes.tripcolor(triangles, change, cmap="RdBu_r", vmin=-6, vmax=6, shading="gouraud")
        for k in range(1, 4):
            axes.axhline(12 * k, color="k", lw=0.4)
            axes.axvline(12 * k, color="k", lw=0.4)
        axes.set_title(f"{direction.value} field, {scenario.times[-1] * 1e3:g} ms", fontsize=9)
        axes.set_xlabel("nm", fontsize=8)
        axes.set_aspect("equal")
        axes.tick_params(labelsize=7)
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.colorbar(drawn, ax=list(places), label="change of the share of chloride (1e-4)", shrink=0.85)


def followed(scenario: Scenario, name: str) -> Array:
    """A column of the run, shape (n_times,)."""
    measure = next(one.measure for one in scenario.observables if one.name == name)
    return np.array([measure(scenario, one.state) for one in evolve(scenario.model, scenario.times)])


def draw_moved(over_time: Axes, over_gaps: Axes) -> None:
    """Chloride moved over time, and over the number of gaps at three times."""
    ends = []
    for count, colour in zip(COUNTS, COLOURS, strict=True):
        scenario = nanocrystal_layers.scenario(layers=count, columns=1, drive_time=1.0)
        moved = followed(scenario, "chloride moved between crystals")
        ends.append([np.interp(time, scenario.times, moved) for time in (1e-4, 1e-3, 1.0)])
        label = f"{count} layer{'s' * (count > 1)}"
        over_time.semilogx(scenario.times[1:], 1e3 * moved[1:], color=colour, lw=1.3, label=label)
    over_time.set_xlabel("time (s)", fontsize=8)
    over_time.set_ylabel("chloride moved (1e-3 of a layer)", fontsize=8)
    for values, label, marker in zip(np.array(ends).T, ("0.1 ms", "1 ms", "1 s, screened"), "os^", strict=True):
        over_gaps.plot(np.array(COUNTS) - 1, values / values[1], marker, label=label, ms=4)
    over_gaps.plot([0, 5], [0, 5], "k:", lw=1, label="layers - 1")
    over_gaps.set_xlabel("layers - 1", fontsize=8)
    over_gaps.set_ylabel("chloride moved, over two layers", fontsize=8)
    for axes in (over_time, over_gaps):
        axes.legend(fontsize=7, frameon=False)
        axes.tick_params(labelsize=7)


def draw_lost(axes: Axes) -> None:
    """Chloride lost to an electrode that oxidises it."""
    for count, colour in zip(COUNTS, COLOURS, strict=True):
        scenario = nanocrystal_layers.scenario(layers=count, columns=1, drive_time=100.0, oxidation=1e-8)
        lost = followed(scenario, "chloride lost")
        axes.semilogx(scenario.times[1:], 1e3 * lost[1:], color=colour, lw=1.3, label=f"{count}")
    axes.set_xlim(1e-1, 100)
    axes.set_xlabel("time (s)", fontsize=8)
    axes.set_ylabel("chloride lost (1e-3 of a layer)", fontsize=8)
    axes.legend(fontsize=7, frameon=False, title="layers", title_fontsize=7)
    axes.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
