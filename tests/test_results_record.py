"""A run and its folder: what is in it, and what is left of it when something goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grain_mesh, two_grains

import fem.results.record as record_module
from fem.evolve import Output, StepReport, evolve
from fem.numerics.sparse_direct import SolverError
from fem.results import observables as ob
from fem.results.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fem.results.files import claimed
from fem.results.record import resume_run, run_scenario
from fem.results.run_facts import judge, references
from fem.results.run_record import RunIdentity, plain, read_identity, read_record
from fem.results.series import FieldSeries
from fem.results.timeseries import read_timeseries
from fem.scenario import Criterion, Scenario

ROOT = Path(__file__).parents[1]


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without pictures, which have their own tests."""
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an uninterrupted run of the default film."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
        run_scenario(two_grains(), IDENTITY, folder)
    return folder


def same_numbers(one: Path, other: Path) -> None:
    first, second = (read_timeseries(folder / "timeseries.csv") for folder in (one, other))
    assert list(first) == list(second)
    for name, values in first.items():
        scale = max(np.nanmax(np.abs(values)), 1e-12)
        np.testing.assert_allclose(second[name], values, rtol=1e-9, atol=1e-9 * scale, err_msg=name)
    fields, others = (FieldSeries.open(folder / "fields.vtkhdf") for folder in (one, other))
    np.testing.assert_array_equal(fields.times, others.times)
    for k in range(len(fields)):
        for name in ("concentration_iodide_vacancy", "electric_field"):
            values = fields.read(name, k)
            np.testing.assert_allclose(others.read(name, k), values, rtol=1e-6, atol=1e-6 * np.abs(values).max())


# --- the folder -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("undrawn")
def test_folder_holds_the_run(tmp_path: Path) -> None:
    darkest = Criterion("B9", "darkest PL/PL0", lambda c: c["PL/PL0 minimum [1]"].min(), upper=0.9)
    brighter = Criterion("B10", "brightest PL/PL0", lambda c: c["PL/PL0 maximum [1]"].max(), lower=2)
    scenario = two_grains(observables=[ob.mean_quench()], criteria=[darkest, brighter])
    seen: list[StepReport] = []
    summary = run_scenario(scenario, IDENTITY, tmp_path / "results" / "run", seen.append)
    folder = summary.directory
    assert {"run.json", "timeseries.csv", "fields.vtkhdf", "checkpoint.npz", "report.html"} <= set(os.listdir(folder))
    columns, fields = read_timeseries(folder / "timeseries.csv"), FieldSeries.open(folder / "fields.vtkhdf")
    assert next(iter(columns)) == "time [s]"
    assert list(columns)[-1] == "quench mean [1]"
    np.testing.assert_array_equal(columns["time [s]"], scenario.times)
    np.testing.assert_array_equal(fields.times, scenario.times)
    assert set(fields.units) == {
        "electric_potential", "electric_field", "concentration_iodide_vacancy", "PL_ratio", "PL_quench", "grain_id",
        "activation_energy_iodide_vacancy",
    }  # fmt: skip
    np.testing.assert_allclose(fields.read("PL_ratio", -1).min(), columns["PL/PL0 minimum [1]"][-1], rtol=1e-6)
    assert seen[-1].time == scenario.times[-1]
    text = "\n".join(summary.lines)
    for words in (
        "electrode left took up",
        "90 % by",
        "PL/PL0 went to",
        "ions conserved to",
        "1 of 2 met; not met: B10",
    ):
        assert words in text
    assert str(folder) in text


