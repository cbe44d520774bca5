"""Lateral films with electrons and holes: quench that is forgotten or stays, the quench front, the contact switch.

Each experiment has twins that differ in one thing (no reaction, no exchange of ions, a coating) and must not show it.
"""

from typing import Any

import numpy as np
import pytest
from verification import Verification
from whole_runs import Traces, traces_of, verdicts

from fem.constants import s, um
from fem.fields import Array
from fem.observables.profiles import cross_lines
from fem.physics.scales import depletion_width
from fem.pictures.map_figures import concentration_norm
from fem.results.run_facts import judge
from fem.scenario import Observable, Scenario
from scenarios import contact_switch, lateral_quench, quench_front
from scenarios.contact_switch import Electrodes
from scenarios.criteria.fronts import Front
from scenarios.criteria.memory import Memory, degraded_share, light_change
from scenarios.parts.lateral_films import LIFETIME, PERMITTIVITY, RADIATIVE
from scenarios.parts.parameters import ONE_SUN
from scenarios.parts.zones import contact_demands, mean_between, zone_quench

# --- what the criteria demand, on made-up time series -----------------------------------------------------------------

FRONT = Front(gap=100 * um, mobility=2.3e-11, voltage=2.0, hold=40 * s, depletion_width=0.7 * um)


def front_traces(power: float = 0.5, remaining: float = 0.05) -> dict[str, Array]:
    """A front that obeys its law, or for another `power` one that goes as another power of time."""
    time = np.append(0.0, np.linspace(1e-6, 80, 81))
    r, gap, driven = remaining, FRONT.gap, FRONT.mobility * FRONT.voltage * np.minimum(time, FRONT.hold)
    way = (-r * gap + np.sqrt((r * gap) ** 2 + 2 * (1 - r) * driven)) / (1 - r)
    way *= (np.maximum(time, 1e-6) / 10) ** (power - 0.5)
    current = 1e4 * r * gap / (way + r * (gap - way))
    after = np.maximum(time - FRONT.hold, 0.0)
    position, other, edge, share = (one.column for one in FRONT.observables)
    return {
        "time [s]": time, "current right [A/m^2]": current, position: way - 0.3 * um * after, other: 0.5 * um * after,
        edge: np.full_like(time, 2 * um), share: np.full_like(time, r),
    }  # fmt: skip


def failing(front: Front, traces: Traces) -> set[int]:
    return {k for k, one in enumerate(verdicts(front.criteria, traces)) if one == "fail"}


def test_a_front_of_two_resistances_meets_all_criteria_and_its_law_to_round_off() -> None:
    traces = front_traces()
    assert failing(FRONT, traces) == set()
    assert FRONT.law(traces) == pytest.approx(1, rel=1e-9, abs=0.0)
    assert FRONT.slope(traces) == pytest.approx(1, rel=1e-5, abs=0.0)
    assert FRONT.straightness(traces) == pytest.approx(1, abs=1e-9)


def test_another_front_does_not() -> None:
    assert {0, 1} <= failing(FRONT, front_traces(power=1.0))
    twice = front_traces() | {FRONT.observables[3].column: np.full(82, 0.1)}
    assert 2 in failing(FRONT, twice)  # another conductivity than the one that the current tells of
    position, other, edge, _ = (one.column for one in FRONT.observables)
    traces = front_traces()
    assert failing(FRONT, traces | {edge: traces[position]}) == {3}
    assert failing(FRONT, traces | {other: traces[position]}) == {6}
    time, way = traces["time [s]"], traces[position]
    assert failing(FRONT, traces | {position: np.maximum.accumulate(way)}) == {8}  # it does not go back
    met = np.where(time > 70, FRONT.gap, way)  # all is dark once two fronts meet
    assert failing(FRONT, traces | {position: met}) == set()
    still = traces | {position: np.full(82, np.nan)}
    assert {0, 1, 2, 3, 4, 5, 6} <= failing(FRONT, still)
    assert "no front has crossed" in str(judge(FRONT.criteria, still)[0]["problem"])


