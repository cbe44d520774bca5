"""Runs side by side: known time constants are found, moments are matched, and meaningless comparisons are refused."""

import csv
import html
import json
import math
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from calls import calls_from
from films_for_results import HEIGHT, LIGHT, WIDTH, two_grain_mesh

import fem.results.record as record_module
from fem.comparison.compare import Comparison, compare
from fem.comparison.compared import Compared
from fem.comparison.map_figure import boundaries_between, draw_maps
from fem.comparison.mapped import Maps
from fem.comparison.matching import matches
from fem.comparison.opening import labels_of, open_all
from fem.comparison.timing import Crossing, at_time, crossing, front_speed, share_reached
from fem.comparison.wording import how_it_was_matched, warnings_of
from fem.constants import eV
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, pulse, ramp, step
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.results.record import run_scenario
from fem.scenario import Scenario
from fem.storage.results import Results
from fem.storage.run_record import RunIdentity, read_record, write_record

ROOT = Path(__file__).parent.parent
SMALL, LARGE = 0.01, 0.5  # [V]: linear response, and a quench
SLOWER = 0.02 * eV  # of the barrier
FACTOR = math.exp(SLOWER / (1.380649e-23 * 300.0))
FIGURES = ["maps_same_time.png", "maps_same_share_of_charge.png", "maps_same_quench.png", "traces.png"]


def film(drive: Drive, barrier: float, until: float) -> Scenario:
    """One ion of a single barrier between blocking contacts: a cell of the time constant λL/2D."""
    vacancy = Species("iodide vacancy", 1, 1e22, 6.5e-8, barrier)
    model = PoissonNernstPlanck(
        two_grain_mesh(64, 1), MAPbI3, [vacancy], [Contact("left", drive), Contact("right", 0.0)]
    )
    times = np.concatenate([[0.0], np.geomspace(1e-4, until, 81)])
    return Scenario(model, times, LIGHT, microstructure={"grains": 2}, geometry="plan view")


