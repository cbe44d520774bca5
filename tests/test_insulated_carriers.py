"""Electrons and holes without a contact, for days: charge and pairs are kept by sums that round-off does not reach."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from films_with_carriers import bands, bar, film
from irregular_films import gap, rectangle, with_strips
from numpy.typing import NDArray
from verification import Verification

from fem.constants import eV, nm
from fem.coupled.insulated import InsulatedCarriers
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics.grounded import Grounded, Sums
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.carriers.device_layers import Conductor, Insulator, device
from fem.physics.contacts import INSULATED, CarrierContact, Contact, IonExchange, Reservoir
from fem.physics.drives.drive import Drive, step
from fem.physics.reactions.defect_chemistry import capture, recombination
from fem.physics.reactions.rate_laws import Generation
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.species import Species

Array = NDArray[np.float64]

RADIATIVE = 1e-16  # [m^3/s]
PAIRS = 1e27  # made by light [1/(m^3 s)]
DAYS = 1e6  # [s]
LENGTH, WIDTH = 100 * nm, 20 * nm
REACTIONS = (
    recombination("radiative", Radiative(RADIATIVE)),
    Reaction("light", {"electron": 1, "hole": 1}, Generation(PAIRS)),
)
VACANCY = Species("vacancy", 1, 1e23, 1e-16, 0.0)


def insulated(light: Drive, volts: float | Drive = 0.0, ions: bool = True) -> PoissonNernstPlanck:
    """A film between metals that no carrier reaches; a voltage jumps at t = 0, a drive does as it says."""
    contacts = (Contact("left", 0.0), Contact("right", volts if isinstance(volts, Drive) else step(volts)))
    species = (VACANCY,) if ions else ()
    return film(bar(LENGTH, 2 * nm, 20 * nm), bands(), contacts, species, reactions=REACTIONS, light=light)


def numbers(model: PoissonNernstPlanck, output: Output) -> Array:
    """Electrons and holes in the film [1/m]."""
    return np.asarray((model.unknowns.storage[-2:] * output.state.carriers).sum(axis=1))


def stacked(output: Output) -> Array:
    """Concentrations of all that lives in the film [1/m^3], shape (n_species, n_nodes)."""
    return np.vstack([output.state.concentrations, output.state.carriers])


# --- days ----------------------------------------------------------------------------------------------------------


def test_a_lit_film_reaches_its_balance_and_keeps_its_charge_for_days(verify: Verification) -> None:
    """Steps of more than minutes were impossible: the charge of the carriers was lost in their fluxes."""
    model, done = insulated(step(1.0)), Statistics()
    *_, last = evolve(model, np.array([0.0, 1e-6, 1.0, DAYS]), statistics=done)
    electrons, holes = numbers(model, last)
    balance = np.sqrt(PAIRS / RADIATIVE) * LENGTH * WIDTH
    verify(id="N2", quantity="insulated film lit for 1e6 s: holes that pairs made and unmade leave over sqrt(G/k)",
           measured=holes / balance, expected=1.0, tolerance=1e-6)  # fmt: skip
    verify(id="N2", quantity="the same: charge of all carriers over that of one kind",
           measured=(holes - electrons) / holes, expected=0.0, tolerance=1e-14)  # fmt: skip
    assert done.steps < 45 and done.rejected_for_error <= 2


def test_a_dark_film_makes_the_pairs_that_heat_makes(verify: Verification) -> None:
    """A voltage parts electrons from holes; until there are many, n p = 0 and pairs grow in number by k n_i^2."""
    model, done = insulated(step(0.0), 0.5, ions=False), Statistics()
    first, *_, last = evolve(model, np.array([0.0, 1.0, 1e4]), statistics=done)
    assert model.bands is not None
    rate = RADIATIVE * float(np.mean(model.bands.intrinsic)) ** 2 * LENGTH * WIDTH
    grown = numbers(model, last) - numbers(model, first)
    quantity = "dark insulated film at 0.5 V: pairs made in 1e4 s over k n_i^2 t"
    verify(id="N2", quantity=quantity, measured=grown[1] / (1e4 * rate), expected=1.0, tolerance=2e-3)
    assert grown[0] == pytest.approx(grown[1], rel=1e-9, abs=0.0)
    assert done.steps < 45 and done.rejected_for_error <= 2


def test_the_rest_of_a_lit_film_is_found_at_once() -> None:
    """Before, steps longer than a second lost the charge, and a film lit before t = 0 was refused."""
    model = insulated(step(1.0, initial=1.0), 0.3)
    assert model.rest.way == "at once" and model.rest.net < 1e-12
    assert model.initial_state().carriers == pytest.approx(np.sqrt(PAIRS / RADIATIVE), rel=1e-9)


# --- which sums ------------------------------------------------------------------------------------------------------


def sums_of(model: PoissonNernstPlanck) -> InsulatedCarriers:
    return InsulatedCarriers.of(model.control_volumes, model.unknowns, model.network)


def test_contacts_decide_which_sums_are_kept() -> None:
    """Both without a contact: charge and holes. One with: the other's number. Both with, or none to keep: nothing."""
    blind, electrons = CarrierContact(0.0, 0.0), CarrierContact(1e5, 0.0)

    def kept(contact: CarrierContact | None) -> tuple[int, list[int]]:
        contacts = (Contact("left", 0.0), Contact("right", 0.0, carriers=contact or blind))
        found = sums_of(film(bar(LENGTH, 2 * nm, 20 * nm), bands(), contacts, (VACANCY,)))
        return len(found.charged), [k for k, _ in found.numbered]

    assert kept(None) == (1, [2])
    assert kept(electrons) == (0, [2])
    assert kept(CarrierContact()) == (0, [])