MEMORY = Memory(weak=0.2, strong=3.0, hold=10 * s, rest=50 * s)
ANODE, CATHODE = zone_quench("right", 0.0, 1 * um, "anode"), zone_quench("left", 0.0, 1 * um, "cathode")


def memory_traces(changes: tuple[float, ...] = (0.1, 0.001, 0.4, 0.2, 0.2)) -> dict[str, Array]:
    """Change of the light at the end of each stage, an anode that darkens first and damage that slows down."""
    time = MEMORY.times(8)
    damage = 1 - np.exp(-np.clip(time - MEMORY.ends[1], 0, MEMORY.hold) / MEMORY.hold)
    return {
        "time [s]": time, light_change().column: np.interp(time, np.append(0, MEMORY.ends), (0.0, *changes)),
        degraded_share().column: damage, ANODE.column: 0.02 * time, CATHODE.column: 0.002 * time,
    }  # fmt: skip


def memory_verdicts(traces: Traces, degrading: bool = True) -> list[object]:
    return verdicts(MEMORY.criteria(ANODE, CATHODE, degrading), traces)


def test_what_is_forgotten_and_what_is_kept_is_told_apart() -> None:
    assert memory_verdicts(memory_traces()) == ["pass"] * 5
    assert memory_verdicts(memory_traces((0.1, 0.02, 0.4, 0.2, 0.2)))[0] == "fail"  # a fifth remembered
    assert memory_verdicts(memory_traces((0.1, 0.001, 0.4, 0.05, 0.05)))[2] == "fail"  # an eighth left
    assert memory_verdicts(memory_traces((0.1, 0.001, 0.4, 0.2, 0.1)))[3] == "fail"  # and fading
    traces = memory_traces()
    swapped = traces | {ANODE.column: traces[CATHODE.column], CATHODE.column: traces[ANODE.column]}
    assert memory_verdicts(swapped)[1] == "fail"
    steady = traces | {degraded_share().column: np.clip(traces["time [s]"] - MEMORY.ends[1], 0, MEMORY.hold)}
    assert memory_verdicts(steady)[4] == "fail"
    assert memory_verdicts(traces, degrading=False) == ["pass", "pass", "fail"]
    assert memory_verdicts(memory_traces((0.1, 0.001, 0.4, 0.004, 0.001)), degrading=False) == ["pass"] * 3


def test_biases_and_rests_follow_each_other_and_end_with_an_output() -> None:
    assert [MEMORY.drive(time) for time in (0.0, 9.0, 11.0, 61.0, 71.0, 150.0)] == [0.2, 0.2, 0, 3.0, 0, 0]
    assert set(MEMORY.ends.tolist()) <= set(np.round(MEMORY.times(5), 9).tolist())


def test_each_twin_of_the_contact_switch_has_its_own_demand() -> None:
    def failing(coated: bool, reduced: bool, cathode: float, anode: float, halfway: float = 1.0) -> list[int]:
        share = np.array([0.0, halfway, 1.0])
        traces = {
            "time [s]": np.array([0.0, 5.0, 10.0]), CATHODE.column: share * cathode, ANODE.column: share * anode
        }  # fmt: skip
        found = verdicts(contact_demands(CATHODE, ANODE, coated, reduced), traces)
        return [k for k, one in enumerate(found) if one == "fail"]

    assert failing(False, True, 0.5, 0.01) == []
    assert failing(False, True, 0.5, -15.0) == []
    assert failing(False, True, 0.2, 0.0) == [0]
    assert failing(False, True, 0.5, 0.4) == [1]  # dark at the other electrode as well
    assert failing(False, True, 0.5, 0.0, halfway=0.9) == [2]  # not yet steady
    assert failing(True, True, 0.01, 0.01) == []
    assert failing(True, True, 0.01, 0.03) == [1]
    assert failing(True, True, 0.01, -0.5) == [1]  # brighter is a change as well
    assert failing(False, False, 0.01, 0.9) == []
    assert failing(False, False, -3.0, 0.9) == []  # brighter is no quench
    assert failing(False, False, 0.06, 0.0) == [0]
    assert failing(False, False, -3.0, 0.0, halfway=0.9) == [1]


