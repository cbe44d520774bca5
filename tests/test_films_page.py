"""The page about films: its examples run, and its scenario can be looked at."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from calls import calls_from
from ebsd_files import scan, write_ctf

from meshes import read_grain_map

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "films.md").read_text(encoding="utf-8")
SCENARIO, *EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
NICKEL = ROOT / "data" / "grain_maps" / "ebsd_ni_superalloy" / "labels.png"
PART = (22.8e-6, 36e-6, 3.6e-6, 15.6e-6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are that examples take as given, and where theirs go."""
    grains = read_grain_map(NICKEL, crop=PART, minimum_grain=0.7e-6).image
    write_ctf(tmp_path / "my_map.ctf", scan(grains, float(np.deg2rad(0.3))))
    return tmp_path


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_of_the_page_run(
    number: int, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(folder)
    script = folder / "example.py"
    script.write_text(EXAMPLES[number], encoding="utf-8")
    runpy.run_path(str(script))
    printed = capsys.readouterr().out
    numbers = [float(word) for word in re.findall(r"\d+\.?\d*(?:e[-+]\d+)?", printed)]
    assert len(numbers) >= 3 and "nan" not in printed and "warning" not in printed
    assert ("draw_overlay" in EXAMPLES[number]) == (folder / "results" / "overlay.png").is_file()


def test_every_way_to_make_a_film_has_an_example() -> None:
    shown = "".join([SCENARIO, *EXAMPLES])
    for name in ("laguerre", "Bimodal", "elongation", "with_pinholes", "read_ebsd", "segment_micrograph",
                 "read_shockley_barrier", "drawn_barriers", "two_sided=True", "Strips", "PeriodicSides"):  # fmt: skip
        assert name in shown, name


def test_the_scenario_of_the_page_can_be_looked_at_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = calls_from(tmp_path, monkeypatch, capsys)
    (tmp_path / "my_film.py").write_text(SCENARIO, encoding="utf-8")
    seen = call("preview", "my_film.py")
    assert seen.code == 0 and "target mean diameter" in seen.out and "off its target" not in seen.err, seen.err
    assert (tmp_path / "results" / "my_film_film.png").is_file()
    lonely = call("preview", "my_film.py", "--grain-size", "900nm")
    assert lonely.code == 0 and "off its target" in lonely.err
