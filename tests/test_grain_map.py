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

from meshes import GrainImage, GrainMap, Symmetry, nominal_pixel_size, read_grain_map
from meshes.measured.label_image import clean_labels

nm, um = 1e-9, 1e-6
MAPS = Path(__file__).parents[1] / "data" / "grain_maps"
PEROVSKITE = MAPS / "perovskite_sem_calibrated" / "labels.png"
WITHOUT_SCALE = MAPS / "perovskite_sem_masked" / "labels.png"
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
    assert film.areas.sum() == pytest.approx(film.width * film.height, rel=1e-12, abs=0.0)
    # Boundaries are drawn to a few pixels: half a percent of a typical grain, a tenth of the smallest (9.5 pixels).
    assert np.average(np.abs(grain_map.area_errors), weights=grain_map.measured_areas) < 0.006
    assert grain_map.largest_area_error < 0.12
    assert film.edge_lengths.min() > 2.9 * grain_map.pixel_size
    assert grain_map.measured_diameters.mean() / nm == pytest.approx(290.6, abs=0.1)  # meta.json of the data set
    assert "142 grains" in grain_map.summary()


def test_a_film_without_scale_wants_its_pixel_size() -> None:
    with pytest.raises(ValueError, match=r"Give pixel_size, e\.g\. the nominal 4 nm, which the sidecar assumes"):
        read_grain_map(WITHOUT_SCALE)
    assert nominal_pixel_size(WITHOUT_SCALE) == pytest.approx(4 * nm)
    assert nominal_pixel_size(str(MAPS / "ebsd_ni_superalloy" / "labels.png")) == pytest.approx(11.7 * nm)
    with pytest.raises(ValueError, match="states a number nominal_pixel_size_nm"):
        nominal_pixel_size(PEROVSKITE)
    grain_map = read_grain_map(WITHOUT_SCALE, pixel_size=nominal_pixel_size(WITHOUT_SCALE))
    assert grain_map.film.n_grains == 232
    assert grain_map.film.width / nm == pytest.approx(1060 * 4)
    assert grain_map.measured_diameters.mean() / (4 * nm) == pytest.approx(72.53, abs=0.01)  # meta.json of the data set
    assert np.average(np.abs(grain_map.area_errors), weights=grain_map.measured_areas) < 0.004
    assert grain_map.orientations is None


