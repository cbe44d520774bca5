"""Films measured in a microscope: from a label image to the planar graph of its grains.

The edges between pixels of different grains (crack edges) bound one polygon per grain. They are smoothed together, so
that neighbours keep sharing their boundary: Visvalingam and Whyatt, Cartogr. J. 30, 46 (1993),
doi:10.1179/000870493786962263, on a coverage. The film tiles the rectangle of the image exactly.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from meshes.checks import require_not_negative
from meshes.grains.orientation import BRANDON_SIGMA3, misorientations, sigma3_boundaries
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.regularise import merge_short_edges
from meshes.measured.grain_image import GrainImage
from meshes.measured.image_file import Crop
from meshes.measured.label_image import CleanLabels, clean_labels, require_resolved

Floats = NDArray[np.float64]
_FEWEST_PIXELS = 7  # in either direction, so that 3 of them are less than half
_NOISE = 0.1  # area-weighted mean change of grain areas; maps of real films stay below 0.035
_CHANGED = 0.5 + 1e-9  # change of the area of one grain that is worth a warning
_KEPT = 0.5  # likewise share of the labelled pixels that stay in their grain


@dataclass(frozen=True, eq=False)
class GrainMap:
    """A measured film, and how faithful to the image it is.

    Parameters
    ----------
    film
        The film; its lower left corner is the lower left corner of the image (or of the crop).
    image
        The grains as pixels, without background: grain k of the film is number ``image.values[k]``.
    dropped_pieces
        Number of pieces given to a neighbour: the smaller parts of split grains, and grains below the smallest size.
    filled_pixels
        Number of background pixels that were given to the nearest grain.
    """

    film: Polycrystal
    image: GrainImage
    dropped_pieces: int
    filled_pixels: int

    @classmethod
    def of(
        cls,
        image: GrainImage,
        *,
        smoothing: float | None = None,
        minimum_edge: float | None = None,
        minimum_grain: float = 0.0,
    ) -> "GrainMap":
        """Film of the grains of an image.

        Parameters
        ----------
        image
            The grains as pixels; background goes to the nearest grain.
        smoothing
            Size of the wiggles that are removed from the boundaries [m]; None means 2.5 pixels, 0 keeps every pixel
            corner.
        minimum_edge
            Shortest edge of the film [m]; None means 3 pixels.
        minimum_grain
            Grains with a smaller equivalent diameter [m] are given to their neighbours.

        Raises
        ------
        ValueError
            If fewer than two grains remain, an argument makes no sense for this image, or the film is so far from it
            that the areas of its grains change by more than 10 % (area-weighted mean).
        """
        size, shape = image.pixel_size, image.labels.shape
        if (smoothing is None or minimum_edge is None) and min(shape) < _FEWEST_PIXELS:
            raise ValueError(
                f"an image of {shape[1]} x {shape[0]} pixels is too small for a film: it needs at least"
                f" {_FEWEST_PIXELS} pixels in either direction"
            )
        smoothing = 2.5 * size if smoothing is None else smoothing
        minimum_edge = 3 * size if minimum_edge is None else minimum_edge
        for value, what in (
            (smoothing, "smoothing"),
            (minimum_edge, "smallest edge"),
            (minimum_grain, "smallest grain"),
        ):
            require_not_negative(value, what)
            if value >= 0.5 * size * min(shape):
                raise ValueError(f"{what} of {value:g} m is too large for an image {size * min(shape):g} m across")
        cleaned = clean_labels(image.labels, np.pi / 4 * (minimum_grain / size) ** 2)
        require_resolved(cleaned, max(smoothing, minimum_edge) / size)
        found = cls(
            film=merge_short_edges(_film(cleaned, size, smoothing / size), minimum_edge),
            image=image.with_labels(cleaned.source_labels[cleaned.grains]),
            dropped_pieces=cleaned.dropped_pieces,
            filled_pixels=cleaned.filled_pixels,
        )
        found._require_faithful()
        return replace(found, film=replace(found.film, warnings=(*found._changed(), *_noise(image, found.image))))

    @property
    def pixel_size(self) -> float:
        """Width of a pixel [m]."""
        return self.image.pixel_size

    @property
    def source_labels(self) -> NDArray[np.int64]:
        """Number of each grain in the label image, shape (n_grains,)."""
        return self.image.values

    @property
    def orientations(self) -> Rotation | None:
        """Orientation of each grain (crystal to sample), if the map has them."""
        return self.image.orientations

    @cached_property
    def misorientations(self) -> dict[tuple[int, int], float]:
        """Disorientation angle [rad] of every boundary of the film, by its grains (i, j), i < j.

        Raises
        ------
        ValueError
            If the map has no orientations.
        """
        return misorientations(self.film, self._known_orientations(), self.image.symmetry)

    def twin_boundaries(self, tolerance: float = BRANDON_SIGMA3) -> frozenset[tuple[int, int]]:
        """Boundaries (i, j), i < j, of the film that are Sigma3 twins to within `tolerance` [rad]; cubic crystals only.

        Raises
        ------
        ValueError
            If the map has no orientations, or the crystals are not cubic.
        """
        self.image.require_cubic()
        return sigma3_boundaries(self.film, self._known_orientations(), tolerance)

    @cached_property
    def measured_areas(self) -> Floats:
        """Area of each grain in the image [m^2], shape (n_grains,)."""
        _, pixels = np.unique(self.image.labels, return_counts=True)
        return pixels.astype(np.float64) * self.pixel_size**2

    @property
    def area_errors(self) -> Floats:
        """Relative change of each grain's area by smoothing and merging, shape (n_grains,)."""
        return np.asarray(self.film.areas / self.measured_areas - 1)

    @property
    def largest_area_error(self) -> float:
        """Largest relative change of the area of a single grain."""
        return float(np.abs(self.area_errors).max())

    @property
    def measured_diameters(self) -> Floats:
        """Diameter of the circle with the area of each grain in the image [m], shape (n_grains,)."""
        return np.sqrt(4 * self.measured_areas / np.pi)

    @property
    def mean_area_error(self) -> float:
        """Relative change of the area of a grain, mean over the area."""
        return float(np.average(np.abs(self.area_errors), weights=self.measured_areas))

    def summary(self) -> str:
        """One line for a log or a report, and one for each of the film's warnings."""
        line = (
            f"{self.film.n_grains} grains in {self.film.width * 1e6:.3f} um x {self.film.height * 1e6:.3f} um, mean "
            f"equivalent diameter {self.measured_diameters.mean() * 1e9:.0f} nm, {len(self.film.vertices)} vertices; "
            f"grain areas changed by {100 * self.mean_area_error:.2f} % (area-weighted mean), "
            f"{100 * self.largest_area_error:.1f} % at most; "
            f"{self.dropped_pieces} pieces and {self.filled_pixels} background pixels given to neighbours"
        )
        return "\n".join([line, *(f"warning: {one}" for one in self.film.warnings)])

    def _require_faithful(self) -> None:
        if self.mean_area_error > _NOISE:
            raise ValueError(
                f"the film would not be that of the image: grain areas change by {self.mean_area_error:.0%}"
                f" (area-weighted mean), {self.largest_area_error:.0%} at most. Its {self.film.n_grains} grains are"
                f" {self.measured_diameters.mean() / self.pixel_size:.2g} pixels across: smooth less, take a smaller"
                " minimum_edge or a larger minimum_grain; or is it noise?"
            )

    def _changed(self) -> list[str]:
        """Warning of the grain whose area changed most."""
        if self.largest_area_error <= _CHANGED:
            return []
        worst = int(np.abs(self.area_errors).argmax())
        return [
            f"{np.count_nonzero(np.abs(self.area_errors) > _CHANGED)} of {self.film.n_grains} grains changed by more"
            f" than {_CHANGED:.0%} when the outlines of the map were drawn, the area of grain {worst}"
            f" ({self.measured_diameters[worst] * 1e9:.3g} nm) by {self.area_errors[worst]:+.0%}: give such grains away"
            " by minimum_grain, or smooth less"
        ]

    def _known_orientations(self) -> Rotation:
        if self.orientations is None:
            raise ValueError("the grain map has no orientations, so its boundaries have no misorientation")
        return self.orientations


