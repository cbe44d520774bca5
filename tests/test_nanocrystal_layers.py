"""Nanocrystals in layers: chloride moves in proportion to the gaps between them, one layer keeps still (B16)."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from verification import Verification
from whole_runs import met

from fem.constants import nm
from fem.fields import Array
from fem.results.run_facts import judge
from fem.scenario import Scenario
from scenarios import nanocrystal_layers
from scenarios.criteria.layers import BLOCKED, DRIFTS, LOST, MOVED, Layers
from scenarios.parts.crystal_array import CRYSTAL, LIGANDS, CrystalArray
from scenarios.parts.voltage_direction import Direction


def test_crystals_and_shells_fill_the_array() -> None:
    array = CrystalArray(3, 2, 10 * nm)
    mesh = array.mesh
    corners = mesh.p[:, mesh.t]
    (ax, ay), (bx, by) = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = 0.5 * np.abs(ax * by - ay * bx)
    assert np.ptp(mesh.p, axis=1) == pytest.approx([36 * nm, 24 * nm], rel=1e-12, abs=0.0)
    assert areas[mesh.subdomains[CRYSTAL]].sum() == pytest.approx(6 * (10 * nm) ** 2, rel=1e-12, abs=0.0)
    assert len(mesh.subdomains[CRYSTAL]) + len(mesh.subdomains[LIGANDS]) == mesh.t.shape[1]
    assert {name: len(one) for name, one in mesh.boundaries.items()} == {
        "left": 24, "right": 24, "bottom": 36, "top": 36}  # fmt: skip


def test_what_moves_is_counted_gap_by_gap() -> None:
    array = CrystalArray(1, 3, 10 * nm)
    scenario = nanocrystal_layers.scenario(layers=3, columns=1)
    state = scenario.model.initial_state()
    y = scenario.model.mesh.p[1]
    height = np.ptp(y)
    chloride = state.concentrations[-1] * (1 + 0.1 * (np.minimum(y // array.pitch, 2) - 1))
    state = replace(state, concentrations=np.array([state.concentrations[0], chloride]))
    assert height == pytest.approx(3 * array.pitch, rel=1e-12, abs=0.0)
    # a tenth of a layer has gone from the first to the last: it crossed two gaps
    assert array.moved(1).measure(scenario, state) == pytest.approx(0.2, rel=0.1, abs=0.0)
    assert array.lost().measure(scenario, state) == pytest.approx(0.0, abs=0.02)


def made_up(**changed: float) -> dict[str, Array]:
    ends = {f"{MOVED} [1]": 3e-3, f"{MOVED}, 2 in a row [1]": 1e-3, f"{LOST} [1]": 0.1, f"{LOST}, 1 in a row [1]": 0.0,
            f"{LOST}, {BLOCKED} [1]": 0.0, DRIFTS[0]: 0.0, DRIFTS[1]: 0.0} | changed  # fmt: skip
    return {name: np.array([0.0, value]) for name, value in ends.items()}


def test_each_demand_notices_what_it_looks_for() -> None:
    def failed(demands: Layers, **changed: float) -> list[int]:
        return [k for k, one in enumerate(judge(demands.criteria, made_up(**changed))) if one["verdict"] == "fail"]

    four = Layers(4, oxidised=False)
    assert failed(four) == []
    assert failed(four, **{DRIFTS[1]: 1e-9}) == [0]
    assert failed(four, **{f"{LOST}, 1 in a row [1]": 1e-9}) == [1]
    assert failed(four, **{f"{MOVED} [1]": 1.5e-3}) == [2]
    assert len(Layers(1, oxidised=False).criteria) == 2
    lossy = Layers(4, oxidised=True)
    assert failed(lossy, **{f"{LOST}, 1 in a row [1]": 0.1}) == []
    assert failed(lossy, **{f"{LOST}, 1 in a row [1]": 0.025}) == [1]
    assert failed(lossy, **{f"{LOST}, 1 in a row [1]": 0.1, DRIFTS[0]: 1e-9}) == [0]
    assert failed(lossy, **{f"{LOST}, 1 in a row [1]": 0.1, f"{LOST}, {BLOCKED} [1]": 1e-9}) == [2]


def run(verify: Verification, name: str, **changed: Any) -> tuple[Scenario, dict[str, Array]]:
    scenario = nanocrystal_layers.scenario(**changed)
    return scenario, met(verify, "B16", name, scenario)


@pytest.mark.slow
@pytest.mark.parametrize("direction", list(Direction))
def test_what_moves_grows_with_the_gaps_and_one_layer_keeps_still(direction: Direction, verify: Verification) -> None:
    name = f"nanocrystal_layers, {direction.value} field,"
    scenario, traces = run(verify, name, direction=direction)
    per_gap = Layers(4, oxidised=False).per_gap(traces)
    verify(id="B16", quantity=f"{name} chloride moved over that of two times the gaps", measured=per_gap, expected=1.0,
           tolerance=0.1)  # fmt: skip
    worst = max(float(np.abs(traces[name]).max()) for name in DRIFTS)
    verify(id="B16", quantity=f"{name} drift of the halides", measured=worst, expected=0.0, tolerance=1e-10)
    along, across = ("y", "x") if direction is Direction.VERTICAL else ("x", "y")
    assert traces[f"spread of share along {along} [1]"][-1] > 20 * traces[f"spread of share along {across} [1]"][-1]
    assert len(scenario.criteria) == 3


@pytest.mark.slow
def test_what_holes_oxidise_does_not_depend_on_the_layers(verify: Verification) -> None:
    _, traces = run(verify, "nanocrystal_layers with oxidation", columns=1, oxidation=1e-8, drive_time=100.0)
    assert traces[f"{LOST} [1]"][-1] > 1e-3
