"""Whole runs of scenarios in memory, and of studies in a folder: their time series, what their criteria say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from verification import Verification

import fem.results.record as record_module
from command_line.app import main
from fem.fields import Array
from fem.observables.observables import standard_observables
from fem.results.run_facts import judge
from fem.scenario import Criterion, Scenario

Traces = Mapping[str, Array]


def traces_of(scenario: Scenario) -> dict[str, Array]:
    """Every column of the time series of a whole run."""
    columns = standard_observables(scenario)
    rows: dict[str, list[float]] = {one.column: [] for one in columns}
    for output in scenario.outputs():
        here = replace(scenario, model=output.model)  # made anew where the temperature changes
        for one in columns:
            rows[one.column].append(one.measure(here, output.state))
    return {name: np.array(values) for name, values in rows.items()}


def met(verify: Verification, id: str, name: str, scenario: Scenario) -> dict[str, Array]:
    """The time series of a whole run, all of whose criteria must pass: a row of the record under the `name`."""
    traces = traces_of(scenario)
    passed, count = verdicts(scenario.criteria, traces).count("pass"), len(scenario.criteria)
    verify(id=id, quantity=f"criteria of {name} that are met", measured=passed, expected=count, tolerance=0)
    return traces


def study_of(name: str, folder: Path, patch: pytest.MonkeyPatch, *options: str) -> Path:
    """Folder of a study that is run whole, without the pictures of its runs."""
    for drawing in ("draw_film", "draw_figures"):
        patch.setattr(record_module, drawing, lambda scenario, directory: [])
    assert main([name, "--out", str(folder / "study"), "--quiet", "--strict", *options]) == 0
    return folder / "study"


def verdicts(criteria: Iterable[Criterion], traces: Traces) -> list[object]:
    """What becomes of each criterion."""
    return [one["verdict"] for one in judge(tuple(criteria), traces)]
