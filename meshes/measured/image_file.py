"""Pictures on disk, and the part of a picture that a crop in metres means."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Crop = tuple[float, float, float, float]


def read_picture(path: Path, what: str) -> NDArray[Any]:
    """Pixels of an image file, shape (rows, columns) or (rows, columns, channels).

    Raises
    ------
    ValueError
        If the file is missing or no image; the message calls it `what`.
    """
    from skimage.io import imread

    if path.is_dir():
        raise ValueError(f"{what} {str(path)!r} is a folder: name the image in it")
    if not path.is_file():
        raise ValueError(f"{what} {str(path)!r} does not exist")
    try:
        with path.open("rb") as file:  # opened here, because the readers leave files open that they cannot read
            return np.asarray(imread(file))
    except Exception as error:  # the readers behind imread raise a dozen unrelated types
        raise ValueError(f"{what} {str(path)!r} cannot be read as an image") from error


def window(shape: tuple[int, ...], crop: Crop, pixel_size: float) -> tuple[slice, slice]:
    """Rows and columns of an image inside `crop`, rounded to whole pixels.

    Parameters
    ----------
    shape
        Rows and columns of the image.
    crop
        Part of the image, (left, right, bottom, top) [m] from its lower left corner.
    pixel_size
        Width of a pixel [m].

    Raises
    ------
    ValueError
        If the crop reaches out of the image or holds fewer than 2 x 2 pixels.
    """
    rows, columns = shape
    left, right, bottom, top = crop
    width, height = columns * pixel_size, rows * pixel_size
    slack = 1 + 1e-9
    if not (0 <= left < right <= width * slack and 0 <= bottom < top <= height * slack):
        raise ValueError(
            f"crop (left, right, bottom, top) = ({left:g}, {right:g}, {bottom:g}, {top:g}) m must lie inside the "
            f"image of {width:g} m x {height:g} m"
        )
    x0, x1, y0, y1 = (round(value / pixel_size) for value in crop)
    if x1 - x0 < 2 or y1 - y0 < 2:
        raise ValueError(f"crop of {x1 - x0} x {y1 - y0} pixels is too small: one pixel is {pixel_size:g} m")
    return slice(rows - y1, rows - y0), slice(x0, x1)
