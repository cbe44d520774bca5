"""Field series and time series: what readers see, at every moment and after a kill."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
from films_for_results import two_grain_mesh

from fem.fields import Array
from fem.observables.maps import Location, Map
from fem.storage.export import export_pvd
from fem.storage.series import FieldSeries
from fem.storage.timeseries import TimeSeriesWriter, read_timeseries, truncate_timeseries
from fem.storage.vtkhdf import FieldLayout, FieldSeriesWriter

ROOT = Path(__file__).parents[1]
MESH = two_grain_mesh()
N_NODES, N_CELLS = MESH.p.shape[1], MESH.t.shape[1]
TIMES = [0.0, 1e-6, 1 / 3, 7.1e5]


def unused(*_: object) -> Array:
    raise NotImplementedError


def layout(capacity: int) -> FieldLayout:
    maps = (
        Map("electric_potential", "V", Location.NODES, unused),
        Map("electric_field", "V/m", Location.CELLS, unused, components=3),
    )
    fixed = {"grain_id": ("1", np.arange(N_CELLS) % 5), "activation_energy": ("eV", np.linspace(0.3, 0.6, N_CELLS))}
    return FieldLayout(maps, fixed, capacity)


def values(k: int) -> dict[str, Array]:
    """Fields of output `k`, exact in single precision."""
    return {
        "electric_potential": np.arange(N_NODES) + 1000.0 * k,
        "electric_field": np.arange(3.0 * N_CELLS).reshape(N_CELLS, 3) - 64.0 * k,
    }


def write_series(path: Path, times: Sequence[float], capacity: int) -> None:
    FieldSeriesWriter.create(path, MESH, layout(capacity)).close()
    with FieldSeriesWriter(path) as series:
        for k, moment in enumerate(times):
            series.append(moment, values(k))


def vtk_outputs(path: Path) -> dict[float, tuple[Array, Array, Array]]:
    """Potential, field and grain numbers at each time, as VTK's own reader has them."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline
    from vtkmodules.vtkIOHDF import vtkHDFReader

    reader = vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    times = reader.GetOutputInformation(0).Get(vtkStreamingDemandDrivenPipeline.TIME_STEPS()) or ()
    found = {}
    for moment in _rising(times):
        reader.UpdateTimeStep(moment)
        grid = reader.GetOutputDataObject(0)
        assert (grid.GetNumberOfPoints(), grid.GetNumberOfCells()) == (N_NODES, N_CELLS)
        cells = grid.GetCellData()
        arrays = (grid.GetPointData().GetArray("electric_potential"), cells.GetArray("electric_field"))
        found[moment] = tuple(vtk_to_numpy(one).copy() for one in (*arrays, cells.GetArray("grain_id")))
    return found


def _rising(times: Sequence[float]) -> Sequence[float]:
    """The times that VTK can tell apart: the last one reads 0 if a kill fell between its announcement and its time."""
    unfinished = len(times) > 1 and times[-1] == 0
    return times[: len(times) // 2] if unfinished else times  # its bisection is right in the first half only


def assert_complete(outputs: dict[float, tuple[Array, Array, Array]]) -> None:
    for k, (potential, field, grains) in enumerate(outputs.values()):
        np.testing.assert_array_equal(potential, values(k)["electric_potential"])
        np.testing.assert_array_equal(field, values(k)["electric_field"])
        np.testing.assert_array_equal(grains, np.arange(N_CELLS) % 5)


def test_paraviews_reader_finds_every_output_at_its_exact_time(tmp_path: Path) -> None:
    write_series(tmp_path / "fields.vtkhdf", TIMES, capacity=len(TIMES))
    outputs = vtk_outputs(tmp_path / "fields.vtkhdf")
    assert list(outputs) == TIMES
    assert_complete(outputs)


def test_our_reader_gives_back_mesh_fields_units_and_times(tmp_path: Path) -> None:
    write_series(tmp_path / "fields.vtkhdf", TIMES, capacity=9)
    series = FieldSeries.open(tmp_path / "fields.vtkhdf")
    assert series.times.tolist() == TIMES
    np.testing.assert_array_equal(series.points, MESH.p)
    np.testing.assert_array_equal(series.triangles, MESH.t.T)
    assert series.units["electric_field"] == "V/m"
    np.testing.assert_array_equal(series.read("electric_potential", -1), values(3)["electric_potential"])
    np.testing.assert_allclose(series.read("activation_energy", 2), np.linspace(0.3, 0.6, N_CELLS), rtol=1e-7)
    assert series.is_nodal("electric_potential")
    assert not series.is_nodal("grain_id")


def test_reader_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "fields.vtkhdf"
    write_series(path, TIMES, capacity=4)
    series = FieldSeries.open(path)
    with pytest.raises(ValueError, match="no field 'potential'; it holds: activation_energy, electric_field"):
        series.read("potential")
    with pytest.raises(ValueError, match="holds 4 outputs, number 4 does not exist"):
        series.read("electric_field", 4)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match="not a readable field series"):
        FieldSeries.open(path)


