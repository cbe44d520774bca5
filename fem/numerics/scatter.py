"""Sums of scattered contributions."""

import numpy as np
from numpy.typing import NDArray

from fem.fields import Array


def sum_at(places: NDArray[np.int64], contributions: Array, size: int) -> Array:
    """Array of shape (size,) with the sum of all `contributions` at each of their `places`."""
    return np.asarray(np.bincount(places.ravel(), weights=contributions.ravel(), minlength=size), dtype=float)
