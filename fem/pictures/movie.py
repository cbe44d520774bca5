"""``film.mp4``: the maps in motion, or ``film.gif`` where there is no ffmpeg; and its frames one by one."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.text import Text
from numpy.typing import NDArray

from fem.fields import Array
from fem.observables.raster import Raster
from fem.pictures.drawing import Canvas, Shade, draw_map, figure_of_maps, in_time_units, stretched
from fem.pictures.map_figures import Pictured, common_shade, seen, telling_outputs
from fem.pictures.time_frames import write_frames

MAX_FRAMES = 16
_FRAMES_PER_SECOND = 5
_DPI = 120
_UNIFORM = 0.02  # relative spread of values that look like one
_SHADES = 4096  # that a frame tells apart; a colour map has 256

Picture = NDArray[np.uint8]


def draw_movie(run: Pictured, directory: Path) -> Path:
    """Write the movie and its frames into `directory` and return its path: MP4 by ffmpeg, else GIF.

    The movie begins with the first frame on which anything is to be seen: players show that one before they play.

    Raises
    ------
    RuntimeError
        If ffmpeg fails; the message holds its last words.
    """
    pictures = dict(zip(frame_outputs(run), frames(run), strict=True))
    write_frames(directory, pictures)
    first = next((k for k in pictures if _varies(seen(run, k))), 0)
    shown = (picture for k, picture in pictures.items() if k >= first)
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return write_gif(directory / "film.gif", shown)
    return write_mp4(ffmpeg, directory / "film.mp4", shown)


def _varies(values: Array) -> bool:
    """Whether a map of `values` is more than an area of one colour."""
    low, high = np.nanmin(values), np.nanmax(values)
    return bool(high - low > _UNIFORM * max(abs(low), abs(high)))


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


def frame_outputs(run: Pictured) -> list[int]:
    """Numbers of at most :data:`MAX_FRAMES` outputs, the first and the last among them."""
    return [int(k) for k in np.unique(np.linspace(0, len(run.series) - 1, MAX_FRAMES).round())]


def frames(run: Pictured) -> Iterator[Picture]:
    """Pictures of what is seen at :func:`frame_outputs`, shape (rows, columns, 3) with even sides."""
    outputs = frame_outputs(run)
    fields = {k: seen(run, k) for k in sorted({*outputs, *telling_outputs(run)})}
    stage = _Stage.of(run.canvas, common_shade(run, list(fields.values())))
    for k in outputs:
        yield stage.frame(fields[k], f"t = {in_time_units(run.series.times[k])}{stretched(run.canvas.frame)}")


@dataclass(frozen=True)
class _Stage:
    """What stays the same from frame to frame, drawn once by Matplotlib; only the time is written anew in each.

    Parameters
    ----------
    label, empty
        The text that tells the time, and the canvas without it, to be restored.
    still
        A frame without map and time, shape (rows, columns, 3) with even sides.
    place, raster
        Rows and columns of the map in a frame, and its pixels.
    inked, ink, through
        Pixels of the map on which boundaries and scale bar lie, what these add to the colours there, and how much they
        let through, in 255ths, shape (n_pixels, 3).
    palette
        Colours of the map.
    """

    label: Text
    empty: object
    still: Picture
    place: tuple[slice, slice]
    raster: Raster
    inked: NDArray[np.bool_]
    ink: NDArray[np.uint16]
    through: NDArray[np.uint16]
    palette: "_Palette"

    @classmethod
    def of(cls, canvas: Canvas, shade: Shade) -> "_Stage":
        """Stage for maps on `canvas`; drawn on black and on white, boundaries show how much they let through."""
        figure, (axes,) = figure_of_maps(1, 1, 4.6 if canvas.aspect < 2 else 7.0, canvas.aspect)
        figure.set_dpi(_DPI)
        draw_map(axes, canvas, np.full((1, 1), np.nan), shade, "").set_visible(False)
        axes.set_title("", loc="left")  # the label below tells time and stretch
        label = axes.text(0, 1.01, "", fontsize=9, transform=axes.transAxes, va="bottom", animated=True)
        drawn = _canvas(label)
        black, white = (_drawn_on(colour, axes) for colour in ("black", "white"))
        x0, y0, x1, y1 = np.round(axes.bbox.extents).astype(int).tolist()
        height = int(drawn.get_width_height()[1])
        place = slice(height - y1, height - y0), slice(x0, x1)
        added, seen_through = black[place].astype(np.uint16), white[place].astype(np.uint16)
        seen_through -= np.minimum(added, seen_through)
        inked = np.asarray((seen_through < 255).any(axis=2))
        raster, empty = canvas.raster.resized(*inked.shape), drawn.copy_from_bbox(figure.bbox)
        return cls(
            label, empty, _even(white), place, raster, inked, added[inked], seen_through[inked], _Palette.of(shade)
        )

    def frame(self, values: Array, time: str) -> Picture:
        """Frame with nodal `values` at a `time`."""
        canvas, picture, above = _canvas(self.label), self.still.copy(), self.place[0].start
        canvas.restore_region(self.empty)
        self.label.set_text(time)
        self.label.draw(canvas.get_renderer())
        picture[:above] = np.asarray(canvas.buffer_rgba())[:above, : picture.shape[1], :3]
        colours = self.palette(self.raster.sample_nodes(values)[::-1])
        colours[self.inked] = self.ink + self.through * colours[self.inked] // 255
        picture[self.place] = colours
        return picture


@dataclass(frozen=True)
class _Palette:
    """Colours of a shade, looked up: its own way from values to colours takes most of the time of a frame.

    Parameters
    ----------
    low, high
        Values, or their logarithms, at the ends of the table.
    logarithmic
        Whether they are logarithms.
    table
        Colours in equal steps, and white for what lies outside of the film, shape (n + 1, 3).
    """

    low: float
    high: float
    logarithmic: bool
    table: Picture

    @classmethod
    def of(cls, shade: Shade) -> "_Palette":
        ends, logarithmic = np.array([shade.norm.vmin, shade.norm.vmax], dtype=float), isinstance(shade.norm, LogNorm)
        low, high = np.log(ends) if logarithmic else ends
        steps = np.linspace(low, high, _SHADES)
        colours = colormaps[shade.colours](shade.norm(np.exp(steps) if logarithmic else steps), bytes=True)[:, :3]
        return cls(float(low), float(high), logarithmic, np.vstack([colours, np.full((1, 3), 255, dtype=np.uint8)]))

    def __call__(self, values: Array) -> Picture:
        """Colours of `values`, NaN outside of the film, shape (..., 3)."""
        if self.logarithmic:
            values = np.log(np.maximum(values, np.exp(self.low)))
        number = (values - self.low) * ((_SHADES - 1) / (self.high - self.low)) + 0.5
        np.clip(number, 0, _SHADES - 1, out=number)
        np.copyto(number, _SHADES, where=np.isnan(number))
        return self.table.take(number.astype(np.intp), axis=0)


def _canvas(label: Text) -> FigureCanvasAgg:
    figure = label.get_figure(root=True)
    assert figure is not None
    assert isinstance(figure.canvas, FigureCanvasAgg)
    return figure.canvas


def _drawn_on(colour: str, axes: Axes) -> Picture:
    """The figure of `axes` with that background of the map, shape (rows, columns, 3)."""
    axes.set_facecolor(colour)
    canvas = axes.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[:, :, :3]


def _even(picture: Picture) -> Picture:
    """`picture` with even sides, as video coders want them."""
    rows, columns = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    return np.ascontiguousarray(picture[:rows, :columns])


def write_mp4(ffmpeg: str, path: Path, pictures: Iterator[Picture]) -> Path:
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
        "-preset", "veryfast", "-movflags", "+faststart",
        str(path.absolute()),  # a relative one may look like an option or a URL
    ]  # fmt: skip
    try:
        with tempfile.TemporaryFile() as stream:
            stream.write(first.tobytes())
            stream.writelines(picture.tobytes() for picture in pictures)
            stream.seek(0)
            subprocess.run(command, stdin=stream, capture_output=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        words = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"ffmpeg could not write {path.name}: {words[-1] if words else error}") from error
    return path


def write_gif(path: Path, pictures: Iterator[Picture]) -> Path:
    """Write `pictures` as an endless GIF of 64 colours."""
    from PIL import Image

    images = [Image.fromarray(picture).quantize(colors=64) for picture in pictures]
    buffer = io.BytesIO()
    duration = 1000 // _FRAMES_PER_SECOND
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=duration, loop=0)
    path.write_bytes(buffer.getvalue())
    return path
