"""The measured maps that come with the program: they run with both kinds of boundaries, and meshes follow them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from skfem import MeshTri
from skimage.io import imread
from verification import Verification

from command_line.app import main
from fem.storage.run_record import read_record
from fem.storage.series import FieldSeries

Floats = NDArray[np.float64]
MAPS = Path(__file__).parents[1] / "data" / "grain_maps"
nm, um = 1e-9, 1e-6


@dataclass(frozen=True)
class Measured:
    """A map of `MAPS` with its pixel size [m], and whether its sidecar states that as measured."""

    name: str
    pixel_size: float
    stated: bool = False

    @property
    def labels(self) -> Path:
        return MAPS / self.name / "labels.png"


CALIBRATED = Measured("perovskite_sem_calibrated", 5.5825 * nm, stated=True)
MEASURED = (CALIBRATED, Measured("perovskite_sem_masked", 4 * nm), Measured("ebsd_ni_superalloy", 11.7 * nm))


def run(measured: Measured, folder: Path, *options: str) -> Path:
    """Results of a short run of ``lateral_bias`` on a map."""
    scale = () if measured.stated else ("--pixel-size", f"{measured.pixel_size / nm:.6g}nm")
    words = ("lateral_bias", "--grain-map", str(measured.labels), *scale, "--end-time", "10ms", "--out", str(folder))
    assert main([*words, *options, "--quiet"]) == 0
    return folder


def require_sound(folder: Path) -> None:
    """The run finished, lost no ion, made no negative concentration and drew its pictures."""
    record = read_record(folder)
    assert record["status"] == "finished" and record["conservation"]["verdict"] == "pass"
    assert record["mesh"]["grain_pieces"] == record["mesh"]["grains"]
    drawn = {path.name for path in (folder / "figures").glob("*.png")}
    assert {"microstructure.png", "maps.png", "traces.png"} <= drawn and (folder / "report.html").is_file()


def meshed_boundaries(folder: Path, measured: Measured) -> Floats:
    """Ends of the mesh's grain boundaries in pixels of the map from its lower left corner, shape (n, 2, 2)."""
    series = FieldSeries.open(folder / "fields.vtkhdf")
    mesh, grains = MeshTri(series.points[:2], series.triangles.T), series.read("grain_id", 0)
    one, two = mesh.f2t
    between = (two >= 0) & (grains[one] != grains[np.maximum(two, 0)])
    ends = mesh.p[:, mesh.facets[:, between]].transpose(2, 1, 0) / measured.pixel_size
    return np.asarray(ends + margins(folder, measured))


def margins(folder: Path, measured: Measured) -> Floats:
    """What is left of the map at the left and at the bottom [pixels]: the part used is the one in the middle."""
    rows, columns = imread(measured.labels).shape
    size = FieldSeries.open(folder / "fields.vtkhdf").points[:2].max(axis=1) / measured.pixel_size
    return np.round((np.array([columns, rows]) - size) / 2)


def measured_boundaries(measured: Measured) -> Floats:
    """Places along the edges between pixels of different grains [pixels] from the lower left corner, shape (n, 2)."""
    labels = imread(measured.labels)[::-1].astype(np.int64)
    row, column = np.nonzero(labels[:, :-1] != labels[:, 1:])
    upright = [np.column_stack([column + 1, row + share]) for share in (0, 0.25, 0.5, 0.75, 1)]
    row, column = np.nonzero(labels[:-1] != labels[1:])
    level = [np.column_stack([column + share, row + 1]) for share in (0, 0.25, 0.5, 0.75, 1)]
    return np.vstack([*upright, *level]).astype(float)


def distances(folder: Path, measured: Measured) -> tuple[Floats, Floats]:
    """From the mesh's boundaries to the measured ones, and back [pixels], both evenly along the boundaries."""
    ends, found = meshed_boundaries(folder, measured), measured_boundaries(measured)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    count = np.maximum(np.ceil(4 * length).astype(int), 1)
    share = np.concatenate([(np.arange(n) + 0.5) / n for n in count])[:, None]
    start, end = np.repeat(ends, count, axis=0).transpose(1, 0, 2)
    places = start + share * (end - start)
    low, high = margins(folder, measured), places.max(axis=0)
    inside = ((found >= low) & (found <= high)).all(axis=1)
    there, back = cKDTree(found).query(places)[0], cKDTree(places).query(found[inside])[0]
    return np.asarray(there), np.asarray(back)


@pytest.mark.parametrize("boundaries", ["lines", "strips"])
def test_a_piece_of_a_measured_film_runs_with_either_kind_of_boundary(
    boundaries: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fem.pictures.figures.draw_movie", lambda *_: None)
    folder = run(CALIBRATED, tmp_path / "run", "--crop", "400nm", "--boundaries", boundaries)
    require_sound(folder)
    there, back = distances(folder, CALIBRATED)
    assert np.median(there) < 0.5 and np.percentile(there, 95) < 2
    assert np.median(back) < 0.5 and np.percentile(back, 95) < 2


@pytest.mark.slow
@pytest.mark.parametrize(("boundaries", "mesh_size"), [("lines", "15nm"), ("strips", "60nm")])
@pytest.mark.parametrize("measured", MEASURED, ids=lambda measured: measured.name)
def test_every_measured_map_runs_and_its_mesh_follows_the_measured_boundaries(
    measured: Measured, boundaries: str, mesh_size: str, tmp_path: Path, verify: Verification
) -> None:
    folder = run(measured, tmp_path / "run", "--boundaries", boundaries, "--mesh-size", mesh_size)
    require_sound(folder)
    there, back = distances(folder, measured)
    found = {
        "mesh boundaries to measured ones, median": (np.median(there), 0.5),
        "mesh boundaries to measured ones, 95 % within": (np.percentile(there, 95), 1.0),
        "measured boundaries to those of the mesh, 95 % within": (np.percentile(back, 95), 1.5),
    }
    for quantity, (distance, most) in found.items():
        case = f"{measured.name}, {boundaries}: {quantity} [pixel]"
        verify(id="G1", quantity=case, measured=float(distance), expected=0.0, tolerance=most)