@pytest.mark.usefixtures("undrawn")
def test_run_json_is_strict_and_says_what_was_run_and_how_it_went(tmp_path: Path) -> None:
    broken = Criterion("B1", "cannot be measured", lambda c: c["no such column"][0])
    run_scenario(two_grains(criteria=[broken]), IDENTITY, tmp_path / "run")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found = json.loads((tmp_path / "run" / "run.json").read_text(), parse_constant=refuse)
    assert (found["scenario"], found["status"], found["seed"]) == ("two_grains", "finished", 7)
    assert found["description"] == "Two grains & a <b>voltage</b>."
    assert found["parameters"]["bias"] == {"value": 0.5, "unit": "V"}
    assert found["references"][0] == "10.1103/PhysRevE.70.021506"
    assert found["outputs"] == {"planned": 6, "written": 6, "time_reached [s]": 3.0}
    assert found["solver"]["steps"] > 0
    assert found["scale_report"]["debye_length"] > 0
    assert found["fields"]["electric_field"] == "V/m"
    assert found["versions"]["numpy"] == np.__version__
    assert found["wall_seconds"] > 0
    assert found["peak_memory_MiB"] > 10
    assert found["mesh"] == {"grains": 2}
    kept = found["conservation"]
    assert abs(kept["relative_drift"]["iodide vacancy"]) <= kept["relative_drift_bound"] == 1e-12
    assert kept["lowest_relative_concentration"] >= -1e-9
    assert kept["verdict"] == "pass"
    (verdict,) = found["criteria"]
    assert (verdict["measured"], verdict["bound"], verdict["verdict"]) == (None, [None, None], "fail")
    assert "no such column" in verdict["problem"]
    assert read_identity(tmp_path / "run") == IDENTITY


@pytest.mark.usefixtures("undrawn")
def test_lost_ions_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ob, "relative_drift", lambda scenario, state: np.array([2e-9 * state.time]))
    summary = run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    assert any("conservation is worse than round-off" in warning for warning in summary.warnings)
    assert read_record(tmp_path / "run")["conservation"]["verdict"] == "fail"


