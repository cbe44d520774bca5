"""What people hand to a command by mistake, and runs that hardly compare: the answer says what it is and what to do."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calls import CommandLine, calls_from
from films_for_results import IDENTITY, two_grains

from command_line.arguments import arguments_of, descriptions
from command_line.catalogue import built_in
from fem.comparison.compare import compare
from fem.comparison.compared import Compared
from fem.comparison.differences import differing
from fem.comparison.opening import open_all
from fem.comparison.wording import warnings_of, what_was_compared
from fem.physics.contacts import Coating, Reservoir
from fem.pictures.shown import norm_of
from fem.pictures.style import STYLE, settings_of
from fem.results.record import run_scenario
from fem.storage.results import Results
from fem.storage.run_record import COMPARISON, STUDY, read_record, write_record

Record = dict[str, object]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run named as people name folders, in a folder that says that it is a study, beside a comparison."""
    above = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fem.results.record.draw_figures", lambda scenario, directory: [])
        patch.setattr("fem.results.record.draw_film", lambda scenario, directory: [])
        run_scenario(two_grains(), IDENTITY, above / "Meßreihe 1 (März)")
    (above / STUDY).write_text("{}")
    (above / "compared").mkdir()
    (above / "compared" / COMPARISON).write_text("{}")
    return above


@pytest.fixture
def run(folder: Path) -> Path:
    return folder / "Meßreihe 1 (März)"


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return calls_from(folder, monkeypatch, capsys)


@pytest.mark.parametrize("words", ["figure {} x.png", "view {} --picture x.png", "export {} --pvd", "compare {} {run}"])
@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (".", "it is a study of several runs; give one of them, such as"),
        ("compared", "it is a comparison of several runs; give one of them"),
        ("Meßreihe 1 (März)/run.json", r"it is a file; give the folder Meßreihe 1 \(März\) that it is in"),
        ("nowhere", "there is no"),
    ],
)
def test_what_is_no_run_is_called_what_it_is(
    words: str, given: str, answer: str, run: Path, call: CommandLine
) -> None:  # fmt: skip
    done = call(*(word.format(given, run=run) for word in words.split()))
    assert done.code == 2 and re.search(answer, done.err), done.err


def test_a_value_may_begin_with_a_minus_sign(run: Path, call: CommandLine, tmp_path: Path) -> None:
    done = call("figure", run, tmp_path / "ä b.png", "--time", "-3s")
    assert done.code == 0 and "drew PL_ratio at 0 s" in done.out
    assert "outputs from 0 s to 3 s only: the nearest to -3 s is shown" in done.err
    assert call("figure", run, tmp_path / "b.png", "--time", "10 ms").err == ""
    assert "-3 mm wide: --width lies between" in call("figure", run, tmp_path / "c.png", "--width", "-3mm").err
    assert "Invalid value for --time: 3 needs a unit" in call("view", run, "--time", "3").err
    assert "there is no folder new to write v.png into" in call("view", run, "--picture", "new/v.png").err


def test_a_file_that_is_no_style_is_refused_by_its_first_bad_line(tmp_path: Path) -> None:
    bad = tmp_path / "mine.mplstyle"
    bad.write_text("savefig.dpi: 50\nlines.colour: red\n")
    with pytest.raises(ValueError, match=r"mine\.mplstyle is not a style file of Matplotlib: .*lines\.colour"):
        settings_of(bad)
    bad.write_bytes(b"\x89PNG\r\n\x1a\n\xff")
    with pytest.raises(ValueError, match=r"mine\.mplstyle is not a style file"):
        settings_of(bad)
    assert settings_of(STYLE)["font.size"] > 0


def test_concentrations_are_shown_by_their_logarithm_in_every_output(run: Path) -> None:
    results = Results.open(run)
    norm = norm_of(results, "concentration_iodide_vacancy")
    ends = [f(results.field("concentration_iodide_vacancy", k)) for k in range(6) for f in (np.min, np.max)]
    assert norm.vmax == pytest.approx(max(ends), rel=1e-6, abs=0.0)
    assert norm.vmin is not None
    assert norm.vmax is not None
    middle = np.sqrt(norm.vmin * norm.vmax)
    assert norm(middle) == pytest.approx(0.5, rel=1e-6, abs=0.0)


