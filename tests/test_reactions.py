"""Reactions of defects and carriers: what they conserve, how fast they run, and that their derivatives are exact."""

from collections.abc import Mapping

import numpy as np
import pytest
from reaction_examples import ABOVE, CHARGES, COMPOSITIONS, DEEP, REACTIONS, TWO_LEVEL
from scipy.integrate import solve_ivp
from verification import Verification

from fem.fields import Array
from fem.physics.reactions.defect_chemistry import coulomb_radius, frenkel_pair, frenkel_rate_constant
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import Degradation, MassAction, Passivation
from fem.physics.reactions.reaction import FIELD, RateLaw, Reaction, require_balanced
from fem.physics.reactions.redox import TwoElectronCapture

ONE = np.ones(1)


def values_of(law: RateLaw, size: int, **conditions: float) -> dict[str, Array]:
    """Coefficients that are numbers, and conditions, as arrays."""
    fields = {**law.coefficients, **conditions}
    return {name: np.full(size, float(value)) for name, value in fields.items() if isinstance(value, float | int)}


def rate_at(law: RateLaw, concentrations: Mapping[str, float], **conditions: float) -> float:
    local = {name: value * ONE for name, value in concentrations.items()}
    return float(np.broadcast_to(law.rate(local, values_of(law, 1, **conditions))[0], 1)[0])


# --- the books ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda one: one.name)
def test_every_shipped_reaction_conserves_charge_and_atoms(reaction: Reaction) -> None:
    require_balanced([reaction], CHARGES, COMPOSITIONS)


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda one: one.name)
def test_the_books_notice_a_wrong_number(reaction: Reaction) -> None:
    charged = [name for name in reaction.stoichiometry if {**CHARGES, "electron": -1, "hole": 1}[name] != 0]
    if not charged:
        assert set(reaction.stoichiometry) == {"degraded"}
        return
    more = {**reaction.stoichiometry, charged[0]: 3 * reaction.stoichiometry[charged[0]]}
    with pytest.raises(ValueError, match=r"is not balanced, an event makes .* charge"):
        require_balanced([Reaction(reaction.name, more, reaction.law)], CHARGES, COMPOSITIONS)


def test_the_message_names_reaction_and_imbalance() -> None:
    law = MassAction({"vacancy": 1, "interstitial": 1}, 1e-24)
    lost = Reaction("leak", {"interstitial": -1, "electron": 1}, law)
    with pytest.raises(ValueError, match=r"'leak' is not balanced, an event makes -1 X from nothing"):
        require_balanced([lost], CHARGES, COMPOSITIONS)
    with pytest.raises(ValueError, match=r"population 'electrons' does not exist; available: electron"):
        require_balanced([Reaction("typo", {"electrons": 1}, law)], CHARGES, COMPOSITIONS)


def test_a_reaction_cannot_consume_what_its_rate_does_not_know() -> None:
    with pytest.raises(ValueError, match=r"consumes 'interstitial'.*fall below zero"):
        Reaction("blind", {"vacancy": -1, "interstitial": -1}, MassAction({"vacancy": 1}, 1.0))
    with pytest.raises(ValueError, match="whole number other than zero, got 0"):
        Reaction("nothing", {"vacancy": 0}, MassAction({}, 1.0))
    with pytest.raises(ValueError, match="changes nothing"):
        Reaction("nothing", {}, MassAction({}, 1.0))
    with pytest.raises(ValueError, match="order of 'vacancy' must be a whole number"):
        MassAction({"vacancy": 0}, 1.0)
    with pytest.raises(ValueError, match="not both"):
        MassAction({"vacancy": 1}, 1.0, {}, 1.0, 1.0)
    with pytest.raises(ValueError, match="backward orders need"):
        MassAction({"vacancy": 1}, 1.0, {"interstitial": 1})


# --- derivatives and undershoot -------------------------------------------------------------------------------------


