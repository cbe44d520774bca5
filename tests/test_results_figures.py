"""Pictures and report of a run: what they show, and that none of them can cost the run its numbers."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from films_for_results import HEIGHT, IDENTITY, WIDTH, two_grain_mesh, two_grains
from matplotlib import colormaps
from matplotlib.colors import LogNorm, Normalize
from PIL import Image

from fem.observables.raster import Raster
from fem.pictures import figures as figures_module
from fem.pictures import movie
from fem.pictures.colour_bar import label_powers, numbered
from fem.pictures.drawing import in_time_units, in_units, new_figure, round_length
from fem.pictures.figures import draw_figures
from fem.pictures.line_figures import field_axis, known_currents, write_profiles
from fem.pictures.map_figures import (
    Pictured,
    common_shade,
    concentration_norm,
    grain_boundaries,
    light_norm,
    seen,
    telling_outputs,
)
from fem.results.record import run_scenario
from fem.results.report import write_report
from fem.scenario import Scenario
from fem.storage.run_record import read_record
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries
from meshes.two_sided import two_sided

PICTURES = {"maps.png", "microstructure.png", "traces.png", "profiles.png"}


@pytest.fixture(scope="module")
def lateral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run with everything drawn."""
    return run_scenario(two_grains(), IDENTITY, tmp_path_factory.mktemp("lateral") / "run").directory


def pictured(scenario: Scenario, folder: Path) -> Pictured:
    series = FieldSeries.open(folder / "fields.vtkhdf")
    return Pictured.of(scenario, series, read_timeseries(folder / "timeseries.csv"))


def test_every_picture_is_drawn(lateral: Path) -> None:
    drawn = {path.name for path in (lateral / "figures").iterdir()}
    assert drawn > PICTURES
    assert drawn - PICTURES <= {"film.mp4", "film.gif", "frames"}
    assert read_record(lateral)["warnings"] == [w for w in read_record(lateral)["warnings"] if "could not" not in w]
    for name in PICTURES:
        with Image.open(lateral / "figures" / name) as picture:
            assert min(picture.size) > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_a_dark_film_in_cross_section_is_drawn_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_module, "draw_movie", lambda *_: None)
    scenario = two_grains(light=None, electrodes=("bottom", "top"), times=[0, 1e-3, 1.0])
    folder = run_scenario(scenario, IDENTITY, tmp_path / "run").directory
    assert {path.name for path in (folder / "figures").iterdir()} == PICTURES
    assert field_axis(pictured(scenario, folder)) == "y"


