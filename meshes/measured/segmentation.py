"""Grains of a micrograph that nobody has outlined.

Boundaries are found where the picture has thin dark (or bright) lines, by the ridge filter of Sato et al., Med. Image
Anal. 2, 143 (1998), doi:10.1016/S1361-8415(98)80009-1, or where its brightness steps. Basins of this boundary strength
that are separated by more than a certain height are markers (extended minima) from which a watershed floods the image:
Vincent and Soille, IEEE Trans. Pattern Anal. Mach. Intell. 13, 583 (1991), doi:10.1109/34.87344. Regions whose common
boundary is weak on average are merged, the weakest first.

This finds the grains of films with grooves between them. It does not where terraces or domains inside the grains are as
marked as their boundaries: look at the overlay (:func:`meshes.measured.overlay.draw_overlay`) before you believe it.
"""

from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.checks import require_positive
from meshes.measured.grain_image import GrainImage
from meshes.measured.image_file import Crop, read_picture, window
from meshes.measured.micrograph import GrainMap
from meshes.measured.sidecar import read_pixel_size

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LINE_WIDTH = 0.05  # scale of the boundary filter over the grain size: anything from 0.03 to 0.08 serves
_SMALLEST_GRAIN = 0.15  # smaller regions, in grain sizes, are specks
_FEWEST_PIXELS = 15  # across a grain: below, lines one pixel wide are wider than the filter


class BoundaryLook(Enum):
    """How grain boundaries look in a micrograph."""

    DARK_LINES = "dark lines"
    BRIGHT_LINES = "bright lines"
    STEPS = "steps between grains of different brightness"


_USUAL = {BoundaryLook.DARK_LINES: 0.4, BoundaryLook.BRIGHT_LINES: 0.4, BoundaryLook.STEPS: 0.2}


def segment_micrograph(
    path: str | Path,
    grain_size: float,
    *,
    pixel_size: float | None = None,
    crop: Crop | None = None,
    look: BoundaryLook = BoundaryLook.DARK_LINES,
    weakest: float | None = None,
) -> GrainMap:
    """Grains of a raw micrograph (SEM, PL, ...) without labels.

    Parameters
    ----------
    path
        Grey image; rows run downwards in the image and y upwards in the film.
    grain_size
        Typical diameter of a grain [m], within a factor of about two: the scale of everything that is looked for.
    pixel_size
        Width of a pixel [m]; None takes ``pixel_size_nm`` from the sidecar.
    crop
        Part of the image to use, (left, right, bottom, top) [m] from its lower left corner: leave out information bars.
    look
        How the boundaries look.
    weakest
        Strength of the weakest boundary that counts, relative to the strongest hundredth of the image, between 0 and 1;
        None means 0.4 for lines and 0.2 for steps. Lower it if grains are joined, raise it if they are cut up.

    Raises
    ------
    ValueError
        If the file is missing, has colours, shows nothing, or an argument makes no sense for this image.
    """
    path = Path(path)
    grey = read_grey(path)
    size = read_pixel_size(path) if pixel_size is None else pixel_size
    require_positive(size, "pixel size")
    require_positive(grain_size, "grain size")
    if crop is not None:
        grey = grey[window(grey.shape, crop, size)]
    labels = segment(grey, grain_size / size, look, _USUAL[look] if weakest is None else weakest)
    return GrainMap.of(GrainImage(labels, size), minimum_grain=_SMALLEST_GRAIN * grain_size)


def read_grey(path: Path) -> Floats:
    """Brightness of a grey image, shape (rows, columns); one stored with three equal channels counts as grey.

    Raises
    ------
    ValueError
        If the file is missing, is no image, or has colours.
    """
    image = read_picture(path, "micrograph")
    if image.ndim == 3 and image.shape[2] in (3, 4) and (image[..., :3] == image[..., :1]).all():
        image = image[..., 0]
    if image.ndim != 2:
        raise ValueError(
            f"micrograph {str(path)!r} must be a grey image, got shape {image.shape}: save one channel of it as grey"
        )
    return image.astype(np.float64)


def segment(grey: Floats, grain_size: float, look: BoundaryLook, weakest: float) -> Ints:
    """Number of the region of each pixel, from 1.

    Parameters
    ----------
    grey
        Brightness, shape (rows, columns).
    grain_size
        Typical diameter of a grain [pixels].
    look, weakest
        See :func:`segment_micrograph`.

    Raises
    ------
    ValueError
        If the image is constant or not finite, grains are too small or too large for it, or `weakest` is not between
        0 and 1.
    """
    from skimage.measure import label
    from skimage.morphology import local_minima, reconstruction
    from skimage.segmentation import watershed

    _check(grey, grain_size, weakest)
    strength = boundary_strength(grey, grain_size, look)
    filled = reconstruction(strength + weakest / 2, strength, method="erosion")
    regions = watershed(strength, label(local_minima(filled)))
    return merged_regions(np.asarray(regions, dtype=np.int64), strength, weakest)


def boundary_strength(grey: Floats, grain_size: float, look: BoundaryLook) -> Floats:
    """How much each pixel looks like a boundary, from 0 to 1 (the strongest hundredth), shape (rows, columns)."""
    from skimage.filters import gaussian, sato, sobel

    width = _LINE_WIDTH * grain_size
    if look is BoundaryLook.STEPS:
        strength = sobel(gaussian(grey, width, mode="reflect"))
    else:
        strength = sato(grey, sigmas=[width], black_ridges=look is BoundaryLook.DARK_LINES)
    return np.clip(strength / np.percentile(strength, 99), 0, 1)


def merged_regions(regions: Ints, strength: Floats, weakest: float) -> Ints:
    """Regions without the boundaries whose mean strength is below `weakest`, numbered from 1."""
    from skimage.graph import merge_hierarchical, rag_boundary

    def joined(graph: Any, kept: int, gone: int, neighbour: int) -> dict[str, float]:
        parts = [graph[one][neighbour] for one in (kept, gone) if neighbour in graph[one]]
        pixels = sum(part["count"] for part in parts)
        return {"count": pixels, "weight": sum(part["count"] * part["weight"] for part in parts) / pixels}

    def nothing(graph: Any, kept: int, gone: int) -> None:
        pass

    graph = rag_boundary(regions, strength)
    numbers = merge_hierarchical(
        regions, graph, weakest, rag_copy=False, in_place_merge=True, merge_func=nothing, weight_func=joined
    )
    return np.asarray(numbers, dtype=np.int64) + 1


def _check(grey: Floats, grain_size: float, weakest: float) -> None:
    if not 0 < weakest < 1:
        raise ValueError(f"strength of the weakest boundary must be between 0 and 1, got {weakest:g}")
    if not np.isfinite(grey).all() or np.ptp(grey) == 0:
        raise ValueError("the micrograph shows nothing: its brightness is constant or not finite")
    if grain_size < _FEWEST_PIXELS:
        raise ValueError(
            f"grains of {grain_size:.3g} pixels are too small to be outlined, at least {_FEWEST_PIXELS} are needed: "
            "check grain_size and pixel_size, or take a finer image"
        )
    if min(grey.shape) < (2 - 1e-9) * grain_size:
        raise ValueError(
            f"the micrograph of {grey.shape[1]} x {grey.shape[0]} pixels is less than two grains of {grain_size:.3g} "
            "pixels wide: check grain_size and pixel_size"
        )