def random_state(law: RateLaw, rng: np.random.Generator, size: int) -> dict[str, Array]:
    """Densities over twelve decades, some of them below zero by up to 1e-3 of the largest."""
    state = {}
    for name in law.populations:
        c = 10.0 ** rng.uniform(12, 24, size)
        below = rng.random(size) < 0.2
        state[name] = np.where(below, -1e21 * 10.0 ** rng.uniform(-9, 0, size), c)
    return state


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda one: one.name)
def test_derivatives_are_exact_also_below_zero(reaction: Reaction) -> None:
    law, rng = reaction.law, np.random.default_rng(3)
    state = random_state(law, rng, 400)
    values = values_of(law, 400, light=0.7, field=1.02e6)
    slopes = law.rate(state, values)[1]
    assert set(slopes) == {*law.populations, *({FIELD} & law.conditions)}
    for name in law.populations:
        # Of each law, smooth in c between the kinks at 0 and at saturation, the five-point formula of fourth order.
        width = 1e-3 * np.abs(state[name])
        moved = [law.rate({**state, name: state[name] + k * width}, values)[0] for k in (-2, -1, 1, 2)]
        differences = (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * width)
        noise = 1e-14 * np.max(np.abs(moved), axis=0) / width
        assert (np.abs(slopes[name] - differences) <= 1e-6 * np.abs(differences) + noise).all()


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda one: one.name)
def test_rates_stay_finite_for_whatever_a_solver_tries(reaction: Reaction) -> None:
    law = reaction.law
    extremes = np.array([-1e30, -1e21, -1e-300, 0.0, 1e-300, 1.0, 1e33])
    grid = np.meshgrid(*[extremes] * len(law.populations), indexing="ij")
    size = extremes.size ** len(law.populations)
    state = {name: axis.ravel() for name, axis in zip(law.populations, grid, strict=True)}
    rate, slopes = law.rate(state, values_of(law, size, light=1e3, field=1e12))
    assert np.isfinite(rate).all() and all(np.isfinite(slope).all() for slope in slopes.values())


def test_two_negative_reactants_do_not_react() -> None:
    law = MassAction({"vacancy": 1, "interstitial": 1}, 1e-24)
    assert rate_at(law, {"vacancy": -1e20, "interstitial": -1e20}) == 0.0
    assert rate_at(law, {"vacancy": -1e20, "interstitial": 1e20}) == -1e16
    assert rate_at(MassAction({"vacancy": 2}, 1e-24), {"vacancy": -1e20}) == 0.0


# --- Frenkel pairs --------------------------------------------------------------------------------------------------


def frenkel(diffusivity: float, equilibrium: float) -> MassAction:
    radius = coulomb_radius(24.1, 300.0)
    law = frenkel_pair(
        "vacancy", "interstitial", frenkel_rate_constant(diffusivity, diffusivity, radius), equilibrium
    ).law
    assert isinstance(law, MassAction)
    return law


def test_frenkel_pairs_annihilate_in_seventeen_seconds(verify: Verification) -> None:
    """n0 / n = 1 + k_F n0 t, so that half are left after 1 / (k_F n0)."""
    verify(
        id="E2", quantity="Coulomb radius at a permittivity of 24.1 and 300 K [m]",
        measured=coulomb_radius(24.1, 300.0), expected=2.311e-9, tolerance=1e-3,
    )  # fmt: skip
    for diffusivity, expected in ((1e-16, 17.22), (1e-17, 172.2)):
        law = frenkel(diffusivity, 0.0)

        def left(t: float, c: Array, law: MassAction = law) -> list[float]:
            return [-rate_at(law, {"vacancy": c[0], "interstitial": c[0]})]

        solution = solve_ivp(left, (0, 1e4), [1e22], "LSODA", rtol=1e-9, atol=1.0, events=lambda t, c: c[0] - 0.5e22)
        assert solution.t_events is not None
        half = solution.t_events[0][0]
        verify(
            id="E2", quantity=f"Half-life of Frenkel pairs of 1e22 1/m^3, D = {diffusivity:g} m^2/s [s]", measured=half,
            expected=expected, tolerance=1e-3,
        )  # fmt: skip


def test_frenkel_pairs_relax_to_their_product(verify: Verification) -> None:
    """Near equilibrium a disturbance of both decays with k_F (c_V + c_i), whatever the ratio of the two."""
    law = frenkel(1e-16, 1e44)
    assert rate_at(law, {"vacancy": 1e20, "interstitial": 1e24}) == pytest.approx(0.0, abs=1e-16 * 5.8e-24 * 1e44 * 4)
    k_f = float(values_of(law, 1)["rate constant"][0])
    vacancies, interstitials = 1e23, 1e21
    rate = k_f * (vacancies + interstitials)
    once = rate_at(law, {"vacancy": vacancies * (1 + 1e-6), "interstitial": interstitials + 1e-6 * vacancies})
    verify(
        id="E2", quantity="Relaxation rate of Frenkel pairs at 1e23 and 1e21 1/m^3 over k_F (c_V + c_i)",
        measured=once / (1e-6 * vacancies) / rate, expected=1.0, tolerance=1e-5,
    )  # fmt: skip


# --- traps, damage, lead --------------------------------------------------------------------------------------------


