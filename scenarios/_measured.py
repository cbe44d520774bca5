"""Measured films, and the middle part of one."""

from pathlib import Path

from meshes import GrainMap, Polycrystal
from meshes.grain_image import GrainImage


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
        If the image cannot be read, has no scale or holds fewer than two grains.
    """
    image = GrainImage.read(grain_map, pixel_size)
    if side is not None:
        height, width = (length * image.pixel_size for length in image.labels.shape)
        left, bottom = (max(0.5 * (length - side), 0.0) for length in (width, height))
        image = image.cropped((left, width - left, bottom, height - bottom))
    return GrainMap.of(image).film