def two_films(
    light: Drive,
    volts: float,
    ions: Sequence[Species] = (),
    crossing: Mapping[str, IonExchange] | None = None,
    left: CarrierContact = INSULATED,
    reactions: Sequence[Reaction] = REACTIONS,
) -> PoissonNernstPlanck:
    """Two films with an oxide between them; carriers cross at the `left` at most, `ions` as `crossing` says."""
    mesh = rectangle(np.linspace(0, 60, 31) * nm, np.linspace(0, 20, 3) * nm, jitter=0.0)
    parts = {"film": lambda p: np.abs(p[0] - 30 * nm) > 10 * nm, "oxide": lambda p: np.abs(p[0] - 30 * nm) < 10 * nm}
    mesh = with_strips(mesh, parts)
    conductor = Conductor(24.0, 3.9 * eV, 1.6 * eV, 8e24, 8e24, 2e-3, 2e-3)
    material, semiconductor = device({"film": conductor, "oxide": Insulator(4.0)})
    contacts = (Contact("left", 0.0, crossing or {}, carriers=left), Contact("right", step(volts)))
    return PoissonNernstPlanck(
        mesh, material, ions, contacts, semiconductor=semiconductor, reactions=reactions, light=light
    )


def test_two_parts_keep_a_charge_each() -> None:
    """An oxide between them lets nothing through, for days."""
    model = two_films(step(1.0), 0.2)
    assert len(sums_of(model).charged) == 2 and len(sums_of(model).numbered) == 2
    *_, last = evolve(model, np.array([0.0, 1.0, DAYS]))
    held = model.unknowns.storage[-2:] * last.state.carriers
    for part in sums_of(model).numbered:
        electrons, holes = held[:, part[1]].sum(axis=1)
        assert holes > 0 and electrons == pytest.approx(holes, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(("left", "sums"), [(INSULATED, (2, 2)), (CarrierContact(), (1, 1))])
def test_ions_that_enter_one_part_leave_the_carriers_of_the_other_alone(
    left: CarrierContact, sums: tuple[int, int]
) -> None:
    """Ions that crossed a contact left no sum at all: a millionth of the carriers was lost in 100 s."""
    ions = [replace(VACANCY, where=("film",))]
    model = two_films(step(1.0), 0.2, ions, {"vacancy": Reservoir(1e-9, 2e23)}, left)
    assert (len(sums_of(model).charged), len(sums_of(model).numbered)) == sums
    *_, last = evolve(model, np.array([0.0, 1.0, 100.0]))
    held = model.unknowns.storage[-2:] * last.state.carriers
    electrons, holes = held[:, model.mesh.p[0] > 30 * nm].sum(axis=1)
    assert holes > 1e6 and electrons == pytest.approx(holes, rel=1e-11, abs=0.0)
    assert last.state.exchanged[0, 0] > 5e6


CAPTURE = capture("vacancy", "electron", "neutral", 1e-24, 1e-3)
NEUTRAL = Species("neutral", 0, 1e20, 1e-17, 0.0)


@pytest.mark.parametrize(
    ("left", "capturing", "sums"),
    [
        (INSULATED, False, (2, 2)),
        (CarrierContact(), False, (1, 1)),
        (INSULATED, True, (1, 3)),
        (CarrierContact(), True, (0, 2)),
    ],
)
def test_an_oxide_that_only_ions_cross_parts_the_carriers(
    left: CarrierContact, capturing: bool, sums: tuple[int, int]
) -> None:
    """Two parts for the carriers; ions that capture some join their charges. Taken for one, its start was refused."""
    ions, reactions = ([VACANCY, NEUTRAL], [*REACTIONS, CAPTURE]) if capturing else ([VACANCY], REACTIONS)
    model = two_films(step(1.0), 0.2, ions, left=left, reactions=reactions)
    assert (len(sums_of(model).charged), len(sums_of(model).numbered)) == sums
    first, *_, last = evolve(model, np.array([0.0, 1.0, DAYS]))
    held = model.unknowns.storage[-2:] * last.state.carriers
    electrons, holes = held[:, model.mesh.p[0] > 30 * nm].sum(axis=1)
    assert holes > 1e5
    if not capturing:
        assert electrons == pytest.approx(holes, rel=1e-10, abs=0.0)
    elif left == INSULATED:
        charge = model.unknowns.charges[:, None] * model.unknowns.storage
        gained = (charge * (stacked(last) - stacked(first))).sum()
        assert abs(gained) < 1e-9 * holes


@pytest.mark.parametrize("volts", [0.02, 0.2])
def test_many_ions_do_not_hide_few_carriers(volts: float) -> None:
    """At rest in the dark: with the ions in the carriers' sum, its round-off kept Newton from ending."""
    model = insulated(step(0.0), step(volts, initial=volts))
    assert model.rest.net < 1e-12
    electrons, holes = (model.unknowns.storage[-2:] * model.initial_state().carriers).sum(axis=1)
    assert electrons == pytest.approx(holes, rel=1e-9, abs=0.0)


def test_ions_that_enter_two_parts_leave_numbers_alone() -> None:
    """At a contact under both films, ions that capture carriers leave the numbers of these known, no charge."""
    ions = [replace(ion, where=("film",)) for ion in (VACANCY, NEUTRAL)]
    model = two_films(step(1.0), 0.0, ions, reactions=[*REACTIONS, CAPTURE])
    one = model.unknowns
    shared = replace(one.electrodes[0], ends=np.array([[0], [one.n_nodes - 1]]), facet_lengths=np.array([1 * nm]))
    law = {"vacancy": Reservoir(1e-9, 2e23)}
    both = replace(one, electrodes=(replace(shared, contact=replace(shared.contact, ions=law)), one.electrodes[1]))
    found = InsulatedCarriers.of(model.control_volumes, both, model.network)
    assert (len(found.charged), len(found.numbered)) == (0, 4)


# --- the solver ------------------------------------------------------------------------------------------------------


def test_where_the_plain_solver_can_the_grounded_one_finds_the_same() -> None:
    """One implicit step of a microsecond, with the sums and without."""
    model = insulated(step(1.0), 0.2)
    system = model.driven(0.0)
    start = system.hold_algebraic(0.0, model.initial_values())

    class Plain(type(system)):  # type: ignore[misc]
        def sums(self, time: float, values: Array) -> Sums:
            nothing = np.zeros((0, len(values)))
            return Sums(nothing, nothing, np.zeros(0, dtype=np.int64))

        def amounts(self, time: float, values: Array) -> Array:
            return np.zeros(0)

    plain = model.driven(0.0)
    plain.__class__ = Plain
    found, other = (
        implicit_euler_step(one, best_solver(model.unknowns.blocks), 0.0, start, 1e-6, Statistics())
        for one in (system, plain)
    )
    assert gap(found, other) < 1e-9


def test_a_sum_that_is_not_known_changes_the_solution() -> None:
    """The solver meets the sum that it is told, whatever the right-hand side says of it."""
    model = insulated(step(0.0))
    system, values = model.driven(0.0), model.initial_values()
    rate, sums = 1e-6, system.sums(0.0, values)
    linear = Grounded(best_solver(model.unknowns.blocks), sums)
    linear.factorise(system.shifted(system.jacobian(0.0, values), rate), rate * system.mass)
    known = np.array([1e-6, 2e-6]) * np.abs(sums.weights).max(axis=1)
    solution = linear.solve(np.zeros(model.unknowns.size), known)
    assert (sums.weights * rate * system.mass - sums.slopes) @ solution == pytest.approx(known, rel=1e-9)
