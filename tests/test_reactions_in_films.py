"""Reactions as part of the coupled system, against closed forms in films where nothing but they happen."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import small_film
from reaction_examples import CHARGES, COMPOSITIONS
from verification import Verification

from fem.constants import boltzmann, eV, nm
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.materials import MAPbI3
from fem.physics.reactions.at_rest import running_at_rest
from fem.physics.reactions.defect_chemistry import coulomb_radius, degradation, frenkel_pair, frenkel_rate_constant
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, FieldFactor, Threshold
from fem.physics.reactions.rate_laws import Degradation, Generation, MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.species import Species
from fem.rest.imbalance import measured

TIMES = np.array([0.0, 1.0, 5.0, 20.0, 50.0, 200.0])
MESH = small_film((Contact("bottom", 0.0), Contact("top", 0.0))).mesh
DIFFUSIVITY, BARRIER = 1e-16, 0.3 * eV
PREFACTOR = DIFFUSIVITY * np.exp(BARRIER / (boltzmann * 300.0))


def ions(name: str) -> Species:
    return Species(name, CHARGES[name], 1e22, PREFACTOR, BARRIER, composition=COMPOSITIONS[name])


def film(species: tuple[Species, ...], reactions: tuple[Reaction, ...], bias: float = 0.0) -> PoissonNernstPlanck:
    contacts = (Contact("bottom", 0.0), Contact("top", step(bias) if bias else 0.0))
    return PoissonNernstPlanck(MESH, MAPbI3, species, contacts, reactions=reactions, light=step(1.0))


def run(model: PoissonNernstPlanck) -> Array:
    """Concentrations at the times, shape (n_times, n_species, n_nodes)."""
    return np.array([one.state.concentrations for one in evolve(model, TIMES, tolerance=1e-4)])


def test_light_makes_frenkel_pairs_until_they_annihilate_as_fast(verify: Verification) -> None:
    """From c^2 = K_F, dc/dt = k_F (4 K_F - c^2) gives c = c_end tanh(k_F c_end t + artanh(1/2))."""
    k_f = frenkel_rate_constant(DIFFUSIVITY, DIFFUSIVITY, coulomb_radius(24.1, 300.0))
    pairs = Generation(3 * 1e44 * k_f)
    reactions = (
        frenkel_pair("vacancy", "interstitial", k_f, 1e44),
        Reaction("creation by light", {"vacancy": 1, "interstitial": 1}, pairs),
    )
    found = run(film((ions("vacancy"), ions("interstitial")), reactions))
    expected = 2e22 * np.tanh(2e22 * k_f * TIMES + np.arctanh(0.5))
    verify(
        id="E2", quantity="Frenkel pairs made by light in a film, largest error of the closed form over 200 s",
        measured=float(np.abs(found / expected[:, None, None] - 1).max()), expected=0.0, tolerance=2e-5,
    )  # fmt: skip
    verify(
        id="E2", quantity="Vacancies less interstitials in that film over their number",
        measured=float(np.abs(found[:, 0] - found[:, 1]).max() / 2e22), expected=0.0, tolerance=1e-12,
    )  # fmt: skip


def test_sites_degrade_above_the_threshold_only(verify: Verification) -> None:
    """d = N (1 - exp(-k t)) where the field is far above E_th, nothing far below; a trace of ions leaves it even."""
    trace = Species("vacancy", 1, 1e16, PREFACTOR, BARRIER)
    seeds = Species.immobile("seed", 0, 1e23)
    lost = Species.immobile("degraded", 0, 0.0, reference=1e24)
    damage = Degradation("degraded", "seed", 0.02, 1e24, 1e23)
    strength = 1.0 / (100 * nm)

    def share(threshold: float) -> Array:
        law = FieldAssisted(damage, Threshold(threshold, 0.01 * strength))
        found = run(film((seeds, lost, trace), (degradation(damage, law),), bias=1.0))
        assert found[:, 0] == pytest.approx(1e23, rel=1e-12, abs=0.0)
        return np.asarray(found[:, 1] / 1e24)

    assert share(2 * strength).max() < 1e-12
    expected = 1 - np.exp(-0.02 * TIMES)
    verify(
        id="B15", quantity="Sites lost in a film above the threshold field, largest error of 1 - exp(-k t)",
        measured=float(np.abs(share(0.5 * strength) - expected[:, None]).max()), expected=0.0, tolerance=2e-5,
    )  # fmt: skip


def test_damage_that_nothing_undoes_waits_for_the_drive() -> None:
    """The rest takes as long as it needs; a reaction without a reverse would use up all it finds."""
    seeds, lost = Species.immobile("seed", 0, 1e23), Species.immobile("degraded", 0, 0.0, reference=1e24)
    damage = degradation(Degradation("degraded", "seed", 0.02, 1e24, 1e23))
    model = film((seeds, lost, Species("vacancy", 1, 1e16, PREFACTOR, BARRIER)), (damage,))
    found = run(model)[:, 1] / 1e24
    assert found[0].max() == 0.0
    assert model.rest.as_dict()["reactions that begin with the drive"] == [damage.name]
    expected = 1 - np.exp(-0.02 * TIMES)
    assert np.abs(found - expected[:, None]).max() < 2e-5


def test_reactions_in_a_cycle_run_at_rest() -> None:
    """A pair that light makes and that annihilates, and damage healed by another reaction; not damage alone."""
    healing = Reaction("healing", {"degraded": -1}, MassAction({"degraded": 1}, 0.01))
    damage = degradation(Degradation("degraded", "vacancy", 0.02, 1e24, 1e22))
    pairs = frenkel_pair("vacancy", "interstitial", 1e-24, 1e44)
    light = Reaction("creation by light", {"vacancy": 1, "interstitial": 1}, Generation(1e18))
    lost = Species.immobile("degraded", 0, 0.0, reference=1e24)
    species = (ions("vacancy"), ions("interstitial"), lost)
    for reactions, names in (
        ((pairs, light, damage, healing), {pairs.name, light.name, damage.name, healing.name}),
        ((pairs, light, damage), {pairs.name, light.name}),
        ((light, damage), set()),
        ((pairs, healing), {pairs.name}),
    ):
        network = film(species, reactions).network
        assert network is not None
        assert {one.name for one in running_at_rest(network).reactions} == names
    aged = film(species, (pairs, damage, healing))
    assert aged.start_concentrations[2] == pytest.approx(1e24 * 0.02 / 0.03, rel=1e-6, abs=0.0)


@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("factor", [Threshold(2e6, 2e3), Exponential(5e6)])
def test_a_reverse_that_waits_for_the_field_is_a_reverse(factor: FieldFactor, added: bool) -> None:
    """Both ways of a reaction get the help of the field: it is reversible even where nothing runs without one."""
    there_and_back = FieldAssisted(MassAction({"a": 1}, 1.0, {"b": 1}, 2.0), factor, added)
    one_way = FieldAssisted(MassAction({"a": 1}, 1.0), factor, added)
    species = (Species.immobile("a", 0, 1e23), Species.immobile("b", 0, 1e23), ions("vacancy"))
    for law, left_out in ((there_and_back, ()), (FieldAssisted(there_and_back, factor), ()), (one_way, ("flip",))):
        model = film(species, (Reaction("flip", {"a": -1, "b": 1}, law),))
        assert model.rest.left_out == left_out


def test_ions_that_react_and_move_in_light_rest_where_the_film_does(verify: Verification) -> None:
    """Pairs made where light falls, that drift apart and annihilate: motion and reaction share in the steady state."""
    k_f = frenkel_rate_constant(DIFFUSIVITY, DIFFUSIVITY, coulomb_radius(24.1, 300.0))
    upper = MESH.p[1, MESH.t].mean(axis=0) > MESH.p[1].max() / 2
    mesh = MESH.with_subdomains({"below": np.flatnonzero(~upper), "above": np.flatnonzero(upper)})
    light = Generation({"below": 0.0, "above": 3e44 * k_f})
    reactions = (
        frenkel_pair("vacancy", "interstitial", k_f, 1e44),
        Reaction("creation by light", {"vacancy": 1, "interstitial": 1}, light),
    )
    species = (ions("vacancy"), ions("interstitial"))
    contacts = (Contact("bottom", 0.0), Contact("top", 0.0))
    model = PoissonNernstPlanck(mesh, MAPbI3, species, contacts, reactions=reactions, light=1.0)
    found = np.array([one.state.concentrations for one in evolve(model, TIMES, tolerance=1e-4)])
    assert float(np.ptp(found[0, 0]) / found[0, 0].mean()) > 0.01
    verify(
        id="E2", quantity="Lit film at rest in which ions react and move: what changes over 200 s, relative",
        measured=float(np.abs(found / found[0] - 1).max()), expected=0.0, tolerance=1e-8,
    )  # fmt: skip
    assert model.rest.kind == "steady state" and model.rest.net < 1e-12, model.rest


def slow_pairs(rate: float) -> PoissonNernstPlanck:
    """Ten times as many mobile vacancies and interstitials as form pairs in balance, at `rate` [m^3/s]."""
    contacts = (Contact("bottom", 0.0), Contact("top", 0.0))
    pair = frenkel_pair("vacancy", "interstitial", rate, 1e42)
    return PoissonNernstPlanck(MESH, MAPbI3, (ions("vacancy"), ions("interstitial")), contacts, reactions=[pair])


@pytest.mark.parametrize("rate", [1e-26, 1e-34, 1e-50])
def test_mobile_ions_that_react_slowly_rest_in_balance(rate: float, verify: Verification) -> None:
    """However slow: their hops, 1e8 times as many and more, hid that nothing had reacted yet."""
    model = slow_pairs(rate)
    found = model.start_concentrations.prod(axis=0) / 1e42 - 1
    verify(id="E2", quantity=f"Mobile pairs at rest that react with {rate:.0e} m^3/s: error of their product",
           measured=float(np.abs(found).max()), expected=0.0, tolerance=1e-8)  # fmt: skip
    assert model.rest.net < 1e-8, model.rest


def test_a_slow_reaction_out_of_balance_is_named() -> None:
    """Judged by its own events forth and back: 2 % too many vacancies, and 1 % too few interstitials."""
    model = slow_pairs(1e-34)
    closed = model.closable_system(model.populations, open_contacts=False).driven_by(model.pieces(0.0))
    values = model.initial_values()
    assert measured(closed, values, True, "").net < 1e-8
    closed.unknowns.nodal(values)[1] *= 1.02
    closed.unknowns.nodal(values)[2] *= 0.99
    found = measured(closed, closed.hold_algebraic(0.0, values), True, "")
    assert found.population == "annihilation of vacancy and interstitial"
    assert found.net == pytest.approx(0.0098 / (0.0098 + 2 * 1.0098), rel=1e-3)


def test_reactions_in_a_steady_state_may_run_around_a_cycle_only() -> None:
    """Light makes what annihilates again; but pairs that wait beside it have not yet come to rest, and that is told."""
    lit = Reaction("creation by light", {"vacancy": 1, "interstitial": 1}, Generation(1e44 * 1e-20))
    model = slow_pairs(1e-20)
    species = (*model.species, Species("other vacancy", 1, 1e22, PREFACTOR, BARRIER, composition={"X": -1}))
    slow = Reaction("change of places", {"vacancy": -1, "other vacancy": 1},
                    MassAction({"vacancy": 1}, 1e-12, {"other vacancy": 1}, 1e-12))  # fmt: skip
    cycle = replace(model, reactions=[*model.reactions, lit], light=1.0)
    assert cycle.rest.kind == "steady state" and cycle.rest.net < 1e-9, cycle.rest
    beside = replace(cycle, species=species, reactions=[*cycle.reactions, slow])
    assert beside.rest.population == "change of places" and beside.rest.net > 1e-3, beside.rest
