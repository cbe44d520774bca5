"""The page of a comparison: what each run is, its film, parameters with sources, maps under one slider, references."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from films_for_results import IDENTITY, two_grains

from fem.comparison.compare import compare
from fem.comparison.map_figure import frames_of
from fem.comparison.matching import at_output_times
from fem.comparison.opening import open_all
from fem.physics.contacts import Contact
from fem.physics.drives.drive import pulse
from fem.results.record import run_scenario
from fem.storage.run_record import read_record, write_record

SOURCES = {"bias": "choice of the experiment", "barrier": "Eames et al., doi:10.1038/ncomms8497"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of two runs whose voltage ends after a second; `one` has the barrier of the literature."""
    folder = tmp_path_factory.mktemp("runs")
    film = two_grains()
    contacts = (Contact("left", pulse(0.5, 1.5)), Contact("right", 0.0))
    resting = replace(film, model=replace(film.model, contacts=contacts))
    for name, words in (("one", SOURCES["barrier"]), ("two", "set by the user; the default is 0.2 eV")):
        identity = replace(IDENTITY, sources=SOURCES | {"barrier": words})
        run_scenario(resting, identity, folder / name)
    return folder


@pytest.fixture(scope="module")
def page(folders: Path) -> str:
    pair = [folders / "one", folders / "two"]
    return (compare(pair, folders / "out").directory / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons without maps and traces of their own."""
    monkeypatch.setattr("fem.comparison.compare.draw_traces", lambda runs, path: [])
    monkeypatch.setattr("fem.comparison.compare.draw_maps", lambda runs, found, folder: {})
    monkeypatch.setattr("fem.comparison.page.picture", lambda path, caption: "")


def changed(folders: Path, tmp_path: Path, change: Callable[[Path], None]) -> str:
    """The page of a copy of the runs in which the folder of the first was changed."""
    pair = [Path(shutil.copytree(folders / name, tmp_path / name)) for name in ("one", "two")]
    change(pair[0])
    return (compare(pair, tmp_path / "out").directory / "report.html").read_text(encoding="utf-8")


def test_it_says_what_each_run_is_and_shows_its_film(page: str) -> None:
    assert "<p>one: Two grains &amp; a &lt;b&gt;voltage&lt;/b&gt;.</p>" in page
    films = page.split("Films and meshes")[1].split("</details>")[0]
    assert films.count("data:image/png;base64,") == 2 and "two: film, electrodes and mesh" in films


def test_it_counts_checks_and_demands_apart(folders: Path, tmp_path: Path) -> None:
    def demand(folder: Path) -> None:
        kept = {"id": "B0", "quantity": "width", "measured": 0.5, "bound": [None, 1.0], "verdict": "pass"}
        write_record(folder, read_record(folder) | {"criteria": [kept]})

    page = changed(folders, tmp_path, demand)
    checks = len(read_record(folders / "one")["checks"])
    assert f"one: finished, {checks} checks and 1 demand passed" in page
    assert f"two: finished, {checks} checks passed" in page


def test_each_parameter_has_the_values_of_all_runs_and_their_sources(page: str) -> None:
    given = page.split("<h2>Parameters</h2>")[1].split("</section>")[0]
    rows = [re.sub(r"<[^>]*>", "|", row) for row in given.split("<tr>")]
    told = [[cell for cell in row.split("|") if cell] for row in rows]
    assert ["one", "two", "source"] in told
    assert ["bias", "0.5 V", "0.5 V", "choice of the experiment"] in told
    (barrier,) = (row for row in told if row and row[0] == "barrier")
    assert barrier[1:3] == ["0.3 eV", "0.3 eV"] and "doi:10.1038/ncomms8497" in barrier
    assert "; set by the user; the default is 0.2 eV" in "".join(barrier)
    assert ["seed", "7", "7", "source not stated"] in told


def test_it_cites_what_its_runs_cite_once(page: str) -> None:
    cited = page.split("<h2>References</h2>")[1].split("</section>")[0]
    for doi in ("10.1103/PhysRevE.70.021506", "10.1038/ncomms8497"):
        assert cited.count(f'href="https://doi.org/{doi}"') == 1


def test_the_slider_goes_through_times_that_all_runs_share_and_names_the_rest(page: str, folders: Path) -> None:
    runs = open_all([folders / "one", folders / "two"])
    labels = [label for label, _ in frames_of(runs, folders / "out" / "figures")]
    assert labels == ["after 1 ms", "after 10 ms", "after 100 ms", "after 1 s", "after 3 s, at rest for 2 s"]
    assert all(f'alt="{label}"' in page for label in labels)
    few = [match.level for match in at_output_times(runs, most=3)]
    assert few == pytest.approx([1e-3, 1.0, 3.0])  # with the last output under the voltage


@pytest.mark.usefixtures("undrawn")
def test_a_film_that_is_a_link_to_another_file_is_not_shown(folders: Path, tmp_path: Path) -> None:
    def link(folder: Path) -> None:
        (tmp_path / "secret").write_text("a secret of mine")
        (folder / "figures" / "microstructure.png").unlink()
        (folder / "figures" / "microstructure.png").symlink_to(tmp_path / "secret")

    films = changed(folders, tmp_path, link).split("Films and meshes")[1].split("</details>")[0]
    assert films.count("data:image/png;base64,") == 1


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("parameters", [None, [1], {"bias": 3}, {"bias": {"unit": "V"}}, {"<b>": {"value": "<i>"}}])
def test_records_of_strangers_do_no_harm(parameters: object, folders: Path, tmp_path: Path) -> None:
    def damage(folder: Path) -> None:
        odd = {"parameters": parameters, "references": ["10.1/<u>", 7], "description": "<script>alert(1)</script>"}
        write_record(folder, read_record(folder) | odd)

    found = changed(folders, tmp_path, damage)
    assert not re.search(r"<b>|<i>|<u>|<script>alert", found)
    assert "0.3 eV" in found  # of the other run
