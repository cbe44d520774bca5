"""Every experiment says in its results folder what was demanded of it, what was measured, and whether that was met."""

import importlib
import json
import re
from functools import lru_cache
from math import isfinite
from pathlib import Path

import pytest

from command_line.catalogue import built_in_names
from fem.comparison.study import Study
from fem.results.record import run_scenario
from fem.scenario import Scenario
from fem.storage.run_record import RunIdentity

PAGES = Path(__file__).parents[1] / "docs" / "scenarios"
EXPERIMENT = re.compile(r"B\d+|F\d+")
WITHOUT = {"lateral_versus_vertical", "exchanging_contacts"}  # no experiment gives numbers that they could meet
QUICK = (
    "coated_microplate", "contact_switch", "el_splitting", "electrode_edge", "field_threshold", "joule_heating",
    "lateral_quench", "light_segregation", "luminance_overshoot", "nanocrystal_layers", "pl_spot", "quench_front",
    "vertical_capacitor", "voltage_maximum",
)  # fmt: skip


@lru_cache
def declared(name: str) -> Scenario | Study:
    made = importlib.import_module(f"scenarios.{name}").scenario()
    assert isinstance(made, Scenario | Study)
    return made


@pytest.mark.parametrize("name", [one for one in built_in_names() if one not in WITHOUT])
def test_every_experiment_states_what_is_demanded(name: str) -> None:
    """Criteria with bounds that can fail, under numbers of experiments that its page names too."""
    criteria = declared(name).criteria
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert criteria, f"{name} demands nothing"
    for one in criteria:
        assert EXPERIMENT.fullmatch(one.id) and f"**{one.id}**" in page, f"{name}: its page does not name {one.id}"
        assert isfinite(one.lower) or isfinite(one.upper), f"{name}: {one.quantity!r} cannot fail"
    assert len({one.quantity for one in criteria if one.id == criteria[0].id}) == sum(
        one.id == criteria[0].id for one in criteria
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_verdicts_stand_in_the_results_folder(name: str, tmp_path: Path) -> None:
    """Each number with its bounds; the verdict is what the number says, and the default run meets all."""
    scenario = declared(name)
    assert isinstance(scenario, Scenario)
    run_scenario(scenario, RunIdentity(name), tmp_path / "run")
    found = json.loads((tmp_path / "run" / "run.json").read_text())["criteria"]
    assert [(one["id"], one["quantity"]) for one in found] == [(one.id, one.quantity) for one in scenario.criteria]
    for one in found:
        low, high = (float(bound) if bound is not None else None for bound in one["bound"])
        met = (low is None or low <= one["measured"]) and (high is None or one["measured"] <= high)
        assert one["verdict"] == ("pass" if met else "fail") == "pass", one
