"""Bad input ends with one clear line and a non-zero exit code: no traceback, no half-made folder."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calls import SMALL_FILM, Answer, CommandLine, calls_from
from skimage.io import imsave

from command_line.app import main
from fem.storage.vtkhdf import FieldSeriesWriter

ROOT = Path(__file__).parent.parent


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls ``run.py`` with the given words; the working folder is `tmp_path`."""
    return calls_from(tmp_path, monkeypatch, capsys)


def assert_refused(answer: Answer, *fragments: str, code: int = 2) -> None:
    """The answer is one line that begins with "error:" and contains all `fragments`."""
    assert answer.code == code, answer
    lines = answer.err.strip().splitlines()
    assert len([line for line in lines if line.startswith("error: ")]) == 1 and lines[-1].startswith("error: "), answer
    assert "Traceback" not in answer.err
    for fragment in fragments:
        assert fragment in lines[-1]


# --- values of options --------------------------------------------------------------------------------------------

VALUES = {
    "negative width": (["--width=-400nm"], ["width", "-4e-07", "greater than zero"]),
    "no thickness": (["--height", "0nm"], ["height", "greater than zero"]),
    "wrong dimension": (["--bias", "3K"], ["--bias", "3 K is not a voltage"]),
    "energy in volts": (["--barrier", "0.58V"], ["--barrier", "0.58 V is not an energy"]),
    "no unit": (["--bias", "10"], ["--bias", "10 needs a unit, e.g. 10V"]),
    "no such unit": (["--bias", "10 bananas"], ["--bias", "'bananas' is not a unit"]),
    "not a number": (["--bias", "ten"], ["--bias", "'ten' is not a number"]),
    "NaN": (["--bias", "nan V"], ["--bias", "finite"]),
    "infinite": (["--density", "inf/m^3"], ["--density", "finite"]),
    "overflow": (["--width", "1e308 km"], ["--width", "finite"]),
    "negative density": (["--density=-1e22/m^3"], ["concentration", "iodide vacancy", "-1e+22"]),
    "zero grains": (["--grains", "0"], ["grains", "0"]),
    "part of a grain": (["--grains", "1.5"], ["--grains", "'1.5' is not a whole number"]),
    "negative seed": (["--seed=-1"], ["--seed", "must not be negative", "-1"]),
    "negative end time": (["--end-time=-1s"], ["end", "-1 s"]),
    "absolute zero": (["--temperature", "0K"], ["temperature", "greater than zero"]),
    "electrode not in the mesh": (["--electrode", "rihgt"], ["electrode", "'rihgt'", "right"]),
    "electrode given twice": (["--electrode", "left"], ["same electrode"]),
    "unknown option": (["--bais", "1V"], ["--bais", "--bias"]),
    "option without its value": (["--bias"], ["--bias", "requires an argument"]),
    "option given twice": (["--bias", "1V", "--bias", "2V"], ["--bias", "multiple times"]),
    "stray word": (["10V"], ["10V"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_bad_value_is_refused_before_a_folder_is_made(name: str, command_line: CommandLine, tmp_path: Path) -> None:
    words, fragments = VALUES[name]
    assert_refused(command_line(SMALL_FILM, *words), *fragments)
    assert list(tmp_path.iterdir()) == []


# --- scenarios that do not exist or do not work -----------------------------------------------------------------------

FILES = {
    "syntax error": ("def scenario(:\n", ["film.py", "line 1"]),
    "no scenario function": ("bias = 1\n", ["film.py", "scenario(...)"]),
    "fails on loading": ("import numpy\nnumpy.zeros(-1)\n", ["film.py", "line 2", "negative dimensions"]),
    "ends the program on loading": ("import sys\nsys.exit(3)\n", ["film.py", "line 2", "sys.exit"]),
    "ends the program when called": ("def scenario():\n    raise SystemExit\n", ["film.py", "line 2", "sys.exit"]),
    "imports what is not there": ("import no_such_package\n", ["film.py", "line 1", "no_such_package"]),
    "fails when called": ("def scenario():\n    return um\n", ["film.py", "line 2", "'um' is not defined"]),
    "returns something else": ("def scenario():\n    return 1\n", ["film.py", "must return a Scenario", "int"]),
    "argument without a type": ("def scenario(bias=1.0):\n    return bias\n", ["'bias'", "must have a type"]),
    "argument of a strange type": ("def scenario(bias: dict = {}):\n    return bias\n", ["'bias'", "must have a type"]),
    "argument of an unknown type": ("def scenario(bias: 'Volt' = 1):\n    return bias\n", ["Volt", "not defined"]),
    "argument that hides an option": ("def scenario(out: str = ''):\n    return out\n", ["'out'", "another name"]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_scenario_file_that_does_not_work_is_explained(name: str, command_line: CommandLine, tmp_path: Path) -> None:
    source, fragments = FILES[name]
    (tmp_path / "film.py").write_text(source)
    assert_refused(command_line("film.py"), *fragments)
    assert not (tmp_path / "results").exists()


def test_a_region_that_is_not_in_the_mesh_is_named(command_line: CommandLine, tmp_path: Path) -> None:
    source = Path(SMALL_FILM).read_text().replace('"grain_interior": barrier', '"grain_interor": barrier')
    (tmp_path / "film.py").write_text(source)
    assert_refused(command_line("film.py"), "activation energy", "iodide vacancy", "'grain_interor'", "grain_interior")
    assert not (tmp_path / "results").exists()


def test_a_missing_scenario_file_is_named(command_line: CommandLine) -> None:
    assert_refused(command_line("my_film.py"), "my_film.py")


def test_a_misspelt_scenario_is_answered_with_the_closest(command_line: CommandLine) -> None:
    assert_refused(command_line("latral_bias"), "'latral_bias'", "lateral_bias")


# --- grain maps -------------------------------------------------------------------------------------------------------


def label_image(folder: Path, labels: object, sidecar: str | None) -> None:
    pixels = np.kron(np.asarray(labels, dtype=np.uint8), np.ones((20, 20), dtype=np.uint8))
    imsave(folder / "map.png", pixels, check_contrast=False)
    if sidecar is not None:
        (folder / "map.json").write_text(sidecar)


def test_a_grain_map_that_cannot_be_read_is_explained(command_line: CommandLine, tmp_path: Path) -> None:
    run = ("lateral_bias", "--grain-map", "map.png", "--out", "run")
    assert_refused(command_line(*run), "map.png", "does not exist")
    (tmp_path / "map.png").write_text("no picture")
    assert_refused(command_line(*run), "map.png", "cannot be read")
    label_image(tmp_path, [[1, 2], [3, 4]], sidecar=None)
    assert_refused(command_line(*run), "map.png", "sidecar", "pixel size")
    label_image(tmp_path, [[1, 2], [3, 4]], sidecar="{}")
    assert_refused(command_line(*run), "map.json", "pixel_size_nm")
    label_image(tmp_path, [[1, 2], [3, 4]], sidecar='{"pixel_size_nm": -5}')
    assert_refused(command_line(*run), "map.json", "pixel_size_nm = -5")
    label_image(tmp_path, [[1, 1], [1, 1]], sidecar='{"pixel_size_nm": 5}')
    assert_refused(command_line(*run), "map.png", "1 grain")
    imsave(tmp_path / "map.png", np.zeros((20, 20, 3), dtype=np.uint8), check_contrast=False)
    assert_refused(command_line(*run), "map.png", "one channel")
    assert not (tmp_path / "run").exists()


# --- the results folder -----------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_named(command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_refused(command_line(SMALL_FILM, "--out", "file/below"), "file/below", "Not a directory")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_in_place_of_the_folder_is_left_alone(command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert_refused(command_line(SMALL_FILM, "--out", "notes.txt"), "notes.txt", "not a folder")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_of_other_files_is_left_alone(command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    assert_refused(command_line(SMALL_FILM, "--out", "thesis"), "thesis", "choose another --out")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_disk_that_fills_up_is_reported(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: object) -> None:
        raise OSError(28, os.strerror(28), "run/fields.vtkhdf")

    monkeypatch.setattr(FieldSeriesWriter, "append", append)
    assert_refused(command_line(SMALL_FILM, "--out", "run"), "No space left on device", "fields.vtkhdf", code=1)


# --- resuming ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of a short run, not to be changed."""
    folder = tmp_path_factory.mktemp("short") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fem.results.record.draw_figures", lambda scenario, directory: [])
        assert main([SMALL_FILM, "--out", str(folder), "--end-time", "10us", "--quiet"]) == 0
    return folder


@pytest.fixture
def finished(short_run: Path, tmp_path: Path) -> Path:
    """A copy of it, named ``run``."""
    return Path(shutil.copytree(short_run, tmp_path / "run"))


def test_nothing_to_resume(command_line: CommandLine, tmp_path: Path) -> None:
    assert_refused(command_line("resume", "nowhere"), "nowhere", "run.json")
    (tmp_path / "empty").mkdir()
    assert_refused(command_line("resume", "empty"), "empty", "run.json")
    assert_refused(command_line("resume"), "requires an argument")


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"scenario": 1, "parameters": 2}', "\xff\xfe", "null", "[" * 200_000]
)
def test_a_damaged_record_is_not_resumed(text: str, command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes(text.encode("latin-1"))
    assert_refused(command_line("resume", "run"), "run", "damaged")


def test_a_results_folder_names_no_code_to_run(command_line: CommandLine, finished: Path) -> None:
    assert_refused(command_line("resume", "run"), "small_film.py", "--scenario")
    record = json.loads((finished / "run.json").read_text())
    for name in ("small_film", "../tests/data/small_film", "os", ""):
        (finished / "run.json").write_text(json.dumps(record | {"scenario": name, "source": ""}))
        assert_refused(command_line("resume", "run"), repr(name), "does not exist")


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"bias": {"value": "10", "unit": "V"}}, "bias = '10'"),
        ({"bias": {"value": None, "unit": "V"}}, "bias = None"),
        ({"bias": {"value": 10**400, "unit": "V"}}, "bias = 1000"),
        ({"bias": {"value": 1.0, "unit": "K"}}, "bias is in 'K'"),
        ({"grains": {"value": 2.5, "unit": ""}}, "grains = 2.5"),
        ({"bais": {"value": 1.0, "unit": "V"}}, "'bais'"),
    ],
)
def test_recorded_parameters_are_checked(
    change: dict[str, object], fragment: str, command_line: CommandLine, finished: Path
) -> None:
    record = json.loads((finished / "run.json").read_text())
    (finished / "run.json").write_text(json.dumps(record | {"parameters": record["parameters"] | change}))
    assert_refused(command_line("resume", "run", "--scenario", SMALL_FILM), fragment)


