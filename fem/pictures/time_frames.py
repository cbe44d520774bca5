"""``figures/frames/``: a map at one output after another, a picture each, for the slider of a report."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = "frames"  # within ``figures/``
_NAME = re.compile(r"output_(\d{1,9})\.webp")
_QUALITY, _EFFORT = 85, 2  # of WebP: thin lines stay thin, a frame takes some 40 ms


def write_frames(figures: Path, pictures: Mapping[int, NDArray[np.uint8]]) -> None:
    """Write `pictures`, shape (rows, columns, 3), by the number of their output; earlier ones are removed."""
    from PIL import Image

    folder = figures / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for output, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"output_{output:04d}.webp", quality=_QUALITY, method=_EFFORT)


def frames_in(figures: Path) -> dict[int, Path]:
    """Pictures that there are by the number of their output, in its order."""
    named = {path: _NAME.fullmatch(path.name) for path in (figures / FOLDER).glob("*.webp") if path.is_file()}
    return dict(sorted((int(match[1]), path) for path, match in named.items() if match))
