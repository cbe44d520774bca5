"""EBSD maps: grains and their orientations come back from the files of the vendors' programs."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ebsd_files import Points, scan, write_ang, write_ctf
from scipy.spatial.transform import Rotation
from skimage.metrics import contingency_table

from meshes import GrainMap, read_ebsd, read_grain_map
from meshes.grains.orientation import Symmetry, disorientation
from meshes.measured.grain_image import GrainImage

um = 1e-6
NICKEL = Path(__file__).parents[1] / "data" / "grain_maps" / "ebsd_ni_superalloy" / "labels.png"
CROP = (22.8 * um, 36 * um, 3.6 * um, 15.6 * um)
STEP = 0.12 * um
NOISE = float(np.deg2rad(0.3))  # about each axis, usual for EBSD
DIAMETER_OF_12 = 3.9 * STEP  # of the circle with the area of 12 points, slightly less


@pytest.fixture(scope="module")
def nickel() -> GrainMap:
    return read_grain_map(NICKEL, crop=CROP, minimum_grain=DIAMETER_OF_12)


@pytest.fixture(scope="module")
def points(nickel: GrainMap) -> Points:
    return scan(nickel.image, NOISE)


def two_grains(angle: float, symmetry: Symmetry = Symmetry.CUBIC) -> GrainImage:
    """Two grains side by side, turned by `angle` [degrees] against each other."""
    labels = np.repeat([[1] * 12 + [2] * 18], 20, axis=0)
    return GrainImage(labels, STEP, Rotation.from_rotvec(np.deg2rad([[0, 3.0, 0], [0, 3.0 + angle, 0]])), symmetry)


def assert_same_grains(found: GrainMap, true: GrainMap) -> None:
    """Every grain with all of its pixels, and its orientation within three standard errors of each axis."""
    shared = contingency_table(true.image.labels, found.image.labels)
    assert shared.nnz == true.film.n_grains == found.film.n_grains
    order = np.argsort(shared.tocoo().row)
    partner = np.searchsorted(found.source_labels, shared.tocoo().col[order])
    assert found.orientations is not None and true.orientations is not None
    off = disorientation(found.orientations[partner], true.orientations)
    pixels = true.measured_areas / true.pixel_size**2
    assert (off < 3 * np.sqrt(3) * NOISE / np.sqrt(pixels) + np.deg2rad(2e-3)).all()  # the files round to 1e-3 degrees


@pytest.mark.parametrize(("suffix", "write"), [(".ang", write_ang), (".ctf", write_ctf)])
def test_grains_and_orientations_come_back_from_the_file(
    suffix: str, write: Callable[[Path, Points], Path], nickel: GrainMap, points: Points, tmp_path: Path
) -> None:
    found = read_ebsd(write(tmp_path / f"nickel{suffix}", points))
    assert nickel.film.n_grains == 16
    assert_same_grains(found, nickel)
    assert (found.film.width, found.film.height) == pytest.approx((nickel.film.width, nickel.film.height))
    assert found.image.symmetry is Symmetry.CUBIC
    assert sorted(found.misorientations.values()) == pytest.approx(
        sorted(nickel.misorientations.values()), abs=2 * NOISE
    )
    assert found.filled_pixels == 0


def test_a_hexagonal_grid_is_resampled(nickel: GrainMap, tmp_path: Path) -> None:
    hexagonal = write_ang(tmp_path / "hexagonal.ang", scan(nickel.image, NOISE, hexagonal=True), grid="HexGrid")
    found = read_ebsd(hexagonal)
    assert found.pixel_size == pytest.approx(STEP, rel=1e-3, abs=0.0)
    assert found.film.height == pytest.approx(nickel.film.height, rel=1e-6, abs=0.0)
    assert found.film.width == pytest.approx(nickel.film.width, abs=2 * STEP)
    assert found.film.n_grains == nickel.film.n_grains
    by_size, expected = np.sort(found.measured_areas), np.sort(nickel.measured_areas)
    assert by_size[-8:] == pytest.approx(expected[-8:], rel=0.04, abs=0.0)


def test_oblong_cells_are_resampled(nickel: GrainMap, points: Points, tmp_path: Path) -> None:
    every_other = np.isin(np.round(points.y * um / STEP), np.arange(0, 100, 2))
    kept = Points(points.x[every_other], points.y[every_other], points.angles[every_other], points.phase[every_other])
    found = read_ebsd(write_ctf(tmp_path / "oblong.ctf", kept))
    assert found.pixel_size == pytest.approx(STEP)
    assert found.film.width == pytest.approx(nickel.film.width)
    assert found.film.n_grains == nickel.film.n_grains
    assert np.sort(found.measured_areas)[-8:] == pytest.approx(np.sort(nickel.measured_areas)[-8:], rel=0.08, abs=0.0)


@pytest.mark.parametrize(("suffix", "write"), [(".ang", write_ang), (".ctf", write_ctf)])
def test_points_that_are_not_indexed_go_to_the_nearest_grain_and_cut_none(
    suffix: str, write: Callable[[Path, Points], Path], nickel: GrainMap, points: Points, tmp_path: Path
) -> None:
    missed = np.random.default_rng(2).random(len(points.x)) < 0.1
    angles = np.where(missed[:, None], 0.0, points.angles)
    found = read_ebsd(
        write(tmp_path / f"gaps{suffix}", replace(points, angles=angles, phase=np.where(missed, 0, points.phase)))
    )
    assert found.film.n_grains == nickel.film.n_grains
    assert found.filled_pixels == np.count_nonzero(missed)
    assert np.sort(found.measured_areas) == pytest.approx(np.sort(nickel.measured_areas), rel=0.2, abs=0.0)


def test_a_map_of_several_phases_asks_for_one(points: Points, nickel: GrainMap, tmp_path: Path) -> None:
    calcite = points.x < 2.0
    path = write_ctf(tmp_path / "phases.ctf", replace(points, phase=np.where(calcite, 2, 1)))
    with pytest.raises(ValueError, match=r"several phases.*'Nickel' \(\d+ points\), 'Calcite' \(\d+ points\)"):
        read_ebsd(path)
    with pytest.raises(ValueError, match="no phase 'Iron'"):
        read_ebsd(path, phase="Iron")
    with pytest.raises(ValueError, match=r"Laue class -3m: give symmetry.*Symmetry\.CUBIC"):
        read_ebsd(path, phase="Calcite")
    assert read_ebsd(path, phase="Nickel").filled_pixels == np.count_nonzero(calcite)


def test_the_threshold_decides_what_is_one_grain(tmp_path: Path) -> None:
    path = write_ctf(tmp_path / "two.ctf", scan(two_grains(8), NOISE))
    [angle] = read_ebsd(path).misorientations.values()
    assert np.rad2deg(angle) == pytest.approx(8, abs=0.1)
    with pytest.raises(ValueError, match="at least two"):
        read_ebsd(path, threshold=np.deg2rad(10))
    for threshold in (0.0, 5.0, float("nan")):  # five degrees, meant in rad
        with pytest.raises(ValueError, match=rf"threshold .* at most pi/2 rad, got {threshold:g} rad: degrees"):
            read_ebsd(path, threshold=threshold)


def test_the_symmetry_may_be_stated_instead_of_the_files(tmp_path: Path) -> None:
    path = write_ctf(tmp_path / "tetragonal.ctf", scan(two_grains(90, Symmetry.TETRAGONAL), NOISE))
    found = read_ebsd(path, symmetry=Symmetry.TETRAGONAL, spacing=10e-9)
    [angle] = found.misorientations.values()
    assert np.rad2deg(angle) == pytest.approx(90, abs=0.1)
    assert found.film.width == pytest.approx(300e-9)
    with pytest.raises(ValueError, match="at least two"):  # as cubic crystals they are the same
        read_ebsd(path)


def test_small_grains_are_given_away(nickel: GrainMap, points: Points, tmp_path: Path) -> None:
    path = write_ctf(tmp_path / "small.ctf", points)
    coarse = read_ebsd(path, minimum_grain=10 * STEP)
    small = nickel.measured_diameters < 10 * STEP
    assert 0 < np.count_nonzero(small) == nickel.film.n_grains - coarse.film.n_grains
    assert coarse.dropped_pieces == np.count_nonzero(small)


def test_maps_in_hdf5_are_read(points: Points, nickel: GrainMap, tmp_path: Path) -> None:
    from orix.io import load, save

    crystal_map = load(str(write_ctf(tmp_path / "nickel.ctf", points)))
    save(str(tmp_path / "nickel.h5"), crystal_map)
    assert_same_grains(read_ebsd(tmp_path / "nickel.h5"), nickel)


def test_files_that_are_no_ebsd_map_are_refused(
    tmp_path: Path, points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_ebsd(tmp_path / "nothing.ang")
    for name in ("text.ctf", "text.txt", "text.h5"):
        (tmp_path / name).write_text("no map", encoding="utf-8")
        with pytest.raises(ValueError, match="cannot be read as an EBSD map"):
            read_ebsd(tmp_path / name)
    nowhere = write_ctf(tmp_path / "empty.ctf", replace(points, phase=np.zeros_like(points.phase)))
    with pytest.raises(ValueError, match=r"no point of the EBSD map .* is indexed"):
        read_ebsd(nowhere)
    line = Points(points.x[:50], points.y[:50], points.angles[:50], points.phase[:50])
    with pytest.raises(ValueError, match="several rows and columns"):
        read_ebsd(write_ctf(tmp_path / "line.ctf", line))
    monkeypatch.setitem(sys.modules, "orix.io", None)
    with pytest.raises(ModuleNotFoundError, match="pip install orix"):
        read_ebsd(nowhere)
