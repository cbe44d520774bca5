"""Grain boundaries as fast paths or as traps: the same ions in every film, and light that tells the films apart."""

import html
import json
from dataclasses import replace
from math import exp, pi
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import eigh
from verification import Verification
from whole_runs import study_of, traces_of, verdicts

from fem.constants import boltzmann, eV
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.scenario import Scenario
from scenarios.boundary_trapping import scenario
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR
from scenarios.parts.trapping_films import Role

DENSITY = 1e23
KT = boltzmann * 300.0
MEMBERS = [member.name for member in scenario().members]


def member(name: str) -> Scenario:
    return next(one for one in scenario().members if one.name == name).declare()


def content(model: PoissonNernstPlanck) -> float:
    """Vacancies of the film over those of an even film of the stated density."""
    area = float(np.prod(np.ptp(model.mesh.p, axis=1)))
    return float(model.unknowns.content[0] * model.unknowns.unit[0]) / (DENSITY * area)


def test_every_role_is_run_in_both_cuts() -> None:
    assert len(MEMBERS) == 2 * len(Role) == len(set(MEMBERS))


@pytest.mark.parametrize("role", Role)
def test_every_film_holds_the_vacancies_that_are_stated(role: Role) -> None:
    """Bound ones included; lines add their own width to the area as drawn."""
    film = member(f"{role.name.lower()}_vertical_1")
    assert content(film.model) == pytest.approx(1.0, rel=0.04, abs=0.0)


def test_traps_hold_what_boltzmann_says(verify: Verification) -> None:
    """Lines of 4 nm in 200 nm grains take 2.5 % of the film and, at 0.1 eV, bind more than are left free."""
    film = member("trap_vertical_1")
    assert film.microstructure is not None
    bound = float(str(film.microstructure["bound_over_free"]))
    lines = bound / (exp(0.1 * eV / (boltzmann * 300.0)) - 1)
    assert 0.02 < lines < 0.03 and bound > 1
    found = float(np.median(film.model.initial_state().concentrations[0]))
    verify(id="F2", quantity="vacancies free between traps at rest, against Boltzmann's share", tolerance=0.01,
           measured=found * (1 + bound) / DENSITY, expected=1)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_light_tells_what_boundaries_are(name: str, verify: Verification) -> None:
    film = member(name)
    traces = traces_of(film)
    passed = verdicts(film.criteria, traces).count("pass")
    count = len(film.criteria)
    verify(id="F2", quantity=f"criteria of boundary_trapping that are met, {name}", measured=passed, expected=count,
           tolerance=0)  # fmt: skip


def relaxation(film: Scenario) -> float:
    """Diffusivity [m^2/s] that the slowest mode between left and right shows, long after the voltage came."""
    x, start = film.model.mesh.p[0], film.model.start_concentrations[0]
    slowest = np.cos(pi * x / np.ptp(x))
    states = [output.state for output in evolve(film.model, film.times, 1e-4)]
    moved = [float(np.mean((one.concentrations[0] / start - 1) * slowest)) for one in states]
    late, middle = np.log(np.abs(np.diff(moved)[5:])), 0.5 * (film.times[6:] + film.times[5:-1])
    return float(-np.polyfit(middle, late, 1)[0] * (np.ptp(x) / pi) ** 2)


def bound_over_free(film: Scenario) -> float:
    """Bound over free vacancies, as the slowest mode between left and right meets them.

    Vacancies that trap and leave at once diffuse by ``(1 + bound / free) dc/dt = D c''`` (Crank), with the boundaries
    counted where they lie; the lowest eigenvalue in cosines of half waves down to a grain.
    """
    mesh, order = film.model.mesh, np.arange(7)
    ends = mesh.p[:, mesh.facets[:, mesh.boundaries["grain_boundary_lines"]]]
    share = 4e-9 * np.hypot(*(ends[:, 1] - ends[:, 0])) / np.prod(np.ptp(mesh.p, axis=1))
    modes = np.cos(np.outer(order, pi * ends[0].mean(axis=0) / np.ptp(mesh.p[0]))) * np.sqrt(2 - (order == 0))[:, None]
    held = np.eye(len(order)) + modes * share * (exp(0.1 * eV / KT) - 1) @ modes.T
    return float(1 / eigh(np.diag(order**2.0), held, eigvals_only=True)[1] - 1)


@pytest.mark.parametrize(("gap", "width"), [(1.2e-6, 0.8e-6), (2.4e-6, 0.4e-6)])
def test_traps_slow_diffusion_by_what_they_bind(gap: float, width: float, verify: Verification) -> None:
    """D / (1 + bound / free), where vacancies meet traps sooner than the film settles.

    Between traps a distance d apart, cos qd = cos kd - K kd/2 sin kd, the rate is lower by
    (K / (1 + K))^2 (pi d / L)^2 / 12. Grains are not slabs of one width and the largest count most: twice that is
    accepted. So few vacancies do not screen the field (1e-3 of it at most), and diffusion alone sets the rate.
    """
    few = {"bias": 1e-3 / 3, "mobile_density": 1e17, "gap": gap, "width": width, "mesh_size": 20e-9}
    even, traps = (lateral_film(role, **few) for role in (Role.NEITHER, Role.TRAP))
    free, told = DIFFUSIVITY_PREFACTOR * exp(-0.58 * eV / KT), f"film of {1e6 * gap:.1f} um"
    bound = bound_over_free(traps)
    slabs = (bound / (1 + bound)) ** 2 * (pi * 200e-9 / gap) ** 2 / 12
    slowed = relaxation(watched(traps, free / (1 + bound)))
    verify(id="F2", quantity=f"effective diffusivity over D / (1 + bound / free), {told}", expected=1.0,
           measured=slowed * (1 + bound) / free, tolerance=2 * slabs)  # fmt: skip
    verify(id="F2", quantity=f"diffusivity without traps, over D, {told}", expected=1.0,
           measured=relaxation(watched(even, free)) / free, tolerance=1e-3)  # fmt: skip


def lateral_film(role: Role, **options: float) -> Scenario:
    members = scenario(**options).members  # type: ignore[arg-type]
    return next(one for one in members if one.name == f"{role.name.lower()}_plan_view_1").declare()


def watched(film: Scenario, diffusivity: float) -> Scenario:
    """Outputs of a film whose slowest mode has this diffusivity: a few early ones, then every quarter of its time."""
    tau = (np.ptp(film.model.mesh.p[0]) / pi) ** 2 / diffusivity
    return replace(film, times=tau * np.array([0.0, 0.02, 0.1, 0.3, 0.6, *np.linspace(1, 3, 9)]))


@pytest.mark.slow
def test_times_tell_fast_paths_but_not_traps_from_slower_grains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verification
) -> None:
    """The study itself judges this, in ``comparison.json`` and on its page."""
    study = study_of("boundary_trapping", tmp_path, monkeypatch)
    found = json.loads((study / "comparison.json").read_text())["criteria"]
    assert len(found) == 5 and [one["verdict"] for one in found] == 5 * ["pass"]
    for one in found:
        lower, upper = one["bound"]
        verify(id="F2", quantity=one["quantity"], measured=one["measured"], expected=0.5 * (lower + upper),
               tolerance=(upper - lower) / (upper + lower))  # fmt: skip
    page = (study / "report.html").read_text()
    assert "Demands of the study" in page and all(html.escape(one["quantity"]) in page for one in found)


@pytest.mark.parametrize(("option", "words"), [("binding", "binding"), ("gap", "gap")])
def test_options_without_sense_are_refused(option: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scenario(**{option: 0.0})  # type: ignore[arg-type]
