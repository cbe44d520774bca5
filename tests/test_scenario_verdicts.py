"""Every experiment says in its results folder what was demanded of it, what was measured, and whether that was met."""

import importlib
import inspect
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from test_boundary_scenarios import HIGHWAY, PASSIVATION
from test_scenarios import COARSE

from command_line.catalogue import built_in_names
from fem.comparison.study import Study
from fem.results.record import run_scenario
from fem.scenario import Scenario
from fem.storage.run_record import RunIdentity

PAGES = Path(__file__).parents[1] / "docs" / "scenarios"
EXPERIMENT = re.compile(r"B\d+|F\d+")
#: Scenarios without demands of their own, and why.
WITHOUT = {
    "exchanging_contacts": "no experiment gives numbers that it could meet",
    "lateral_versus_vertical": "a study that asks how much and demands nothing; its films are judged one by one",
}
#: Studies, and the test that runs them whole and takes their verdicts from the folder.
JUDGED_BY = {
    "boundary_trapping": "test_boundary_trapping.test_times_tell_fast_paths_but_not_traps_from_slower_grains",
    "grain_alignment": "test_grain_alignment.test_random_lattices_make_a_rougher_front_than_aligned_ones",
}
#: Options for films that take minutes; all others run with their defaults.
SMALLER: Mapping[str, Mapping[str, Any]] = {**COARSE, "boundary_highway": HIGHWAY, "boundary_passivation": PASSIVATION}
RUN_HERE = [name for name in built_in_names() if name not in (*WITHOUT, *JUDGED_BY)]


@lru_cache
def declared(name: str, smaller: bool = False) -> Scenario | Study:
    made = importlib.import_module(f"scenarios.{name}").scenario(**SMALLER.get(name, {}) if smaller else {})
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


def test_every_scenario_is_run_whole_and_judged_or_has_a_reason() -> None:
    """A new one is run below without being named; a study has to name the test that judges it."""
    for name, test in JUDGED_BY.items():
        module, _, function = test.partition(".")
        source = inspect.getsource(getattr(importlib.import_module(module), function))
        assert isinstance(declared(name), Study) and "@pytest.mark.slow" in source
        assert f'study_of("{name}"' in source and '["criteria"]' in source, f"{test} does not judge {name}"
    assert {*WITHOUT, *JUDGED_BY, *SMALLER} <= set(built_in_names())
    assert not any(declared(name).criteria for name in WITHOUT)
    studies = [name for name in RUN_HERE if isinstance(declared(name), Study)]
    assert not studies, f"{studies}: studies take minutes; name in JUDGED_BY the slow test that judges them"


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN_HERE)
def test_verdicts_stand_in_the_results_folder(name: str, tmp_path: Path) -> None:
    """Each number with its bounds; the verdict is what the number says, and the run meets all."""
    scenario = declared(name, smaller=True)
    assert isinstance(scenario, Scenario)
    run_scenario(scenario, RunIdentity(name), tmp_path / "run")
    found = json.loads((tmp_path / "run" / "run.json").read_text())["criteria"]
    assert [(one["id"], one["quantity"]) for one in found] == [(one.id, one.quantity) for one in scenario.criteria]
    for one in found:
        low, high = (float(bound) if bound is not None else None for bound in one["bound"])
        met = (low is None or low <= one["measured"]) and (high is None or one["measured"] <= high)
        assert one["verdict"] == ("pass" if met else "fail") == "pass", one
