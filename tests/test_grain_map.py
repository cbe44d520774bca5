"""Measured grain maps: the film is that of the picture, tiles its rectangle, and bad images are refused."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely import box
from skimage.io import imsave

from meshes import read_grain_map
from meshes.label_image import clean_labels

nm, um = 1e-9, 1e-6
PEROVSKITE = Path(__file__).parents[1] / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"
Picture = Callable[..., Path]


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """Write a label image, and a sidecar unless told otherwise; its path."""

    def write(labels: NDArray[np.integer], sidecar: str | None = '{"pixel_size_nm": 10}') -> Path:
        path = tmp_path / "labels.png"
        imsave(path, labels, check_contrast=False)
        if sidecar is not None:
            path.with_suffix(".json").write_text(sidecar, encoding="utf-8")
        return path

    return write


def blocks(rows: int = 40, columns: int = 60) -> NDArray[np.uint16]:
    """Three grains: two side by side in the upper half of the picture, one below them."""
    labels = np.full((rows, columns), 7, dtype=np.uint16)
    labels[: rows // 2, : columns // 3] = 300
    labels[: rows // 2, columns // 3 :] = 2
    return labels


def test_the_perovskite_film_has_the_grains_that_were_measured() -> None:
    grain_map = read_grain_map(PEROVSKITE)
    with PEROVSKITE.with_name("grains.csv").open(encoding="utf-8") as table:
        areas = {int(row["grain_id"]): float(row["area_px"]) * grain_map.pixel_size**2 for row in csv.DictReader(table)}
    film = grain_map.film
    assert film.n_grains == 142
    assert (film.width / nm, film.height / nm) == pytest.approx((512 * 5.5825, 686 * 5.5825))
    assert grain_map.measured_areas == pytest.approx([areas[label] for label in grain_map.source_labels.tolist()])
    assert film.areas.sum() == pytest.approx(film.width * film.height, rel=1e-12)
    # Boundaries are drawn to a few pixels: half a percent of a typical grain, a tenth of the smallest (9.5 pixels).
    assert np.average(np.abs(grain_map.area_errors), weights=grain_map.measured_areas) < 0.006
    assert grain_map.largest_area_error < 0.12
    assert film.edge_lengths.min() > 2.9 * grain_map.pixel_size
    assert grain_map.measured_diameters.mean() / nm == pytest.approx(290.6, abs=0.1)  # meta.json of the data set
    assert "142 grains" in grain_map.summary()


def test_the_top_of_the_picture_is_the_top_of_the_film(picture: Picture) -> None:
    grain_map = read_grain_map(picture(blocks()))
    upper_right, lower, upper_left = grain_map.film.polygons
    assert grain_map.source_labels.tolist() == [2, 7, 300]
    assert [v / nm for v in lower.bounds] == pytest.approx([0, 0, 600, 200])
    assert [v / nm for v in upper_left.bounds] == pytest.approx([0, 200, 200, 400])
    assert [v / nm for v in upper_right.bounds] == pytest.approx([200, 200, 600, 400])
    assert grain_map.largest_area_error < 1e-12
    assert len(grain_map.film.edges) == 8 + 2  # two sides of the outline are cut in three, the bottom is whole


def test_background_small_grains_and_split_grains_go_to_neighbours(picture: Picture) -> None:
    labels = blocks()
    labels[19:21, :] = 0  # boundaries drawn as background
    labels[:20, 19:22] = 0
    labels[30:33, 30:33] = 9  # a speck inside the lower grain
    labels[38:, 58:] = 300  # a far piece of the upper left grain
    grain_map = read_grain_map(picture(labels), minimum_grain=50 * nm)
    assert grain_map.film.n_grains == 3
    assert grain_map.dropped_pieces == 2
    assert grain_map.filled_pixels == 2 * 60 + 19 * 3
    assert grain_map.film.areas.sum() == pytest.approx(600 * nm * 400 * nm, rel=1e-12)


def test_a_grain_inside_another_grain_is_kept(picture: Picture) -> None:
    labels = blocks()
    labels[26:34, 26:34] = 9
    film = read_grain_map(picture(labels)).film
    assert film.n_grains == 4
    assert sorted(len(loops) for loops in film.loops) == [1, 1, 1, 2]


def test_grains_that_touch_themselves_at_a_corner_are_widened() -> None:
    labels = np.array([[1, 1, 1, 1], [1, 2, 2, 1], [1, 2, 1, 3], [1, 1, 3, 3]])  # grain 1 pinches at the centre
    cleaned = clean_labels(labels).grains
    a, b, c, d = cleaned[:-1, :-1], cleaned[:-1, 1:], cleaned[1:, :-1], cleaned[1:, 1:]
    assert not ((a == d) & (a != b) & (a != c)).any()
    assert not ((b == c) & (b != a) & (b != d)).any()


def test_random_pixels_become_a_valid_film(picture: Picture) -> None:
    labels = np.random.default_rng(1).integers(1, 6, size=(24, 24)).astype(np.uint8)
    grain_map = read_grain_map(picture(labels), smoothing=0, minimum_edge=0)
    assert grain_map.film.areas == pytest.approx(grain_map.measured_areas, rel=1e-9)


def test_more_smoothing_means_fewer_vertices_and_shorter_boundaries() -> None:
    crop = (0.5 * um, 1.7 * um, 1.0 * um, 2.2 * um)
    films = [read_grain_map(PEROVSKITE, smoothing=k * 5.5825 * nm, minimum_edge=0, crop=crop).film for k in (0, 1, 3)]
    vertices = [len(film.vertices) for film in films]
    lengths = [film.grain_boundary_length for film in films]
    assert vertices[0] > 2 * vertices[1] > 3 * vertices[2]
    assert lengths[0] > lengths[1] > lengths[2] > 0.7 * lengths[0]  # a staircase is longer by up to the root of two


def test_a_crop_is_that_part_of_the_film() -> None:
    crop = (0.4 * um, 1.6 * um, 2.0 * um, 3.0 * um)
    part = read_grain_map(PEROVSKITE, crop=crop).film
    assert (part.width / um, part.height / um) == pytest.approx((1.2, 1.0), abs=0.006)
    whole = read_grain_map(PEROVSKITE).film
    frame = box(0.45 * um, 2.05 * um, 1.55 * um, 2.95 * um)
    inside = [grain for grain in whole.polygons if frame.contains(grain)]
    matched = [min(abs(q.area / p.area - 1) for q in part.polygons) for p in inside]
    assert len(inside) >= 2
    assert max(matched) < 0.05


@pytest.mark.parametrize(
    ("sidecar", "options", "message"),
    [
        (None, {}, "pixel_size_nm"),
        ("{}", {}, "pixel_size_nm"),
        ('{"pixel_size_nm": "wide"}', {}, "pixel_size_nm"),
        ("[5]", {}, "pixel_size_nm"),
        ('{"pixel_size_nm": -5}', {}, "pixel size must be"),
        (None, {"pixel_size": float("nan")}, "pixel size must be"),
        (None, {"pixel_size": -5 * nm}, "pixel size must be"),
        (None, {"pixel_size": 10 * nm, "smoothing": -1.0}, "smoothing"),
        (None, {"pixel_size": 10 * nm, "minimum_edge": float("nan")}, "smallest edge"),
        (None, {"pixel_size": 10 * nm, "smoothing": 1.0}, "smoothing of 1 m is too large"),
        (None, {"pixel_size": 10 * nm, "minimum_edge": 0.3 * um}, "smallest edge of 3e-07 m is too large"),
        (None, {"pixel_size": 10 * nm, "minimum_grain": 1.0}, "smallest grain of 1 m is too large"),
        (None, {"pixel_size": 10 * nm, "crop": (0, 1.0, 0, 1.0)}, "must lie inside the image"),
        (None, {"pixel_size": 10 * nm, "crop": (300 * nm, 100 * nm, 0, 100 * nm)}, "must lie inside the image"),
        (None, {"pixel_size": 10 * nm, "crop": (0, 5 * nm, 0, 100 * nm)}, "too small"),
        (None, {"pixel_size": 10 * nm, "crop": (0, 100 * nm, 0, 100 * nm)}, "at least two"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    picture: Picture, sidecar: str | None, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_grain_map(picture(blocks(), sidecar), **options)


def test_files_that_are_no_label_image_are_refused(tmp_path: Path, picture: Picture) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_grain_map(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="does not exist"):
        read_grain_map(tmp_path)
    text = tmp_path / "text.png"
    text.write_text("not an image", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        read_grain_map(text)
    colours = np.random.default_rng(1).integers(0, 255, size=(8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="one channel"):
        read_grain_map(picture(colours))
    with pytest.raises(ValueError, match="1 grain:"):
        read_grain_map(picture(np.full((8, 8), 3, dtype=np.uint8)))


def test_the_data_set_carries_its_licence_and_pixel_size() -> None:
    meta = json.loads(PEROVSKITE.with_name("meta.json").read_text(encoding="utf-8"))
    assert meta["licence_url"] in PEROVSKITE.with_name("README.md").read_text(encoding="utf-8")
    assert meta["pixel_size_nm"] == 5.5825
