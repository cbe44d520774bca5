"""The page about devices: its cell runs, delivers what light makes, and keeps its books."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from calls import calls_from

from fem.constants import elementary_charge
from fem.physics.light.illumination import photon_flux
from fem.physics.reactions import defect_chemistry
from fem.storage.timeseries import read_timeseries

PAGE = (Path(__file__).parents[1] / "docs" / "devices.md").read_text(encoding="utf-8")


def test_the_cell_of_the_page_runs_and_delivers_what_it_absorbs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (scenario,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "my_cell.py").write_text(scenario, encoding="utf-8")
    done = calls_from(tmp_path, monkeypatch, capsys)("my_cell.py", "--bias", "0.8V", "--strict")
    assert done.code == 0, done.err
    folder = tmp_path / "results" / "my_cell"
    columns = read_timeseries(folder / "timeseries.csv")
    absorbed = elementary_charge * photon_flux(1.0) * (1 - np.exp(-1.3e7 * 400e-9))
    collected = columns["current bottom [A/m^2]"][0] / absorbed
    assert 0.9 < abs(collected) < 1.0
    assert all(check["verdict"] == "pass" for check in json.loads((folder / "run.json").read_text())["checks"])


def test_every_reaction_that_the_page_names_exists() -> None:
    table = PAGE[PAGE.index("| what | ready made") : PAGE.index("A species that only reacts")]
    for name in re.findall(r"`([a-z_]+)\(|`([a-z_]+)`", table):
        word = name[0] or name[1]
        assert word in {"where"} or hasattr(defect_chemistry, word) or "interface_" in word, word
