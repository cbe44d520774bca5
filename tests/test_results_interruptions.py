"""Runs that are stopped, killed or run out of disk: what is left is readable and continues to the same numbers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains

import fem.results.record as record_module
from fem.evolve import Output, evolve
from fem.numerics.sparse_direct import SolverError
from fem.results.record import resume_run, run_scenario
from fem.storage.checkpoint import NAME, Checkpoint, Fingerprint, load_checkpoint, save_checkpoint
from fem.storage.files import claimed
from fem.storage.run_record import read_record
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
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
        balance = name.startswith(("drift", "charge balance"))  # round-off by nature
        least = 1e-12 if balance else 1e-9 * max(np.nanmax(np.abs(values)), 1e-12)
        np.testing.assert_allclose(second[name], values, rtol=1e-9, atol=least, err_msg=name)
    fields, others = (FieldSeries.open(folder / "fields.vtkhdf") for folder in (one, other))
    np.testing.assert_array_equal(fields.times, others.times)
    for k in range(len(fields)):
        for name in ("concentration_iodide_vacancy", "electric_field"):
            values = fields.read(name, k)
            np.testing.assert_allclose(others.read(name, k), values, rtol=1e-6, atol=1e-6 * np.abs(values).max())


def interrupted_after(outputs: int, error: BaseException) -> Callable[..., Iterator[Output]]:
    """`evolve` that fails with `error` when it should give the output behind the first `outputs`."""

    def evolve_a_little(*arguments: Any) -> Iterator[Output]:
        for output in evolve(*arguments):
            if output.index == outputs:
                raise error
            yield output

    return evolve_a_little


@pytest.mark.parametrize("outputs", [0, 1, 4])
def test_stopped_run_is_readable_and_resumes_to_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path, outputs: int
) -> None:
    monkeypatch.setattr("fem.scenario.evolve", interrupted_after(outputs, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    monkeypatch.setattr("fem.scenario.evolve", evolve)
    stopped = read_record(tmp_path / "run")
    assert (stopped["status"], stopped["outputs"]["written"]) == ("stopped", outputs)
    assert len(FieldSeries.open(tmp_path / "run" / "fields.vtkhdf")) == outputs
    resume_run(two_grains(), tmp_path / "run")
    finished = read_record(tmp_path / "run")
    assert (finished["status"], finished["message"], finished["outputs"]["written"]) == ("finished", "", 6)
    assert finished["wall_seconds"] > stopped["wall_seconds"]
    same_numbers(whole, tmp_path / "run")


def test_a_solver_that_gives_up_leaves_what_there_is_and_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = SolverError("the time step collapsed at t = 0.05 s: soften the drive")
    monkeypatch.setattr("fem.scenario.evolve", interrupted_after(3, failure))
    with pytest.raises(SolverError, match="soften the drive"):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    failed = read_record(tmp_path / "run")
    assert failed["status"] == "failed"
    assert "soften the drive" in failed["message"]
    assert len(read_timeseries(tmp_path / "run" / "timeseries.csv")["time [s]"]) == 3


def test_finished_run_can_be_resumed_without_harm(whole: Path) -> None:
    before = (whole / "timeseries.csv").read_bytes()
    resume_run(two_grains(), whole)
    assert (whole / "timeseries.csv").read_bytes() == before


MANY = np.linspace(0, 3, 80)
RUNNER = """
import sys
import fem.results.recorder
from pathlib import Path
sys.path.insert(0, "tests")
from test_results_interruptions import *
record_module.draw_figures = lambda scenario, directory: []
fem.results.recorder.CHECKPOINT_EVERY = float(sys.argv[2])
run_scenario(two_grains(times=MANY), IDENTITY, Path(sys.argv[1]))
"""


def kill_run(folder: Path, rows: int, delay: float = 0.0, checkpoint_every: float = 0.0) -> None:
    """Run in a process of its own; kill it `delay` s after its folder is there and holds `rows` lines of numbers."""
    arguments = [sys.executable, "-c", RUNNER, str(folder), str(checkpoint_every)]
    table = folder / "timeseries.csv"
    with subprocess.Popen(arguments, cwd=ROOT) as process:
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


def test_killed_run_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    run_scenario(two_grains(times=MANY), IDENTITY, tmp_path / "whole")
    kill_run(tmp_path / "run", rows=10)
    assert_resumes(tmp_path / "run", tmp_path / "whole")


def test_run_killed_long_after_its_last_checkpoint_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    run_scenario(two_grains(times=MANY), IDENTITY, tmp_path / "whole")
    kill_run(tmp_path / "run", rows=10, checkpoint_every=1e9)
    saved = load_checkpoint(tmp_path / "run", two_grains(times=MANY))
    assert saved is not None
    assert saved.outputs == 1
    assert_resumes(tmp_path / "run", tmp_path / "whole")


def test_fast_run_makes_few_checkpoints_and_the_last_holds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def save(directory: Path, belongs_to: Fingerprint, checkpoint: Checkpoint) -> None:
        made.append(checkpoint.outputs)
        save_checkpoint(directory, belongs_to, checkpoint)

    monkeypatch.setattr("fem.results.recorder.save_checkpoint", save)
    monkeypatch.setattr("fem.results.recorder.CHECKPOINT_EVERY", 1e9)
    run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    assert made == [1, 6]
    assert (tmp_path / "run" / NAME).is_file()


@pytest.mark.slow
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


def test_a_disk_that_fills_up_later_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path
) -> None:
    written: list[Checkpoint] = []

    def save(directory: Path, belongs_to: Fingerprint, checkpoint: Checkpoint) -> None:
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(checkpoint)
        save_checkpoint(directory, belongs_to, checkpoint)

    monkeypatch.setattr("fem.results.recorder.CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr("fem.results.recorder.save_checkpoint", save)
    with pytest.raises(OSError, match=r"the run stopped because .*run could not be written: .*No space left"):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    assert read_record(tmp_path / "run")["status"] == "failed"
    monkeypatch.undo()
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
    resume_run(two_grains(), tmp_path / "run")
    same_numbers(whole, tmp_path / "run")


def test_two_runs_cannot_write_one_folder(whole: Path) -> None:
    with claimed(whole):
        with pytest.raises(ValueError, match=r"another run is writing to .*run: wait for it"):
            run_scenario(two_grains(), IDENTITY, whole)
        with pytest.raises(ValueError, match="another run is writing"):
            resume_run(two_grains(), whole)
    assert read_record(whole)["status"] == "finished"
