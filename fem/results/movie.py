"""``film.mp4``: the maps in motion, or ``film.gif`` where there is no ffmpeg."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray

from fem.results.drawing import draw_map, in_time_units, new_figure
from fem.results.map_figures import Pictured, seen, seen_shade, telling_outputs

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
    width = 4.6 if run.canvas.aspect < 2 else 7.0
    figure = new_figure(width, 0.8 * width / run.canvas.aspect + 0.5)
    figure.set_dpi(_DPI)
    axes = figure.subplots()
    image = draw_map(axes, run.canvas, run.canvas.raster.sample_nodes(seen(run, outputs[0])), shade, " ")
    label = axes.text(0, 1.01, "", fontsize=9, transform=axes.transAxes, va="bottom")
    moving = [image, *axes.collections, *axes.artists, label]
    for artist in moving:
        artist.set_animated(True)
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    figure.draw_without_rendering()  # the first pass finds room for the labels
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    for k in outputs:
        image.set_data(run.canvas.raster.sample_nodes(seen(run, k)))
        label.set_text(f"t = {in_time_units(run.series.times[k])}")
        canvas.restore_region(still)
        for artist in moving:
            axes.draw_artist(artist)
        yield _pixels(canvas)


def _pixels(canvas: FigureCanvasAgg) -> NDArray[np.uint8]:
    picture = np.asarray(canvas.buffer_rgba())[:, :, :3]
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
        "-movflags", "+faststart", str(path.absolute()),  # a relative one may look like an option or a URL
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
