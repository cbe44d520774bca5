"""A label image (pixel value = number of the grain) made clean: every pixel in a grain, every grain in one piece."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.measured.image_file import read_picture

Labels = NDArray[np.int64]
_JPEG = b"\xff\xd8\xff"  # how such files begin


@dataclass(frozen=True)
class CleanLabels:
    """A label image without background, split or pinched grains.

    Parameters
    ----------
    grains
        Grain of each pixel, counted from 0, shape (rows, columns).
    source_labels
        Value that each grain had in the image, shape (n_grains,).
    dropped_pieces
        Number of pieces that were given to a neighbour: the smaller parts of split grains, and grains under the limit.
    filled_pixels
        Number of pixels that were background (0) in the image.
    """

    grains: Labels
    source_labels: Labels
    dropped_pieces: int
    filled_pixels: int


def read_labels(path: Path) -> Labels:
    """Read an 8- or 16-bit single-channel label image, shape (rows, columns).

    Raises
    ------
    ValueError
        If the file is missing, is no image, has colours, is a JPEG, or holds fewer than two grains.
    """
    image = read_picture(path, "label image")
    with path.open("rb") as file:
        if file.read(3) == _JPEG:
            raise ValueError(
                f"label image {str(path)!r} is a JPEG, which alters the numbers of the grains: save it as PNG or TIFF"
            )
    if image.ndim != 2:
        raise ValueError(
            f"label image {str(path)!r} must have one channel (value = grain number), got shape {image.shape}: "
            "a micrograph must be segmented first"
        )
    require_whole_numbers(image, f"label image {str(path)!r}")
    require_several_grains(image.astype(np.int64), str(path))
    return image.astype(np.int64)


def require_whole_numbers(labels: NDArray[Any], what: str) -> None:
    """Raise ValueError unless `labels` are integers in rows and columns."""
    if labels.ndim != 2:
        raise ValueError(f"{what} must have rows and columns, got shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{what} must be whole numbers, got an array of {labels.dtype}: round it yourself")


def require_several_grains(labels: Labels, where: str) -> None:
    """Raise ValueError unless at least two different non-zero labels are present."""
    n = len(np.unique(labels[labels > 0]))
    if n < 2:
        raise ValueError(f"{where} holds {n} grain{'' if n == 1 else 's'}: a grain map needs at least two")


def require_resolved(cleaned: CleanLabels, detail: float) -> None:
    """Raise ValueError if the mean grain is no larger than the `detail` [pixels] that is smoothed away."""
    count = len(cleaned.source_labels)
    mean = float(np.sqrt(4 / np.pi * cleaned.grains.size / count))
    if mean <= detail:
        raise ValueError(
            f"the {count:,} grains of the image are {mean:.2g} pixels across on average, too small to draw their"
            f" outlines (above {detail:g} would do): is it noise, or a photograph instead of a label image?"
        )


def clean_labels(labels: Labels, minimum_pixels: float = 0.0) -> CleanLabels:
    """Give background, small grains and the smaller pieces of split grains to the nearest neighbour.

    Parameters
    ----------
    labels
        Label image, 0 is background, shape (rows, columns).
    minimum_pixels
        Grains with a smaller area [pixels] are given to their neighbours.

    Raises
    ------
    ValueError
        If fewer than two grains remain.
    """
    background = int(np.count_nonzero(labels <= 0))
    labels = np.maximum(labels, 0)
    labels, dropped = keep_largest_pieces(labels, minimum_pixels)
    labels = fill_background(labels)
    for _ in range(50):
        unpinched = remove_pinches(labels)
        kept, n = keep_largest_pieces(unpinched, minimum_pixels)
        if n == 0 and np.array_equal(unpinched, labels):
            break
        dropped += n
        labels = fill_background(kept)
    else:
        raise ValueError("the label image has grains that touch only by corners everywhere: is it noise?")
    require_several_grains(labels, "the cleaned label image")
    source_labels, grains = np.unique(labels, return_inverse=True)
    return CleanLabels(grains.reshape(labels.shape).astype(np.int64), source_labels, dropped, background)


def fill_background(labels: Labels) -> Labels:
    """Labels grown into the background (0), each pixel to its nearest grain."""
    from skimage.segmentation import expand_labels

    if not np.any(labels):
        raise ValueError("no grain of the label image is as large as minimum_grain")
    return np.asarray(expand_labels(labels, distance=sum(labels.shape)), dtype=np.int64)


def keep_largest_pieces(labels: Labels, minimum_pixels: float = 0.0) -> tuple[Labels, int]:
    """Set all but the largest 4-connected piece of each grain to background; also return the number of pieces lost."""
    from skimage.measure import label as connected_components

    pieces = np.asarray(connected_components(labels, background=0, connectivity=1))
    size = np.bincount(pieces.ravel())
    owner = np.zeros(len(size), dtype=np.int64)
    owner[pieces.ravel()] = labels.ravel()
    by_size = np.argsort(size[1:], kind="stable")[::-1] + 1
    _, first = np.unique(owner[by_size], return_index=True)
    largest = by_size[first]
    kept = np.zeros(len(size), dtype=bool)
    kept[largest[size[largest] >= minimum_pixels]] = True
    return np.where(kept[pieces], labels, 0), int(len(size) - 1 - np.count_nonzero(kept))


def remove_pinches(labels: Labels) -> Labels:
    """Widen every place where a grain meets itself only at the corner of a pixel: no outline touches itself."""
    labels = labels.copy()
    a, b, c, d = labels[:-1, :-1], labels[:-1, 1:], labels[1:, :-1], labels[1:, 1:]
    falling = np.argwhere((a == d) & (a != b) & (a != c))
    for i, j in falling:
        labels[i, j + 1] = labels[i, j]
    rising = np.argwhere((b == c) & (b != a) & (b != d))
    for i, j in rising:
        labels[i, j] = labels[i, j + 1]
    return labels
