"""What a run says of itself in a few lines: robust against single cells and round-off."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_for_results import HEIGHT, WIDTH, two_grain_mesh, two_grains
from skfem import MeshTri

from fem.fields import Array
from fem.results.summary import describe, node_areas, time_to_share
from fem.storage.series import FieldSeries

KEPT = {
    "relative_drift": {"iodide vacancy": -7e-15},
    "restored_to_round_off": 7e-13,
    "charge_balance": 1e-14,
    "lowest_relative_concentration": 0.2,
}
TIMES = np.array([0.0, 60.0, 318.0, 3600.0])


class Pictures(FieldSeries):
    """A series whose last map of PL/PL0 is `ratio`."""

    def __init__(self, mesh: MeshTri, ratio: Array) -> None:
        super().__init__(Path("none"), TIMES, mesh.p, mesh.t.T, {"PL_ratio": "1"})
        object.__setattr__(self, "ratio", ratio)

    def read(self, name: str, output: int = 0) -> Any:
        assert (name, output) == ("PL_ratio", -1)
        return getattr(self, "ratio")  # noqa: B009 (a frozen class does not declare it)


def told(
    mean: Sequence[float], ratio: Array, mesh: MeshTri, charge: float = 1e-3, kept: Mapping[str, Any] = KEPT
) -> list[str]:
    """Lines of a run with the light `mean` at :data:`TIMES` and the last map `ratio`."""
    trace = charge * np.array([0.0, 0.5, 0.9, 1.0])
    columns = {
        "time [s]": TIMES, "charge left [C/m^2]": trace, "charge right [C/m^2]": -trace,
        "PL/PL0 mean [1]": np.array(mean), "PL/PL0 minimum [1]": np.full(4, 1e-5),
    }  # fmt: skip
    record = {"conservation": kept, "criteria": []}
    return describe(two_grains(mesh), columns, Pictures(mesh, ratio), record)


def test_light_is_told_of_the_film_and_of_shares_of_its_area() -> None:
    mesh = two_grain_mesh(columns=200)
    x = mesh.p[0] / WIDTH
    lines = told([1, 0.9, 0.829, 0.832], np.where(x < 0.24, 0.1, np.where(x > 0.9, 1.3, 1.0)), mesh)
    assert lines[1] == (
        "the film emits 83.2 % of its light at the end (least: 82.9 % at 5.3 min);"
        " 24 % of its area is darker than PL/PL0 = 0.5, 10 % brighter than 1.1"
    )


def test_a_dark_row_of_thin_cells_at_an_electrode_is_no_headline() -> None:
    mesh = two_grain_mesh(columns=80)
    thin = mesh.p[0] == WIDTH
    assert thin.mean() > 0.01  # of the nodes
    lines = told([1, 1, 0.999, 0.998], np.where(thin, 1e-5, 1.0), mesh)
    left = "the film emits 99.8 % of its light at the end"
    assert lines[1] == f"{left}; less than 1 % of its area is darker than PL/PL0 = 0.5"
    assert "1e-05" not in "".join(lines)


def test_a_film_that_brightens_says_when_it_was_brightest() -> None:
    mesh = two_grain_mesh()
    lines = told([1, 1.5, 1.2, 1.0], np.ones(mesh.p.shape[1]), mesh)
    assert lines[1] == (
        "the film emits 100.0 % of its light at the end (most: 150.0 % at 1 min);"
        " none of its area is darker than PL/PL0 = 0.5"
    )


def test_round_off_on_the_electrodes_is_not_told_as_charge() -> None:
    mesh = two_grain_mesh()
    bright = np.ones(mesh.p.shape[1])
    assert told([1, 1, 1, 1], bright, mesh, charge=-1.6e-18)[0] == "no charge has moved"
    moved = told([1, 1, 1, 1], bright, mesh, charge=1e-3)[0]
    assert moved == "electrode left took up 0.1 µC/cm²: 50 % of it by 1 min, 90 % by 5.3 min"


def test_conservation_is_told_with_what_was_put_back() -> None:
    mesh = two_grain_mesh()
    lines = told([1, 1, 1, 1], np.ones(mesh.p.shape[1]), mesh)
    kept = "ions conserved to 7.0e-15 after 7.0e-13 lost to round-off was put back"
    assert lines[-1] == f"{kept}, charge to 1.0e-14, lowest concentration 0.2 of the mean"


def test_much_more_light_is_told_as_a_factor() -> None:
    mesh = two_grain_mesh()
    bright = np.ones(mesh.p.shape[1])
    assert told([1, 1.5, 1.2, 20262.7], bright, mesh)[1].startswith(
        "the film emits 2.03e+04 times its light at the end;"
    )
    assert told([1, 1.5, 3.0, 0.5], bright, mesh)[1].startswith(
        "the film emits 50.0 % of its light at the end (most: 3 times at 5.3 min);"
    )


def test_a_film_without_ions_tells_nothing_of_ions() -> None:
    mesh = two_grain_mesh()
    none = {"relative_drift": {}, "restored_to_round_off": 0.0, "lowest_relative_concentration": np.inf}
    lines = told([1, 1, 1, 1], np.ones(mesh.p.shape[1]), mesh, kept=KEPT | none)
    assert lines[-1] == "charge conserved to 1.0e-14"


def test_nodes_share_out_the_area_of_the_film() -> None:
    mesh = two_grain_mesh()
    areas = node_areas(mesh.p, mesh.t.T)
    assert areas.sum() == pytest.approx(WIDTH * HEIGHT)
    np.testing.assert_allclose(areas, two_grains(mesh).model.volumes)


def test_time_to_a_share_of_the_change() -> None:
    times, values = np.array([0.0, 1.0, 2.0, 4.0]), np.array([5.0, 5.0, 9.0, 13.0])
    assert time_to_share(times, values, 0.5) == pytest.approx(2.0)
    assert time_to_share(times, values, 0.25) == pytest.approx(1.5)
    assert time_to_share(times, values[:1].repeat(4), 0.5) == 0
