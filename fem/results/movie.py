"""``film.mp4``: the maps in motion, or ``film.gif`` where there is no ffmpeg."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from numpy.typing import NDArray

from fem.fields import Array
from fem.results.drawing import Canvas, Shade, draw_map, figure_of_maps, in_time_units
from fem.results.map_figures import Pictured, seen, seen_shade, telling_outputs
from fem.results.raster import Raster

MAX_FRAMES = 60
_FRAMES_PER_SECOND = 8
_DPI = 120


def draw_movie(run: Pictured, directory: Path) -> Path:
    """Write the movie into `directory` and return its path: MP4 by ffmpeg, else GIF.

    Raises
    ------
    RuntimeError
        If ffmpeg fails; the message holds its last words.
    """
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return write_gif(directory / "film.gif", frames(run))
    return write_mp4(ffmpeg, directory / "film.mp4", frames(run))


def find_ffmpeg() -> str | None:
    """Program to encode with: that of the system, else that of the imageio-ffmpeg package, else None."""
    system = shutil.which("ffmpeg")
    if system is not None:
        return system
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def frames(run: Pictured) -> Iterator[NDArray[np.uint8]]:
    """Pictures of what is seen, at most :data:`MAX_FRAMES`, shape (rows, columns, 3) with even sides."""
    outputs = np.unique(np.linspace(0, len(run.series) - 1, MAX_FRAMES).round().astype(int)).tolist()
    shade = seen_shade(run, sorted({*outputs, *telling_outputs(run)}))
    stage = _Stage.of(run.canvas, shade)
    for k in outputs:
        yield stage.frame(seen(run, k), f"t = {in_time_units(run.series.times[k])}")


@dataclass(frozen=True)
class _Stage:
    """What stays the same from frame to frame, drawn once by Matplotlib; only the time is written anew in each.

    Parameters
    ----------
    canvas, label, empty
        The figure with nothing in the map, and the text that tells the time.
    place, raster
        Rows and columns of the map in a frame, and its pixels.
    ink, through
        What boundaries, scale bar and frame add to the colours of the map, and how much of those they let through, in
        255ths, shape (rows, columns, 3).
    shade
        Colours of the map.
    """

    canvas: FigureCanvasAgg
    label: Text
    empty: object
    place: tuple[slice, slice]
    raster: Raster
    ink: NDArray[np.uint16]
    through: NDArray[np.uint16]
    shade: Shade

    @classmethod
    def of(cls, canvas: Canvas, shade: Shade) -> "_Stage":
        figure, (axes,) = figure_of_maps(1, 1, 4.6 if canvas.aspect < 2 else 7.0, canvas.aspect)
        figure.set_dpi(_DPI)
        nothing = np.full(canvas.raster.cell.shape, np.nan)
        draw_map(axes, canvas, nothing, shade, " ").set_visible(False)
        label = axes.text(0, 1.01, "", fontsize=9, transform=axes.transAxes, va="bottom", animated=True)
        drawn = figure.canvas
        assert isinstance(drawn, FigureCanvasAgg)
        views = []
        for colour in ("black", "white"):
            axes.set_facecolor(colour)
            drawn.draw()
            views.append(_pixels(drawn).astype(np.uint16))
        x0, x1, y0, y1 = np.round([axes.bbox.x0, axes.bbox.x1, axes.bbox.y0, axes.bbox.y1]).astype(int).tolist()
        height = np.asarray(drawn.buffer_rgba()).shape[0]
        place = slice(height - y1, height - y0), slice(x0, x1)
        black, white = (view[place] for view in views)
        raster, empty = canvas.raster.resized(*black.shape[:2]), drawn.copy_from_bbox(figure.bbox)
        return cls(drawn, label, empty, place, raster, black, white - np.minimum(black, white), shade)

    def frame(self, values: Array, time: str) -> NDArray[np.uint8]:
        """Frame with nodal `values` at a `time`."""
        self.label.set_text(time)
        self.canvas.restore_region(self.empty)
        assert self.label.axes is not None
        self.label.axes.draw_artist(self.label)
        picture = _pixels(self.canvas)
        coloured = colormaps[self.shade.colours](self.shade.norm(self.raster.sample_nodes(values)[::-1]), bytes=True)
        colours = np.where(coloured[:, :, 3:] == 0, 255, coloured[:, :, :3])  # white outside of the film
        picture[self.place] = self.ink + self.through * colours // 255
        return _even(picture)


def _pixels(canvas: FigureCanvasAgg) -> NDArray[np.uint8]:
    return np.array(canvas.buffer_rgba())[:, :, :3]


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`picture` with even sides, as video coders want them."""
    rows, columns = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    return np.ascontiguousarray(picture[:rows, :columns])


def write_mp4(ffmpeg: str, path: Path, pictures: Iterator[NDArray[np.uint8]]) -> Path:
    """Encode `pictures` with the program `ffmpeg` as H.264, which browsers play.

    Raises
    ------
    RuntimeError
        If ffmpeg fails or takes longer than two minutes.
    """
    first = next(pictures)
    size = f"{first.shape[1]}x{first.shape[0]}"
    command = [
        ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size,
        "-r", str(_FRAMES_PER_SECOND), "-i", "-", "-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20",
        "-preset", "veryfast", "-movflags", "+faststart", str(path.absolute()),  # a relative one may look like an option or a URL
    ]  # fmt: skip
    stream = b"".join([first.tobytes(), *(picture.tobytes() for picture in pictures)])
    try:
        subprocess.run(command, input=stream, capture_output=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        words = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"ffmpeg could not write {path.name}: {words[-1] if words else error}") from error
    return path


def write_gif(path: Path, pictures: Iterator[NDArray[np.uint8]]) -> Path:
    """Write `pictures` as an endless GIF of 64 colours."""
    from PIL import Image

    images = [Image.fromarray(picture).quantize(colors=64) for picture in pictures]
    buffer = io.BytesIO()
    duration = 1000 // _FRAMES_PER_SECOND
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=duration, loop=0)
    path.write_bytes(buffer.getvalue())
    return path
