"""Measured films, and the middle part of one."""

from math import isfinite
from pathlib import Path

from meshes import GrainMap, Polycrystal
from meshes.measured.grain_image import GrainImage

_FEWEST_PIXELS = 7  # across a film


def measured_film(grain_map: Path, pixel_size: float | None, side: float | None) -> Polycrystal:
    """Film of a label image.

    Parameters
    ----------
    grain_map
        The image, with a sidecar that gives its pixel size or is overruled by `pixel_size` [m].
    side
        Width and height of the part in the middle that is used [m], at most those of the image; None takes all of it.

    Raises
    ------
    ValueError
        If the image cannot be read, has no scale or holds fewer than two grains, or the part is larger than the image
        in both directions or a few pixels small.
    """
    image = GrainImage.read(grain_map, pixel_size)
    if side is not None:
        image = _middle(image, side)
        if len(image.values) < 2:
            raise ValueError(f"--crop of {1e9 * side:.4g} nm holds less than two grains: take a larger part of the map")
    return GrainMap.of(image).film


def _middle(image: GrainImage, side: float) -> GrainImage:
    """The square of a `side` [m] in the middle, less where the image is narrower."""
    height, width = (length * image.pixel_size for length in image.labels.shape)
    if not (isfinite(side) and side > 0):
        raise ValueError(f"--crop must be greater than zero, got {1e9 * side:g} nm")
    if side > max(width, height) + image.pixel_size:
        raise ValueError(
            f"--crop of {1e6 * side:.4g} um is larger than the map of {1e6 * width:.4g} um x {1e6 * height:.4g} um:"
            " leave it out to take all of the map"
        )
    if side < _FEWEST_PIXELS * image.pixel_size:
        raise ValueError(
            f"--crop of {1e9 * side:.4g} nm is too small: pixels of the map are {1e9 * image.pixel_size:.4g} nm wide,"
            f" and {_FEWEST_PIXELS} of them are needed"
        )
    left, bottom = (max(0.5 * (length - side), 0.0) for length in (width, height))
    return image.cropped((left, width - left, bottom, height - bottom))