def record(folder: Path, drive: Drive, barrier: float, until: float = 20.0) -> Path:
    identity = RunIdentity(folder.name, "A cell.", {"barrier": (barrier, "J"), "width": (WIDTH, "m")})
    run_scenario(film(drive, barrier, until), identity, folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Four runs without pictures: two cells of different barrier, one after a rest, one that is quenched."""
    base = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
        patch.setattr(record_module, "draw_film", lambda scenario, directory: [])
        record(base / "fast", step(SMALL), 0.30 * eV)
        record(base / "slow", step(SMALL), 0.30 * eV + SLOWER, 20.0 * FACTOR)
        record(base / "rested", pulse(LARGE, 2.0), 0.30 * eV)
        record(base / "quenched", step(LARGE, at=1e-3), 0.28 * eV)
        yield base


@pytest.fixture(scope="module")
def quench(folders: Path) -> Comparison:
    return compare([folders / "rested", folders / "quenched"], folders / "compare")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons without pictures, which are looked at once."""
    monkeypatch.setattr("fem.comparison.compare.draw_traces", lambda runs, path: [])
    monkeypatch.setattr("fem.comparison.compare.draw_maps", lambda runs, found, folder: {})
    monkeypatch.setattr("fem.comparison.page.picture", lambda path, caption: "")


def runs_of(*directories: Path) -> tuple[Compared, ...]:
    return open_all(directories)


@pytest.mark.usefixtures("undrawn")
def test_a_higher_barrier_stretches_all_times_by_its_boltzmann_factor(folders: Path, tmp_path: Path) -> None:
    made = compare([folders / "fast", folders / "slow"], tmp_path / "out")
    for share in ("50 %", "90 %"):
        times, own = (made.row(f"{share} of the charge{ending}") for ending in ("", ", over λL/2D"))
        assert times["slow"] / times["fast"] == pytest.approx(FACTOR, rel=2e-3, abs=0.0)
        assert own["slow"] == pytest.approx(own["fast"], rel=2e-3, abs=0.0)
    screening = made.row("screening time λL/2D")
    assert screening["slow"] / screening["fast"] == pytest.approx(FACTOR, rel=1e-6, abs=0.0)
    assert made.row("barrier") == pytest.approx({"fast": 0.30 * eV, "slow": 0.30 * eV + SLOWER}, rel=1e-9, abs=0.0)
    assert "width" not in [row.quantity for row in made.rows]
    assert "Parameters that differ: barrier." in made.lines
    assert "slow against fast: time to 50 % of the charge × 2.17 (the same in units of λL/2D)." in made.lines


@pytest.mark.usefixtures("undrawn")
def test_the_cell_charges_with_its_time_constant(folders: Path, tmp_path: Path) -> None:
    made = compare([folders / "fast", folders / "slow"], tmp_path / "out")
    half, most = (made.row(f"{share} of the charge, over λL/2D")["fast"] for share in ("50 %", "90 %"))
    layer = made.row("Debye length")["fast"] / WIDTH
    assert most - half == pytest.approx(math.log(5) * (1 - layer), rel=1e-2, abs=0.0)  # Bazant et al. to second order
    assert made.row("nominal field")["fast"] == pytest.approx(SMALL / WIDTH)


def test_light_is_given_back_at_rest(quench: Comparison) -> None:
    back = quench.row("reversible part of the charge")
    assert back["quenched"] is None and 0.99 < back["rested"] < 1.01
    assert quench.row("last output under the voltage")["rested"] == pytest.approx(2.0, rel=0.2, abs=0.0)
    assert 0.9 < quench.row("reversible part of the quench")["rested"] < 1.01


def test_numbers_of_maps_agree_with_the_maps(quench: Comparison, folders: Path) -> None:
    run = Results.open(folders / "quenched")
    ratio = run.field("PL_ratio")
    corners = run.points[:, run.triangles].astype(float)  # (2, n_cells, 3)
    (ux, uy), (vx, vy) = (corners[:, :, k] - corners[:, :, 0] for k in (1, 2))
    areas, left = np.abs(ux * vy - uy * vx), corners[0].mean(axis=1) < WIDTH / 2
    cells = ratio[run.triangles].mean(axis=1)
    spread = quench.row("spread of PL/PL₀ between grains (standard deviation), at the end of the voltage")["quenched"]
    means = [np.average(cells[side], weights=areas[side]) for side in (left, ~left)]
    assert spread == pytest.approx(np.std(means), rel=1e-5, abs=0.0)
    pile = quench.row("iodide vacancy: highest of the profile between the electrodes over the mean")["quenched"]
    assert 1.5 < pile <= run.field("concentration_iodide_vacancy").max() / 1e22
    assert quench.row("farthest front of Q = 0.3: from")["quenched"] == "left"
    reach = quench.row("farthest front of Q = 0.3: reach")["quenched"]
    assert 0.05 * WIDTH < reach < 0.5 * WIDTH


def test_depth_hides_the_contrast_along_it() -> None:
    mesh = two_grain_mesh(40, 60)
    maps = Maps(SimpleNamespace(results=SimpleNamespace(points=mesh.p, triangles=mesh.t.T)))  # type: ignore[arg-type]
    x, y = mesh.p[0] / WIDTH, mesh.p[1] / HEIGHT
    assert maps.hidden_share(x) == pytest.approx(0.0, abs=1e-5)
    assert maps.hidden_share(y) == pytest.approx(1.0)
    assert maps.hidden_share(3 * x + 4 * y) == pytest.approx(16 / 25, rel=2e-3)  # variances of lines are a^2 / 12
    assert maps.hidden_share(np.ones_like(x)) is None


def test_empty_cells_have_reasons(quench: Comparison) -> None:
    told = json.loads((quench.directory / "comparison.json").read_text())["empty"]
    assert any("share of the ionic current" in line and "no run has it: not recorded" in line for line in told)
    assert any("that depth integration hides" in line and "seen from above" in line for line in told)
    back = [f"reversible part of the {what}" for what in ("charge", "quench")]
    assert f"{'; '.join(back)} – quenched: no rest follows the voltage." in told
    assert html.escape(told[0]) in (quench.directory / "report.html").read_text()


def test_moments_are_matched_in_what_they_are_matched_by(folders: Path) -> None:
    runs = runs_of(folders / "rested", folders / "quenched")
    found, reasons = matches(runs)
    assert not reasons and list(found) == ["same time", "same share of the charge", "same quench"]
    for match in found["same quench"]:
        for run, moment in zip(runs, match.moments, strict=True):
            light = run.results.column("PL/PL0 mean")
            mean = (1 - moment.weight) * light[moment.output] + moment.weight * light[moment.output + 1]
            assert 1 - mean == pytest.approx(match.level, rel=1e-9, abs=0.0)
    for match in found["same time"]:
        assert len({moment.time for moment in match.moments}) == 1
        for run, moment in zip(runs, match.moments, strict=True):
            assert run.elapsed[moment.output] <= match.level <= run.elapsed[moment.output + 1]


def test_what_cannot_be_matched_is_not_drawn_but_said(folders: Path, tmp_path: Path) -> None:
    short = copied(folders / "rested", tmp_path / "short")
    lines = (short / "timeseries.csv").read_text().splitlines(keepends=True)
    (short / "timeseries.csv").write_text("".join(lines[:8]))
    runs = runs_of(folders / "quenched", short)
    found, reasons = matches(runs)
    assert "same time" in found and "same share of the charge" not in found  # all of it is in the first jump
    said = how_it_was_matched(found, reasons, drawn=True)
    assert any(line.startswith("No maps at the same share of the charge: not every run moves") for line in said)
    assert draw_maps(runs, {}, tmp_path) == {}


def test_a_voltage_that_changes_is_warned_of(folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])
    folder = record(tmp_path / "ramped", ramp(SMALL, 1.0), 0.30 * eV)
    runs = runs_of(folders / "fast", folder)
    assert [run.steady for run in runs] == [True, False]
    assert any(line.startswith("the voltage of ramped changes") for line in warnings_of(runs))


