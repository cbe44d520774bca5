"""The film before its run: its picture, what is said of it, and the command that shows both."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from calls import SMALL_FILM, CommandLine, calls_from
from films_for_results import IDENTITY, two_grains
from PIL import Image

from fem.constants import eV, nm, um
from fem.evolve import StepReport
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.pictures import figures as figures_module
from fem.pictures.figures import FILM, draw_film
from fem.pictures.film_figure import draw_microstructure, tints_of
from fem.pictures.film_outline import boundary_energies, boundary_facets, neighbours, outlines, segments
from fem.pictures.film_panels import mesh_window
from fem.results.film_facts import film_lines, recorded_lines
from fem.results.record import run_scenario
from fem.scenario import Scenario, logarithmic_times
from fem.storage.run_record import read_record
from meshes import (
    Lines,
    Lognormal,
    MeshSizes,
    Polycrystal,
    Strips,
    columnar,
    triangulate,
    voronoi,
    with_pinholes,
)

ROOT = Path(__file__).parent.parent
MAP = ROOT / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"
PREFACTOR, GRAIN, BOUNDARY = 6.5e-8, 0.58 * eV, 0.30 * eV
SIDES = ("left", "right")


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls ``run.py`` with the given words; the working folder is `tmp_path`."""
    return calls_from(tmp_path, monkeypatch, capsys)


def experiment(film: Polycrystal, boundaries: Lines | Strips, along: Field | None = None) -> Scenario:
    """A film under bias; `along` gives the activation energies along its boundaries."""
    mesh = triangulate(film, MeshSizes(8 * nm, 20 * nm, 60 * nm), free_surfaces=("top",), boundaries=boundaries)
    energies: Field = {"grain_interior": GRAIN} | (along if isinstance(along, dict) else {"grain_boundary": BOUNDARY})
    vacancy = Species("iodide vacancy", 1, 1e22, PREFACTOR, energies)
    contacts = [Contact("left", 0.0, coating=Coating(2 * nm, 5.0)), Contact("right", step(2.0))]
    layers = [] if isinstance(boundaries, Strips) else [boundary_lines(4 * nm)]
    model = PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=layers)
    return Scenario(model, logarithmic_times(1e-3, 1.0))


# --- what is drawn ----------------------------------------------------------------------------------------------------

DRAWN: dict[str, Callable[[], Scenario]] = {
    "lines": lambda: experiment(voronoi(0.6 * um, 0.5 * um, grains=8, seed=1), Lines()),
    "two-sided": lambda: experiment(voronoi(0.6 * um, 0.5 * um, grains=8, seed=1), Lines(two_sided=True)),
    "strips": lambda: experiment(voronoi(0.6 * um, 0.5 * um, grains=8, seed=1), Strips(6 * nm)),
    "pinholes": lambda: experiment(
        with_pinholes(voronoi(1 * um, 0.8 * um, grains=12, seed=1), Lognormal(90 * nm, 0.2), area_share=0.05), Lines()
    ),
    "flat": lambda: experiment(columnar(3 * um, 0.3 * um, grains=10, seed=1), Lines()),
}


@pytest.fixture(scope="module", params=DRAWN)
def drawn(request: pytest.FixtureRequest) -> Scenario:
    return DRAWN[request.param]()


