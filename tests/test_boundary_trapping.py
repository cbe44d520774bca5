"""Grain boundaries as fast paths or as traps: the same ions in every film, and light that tells the films apart."""

from math import exp

import numpy as np
import pytest
from verification import Verification
from whole_runs import traces_of, verdicts

from fem.constants import boltzmann, eV
from fem.model import PoissonNernstPlanck
from fem.scenario import Scenario
from scenarios.boundary_trapping import scenario
from scenarios.parts.trapping_films import Role, half_time

DENSITY = 1e23
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


def test_half_of_a_change_is_found_between_outputs() -> None:
    time = np.array([0.0, 1.0, 10.0, 100.0])
    assert half_time(time, np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(10**0.5, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("option", "words"), [("binding", "binding"), ("gap", "gap")])
def test_options_without_sense_are_refused(option: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scenario(**{option: 0.0})  # type: ignore[arg-type]