def test_arguments_that_share_a_line_of_help_are_named_in_their_order() -> None:
    told = descriptions(built_in("lateral_bias"))
    assert told["grain_barrier"] == told["boundary_barrier"]
    assert told["grain_barrier"].endswith("(in this order: grain barrier, boundary barrier).")
    assert set(told) == set(arguments_of(built_in("lateral_bias")))


def changed(run: Path, to: Path, change: Callable[[Record, str], tuple[Record, str]]) -> Path:
    """A copy of a run of which somebody says something else."""
    shutil.copytree(run, to)
    record, series = change(read_record(run), (run / "timeseries.csv").read_text())
    write_record(to, record)
    (to / "timeseries.csv").write_text(series)
    return to


def driven(words: str) -> Callable[[Record, str], tuple[Record, str]]:
    """Change of the words for the voltage of the first electrode."""

    def change(record: Record, series: str) -> tuple[Record, str]:
        model = dict(record["model"])  # type: ignore[call-overload]
        first, *others = model["contacts"]
        return record | {"model": model | {"contacts": [first | {"drive": words}, *others]}}, series

    return change


@pytest.mark.parametrize(
    ("words", "steady"),
    [
        ("step from 0 V to 0.5 V at 0 s", True),
        ("0.5 V, 0 V, 100 s each", True),
        ("0 V before 0 s; rest for 2e-09 s, ramp to 0.5 V in 1e-06 s, hold 0.5 V for 1 s; then 0 V", True),
        ("0 V before 0 s; hold 5 V for 0.01 s, hold -5 V for 0.01 s; then -5 V", False),
        ("0 V before 0 s; 100 x [hold 1 V for 1 s, rest for 1 s]; then 0 V", False),
        ("square wave 1 V / 0 V, period 1 s, duty 0.5", False),
        ("0 V before 0 s; sine wave of 1e-01 V at 50 Hz about 0 V for 1 s; then 0 V", False),
    ],
)
def test_a_voltage_that_changes_between_outputs_is_known_by_its_words(
    words: str, steady: bool, run: Path, tmp_path: Path
) -> None:  # fmt: skip
    """Outputs whole periods apart all see the same voltage of a wave."""
    assert Compared("run", Results.open(changed(run, tmp_path / "run", driven(words)))).steady is steady


def test_a_run_without_a_voltage_is_not_said_to_have_one(run: Path, tmp_path: Path) -> None:
    def silence(record: Record, series: str) -> tuple[Record, str]:
        head, *rows = series.splitlines()
        column = head.split(",").index("potential left [V]")
        cells = [[*row.split(",")] for row in rows]
        return record, "\n".join([head, *(",".join([*c[:column], "0.0", *c[column + 1 :]]) for c in cells)]) + "\n"

    runs = open_all([run, changed(run, tmp_path / "still", silence)])
    told = " ".join(what_was_compared(runs))
    assert "when the voltage is applied; still has no voltage and counts from its start." in told
    assert "in every run." not in told.split("Charge and current")[0]


def test_other_ions_and_missing_carriers_are_warned_of(run: Path, tmp_path: Path) -> None:
    def other(record: Record, series: str) -> tuple[Record, str]:
        model = dict(record["model"])  # type: ignore[call-overload]
        return record | {"model": model | {"semiconductor": True}}, series.replace("iodide vacancy", "bromide")

    runs = open_all([run, changed(run, tmp_path / "other", other)])
    told = " ".join(warnings_of(runs))
    assert "do not have the same ions (Meßreihe 1 (März): iodide vacancy; other: bromide)" in told
    assert "electrons and holes are not part of Meßreihe 1 (März)" in told
    again = open_all([run, changed(run, tmp_path / "same", lambda record, series: (record, series))])
    assert not [line for line in warnings_of(again) if "ions (" in line or "electrons" in line]


