"""What a run checks of itself: sound films pass, and the right check catches a fault that is put into the program."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import SMALL_FILM, calls_from
from films_for_results import IDENTITY, two_grains
from irregular_films import INTERSTITIAL, VACANCY, film, graded, rectangle, small_film, with_strips
from verification import Verification

from fem.constants import eV, nm
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.coupled.electrostatics import Electrostatics
from fem.coupled.system import CoupledSystem
from fem.evolve import StepReport, evolve
from fem.fields import Array
from fem.measurements.free_energy import free_energy, has_free_energy
from fem.model import PoissonNernstPlanck
from fem.observables.observables import standard_observables
from fem.physics.contacts import Coating, Contact, Reservoir
from fem.physics.drives.drive import Drive, sine, square, step
from fem.physics.nernst_planck import crowding
from fem.physics.species import Sublattice
from fem.rest.imbalance import Imbalance
from fem.results.checks import LIMITS, Check, laws, resolution, still
from fem.results.record import run_scenario
from fem.scenario import Scenario
from fem.state import State
from fem.storage.run_record import read_record

TIMES = np.concatenate([[0.0], np.geomspace(1e-3, 100.0, 31)])
CROWDED = replace(VACANCY, sublattice=Sublattice("sites", 6e24))


def between(drive: Drive, bottom: Contact | None = None, first: float = 2 * nm) -> PoissonNernstPlanck:
    return small_film((bottom or Contact("bottom", 0.0), Contact("top", drive)), first=first)


def with_strip() -> PoissonNernstPlanck:
    """A boundary that is faster and draws ions."""
    mesh = rectangle(np.array([0, 8, 14, 18, 20, 22, 26, 32, 40]) * nm, graded(100 * nm, 2 * nm, largest=20 * nm))
    mesh = with_strips(mesh, {"grain_boundary": lambda p: np.abs(p[0] - 20 * nm) < 2 * nm})
    barriers = {"grain_interior": 0.58 * eV, "grain_boundary": 0.40 * eV}
    drawn = {"grain_interior": 0.0, "grain_boundary": -0.05 * eV}
    return film(mesh, (replace(VACANCY, activation_energy=barriers, segregation_energy=drawn),))


COATED = Contact("bottom", 0.0, coating=Coating(3 * nm, 6.0))
FILMS: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "blocking": lambda: between(step(1.0)),
    "two species": lambda: film(between(step(1.0)).mesh, (VACANCY, replace(INTERSTITIAL, charge=-2))),
    "crowded": lambda: film(between(step(1.0)).mesh, (CROWDED, replace(INTERSTITIAL, sublattice=CROWDED.sublattice))),
    "coated": lambda: between(step(1.0), COATED),
    "strip that draws ions": with_strip,
}


def judged(model: PoissonNernstPlanck, times: Array = TIMES, tolerance: float = 1e-2) -> dict[str, Check]:
    """The worst of each check after a run that writes nothing, by name."""
    scenario = Scenario(model, times, tolerance=tolerance)
    columns, outputs = standard_observables(scenario), list(evolve(model, times, tolerance))
    series = {one.column: np.array([one.measure(scenario, o.state) for o in outputs]) for one in columns}
    found = laws(scenario, series, outputs[-1].statistics.as_dict()) + resolution(scenario)
    return {one.name: one for one in sorted(found, key=lambda one: abs(one.worst))}


def failed(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if not check.passed}


# --- sound films ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILMS)
def test_a_sound_film_passes_far_from_every_limit(name: str, verify: Verification) -> None:
    checks = judged(FILMS[name]())
    assert failed(checks) == set()
    energy = checks["rise of the free energy at constant voltage"]
    verify(id="N3", quantity=f"rise of the free energy between outputs over its fall, {name}",
           measured=energy.worst, expected=0.0, tolerance=LIMITS["free energy"])  # fmt: skip
    for what, share in (("ions gained or lost", 1e-4), ("charge of film and electrodes", 1e-2)):
        assert abs(checks[what].worst) <= share * checks[what].limit


@pytest.mark.parametrize("drive", [square(1.0, -1.0, 20.0), sine(0.3, 0.05)], ids=["square", "sine"])
def test_drives_that_go_on_moving_break_no_law(drive: Drive) -> None:
    """A change of voltage lifts the free energy; that is work of the source and no fault."""
    checks = judged(between(drive), np.linspace(0.0, 40.0, 81))
    assert failed(checks) == set()


def test_only_stretches_without_a_moving_voltage_are_judged() -> None:
    times = np.linspace(0.0, 40.0, 9)
    scenario = Scenario(between(square(1.0, -1.0, 20.0)), times)
    assert still(scenario, times) == [(0.0, [1, 2]), (10.0, [3, 4]), (20.0, [5, 6]), (30.0, [7, 8])]
    assert still(Scenario(between(sine(0.3, 0.05)), times), times) == []
    lit = replace(between(step(0.5)), light=step(1.0, at=20.0))
    assert still(Scenario(lit, times), times) == [(0.0, [1, 2, 3, 4]), (20.0, [5, 6, 7, 8])]


# --- free energy ------------------------------------------------------------------------------------------------------


def dissipation(model: PoissonNernstPlanck, fields: Array) -> float:
    """``kT sum_k sum_edges J_k (mu_k,i - mu_k,j)`` over kT [1/(m s)], edge by edge."""
    u, total = model.unknowns, 0.0
    i, j = model.control_volumes.nodes
    for k, one in enumerate(u.populations):
        mu = np.log(fields[k + 1] / one.transport.enrichment) + one.charge * fields[0]
        if one.sublattice is not None:
            mu = mu + crowding(u.filling(one.sublattice, fields))[0]
        total += one.unit * float(DriftDiffusion(model.control_volumes, u, k).edge_flux(fields).flux @ (mu[i] - mu[j]))
    return total


@pytest.mark.parametrize("name", FILMS)
def test_the_free_energy_falls_as_fast_as_the_fluxes_dissipate(name: str, verify: Verification) -> None:
    model = FILMS[name]()
    u, joule = model.unknowns, 1.380649e-23 * 300.0
    state = list(evolve(model, np.array([0.0, 3e-2])))[-1].state
    values = np.zeros(u.size)
    fields = u.nodal(values)
    fields[:] = np.vstack([state.potential / u.thermal_voltage, state.concentrations / u.unit[:, None]])
    rates = model.driven(3e-2).rates(3e-2, values)
    small = 1e-3 * float(np.min(fields[1:] / np.abs(u.nodal(rates)[1:])))
    ends = [free_energy(model, model.state(3e-2, values + h * rates, model.pieces(3e-2))) for h in (-small, small)]
    found = (ends[0] - ends[1]) / (2 * small)
    expected = joule * dissipation(model, fields)
    assert expected > 0
    verify(id="N3", quantity=f"fall of the free energy over the dissipation by the fluxes, {name}",
           measured=found / expected, expected=1.0, tolerance=1e-6)  # fmt: skip


def test_charging_lowers_the_free_energy_by_half_the_charge_times_the_voltage(verify: Verification) -> None:
    """Linear response: the layers store Q V / 2 of the Q V that the source gives, and the rest is the fall."""
    model = between(step(1e-3))
    states = [output.state for output in evolve(model, np.array([0.0, 1e4]), 1e-4)]
    fall = free_energy(model, states[0]) - free_energy(model, states[1])
    expected = 0.5 * 1e-3 * float(states[1].contact_charge[1])
    verify(id="N3", quantity="fall of the free energy over Q V / 2 after a small step, from rest",
           measured=fall / expected, expected=1.0, tolerance=1e-5)  # fmt: skip


def test_films_that_something_feeds_have_no_free_energy_to_fall() -> None:
    assert has_free_energy(between(step(1.0)))
    assert not has_free_energy(between(step(1.0), Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 3e24)})))


# --- faults -----------------------------------------------------------------------------------------------------------


def leaking(share: float) -> Callable[[CoupledSystem, float, Array], Array]:
    """The residual of a film in which ions vanish everywhere at the rate `share` [1/s]; a negative one makes them."""
    sound = CoupledSystem.residual

    def residual(self: CoupledSystem, time: float, values: Array) -> Array:
        out = sound(self, time, values)
        self.unknowns.nodal(out)[1:] -= share * self.unknowns.storage * self.unknowns.nodal(values)[1:]
        return out

    return residual


@pytest.mark.parametrize("share", [1e-6, -1e-6, 3e-10])
def test_an_operator_that_loses_or_makes_ions_is_caught(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model = between(step(1.0))
    model.initial_values()
    monkeypatch.setattr(CoupledSystem, "residual", leaking(share))
    checks = judged(model)
    assert "ions gained or lost" in failed(checks)
    assert checks["ions gained or lost"].worst == pytest.approx(-100 * share, rel=0.05, abs=0.0)
    assert checks["ions gained or lost"].place == "vacancy" and checks["ions gained or lost"].time == 100.0


def test_a_fault_in_poissons_equation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A charge that acts on the potential but is not counted, a millionth of the ions'."""
    sound = Electrostatics.balance
    model = between(step(1.0))
    model.initial_values()
    middle = int(np.argmin(np.abs(model.mesh.p[1] - 50 * nm)))
    extra = 1e-6 * 1.6e-19 * float(model.total_ions(model.initial_state())[0])

    def balance(self: Electrostatics, *given: object) -> Array:
        out = sound(self, *given)  # type: ignore[arg-type]
        out[middle] += extra
        return out

    monkeypatch.setattr(Electrostatics, "balance", balance)
    assert failed(judged(model)) == {"charge of film and electrodes"}


