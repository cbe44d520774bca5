"""Whole runs of scenarios in memory: their time series, and what their criteria say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

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


def verdicts(criteria: Iterable[Criterion], traces: Traces) -> list[object]:
    """What becomes of each criterion."""
    return [one["verdict"] for one in judge(tuple(criteria), traces)]
