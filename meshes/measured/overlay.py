"""A film drawn over the micrograph it was made from, to see whether it follows the boundaries that were measured."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skfem import MeshTri

from meshes.checks import require_positive
from meshes.contract import check_contract
from meshes.grains.polycrystal import Polycrystal
from meshes.measured.image_file import Crop, read_picture, window

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INCHES = 8.0  # longer side of the picture
_DPI = 150


def draw_overlay(
    film: Polycrystal | MeshTri,
    micrograph: str | Path,
    picture: str | Path,
    *,
    pixel_size: float | None = None,
    crop: Crop | None = None,
) -> Path:
    """Draw the grain boundaries of a film or mesh over its micrograph and write the picture.

    Parameters
    ----------
    film
        The film, or a mesh of it.
    micrograph
        Image file; without a crop its corners are those of the film.
    picture
        File to write; its folder is made if necessary.
    pixel_size
        Width of a pixel of the micrograph [m]; needed with a crop only.
    crop
        Part of the micrograph that the film shows, (left, right, bottom, top) [m] from its lower left corner.

    Returns
    -------
    Path of the picture.

    Raises
    ------
    ValueError
        If the micrograph cannot be read, a crop is given without pixel size, or film and image differ in shape.
    """
    image = read_picture(Path(micrograph), "micrograph")
    if crop is not None:
        if pixel_size is None:
            raise ValueError("a crop of the micrograph is in metres: give its pixel_size too")
        require_positive(pixel_size, "pixel size")
        image = image[window(image.shape[:2], crop, pixel_size)]
    _require_same_shape(film, image.shape)
    picture = Path(picture)
    picture.parent.mkdir(parents=True, exist_ok=True)
    overlay(film, image).savefig(picture, dpi=_DPI)
    return picture


def overlay(film: Polycrystal, image: ArrayLike) -> "Figure":
    """Figure of the grain boundaries over `image`, whose corners are those of the film; axes in micrometres."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    width, height = film.width * 1e6, film.height * 1e6
    scale = _INCHES / max(width, height)
    figure = Figure(figsize=(width * scale + 0.8, height * scale + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="x [µm]", ylabel="y [µm]", aspect="equal")
    axes.imshow(np.asarray(image), cmap="gray", extent=(0, width, 0, height), interpolation="antialiased")
    axes.add_collection(LineCollection(list(boundary_segments(film) * 1e6), colors="#ff3030", linewidths=0.9))
    return figure


def boundary_segments(film: Polycrystal | MeshTri) -> NDArray[np.float64]:
    """Ends of every straight edge between two grains [m], shape (n, 2, 2); in a mesh the middle of a strip."""
    if isinstance(film, Polycrystal):
        return film.vertices[film.edges[film.grain_boundary_edges]]
    facets = (film.boundaries or {}).get("grain_boundary_lines")
    if facets is None:
        grains, (one, two) = check_contract(film), film.f2t
        facets = np.flatnonzero((two >= 0) & (grains[one] != grains[two]))
    return np.asarray(film.p[:, film.facets[:, facets]].transpose(2, 1, 0))


def _size(film: Polycrystal | MeshTri) -> tuple[float, float]:
    """Width and height [m]."""
    if isinstance(film, Polycrystal):
        return film.width, film.height
    width, height = np.ptp(film.p, axis=1)
    return float(width), float(height)


def _require_same_shape(film: Polycrystal | MeshTri, shape: tuple[int, ...]) -> None:
    (width, height), (rows, columns) = _size(film), shape[:2]
    if abs(width / height * rows / columns - 1) > 2 / min(rows, columns):
        raise ValueError(
            f"the micrograph of {columns} x {rows} pixels has not the shape of the film, {width * 1e6:.3f} um x "
            f"{height * 1e6:.3f} um: give the crop of which the film was made"
        )
