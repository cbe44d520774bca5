"""What a user may mistype of the scenarios that come with the program: refused at once and in its words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from calls import CommandLine, calls_from
from skimage.io import imsave

REFUSED = {
    # too large, known from numbers alone
    "lateral_bias --mesh-size 1fm": "too large to resolve.* the limit is 400,000.*--mesh-size.*raise --node-limit",
    "lateral_bias --pixel-size 5um": "too large to resolve.*--crop",
    "vertical_bias --width 1mm": "too large to resolve.*--width",
    "vertical_bias --grains 100000": "too large to resolve.*--grains",
    "boundary_highway --grain-size 1mm": "too large to resolve.*--grain-size",
    "boundary_passivation --thickness 1mm": "too large to resolve.*--thickness",
    "exchanging_contacts --gap 1cm": "too large to resolve.*--gap",
    "lateral_cross_section --gap 1mm": "too large to resolve.*--gap",
    "lateral_bias --node-limit 0": "--node-limit must be at least 1, got 0",
    "lateral_bias --node-limit 100": r"the limit is 100\..*raise --node-limit$",
    # what no film and no experiment has
    "lateral_bias --temperature 1e9K": "--temperature: 1e9K is beyond the limit of 2000 K",
    "contact_switch --temperature 1mK": "--temperature: 1mK is below the limit of 10 K",
    "lateral_bias --bias=-1e9V": "--bias: -1e9V is beyond the limit of 10 kV",
    "lateral_bias --end-time 1e300s": "--end-time: 1e300s is beyond the limit of 1e12 s",
    "vertical_bias --width 1m": "--width: 1m is beyond the limit of 10 cm",
    "lateral_bias --bias 1,5V": r"--bias: '1,5V' has a comma: write a decimal point, 1\.5V",
    "lateral_bias --boundary-width 10um": r"--boundary-width of 1e\+04 nm is too large.*70\d\d% of the film",
    "lateral_bias --boundary-barrier 0.7eV": "--boundary-barrier of 0.7 eV .* add --boundaries two-sided",
    "exchanging_contacts --boundary-barrier 0.7eV": "--boundary-barrier of 0.7 eV .* lower one",
    "lateral_cross_section --boundary-barrier 0.7eV": "--boundary-barrier of 0.7 eV .* lower one",
    "boundary_passivation --passivation=-0.1eV": "--passivation must not be negative, got -0.1 eV",
    # the part of a map
    "lateral_bias --crop 100um": r"--crop of 100 um is larger than the map of 2\.858 um x 3\.83 um",
    "lateral_bias --crop 0nm": "--crop must be greater than zero, got 0 nm",
    "lateral_bias --crop=-1um": "--crop must be greater than zero, got -1000 nm",
    "lateral_bias --crop 5nm": "--crop of 5 nm is too small",
    "lateral_bias --crop 45nm": "--crop of 45 nm holds less than two grains",
    # sizes and numbers, by the names they have here
    "boundary_highway --grains 0": "--grains must be greater than zero, got 0",
    "lateral_versus_vertical --films 0": "--films must be greater than zero, got 0$",
    "boundary_highway --grain-size 0nm": "--grain-size must be greater",
    "boundary_highway --probe-distance 0nm": "--probe-distance must be greater",
    "boundary_passivation --chloride-enrichment 0": "--chloride-enrichment must be greater",
    "lateral_bias --mesh-size 0nm": "--mesh-size must be greater",
    "lateral_bias --boundary-width 0nm": "--boundary-width must be greater",
    "lateral_bias --end-time 1us": "--end-time must be longer than 0.001 s, the first output",
    "boundary_highway --hold 5us": "--hold must be longer than 1e-05 s",
    "vertical_bias --boundary-width 500nm": r"no room .* near x = 1\d\d\.\d nm, y = \d+\.\d nm.* boundaries narrower",
    "vertical_bias --layers 100": "no room .* or the grains larger or fewer",
    # files and folders
    "lateral_bias --grain-map .": "'.' is a folder",
    "lateral_bias --grain-map noise.png": "is it noise",
    "lateral_bias --grain-map tiny.png": "an image of 2 x 2 pixels is too small",
    "lateral_bias --grain-map lossy.jpg": "'lossy.jpg' is a JPEG",
    "lateral_bias --grain-map broken.png": "'broken.json' is not JSON",
    "lateral_bias --grain-map inverted.png": r"'inverted\.json' states pixel_size_nm = -5",
    "lateral_bias --out /proc/x": "error: the results folder /proc/x cannot be made in /proc: No such file",
    "preview lateral_bias --out /proc/x/film.png": "the picture /proc/x/film.png cannot be made in /proc",
    "lateral_bias --out tiny.png": "tiny.png exists and is not a folder",
    "export nowhere": "nowhere is not a results folder: there is no such folder",
    "export . --pvd": ". is not a results folder: it has no run.json",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images that are no grain maps."""
    folder = tmp_path_factory.mktemp("maps")
    halves = np.repeat([[1, 90]], 40, axis=0).repeat(20, axis=1).astype(np.uint8)
    images = {
        "noise.png": np.random.default_rng(0).integers(1, 60_000, (100, 100)).astype(np.uint16),
        "tiny.png": np.array([[1, 2], [1, 2]], dtype=np.uint8),
        "lossy.jpg": halves,
        "broken.png": halves,
        "inverted.png": halves,
    }
    for name, pixels in images.items():
        imsave(folder / name, pixels, check_contrast=False)
        size = -5.0 if name == "inverted.png" else 5.0
        (folder / name).with_suffix(".json").write_text(json.dumps({"pixel_size_nm": size}))
    (folder / "broken.json").write_text("{pixel_size_nm: 5")
    return folder


@pytest.fixture
def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    """Calls ``run.py`` with the given words among the images; nothing may be left there, and no mesh be made."""
    before = sorted(folder.iterdir())
    monkeypatch.setattr("scenarios.parts.resolved.mesh_report", lambda *_: pytest.fail("a mesh was made"))
    yield calls_from(folder, monkeypatch, capsys)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("words", REFUSED)
def test_a_bad_command_line_is_refused_in_its_own_words(words: str, command_line: CommandLine) -> None:
    answer = command_line(*words.split())
    assert answer.code == 2 and answer.out == ""
    [line] = answer.err.strip().splitlines()
    assert line.startswith("error: ") and len(line) < 400
    assert re.search(REFUSED[words], line), line