def read_grain_map(
    path: str | Path,
    *,
    pixel_size: float | None = None,
    smoothing: float | None = None,
    minimum_edge: float | None = None,
    crop: Crop | None = None,
    minimum_grain: float = 0.0,
) -> GrainMap:
    """Grains of a label image, with their orientations where a table beside it gives them.

    To coarsen the map further take its image: ``GrainMap.of(grain_map.image.without_twins())``, and likewise
    ``merged_below(angle)``, ``merged(pairs)`` and ``downsampled(factor)``.

    Parameters
    ----------
    path
        8- or 16-bit image whose value is the number of the grain; 0 is background and goes to the nearest grain. Rows
        run downwards in the image and y upwards in the film, so that map and picture agree.
    pixel_size
        Width of a pixel [m]; None takes ``pixel_size_nm`` from the sidecar.
    smoothing
        Size of the wiggles that are removed from the boundaries [m]; None means 2.5 pixels, 0 keeps every pixel corner.
    minimum_edge
        Shortest edge of the film [m]; None means 3 pixels.
    crop
        Part of the image to use, (left, right, bottom, top) [m] from its lower left corner; rounded to whole pixels.
    minimum_grain
        Grains with a smaller equivalent diameter [m] are given to their neighbours.

    Raises
    ------
    ValueError
        If the file is missing or no label image, the pixel size is unknown, fewer than two grains remain, or an
        argument makes no sense for this image.
    """
    image = GrainImage.read(path, pixel_size)
    if crop is not None:
        image = image.cropped(crop)
    return GrainMap.of(image, smoothing=smoothing, minimum_edge=minimum_edge, minimum_grain=minimum_grain)


