"""A results folder in ParaView and in a window: blocks by name, a picture of what is seen."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains
from headless_display import display
from skfem import MeshTri

from fem.observables.regions import regions
from fem.pictures.still import Still
from fem.pictures.view import View
from fem.results.record import run_scenario
from fem.storage.blocks import blocks, grain_edges
from fem.storage.export import export_pvd
from fem.storage.series import FieldSeries

MACRO = Path(__file__).parents[1] / "docs" / "macros" / "standard_view.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two grains that meet in a line."""
    made = tmp_path_factory.mktemp("results") / "run"
    run_scenario(two_grains(), IDENTITY, made)
    return made


def test_regions_are_grains_strips_and_layers() -> None:
    mesh = MeshTri.init_tensor(np.linspace(0, 3, 7), np.linspace(0, 1, 3)).with_subdomains(
        {
            "film": lambda p: p[0] < 2, "grain_0": lambda p: p[0] < 1, "grain_1": lambda p: (p[0] > 1) & (p[0] < 2),
            "grain_boundary": lambda p: (p[0] > 0.5) & (p[0] < 1), "substrate": lambda p: p[0] > 2,
            "boundary_0_1": lambda p: (p[0] > 0.5) & (p[0] < 1),
            "grain_interior": lambda p: (p[0] < 0.5) | ((p[0] > 1) & (p[0] < 2)),
        }
    )  # fmt: skip
    names, numbers = regions(mesh)
    assert names == ("grains", "grain_boundaries", "substrate")
    middles = mesh.p[0, mesh.t].mean(axis=0)
    np.testing.assert_array_equal(numbers, np.where(middles > 2, 2, (middles > 0.5) & (middles < 1)))


def test_blocks_are_all_cells_and_the_line_between_the_grains(folder: Path) -> None:
    series = FieldSeries.open(folder / "fields.vtkhdf")
    grains, boundary = blocks(series)
    assert (grains.name, boundary.name) == ("grains", "grain_boundaries")
    np.testing.assert_array_equal(grains.cells, np.arange(len(series.triangles)))
    x, y = series.points[:, boundary.elements]
    assert boundary.is_lines
    np.testing.assert_allclose(x, series.points[0].max() / 2, rtol=1e-12)
    assert np.ptp(y, axis=1).sum() == pytest.approx(np.ptp(series.points[1]), rel=1e-12, abs=0.0)


def test_edges_to_what_is_no_grain_are_no_boundary() -> None:
    triangles = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4]])
    assert grain_edges(triangles, np.array([0, 1, -1])).tolist() == [[1, 2]]


def test_export_writes_blocks_with_the_values_of_their_nodes(folder: Path) -> None:
    import pyvista

    series = FieldSeries.open(folder / "fields.vtkhdf")
    text = export_pvd(folder).read_text()
    assert text.count('name="grains"') == text.count('name="grain_boundaries"') == len(series)
    reader = pyvista.PVDReader(folder / "fields.pvd")
    reader.set_active_time_value(float(series.times[-1]))
    parts = reader.read()
    assert isinstance(parts, pyvista.MultiBlock)
    lines = parts[1]
    assert isinstance(lines, pyvista.DataSet)
    nodes = np.unique(blocks(series)[1].elements)
    np.testing.assert_array_equal(lines.point_data["PL_ratio"], series.read("PL_ratio", -1)[nodes])


def test_arrays_of_the_export_know_their_units(folder: Path) -> None:
    """As VTK's own reader finds them: with the array, and in a list with the data of the field."""
    from vtkmodules.vtkCommonCore import vtkDataArray
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

    export_pvd(folder)
    series = FieldSeries.open(folder / "fields.vtkhdf")
    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(next((folder / "fields").glob("grains_*.vtu"))))
    reader.Update()
    found = reader.GetOutput()
    for data in (found.GetPointData(), found.GetCellData()):
        assert data.GetNumberOfArrays() > 1
        for k in range(data.GetNumberOfArrays()):
            array = data.GetArray(k)
            assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == series.units[array.GetName()]
    units = found.GetFieldData().GetAbstractArray("units")
    listed = [units.GetValue(k) for k in range(units.GetNumberOfValues())]
    assert "electric_potential: V" in listed and len(listed) == len(series.units)


def test_an_export_that_cannot_be_written_fails(folder: Path, tmp_path: Path) -> None:
    """A list of files that are not there would look like an export."""
    made = tmp_path / "run"
    shutil.copytree(folder, made, ignore=shutil.ignore_patterns("fields", "*.pvd"))
    (made / "fields" / "grains_0.vtu").mkdir(parents=True)
    with pytest.raises(OSError, match=r"grains_0\.vtu"):
        export_pvd(made)
    assert not (made / "fields.pvd").exists()


def test_view_shows_what_is_asked_for_or_says_what_there_is(folder: Path) -> None:
    seen = View.of(folder)
    assert (seen.field, seen.output) == ("PL_ratio", len(seen.results.times) - 1)
    assert View.of(folder, "electric_field", 0.012).output == 2
    with pytest.raises(ValueError, match=r"has no field 'PL'; it holds: PL_quench"):
        View.of(folder, "PL")


