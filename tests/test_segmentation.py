"""Micrographs that nobody has outlined: the grains found are those that were drawn, or that a person saw."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import KDTree
from skimage.io import imread, imsave
from skimage.metrics import adapted_rand_error
from skimage.segmentation import find_boundaries
from verification import Verification

from meshes import BoundaryLook, draw_overlay, read_grain_map, segment_micrograph
from meshes.measured.overlay import boundary_segments, overlay

nm, um = 1e-9, 1e-6
MAPS = Path(__file__).parents[1] / "data" / "grain_maps"
GROOVED = MAPS / "perovskite_sem_masked"
SIZE = 40  # of drawn grains [pixels]

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]


def drawn(look: BoundaryLook, noise: float = 0.15, n: int = 7) -> tuple[Labels, NDArray[np.uint8]]:
    """Grains around the points of a disturbed n x n lattice, and a noisy, unevenly lit micrograph of them."""
    rng = np.random.default_rng(1)
    lattice = np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).reshape(-1, 2) + 0.5
    seeds = (lattice + rng.uniform(-0.3, 0.3, lattice.shape)) * SIZE
    pixels = np.stack(np.meshgrid(np.arange(n * SIZE), np.arange(n * SIZE)), axis=-1)
    distance, nearest = map(np.asarray, KDTree(seeds).query(pixels, k=2))
    line = np.exp(-(((distance[..., 1] - distance[..., 0]) / 4) ** 2))
    light = np.linspace(-0.5, 0.5, n * SIZE)[:, None]
    if look is BoundaryLook.STEPS:
        shade = np.array([0, 3, 1, 4, 2])[(lattice.astype(int) @ [1, 2]) % 5]  # no equal neighbours
        grey = gaussian_filter(shade[nearest[..., 0]].astype(float), 1.5) + 0.2 * light
    else:
        grey = light + (1 - line if look is BoundaryLook.DARK_LINES else line)
    grey = grey + rng.normal(scale=noise, size=grey.shape)
    return nearest[..., 0].astype(np.int64) + 1, (255 * (grey - grey.min()) / np.ptp(grey)).astype(np.uint8)


def saved(folder: Path, image: NDArray[Any]) -> Path:
    imsave(folder / "sem.png", image, check_contrast=False)
    return folder / "sem.png"


def rand_error(found: Labels, true: Labels) -> float:
    """Adapted Rand error: 0 if the same pixels are together, 1 if none."""
    return float(adapted_rand_error(true, found)[0])


def boundary_f1(found: Labels, true: Labels, reach: float) -> float:
    """Harmonic mean of the shares of found and of true boundary pixels within `reach` pixels of the other's."""
    ours, theirs = find_boundaries(found), find_boundaries(true)
    precision = np.mean(distance_transform_edt(~theirs)[ours] <= reach)
    recall = np.mean(distance_transform_edt(~ours)[theirs] <= reach)
    return float(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("look", BoundaryLook)
def test_drawn_grains_are_found(look: BoundaryLook, tmp_path: Path) -> None:
    labels, image = drawn(look)
    found = segment_micrograph(saved(tmp_path, image), SIZE * 10 * nm, pixel_size=10 * nm, look=look)
    assert found.film.n_grains == labels.max() == 49
    assert rand_error(found.image.labels, labels) < 0.05
    assert boundary_f1(found.image.labels, labels, reach=3) > 0.98


def test_the_grain_size_may_be_off_by_half(tmp_path: Path) -> None:
    labels, image = drawn(BoundaryLook.DARK_LINES)
    for factor in (0.6, 1.6):
        found = segment_micrograph(saved(tmp_path, image), factor * SIZE * 10 * nm, pixel_size=10 * nm)
        assert rand_error(found.image.labels, labels) < 0.07


def test_a_weak_boundary_counts_only_if_asked_for(tmp_path: Path) -> None:
    grooves = np.full((120, 240), 200.0)
    grooves[:, 118:122] = 0
    grooves[58:62, :118] = 140  # 0.3 times as deep
    path = saved(tmp_path, gaussian_filter(grooves, 1.5).astype(np.uint8))
    counts = [segment_micrograph(path, 600 * nm, pixel_size=10 * nm, weakest=w).film.n_grains for w in (0.1, 0.5)]
    assert counts == [3, 2]


def test_a_crop_leaves_the_information_bar_out(tmp_path: Path) -> None:
    labels, image = drawn(BoundaryLook.DARK_LINES)
    bar = np.where(np.random.default_rng(3).random((30, image.shape[1])) < 0.5, 0, 255).astype(np.uint8)
    width, height = image.shape[1] * 10 * nm, image.shape[0] * 10 * nm
    found = segment_micrograph(
        saved(tmp_path, np.vstack([image, bar])),
        SIZE * 10 * nm,
        pixel_size=10 * nm,
        crop=(0, width, 300 * nm, 300 * nm + height),
    )
    assert found.film.height == pytest.approx(height)
    assert rand_error(found.image.labels, labels) < 0.05


def test_a_corner_of_the_grooved_film_has_the_grains_that_a_person_outlined() -> None:
    crop = (0, 1.6 * um, 2.6 * um, 4.2 * um)
    found = segment_micrograph(GROOVED / "sem.png", 300 * nm, pixel_size=4 * nm, crop=crop)
    true = read_grain_map(GROOVED / "labels.png", pixel_size=4 * nm, crop=crop)
    assert rand_error(found.image.labels, true.image.labels) < 0.1
    assert boundary_f1(found.image.labels, true.image.labels, reach=5) > 0.96
    assert found.film.n_grains == pytest.approx(true.film.n_grains, rel=0.1, abs=0.0)


@pytest.mark.slow
def test_the_grooved_film_has_the_grains_that_a_person_outlined(verify: Verification) -> None:
    found = segment_micrograph(GROOVED / "sem.png", 300 * nm, pixel_size=4 * nm).image.labels
    true = imread(GROOVED / "labels.png").astype(np.int64)
    what = "automatic segmentation of perovskite_sem_masked against its hand-made labels"
    verify(
        id="G1", quantity=f"{what}, adapted Rand error", measured=rand_error(found, true), expected=0, tolerance=0.08
    )
    verify(
        id="G1",
        quantity=f"{what}, boundary F1 within 20 nm",
        measured=boundary_f1(found, true, reach=5),
        expected=1,
        tolerance=0.03,
    )


@pytest.mark.parametrize(
    ("image", "options", "message"),
    [
        (
            np.random.default_rng(1).integers(0, 255, (60, 60, 3), dtype=np.uint8),
            {},
            r"grey image, got shape \(60, 60, 3\)",
        ),
        (np.full((60, 60), 7, dtype=np.uint8), {}, "shows nothing"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"pixel_size": 100 * nm}, "grains of 4 pixels are too small"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"pixel_size": 2 * nm}, "less than two grains of 200 pixels"),
        (drawn(BoundaryLook.DARK_LINES)[1][:3, :3], {}, "less than two grains"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"weakest": 1.5}, "weakest boundary must be between 0 and 1"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"pixel_size": None}, "pixel_size_nm"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"pixel_size": -1.0}, "pixel size must be"),
        (drawn(BoundaryLook.DARK_LINES)[1], {"crop": (0, 1, 0, 1)}, "must lie inside the image"),
    ],
)
def test_micrographs_that_cannot_be_segmented_are_refused(
    image: NDArray[np.uint8], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        segment_micrograph(saved(tmp_path, image), SIZE * 10 * nm, **({"pixel_size": 10 * nm} | options))


def test_a_grain_size_that_is_no_length_and_files_that_are_no_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        segment_micrograph(tmp_path / "nothing.png", 300 * nm, pixel_size=4 * nm)
    with pytest.raises(ValueError, match="grain size must be"):
        segment_micrograph(GROOVED / "sem.png", 0.0, pixel_size=4 * nm)


def test_grey_saved_as_colour_counts_as_grey(tmp_path: Path) -> None:
    _, image = drawn(BoundaryLook.DARK_LINES, n=4)
    grey = segment_micrograph(saved(tmp_path, image), SIZE * 10 * nm, pixel_size=10 * nm)
    colour = np.repeat(image[:, :, None], 3, axis=2)
    same = segment_micrograph(saved(tmp_path, colour), SIZE * 10 * nm, pixel_size=10 * nm)
    assert np.array_equal(same.image.labels, grey.image.labels)


# --- the film over its micrograph -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "image", "pixel_size"),
    [
        ("perovskite_sem_calibrated", "sem.png", None),
        ("perovskite_sem_masked", "sem.png", 4 * nm),
        ("ebsd_ni_superalloy", "band_contrast.png", None),
    ],
)
def test_the_boundaries_of_the_film_lie_where_the_picture_has_them(
    folder: str, image: str, pixel_size: float | None
) -> None:
    grain_map = read_grain_map(MAPS / folder / "labels.png", pixel_size=pixel_size)
    labels = imread(MAPS / folder / "labels.png").astype(np.int64)
    ends = boundary_segments(grain_map.film) / grain_map.pixel_size
    along = np.linspace(0.05, 0.95, 19)[:, None, None]
    x, y = np.moveaxis(ends[:, 0] + along * (ends[:, 1] - ends[:, 0]), -1, 0)
    weights = np.broadcast_to(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1), x.shape)
    to_boundary = distance_transform_edt(~find_boundaries(labels))
    rows, columns = labels.shape
    row = np.clip(rows - y, 0, rows - 1).astype(int)
    off = to_boundary[row, np.clip(x, 0, columns - 1).astype(int)]
    assert np.average(off <= 1.5, weights=weights) > 0.95  # pixels
    assert off.max() < 6
    assert imread(MAPS / folder / image).shape[:2] == labels.shape


def test_the_overlay_shows_film_and_micrograph_in_the_same_frame(tmp_path: Path) -> None:
    crop = (0.5 * um, 1.7 * um, 1.0 * um, 2.0 * um)
    film = read_grain_map(MAPS / "perovskite_sem_calibrated" / "labels.png", crop=crop).film
    sem = MAPS / "perovskite_sem_calibrated" / "sem.png"
    picture = draw_overlay(film, sem, tmp_path / "pictures" / "overlay.png", pixel_size=5.5825 * nm, crop=crop)
    red = (imread(picture)[..., :3] == [255, 48, 48]).all(axis=-1)
    assert np.count_nonzero(red) > 1000
    [axes] = overlay(film, np.zeros((179, 215))).axes
    assert axes.images[0].get_extent() == pytest.approx([0, film.width / um, 0, film.height / um])
    assert axes.get_xlim() == pytest.approx((0, film.width / um))
    with pytest.raises(ValueError, match="has not the shape of the film"):
        draw_overlay(film, GROOVED / "sem.png", tmp_path / "wrong.png")
    with pytest.raises(ValueError, match="give its pixel_size too"):
        draw_overlay(film, sem, tmp_path / "wrong.png", crop=crop)
    assert not (tmp_path / "wrong.png").exists()
