"""Single figures and films of one map for papers, drawn from a results folder alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from fem.fields import Array
from fem.pictures.colour_bar import draw_colour_bar
from fem.pictures.drawing import Frame, draw_lines, figure_of_maps, frame_as_map, in_time_units
from fem.pictures.movie import find_ffmpeg, write_gif, write_mp4
from fem.pictures.shown import colours_of, norm_of, require_folder_of, shown_field, shown_output, size
from fem.pictures.style import STYLE, settings_of
from fem.storage.blocks import grain_edges
from fem.storage.results import Results

STILLS, FILMS = (".png", ".svg", ".pdf", ".tif"), (".mp4", ".gif")
_INCH = 25.4e-3  # [m]
_FILM_DPI = 150
_FLAT = 4.0  # aspect above which the colour bar lies below
_NAMES = {"PL_ratio": "PL / PL₀", "PL_quench": "1 − PL / PL₀"}


@dataclass(frozen=True)
class Still:
    """One map of a run as a figure; every output has the same colours.

    Parameters
    ----------
    results
        The run.
    field
        Name of the map; of a vector its length is drawn.
    width
        Of the figure [m].
    style
        Matplotlib style file, on top of the house style.
    """

    results: Results
    field: str
    width: float = 86e-3
    style: Path | None = None

    @classmethod
    def of(cls, directory: Path, field: str | None = None, width: float = 86e-3, style: Path | None = None) -> "Still":
        """`field`, by default what is seen of the film, of the run in `directory`.

        Raises
        ------
        ValueError
            If there is no such run, field or style file, or the figure is not between 2 cm and 1 m wide.
        """
        if not 0.02 <= width <= 1.0:
            raise ValueError(f"the figure is {width * 1e3:g} mm wide: --width lies between 20 mm and 1 m")
        if style is not None:
            settings_of(style)
        results = Results.open(directory)
        return cls(results, shown_field(results, field), width, style)

    def draw(self, path: Path, time: float | None = None) -> float:
        """Write the figure at the output nearest to `time` [s], or a film of all outputs, as the suffix of `path` says.

        Returns
        -------
        Time of what is drawn [s].

        Raises
        ------
        ValueError
            If the suffix is none of :data:`STILLS` and :data:`FILMS`, a film is to have a time, or there is no such
            folder.
        """
        if path.suffix.lower() not in STILLS + FILMS:
            raise ValueError(f"{path} must end with one of {', '.join(STILLS)} or, as a film, {', '.join(FILMS)}")
        if self.is_film(path) and time is not None:
            raise ValueError(f"a film shows all times: leave --time away, or write a picture instead of {path}")
        require_folder_of(path)
        with rc_context(self._settings()):
            if self.is_film(path):
                self._film(path)
                return float(self.results.times[-1])
            output = shown_output(self.results, time)
            figure, _ = self._figure(output)
            figure.savefig(path)
        return float(self.results.times[output])

    @staticmethod
    def is_film(path: Path) -> bool:
        """Whether the suffix of `path` says that all outputs are drawn, one after the other."""
        return path.suffix.lower() in FILMS

    def _settings(self) -> Any:
        return settings_of(STYLE) | ({} if self.style is None else settings_of(self.style))

    def _figure(self, output: int) -> tuple[Figure, Collection]:
        results, frame = self.results, self._frame()
        figure, (axes,) = figure_of_maps(1, 1, self.width / _INCH, frame.aspect)
        norm, label = norm_of(self.results, self.field), self._label()
        x, y = results.points
        grid, values = Triangulation(x, y, results.triangles), self._values(output)
        nodal = results.series.is_nodal(self.field)
        look: dict[str, Any] = {"cmap": colours_of(self.field), "norm": norm, "rasterized": True}
        if nodal:
            drawn = axes.tripcolor(grid, values, shading="gouraud", **look)
        else:
            drawn = axes.tripcolor(grid, facecolors=values, **look)
        axes.set_aspect(frame.stretch)
        grains = np.asarray(results.field("grain_id", 0), dtype=np.int64)
        draw_lines(axes, results.points.T[grain_edges(results.triangles, grains)], "#7a8590", 0.35, alpha=0.8)
        frame_as_map(axes, frame, self._title(output))
        draw_colour_bar(axes, colours_of(self.field), norm, label, flat=frame.aspect > _FLAT)
        return figure, drawn

    def _frame(self) -> Frame:
        (x0, y0), (x1, y1) = self.results.points.min(axis=1), self.results.points.max(axis=1)
        return Frame((float(x0), float(x1), float(y0), float(y1)))

    def _label(self) -> str:
        unit = self.results.fields[self.field].replace("^3", "³").replace("^2", "²")
        name = _NAMES.get(self.field, self.field.replace("_", " "))
        return name if unit == "1" else f"{name} ({unit})"

    def _title(self, output: int) -> str:
        return f"t = {in_time_units(float(self.results.times[output]))}"

    def _values(self, output: int) -> Array:
        return size(self.results.field(self.field, output))

    def _film(self, path: Path) -> None:
        if path.suffix.lower() == ".gif":
            write_gif(path, self._pictures())
            return
        ffmpeg = find_ffmpeg()
        if ffmpeg is None:
            raise ValueError(f"there is no ffmpeg to write {path}: pip install imageio-ffmpeg, or write a .gif")
        write_mp4(ffmpeg, path, self._pictures())

    def _pictures(self) -> Iterator[NDArray[np.uint8]]:
        """One frame per output, shape (rows, columns, 3) with even sides."""
        figure, drawn = self._figure(0)
        figure.set_dpi(_FILM_DPI)
        canvas, (axes, *_) = figure.canvas, figure.axes
        assert isinstance(canvas, FigureCanvasAgg)
        for output in range(len(self.results.times)):
            drawn.set_array(self._values(output))
            axes.set_title(self._title(output), loc="left", fontsize=9, y=1.0)
            canvas.draw()
            rows, columns = (side // 2 * 2 for side in np.asarray(canvas.buffer_rgba()).shape[:2])
            yield np.array(canvas.buffer_rgba())[:rows, :columns, :3].copy()
