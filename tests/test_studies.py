"""Studies: every run in its own folder, all of them compared; stopped ones go on, and one that fails stops no other."""

import itertools
import json
import re
import shutil
from collections.abc import Callable
from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import CommandLine, calls_from
from films_for_results import two_grains
from small_study import BARRIERS
from test_results_interruptions import same_numbers

import fem.results.record as record_module
from command_line.app import main
from command_line.catalogue import Entry
from command_line.following import follow
from fem.comparison.compare import compare
from fem.comparison.study import Member, Study, Transfer
from fem.comparison.study_record import require_replaceable_study
from fem.comparison.transfer import Ratio
from fem.constants import eV
from fem.results.summary import Summary
from fem.scenario import Scenario
from fem.storage.run_record import read_record, write_record

SMALL_STUDY = str(Path(__file__).parent / "small_study.py")
KT = 1.380649e-23 * 300.0


def undraw(patch: pytest.MonkeyPatch) -> None:
    """Leave out the pictures, which have their own tests."""
    patch.setattr(record_module, "draw_film", lambda scenario, directory: [])
    patch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
    patch.setattr("fem.comparison.compare.draw_traces", lambda runs, path: [])
    patch.setattr("fem.comparison.compare.draw_maps", lambda runs, found, folder: {})
    patch.setattr("fem.comparison.study_page.draw_transfer", lambda factors, path: None)
    patch.setattr("fem.comparison.page.picture", lambda path, caption: "")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls of the command line that draw nothing."""
    undraw(monkeypatch)
    return calls_from(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished study; not to be changed."""
    folder = tmp_path_factory.mktemp("whole") / "study"
    with pytest.MonkeyPatch.context() as patch:
        undraw(patch)
        assert main([SMALL_STUDY, "--out", str(folder), "--quiet"]) == 0
    return folder