def test_without_ffmpeg_the_movie_is_a_gif_with_a_frame_per_output_but_the_first(
    lateral: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start the film shines evenly: a frame without anything to be seen."""
    monkeypatch.setattr(movie, "find_ffmpeg", lambda: None)
    run = pictured(two_grains(), lateral)
    path, even = movie.draw_movie(run, tmp_path), Image.fromarray(next(movie.frames(run))).convert("L")
    assert path == tmp_path / "film.gif"
    with Image.open(path) as picture:
        assert getattr(picture, "n_frames") == 5  # noqa: B009 (Pillow's types do not know it)
        changed = np.abs(np.asarray(picture.convert("L"), dtype=float)[40:] - np.asarray(even)[40:]) > 20
        assert changed.mean() > 0.005  # below the line that tells the time
    assert len(list((tmp_path / "frames").iterdir())) == 6


def test_frames_change_only_where_the_map_is(lateral: Path) -> None:
    pictures = list(movie.frames(pictured(two_grains(), lateral)))
    assert len(pictures) == 6
    assert all(side % 2 == 0 for side in pictures[0].shape[:2])  # as video coders want it
    changed = (pictures[0] != pictures[-1]).any(axis=2)
    assert changed.mean() > 0.02
    assert not changed[:, -40:].any()  # the colour bar stays


def test_a_broken_ffmpeg_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\ncat > /dev/null\necho no such codec >&2\nexit 1\n")
    broken.chmod(0o755)
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    with pytest.raises(RuntimeError, match=r"ffmpeg could not write film\.mp4: no such codec"):
        movie.write_mp4(str(broken), tmp_path / "film.mp4", iter([picture]))


def test_currents_that_may_be_noise_are_not_drawn() -> None:
    charge, current = np.array([0.0, 1e-3, 2e-3]), np.array([-3e-6, 2e-6, -1e-6])
    columns = {
        "charge left [C/m^2]": charge, "charge right [C/m^2]": -charge,
        "current left [A/m^2]": current, "current error left [A/m^2]": np.array([1e-6, 3e-6, 0.0]),
        "current right [A/m^2]": np.zeros(3), "current error right [A/m^2]": np.zeros(3),
    }  # fmt: skip
    known = known_currents(two_grains(), columns)
    np.testing.assert_array_equal(known["left"], [-3e-6, np.nan, -1e-6])
    assert np.isnan(known["right"]).all()
    at_rest = columns | {"charge left [C/m^2]": 1e-18 * charge, "charge right [C/m^2]": -1e-18 * charge}
    assert np.isnan(known_currents(two_grains(), at_rest)["left"]).all()


def test_unchanged_light_lies_in_the_middle_of_the_colours_where_light_is_gained() -> None:
    gained = light_norm(0.1, 2.8)
    assert [float(gained(value)) for value in (0.1, 1.0, 2.8)] == pytest.approx([0, 0.5, 1])
    assert [float(light_norm(0.95, 2.0)(value)) for value in (1.0, 2.0)] == pytest.approx([0.5, 1])
    lost = light_norm(0.0, 1.0)
    assert float(lost(0.3)) == pytest.approx(0.3)


def test_a_picture_that_fails_is_a_warning(lateral: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError("too many pixels")

    for other in ("draw_microstructure", "draw_traces", "draw_profiles", "draw_movie"):
        monkeypatch.setattr(figures_module, other, lambda *_: None)
    monkeypatch.setattr(figures_module, "draw_maps", broken)
    assert draw_figures(two_grains(), lateral) == ["maps.png could not be made: MemoryError: too many pixels"]


def test_pixels_are_interpolated_linearly_and_know_their_cell() -> None:
    mesh = two_grain_mesh()
    raster = Raster.over(mesh.p, mesh.t.T, pixels=20_000)
    rows, columns = raster.cell.shape
    assert rows * columns == pytest.approx(20_000, rel=0.05, abs=0.0)
    assert (raster.cell >= 0).all()
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns * WIDTH, (np.arange(rows) + 0.5) / rows * HEIGHT)
    np.testing.assert_allclose(
        raster.sample_nodes(3 + mesh.p[0] / WIDTH - 2 * mesh.p[1] / HEIGHT), 3 + x / WIDTH - 2 * y / HEIGHT
    )
    middles = mesh.p[:, mesh.t].mean(axis=1)
    np.testing.assert_array_equal(raster.sample_cells(middles[0] > WIDTH / 2), x > WIDTH / 2)


def test_values_may_jump_across_a_line_with_two_sides() -> None:
    whole = two_grain_mesh()
    grains = np.zeros(whole.t.shape[1], dtype=np.int64)
    grains[whole.subdomains["grain_1"]] = 1
    mesh = two_sided(whole, grains)
    raster = Raster.over(mesh.p, mesh.t.T, pixels=20_000)
    assert (raster.cell >= 0).all()
    values = np.zeros(mesh.p.shape[1])
    values[mesh.t[:, grains == 1]] = 1.0
    x = (np.arange(raster.cell.shape[1]) + 0.5) / raster.cell.shape[1] * WIDTH
    np.testing.assert_allclose(
        raster.sample_nodes(values), np.tile(x > WIDTH / 2, (raster.cell.shape[0], 1)), atol=1e-12
    )


def test_figures_that_cannot_even_be_begun_cost_no_run(lateral: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Triangulation is invalid")

    monkeypatch.setattr(Pictured, "of", broken)
    assert draw_figures(two_grains(), lateral) == [
        "the figures could not be made: RuntimeError: Triangulation is invalid"
    ]


def test_outside_of_the_mesh_is_empty() -> None:
    half = two_grain_mesh().restrict("grain_0")
    corner = Raster.over(np.hstack([half.p, [[WIDTH], [HEIGHT]]]), half.t.T, pixels=4000)
    picture = corner.sample_nodes(np.ones(half.p.shape[1] + 1))
    assert np.isnan(picture).any()
    assert picture[~np.isnan(picture)] == pytest.approx(1)


def test_boundaries_are_the_edges_between_grains() -> None:
    lines = grain_boundaries(two_grains())
    assert lines.shape == (4, 2, 2)
    np.testing.assert_array_equal(lines[:, :, 0], WIDTH / 2)
    assert np.abs(np.diff(lines[:, :, 1], axis=1)).sum() == pytest.approx(HEIGHT)


def test_pictured_outputs_share_out_the_change(lateral: Path) -> None:
    run = pictured(two_grains(), lateral)
    light = np.array([1.0, 1.0, 0.9, 0.5, 0.2, 0.1])
    some = Pictured(run.scenario, run.series, {**run.columns, "PL/PL0 mean [1]": light}, run.canvas)
    assert telling_outputs(some, 3) == [2, 3, 5]
    frozen = Pictured(run.scenario, run.series, {**run.columns, "PL/PL0 mean [1]": np.ones(6)}, run.canvas)
    assert telling_outputs(frozen)[-1] == 5


def test_profiles_hold_every_output_and_the_light_that_a_microscope_sums(lateral: Path, tmp_path: Path) -> None:
    run = pictured(two_grains(), lateral)
    write_profiles(run, tmp_path)
    table = read_timeseries(tmp_path / "profiles_x.csv")
    assert list(table)[:2] == ["time [s]", "x [m]"]
    positions = np.unique(table["x [m]"])
    assert len(table["x [m]"]) == 6 * len(positions)
    assert positions[[0, -1]] == pytest.approx([0, WIDTH], abs=0.1 * WIDTH)
    last = table["time [s]"] == 3.0
    dark = table["PL_ratio [1]"][last]
    assert dark[0] < 0.5 < dark[-1]  # vacancies leave the positive electrode on the left


def test_colours_are_logarithmic_only_over_wide_ranges() -> None:
    assert concentration_norm(1.0, 2.0).vmin == 1.0
    assert concentration_norm(1e-30, 1e3).vmin == pytest.approx(0.1)
    assert concentration_norm(0.99999, 1.0).vmin == 0.9  # no contrast is made of round-off
    assert type(concentration_norm(1.0, 2.0)) is not type(concentration_norm(1.0, 100.0))


def test_bars_have_round_numbers_and_name_the_power_that_they_share() -> None:
    values, names, shared = numbered(Normalize(0.0, 1.0), 6)
    assert (values.tolist(), names[0], names[-1], shared) == (
        pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1]),
        "0.0",
        "1.0",
        "",
    )
    values, names, shared = numbered(LogNorm(3e15, 3e19), 8)
    assert (values.tolist(), names[0], shared) == (pytest.approx([1e16, 1e17, 1e18, 1e19]), "10¹⁶", "")
    values, names, shared = numbered(LogNorm(1e16, 7e16), 5)  # less than a decade: as on a linear bar
    assert values.tolist() == pytest.approx([2e16, 4e16, 6e16])
    assert (names, shared) == (["2", "4", "6"], "× 10¹⁶")


def test_lines_under_a_frame_let_its_colours_through(lateral: Path) -> None:
    run = pictured(two_grains(), lateral)
    frame, *_ = movie.frames(run)
    shown = common_shade(run, [seen(run, k) for k in range(6)])
    bright = (255 * np.array(colormaps[shown.colours](shown.norm(1.0)))[:3]).round()  # no light is lost yet
    rows, columns = frame.shape[:2]
    line = frame[rows // 2, columns // 4 : columns // 2].astype(float)  # across the boundary, away from the scale bar
    plain = (np.abs(line - bright) <= 1).all(axis=1)
    assert plain.mean() > 0.9
    crossing = line[~plain]
    assert len(crossing) in (1, 2, 3)
    assert (crossing > 0.3 * bright).all()  # a thin grey line, not a hole
    assert (crossing <= bright + 1).all(axis=1).any()


@pytest.mark.parametrize(
    ("length", "rounded", "words"), [(7.3e-7, 5e-7, "500 nm"), (2e-6, 2e-6, "2 µm"), (1.9e-9, 1e-9, "1 nm")]
)
def test_scale_bars_are_round(length: float, rounded: float, words: str) -> None:
    assert round_length(length) == pytest.approx(rounded)
    assert in_units(round_length(length)) == words


@pytest.mark.parametrize(
    ("time", "words"), [(0, "0 s"), (3.2e-6, "3.2 µs"), (59, "59 s"), (90, "1.5 min"), (7200, "2 h")]
)
def test_times_are_readable(time: float, words: str) -> None:
    assert in_time_units(time) == words


# --- report ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, their addresses and the text of a page; complains about tags that are not closed."""

    EMPTY = ("meta", "img", "link", "br", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = self.policy = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "meta" and dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = str(dict(attrs)["content"])
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_report_is_one_page_that_needs_nothing_else(lateral: Path) -> None:
    text = (lateral / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("script") == 1  # of the time slider
    assert "link" not in page.tags
    for address in page.addresses:
        assert address.startswith(("data:image/", "data:video/", "https://doi.org/10."))
    assert text.count("data:image/png;base64,") == len(PICTURES)
    assert not re.search(r"url\(|@import", text)
    for words in ("Two grains & a <b>voltage</b>.", "conserves ions", "electrode left took up", "0.5 V", "0.3 eV"):
        assert words in page.words
    scales = (
        r"debye length[\d.]+ nm",
        r"right: [\d.]+ Debye lengths",
        r"cell peclet[\d.e-]+voltage across",
        r"usivity[\d.e-]+ m²/s",
    )
    for pattern in scales:
        assert re.search(pattern, page.words)
    assert "ions lost to round-off and put back, all steps" in page.words
    assert "Currents that do not exceed their estimated error are not drawn." in page.words
    assert '<meta name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


def test_report_has_units_people_read_and_leaves_out_what_is_not_set(lateral: Path, tmp_path: Path) -> None:
    grains = {"grains": 3, "mean_diameter": 2.5e-7, "target_mean_diameter": None}
    record = read_record(lateral) | {
        "parameters": {"boundary_width": {"value": 4e-9, "unit": "m"}, "crop": {"value": None, "unit": "m"}},
        "mesh": {"largest_edge": 1.5e-6, "smallest_angle": 18.4, "grain_statistics": grains, "warnings": []},
        "model": {"temperature [K]": 300.0, "thin layers": [{"width [m]": 4e-9, "coating": "None"}]},
    }
    write_report(tmp_path, record)
    words = Page((tmp_path / "report.html").read_text(encoding="utf-8")).words
    for row in (
        "boundary width4 nm", "largest edge1.5 µm", "smallest angle18.4 °", "grains: 3, mean diameter: 250 nm",
        "temperature300 K", "thin layerswidth: 4 nm",
    ):  # fmt: skip
        assert row in words, row
    facts = words.split("Parameters")[1].split("Solver")[0]
    assert not re.search("crop|target|warnings|coating|None", facts)


def test_report_escapes_what_it_is_given(lateral: Path, tmp_path: Path) -> None:
    nasty = '<script>alert("x")</script>$title'
    record = read_record(lateral) | {
        "scenario": nasty, "summary": [nasty], "warnings": [nasty], "parameters": {nasty: {"value": nasty, "unit": ""}},
        "criteria": [{"id": nasty, "quantity": nasty, "measured": None, "bound": [None, 2.0], "verdict": "fail"}],
        "mesh": {nasty: nasty},
    }  # fmt: skip
    write_report(tmp_path, record)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and "script-src" not in page.policy  # this folder has no frames for a slider
    assert page.words.count(nasty) >= 8
    assert "at most 2" in page.words
    assert "1 warning" in page.words


def test_export_is_well_formed(lateral: Path) -> None:
    from fem.storage.export import export_pvd

    root = ET.parse(export_pvd(lateral)).getroot()
    for name in ("grains", "grain_boundaries"):
        items = [item for item in root.iter("DataSet") if item.attrib["name"] == name]
        assert [float(item.attrib["timestep"]) for item in items] == two_grains().times.tolist()


def test_small_ticks_of_a_logarithmic_axis_stay_within_its_frame() -> None:
    axes = new_figure(3, 3, layout=None).add_subplot()
    axes.set_yscale("log")
    axes.set_ylim(5e-14, 5.5e-5)
    label_powers(axes.yaxis)
    (small,) = axes.lines
    heights = np.asarray(small.get_ydata(), dtype=float)
    assert heights[[0, -1]].tolist() == pytest.approx([5e-14, 5e-5], abs=0.0)
