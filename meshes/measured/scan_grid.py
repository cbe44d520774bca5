"""Points of a scan, in whatever order and grid they were measured, as the pixels of an image."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def square_grid(x: Floats, y: Floats) -> tuple[NDArray[np.int64], float]:
    """Number of the scan point that each pixel shows, and the width of a pixel.

    On a square grid a pixel is a point. On any other (hexagonal, or of oblong cells) it is the nearest point, and
    pixels are as wide as the closer of the two spacings, that of the rows and that in a row.

    Parameters
    ----------
    x, y
        Positions of the points, y downwards, shape (n_points,), in the unit of the result.

    Returns
    -------
    Point of each pixel, shape (rows, columns), -1 where no point is near; and the width of a pixel.

    Raises
    ------
    ValueError
        If the points do not lie in at least two rows and two columns.
    """
    from scipy.spatial import KDTree

    width, height = np.ptp(x), np.ptp(y)
    if not (np.isfinite(width) and np.isfinite(height) and width > 0 and height > 0):
        raise ValueError("the points of the EBSD map must lie in several rows and columns at finite positions")
    rough = np.sqrt(width * height / len(x))
    rows = np.unique(np.round((y - y.min()) / (0.05 * rough)))
    first = np.sort(x[np.round((y - y.min()) / (0.05 * rough)) == rows[0]])
    if len(rows) < 2 or len(first) < 2:
        raise ValueError("the points of the EBSD map must lie in several rows and columns")
    spacings = height / (len(rows) - 1), np.ptp(first) / (len(first) - 1)
    step = float(min(spacings))
    columns = np.arange(x.min(), x.max() + step * (1 - 1e-3) / 2, step)
    lines = np.arange(y.min(), y.max() + step * (1 - 1e-3) / 2, step)
    wanted = np.stack(np.meshgrid(columns, lines), axis=-1)
    distance, point = KDTree(np.column_stack([x, y])).query(wanted.reshape(-1, 2))
    return np.where(distance < 0.9 * max(spacings), point, -1).reshape(wanted.shape[:2]).astype(np.int64), step