@pytest.mark.parametrize(
    "change",
    [{"scenario": 5}, {"scenario": None}, {"doc": 1}, {"source": []}, {"solver": "x"},
     {"parameters": {"bias": {"value": 1.0, "unit": None}}}],
)  # fmt: skip
def test_a_record_of_the_wrong_types_is_damaged(
    change: dict[str, object], command_line: CommandLine, finished: Path
) -> None:
    record = json.loads((finished / "run.json").read_text())
    (finished / "run.json").write_text(json.dumps(record | change))
    assert_refused(command_line("resume", "run", "--scenario", SMALL_FILM), "run.json", "damaged")


def test_a_damaged_checkpoint_is_not_resumed(command_line: CommandLine, finished: Path) -> None:
    checkpoint = finished / "checkpoint.npz"
    whole = checkpoint.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"not a checkpoint"):
        checkpoint.write_bytes(damaged)
        assert_refused(command_line("resume", "run", "--scenario", SMALL_FILM), "checkpoint.npz", "damaged")


def test_a_checkpoint_cannot_smuggle_in_objects(command_line: CommandLine, finished: Path) -> None:
    np.savez(finished / "checkpoint.npz", allow_pickle=True, outputs=np.array([print], dtype=object))
    assert_refused(command_line("resume", "run", "--scenario", SMALL_FILM), "checkpoint.npz", "damaged")


