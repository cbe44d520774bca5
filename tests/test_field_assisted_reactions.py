"""Reactions that the electric field helps: whose field counts, exact derivatives, order in time, what is measured."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from irregular_films import graded, rectangle, with_strips
from skfem import MeshTri
from test_jacobian import deviation, rough_state
from verification import Verification

from fem.constants import eV, nm
from fem.coupled.system import CoupledSystem
from fem.cycles.jumping import CycleJumping, follow
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.newton import BoundedNewton
from fem.numerics.rosenbrock import rodas4_step
from fem.numerics.sparse_direct import SolverError, best_solver
from fem.numerics.system import Statistics
from fem.observables.emission import events_by, quantum_yield
from fem.output_state import LinearWork
from fem.physics.carriers.device_layers import Conductor, Insulator, device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import ramp, square, step
from fem.physics.materials import MAPbI3, Material
from fem.physics.reactions.defect_chemistry import carrier_pairs, frenkel_pair, recombination
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import Generation, MassAction
from fem.physics.reactions.reaction import RateLaw, Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.species import Species
from scenarios.parts.field_made import Law, field_made_pairs

VACANCY = Species("vacancy", 1, 1e22, 6.5e-8, 0.50 * eV, composition={"X": -1})
INTERSTITIAL = Species("interstitial", -1, 1e22, 6.5e-8, 0.50 * eV, composition={"X": +1})
PAIR = {"vacancy": 1, "interstitial": 1}
RATE = 1e22  # of pairs [1/(m^3 s)]
SIZE = 100 * nm


def column() -> MeshTri:
    return rectangle(np.linspace(0, 10, 3) * nm, graded(SIZE, 2 * nm, largest=20 * nm))


def oxidised() -> MeshTri:
    """A film from 20 to 80 nm between oxides."""
    mesh = rectangle(np.linspace(0, 20, 3) * nm, np.linspace(0, 100, 21) * nm, jitter=0.0)
    parts = {"film": lambda p: (p[1] > 20 * nm) & (p[1] < 80 * nm), "oxide": lambda p: np.abs(p[1] - 50 * nm) > 30 * nm}
    return with_strips(mesh, parts)


def pairs(law: FieldAssisted, where: str | None = None) -> Reaction:
    return Reaction("pairs by the field", PAIR, law, where)


def film(reactions: list[Reaction], bias: float, mesh: MeshTri | None = None) -> PoissonNernstPlanck:
    contacts = (Contact("bottom", 0.0), Contact("top", step(bias)))
    return PoissonNernstPlanck(
        mesh or column(), MAPbI3, (VACANCY, INTERSTITIAL), contacts, reactions=reactions, light=ramp(1.0, 1.0)
    )


# --- whose field counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [None, "film"])
def test_beside_an_oxide_the_field_of_the_film_counts(where: str | None, verify: Verification) -> None:
    """Layers in series: the oxide of a sixth of the permittivity has six times the field of the film."""
    ions = [
        Species.immobile(name, charge, 0.0, reference=1e20, where=("film",))
        for name, charge in (("vacancy", 1), ("interstitial", -1))
    ]
    material = Material("coated", {"film": 24.0, "oxide": 4.0})
    rate = FieldAssisted(MassAction({}, RATE), Exponential(1e6))
    contacts = (Contact("bottom", 0.0), Contact("top", step(1.0)))
    model = PoissonNernstPlanck(oxidised(), material, ions, contacts, reactions=[pairs(rate, where)], relax_first=False)
    system = model.driven(0.0)
    fields = system.unknowns.nodal(system.hold_algebraic(0.0, model.initial_values()))
    made = system._sources(0.0, fields).amount[0]
    own = model.unknowns.storage[0]
    strength = 1e6 * np.log(made[own > 0] / own[own > 0] / RATE)
    exact = 1.0 / (24.0 * (60 / 24.0 + 40 / 4.0) * nm)
    quantity = "field that helps a reaction in a film between oxides, farthest node, over that of layers in series"
    verify(id="B15", quantity=quantity, measured=strength.max() / exact, expected=1.0, tolerance=1e-9)
    assert strength == pytest.approx(exact, rel=1e-9, abs=0.0)


def test_at_an_interface_of_strangers_the_field_of_both_counts() -> None:
    """Where no cell holds all populations of a reaction, those around it count that hold any."""
    ions = [
        Species.immobile("vacancy", 1, 0.0, where=("grain_0",), reference=1e20),
        Species.immobile("interstitial", -1, 0.0, where=("grain_1",), reference=1e20),
    ]
    mesh = rectangle(np.linspace(0, 40, 5) * nm, np.linspace(0, 20, 3) * nm, lines=(20 * nm,))
    law = FieldAssisted(MassAction({}, RATE), Exponential(1e6))
    contacts = (Contact("left", 0.0), Contact("right", step(0.1)))
    reactions = [pairs(law, "grain_boundary_lines")]
    model = PoissonNernstPlanck(mesh, MAPbI3, ions, contacts, reactions=reactions, relax_first=False)
    system = model.driven(0.0)
    fields = system.unknowns.nodal(system.hold_algebraic(0.0, model.initial_values()))
    expected = RATE * np.exp(0.1 / (40 * nm) / 1e6) * 20 * nm
    assert system._sources(0.0, fields).amount[0].sum() == pytest.approx(expected, rel=1e-9, abs=0.0)


# --- nothing without a field ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", Law)
def test_a_film_at_rest_makes_no_pairs_by_its_field(law: Law) -> None:
    made = field_made_pairs(law, 0.5e6, 1e22, 1e21)
    chemistry = made.chemistry(24.1, 300.0)
    assert len(chemistry) == 2
    model = PoissonNernstPlanck(
        column(), MAPbI3, made.defects(), [Contact("bottom", 0.0), Contact("top", 0.0)], reactions=chemistry
    )
    start = model.initial_state().concentrations
    assert start[0] * start[1] == pytest.approx(made.pairs**2, rel=1e-9, abs=0.0)
    assert start[0] == pytest.approx(made.vacancies, rel=1e-9, abs=0.0)
    *_, last = evolve(model, np.array([0.0, 1e6]))
    assert last.state.concentrations == pytest.approx(start, rel=1e-9, abs=0.0)


def test_pairs_of_the_field_and_of_the_heat_are_those_of_one_law() -> None:
    """Formation ``k K exp(E / E0)`` less annihilation ``k c c`` is the balance at rest plus what the field adds."""
    made = field_made_pairs(Law.EXPONENTIAL, 0.5e6, 1e22, 1e21)
    rest, added = (one.law for one in made.chemistry(24.1, 300.0))
    field, ones = np.array([0.0, 0.1e6, 3e6]), np.ones(3)
    at = {name: ones * value for name, value in rest.coefficients.items() if isinstance(value, float)}
    c = {"iodide vacancy": 2e21 * ones, "iodide interstitial": 3e20 * ones}
    more = {name: ones * value for name, value in added.coefficients.items() if isinstance(value, float)}
    net = added.rate(c, {**more, "field": field})[0] - rest.rate(c, at)[0]
    k, balance = at["rate constant"], at["equilibrium constant"]
    assert net == pytest.approx(k * (balance * np.exp(field / 0.5e6) - 6e41), rel=1e-12, abs=0.0)


FAR_BELOW = Threshold(10e6, 0.4e6)  # 1e-11 without a field


def standing(name: str, concentration: float, charge: int = 0) -> Species:
    return Species.immobile(name, charge, concentration, 1e20)


def exchange(first: str, second: str, law: RateLaw) -> Reaction:
    return Reaction(f"{first} to {second}", {first: -1, second: 1}, law)


def helped(first: str, second: str, forth: float, back: float) -> Reaction:
    """There and back by first-order rates [1/s] that the threshold makes tiny."""
    return exchange(first, second, FieldAssisted(MassAction({first: 1}, forth, {second: 1}, back), FAR_BELOW))


A, B, C = (standing(name, concentration) for name, concentration in (("A", 1e22), ("B", 1e20), ("C", 0.0)))
PAIR_OF_TRAPS = [standing("A", 0.0, 1), standing("B", 0.0, -1)]
ION = replace(VACANCY, name="A", composition={})
SLOW = {
    "two states of a site": ([A, B], [helped("A", "B", 1e-3, 3e-3)], [7.575e21, 2.525e21]),
    "behind a fast reaction": (
        [A, B, C],
        [exchange("A", "B", MassAction({"A": 1}, 1.0, {"B": 1}, 1.0)), helped("B", "C", 1.0, 1.0)],
        [1.01e22 / 3] * 3,
    ),
    "pairs, none at first": (
        PAIR_OF_TRAPS,
        [Reaction("pairs", {"A": 1, "B": 1},
                  FieldAssisted(MassAction({}, 1e18, {"A": 1, "B": 1}, 1e-24), FAR_BELOW))],
        [1e21, 1e21],
    ),
    "an ion that stays": ([ION, standing("B", 0.0, 1)], [helped("A", "B", 1.0, 3.0)], [7.5e21, 2.5e21]),
}  # fmt: skip


@pytest.mark.parametrize("case", SLOW)
def test_a_reaction_far_below_its_threshold_is_in_balance_at_rest(case: str, verify: Verification) -> None:
    """However long that takes: with steps of 1e4 s the net rate was half of what goes to and fro."""
    ions, reactions, expected = SLOW[case]
    contacts = [Contact("bottom", 0.0), Contact("top", step(1.0))]
    model = PoissonNernstPlanck(column(), MAPbI3, ions, contacts, reactions=reactions)
    rest, start = model.rest, model.initial_state().concentrations
    verify(id="D20", quantity=f"net rate at rest of a reaction far below its threshold: {case}", measured=rest.net,
           expected=0.0, tolerance=1e-9)  # fmt: skip
    assert start == pytest.approx(np.tile(expected, (start.shape[1], 1)).T, rel=1e-8, abs=0.0)


def test_reactions_that_agree_on_no_equilibrium_rest_in_their_true_balance() -> None:
    """One is slower than the other and wants another ratio: how fast they are decides where they rest."""
    slow = replace(helped("A", "B", 3e-1, 1e-1), name="slow")
    model = PoissonNernstPlanck(
        column(), MAPbI3, [A, B], [Contact("bottom", 0.0), Contact("top", 0.0)],
        reactions=[slow, helped("A", "B", 1.0, 1.0)],
    )  # fmt: skip
    start = model.initial_state().concentrations
    assert model.rest.net < 1e-9 and "slow reactions" in model.rest.way, model.rest
    assert start[1] / start[0] == pytest.approx(1.3 / 1.1, rel=1e-6, abs=0.0)


# --- derivatives and order --------------------------------------------------------------------------------------------


LAWS = {
    "exponential": FieldAssisted(MassAction({}, RATE), Exponential(5e6)),
    "threshold": FieldAssisted(MassAction({"vacancy": 1}, 0.1), Threshold(8e6, 2e6)),
    "added": FieldAssisted(MassAction({}, RATE), Exponential(5e6), added=True),
}


@pytest.mark.parametrize("law", LAWS)
def test_the_jacobian_knows_the_field(law: str, verify: Verification) -> None:
    model = film([pairs(LAWS[law]), frenkel_pair("vacancy", "interstitial", 1e-23, 1e44)], bias=1.0)
    system = model.driven(0.3)
    values = rough_state(system, 2.0, np.random.default_rng(1))
    measured = deviation(system, 0.3, values, 1e-4)
    quantity = f"largest error of the Jacobian with a reaction that the field helps, {law}"
    verify(id="D20", quantity=quantity, measured=measured, expected=0.0, tolerance=1e-7)


def test_the_derivative_by_time_knows_the_field() -> None:
    """Light that brightens makes pairs with the help of the field."""
    law = FieldAssisted(Generation(RATE), Exponential(5e6))
    model = film([pairs(law), frenkel_pair("vacancy", "interstitial", 1e-23, 1e44)], bias=1.0)
    system = model.driven(0.3)
    values = rough_state(system, 2.0, np.random.default_rng(1))
    moved = system.residual(0.3 + 1e-3, values) - system.residual(0.3 - 1e-3, values)
    exact = system.time_derivative(0.3, values)
    assert np.abs(exact).max() > 0
    np.testing.assert_allclose(moved / 2e-3, exact, rtol=1e-9, atol=1e-9 * np.abs(exact).max())


def marched(system: CoupledSystem, values: Array, end: float, count: int) -> Array:
    """Unknowns after so many equal steps."""
    for n in range(count):
        values = rodas4_step(system, best_solver(), n * end / count, values, end / count, Statistics())[0].last
    return values


def test_the_order_of_the_time_steps_survives_a_strong_field_law(verify: Verification) -> None:
    """Pairs that a field makes, e^8 times as many as without, and that screen it again.

    With the derivative by the potential left out the error of these steps does not fall at all.
    """
    model = film([pairs(FieldAssisted(MassAction({}, 1e21), Exponential(1 / SIZE / 8)))], bias=1.0)
    system = model.driven(0.0)
    start = system.hold_algebraic(0.0, model.initial_values())
    march = partial(marched, system, start, 0.01)
    exact = march(128)
    errors = [float(system.scaled_norm(march(count) - exact, exact)) for count in (8, 16, 32)]
    assert errors[0] < 1e-4
    quantity = "order of RODAS4 where a field law makes ions that screen the field"
    verify(id="D20", quantity=quantity, measured=np.log2(errors[0] / errors[2]) / 2, expected=4.0, tolerance=0.15)


def test_steps_stay_long_under_a_strong_field_law(verify: Verification) -> None:
    """More than a thousand of them with the derivative by the potential left out."""
    model = film([pairs(FieldAssisted(MassAction({}, 1e21), Exponential(1 / SIZE / 4)))], bias=1.0)
    done = Statistics()
    for _ in evolve(model, np.array([0.0, 10.0]), statistics=done):
        pass
    quantity = "factorisations beyond the 150 allowed for 10 s in which a field law makes ions that screen the field"
    verify(id="N1", quantity=quantity, measured=max(0, done.factorisations - 150), expected=0, tolerance=0)


def too_steep() -> list[Reaction]:
    """Helped by e^100 at 1 V over the film."""
    law = FieldAssisted(MassAction({}, RATE), Exponential(1 / SIZE / 100), added=True)
    return [pairs(law), frenkel_pair("vacancy", "interstitial", 1e-22, 1e44)]


def named(found: str) -> str:
    return rf"{found}.*'pairs by the field'.* = e\^100 at 1e\+07 V/m: raise.* E0 "


def test_a_factor_that_steps_cannot_follow_is_named_with_its_knob() -> None:
    """Which reaction, how large, where, and what to change."""
    with pytest.raises(SolverError, match=named("collapsed")):
        list(evolve(film(too_steep(), bias=1.0), np.array([0.0, 1.0])))


def test_such_a_factor_is_named_where_cycles_are_followed() -> None:
    model = replace(film(too_steep(), bias=1.0), light=0.0)
    contacts = (model.contacts[0], replace(model.contacts[1], potential=square(1.0, 0.0, 1.0)))
    jumping = follow(replace(model, contacts=contacts), np.array([0.0, 1.0]), CycleJumping(1.0))
    with pytest.raises(SolverError, match=named("collapsed")):
        list(jumping)


def test_such_a_factor_is_named_where_the_rest_is_sought() -> None:
    model = film(too_steep(), bias=1.0)
    contacts = (model.contacts[0], replace(model.contacts[1], potential=step(1.0, initial=1.0)))
    with pytest.raises(SolverError, match=named("equilibrium before t = 0 was not found")):
        replace(model, contacts=contacts, light=0.0).initial_values()


def test_such_a_factor_is_named_where_carriers_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    model = film(too_steep(), bias=1.0)
    system = model.driven(0.0)
    values = system.hold_algebraic(0.0, model.initial_values())

    def unsolved(*_: object) -> Array:
        raise SolverError("Newton's iteration stalled")

    monkeypatch.setattr(BoundedNewton, "implicit_euler", unsolved)
    with pytest.raises(SolverError, match=named("do not settle at t = 1 s: Newton's iteration stalled")):
        LinearWork(best_solver()).relaxed(system, 1.0, values, 1e-3)


# --- what is measured -------------------------------------------------------------------------------------------------


def test_observables_know_the_field() -> None:
    """Events of a law that the field helps, counted at the field of the state."""
    conductor = Conductor(24.0, 3.9 * eV, 1.6 * eV, 8e24, 8e24, 2e-3, 2e-3)
    material, semiconductor = device({"film": conductor, "oxide": Insulator(4.0)})
    helped = FieldAssisted(Generation(1e20), Exponential(1e6))
    reactions = [
        replace(carrier_pairs(1.0), name="dissociation", law=helped),
        recombination("radiative", Radiative(6e-17)),
    ]
    contacts = [Contact("bottom", step(1.0), carriers=CarrierContact()), Contact("top", 0.0)]
    model = PoissonNernstPlanck(oxidised(), material, [], contacts, semiconductor=semiconductor, reactions=reactions,
                                light=1.0)  # fmt: skip
    *_, last = evolve(model, np.array([0.0, 1e-12]))
    state = last.state
    made = [
        events_by(model, at, lambda one: one.name == "dissociation", "dissociates").sum()
        for at in (model.initial_state(), state)
    ]
    strength = np.abs(model.electric_field(state)[1])
    in_film = np.isin(np.arange(len(strength)), model.mesh.subdomains["film"])
    expected = (model.control_volumes.areas * in_film) @ (1e20 * np.exp(strength / 1e6))
    assert made[1] == pytest.approx(expected, rel=0.02, abs=0.0) and made[1] > 1.2 * made[0]
    emitted = events_by(model, state, lambda one: one.emits, "emits").sum()
    assert quantum_yield(model, state) == pytest.approx(emitted / made[1], rel=1e-12, abs=0.0)