@pytest.mark.usefixtures("undrawn")
def test_earlier_runs_are_moved_aside_not_lost(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    scenario = two_grains(times=[0, 1e-3])
    first = run_scenario(scenario, IDENTITY, folder)
    assert first.set_aside is None
    (folder / "notes.txt").write_text("mine")
    second = run_scenario(scenario, IDENTITY, folder)
    third = run_scenario(scenario, IDENTITY, folder)
    assert (second.set_aside, third.set_aside) == (tmp_path / "run.1", tmp_path / "run.2")
    assert (tmp_path / "run.1" / "notes.txt").read_text() == "mine"
    assert "run.2" in third.lines[-1]
    assert sorted(os.listdir(tmp_path)) == ["run", "run.1", "run.2"]


# --- refusals leave nothing behind ----------------------------------------------------------------------------------


def refused(scenario: Scenario, folder: Path, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run_scenario(scenario, IDENTITY, folder)


def test_other_peoples_folders_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    refused(two_grains(), tmp_path, ValueError, "holds other files than those of an earlier run: choose another --out")
    refused(two_grains(), tmp_path / "thesis.tex", ValueError, "exists and is not a folder")
    refused(two_grains(), tmp_path / "thesis.tex" / "run", OSError, "cannot be made: .*[Nn]ot a directory|File exists")
    assert os.listdir(tmp_path) == ["thesis.tex"]
    assert (tmp_path / "thesis.tex").read_text() == "years"


def test_misspelt_observable_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    misspelt = two_grains(observables=[ob.enrichment("iodide vacancy", "grain_7")])
    refused(misspelt, tmp_path / "results" / "run", ValueError, "grain_7.* does not exist; available: .*grain_1")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_not_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fem.results.recorder.FieldSeriesWriter.create", full)
    refused(two_grains(), tmp_path / "results" / "run", OSError, "run cannot be made: .*No space left on device")
    assert os.listdir(tmp_path) == []


def test_too_small_a_disk_is_noticed_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    refused(two_grains(), tmp_path / "run", OSError, r"no room for the fields \(0\.1 MiB\): No space left on device")
    assert os.listdir(tmp_path) == []


def test_two_runs_cannot_write_one_folder(whole: Path) -> None:
    with claimed(whole):
        refused(two_grains(), whole, ValueError, "another run is writing to .*run: wait for it")
        with pytest.raises(ValueError, match="another run is writing"):
            resume_run(two_grains(), whole)
    assert read_record(whole)["status"] == "finished"


# --- interruptions --------------------------------------------------------------------------------------------------


def interrupted_after(outputs: int, error: BaseException) -> Callable[..., Iterator[Output]]:
    """`evolve` that fails with `error` when it should give the output behind the first `outputs`."""

    def evolve_a_little(*arguments: Any) -> Iterator[Output]:
        for output in evolve(*arguments):
            if output.index == outputs:
                raise error
            yield output

    return evolve_a_little


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("outputs", [0, 1, 4])
def test_stopped_run_is_readable_and_resumes_to_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path, outputs: int
) -> None:
    monkeypatch.setattr(record_module, "evolve", interrupted_after(outputs, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    monkeypatch.setattr(record_module, "evolve", evolve)
    stopped = read_record(tmp_path / "run")
    assert (stopped["status"], stopped["outputs"]["written"]) == ("stopped", outputs)
    assert len(FieldSeries.open(tmp_path / "run" / "fields.vtkhdf")) == outputs
    resume_run(two_grains(), tmp_path / "run")
    finished = read_record(tmp_path / "run")
    assert (finished["status"], finished["message"], finished["outputs"]["written"]) == ("finished", "", 6)
    assert finished["wall_seconds"] > stopped["wall_seconds"]
    same_numbers(whole, tmp_path / "run")


@pytest.mark.usefixtures("undrawn")
def test_a_solver_that_gives_up_leaves_what_there_is_and_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = SolverError("the time step collapsed at t = 0.05 s: soften the drive")
    monkeypatch.setattr(record_module, "evolve", interrupted_after(3, failure))
    with pytest.raises(SolverError, match="soften the drive"):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    failed = read_record(tmp_path / "run")
    assert failed["status"] == "failed"
    assert "soften the drive" in failed["message"]
    assert len(read_timeseries(tmp_path / "run" / "timeseries.csv")["time [s]"]) == 3


@pytest.mark.usefixtures("undrawn")
def test_finished_run_can_be_resumed_without_harm(whole: Path) -> None:
    before = (whole / "timeseries.csv").read_bytes()
    resume_run(two_grains(), whole)
    assert (whole / "timeseries.csv").read_bytes() == before


MANY = np.linspace(0, 3, 80)
RUNNER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from test_results_record import *
record_module.draw_figures = lambda scenario, directory: []
run_scenario(two_grains(times=MANY), IDENTITY, Path(sys.argv[1]))
"""


def kill_run(folder: Path, rows: int, delay: float = 0.0) -> None:
    """Run in a process of its own; kill it `delay` s after its folder is there and holds `rows` lines of numbers."""
    table = folder / "timeseries.csv"
    with subprocess.Popen([sys.executable, "-c", RUNNER, folder], cwd=ROOT) as process:
        while not table.exists() or table.read_bytes().count(b"\n") < rows + 1:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)


def assert_resumes(folder: Path, whole: Path) -> None:
    fields, rows = FieldSeries.open(folder / "fields.vtkhdf"), read_timeseries(folder / "timeseries.csv")
    assert read_record(folder)["status"] == "running"
    assert 0 <= len(fields) - len(rows["time [s]"]) <= 1
    assert len(fields) < len(MANY)
    resume_run(two_grains(times=MANY), folder)
    same_numbers(whole, folder)


@pytest.mark.usefixtures("undrawn")
def test_killed_run_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    run_scenario(two_grains(times=MANY), IDENTITY, tmp_path / "whole")
    kill_run(tmp_path / "run", rows=10)
    assert_resumes(tmp_path / "run", tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_runs_killed_at_many_moments_resume_to_the_same_numbers(tmp_path: Path) -> None:
    run_scenario(two_grains(times=MANY), IDENTITY, tmp_path / "whole")
    for k in range(12):
        kill_run(tmp_path / f"run{k}", rows=5 * k, delay=0.0007 * k)
        assert_resumes(tmp_path / f"run{k}", tmp_path / "whole")


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, "tests")
from films_for_results import *
from fem.results.record import run_scenario
scenario = two_grains(times=np.linspace(0, 3, 60))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    run_scenario(scenario, IDENTITY, Path(sys.argv[1]))
except OSError as error:
    print(error)
"""


def test_a_disk_that_is_full_at_the_start_gives_one_message_and_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, folder, "20000"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"the results folder {folder} cannot be made" in done.stdout
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("undrawn")
def test_a_disk_that_fills_up_later_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path
) -> None:
    written: list[Checkpoint] = []

    def save(directory: Path, scenario: Scenario, checkpoint: Checkpoint) -> None:
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(checkpoint)
        save_checkpoint(directory, scenario, checkpoint)

    monkeypatch.setattr("fem.results.recorder.save_checkpoint", save)
    with pytest.raises(OSError, match=r"the run stopped because .*run could not be written: .*No space left"):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    assert read_record(tmp_path / "run")["status"] == "failed"
    monkeypatch.undo()
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
    resume_run(two_grains(), tmp_path / "run")
    same_numbers(whole, tmp_path / "run")


# --- checkpoints ----------------------------------------------------------------------------------------------------


def checkpoint_of(scenario: Scenario, outputs: int) -> Checkpoint:
    output = next(o for o in evolve(scenario.model, scenario.times) if o.index == outputs - 1)
    return Checkpoint(output.restart, output.statistics)


def test_checkpoint_keeps_every_bit(tmp_path: Path) -> None:
    scenario = two_grains()
    saved = checkpoint_of(scenario, 3)
    save_checkpoint(tmp_path, scenario, saved)
    loaded = load_checkpoint(tmp_path, scenario)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.restart.cursor.values, saved.restart.cursor.values)
    assert loaded.restart.as_arrays()["numbers"].tolist() == saved.restart.as_arrays()["numbers"].tolist()
    assert loaded.statistics == saved.statistics
    assert loaded.outputs == 3


def test_checkpoint_of_another_mesh_or_model_is_refused(tmp_path: Path) -> None:
    scenario = two_grains()
    save_checkpoint(tmp_path, scenario, checkpoint_of(scenario, 2))
    for other, words in (
        (two_grains(two_grain_mesh(columns=18)), "another mesh"),
        (two_grains(times=[0, 1e-3, 1.0]), "other parameters"),
        (two_grains(electrodes=("bottom", "top")), "other parameters"),
    ):
        with pytest.raises(ValueError, match=words):
            load_checkpoint(tmp_path, other)


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        np.savez(path, outputs=np.array([{"a": 1}], dtype=object))  # pickled: never to be opened


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "pickled"])
def test_damaged_checkpoint_is_refused(tmp_path: Path, how: str) -> None:
    scenario = two_grains()
    save_checkpoint(tmp_path, scenario, checkpoint_of(scenario, 2))
    spoil(tmp_path / "checkpoint.npz", how)
    with pytest.raises(ValueError, match=r"checkpoint\.npz is damaged .*run the scenario again"):
        load_checkpoint(tmp_path, scenario)