def test_series_can_be_read_between_any_two_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fields.vtkhdf"
    FieldSeriesWriter.create(path, MESH, layout(3)).close()
    flush = h5py.File.flush
    moments: list[Path] = []

    def watched(file: h5py.File) -> None:
        flush(file)
        moments.append(Path(shutil.copy(path, tmp_path / f"{len(moments)}.vtkhdf")))

    monkeypatch.setattr(h5py.File, "flush", watched)
    with FieldSeriesWriter(path) as series:
        for k in range(3):
            series.append(float(k), values(k))
        series.truncate(1)
    monkeypatch.undo()
    assert len(moments) == 3 * 2 + 2
    for moment in moments:
        with h5py.File(moment) as file:
            steps = file["VTKHDF/Steps"]
            # More times than NSteps make VTK's reader write outside its memory.
            assert len(steps["Values"]) <= steps.attrs["NSteps"]
        complete = FieldSeries.open(moment)
        assert complete.times.tolist() == [float(k) for k in range(len(complete))]
        for k in range(len(complete)):
            np.testing.assert_array_equal(complete.read("electric_field", k), values(k)["electric_field"])


def test_a_viewer_opens_the_file_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "fields.vtkhdf"
    FieldSeriesWriter.create(path, MESH, layout(4)).close()
    with FieldSeriesWriter(path) as series:
        for k, moment in enumerate(TIMES):
            series.append(moment, values(k))
            if k >= 1:  # VTK shows no time axis for a single output
                outputs = vtk_outputs(path)
                assert list(outputs) == TIMES[: k + 1]
                assert_complete(outputs)


def test_truncated_series_continues_as_if_nothing_had_been_there(tmp_path: Path) -> None:
    write_series(tmp_path / "whole.vtkhdf", TIMES, capacity=4)
    write_series(tmp_path / "cut.vtkhdf", [*TIMES[:2], 55.0], capacity=4)
    with FieldSeriesWriter(tmp_path / "cut.vtkhdf") as series:
        series.truncate(2)
        for k in (2, 3):
            series.append(TIMES[k], values(k))
        with pytest.raises(ValueError, match="holds 4 outputs, the checkpoint was made after 5"):
            series.truncate(5)
    for one, other in zip(
        vtk_outputs(tmp_path / "whole.vtkhdf").items(), vtk_outputs(tmp_path / "cut.vtkhdf").items(), strict=True
    ):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1][0], other[1][0])


def test_room_on_the_disk_is_reserved_and_foretold(tmp_path: Path) -> None:
    path = tmp_path / "fields.vtkhdf"
    FieldSeriesWriter.create(path, MESH, layout(400)).close()
    before = path.stat().st_size
    assert before == pytest.approx(layout(400).bytes_needed(MESH), rel=0.1, abs=0.0)
    with FieldSeriesWriter(path) as series:
        for k in range(400):
            series.append(float(k), values(k))
    assert before <= path.stat().st_size < before + 16_000  # only the list of times still grows


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_results_series import *
path = Path(sys.argv[1])
FieldSeriesWriter.create(path, MESH, layout(20_000)).close()
with FieldSeriesWriter(path) as series:
    for k in range(20_000):
        series.append(0.5 * k, values(k))
        if k == 4:
            print("ready", flush=True)
"""
VIEWER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_results_series import *
outputs = vtk_outputs(Path(sys.argv[1]))
assert_complete(outputs)
print(len(outputs))
"""


