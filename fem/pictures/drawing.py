"""House style of the pictures: maps with a scale bar, equal scales, thin grain boundaries, units on every axis.

Matplotlib's object interface on the Agg canvas: no display, no global state.
"""

import os
from dataclasses import dataclass
from math import floor, log10
from typing import Any, BinaryIO, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar  # type: ignore[import-untyped]
from numpy.typing import NDArray

from fem.fields import Array
from fem.observables.raster import Raster
from fem.pictures.colour_bar import draw_colour_bar

MAX_ASPECT = 8.0  # a film longer than this is drawn stretched across, and says so
_FLAT = 4.0  # a map wider than this many times its height is too low for a label beside it
_ROOM = (0.1, 0.85, 0.09, 0.29)  # [inch] left, right, below and above a map
_ROOM_FLAT = (0.1, 1.7, 0.09, 0.29)
_LENGTHS = ((1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"))
_COMPRESSION = 3  # of a PNG, 0 to 9
_TIMES = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True)
class Frame:
    """Rectangle that a map shows: left, right, bottom and top [m]."""

    extent: tuple[float, float, float, float]

    @property
    def stretch(self) -> float:
        """Factor by which y is drawn longer than x; 1 for equal scales."""
        x0, x1, y0, y1 = self.extent
        return max(1.0, (x1 - x0) / (y1 - y0) / MAX_ASPECT)

    @property
    def aspect(self) -> float:
        """Width over height of a drawn map."""
        x0, x1, y0, y1 = self.extent
        return float((x1 - x0) / ((y1 - y0) * self.stretch))


@dataclass(frozen=True)
class Canvas:
    """What all maps of one run share: pixels and grain boundaries [m], shape (n_lines, 2, 2)."""

    raster: Raster
    boundaries: Array

    @property
    def frame(self) -> Frame:
        """What the maps show."""
        return Frame(self.raster.extent)

    @property
    def stretch(self) -> float:
        """Factor by which y is drawn longer than x; 1 for equal scales."""
        return self.frame.stretch

    @property
    def aspect(self) -> float:
        """Width over height of a drawn map."""
        return self.frame.aspect


@dataclass(frozen=True)
class Shade:
    """How values become colours; `label` goes to the colour bar."""

    label: str
    colours: str
    norm: Normalize


def new_figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """Empty figure of the given size [inch], on white; "constrained" makes room for labels by itself, but slowly."""
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def figure_of_maps(count: int, columns: int, width: float, aspect: float) -> tuple[Figure, list[Axes]]:
    """Figure with `count` places for maps of a certain `aspect` in rows of `columns`, each `width` wide [inch].

    The room for titles and colour bars is fixed, which takes a third of the time of finding it.
    """
    left, right, bottom, top = _ROOM_FLAT if aspect > _FLAT else _ROOM
    rows, map_width = -(-count // columns), width - left - right
    map_height = map_width / aspect
    height = map_height + bottom + top
    figure = new_figure(columns * width, rows * height, layout=None)
    places = []
    for k in range(count):
        x, y = (k % columns) * width + left, (rows - 1 - k // columns) * height + bottom
        box = (x / columns / width, y / rows / height, map_width / columns / width, map_height / rows / height)
        places.append(figure.add_axes(box))
    return figure, places


def save(figure: Figure, file: "os.PathLike[str] | BinaryIO", dpi: int = 150) -> None:
    """Write `figure` as what the suffix of a path says, else as PNG.

    A PNG has no transparency and is lightly compressed: the best compression takes most of the time.
    """
    from PIL import Image

    if isinstance(file, str | os.PathLike) and not os.fspath(file).lower().endswith(".png"):
        figure.savefig(file, dpi=dpi)
        return
    Image.fromarray(pixels(figure, dpi)).save(file, "PNG", compress_level=_COMPRESSION, dpi=(dpi, dpi))


def pixels(figure: Figure, dpi: int = 150) -> NDArray[np.uint8]:
    """`figure` as a picture, shape (rows, columns, 3)."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, :3])


def draw_map(axes: Axes, canvas: Canvas, picture: Array, shade: Shade, title: str) -> AxesImage:
    """Map with boundaries, scale bar and colour bar; returns the image so that a movie can change its data."""
    image = axes.imshow(
        picture, origin="lower", extent=canvas.raster.extent, aspect=canvas.stretch,
        cmap=shade.colours, norm=shade.norm, interpolation="nearest",
    )  # fmt: skip
    draw_boundaries(axes, canvas.boundaries)
    frame_as_map(axes, canvas.frame, title)
    draw_colour_bar(axes, shade.colours, shade.norm, shade.label, flat=canvas.aspect > _FLAT)
    return image


def draw_boundaries(axes: Axes, boundaries: Array, colour: str = "#7a8590", width: float = 0.35) -> None:
    """Thin lines along the grain boundaries."""
    draw_lines(axes, boundaries, colour, width, alpha=0.8)


def draw_lines(axes: Axes, lines: Array, colour: str, width: float, **style: Any) -> None:
    """Polylines or outlines, shape (n_lines, n_points, 2), as one artist."""
    count, points = lines.shape[:2]
    codes = np.full((count, points), Path.LINETO)
    codes[:, 0] = Path.MOVETO
    path = Path(lines.reshape(-1, 2), codes.ravel())
    axes.add_artist(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, **style))


def frame_as_map(axes: Axes, frame: Frame, title: str) -> None:
    """No ticks; a scale bar, a title, and a note if y is stretched."""
    axes.set_xticks([])
    axes.set_yticks([])
    x0, x1, y0, y1 = frame.extent
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_title(title + stretched(frame), fontsize=9, loc="left", y=1.0)  # a place that is given need not be found
    scale_bar(axes, x1 - x0, y1 - y0)


def stretched(frame: Frame) -> str:
    """Note for a title if y is stretched, else nothing."""
    return f"   (height × {frame.stretch:.2g})" if frame.stretch > 1 else ""


def scale_bar(axes: Axes, width: float, height: float) -> None:
    """Bar of a round length with its length written above, in the lower right corner."""
    length = round_length(width / 5)
    bar = AnchoredSizeBar(
        axes.transData, length, in_units(length), "lower right", pad=0.35, borderpad=0.6, sep=2,
        size_vertical=0.012 * height, fontproperties=FontProperties(size=7),
    )  # fmt: skip
    bar.patch.set(facecolor="white", edgecolor="none", alpha=0.8)
    bar.set_zorder(8)
    axes.add_artist(bar)


def round_length(length: float) -> float:
    """Largest of 1, 2, 5 times a power of ten that is not above `length`."""
    decade: float = 10.0 ** floor(log10(length))
    return max(step * decade for step in (1, 2, 5) if step * decade <= length * (1 + 1e-9))


def in_units(length: float) -> str:
    """`length` [m] with a readable unit."""
    return _readable(length, _LENGTHS)


def in_time_units(time: float) -> str:
    """`time` [s] with a readable unit."""
    return _readable(time, _TIMES) if time else "0 s"


def length_unit(length: float) -> tuple[float, str]:
    """Factor and name of the unit that suits an axis of `length` [m]."""
    return next((unit for unit in _LENGTHS if length >= unit[0]), _LENGTHS[-1])


def _readable(value: float, units: tuple[tuple[float, str], ...]) -> str:
    size, name = next((unit for unit in units if abs(value) >= 0.9995 * unit[0]), units[-1])
    return f"{value / size:.3g} {name}"
