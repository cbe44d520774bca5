"""Photoluminescence from the carrier balance: closed forms, slopes, largest yield, and the traps that ions make."""

import numpy as np
import pytest
from films_for_theory import DIFFUSIVITY, equilibrium
from meshes_for_tests import Grading, vertical_film
from theory.recombination import best_yield, density_by_bisection, density_without_auger
from verification import Verification

from fem.constants import nm
from fem.model import PoissonNernstPlanck
from fem.observables.emission import relative_luminescence
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.light.luminescence import (
    Light,
    Quencher,
    TrappingIons,
    UnpairedInterstitials,
    VacancyClusters,
    carrier_density,
    photoluminescence,
)
from fem.physics.materials import MAPbI3, Material, Recombination
from fem.physics.species import Species
from fem.scenario import Scenario

K1, K2, K3 = 15e6, 0.6e-16, 1.6e-40  # MAPbI3
GENERATIONS = np.geomspace(1e20, 1e40, 41)


def density(generation: float, k1: float = K1, k2: float = K2, k3: float = K3) -> float:
    return float(carrier_density(generation, np.array([k1]), k2, k3)[0])


def test_density_without_auger_is_the_closed_form(verify: Verification) -> None:
    ratios = [density(g, k1, K2, 0.0) / density_without_auger(g, k1, K2) for g in GENERATIONS for k1 in (1e3, K1, 1e12)]
    worst = float(np.abs(np.array(ratios) - 1).max())
    what = "largest relative error of the carrier density without Auger loss, G from 1e20 to 1e40"
    verify(id="D13", quantity=what, measured=worst, expected=0.0, tolerance=4e-15)


def test_density_with_auger_is_the_root(verify: Verification) -> None:
    ratios = [density(g, k1) / density_by_bisection(g, k1, K2, K3) for g in GENERATIONS[::2] for k1 in (1e3, K1, 1e12)]
    worst = float(np.abs(np.array(ratios) - 1).max())
    what = "largest relative error of the carrier density with Auger loss, G from 1e20 to 1e40"
    verify(id="D13", quantity=what, measured=worst, expected=0.0, tolerance=4e-15)


@pytest.mark.parametrize(
    ("generation", "loss", "slope"),
    [
        (1e18, Recombination(K1, K2, K3), 2.0),
        (1e36, Recombination(1e3, K2, 0.0), 1.0),
        (1e44, Recombination(K1, K2, K3), 2 / 3),
    ],
    ids=["trapping", "radiation", "Auger"],
)
def test_slope_of_emission_against_generation(
    generation: float, loss: Recombination, slope: float, verify: Verification
) -> None:
    """PL ~ G^2 where traps take the carriers, G where they radiate, G^(2/3) under Auger loss."""
    ends = [float(photoluminescence(Light(g), loss, np.zeros(1))[0]) for g in (generation / 2, generation * 2)]
    measured = np.log(ends[1] / ends[0]) / np.log(4)
    what = f"slope of log PL over log G at {generation:g} 1/(m^3 s)"
    verify(id="D13", quantity=what, measured=measured, expected=slope, tolerance=1e-3)


def test_largest_quantum_yield(verify: Verification) -> None:
    generations = np.geomspace(1e28, 1e34, 3001)
    yields = [float(photoluminescence(Light(g), Recombination(K1, K2, K3), np.zeros(1))[0]) / g for g in generations]
    best, where = best_yield(K1, K2, K3)
    verify(id="D13", quantity="largest quantum yield", measured=max(yields), expected=best, tolerance=1e-6)
    found = density(float(generations[int(np.argmax(yields))]))
    what = "carrier density of the largest quantum yield [1/m^3]"
    verify(id="D13", quantity=what, measured=found, expected=where, tolerance=3e-3)


def test_balance_holds_at_every_trap_density() -> None:
    k1 = np.geomspace(1e3, 1e14, 200)
    n = carrier_density(1e27, k1, K2, K3)
    assert np.abs((k1 * n + K2 * n**2 + K3 * n**3) / 1e27 - 1).max() < 1e-14


# --- traps from ions --------------------------------------------------------------------------------------------------

START = 1e23
QUENCHERS: dict[str, Quencher] = {
    "unpaired interstitials": UnpairedInterstitials("vacancy", 1e22, 1e-14),
    "clusters": VacancyClusters("vacancy", 1e25, 1e-14),
    "trapping ions": TrappingIons("vacancy", 1e-15),
}


def expected_traps(name: str, c: float) -> float:
    """The rate C N [1/s] that each quencher adds where the vacancies have the concentration c."""
    if name == "unpaired interstitials":
        return 1e-14 * 1e22 * max(0.0, 1 - c / START)
    return 1e-14 * c**2 / 1e25 if name == "clusters" else 1e-15 * c


@pytest.mark.parametrize("name", QUENCHERS)
def test_traps_follow_the_ions(name: str) -> None:
    concentration = START * np.array([0.0, 1e-3, 0.5, 1.0, 2.0, 100.0])
    quencher = QUENCHERS[name]
    rate = quencher.capture_coefficient * quencher.trap_density(concentration, np.full(6, START))
    np.testing.assert_allclose(rate, [expected_traps(name, c) for c in concentration], rtol=1e-14)


def test_half_the_emission_is_lost_at_the_predicted_trap_density(verify: Verification) -> None:
    """At low light PL ~ 1 / k1^2, so it halves where traps make k1 larger by sqrt(2)."""
    light, loss = Light(1e18), Recombination(K1, K2, 0.0)
    traps = (np.sqrt(2) - 1) * K1 / 1e-14
    emission = photoluminescence(light, loss, np.array([0.0, 1e-14 * traps]))
    what = "PL / PL0 at N = (sqrt(2) - 1) k10 / C in low light"
    verify(id="D13", quantity=what, measured=emission[1] / emission[0], expected=0.5, tolerance=1e-6)


def biased_film(quenchers: tuple[Quencher, ...], material: Material = MAPbI3) -> Scenario:
    mesh = vertical_film(200 * nm, 30 * nm, Grading(2 * nm, 0.3, 10 * nm))
    vacancy = Species("vacancy", 1, START, DIFFUSIVITY, 0.0)
    contacts = [Contact("bottom", step(0.5)), Contact("top", 0.0)]
    model = PoissonNernstPlanck(mesh, material, [vacancy], contacts)
    return Scenario(model, np.array([0.0, 1.0]), Light(1e27, quenchers))


@pytest.mark.parametrize("name", QUENCHERS)
def test_emission_of_a_biased_film_is_the_balance_at_every_node(name: str, verify: Verification) -> None:
    scenario = biased_film((QUENCHERS[name],))
    state = equilibrium(scenario.model)

    def emission(c: float) -> float:
        return density_by_bisection(1e27, K1 + expected_traps(name, c), K2, K3) ** 2

    ions = state.concentrations[0]
    expected = np.array([emission(float(c)) for c in ions]) / emission(START)
    worst = float(np.abs(relative_luminescence(scenario, state) / expected - 1).max())
    assert np.ptp(expected) > 0.1  # the bias changes the light
    what = f"largest relative error of PL / PL0 at the nodes of a biased film, {name}"
    verify(id="D13", quantity=what, measured=worst, expected=0.0, tolerance=1e-13)


def test_a_film_at_rest_shines_evenly() -> None:
    scenario = biased_film(tuple(QUENCHERS.values()))
    np.testing.assert_allclose(relative_luminescence(scenario, scenario.model.initial_state()), 1.0, rtol=1e-14)