def shoelace(loop: np.ndarray) -> float:
    x, y = loop.T
    return float(0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def test_outlines_enclose_the_grains(drawn: Scenario) -> None:
    mesh = drawn.model.mesh
    areas = [sum(map(shoelace, loops)) for loops in outlines(drawn)]
    cells = drawn.model.control_volumes.areas
    expected = [cells[mesh.subdomains[f"grain_{k}"]].sum() for k in range(len(areas))]
    assert areas == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_neighbours_never_have_the_same_colour(drawn: Scenario) -> None:
    pairs = neighbours(drawn)
    count = len(outlines(drawn))
    tints = np.array(tints_of(count, pairs))
    assert count > 1 and set(pairs.ravel().tolist()) == set(range(count))
    assert (tints[pairs[:, 0]] != tints[pairs[:, 1]]).all() and tints.max() < 8


def test_many_grains_need_few_colours() -> None:
    film = voronoi(4 * um, 4 * um, grains=300, seed=1)
    pairs = film.edge_grains[film.grain_boundary_edges]
    tints = np.array(tints_of(300, pairs))
    assert (tints[pairs[:, 0]] != tints[pairs[:, 1]]).all() and tints.max() < 7


@pytest.mark.parametrize("boundaries", [Lines(), Lines(two_sided=True), Strips(6 * nm)], ids=["lines", "two", "strips"])
def test_boundaries_are_coloured_by_their_own_energy_only_where_they_differ(boundaries: Lines | Strips) -> None:
    film = columnar(0.6 * um, 0.3 * um, grains=4, seed=1)
    own = {"boundary_0_1": 0.2 * eV, "boundary_1_2": 0.3 * eV, "boundary_2_3": 0.4 * eV}
    scenario = experiment(film, boundaries, own)
    energies = boundary_energies(scenario)
    assert energies is not None and energies.species == "iodide vacancy"
    x = segments(scenario.model.mesh, boundary_facets(scenario))[:, :, 0].mean(axis=1)
    walls = np.sort(film.vertices[film.edges[film.grain_boundary_edges], 0].mean(axis=1))
    which = np.abs(x[:, np.newaxis] - walls).argmin(axis=1)
    np.testing.assert_allclose(energies.values, np.array([0.2, 0.3, 0.4])[which], rtol=1e-12)
    alike = experiment(film, boundaries, dict.fromkeys(own, 0.3 * eV))
    assert boundary_energies(alike) is None


def colours_of(scenario: Scenario) -> set[tuple[int, ...]]:
    picture = BytesIO()
    draw_microstructure(scenario, picture)
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB")).astype(np.int64) @ [2**16, 2**8, 1]
    colours, counts = np.unique(pixels, return_counts=True)
    return {(c >> 16, c >> 8 & 255, c & 255) for c in colours[counts > 150].tolist()}


def test_the_picture_shows_electrodes_and_free_surfaces(drawn: Scenario) -> None:
    colours = colours_of(drawn)
    assert {(31, 78, 121), (193, 18, 31), (42, 157, 143)} <= colours  # left, right, free surface
    rims = len(drawn.model.mesh.boundaries["pinhole_rims"])
    assert ((255, 127, 80) in colours) == bool(rims)


def test_the_mesh_is_shown_inside_the_film_at_an_electrode(drawn: Scenario) -> None:
    x, y, side = mesh_window(drawn)
    low, high = drawn.model.mesh.p.min(axis=1), drawn.model.mesh.p.max(axis=1)
    assert x == low[0] and low[1] <= y and y + side <= high[1] * (1 + 1e-9)
    inside = (drawn.model.mesh.p >= [[x], [y]]).all(axis=0) & (drawn.model.mesh.p <= [[x + side], [y + side]]).all(
        axis=0
    )
    assert 10 < inside.sum() < 900


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_picture_is_what_its_suffix_says(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{suffix}"
    draw_microstructure(two_grains(), path)
    start = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix]
    assert path.read_bytes().startswith(start)


def test_a_film_of_one_grain_is_drawn_and_told() -> None:
    scenario = experiment(voronoi(0.4 * um, 0.3 * um, grains=1, seed=1), Lines())
    assert colours_of(scenario)
    assert film_lines(scenario)[:2] == [
        "1 grain in 400 nm × 300 nm, plan view; equivalent diameter 391 nm",
        "no grain boundaries",
    ]


def test_the_lines_about_a_film_hold_its_numbers(drawn: Scenario) -> None:
    text = "\n".join(film_lines(drawn))
    mesh = drawn.model.mesh
    assert f"{len(outlines(drawn))} grains in" in text
    assert f"{mesh.p.shape[1]:,} nodes" in text and f"{mesh.t.shape[1]:,} triangles" in text
    assert f"{drawn.model.unknowns.size:,} unknowns" in text
    assert "0.58 eV in grains, 0.3 eV along boundaries" in text
    kind, width = ("strips", 6.0) if "grain_boundary" in mesh.subdomains else ("lines", 4.0)
    assert float(re.findall(rf"{kind}[a-z ]* ([\d.]+) nm wide", text)[0]) == pytest.approx(width, rel=0.05, abs=0.0)


def test_the_length_of_two_sided_boundaries_counts_once() -> None:
    lengths = {re.findall(r"^[\d.]+ µm", film_lines(DRAWN[name]())[1])[0] for name in ("lines", "two-sided", "strips")}
    assert len(lengths) == 1


# --- before the first time step ---------------------------------------------------------------------------------------


def test_a_run_that_is_stopped_at_its_first_step_has_its_picture(tmp_path: Path) -> None:
    told: list[Path] = []

    def stop(report: StepReport) -> None:
        assert told == [tmp_path / "run" / FILM]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_scenario(two_grains(), IDENTITY, tmp_path / "run", stop, told.append)
    with Image.open(tmp_path / "run" / FILM) as picture:
        assert min(picture.size) > 300
    assert read_record(tmp_path / "run")["outputs"]["written"] <= 1


def test_a_film_that_cannot_be_drawn_costs_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError("too many grains")

    told: list[Path] = []
    monkeypatch.setattr(figures_module, "draw_microstructure", broken)
    monkeypatch.setattr("fem.results.record.draw_figures", lambda scenario, directory: [])
    summary = run_scenario(two_grains(), IDENTITY, tmp_path / "run", None, told.append)
    assert summary.warnings[-1] == "microstructure.png could not be made: MemoryError: too many grains"
    assert read_record(tmp_path / "run")["status"] == "finished" and told == []


def test_a_picture_that_is_there_is_not_drawn_again(tmp_path: Path) -> None:
    assert draw_film(two_grains(), tmp_path) == []
    before = (tmp_path / FILM).stat().st_mtime_ns
    assert draw_film(two_grains(), tmp_path) == []
    assert (tmp_path / FILM).stat().st_mtime_ns == before


# --- the command ------------------------------------------------------------------------------------------------------


def test_preview_draws_and_tells_without_running(command_line: CommandLine, tmp_path: Path) -> None:
    answer = command_line("preview", SMALL_FILM, "--grains", "6", "--bias", "250mV")
    assert answer.code == 0 and "6 grains in 400 nm × 200 nm" in answer.out and "Debye length" in answer.out
    assert "0.25 V" in answer.out and "film drawn in results/small_film_film.png" in answer.out
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["small_film_film.png"]


@pytest.mark.parametrize(
    ("out", "made"), [("there/film.svg", "there/film.svg"), ("there", "there/small_film_film.png")]
)
def test_preview_writes_where_it_is_told(out: str, made: str, command_line: CommandLine, tmp_path: Path) -> None:
    assert command_line("preview", SMALL_FILM, "--out", out).code == 0
    assert (tmp_path / made).is_file()


def test_preview_records_what_a_run_will_record(command_line: CommandLine) -> None:
    answer = command_line("preview", "vertical_bias", "--width", "300nm", "--grains", "3")
    assert answer.code == 0
    for words in (
        "meshed as strips about 4 nm wide",
        "first cell over debye length, top: 0.25",
        "spread:",
        "grain pieces: 3",
    ):
        assert words in answer.out, words


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (["preview"], 0, "run.py preview SCENARIO"),
        (["preview", "--help"], 0, "run.py preview SCENARIO"),
        (["preview", "lateral_bais"], 2, "lateral_bias"),
        (["preview", "lateral_bias", "--no-such", "1"], 2, "--no-such"),
        (["preview", "lateral_bias", "--quiet"], 2, "--quiet"),
        (["preview", "vertical_bias", "--out", "film.jpg"], 2, ".png, .pdf, .svg"),
        (["preview", "nowhere.py"], 2, "no scenario file"),
    ],
)
def test_preview_explains_itself(words: list[str], code: int, shown: str, command_line: CommandLine) -> None:
    answer = command_line(*words)
    assert answer.code == code and shown in answer.out + answer.err


def test_the_help_of_preview_is_that_of_the_scenario(command_line: CommandLine) -> None:
    answer = command_line("preview", "lateral_bias", "--help")
    assert answer.code == 0 and "lines, two-sided, strips" in re.sub(r"[\s│]+", " ", answer.out)
    assert "--pixel-size" in answer.out and "--crop" in answer.out and "--quiet" not in answer.out


def test_without_a_record_nothing_is_listed() -> None:
    scenario = DRAWN["lines"]()
    assert recorded_lines(scenario) == []
    assert len(recorded_lines(two_grains())) == 1
