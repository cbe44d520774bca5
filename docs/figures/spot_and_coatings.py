"""Draws the pictures of three scenarios into docs/images: ``python docs/figures/spot_and_coatings.py [NAME ...]``.

The spot of light that a field draws out, the plate that answers the sign of a voltage, the capacitor warm and cold.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from fem.constants import ns, um
from fem.evolve import evolve
from fem.results.emission import emission
from fem.results.observables import standard_observables
from fem.scenario import Scenario
from fem.state import State
from scenarios import pl_spot

Array = NDArray[np.float64]
IMAGES = Path(__file__).parents[1] / "images"
COLOURS = ("#1f5a8a", "#d1663b", "#5b8c3e", "#7a4f9a", "#444444")


def main(names: list[str]) -> None:
    """Draw the pictures of the scenarios that are named, or all."""
    for name, draw in PICTURES.items():
        if not names or name in names:
            draw().savefig(IMAGES / f"{name}.png", dpi=110)


def run(scenario: Scenario) -> tuple[list[State], dict[str, Array]]:
    """All outputs, and the columns of the time series."""
    states = [output.state for output in evolve(scenario.model, scenario.times, scenario.tolerance)]
    columns = standard_observables(scenario)
    return states, {one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns}


def panels(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """An empty figure and its axes, row by row."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.ravel(figure.subplots(rows, columns, squeeze=False)))


def draw_spot() -> Figure:
    """The spot at rest and at the end of either voltage, and the way of its middle over time."""
    scenario = pl_spot.scenario()
    states, traces = run(scenario)
    figure, axes = panels(2, 2, (9, 4.6))
    mesh, time = scenario.model.mesh, traces["time [s]"] / ns
    x, y = mesh.p / um
    reversed_at = len(time) // 2
    for axis, index, title in zip(axes, (0, reversed_at, -1), ("0 V", "+1 V at the right", "-1 V"), strict=False):
        light = emission(scenario, states[index])
        drawn = Triangulation(x, y, mesh.t.T)
        axis.tripcolor(drawn, light / light.max(), shading="gouraud", cmap="inferno", vmin=0, vmax=1)
        axis.axvline(x.max() / 2, color="w", lw=0.6, ls=":")
        axis.set(title=title, xlabel="x (µm)", ylabel="y (µm)", xlim=(4, 12), aspect="equal")
    middle = traces["PL centroid [m]"] / um - x.max() / 2
    axes[3].plot(time, middle, "o-", color=COLOURS[0], ms=3)
    for sign in (-1, 1):
        axes[3].axhline(sign * 0.625, color=COLOURS[4], lw=0.8, ls="--")
    axes[3].set(xlabel="time (ns)", ylabel="middle of the spot (µm)", title="dashed: $\\pm\\mu\\tau E$")
    return figure


PICTURES = {"pl_spot": draw_spot}

if __name__ == "__main__":
    main(sys.argv[1:])
