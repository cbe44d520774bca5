"""The scripts that draw pictures for the pages: each still runs and draws what a page shows, in its size."""

import importlib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from fem.constants import nm, s, um
from scenarios.parts.ac_staircase import Staircase
from scenarios.parts.turned_films import TurnedFilm

DOCS = Path(__file__).parents[1] / "docs"
SCRIPTS = sorted(path.stem for path in (DOCS / "figures").glob("*.py") if path.stem != "drawing")
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("**/*.md"))
#: Films that take seconds for the scripts whose own films take minutes; the other scripts draw what the pages show.
_WAVES = Staircase(2.2, -1.0, lowest=100.0, count=2, cycles=2)
SMALLER: Mapping[str, Mapping[str, object]] = {
    "ac": {"DURATION": 5 * s, "STAIRS": _WAVES},
    "ac_lateral": {"DURATION": 2 * s, "SQUARE": 60 * nm, "DIODE": 60 * nm, "COLUMNS": 2, "STAIRS": _WAVES},
    "grain_alignment": {
        "LATERAL": TurnedFilm(gap=2 * um, electrode_length=0.6 * um, mesh_size=60 * nm), "SEEDS": (1, 2),
    },
    "spot_and_coatings": {"CAPACITORS": ((300, 0),)},
}  # fmt: skip
STUDY = "lateral_versus_vertical"  # shows the pictures of a report, which its own tests make


@pytest.fixture(autouse=True)
def scripts_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "figures"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_how_it_is_called_and_a_page_names_it(name: str) -> None:
    script = importlib.import_module(name)
    (folder, default), *others = ((one.name, one.default) for one in inspect.signature(script.main).parameters.values())
    assert folder == "images" and default == DOCS / "images"
    assert inspect.Parameter.empty not in [value for _, value in others]
    assert f"``python docs/figures/{name}.py" in (script.__doc__ or "")
    assert f"docs/figures/{name}.py" in PAGES
    assert SMALLER.get(name, {}).keys() <= vars(script).keys()


def test_pages_name_scripts_that_exist() -> None:
    assert set(re.findall(r"docs/figures/(\w+)\.py", PAGES)) == set(SCRIPTS)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of small films: sparse outputs, nothing to put on a logarithmic axis
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != STUDY])
def test_a_script_draws_pictures_that_a_page_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = importlib.import_module(name)
    for constant, value in SMALLER.get(name, {}).items():
        monkeypatch.setattr(script, constant, value)
    script.main(tmp_path)
    drawn = sorted(tmp_path.iterdir())
    assert drawn
    for path in drawn:
        assert re.search(rf"\]\((\.\./)?images/{path.name}\)", PAGES), f"no page shows {path.name}"
        with Image.open(path) as picture, Image.open(DOCS / "images" / path.name) as shown:
            assert picture.size == shown.size
            assert len(picture.convert("RGB").getcolors(picture.width * picture.height) or []) > 50


def test_the_study_has_its_pictures_from_its_report(tmp_path: Path) -> None:
    """Of a folder that is given, in the width of the page."""
    script = importlib.import_module(STUDY)
    (tmp_path / "run" / "figures").mkdir(parents=True)
    (tmp_path / "run" / "report.html").touch()
    for source in script.PICTURES:
        Image.linear_gradient("L").resize((2 * script.WIDTH, 800)).save(tmp_path / "run" / "figures" / source)
    script.main(tmp_path, tmp_path / "run")
    for target in script.PICTURES.values():
        with Image.open(tmp_path / target) as picture:
            assert picture.size == (script.WIDTH, 400)
        assert (DOCS / "images" / target).is_file() and f"images/{target})" in PAGES