def test_another_scenario_file_does_not_continue_a_run(
    command_line: CommandLine, finished: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.py").write_text(Path(SMALL_FILM).read_text())
    assert_refused(command_line("resume", "run", "--scenario", "other.py"), "'small_film'", "'other'")


def test_export_needs_a_results_folder_and_a_format(command_line: CommandLine, tmp_path: Path, finished: Path) -> None:
    assert_refused(command_line("export", finished), "--pvd")
    assert_refused(command_line("export", tmp_path, "--pvd"), str(tmp_path))


# --- as a user meets it -----------------------------------------------------------------------------------------------


def shell(words: list[str], folder: Path, limit: Callable[[], None] | None = None) -> Answer:
    command = [sys.executable, str(ROOT / "run.py"), *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limit
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def test_the_shell_sees_one_line_and_the_exit_code(tmp_path: Path) -> None:
    assert_refused(shell([SMALL_FILM, "--bias", "3K"], tmp_path), "3 K is not a voltage")


def test_a_file_that_cannot_grow_ends_the_run_in_one_line(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    assert_refused(shell([SMALL_FILM, "--out", "run"], tmp_path, limit), "File too large", code=1)


def test_meshing_leaves_a_broken_pipe_an_error(tmp_path: Path) -> None:
    source = f"""
import os, sys
sys.path.insert(0, {str(Path(SMALL_FILM).parent)!r})
import small_film
small_film.scenario()
reader, writer = os.pipe()
os.close(reader)
try:
    os.write(writer, b"x")
except BrokenPipeError:
    print("an error")
"""
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "an error\n"), done.stderr