def test_means_of_a_zone_are_exact_for_straight_lines() -> None:
    x = np.array([0.0, 0.3, 1.0, 2.0])
    assert mean_between(x, 3 * x + 1, 0.2, 1.7) == pytest.approx(3 * 0.95 + 1, rel=1e-12, abs=0.0)
    with pytest.raises(ValueError, match="from a depth of 0 or more to a larger one"):
        zone_quench("left", 1 * um, 1 * um)


def test_a_product_of_reactions_that_is_nowhere_has_a_colour_scale() -> None:
    norm = concentration_norm(0.0, 0.0)
    assert float(norm(0.0)) == 0.0 and np.isfinite(norm(1.0))


# --- the experiments and their twins ----------------------------------------------------------------------------------


def last(traces: Traces, observable: Observable) -> float:
    return float(traces[observable.column][-1])


def met(verify: Verification, id: str, name: str, scenario: Scenario, traces: Traces) -> None:
    count, quantity = len(scenario.criteria), f"criteria of {name} that are met"
    passed = verdicts(scenario.criteria, traces).count("pass")
    verify(id=id, quantity=quantity, measured=passed, expected=count, tolerance=0)


@pytest.mark.slow
def test_a_weak_bias_is_forgotten_and_a_strong_one_is_not(verify: Verification) -> None:
    scenario = lateral_quench.scenario()
    traces = traces_of(scenario)
    met(verify, "B1", "lateral_quench", scenario, traces)
    returned, _, left = (one.measure(traces) for one in scenario.criteria[:3])
    verify(id="B1", quantity="share of the weak change gone after rest", measured=returned, expected=1, tolerance=0.05)
    assert left > 0.3
    for side, zone in zip(("anode", "cathode"), scenario.observables[2:], strict=True):
        assert last(traces, zone) > 0.15, side  # for good, near both electrodes
    _more_damage_where_ions_are_slowed(verify, last(traces, degraded_share()))
    twin = lateral_quench.scenario(degradation=0.0)
    without = traces_of(twin)
    met(verify, "B1", "lateral_quench without degradation", twin, without)
    quantity = "change after the last rest over that under strong bias, without degradation"
    verify(id="B1", quantity=quantity, measured=twin.criteria[-1].measure(without), expected=0, tolerance=0.02)


def _more_damage_where_ions_are_slowed(verify: Verification, slowed: float) -> None:
    """Defects that degraded sites slow down stay there longer: the feedback alone does not slow the damage."""
    free = last(traces_of(lateral_quench.scenario(slowed_to=1.0)), degraded_share())
    assert slowed > free
    quantity = "damage where degraded sites slow ions to a tenth, over that where they do not"
    verify(id="B1", quantity=quantity, measured=slowed / free, expected=1.027, tolerance=0.01)


@pytest.mark.slow
def test_only_a_field_above_the_threshold_leaves_a_mark() -> None:
    scenario = lateral_quench.scenario(threshold=3e7)
    traces = traces_of(scenario)
    assert np.ptp(traces[degraded_share().column]) < 1e-6
    assert verdicts(scenario.criteria, traces)[2] == "fail"  # nothing stays


def front_run(verify: Verification, name: str, **changed: Any) -> tuple[Front, Scenario, Traces]:
    scenario = quench_front.scenario(**changed)
    traces = traces_of(scenario)
    met(verify, "B2", name, scenario, traces)
    front = scenario.criteria[0].measure.__self__  # type: ignore[attr-defined]
    return front, scenario, traces


