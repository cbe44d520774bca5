"""Quantities that depend on position, and the one place that resolves them to numbers.

A :data:`Field` is a number, a vectorised function ``f(x, y)`` of metres, or a mapping from regions to either. Regions
are the names of a mesh's subdomains (``grain_interior``, ``grain_boundary``, ``grain_7``, ``boundary_3_7``,
``substrate``, ...) or of the thin layers of a model (``grain_boundary``, ``surface``); later entries of a mapping
override earlier ones.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fem.checks import require_known

Array = NDArray[np.float64]
Value = float | Callable[[Array, Array], Array]
Field = Value | Mapping[str, Value]


def resolve(
    field: Field,
    points: Array,
    regions: Mapping[str, NDArray[np.int64]],
    what: str,
    ignored: frozenset[str] = frozenset(),
    needed: NDArray[np.bool_] | None = None,
) -> Array:
    """Values of `field` at `points`.

    Parameters
    ----------
    field
        Number, mapping or function; see the module docstring.
    points
        Positions [m], shape (2, n): centroids of cells, midpoints of facets or nodes.
    regions
        Indices into `points` of each region.
    what
        Name of the quantity, for error messages ("activation_energy of iodide vacancy").
    ignored
        Names that are valid keys elsewhere (thin layers when cells are resolved) and are passed over here.
    needed
        Points at which the quantity exists, shape (n,); all of them by default.

    Returns
    -------
    Array of shape (n,), zero where the quantity is not needed.

    Raises
    ------
    ValueError
        If a region is unknown, a point has no value, or a value is not finite.
    """
    everywhere = np.ones(points.shape[1], dtype=bool) if needed is None else needed
    if isinstance(field, Mapping):
        values, covered = _from_regions(field, points, regions, what, ignored)
        _require_covered(covered | ~everywhere, regions, what)
    else:
        values = _at(field, points)
    values[~everywhere] = 0.0
    _require_finite(values, points, what)
    return values


def named_regions(field: Field) -> frozenset[str]:
    """The region names that `field` mentions (none unless it is a mapping)."""
    return frozenset(field) if isinstance(field, Mapping) else frozenset()


def _at(value: Value, points: Array) -> Array:
    """A number or function at `points`, shape (n,)."""
    numbers = value(points[0], points[1]) if callable(value) else value
    return np.broadcast_to(np.asarray(numbers, dtype=float), points.shape[1:]).copy()


def _from_regions(
    field: Mapping[str, Value],
    points: Array,
    regions: Mapping[str, NDArray[np.int64]],
    what: str,
    ignored: frozenset[str],
) -> tuple[Array, NDArray[np.bool_]]:
    """Values of a mapping at `points` and which of them it covers, both of shape (n,)."""
    values = np.zeros(points.shape[1])
    covered = np.zeros(points.shape[1], dtype=bool)
    for name, value in field.items():
        if name in regions:
            values[regions[name]] = _at(value, points[:, regions[name]])
            covered[regions[name]] = True
        elif name not in ignored:
            require_known(name, set(regions) | ignored, f"{what}: region")
    return values, covered


def _require_covered(covered: NDArray[np.bool_], regions: Mapping[str, NDArray[np.int64]], what: str) -> None:
    if not covered.all():
        missing = [name for name, members in regions.items() if not covered[members].any()]
        raise ValueError(f"{what} has no value in: {', '.join(sorted(missing)[:8]) or 'part of the mesh'}")


def _require_finite(values: Array, points: Array, what: str) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        x, y = points[:, k] * 1e9
        raise ValueError(f"{what} is {values[k]} at x = {x:.1f} nm, y = {y:.1f} nm; it must be a finite number")