def test_view_without_a_display_names_the_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fem.pictures.view.sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="--picture FILE"):
        View.of(folder).show()
    with pytest.raises(ValueError, match=r"x\.doc must end with \.png"):
        View.of(folder).draw(Path("x.doc"))


def test_view_draws_the_dark_electrode_dark(folder: Path, tmp_path: Path) -> None:
    """Vacancies leave the positive electrode on the left: it is bright in the film's interior and dark there."""
    from matplotlib.image import imread

    View.of(folder).draw(tmp_path / "seen.png")
    picture = imread(tmp_path / "seen.png")[..., :3].sum(axis=2)
    row = picture[picture.shape[0] // 2]
    film = np.flatnonzero(row < 2.99)
    film = film[film < 0.83 * len(row)]  # left of the scale
    first, middle = row[film[0] + 3], row[(film[0] + film[-1]) // 3]
    assert len(film) > 300 and first < 0.5 * middle


@pytest.mark.slow
def test_a_real_paraview_opens_the_export_and_runs_the_macro(folder: Path, tmp_path: Path) -> None:
    paraview = shutil.which("pvpython")
    if paraview is None:
        pytest.skip("no ParaView here (pvpython)")
    export_pvd(folder)
    picture = tmp_path / "paraview.png"
    asked = [paraview, str(MACRO), str(folder / "fields.pvd"), str(picture)]
    with display() as environment:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0 and picture.is_file(), done.stdout + done.stderr
    from matplotlib.image import imread

    pixels = imread(picture)[..., :3]
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100  # colours, not an empty window
    grey = np.abs(pixels - (0.48, 0.52, 0.56)).max(axis=2) < 0.12  # where the grains meet; bright film lies around
    assert grey[:, pixels.shape[1] // 2 - 5 : pixels.shape[1] // 2 + 5].any(axis=1).sum() > 0.3 * len(pixels)


@pytest.mark.slow
def test_a_real_paraview_opens_the_series_itself(folder: Path) -> None:
    """Times and arrays as ParaView lists them, in the releases that read VTKHDF over time (from 5.13 on)."""
    paraview = shutil.which("pvpython")
    if paraview is None:
        pytest.skip("no ParaView here (pvpython)")
    program = (
        "import sys; from paraview import simple; print('version', simple.GetParaViewVersion())\n"
        "reader = simple.OpenDataFile(sys.argv[1]); reader.UpdatePipeline()\n"
        "print('times', list(reader.TimestepValues)); print('fields', sorted(reader.PointData.keys()))\n"
    )
    script = folder / "ask.py"
    script.write_text(program)
    version = subprocess.run([paraview, "--version"], capture_output=True, text=True, timeout=60, check=False)
    number = tuple(int(one) for one in (version.stdout + version.stderr).split()[-1].split(".")[:2])
    if number < (5, 13):
        pytest.skip(f"ParaView {number[0]}.{number[1]} does not read VTKHDF over time; 5.13 does")
    done = subprocess.run([paraview, str(script), str(folder / "fields.vtkhdf")], capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip
    series = FieldSeries.open(folder / "fields.vtkhdf")
    assert f"times {series.times.tolist()}" in done.stdout, done.stdout + done.stderr
    assert "electric_potential" in done.stdout


def test_figures_have_the_size_and_the_form_that_was_asked_for(folder: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    still = Still.of(folder, width=60e-3)
    assert still.draw(tmp_path / "seen.png", 0.012) == pytest.approx(0.01, rel=1e-12, abs=0.0)
    picture = imread(tmp_path / "seen.png")
    assert picture.shape[1] == pytest.approx(60 / 25.4 * 300, abs=2)
    Still.of(folder, "electric_field").draw(tmp_path / "field.svg")
    drawing = (tmp_path / "field.svg").read_text()
    assert "<text" in drawing and "electric field (V/m)" in drawing  # letters stay letters


def test_a_style_file_changes_the_figure(folder: Path, tmp_path: Path) -> None:
    style = tmp_path / "mine.mplstyle"
    style.write_text("savefig.dpi: 50\n")
    Still.of(folder, width=50.8e-3, style=style).draw(tmp_path / "small.png")
    from matplotlib.image import imread

    assert imread(tmp_path / "small.png").shape[1] == pytest.approx(100, abs=2)


def test_a_film_has_a_frame_for_every_output(folder: Path, tmp_path: Path) -> None:
    from PIL import Image

    Still.of(folder, width=40e-3).draw(tmp_path / "quench.gif")
    with Image.open(tmp_path / "quench.gif") as film:
        assert getattr(film, "n_frames", 1) == len(FieldSeries.open(folder / "fields.vtkhdf"))


def test_figures_that_cannot_be_drawn_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end with one of \.png"):
        Still.of(folder).draw(tmp_path / "seen.doc")
    with pytest.raises(ValueError, match=r"there is no folder .*new to write q\.png into"):
        Still.of(folder).draw(tmp_path / "new" / "q.png")
    with pytest.raises(ValueError, match="there is no such folder"):
        Still.of(tmp_path / "nope")
    with pytest.raises(ValueError, match="leave --time away"):
        Still.of(folder).draw(tmp_path / "film.gif", 1.0)
    with pytest.raises(ValueError, match="2000 mm wide"):
        Still.of(folder, width=2.0)
    with pytest.raises(ValueError, match="no style file"):
        Still.of(folder, style=tmp_path / "none")
