"""Grains as pixels: a measured map before its boundaries become lines, cropped and coarsened at will."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from meshes.checks import require_angle, require_count, require_positive
from meshes.grains.orientation import BRANDON_SIGMA3, Symmetry, disorientation, is_sigma3
from meshes.measured.image_file import Crop, window
from meshes.measured.label_image import read_labels, require_whole_numbers
from meshes.measured.sidecar import LARGEST_PIXEL, read_orientations, read_pixel_size, read_symmetry

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GrainImage:
    """A label image with its scale, and with the orientation of each grain where that was measured.

    Parameters
    ----------
    labels
        Number of the grain of each pixel, 0 for background, shape (rows, columns); the first row is the top.
    pixel_size
        Width of a pixel [m].
    orientations
        One per entry of :attr:`values`, or None.
    symmetry
        Symmetry of the crystal.

    Raises
    ------
    ValueError
        If the labels are no whole numbers in rows and columns, the pixel size is not positive or above 10 um, or
        orientations and grains differ in number.
    """

    labels: Ints
    pixel_size: float
    orientations: Rotation | None = None
    symmetry: Symmetry = Symmetry.CUBIC

    def __post_init__(self) -> None:
        require_positive(self.pixel_size, "pixel size")
        if self.pixel_size > LARGEST_PIXEL:
            raise ValueError(f"pixel size must be at most {LARGEST_PIXEL * 1e6:g} um, got {self.pixel_size * 1e6:g} um")
        require_whole_numbers(np.asarray(self.labels), "labels of grains")
        labels = np.array(self.labels, dtype=np.int64)
        labels.flags.writeable = False
        object.__setattr__(self, "labels", labels)
        if self.orientations is not None and len(self.orientations) != len(self.values):
            raise ValueError(f"{len(self.values)} grains need as many orientations, got {len(self.orientations)}")

    @classmethod
    def read(cls, path: str | Path, pixel_size: float | None = None) -> "GrainImage":
        """Label image on disk, with what the files beside it tell (see :mod:`meshes.measured.sidecar`).

        Parameters
        ----------
        path
            8- or 16-bit image whose value is the number of the grain; 0 is background.
        pixel_size
            Width of a pixel [m]; None takes it from the sidecar.

        Raises
        ------
        ValueError
            If the file is missing or no label image, the pixel size is unknown, or a table beside it is incomplete.
        """
        path = Path(path)
        labels = read_labels(path)
        size = read_pixel_size(path) if pixel_size is None else pixel_size
        orientations = read_orientations(path, np.unique(labels[labels > 0]).tolist())
        return cls(labels, size, orientations, read_symmetry(path))

    @cached_property
    def values(self) -> Ints:
        """Numbers of the grains in the image, ascending, shape (n_grains,)."""
        values = np.unique(self.labels)
        return values[values > 0]

    @cached_property
    def neighbours(self) -> Ints:
        """Numbers (a, b), a < b, of every two grains with pixels side by side, shape (n, 2)."""
        label = self.labels
        beside = ((label[:, :-1], label[:, 1:]), (label[:-1], label[1:]))
        touching = np.concatenate([np.column_stack([one.ravel(), other.ravel()]) for one, other in beside])
        pairs = np.sort(touching[(touching > 0).all(axis=1) & (touching[:, 0] != touching[:, 1])], axis=1)
        return np.unique(pairs, axis=0)

    def cropped(self, crop: Crop) -> "GrainImage":
        """The part (left, right, bottom, top) [m], from the lower left corner, rounded to whole pixels.

        Raises
        ------
        ValueError
            If the crop reaches out of the image or holds fewer than 2 x 2 pixels.
        """
        return self.with_labels(self.labels[window(self.labels.shape, crop, self.pixel_size)])

    def downsampled(self, factor: int) -> "GrainImage":
        """The image with one pixel in place of `factor` x `factor`; what is left over at the right and top is cut off.

        Raises
        ------
        ValueError
            If the factor is no whole number of at least 1, or fewer than 2 x 2 pixels would remain.
        """
        require_count(factor, "downsampling factor")
        rows, columns = (n // factor for n in self.labels.shape)
        if min(rows, columns) < 2:
            raise ValueError(f"downsampling by {factor} leaves nothing of an image of {self.labels.shape} pixels")
        top = self.labels.shape[0] - rows * factor
        centres = self.labels[top + factor // 2 :: factor, factor // 2 :: factor][:rows, :columns]
        return replace(self.with_labels(centres), pixel_size=self.pixel_size * factor)

    def merged(self, pairs: ArrayLike) -> "GrainImage":
        """The image without the boundaries between `pairs` of grains, shape (n, 2).

        Grains that hang together through these boundaries become one, with number and orientation of the largest.

        Raises
        ------
        ValueError
            If a number is not that of a grain.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        numbers = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        unknown = np.setdiff1d(numbers, self.values)
        if len(unknown):
            raise ValueError(f"cannot merge grain {unknown[0]}: the image has no such grain")
        first, second = np.searchsorted(self.values, numbers).T
        n = len(self.values)
        _, group = connected_components(coo_array((np.ones(len(first)), (first, second)), shape=(n, n)), directed=False)
        by_size = np.argsort(-np.unique(self.labels[self.labels > 0], return_counts=True)[1], kind="stable")
        _, rank = np.unique(group[by_size], return_index=True)
        new = np.concatenate([[0], self.values[by_size[rank][group]]])
        return self.with_labels(new[np.searchsorted(self.values, self.labels) + (self.labels > 0)])

    def merged_below(self, angle: float) -> "GrainImage":
        """The image without its low-angle boundaries: those with a disorientation below `angle` [rad].

        Raises
        ------
        ValueError
            If the orientations are unknown or the angle is no positive number.
        """
        require_angle(angle, "angle below which grains are merged")
        first, second = self._neighbouring_orientations()
        return self.merged(self.neighbours[disorientation(first, second, self.symmetry) < angle])

    def without_twins(self, tolerance: float = BRANDON_SIGMA3) -> "GrainImage":
        """The image without its Sigma3 twin boundaries (see :func:`meshes.grains.orientation.is_sigma3`).

        Raises
        ------
        ValueError
            If the orientations are unknown or the crystal is not cubic.
        """
        require_angle(tolerance, "tolerance of a twin")
        self.require_cubic()
        first, second = self._neighbouring_orientations()
        return self.merged(self.neighbours[is_sigma3(first, second, tolerance)])

    def with_labels(self, labels: Ints) -> "GrainImage":
        """The image with other `labels`, each of which must be one of these grains (or background)."""
        left = np.unique(labels)
        left = left[left > 0]
        kept = None if self.orientations is None else self.orientations[np.searchsorted(self.values, left)]
        return replace(self, labels=labels, orientations=kept)

    def require_cubic(self) -> None:
        """Raise ValueError unless the crystals are cubic."""
        if self.symmetry is not Symmetry.CUBIC:
            raise ValueError(f"Sigma3 twins are defined for cubic crystals, these are {self.symmetry.name.lower()}")

    def _neighbouring_orientations(self) -> tuple[Rotation, Rotation]:
        if self.orientations is None:
            raise ValueError("the grain map has no orientations: merge chosen pairs of grains instead")
        first, second = np.searchsorted(self.values, self.neighbours).T
        return self.orientations[first], self.orientations[second]