def test_a_folder_that_was_copied_in_part_is_shown_with_a_warning(
    run: Path, tmp_path: Path, call: CommandLine
) -> None:  # fmt: skip
    def cut(record: Record, series: str) -> tuple[Record, str]:
        return record, "".join(series.splitlines(keepends=True)[:-2])

    part = changed(run, tmp_path / "part", cut)
    told = "part holds 4 of the 6 outputs that were written"
    assert any(line.startswith(told) for line in warnings_of(open_all([run, part])))
    assert told in call("figure", part, tmp_path / "seen.png").err


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"\x8a\xff\n", "is damaged: .*utf-8"),
        (b"time [s],charge a [C/m^2]\n0,1\n1\n", "is damaged: line 3 has 1 cells, the header 2"),
        (b"time [s],charge a [C/m^2]\n0,one\n", "is damaged: could not convert string to float: 'one'"),
        (b"", "has no header"),
    ],
)
def test_a_damaged_time_series_is_called_so(content: bytes, answer: str, run: Path, tmp_path: Path) -> None:
    damaged = changed(run, tmp_path / "damaged", lambda record, series: (record, series))
    (damaged / "timeseries.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"timeseries\.csv {answer}") as refused:
        Results.open(damaged)
    assert refused.type is ValueError  # others are told as faults of the program


def test_a_run_is_a_line_in_a_notebook(run: Path) -> None:
    assert repr(Results.open(run)) == f"<Results of two_grains in {run}: 6 outputs to 3 s, finished>"


def test_a_single_folder_is_no_list_of_letters(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a comparison needs a list of folders"):
        compare(str(run), tmp_path / "compared")


def test_parts_of_the_model_are_spelled_for_people(run: Path, tmp_path: Path) -> None:
    pulses = "0 V before 0 s; " + ", ".join(["hold 1 V for 1 s"] * 50)

    def coated(record: Record, series: str) -> tuple[Record, str]:
        model = dict(record["model"])  # type: ignore[call-overload]
        first, *others = model["contacts"]
        first = first | {
            "drive": pulses,
            "coating": Coating(5.0000000000000004e-08, 9.0).as_dict(),
            "ions": {"vacancy": Reservoir(1e-9, 2e23).as_dict()},
        }
        lattice: dict[str, object] = {"share as deposited": "Noise(share=0.5, amplitude=0.0020000000000000001)"}
        lattice |= {"segregation energies [J]": {"iodide": 0.0, "bromide": {"grain_boundary": 1.6e-20}}}
        model |= {"contacts": [first, *others], "halide lattice": lattice, "semiconductor": True}
        return record | {"model": model}, series

    rows = {row.quantity: row for row in differing(open_all([run, changed(run, tmp_path / "coated", coated)]))}
    assert [cell.text for cell in rows["contacts, left, coating, thickness"].cells] == ["–", "50 nm"]
    assert [cell.text for cell in rows["contacts, left, coating, relative permittivity"].cells] == ["–", "9"]
    assert [cell.text for cell in rows["contacts, left, ions, vacancy, law"].cells] == ["–", "reservoir"]
    assert rows["contacts, left, ions, vacancy, rate constant"].unit == "m/s"
    shares = rows["halide lattice, share as deposited"].cells
    assert [cell.text for cell in shares] == ["–", "share 0.5, amplitude 0.002 (SI units)"]
    first, second = rows["contacts, left, drive"].cells
    assert first.text == "step from 0 V to 0.5 V at 0 s"
    assert second.value == pulses and second.text == "0 V before 0 s; " + ", ".join(["hold 1 V for 1 s"] * 6) + ", …"
    assert [cell.text for cell in rows["semiconductor"].cells] == ["no", "yes"]
    row = rows["halide lattice, segregation energies, bromide, grain_boundary"]
    assert (row.unit, row.cells[1].text) == ("J", "0.09986 eV")
