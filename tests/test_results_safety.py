"""Results folders of strangers, damaged or on a full disk: nothing else is touched, and one message says why."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains

import fem.results.record as record_module
from fem.physics.materials import MAPbI3
from fem.pictures import movie
from fem.results.record import resume_run, run_scenario
from fem.scenario import Scenario
from fem.storage.checkpoint import model_fingerprint
from fem.storage.export import export_pvd
from fem.storage.files import replace_file
from fem.storage.run_record import read_record, write_record
from fem.storage.vtkhdf import FieldSeriesWriter


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without pictures, which have their own tests."""
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])


def short_run() -> Scenario:
    return two_grains(times=[0, 1e-3])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results folder of a short run."""
    return run_scenario(short_run(), IDENTITY, tmp_path / "run").directory


@pytest.mark.parametrize("name", ["timeseries.csv", "fields.vtkhdf", ".run.json.part", "figures/maps.png", "fields"])
def test_a_link_in_a_results_folder_is_refused_and_not_followed(folder: Path, name: str) -> None:
    mine = folder.parent / "mine"
    mine.write_text("years")
    link = folder / name
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(mine)
    words = rf"run contains a link \({name}\); a results folder holds plain files only"
    with pytest.raises(ValueError, match=words):
        resume_run(short_run(), folder)
    with pytest.raises(ValueError, match=words):
        export_pvd(folder)
    assert mine.read_text() == "years"


def test_a_linked_subfolder_is_refused(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder / "fields").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(ValueError, match=r"contains a link \(fields\)"):
        export_pvd(folder)
    assert os.listdir(elsewhere) == []


def test_a_results_folder_may_itself_be_reached_by_a_link(folder: Path) -> None:
    latest = folder.parent / "latest"
    latest.symlink_to(folder, target_is_directory=True)
    assert export_pvd(latest).is_file()


def test_replacing_a_file_does_not_write_through_a_link_with_the_name_of_its_part(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("years")
    (tmp_path / ".run.json.part").symlink_to(mine)
    replace_file(tmp_path / "run.json", b"{}")
    assert mine.read_text() == "years"
    assert (tmp_path / "run.json").read_bytes() == b"{}"
    assert sorted(os.listdir(tmp_path)) == ["mine", "run.json"]


def no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_file_that_cannot_be_replaced_stays_as_it_was_with_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_text("old")
    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left"):
        replace_file(tmp_path / "run.json", b"new")
    assert os.listdir(tmp_path) == ["run.json"]
    assert (tmp_path / "run.json").read_text() == "old"


def test_parts_of_other_files_make_room_for_the_word_that_the_run_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(directory: Path, record: object) -> None:
        (directory / ".report.html.part").write_text("half")
        no_room()

    def write(directory: Path, record: Mapping[str, object], durable: bool = True) -> None:
        if (directory / ".report.html.part").exists():
            no_room()
        write_record(directory, record, durable)

    monkeypatch.setattr(record_module, "write_report", report)
    monkeypatch.setattr(record_module, "write_record", write)
    with pytest.raises(OSError, match=r"could not be written: .*No space left"):
        run_scenario(short_run(), IDENTITY, tmp_path / "run")
    assert read_record(tmp_path / "run")["status"] == "failed"
    assert not list((tmp_path / "run").glob(".*"))


def charged(density: float) -> Scenario:
    """A film with so many fixed charges per volume [1/m^3]."""
    scenario = two_grains()
    model = replace(scenario.model, material=replace(MAPbI3, fixed_charge=density), relax_first=False)
    return replace(scenario, model=model)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: charged(1e60), lambda: charged(2e60)),
        (lambda: charged(-1e60), lambda: charged(1e60)),
    ],
)
def test_fingerprints_tell_numbers_beyond_single_precision_apart(
    one: Callable[[], Scenario], other: Callable[[], Scenario]
) -> None:
    assert model_fingerprint(one()) != model_fingerprint(other())
    assert model_fingerprint(one()) == model_fingerprint(one())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"solver": "x"}, "its 'solver' cannot be 'x'"),
        ({"solver": {"seconds": "x"}}, "its 'solver' lacks 'lowest_relative_concentration'"),
        ({"solver": {"lowest_relative_concentration": "x"}}, "lowest_relative_concentration 'x'"),
        ({"wall_seconds": "x"}, "its 'wall_seconds' cannot be 'x'"),
        ({"model": None}, "its 'model' cannot be None"),
    ],
)
def test_resume_refuses_a_record_that_says_something_else(folder: Path, changed: dict[str, object], words: str) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"run\.json is damaged: .*{words}"):
        resume_run(short_run(), folder)
    assert path.read_bytes() == before


def test_statistics_of_a_resumed_run_come_from_its_checkpoint(folder: Path) -> None:
    path = folder / "run.json"
    record = json.loads(path.read_text())
    nothing = {"lowest_relative_concentration": None, "restored_to_round_off": None}
    path.write_text(json.dumps(record | {"solver": nothing}))
    resume_run(short_run(), folder)
    assert read_record(folder)["solver"] == record["solver"]


def test_resume_refuses_a_record_that_lacks_something(folder: Path) -> None:
    path = folder / "run.json"
    record = json.loads(path.read_text())
    del record["peak_memory_MiB"]
    path.write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"run\.json is damaged: it lacks 'peak_memory_MiB'"):
        resume_run(short_run(), folder)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": "x"}, "steps cannot be 'x'"),
        ({"restored_to_round_off": None}, "restored_to_round_off cannot be None"),
        ({"seconds": {"solve": "x"}}, "seconds cannot be"),
        ({"laps": 1}, "laps"),
        ([], "list"),
    ],
)
def test_checkpoint_with_other_statistics_is_damaged(folder: Path, given: Any, words: str) -> None:
    path = folder / "checkpoint.npz"
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(path, allow_pickle=False, **(arrays | {"statistics": np.array(json.dumps(given))}))
    with pytest.raises(ValueError, match=rf"checkpoint\.npz is damaged \(.*{words}"):
        resume_run(short_run(), folder)


@pytest.mark.parametrize("name", ["x:y", "-x"])
def test_a_film_is_written_into_folders_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ffmpeg = movie.find_ffmpeg()
    if ffmpeg is None:
        pytest.skip("there is no ffmpeg")
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    pictures = iter([np.zeros((16, 16, 3), dtype=np.uint8)] * 2)
    assert movie.write_mp4(ffmpeg, Path(name) / "film.mp4", pictures).stat().st_size > 0


@pytest.mark.parametrize("kind", ["external link", "soft link", "external storage"])
def test_a_field_series_that_points_to_other_files_is_not_written(kind: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim.bin"
    victim.write_bytes(b"precious" * 10)
    with h5py.File(tmp_path / "fields.vtkhdf", "w") as file:
        root = file.create_group("VTKHDF")
        if kind == "external storage":
            root.create_dataset("Points", shape=(10,), dtype="f8", external=[(str(victim), 0, 80)])
        else:
            root["Steps"] = h5py.ExternalLink(str(victim), "/x") if kind == "external link" else h5py.SoftLink("/y")
    with pytest.raises(ValueError, match="keeps its data itself"):
        FieldSeriesWriter(tmp_path / "fields.vtkhdf")
    assert victim.read_bytes() == b"precious" * 10