def _noise(before: GrainImage, after: GrainImage) -> list[str]:
    """Warning of an image whose grains were mostly pieces that had to be given away."""
    labelled = before.labels > 0
    kept = float((before.labels == after.labels)[labelled].mean())
    if kept >= _KEPT:
        return []
    return [f"only {kept:.0%} of the pixels of the map stayed in their grain, the rest were loose pieces: is it noise?"]


def _film(cleaned: CleanLabels, pixel_size: float, tolerance: float) -> Polycrystal:
    """Film of clean labels, smoothed with a tolerance in pixels."""
    rows, columns = cleaned.grains.shape
    cells = shapely.get_parts(shapely.polygonize(shapely.linestrings(_crack_edges(cleaned.grains))))
    inside = shapely.point_on_surface(cells)
    row, column = (shapely.get_y(inside).astype(int), shapely.get_x(inside).astype(int))
    cells = cells[np.argsort(cleaned.grains[row, column])]
    smooth = shapely.coverage_simplify(cells, tolerance, simplify_boundary=False)

    def in_film(xy: Floats) -> Floats:
        return np.asarray((xy * [1, -1] + [0, rows]) * pixel_size)

    polygons = [shapely.transform(cell, in_film) for cell in _with_straight_sides(smooth, columns, rows)]
    return Polycrystal.from_polygons(columns * pixel_size, rows * pixel_size, polygons)


def _with_straight_sides(cells: NDArray[np.object_], columns: int, rows: int) -> list[shapely.Polygon]:
    """Cells, in pixels, without the vertices along the sides of the image where only one grain is."""
    positions, owner = shapely.get_coordinates(cells, return_index=True)
    visits = np.unique(np.column_stack([np.round(positions).astype(np.int64), owner]), axis=0)[:, :2]
    places, owners = np.unique(visits, axis=0, return_counts=True)
    x_side, y_side = np.isin(places[:, 0], (0, columns)), np.isin(places[:, 1], (0, rows))
    idle = {tuple(place) for place in places[(x_side ^ y_side) & (owners == 1)].tolist()}
    return [
        shapely.Polygon([xy for xy in cell.exterior.coords if (round(xy[0]), round(xy[1])) not in idle], cell.interiors)
        for cell in cells
    ]


def _crack_edges(grains: NDArray[np.int64]) -> Floats:
    """Edges of pixels between different grains and around the image: (x, y) in pixels from the top left, (n, 2, 2)."""
    padded = np.pad(grains, 1, constant_values=-1)
    i, j = np.nonzero(padded[1:-1, :-1] != padded[1:-1, 1:])
    upright = np.stack([np.column_stack([j, i]), np.column_stack([j, i + 1])], axis=1)
    i, j = np.nonzero(padded[:-1, 1:-1] != padded[1:, 1:-1])
    level = np.stack([np.column_stack([j, i]), np.column_stack([j + 1, i])], axis=1)
    return np.concatenate([upright, level]).astype(np.float64)
