"""What the scripts beside this file share: where pictures go, empty pictures, whole runs, letters of one size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray
from PIL import Image
from skfem import MeshTri

from fem.constants import nm
from fem.scenario import Scenario
from fem.state import State

IMAGES = Path(__file__).parents[1] / "images"


def empty(size: tuple[float, float]) -> Figure:
    """An empty picture of `size` [inches] that needs no window."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def panels(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """An empty picture and its axes, row by row."""
    figure = empty(size)
    return figure, list(np.ravel(figure.subplots(rows, columns, squeeze=False)))


def above_and_below(
    size: tuple[float, float], height_ratios: tuple[float, float] = (1.0, 1.0)
) -> tuple[Figure, SubFigure, SubFigure]:
    """An empty picture and its two halves."""
    figure = empty(size)
    grid = figure.add_gridspec(2, 1, height_ratios=height_ratios)
    return figure, figure.add_subfigure(grid[0, 0]), figure.add_subfigure(grid[1, 0])


def run(scenario: Scenario) -> list[State]:
    """All outputs."""
    return [output.state for output in scenario.outputs()]


def nearest(states: Sequence[State], time: float) -> State:
    """The output nearest to `time` [s]."""
    return min(states, key=lambda one: abs(one.time - time))


def triangles(mesh: MeshTri, cells: NDArray[np.int64] | slice = slice(None), unit: float = nm) -> Triangulation:
    """Cells of a mesh, in `unit` [m]."""
    return Triangulation(mesh.p[0] / unit, mesh.p[1] / unit, mesh.t.T[cells])


def labels(axes: Axes, along: str | None = None, up: str | None = None) -> None:
    """Words along the axes and numbers, in the size of the page."""
    if along is not None:
        axes.set_xlabel(along, fontsize=8)
    if up is not None:
        axes.set_ylabel(up, fontsize=8)
    axes.tick_params(labelsize=7)


def legend(axes: Axes) -> None:
    """Small, without a frame."""
    axes.legend(fontsize=7, frameon=False)


def reduced(path: Path, colours: int) -> None:
    """Keep a picture in so many colours."""
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(colours).save(path, optimize=True)