def test_times_count_from_the_voltage(folders: Path) -> None:
    rested, quenched = runs_of(folders / "rested", folders / "quenched")
    assert rested.steady and quenched.steady
    assert rested.onset == 0.0 and rested.rests and not quenched.rests
    assert quenched.onset == pytest.approx(1e-3, rel=0.2, abs=0.0)
    assert quenched.voltage[quenched.driven.start] == 0.0 and quenched.voltage[quenched.driven.start + 1] == LARGE


def test_the_folder_holds_strict_json_a_table_and_pictures(quench: Comparison) -> None:
    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not strict JSON")

    told = json.loads((quench.directory / "comparison.json").read_text(), parse_constant=refuse)
    assert [run["label"] for run in told["runs"]] == ["rested", "quenched"]
    assert told["figures"] == FIGURES
    rows = list(csv.reader((quench.directory / "comparison.csv").read_text().splitlines()))
    assert rows[0] == ["group", "quantity", "unit", "rested", "quenched"]
    assert len(rows) == 1 + len(told["table"]) == 1 + len(quench.rows)
    for name in FIGURES:
        assert (quench.directory / "figures" / name).read_bytes().startswith(b"\x89PNG")


def test_the_page_needs_nothing_else_and_says_how_it_matched(quench: Comparison) -> None:
    text = (quench.directory / "report.html").read_text()
    assert text.count("data:image/png;base64,") == len(FIGURES)
    assert text.count("<script>") == 1 and text.count("data:image/webp;base64,") == 12  # the slider
    assert not re.search(r"<link|url\(|@import|http:|https:(?!//doi.org/10)", text)
    assert "prefers-color-scheme: dark" in text and '<meta name="viewport"' in text
    for words in ("Maps at the same quench: mean quench", "interpolated linearly", "All runs cover the times from"):
        assert words in text