def test_a_table_beside_the_image_gives_the_orientations(picture: Picture) -> None:
    path = picture(blocks(), '{"pixel_size_nm": 10, "symmetry": "tetragonal"}')
    table = "grain_id,area,phi1_deg,Phi_deg,phi2_deg\n300,1,10,0,0\n2,1,20,0,0\n7,1,0,30,0\n99,1,0,0,0\n"
    path.with_suffix(".csv").write_text(table, encoding="utf-8")
    grain_map = read_grain_map(path)
    assert grain_map.source_labels.tolist() == [2, 7, 300]
    assert grain_map.orientations is not None
    assert np.rad2deg(grain_map.orientations.magnitude()) == pytest.approx([20, 30, 10])
    assert grain_map.image.symmetry is Symmetry.TETRAGONAL
    angles = {pair: round(np.rad2deg(angle), 6) for pair, angle in grain_map.misorientations.items()}
    assert angles[0, 2] == 10
    cropped = read_grain_map(path, crop=(0, 600 * nm, 220 * nm, 400 * nm))  # without the lower grain
    assert cropped.orientations is not None
    assert np.rad2deg(cropped.orientations.magnitude()) == pytest.approx([20, 10])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("grain_id,phi1_deg,Phi_deg,phi2_deg\n2,0,0,0\n7,0,0,0\n", "no orientation of grain 300"),
        ("grain_id,phi1_deg,Phi_deg,phi2_deg\n2,0,0,0\n7,0,0,x\n300,0,0,0\n", "of every grain as numbers"),
        ("grain_id,phi1_deg,Phi_deg,phi2_deg\n2,0,0,0\n7,0,0\n300,0,0,0\n", "of every grain as numbers"),
        ("grain_id,phi1_deg,Phi_deg,phi2_deg\n2,0,0,0\n7,0,0,nan\n300,0,0,0\n", "must give finite"),
    ],
)
def test_tables_with_gaps_are_refused(picture: Picture, table: str, message: str) -> None:
    path = picture(blocks())
    path.with_suffix(".csv").write_text(table, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_grain_map(path)


def test_an_unknown_symmetry_is_refused(picture: Picture) -> None:
    with pytest.raises(ValueError, match=r"'wurtzite'; known are cubic, hexagonal"):
        read_grain_map(picture(blocks(), '{"pixel_size_nm": 10, "symmetry": "wurtzite"}'))


def test_a_downsampled_map_has_the_same_grains_and_fewer_vertices() -> None:
    image = GrainImage.read(WITHOUT_SCALE, pixel_size=4 * nm).cropped((0, 2 * um, 0, 2 * um))
    fine, coarse = GrainMap.of(image), GrainMap.of(image.downsampled(3))
    assert coarse.pixel_size == pytest.approx(12 * nm)
    assert coarse.film.width == pytest.approx(166 * 12 * nm)  # 500 pixels are 166 times 3, and two are cut off
    assert len(coarse.film.vertices) < 0.5 * len(fine.film.vertices)
    large = fine.measured_diameters > 150 * nm  # a sliver at the edge of the crop is lost
    assert set(fine.source_labels[large]) <= set(coarse.source_labels) <= set(fine.source_labels)
    same = np.searchsorted(coarse.source_labels, fine.source_labels[large])
    around = 4 * 6 / 150  # half a coarse pixel all around the smallest grain
    assert coarse.film.areas[same] == pytest.approx(fine.film.areas[large], rel=around, abs=0.0)


def test_what_downsampling_leaves_over_is_cut_off_at_the_top_and_right() -> None:
    image = GrainImage(np.arange(1, 36).reshape(5, 7), 10 * nm)
    assert image.downsampled(2).labels.tolist() == [[16, 18, 20], [30, 32, 34]]
    assert image.downsampled(1).labels.tolist() == image.labels.tolist()
    with pytest.raises(ValueError, match="downsampling by 3 leaves nothing"):
        image.downsampled(3)
    with pytest.raises(ValueError, match="downsampling factor must be a whole number"):
        image.downsampled(0)


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
    assert grain_map.film.areas.sum() == pytest.approx(600 * nm * 400 * nm, rel=1e-12, abs=0.0)


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
    assert grain_map.film.areas == pytest.approx(grain_map.measured_areas, rel=1e-9, abs=0.0)
    [warning] = grain_map.film.warnings
    assert warning.endswith("of the pixels of the map stayed in their grain, the rest were loose pieces: is it noise?")
    assert grain_map.summary().endswith(f"warning: {warning}")


@pytest.mark.parametrize(
    ("grains", "message"),
    [(200, r"grain areas change by \d+% .* pixels across: smooth less, .* is it noise"),
     (3600, r"the 2,\d\d\d grains of the image are 1\.4 pixels across on average, .* is it noise")],
)  # fmt: skip
def test_noise_is_no_grain_map(grains: int, message: str) -> None:
    labels = np.random.default_rng(1).integers(1, grains + 1, size=(60, 60))
    with pytest.raises(ValueError, match=message):
        GrainMap.of(GrainImage(labels, 10 * nm))


def test_a_grain_that_is_drawn_far_too_small_is_warned_of() -> None:
    labels = blocks().astype(np.int64)
    labels[19:21, 19:21] = 9  # four pixels where three grains meet
    grain_map = GrainMap.of(GrainImage(labels, 10 * nm))
    [warning] = grain_map.film.warnings
    assert grain_map.largest_area_error > 0.5
    assert warning.startswith("1 of 4 grains changed by more than 50%")
    assert "area of grain 2 (22.6 nm) by -75%" in warning
    assert warning in grain_map.summary()
    assert GrainMap.of(GrainImage(blocks().astype(np.int64), 10 * nm)).film.warnings == ()


@pytest.mark.parametrize(
    ("labels", "pixel_size", "message"),
    [
        (
            np.array([[1.0, 2.0], [1.0, 2.7]]),
            10 * nm,
            "labels of grains must be whole numbers, got an array of float64",
        ),
        (np.array([1, 1, 2, 2]), 10 * nm, r"labels of grains must have rows and columns, got shape \(4,\)"),
        (blocks(), 10.0, "pixel size must be at most 10 um, got 1e\\+07 um"),
    ],
)
def test_images_that_cannot_be_meant_are_refused(labels: NDArray[Any], pixel_size: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GrainImage(labels, pixel_size)


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
        ("{pixel_size_nm: 5", {}, r"\.json' is not JSON in UTF-8"),
        ('{"pixel_size_nm": -5}', {}, r"\.json' states pixel_size_nm = -5: it must be greater than zero"),
        ('{"pixel_size_nm": NaN}', {}, r"\.json' states pixel_size_nm = nan"),
        ('{"pixel_size_nm": 1e9}', {}, r"\.json' states pixel_size_nm = 1e\+09: .* at most 10,000"),
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
    with pytest.raises(ValueError, match="is a folder"):
        read_grain_map(tmp_path)
    imsave(tmp_path / "lossy.jpg", np.kron([[1, 90], [90, 1]], np.ones((20, 20))).astype(np.uint8))
    with pytest.raises(ValueError, match=r"lossy\.jpg' is a JPEG, which alters the numbers"):
        read_grain_map(tmp_path / "lossy.jpg")
    text = tmp_path / "text.png"
    text.write_text("not an image", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        read_grain_map(text)
    colours = np.random.default_rng(1).integers(0, 255, size=(8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="one channel"):
        read_grain_map(picture(colours))
    with pytest.raises(ValueError, match="1 grain:"):
        read_grain_map(picture(np.full((8, 8), 3, dtype=np.uint8)))


@pytest.mark.parametrize(
    ("name", "pixel_size", "licence"),
    [
        ("perovskite_sem_calibrated", 5.5825, "https://www.apache.org/licenses/LICENSE-2.0"),
        ("perovskite_sem_masked", None, "Permission is hereby granted, free of charge"),
        ("ebsd_ni_superalloy", 120.0, "https://www.apache.org/licenses/LICENSE-2.0"),
    ],
)
def test_the_data_sets_carry_their_licence_and_pixel_size(name: str, pixel_size: float | None, licence: str) -> None:
    meta = json.loads((MAPS / name / "meta.json").read_text(encoding="utf-8"))
    read_me = (MAPS / name / "README.md").read_text(encoding="utf-8")
    assert meta["pixel_size_nm"] == pixel_size
    assert licence in read_me
    assert meta["origin"].split("repository ")[1].split(",")[0] in read_me
    assert (MAPS / name / meta["image_file"]).is_file()