def distort_currents(monkeypatch: pytest.MonkeyPatch, factors: Array) -> None:
    """Multiply the currents that are handed out."""
    sound = PoissonNernstPlanck.state

    def state(self: PoissonNernstPlanck, *given: Any) -> State:
        found = sound(self, *given)
        return replace(found, contact_current=factors * found.contact_current)

    monkeypatch.setattr(PoissonNernstPlanck, "state", state)


def test_a_current_that_is_not_the_rate_of_the_charge_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    distort_currents(monkeypatch, np.array([1.2, 1.2]))
    assert failed(judged(between(step(1.0)))) == {"charge that the current does not explain"}


def test_currents_that_do_not_sum_to_zero_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    distort_currents(monkeypatch, np.array([1.0, 1.01]))
    assert "sum of all currents times the time" in failed(judged(between(step(1.0))))


def test_ions_that_feel_another_field_than_they_make_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drift too strong by a tenth against diffusion (no Einstein relation): energy comes from nowhere."""
    sound = DriftDiffusion._rise
    model = between(step(1.0))
    model.initial_values()
    monkeypatch.setattr(DriftDiffusion, "_rise", lambda *given: 1.1 * sound(*given))
    assert failed(judged(model)) == {"rise of the free energy at constant voltage"}


def test_cells_that_do_not_resolve_the_double_layer_are_named() -> None:
    (coarse,) = {one.passed for one in resolution(Scenario(between(step(1e-3), first=25 * nm), TIMES))}
    assert not coarse
    assert all(one.passed for one in resolution(Scenario(between(step(1e-3)), TIMES)))


def test_a_number_that_is_none_is_no_pass() -> None:
    for at_least in (True, False):
        assert not Check("x", np.nan, 1.0, None, "", "", at_least).passed
    said = Check("ions", -2e-3, 1e-8, 60.0, "vacancy", "do this").warning
    assert said == "ions (vacancy): -0.002 at t = 1 min, at most 1e-08 is sound; do this"


# --- the time steps' own estimate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILMS)
def test_the_charges_error_is_bounded_by_its_estimate(name: str, verify: Verification) -> None:
    """Against a run with a thousandth of the tolerance; an estimate that is far too large would be of no use."""
    model = FILMS[name]()
    states, fine = ([o.state for o in evolve(model, TIMES, tolerance)][1:] for tolerance in (1e-2, 1e-5))
    found = max(float(np.abs(a.contact_charge - b.contact_charge).max()) for a, b in zip(states, fine, strict=True))
    estimated = max(float(one.contact_charge_error.max()) for one in states)
    assert estimated < 200 * found
    verify(id="N3", quantity=f"share of the charge's estimated time error that is real, {name}",
           measured=max(0.0, found / estimated - 0.5), expected=0.0, tolerance=0.5)  # fmt: skip


def test_steps_that_are_too_large_for_the_charge_are_named() -> None:
    checks = judged(between(sine(0.3, 0.05)), np.linspace(0.0, 40.0, 81), tolerance=0.5)
    name = "time steps' error of the charge, estimated"
    assert name in failed(checks) and "tolerance" in checks[name].warning


# --- in a run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fem.results.record.draw_figures", lambda scenario, directory: [])


@pytest.mark.usefixtures("undrawn")
def test_run_json_has_the_checks_while_the_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    seen: list[list[dict[str, object]]] = []

    def look(report: StepReport) -> None:
        if report.time > 0.1 and not seen:
            seen.append(read_record(folder)["checks"])

    run_scenario(two_grains(), IDENTITY, folder, look)
    finished = read_record(folder)["checks"]
    assert [one["name"] for one in seen[0]] == [
        one["name"] for one in finished if not str(one["name"]).startswith("first")
    ]
    assert {one["verdict"] for one in (*seen[0], *finished)} == {"pass"}


def test_a_film_that_does_not_rest_before_its_drive_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = calls_from(tmp_path, monkeypatch, capsys)
    assert call(SMALL_FILM, "--end-time", "1ms", "--quiet", "--strict", "--out", "sound").code == 0
    start = read_record(tmp_path / "sound")["start"]
    assert start["kind"] == "equilibrium" and start["way"] == "as deposited, which is at rest"
    assert 0.0 <= start["largest relative net flux"] < 1e-13
    assert "as deposited, which is at rest" in (tmp_path / "sound" / "report.html").read_text(encoding="utf-8")
    restless = Imbalance("equilibrium", "at once", net=2e-3, population="vacancy")
    monkeypatch.setattr(PoissonNernstPlanck, "rest", restless)
    answer = call(SMALL_FILM, "--end-time", "1ms", "--quiet", "--strict", "--out", "restless")
    assert answer.code == 1
    assert "not sound (--strict): net inflow over what enters and leaves at rest (vacancy): 0.002" in answer.err
    assert read_record(tmp_path / "restless")["start"]["largest relative net flux"] == 2e-3


def test_strict_runs_fail_after_everything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = calls_from(tmp_path, monkeypatch, capsys)
    assert call(SMALL_FILM, "--end-time", "1ms", "--quiet", "--strict", "--out", "sound").code == 0
    monkeypatch.setitem(LIMITS, "time", 1e-12)
    loose, strict = (call(SMALL_FILM, "--end-time", "1ms", "--quiet", "--out", f, *words)
                     for f, words in (("loose", ()), ("strict", ("--strict",))))  # fmt: skip
    assert (loose.code, strict.code) == (0, 1)
    assert "warning: time steps' error of the charge" in loose.err
    assert "error: strict is complete, but not sound (--strict): time steps' error of the charge" in strict.err
    record = read_record(tmp_path / "strict")
    assert record["status"] == "finished" and (tmp_path / "strict" / "report.html").is_file()
    resumed = [call("resume", "strict", "--quiet", "--scenario", SMALL_FILM, *words) for words in ((), ("--strict",))]
    assert [answer.code for answer in resumed] == [0, 1]
