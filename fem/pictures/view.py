"""A run in a window: one map, the outputs on a slider."""

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fem.fields import Array
from fem.observables.regions import BOUNDARIES
from fem.pictures.drawing import in_time_units
from fem.pictures.shown import colours_of, is_logarithmic, norm_of, require_folder_of, shown_field, shown_output, size
from fem.storage.blocks import blocks
from fem.storage.results import Results


@dataclass(frozen=True)
class View:
    """What of a run is shown.

    Parameters
    ----------
    results
        The run.
    field
        Name of a map.
    output
        Number of the output shown first.
    """

    results: Results
    field: str
    output: int

    @classmethod
    def of(cls, directory: Path, field: str | None = None, time: float | None = None) -> "View":
        """The run in `directory`: `field`, by default what is seen of the film, at the output nearest to `time` [s].

        Raises
        ------
        ValueError
            If the folder holds no run, or the run has no such field.
        """
        results = Results.open(directory)
        return cls(results, shown_field(results, field), shown_output(results, time))

    def show(self) -> None:
        """Open a window with a slider for the outputs; returns when it is closed.

        Raises
        ------
        ValueError
            Where there is no display.
        """
        if not _has_display():
            raise ValueError("there is no display here to open a window on: add --picture FILE to draw into a file")
        plotter = self._plotter(off_screen=False)
        last = len(self.results.times) - 1
        if last > 0:
            plotter.add_slider_widget(lambda value: self._move(plotter, round(value)), (0, last), value=self.output,
                                      title="output", fmt="%.0f", style="modern", pointa=(0.06, 0.1),
                                      pointb=(0.45, 0.1))  # fmt: skip
        plotter.show(title=f"{self.results.name}: {self.results.directory}")

    def draw(self, picture: Path) -> None:
        """Draw what the window shows first into the file `picture`.

        Raises
        ------
        ValueError
            If the file's ending is none of .png, .jpg, .tif, .bmp, or there is no such folder.
        """
        if picture.suffix.lower() not in (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"):
            raise ValueError(f"the picture {picture} must end with .png, .jpg, .tif or .bmp")
        require_folder_of(picture)
        import pyvista

        with nullcontext() if _has_display() else pyvista.vtk_verbosity("error"):  # VTK looks for a display and says so
            plotter = self._plotter(off_screen=True)
            plotter.screenshot(picture)
            plotter.close()

    def _plotter(self, off_screen: bool) -> Any:
        import pyvista

        norm = norm_of(self.results, self.field)
        unit = self.results.fields[self.field]
        plotter: Any = pyvista.Plotter(off_screen=off_screen, window_size=[1200, 700])
        plotter.add_mesh(
            self._grid(), scalars="shown", cmap=colours_of(self.field),
            clim=(norm.vmin, norm.vmax), log_scale=is_logarithmic(norm), lighting=False,
            scalar_bar_args={"title": " " if unit == "1" else f"{unit}\n", "vertical": True, "position_x": 0.86,
                             "width": 0.06, "title_font_size": 16, "label_font_size": 14, "fmt": "%.3g"},
            name="film",
        )  # fmt: skip
        for block in blocks(self.results.series):
            if block.name == BOUNDARIES and block.is_lines:
                counts = np.full((len(block.elements), 1), 2)
                lines = pyvista.PolyData(self._points(), lines=np.hstack([counts, block.elements]).ravel())
                plotter.add_mesh(lines, color="grey", opacity=0.5, line_width=1)
        plotter.add_text(self._words(self.output), position="upper_left", font_size=10, name="time")
        plotter.view_xy()
        plotter.enable_parallel_projection()
        plotter.enable_image_style()
        return plotter

    def _grid(self) -> Any:
        import pyvista

        grid = pyvista.UnstructuredGrid({pyvista.CellType.TRIANGLE: self.results.triangles}, self._points())
        self._fill(grid, self.output)
        return grid

    def _points(self) -> Array:
        flat = self.results.points
        return np.vstack([flat, np.zeros(flat.shape[1])]).T

    def _fill(self, grid: Any, output: int) -> None:
        data = grid.point_data if self.results.series.is_nodal(self.field) else grid.cell_data
        data["shown"] = self._values(output)

    def _values(self, output: int) -> Array:
        """Of a vector the length."""
        return size(self.results.field(self.field, output))

    def _move(self, plotter: Any, output: int) -> None:
        self._fill(plotter.actors["film"].mapper.dataset, output)
        plotter.add_text(self._words(output), position="upper_left", font_size=10, name="time")

    def _words(self, output: int) -> str:
        name = self.field.replace("_", " ")
        return f"{self.results.name}   {name}   t = {in_time_units(float(self.results.times[output]))}"


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
