"""Light that segregates halides: a threshold that the gap sets, one terminal gap, recovery in the dark (B18)."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import KT, even, film, lattice
from verification import Verification
from whole_runs import met, traces_of

from fem.constants import boltzmann, eV
from fem.fields import Array
from fem.observables.composition import film_spectrum, pairs, spread
from fem.physics.halides.funnelling import FunnelledCarriers, GapLaw
from fem.results.run_facts import judge
from fem.scenario import Scenario
from scenarios import light_segregation
from scenarios.criteria.light import NARROWEST, LightSegregation
from scenarios.parts.lit_film import LightStages, gap_of

STAGES = LightStages((0.0, 0.1, 1.0, 0.0), (10.0, 20.0, 30.0, 40.0))
RICH = 0.14  # share of bromide in the iodide-rich layer
PARENT = "pairs in the parent film [1/m^3]"


def small(**changed: float) -> Scenario:
    return light_segregation.scenario(width=60e-9, thickness=30e-9, **changed)  # type: ignore[arg-type]


def traces_at(**changed: float) -> dict[str, Array]:
    """Columns of a film without its twin."""
    film = light_segregation.scenario(**changed)  # type: ignore[arg-type]
    return traces_of(replace(film, observables=[one for one in film.observables if "passivated" not in one.name]))


def test_light_is_switched_at_the_ends_of_the_stages() -> None:
    assert [STAGES.drive(time) for time in (5.0, 11.0, 29.9, 31.0, 59.0, 61.0, 99.0)] == [0, 0.1, 0.1, 1, 1, 0, 0]
    assert {10.0, 30.0, 60.0, 100.0} <= set(STAGES.times.round(9))
    assert STAGES.at_end(STAGES.times, STAGES.times, 2) == pytest.approx(60.0, rel=1e-9, abs=0.0)


def test_a_level_holds_the_pairs_that_are_asked_for(verify: Verification) -> None:
    carriers = FunnelledCarriers(1e24, GapLaw(1.6 * eV, 2.3 * eV), 1e26)
    x, weights = np.array([0.1, 0.5, 0.9]), np.array([1e-3, 1.0, 2.0])
    for wanted in (1e20, 1e24, 1e26):
        held = float(weights @ carriers.held(x, carriers.level(x, weights, wanted, KT), KT)[0])
        what = f"pairs held over those asked for, {wanted:.0e}"
        verify(id="B18", quantity=what, measured=held / wanted, expected=1.0, tolerance=1e-10)
    assert carriers.level(x, weights, 0.0, KT) == 0.0


def test_the_spectrum_follows_the_carriers_of_the_model_and_a_weak_probe_in_the_dark() -> None:
    scenario = small()
    rest = scenario.model.initial_state()
    start = replace(rest, share=np.linspace(0.1, 0.5, len(rest.share)))
    dark = film_spectrum(scenario, start).mean
    start = replace(start, time=200.0)  # in strong light, which fills the narrowest gaps
    light = film_spectrum(scenario, start).mean
    assert light > dark + 0.005 * eV
    held = pairs(scenario, start)
    assert held[0] > 10 * held[-1]
    bare = Scenario(film(even(20e-9, 2e-9), lattice(1e-4, 0.5)), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="no funnelled carriers"):
        pairs(bare, bare.model.initial_state())


def test_a_spread_tells_lateral_from_vertical() -> None:
    scenario = small()
    wave = 0.5 + 0.1 * np.cos(2 * np.pi * scenario.model.mesh.p[0] / 60e-9)
    state = replace(scenario.model.initial_state(), share=wave)
    assert spread("x").measure(scenario, state) == pytest.approx(0.1 / np.sqrt(2), rel=0.05, abs=0.0)
    assert spread("y").measure(scenario, state) < 2e-3


def made_up(**changed: Array) -> dict[str, Array]:
    time = STAGES.times
    strong, after = (time > 30) & (time <= 60), time > 60
    red = np.where(strong, 1.65, 1.85) + np.where(after, -0.19 * np.exp(-(time - 60) / 5), 0.0)
    return {"time [s]": time, "reddest peak [eV]": red, NARROWEST: red, "twin": np.full(len(time), 1.85),
            "drift iodide with stores [1]": 0 * time, "drift bromide with stores [1]": 0 * time} | changed  # fmt: skip


def test_each_demand_notices_what_it_looks_for() -> None:
    demands, time = LightSegregation(STAGES, "twin").criteria, STAGES.times

    def failed(**changed: Array) -> list[int]:
        return [k for k, one in enumerate(judge(demands, made_up(**changed))) if one["verdict"] == "fail"]

    good = made_up()["reddest peak [eV]"]
    assert failed() == []
    assert failed(**{"drift iodide with stores [1]": np.full(len(time), 1e-9)}) == [0]
    assert failed(**{NARROWEST: good + np.where((time > 5) & (time < 8), 0.01, 0.0)}) == [1]
    assert failed(**{"reddest peak [eV]": np.where((time > 10) & (time <= 30), 1.8, good)}) == [2]
    assert failed(**{"reddest peak [eV]": 1.85 + 0.2 * (good - 1.85)}) == [3]
    assert failed(**{"reddest peak [eV]": np.where(time > 60, 1.7, good)}) == [4]
    assert failed(twin=good) == [5]


def test_wrong_lights_are_refused() -> None:
    with pytest.raises(ValueError, match="--strong"):
        light_segregation.scenario(weak=2e25)
    with pytest.raises(ValueError, match="--states"):
        light_segregation.scenario(strong=1e27)
    with pytest.raises(ValueError, match="--light-time must be longer"):
        light_segregation.scenario(light_time=0.01)


@pytest.mark.slow
def test_light_segregates_the_film_and_the_dark_mixes_it(verify: Verification) -> None:
    scenario = light_segregation.scenario()
    traces = met(verify, "B18", "light_segregation", scenario)
    worst = max(float(np.abs(traces[f"drift {name} with stores [1]"]).max()) for name in ("iodide", "bromide"))
    verify(id="B18", quantity="drift of the halides", measured=worst, expected=0.0, tolerance=1e-10)
    assert traces["spread of share along x [1]"].max() > 20 * traces["spread of share along y [1]"].max()


@pytest.mark.slow
def test_passivated_boundaries_keep_the_film_mixed(verify: Verification) -> None:
    scenario = light_segregation.scenario(attraction=0.0)
    met(verify, "B18", "light_segregation with passivated boundaries", scenario)


@pytest.mark.slow
def test_the_terminal_gap_does_not_depend_on_the_start(verify: Verification) -> None:
    """Narrowest gap at the end of strong light, for films of 40 to 70 % of bromide."""
    gaps = [in_light(traces_at(bromide_share=share), NARROWEST) for share in (0.4, 0.5, 0.6, 0.7)]
    what = "half the range of the terminal gaps [eV] of films that start with x = 0.4 to 0.7"
    verify(id="B18", quantity=what, measured=0.5 * np.ptp(gaps), expected=0.0, tolerance=0.02)
    assert max(gaps) < 1.67  # eV; a film of x = 0.4 has 1.78


@pytest.mark.slow
def test_the_threshold_falls_exponentially_with_the_difference_of_the_gaps(verify: Verification) -> None:
    """Pairs that the grains keep beside the iodide-rich layer are those at the threshold: both are in balance."""
    contrasts = np.array([0.9, 1.0, 1.1])
    left = [in_light(traces_at(gap_contrast=one, light_time=3600.0), PARENT, 3660.0 + 120.0) for one in contrasts]
    depth = [float(gap_of(one)(np.array(0.5)) - gap_of(one)(np.array(RICH))) for one in contrasts]
    slope = np.polyfit(depth, np.log(left), 1)[0] * boltzmann * 300.0
    verify(id="B18", quantity="slope of ln n_th over the difference of the gaps, over -1/kT", measured=-slope,
           expected=1.0, tolerance=0.1)  # fmt: skip


def in_light(traces: dict[str, Array], column: str, end: float = 780.0) -> float:
    """Value at the end of strong light [s]."""
    return float(traces[column][np.flatnonzero(traces["time [s]"] <= end)[-1]])