def kill_while_writing(path: Path, seconds: float) -> None:
    here = str(Path(__file__).parent)
    with subprocess.Popen([sys.executable, "-c", WRITER, path, here], cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)


def assert_readable_after_kill(path: Path) -> None:
    series = FieldSeries.open(path)
    np.testing.assert_array_equal(series.times, 0.5 * np.arange(len(series)))
    for k in range(len(series)):
        np.testing.assert_array_equal(series.read("electric_potential", k), values(k)["electric_potential"])
    # VTK in a process of its own: a damaged file would take this one down.
    viewer = subprocess.run(
        [sys.executable, "-c", VIEWER, path, str(Path(__file__).parent)], cwd=ROOT, capture_output=True, text=True
    )
    assert viewer.returncode == 0, viewer.stderr
    assert len(series) > 3
    assert int(viewer.stdout) >= len(series) // 2


def test_a_killed_writer_leaves_a_series_that_opens(tmp_path: Path) -> None:
    kill_while_writing(tmp_path / "fields.vtkhdf", 0.05)
    assert_readable_after_kill(tmp_path / "fields.vtkhdf")


@pytest.mark.slow
def test_writers_killed_at_many_moments_leave_series_that_open(tmp_path: Path) -> None:
    moments = random.Random(3)
    for _ in range(25):
        kill_while_writing(tmp_path / "fields.vtkhdf", moments.uniform(0.02, 0.3))
        assert_readable_after_kill(tmp_path / "fields.vtkhdf")


def test_export_for_older_paraview_has_the_same_times_and_values(tmp_path: Path) -> None:
    import pyvista

    write_series(tmp_path / "fields.vtkhdf", TIMES, capacity=6)
    path = export_pvd(tmp_path)
    assert path == tmp_path / "fields.pvd"
    reader = pyvista.PVDReader(path)
    assert reader.time_values == TIMES
    for k, moment in enumerate(TIMES):
        reader.set_active_time_value(moment)
        blocks = reader.read()
        assert isinstance(blocks, pyvista.MultiBlock)
        grid = blocks[0]
        assert isinstance(grid, pyvista.DataSet)
        np.testing.assert_array_equal(grid.point_data["electric_potential"], values(k)["electric_potential"])
        np.testing.assert_array_equal(grid.cell_data["electric_field"], values(k)["electric_field"])
        np.testing.assert_array_equal(grid.cell_data["grain_id"], np.arange(N_CELLS) % 5)


def test_export_of_a_folder_without_fields_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{tmp_path / 'fields.vtkhdf'} is not a readable field series")):
        export_pvd(tmp_path)
    assert os.listdir(tmp_path) == []


def test_time_series_keeps_every_digit_and_headers_with_commas(tmp_path: Path) -> None:
    path = tmp_path / "timeseries.csv"
    rows = [[0.0, 1 / 3, float("nan")], [1e-300, -2.5e17, float("inf")]]
    with TimeSeriesWriter.create(path, ["time [s]", "a, b [V]", "c [1]"]) as series:
        for row in rows:
            series.append(row)
            assert path.read_bytes().endswith(b"\n")  # on disk before the next
    columns = read_timeseries(path)
    assert list(columns) == ["time [s]", "a, b [V]", "c [1]"]
    np.testing.assert_array_equal(np.array(list(columns.values())).T, rows)


def test_time_series_without_its_last_words_is_read_and_truncated(tmp_path: Path) -> None:
    path = tmp_path / "timeseries.csv"
    with TimeSeriesWriter.create(path, ["time [s]", "a [V]"]) as series:
        for k in range(3):
            series.append([k, 10 * k])
    path.write_bytes(path.read_bytes()[:-3])
    assert read_timeseries(path)["a [V]"].tolist() == [0, 10]
    with pytest.raises(ValueError, match="fewer rows than the 3 outputs"):
        truncate_timeseries(path, 3)
    truncate_timeseries(path, 2)
    with TimeSeriesWriter(path) as series:
        series.append([7, 8])
    assert read_timeseries(path)["time [s]"].tolist() == [0, 1, 7]
    path.write_text("time [s],a [V]\n1,spoiled\n")
    with pytest.raises(ValueError, match="is damaged"):
        read_timeseries(path)
