"""Whole runs of scenarios in memory: their time series, and what their criteria say of it."""

from collections.abc import Mapping

import numpy as np

from fem.evolve import evolve
from fem.fields import Array
from fem.results.observables import standard_observables
from fem.scenario import Scenario

Traces = Mapping[str, Array]


def traces_of(scenario: Scenario) -> dict[str, Array]:
    """Every column of the time series of a whole run."""
    columns = standard_observables(scenario)
    rows: dict[str, list[float]] = {one.column: [] for one in columns}
    for output in evolve(scenario.model, scenario.times, scenario.tolerance):
        for one in columns:
            rows[one.column].append(one.measure(scenario, output.state))
    return {name: np.array(values) for name, values in rows.items()}