def test_the_page_opens_in_a_browser(quench: Comparison, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium is installed: the page was not opened")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    page = (quench.directory / "report.html").as_uri()
    done = subprocess.run([browser, *options, page], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.count("<img ") == len(FIGURES) + 12 and "rested against quenched" in done.stdout


@pytest.mark.usefixtures("undrawn")
def test_what_runs_are_called_is_escaped(folders: Path, tmp_path: Path) -> None:
    nasty = tmp_path / "<b>&"
    shutil.copytree(folders / "fast", nasty)
    compare([nasty, folders / "slow"], tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text()
    assert "<b>" not in text and "&lt;b&gt;&amp;" in text


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_comparison_is_moved_aside_and_nothing_else_overwritten(folders: Path, tmp_path: Path) -> None:
    pair, out = [folders / "fast", folders / "slow"], tmp_path / "out"
    before = {path: path.stat().st_mtime_ns for path in folders.rglob("*")}
    compare(pair, out)
    compare(pair, out)
    assert (tmp_path / "out.1" / "comparison.json").is_file() and sorted(path.name for path in tmp_path.iterdir()) == [
        "out", "out.1",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="holds other files than those of an earlier comparison"):
        compare(pair, folders / "fast")
    assert {path: path.stat().st_mtime_ns for path in folders.rglob("*")} == before


def test_the_same_folder_twice_is_refused(folders: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folders / "fast", target_is_directory=True)
    with pytest.raises(ValueError, match="are the same folder"):
        open_all([folders / "fast", tmp_path / "link"])
    with pytest.raises(ValueError, match="needs two results folders"):
        open_all([folders / "fast"])


def test_what_holds_no_results_is_refused(folders: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a results folder: it has no run\.json"):
        open_all([folders / "fast", tmp_path])
    with pytest.raises(ValueError, match="there is no folder"):
        open_all([folders / "fast", tmp_path / "gone"])
    part = copied(folders / "fast", tmp_path / "part")
    (part / "timeseries.csv").unlink()
    with pytest.raises(ValueError, match="not a complete results folder"):
        open_all([folders / "slow", part])


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def rewrite(folder: Path, change: "dict[str, str]", factor: float = 1.0) -> Path:
    """Rename columns of a time series, and multiply its times; those of the maps stay."""
    path = folder / "timeseries.csv"
    head, *rows = path.read_text().splitlines()
    for old, new in change.items():
        head = head.replace(old, new)
    cells = [row.split(",", 1) for row in rows]
    path.write_text("\n".join([head, *(f"{float(first) * factor!r},{rest}" for first, rest in cells)]) + "\n")
    return folder


def test_runs_without_a_common_quantity_or_time_are_refused(folders: Path, tmp_path: Path) -> None:
    names = {"charge ": "stock ", "current ": "flow ", "ions ": "atoms ", "PL/PL0": "light", "quench": "dark",
             "free energy": "energy"}  # fmt: skip
    strange = rewrite(copied(folders / "fast", tmp_path / "strange"), names)
    with pytest.raises(ValueError, match=r"no quantity in common \(slow: charge moved .*; strange: "):
        open_all([folders / "slow", strange])
    late = rewrite(copied(folders / "fast", tmp_path / "late"), {}, 1e9)
    with pytest.raises(ValueError, match=r"do not overlap, counted from the onset .*slow: 0\.0001 s to"):
        open_all([folders / "slow", late])


@pytest.mark.usefixtures("undrawn")
def test_a_stopped_run_is_compared_as_far_as_it_goes(folders: Path, tmp_path: Path) -> None:
    stopped = copied(folders / "fast", tmp_path / "stopped")
    lines = (stopped / "timeseries.csv").read_text().splitlines(keepends=True)
    (stopped / "timeseries.csv").write_text("".join(lines[:60]))
    write_record(stopped, read_record(stopped) | {"status": "stopped"})
    made = compare([folders / "slow", stopped], tmp_path / "out")
    assert made.row("outputs")["stopped"] == 59
    assert any("stopped was stopped: its numbers end at" in line for line in made.warnings)


@pytest.mark.usefixtures("undrawn")
def test_the_command_compares_or_says_why_not(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = calls_from(tmp_path, monkeypatch, capsys)
    done = call("compare", folders / "fast", folders / "slow")
    assert done.code == 0 and "time to 50 % of the charge × 2.17" in done.out
    assert (tmp_path / "results" / "compare" / "report.html").is_file()
    refused = call("compare", folders / "fast", folders / "fast", "--out", "other")
    assert refused.code == 2 and "same folder" in refused.err and not (tmp_path / "other").exists()


@pytest.mark.usefixtures("undrawn")
def test_the_example_of_the_page_runs(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results").mkdir()
    for name in ("fast", "slow"):
        copied(folders / name, tmp_path / "results" / name)
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "comparing.md").read_text(), re.S)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    runpy.run_path(str(tmp_path / "example.py"))
    assert "time to 50 % of the charge × 2.17" in capsys.readouterr().out
    assert (tmp_path / "results" / "compare" / "comparison.json").is_file()


def test_labels_are_the_shortest_that_tell_folders_apart() -> None:
    assert labels_of([Path("/a/x"), Path("/a/y")]) == ["x", "y"]
    assert labels_of([Path("/a/x"), Path("/b/x")]) == ["a/x", "b/x"]


def test_crossings_lie_between_outputs() -> None:
    times, values = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 3.0, 4.0])
    found = crossing(times, values, 2.0)
    assert found is not None and (found.output, found.weight) == (1, 0.5) and 1.0 < found.time < 2.0
    assert crossing(times, -values, -2.0) == found
    assert crossing(times, values, 0.5) == Crossing(0.5, 0, 0.5, bounded=True)
    assert crossing(times, values, 5.0) is None
    assert at_time(times, 0.5) == Crossing(0.5, 0, 0.5) and at_time(times, 5.0) is None
    middle = at_time(times, math.sqrt(8.0))
    assert middle is not None and middle.output == 2 and middle.weight == pytest.approx(0.5)
    assert at_time(times, 4.0) == Crossing(4.0, 2, 1.0)
    assert share_reached(times, np.array([0.0, 4.0, 3.0, 0.1]), 0.5) is None  # it went back


def test_four_outputs_per_decade_give_times_to_half_a_percent() -> None:
    times = np.concatenate([[0.0], np.geomspace(1e-3, 100.0, 21)])
    for share in (0.1, 0.5, 0.9):
        found = share_reached(times, 1 - np.exp(-times), share)
        assert found is not None and found.time == pytest.approx(-math.log(1 - share), rel=5e-3, abs=0.0)


def test_the_speed_of_a_front_is_that_of_its_advance() -> None:
    times = np.linspace(0.0, 10.0, 21)
    found = front_speed(times, np.where(times < 1, np.nan, 2e-9 * times))
    assert found is not None
    assert found[0] == pytest.approx(2e-8, abs=0.0) and found[1] == pytest.approx(2e-9, rel=1e-3, abs=0.0)
    assert front_speed(times, np.full(21, np.nan)) is None


def test_boundaries_are_found_where_nodes_are_double() -> None:
    mesh = two_grain_mesh(4, 1)
    grains = (mesh.p[0, mesh.t].mean(axis=0) > WIDTH / 2).astype(int)
    (line,) = boundaries_between(grains, mesh.p, mesh.t.T)
    np.testing.assert_allclose(np.sort(line[:, 1]), [0.0, HEIGHT])
    np.testing.assert_allclose(line[:, 0], WIDTH / 2)
    other = mesh.t.T + mesh.p.shape[1] * grains[:, None]  # every grain with its own copy of the nodes
    assert len(boundaries_between(grains, np.hstack([mesh.p, mesh.p]), other)) == 1