@pytest.mark.slow
def test_a_front_leaves_the_positive_electrode_by_the_law_of_two_resistances(verify: Verification) -> None:
    front, _, traces = front_run(verify, "quench_front")
    verify(id="B2", quantity="R^2 of 1/I^2", measured=front.straightness(traces), expected=1, tolerance=0.01)


@pytest.mark.slow
def test_in_weak_light_the_front_has_the_conductivity_that_the_contact_gives_it(verify: Verification) -> None:
    front, _, traces = front_run(verify, "quench_front in weak light", light=0.05, electrode_length=2 * um)
    share = traces[front.observables[3].column][4:29].mean()
    quantity = "conductivity behind the front in weak light, against holes and vacancies in balance with the metal"
    verify(id="B2", quantity=quantity, measured=share, expected=1 / 21, tolerance=0.03)
    for quantity, value in (("law of the front", front.law(traces)), ("slope of 1/I^2", front.slope(traces))):
        verify(id="B2", quantity=f"{quantity} in weak light, over theory", measured=value, expected=1, tolerance=0.1)


@pytest.mark.slow
def test_no_front_leaves_an_electrode_that_blocks_ions(verify: Verification) -> None:
    front, _, traces = front_run(verify, "quench_front without exchange", exchange_rate=0.0)
    assert front.reach(traces) == 0.0
    assert np.ptp(traces["current right [A/m^2]"][4:29]) < 1e-2 * traces["current right [A/m^2]"][4]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changed", "range_"),
    [
        ("contact_switch", {}, (0.3, 1.0)),
        ("contact_switch, coated", {"electrodes": Electrodes.COATED}, (-0.02, 0.02)),
        ("contact_switch, opposite bias", {"bias": -9.0}, (0.3, 1.0)),
    ],
)
def test_only_an_injecting_cathode_darkens(
    verify: Verification, name: str, changed: dict[str, Any], range_: tuple[float, float]
) -> None:
    scenario = contact_switch.scenario(**changed)
    traces = traces_of(scenario)
    met(verify, "B3", name, scenario, traces)
    cathode = last(traces, scenario.observables[0])
    assert range_[0] <= cathode <= range_[1]
    if "coated" in name:
        verify(id="B3", quantity="quench near coated electrodes", measured=cathode, expected=0, tolerance=0.02)


def doped_light(difference: Array) -> Array:
    """n p [1/m^6] of a place with n - p [1/m^3] where pairs are lost as fast as one sun makes them."""
    pairs = np.full_like(difference, 1e20)
    for _ in range(60):  # of the smaller density, by fixed point: G = n p / (tau (n + p)) + k2 n p
        other = pairs + np.abs(difference)
        pairs = ONE_SUN / (other / (LIFETIME * (pairs + other)) + RADIATIVE * other)
    return np.asarray(pairs * (pairs + np.abs(difference)))


@pytest.mark.slow
def test_without_reduction_of_lead_a_cathode_brightens_as_injected_electrons_dope_it(verify: Verification) -> None:
    scenario = contact_switch.scenario(reduction=0.0)
    states = [output.state for output in scenario.outputs()]
    columns = (Observable("time", "s", lambda _, state: state.time), *scenario.observables)
    traces = {one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns}
    met(verify, "B3", "contact_switch without reduction", scenario, traces)
    lines = cross_lines(scenario.model.mesh, "x")
    before, after = (doped_light(lines.average(one.carriers[0] - one.carriers[1])) for one in (states[0], states[-1]))
    width = depletion_width(PERMITTIVITY, 3e23, 9.0)
    expected = mean_between(lines.positions, 1 - after / before, width, 3 * um)
    quantity = "quench near the cathode without reduction of lead, against a film as doped as the injected electrons do"
    verify(id="B3", quantity=quantity, measured=last(traces, scenario.observables[0]), expected=expected,
           tolerance=0.05)  # fmt: skip