@pytest.mark.usefixtures("undrawn")
def test_resume_refuses_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a results folder: it has no run\.json"):
        resume_run(two_grains(), tmp_path / "nowhere")
    run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    (tmp_path / "run" / "fields.vtkhdf").write_bytes(b"spoiled")
    with pytest.raises(ValueError, match="cannot be continued"):
        resume_run(two_grains(), tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"run\.json is damaged"):
        resume_run(two_grains(), tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text('{"scenario": "x"}')
    with pytest.raises(ValueError, match=r"run\.json is damaged: KeyError"):
        read_identity(tmp_path / "run")


# --- small facts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see doi:10.1103/PhysRevE.70.021506.", ["10.1103/PhysRevE.70.021506"]),
        ("(https://doi.org/10.1038/s41467-018-07571-6)", ["10.1038/s41467-018-07571-6"]),
        ("10.1016/0167-2738(90)90145-2, twice 10.1016/0167-2738(90)90145-2", ["10.1016/0167-2738(90)90145-2"]),
        ("version 10.1 of 2020/21", []),
    ],
)
def test_dois_are_found_in_text(text: str, found: Sequence[str]) -> None:
    assert references(text) == list(found)


def test_plain_values_are_json() -> None:
    value = {"a": np.float32(0.5), "b": float("nan"), "c": (np.int64(3), np.inf), "d": np.array([True]), "e": Path("x")}
    assert plain(value) == {"a": 0.5, "b": None, "c": [3, None], "d": [True], "e": "x"}


def test_identity_without_seed_or_doc() -> None:
    assert RunIdentity("x").as_dict()["seed"] is None
    assert RunIdentity("x").description == ""


def test_criteria_hold_at_their_bounds_and_not_for_nan() -> None:
    columns = {"a": np.array([1.0, 2.0])}
    criteria = [
        Criterion("1", "", lambda c: c["a"].max(), upper=2.0),
        Criterion("2", "", lambda c: c["a"].min(), lower=1.5),
        Criterion("3", "", lambda c: float("nan")),
    ]
    assert [verdict["verdict"] for verdict in judge(criteria, columns)] == ["pass", "fail", "fail"]
