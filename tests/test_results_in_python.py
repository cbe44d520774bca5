"""A results folder opened in Python: what is in it, and what is said where something is not."""

from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains

from fem.results.record import run_scenario
from fem.storage.results import Results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("results") / "run"
    run_scenario(two_grains(), IDENTITY, folder)
    return Results.open(folder)


def test_times_mesh_and_fields_belong_together(run: Results) -> None:
    assert len(run.times) == len(run.series) and run.times[0] == 0 and (np.diff(run.times) > 0).all()
    assert run.field("electric_potential").shape == run.points.shape[1:]
    assert run.field("electric_field", 0).shape == (len(run.triangles), 3)
    np.testing.assert_array_equal(run.field("PL_ratio", at=float(run.times[1])), run.field("PL_ratio", 1))
    assert run.fields["electric_potential"] == "V"


def test_columns_answer_to_their_name(run: Results) -> None:
    np.testing.assert_array_equal(run.column("PL/PL0 mean"), run.columns["PL/PL0 mean [1]"])
    np.testing.assert_array_equal(run.column("time [s]"), run.times)
    with pytest.raises(ValueError, match="'colour' is none of time"):
        run.column("colour")


def test_traces_are_a_table_over_time(run: Results) -> None:
    pytest.importorskip("pandas")
    table = run.traces()
    assert table.index.name == "time [s]" and len(table) == len(run.times)
    np.testing.assert_array_equal(table["charge balance [1]"], run.columns["charge balance [1]"])


def test_parameters_and_criteria_are_at_hand(run: Results) -> None:
    assert run.name == IDENTITY.name
    assert run.parameters == {name: value for name, (value, _) in IDENTITY.parameters.items()}
    assert run.criteria() == {}


def test_what_is_not_there_is_named(run: Results, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no output at 0\.123 s; the nearest"):
        run.output_at(0.123)
    with pytest.raises(ValueError, match="not a results folder"):
        Results.open(tmp_path)
