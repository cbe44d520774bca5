"""What a microscope's camera sees of a map: blurred by the optics, averaged over pixels.

The point-spread function is a Gaussian of stated full width at half maximum; beyond the film's edge there is nothing to
see, and the edge itself is not darkened (normalised convolution, Knutsson and Westin,
doi:10.1109/CVPR.1993.341081).
"""

from dataclasses import dataclass
from math import ceil, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from fem.checks import require_not_negative, require_positive
from fem.fields import Array
from fem.observables.raster import Raster

_FINER = 4  # samples across the smaller of a pixel and the point-spread function
_MOST = 4000  # samples along a side
_SIGMA = 2.0 * sqrt(2.0 * log(2.0))  # full width at half maximum over standard deviation


@dataclass(frozen=True)
class Camera:
    """A camera over a film seen from above.

    Parameters
    ----------
    pixel_size
        Side of a pixel in the plane of the film [m].
    resolution
        Full width at half maximum of the point-spread function [m]; 0 for perfect optics.
    """

    pixel_size: float
    resolution: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self.pixel_size, "pixel size of a camera", "m")
        require_not_negative(self.resolution, "resolution of a camera", "m")

    def image(self, points: Array, triangles: NDArray[np.int64], values: Array) -> Array:
        """Picture of nodal `values`, shape (rows, columns), from the lower left corner of the film; NaN beside it.

        Parameters
        ----------
        points, triangles
            The mesh: nodes [m], shape (2, n_nodes), and corners of the cells, shape (n_cells, 3).

        Raises
        ------
        ValueError
            If the film holds more pixels than a camera has, or less than one.
        """
        extent = np.ptp(points, axis=1)
        columns, rows = (max(1, ceil(side / self.pixel_size - 1e-9)) for side in extent)
        finest = min(self.pixel_size, self.resolution or self.pixel_size) / _FINER
        across = max(1, ceil(self.pixel_size / finest - 1e-9))
        if max(rows, columns) * across > _MOST:
            raise ValueError(
                f"a film of {extent[0] * 1e6:.3g} x {extent[1] * 1e6:.3g} um takes more than {_MOST} samples a side at"
                f" a pixel size of {self.pixel_size * 1e9:.3g} nm and a resolution of {self.resolution * 1e9:.3g} nm:"
                " take a larger pixel or a coarser resolution"
            )
        step = self.pixel_size / across
        sampled = self._samples(points, triangles, values, (rows * across, columns * across), step)
        seen = np.isfinite(sampled)
        light, weight = np.where(seen, sampled, 0.0), seen.astype(float)
        if self.resolution:
            sigma = self.resolution / _SIGMA / step
            light, weight = (gaussian_filter(part, sigma, mode="constant", truncate=6.0) for part in (light, weight))
        blocks = (rows, across, columns, across)
        light, weight = (np.where(seen, part, 0.0).reshape(blocks).sum(axis=(1, 3)) for part in (light, weight))
        return np.divide(light, weight, out=np.full_like(light, np.nan), where=weight > 0)

    @staticmethod
    def _samples(
        points: Array, triangles: NDArray[np.int64], values: Array, shape: tuple[int, int], step: float
    ) -> Array:
        """Values on a fine grid from the film's lower left corner, NaN outside, of the `shape` (rows, columns)."""
        raster = Raster.on_grid(points, triangles, shape, step)
        return raster.sample_nodes(values)
