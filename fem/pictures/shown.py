"""Which map of a run is shown, and at which output, where nobody says."""

from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from fem.fields import Array
from fem.pictures.map_figures import concentration_norm, light_norm
from fem.storage.results import Results

_SEEN_FIRST = ("PL_ratio", "emission", "band_gap", "share", "electric_potential")
_COLOURS = {"PL_ratio": "inferno", "PL_quench": "inferno", "emission": "inferno", "electric_potential": "cividis"}


def shown_field(results: Results, field: str | None = None) -> str:
    """`field`, or what is seen of the film.

    Raises
    ------
    ValueError
        If the run has no such map, or no output.
    """
    known = results.fields
    if field is not None and field not in known:
        raise ValueError(f"{results.directory} has no field {field!r}; it holds: {', '.join(sorted(known))}")
    if len(results.times) == 0:
        raise ValueError(f"{results.directory} holds no outputs yet")
    return field or next(name for name in (*_SEEN_FIRST, *known) if name in known)


def shown_output(results: Results, time: float | None = None) -> int:
    """Number of the output nearest to `time` [s], or of the last one."""
    return len(results.times) - 1 if time is None else int(np.argmin(np.abs(results.times - time)))


def colours_of(field: str) -> str:
    """Name of the colour map."""
    return _COLOURS.get(field, "viridis")


def size(values: Array) -> Array:
    """`values`, or of vectors their length, shape (n,)."""
    return np.asarray(values if values.ndim == 1 else np.linalg.norm(values, axis=1), dtype=float)


def lowest_and_highest(results: Results, field: str) -> tuple[float, float]:
    """Over all outputs and places where `field` has a value."""
    with results.series.held_open() as series:
        sizes = (size(series.read(field, k)) for k in range(len(results.times)))
        ends = np.array([(np.nanmin(one), np.nanmax(one)) for one in sizes if np.isfinite(one).any()])
    return (float(ends[:, 0].min()), float(ends[:, 1].max())) if len(ends) else (0.0, 1.0)


def norm_of(results: Results, field: str) -> Normalize:
    """How values of `field` become colours, the same for all outputs: concentrations by their logarithm."""
    low, high = lowest_and_highest(results, field)
    if field == "PL_ratio":
        return light_norm(low, high)
    if results.fields[field] in ("1/m^3", "1/m^3/s"):
        return concentration_norm(low, high)
    return Normalize(low, high if high > low else low + 1.0)


def is_logarithmic(norm: Normalize) -> bool:
    """Whether colours go with the logarithm."""
    return isinstance(norm, LogNorm)


def require_folder_of(picture: Path) -> None:
    """Raise ValueError unless the folder that `picture` goes into is there."""
    if not picture.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {picture.parent} to write {picture.name} into")
