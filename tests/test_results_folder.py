"""A run and its folder: what is in it, and that a refused run leaves nothing behind."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains

import fem.results.record as record_module
from fem.evolve import StepReport
from fem.observables import light_observables
from fem.observables import observables as ob
from fem.results.record import run_scenario
from fem.results.run_facts import conservation, judge, references
from fem.scenario import Criterion, Scenario
from fem.storage.run_record import RunIdentity, plain, read_identity, read_record
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without pictures, which have their own tests."""
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])


def test_folder_holds_the_run(tmp_path: Path) -> None:
    darkest = Criterion("B9", "darkest PL/PL0", lambda c: c["PL/PL0 minimum [1]"].min(), upper=0.9)
    brighter = Criterion("B10", "brightest PL/PL0", lambda c: c["PL/PL0 maximum [1]"].max(), lower=2)
    scenario = two_grains(observables=[light_observables.mean_quench()], criteria=[darkest, brighter])
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
        "region_id", "activation_energy_iodide_vacancy",
    }  # fmt: skip
    np.testing.assert_allclose(fields.read("PL_ratio", -1).min(), columns["PL/PL0 minimum [1]"][-1], rtol=1e-6)
    assert seen[-1].time == scenario.times[-1]
    text = "\n".join(summary.lines)
    for words in (
        "electrode left took up",
        "90 % by",
        "the film emits",
        "of its area is darker than PL/PL0 = 0.5",
        "ions conserved to",
        "1 of 2 met; not met: B10",
    ):
        assert words in text
    assert str(folder) in text


def test_run_json_is_strict_and_says_what_was_run_and_how_it_went(tmp_path: Path) -> None:
    broken = Criterion("B1", "cannot be measured", lambda c: c["no such column"][0])
    run_scenario(two_grains(criteria=[broken]), IDENTITY, tmp_path / "run")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found = json.loads((tmp_path / "run" / "run.json").read_text(), parse_constant=refuse)
    assert (found["scenario"], found["status"], found["seed"]) == ("two_grains", "finished", 7)
    assert found["description"] == "Two grains & a <b>voltage</b>."
    assert found["parameters"]["bias"] == {"value": 0.5, "unit": "V", "meaning": "", "source": ""}
    assert found["references"][0] == "10.1103/PhysRevE.70.021506"
    assert found["outputs"] == {"planned": 6, "written": 6, "time_reached [s]": 3.0}
    assert found["solver"]["steps"] > 0
    assert found["scale_report"]["debye_length"] > 0
    assert found["scale_report"].keys() - {"warnings"} == found["scale_units"].keys()
    assert found["scale_units"]["slowest_diffusivity"] == "m^2/s"
    assert found["fields"]["electric_field"] == "V/m"
    assert found["versions"]["numpy"] == np.__version__
    assert found["wall_seconds"] > 0
    assert found["peak_memory_MiB"] > 10
    assert found["mesh"] == {"grains": 2}
    kept = found["conservation"]
    assert abs(kept["relative_drift"]["iodide vacancy"]) <= 1e-12 < kept["relative_drift_bound"] == 1e-8
    assert kept["restored_to_round_off"] == found["solver"]["restored_to_round_off"]
    assert kept["restored_to_round_off_bound"] == 1e-8
    assert kept["lowest_relative_concentration"] >= -1e-9
    assert kept["verdict"] == "pass"
    (verdict,) = found["criteria"]
    assert (verdict["measured"], verdict["bound"], verdict["verdict"]) == (None, [None, None], "fail")
    assert "no such column" in verdict["problem"]
    assert read_identity(tmp_path / "run") == IDENTITY


def test_lost_ions_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ob, "relative_drift", lambda scenario, state: np.array([2e-8 * state.time]))
    summary = run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    (warning,) = (warning for warning in summary.warnings if "ions gained or lost" in warning)
    assert warning.startswith("ions gained or lost (iodide vacancy): 6e-08 at t = 3 s, at most 1e-08 is sound; lower")
    assert summary.failed == (warning,)
    record = read_record(tmp_path / "run")
    assert record["conservation"]["verdict"] == "fail"
    assert [check["name"] for check in record["checks"] if check["verdict"] == "fail"] == ["ions gained or lost"]


@pytest.mark.parametrize(("restored", "verdict"), [(9e-9, "pass"), (2e-8, "fail"), (float("nan"), "fail")])
def test_ions_put_back_are_counted_in_the_verdict(restored: float, verdict: str) -> None:
    columns = {"drift iodide vacancy [1]": np.array([0.0, -7e-15]), "charge balance [1]": np.zeros(2)}
    solver = {"lowest_relative_concentration": 0.1, "restored_to_round_off": restored}
    assert conservation(two_grains(), columns, solver)["verdict"] == verdict


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
    refused(two_grains(), tmp_path / "run", OSError, r"no room for the fields \(0\.2 MiB\): No space left on device")
    assert os.listdir(tmp_path) == []


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