def test_passivation_settles_where_filling_and_release_balance() -> None:
    k_p, k_d, sites, excess = 1e-24, 1e-3, 1e23, 4e21
    law = Passivation("trap", "excess", k_p, k_d, sites)
    settled = k_d * sites / (k_p * excess + k_d)
    assert rate_at(law, {"trap": settled, "excess": excess}) == pytest.approx(0.0, abs=1e-14 * k_d * sites)
    assert rate_at(law, {"trap": sites, "excess": 0.0}) == 0.0
    assert rate_at(law, {"trap": sites, "excess": excess}) > 0 > rate_at(law, {"trap": 0.5 * settled, "excess": excess})


def test_degradation_starts_at_the_threshold_and_ends_when_all_is_lost() -> None:
    damage = Degradation("degraded", "vacancy", 1e-3, 1e24, 1.2e28)
    law = FieldAssisted(damage, Threshold(1e6, 2e4))
    state = {"degraded": 0.25e24, "vacancy": 1.2e25}
    free = 1e-3 * 0.75e24 * 1e-3
    assert rate_at(damage, state) == pytest.approx(free, rel=1e-14, abs=0.0)
    assert rate_at(law, state, field=0.5e6) < 1e-10 * free
    assert rate_at(law, state, field=1e6) == pytest.approx(0.5 * free, rel=1e-14, abs=0.0)
    assert rate_at(law, state, field=2e6) == pytest.approx(free, rel=1e-12, abs=0.0)
    assert rate_at(damage, {"degraded": 1e24, "vacancy": 1e25}) == 0.0
    healed = damage.rate({"degraded": 1.1e24 * ONE, "vacancy": 1e25 * ONE}, values_of(damage, 1))
    assert healed[0] == healed[1]["degraded"] == healed[1]["vacancy"] == 0.0  # nothing heals


def test_the_field_multiplies_a_rate_exponentially() -> None:
    law = FieldAssisted(MassAction({}, 1e18), Exponential(2e6))
    assert rate_at(law, {}, field=0.0) == 1e18
    assert rate_at(law, {}, field=6e6) == pytest.approx(1e18 * np.exp(3), rel=1e-14, abs=0.0)


def test_lead_is_reduced_by_injected_electrons_only(verify: Verification) -> None:
    """Below N_C the two-level rate goes with the square of n; far above the first level, with n."""
    at = {"lead ion": 1e22, "lead": 0.0}
    slopes = []
    for n in (1e20, 1e28):
        once, twice = (rate_at(TWO_LEVEL, {**at, "electron": many}) for many in (n, 1.01 * n))
        slopes.append(float(np.log(twice / once) / np.log(1.01)))
    verify(
        id="E3", quantity="Order of lead reduction in electrons, few", measured=slopes[0], expected=2, tolerance=1e-3
    )
    verify(
        id="E3", quantity="Order of lead reduction in electrons, many", measured=slopes[1], expected=1, tolerance=0.01
    )


def test_two_electron_reduction_rests_at_equilibrium() -> None:
    n, ion = 3e21, 2e22
    lead = n * n * ion / (ABOVE * DEEP)
    forth = rate_at(TWO_LEVEL, {"electron": n, "lead ion": ion, "lead": 0.0})
    assert abs(rate_at(TWO_LEVEL, {"electron": n, "lead ion": ion, "lead": lead})) < 1e-14 * forth
    assert rate_at(TWO_LEVEL, {"electron": 1.01 * n, "lead ion": ion, "lead": lead}) > 0
    assert rate_at(TWO_LEVEL, {"electron": n, "lead ion": ion, "lead": 1.01 * lead}) < 0


def test_two_electron_reduction_is_the_limit_of_its_two_steps() -> None:
    """Against the two captures solved one after the other, with the middle state in balance."""
    law = TwoElectronCapture("lead ion", "lead", 2e-14, 5e-15, 1e22, 3e20)
    n, ion, lead = 4e21, 2e22, 7e21
    middle = (2e-14 * n * ion + 5e-15 * 3e20 * lead) / (2e-14 * 1e22 + 5e-15 * n)
    first = 2e-14 * (n * ion - 1e22 * middle)
    second = 5e-15 * (n * middle - 3e20 * lead)
    assert first == pytest.approx(second, rel=1e-12, abs=0.0)
    assert rate_at(law, {"electron": n, "lead ion": ion, "lead": lead}) == pytest.approx(first, rel=1e-12, abs=0.0)


def test_a_capture_needs_a_radius() -> None:
    with pytest.raises(ValueError, match="capture radius must be greater than zero"):
        frenkel_rate_constant(1e-16, 1e-16, 0.0)