def told(folder: Path, name: str = "comparison.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text())
    return found


def test_every_member_is_run_and_all_are_compared(whole: Path) -> None:
    study = whole
    assert {path.name for path in study.iterdir()} == {
        *BARRIERS, "study.json", "report.html", "comparison.json", "comparison.csv", "figures",
    }  # fmt: skip
    assert told(study, "study.json")["status"] == "finished"
    assert [run["label"] for run in told(study)["runs"]] == list(BARRIERS)
    identity = read_record(study / "slow_2")
    assert identity["scenario"] == "small_study/slow_2" and identity["parameters"]["barrier"]["value"] == 0.36 * eV
    page = (study / "report.html").read_text()
    assert "small study" in page and "fast: 2 films finished" in page and "Barriers are all that differs." in page
    assert '<a href="slow_2/report.html">slow_2</a>' in page and not re.search(r"<script|<link|https?:(?!//doi)", page)
    check_transfer(told(study))


def test_a_study_judges_its_runs_together(whole: Path) -> None:
    """Barriers of 0.34 and 0.30 eV: a factor of exp(0.04 eV / kT), 4.7; what cannot be measured is not met."""
    met, missed = told(whole)["criteria"]
    assert met["measured"] == pytest.approx(exp(0.04 * eV / KT), rel=5e-3, abs=0.0)
    assert (met["id"], met["bound"], met["verdict"]) == ("D4", [4.0, 5.0], "pass")
    assert missed["verdict"] == "fail" and missed["measured"] is None and "KeyError" in missed["problem"]
    page = (whole / "report.html").read_text()
    assert "Demands of the study" in page and ">slow &amp; fast</td>" in page and "4 to 5" in page
    assert "D4: 1 of 2 met" in page and page.count(">fail</span>") == 1


def test_demands_of_a_study_that_are_not_met_are_told(whole: Path, tmp_path: Path, call: CommandLine) -> None:
    study = Path(shutil.copytree(whole, tmp_path / "study"))
    again = call("resume", study, "--scenario", SMALL_STUDY)
    assert again.code == 0 and "demands of the study: 1 of 2 met; not met: D4 no such group" in again.out


def check_transfer(record: dict[str, Any]) -> None:
    """Cells of linear response: times go with the Boltzmann factor, and with the screening time exactly."""
    factors = {one["quantity"]: one for one in record["transfer"]}
    one = factors["50 % of its own charge"]
    means = [np.mean([value for name, value in BARRIERS.items() if name.startswith(kind)]) for kind in ("slow", "fast")]
    assert one["measured"]["factor"] == pytest.approx(exp((means[0] - means[1]) * eV / KT), rel=5e-3, abs=0.0)
    assert one["beyond theory"]["factor"] == pytest.approx(1.0, rel=5e-3, abs=0.0)
    spread = exp(sqrt(np.var([0.34, 0.36], ddof=1) + np.var([0.30, 0.31], ddof=1)) * eV / KT)
    assert one["measured"]["spread"] == pytest.approx(spread, rel=5e-3, abs=0.0)
    assert one["measured"]["pairs of films"] == 4 and "grains" not in one
    table = {row["quantity"]: row for row in record["groups"]}
    screening, single = table["screening time λL/2D"], {row["quantity"]: row for row in record["table"]}
    values = single["screening time λL/2D"]["values"]
    assert screening["values"]["slow"] == pytest.approx((values["slow_1"] + values["slow_2"]) / 2, abs=0.0)
    assert " ± " in screening["shown"]["slow"]


def test_what_the_options_refuse_leaves_no_folder(call: CommandLine, tmp_path: Path) -> None:
    for words, message in ((("--bias=-1V",), "--bias must be positive"), (("--broken", "fast_1"), "this film tore")):
        answer = call(SMALL_STUDY, *words, "--out", "study")
        assert answer.code == 2 and message in answer.err
    assert list(tmp_path.iterdir()) == []


def ctrl_c_in(place: str, steps: int, patch: pytest.MonkeyPatch) -> Callable[..., Summary]:
    """Follows runs and presses Ctrl-C after so many steps of the run at `place`."""
    counter = itertools.count()

    def press() -> None:
        if next(counter) == steps:
            raise KeyboardInterrupt

    def follow_until(scenario: Scenario, entry: Entry, quiet: bool, run: Callable[..., Summary]) -> Summary:
        if place in entry.name:
            patch.setattr("command_line.following.stop_if_asked", press)
        return follow(scenario, entry, quiet, run)

    return follow_until


def test_a_stopped_study_goes_on_to_the_same_numbers(
    call: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("command_line.studying.follow", ctrl_c_in("2 of 4", steps=30, patch=patch))
        stopped = call(SMALL_STUDY, "--out", "study")
    study = tmp_path / "study"
    assert stopped.code == 130 and f"run.py resume study --scenario {SMALL_STUDY}" in stopped.err
    assert told(study, "study.json")["status"] == "stopped" and not (study / "slow_1").exists()
    write_record(
        study / "fast_2", read_record(study / "fast_2") | {"status": "running"}
    )  # as a killed process leaves it
    kept = (study / "fast_1" / "run.json").stat().st_mtime_ns
    alone = call("resume", study / "fast_2", "--scenario", SMALL_STUDY)
    assert alone.code == 2 and "resume the study" in alone.err
    again = call("resume", study, "--scenario", SMALL_STUDY)
    assert again.code == 0, again.err
    assert (study / "fast_1" / "run.json").stat().st_mtime_ns == kept
    for name in BARRIERS:
        same_numbers(whole / name, study / name)
    assert told(study)["transfer"] == told(whole)["transfer"]


def test_a_member_that_fails_stops_no_other(call: CommandLine, tmp_path: Path) -> None:
    failed = call(SMALL_STUDY, "--broken", "fast_2", "--out", "study")
    study = tmp_path / "study"
    assert failed.code == 1 and "1 of 4 runs of study failed: fast_2" in failed.err and "this film tore" in failed.err
    record = told(study, "study.json")
    assert record["status"] == "failed"
    assert {one["name"]: bool(one["message"]) for one in record["members"]} == {
        name: name == "fast_2" for name in BARRIERS
    }
    assert [run["label"] for run in told(study)["runs"]] == [name for name in BARRIERS if name != "fast_2"]
    mended = json.loads((study / "study.json").read_text())
    mended["parameters"]["broken"]["value"] = "none"
    (study / "study.json").write_text(json.dumps(mended))
    assert call("resume", study, "--scenario", SMALL_STUDY).code == 0
    assert len(told(study)["runs"]) == 4


def test_other_files_are_never_overwritten(call: CommandLine, tmp_path: Path, whole: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    refused = call(SMALL_STUDY, "--out", "notes")
    assert refused.code == 2 and "holds other files" in refused.err
    study = Path(shutil.copytree(whole, tmp_path / "study"))
    assert call("compare", "study/fast_1", "study/fast_2", "--out", "study").code == 2
    with pytest.raises(ValueError, match="holds other files"):
        compare([study / "fast_1", study / "slow_1"], study)
    require_replaceable_study(study)
    (study / "slow_1" / "run.json").write_text((study / "fast_1" / "run.json").read_text())
    swapped = call("resume", "study", "--scenario", SMALL_STUDY)
    assert swapped.code == 1 and "was not made by this study" in swapped.err
    (study / "study.json").write_text("[]")
    damaged = call("resume", "study", "--scenario", SMALL_STUDY)
    assert damaged.code == 2 and "study.json is damaged" in damaged.err


def test_an_earlier_study_is_moved_aside(call: CommandLine, tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, tmp_path / "study")
    stopped = call(SMALL_STUDY, "--out", "study", "--broken", "fast_1")
    assert stopped.code == 2 and not (tmp_path / "study.1").exists()
    assert call(SMALL_STUDY, "--out", "study", "--quiet").code == 0
    assert (tmp_path / "study.1" / "slow_2" / "run.json").is_file()
    assert told(tmp_path / "study")["transfer"] == told(whole)["transfer"]


def test_a_preview_draws_a_film_of_each_group(call: CommandLine, tmp_path: Path) -> None:
    done = call("preview", SMALL_STUDY, "--out", "film.png")
    assert done.code == 0, done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film_fast_1.png", "film_slow_1.png"]


def test_a_study_is_checked_when_it_is_made() -> None:
    def member(name: str) -> Member:
        return Member(name, "films", two_grains)

    with pytest.raises(ValueError, match="two members or more"):
        Study([member("one")])
    with pytest.raises(ValueError, match="two members of a study have the name one"):
        Study([member("one"), member("one")])
    with pytest.raises(ValueError, match="no group 'device'"):
        Study([member("one"), member("two")], [Transfer("films", "device")])
    with pytest.raises(ValueError, match="letters, digits and _, got"):
        member("../up")


def test_spreads_of_independent_factors_add_in_squares() -> None:
    ratio = Ratio(6.0, exp(0.3), 9).over(Ratio(2.0, exp(0.4), 1))
    assert ratio.value == pytest.approx(3.0) and ratio.spread == pytest.approx(exp(0.5)) and ratio.pairs == 9
