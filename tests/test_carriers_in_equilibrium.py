"""Detailed balance: in the dark at zero voltage no stack of materials, ions and metals carries a current.

The levels of electrons and holes are those of the metals wherever there are carriers: more than 1e-20 of the largest
density, below which an iteration leaves them as they are.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from films_with_carriers import Array, bands, bar, electrodes, film, levels
from irregular_films import graded, rectangle
from verification import Verification

from fem.constants import elementary_charge, eV, nm
from fem.coupled.system import CoupledSystem
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.numerics.sparse_direct import OutOfMemoryError
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import BEFORE, step
from fem.physics.layers import boundary_lines
from fem.physics.periodic import PeriodicSides
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.field_assisted import Exponential, FieldAssisted, FieldFactor, Threshold
from fem.physics.reactions.rate_laws import MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall, SurfaceRecombination
from fem.physics.species import Species
from fem.rest import seeking
from fem.rest.imbalance import measured
from fem.state import State

SCARCE = 1e-20
EDGES = (0.0, 100 * nm, 200 * nm, 300 * nm)


def sections() -> Array:
    parts = [a + graded(b - a, 1 * nm, 1.3, 10 * nm) for a, b in pairwise(EDGES)]
    return np.concatenate([parts[0], *(one[1:] for one in parts[1:])])


FILM = rectangle(graded(EDGES[-1], 1 * nm, 1.3, 10 * nm), np.linspace(0, 20 * nm, 4))
SHORT = bar(100 * nm, 2 * nm, 20 * nm)
STACK = rectangle(sections(), np.linspace(0, 20 * nm, 4), lines=EDGES[1:-1])

VACANCY = Species("vacancy", 1, 1e23, 1e-14, 0.0)
INTERSTITIAL = Species("interstitial", -1, 1e23, 1e-14, 0.0)
FAST_IN_BOUNDARIES = Species(
    "vacancy", 1, 1e23, 1e-14, {**{f"grain_{k}": 0.1 * eV for k in range(3)}, "grain_boundary": 0.0}
)
LOSSES = (
    recombination("radiative", Radiative(1e-16)),
    recombination("Auger", Auger(1e-40, 1e-40)),
    recombination("traps", ShockleyReadHall(1e-7, 1e-7)),
)
INTERFACE = recombination("interface", SurfaceRecombination(10.0, 10.0), where="boundary_0_1")

OFFSETS = Semiconductor(
    electron_affinity={"grain_0": 4.1 * eV, "grain_1": 4.0 * eV, "grain_2": 2.9 * eV},
    band_gap={"grain_0": 2.5 * eV, "grain_1": 1.6 * eV, "grain_2": 2.5 * eV},
    conduction_states=1e25,
    valence_states={"grain_0": 1e25, "grain_1": 6e24, "grain_2": 1e25},
    electron_mobility={"grain_0": 1e-5, "grain_1": 2e-3, "grain_2": 1e-5},
    hole_mobility={"grain_0": 1e-5, "grain_1": 2e-3, "grain_2": 1e-5},
    doping={"grain_0": 1e24, "grain_1": 0.0, "grain_2": -1e24},
)
BEHIND_AN_INSULATOR = Semiconductor(
    {"grain_1": 4.0 * eV, "grain_2": 4.2 * eV}, {"grain_1": 1.6 * eV, "grain_2": 1.5 * eV}, 8e24, 8e24, 2e-3, 2e-3,
    where=("grain_1", "grain_2"),
)  # fmt: skip


def metal(work_function: float | None = None, electrons: float = 1e5, holes: float = 1e5) -> CarrierContact:
    return CarrierContact(electrons, holes, None if work_function is None else work_function * eV)


UNLIKE = electrodes(0.0, metal(4.3), metal(5.3))


@dataclass(frozen=True)
class Case:
    """A film in the dark between metals at zero voltage."""

    semiconductor: Semiconductor
    contacts: tuple[Contact, ...]
    stacked: bool = False
    species: tuple[Species, ...] = ()
    others: dict[str, Any] = field(default_factory=dict)

    def model(self) -> PoissonNernstPlanck:
        kinds = {"reactions": LOSSES, **self.others}
        return film(STACK if self.stacked else FILM, self.semiconductor, self.contacts, self.species, **kinds)


CASES = {
    "uniform film": Case(bands(), electrodes()),
    "junction": Case(bands(lambda x, y: np.where(x < 150 * nm, 1e23, -1e23)), electrodes()),
    "three materials, selective contacts": Case(
        OFFSETS, electrodes(0.0, metal(None, 1e5, 0.0), metal(None, 0.0, 1e5)), True,
        others={"reactions": (*LOSSES, INTERFACE)},
    ),
    "three materials, ohmic contacts": Case(OFFSETS, electrodes(), True, others={"reactions": (*LOSSES, INTERFACE)}),
    "two kinds of ions, unlike metals": Case(bands(), UNLIKE, species=(VACANCY, INTERSTITIAL)),
    "insulator at one side": Case(
        BEHIND_AN_INSULATOR, electrodes(0.0, metal(4.3, 0.0, 0.0), metal(5.3)), True, (VACANCY,)
    ),
    "selective contacts": Case(bands(), electrodes(0.0, metal(4.2, 1e5, 0.0), metal(5.4, 0.0, 1e5))),
    "Schottky contact": Case(bands(1e22), electrodes(0.0, metal(4.9, 1e3, 1e3), metal())),
    "boundaries as lines": Case(bands(), UNLIKE, True, (FAST_IN_BOUNDARIES,), {"layers": (boundary_lines(2 * nm),)}),
    "film that repeats itself": Case(
        bands(), UNLIKE, species=(VACANCY,), others={"periodic": PeriodicSides("bottom", "top")}
    ),
}  # fmt: skip
TIED = {"film that repeats itself"}


def exchanged(model: PoissonNernstPlanck) -> float:
    """Current that crosses the busiest contact in each direction, e S n times its height [A/m]."""
    return max(elementary_charge * float(one.rate @ one.equilibrium) for one in model.unknowns.carrier_exchanges)


def spread(model: PoissonNernstPlanck, state: State) -> float:
    """Largest distance of a level from that of the metals [kT]."""
    enough = state.carriers > SCARCE * state.carriers.max()
    return float(np.nanmax(np.abs(np.where(enough, levels(model, state), np.nan))))


@pytest.mark.parametrize("name", CASES)
def test_nothing_flows_in_the_dark_at_zero_voltage(name: str, verify: Verification) -> None:
    model = CASES[name].model()
    state = model.initial_state()
    tolerance = 1e-5 if name in TIED else 1e-9  # what ties between nodes leave of the digits
    verify(id="detailed balance", quantity=f"{name}: levels of electrons and holes from those of the metals [kT]",
           measured=spread(model, state), expected=0.0, tolerance=tolerance)  # fmt: skip
    flow = np.abs(state.contact_current).max() / exchanged(model)
    verify(id="detailed balance", quantity=f"{name}: current over e S n of the busiest contact",
           measured=flow, expected=0.0, tolerance=1e-15)  # fmt: skip


def test_equilibrium_stays(verify: Verification) -> None:
    model = CASES["two kinds of ions, unlike metals"].model()
    states = [one.state for one in evolve(model, np.array([0.0, 1e-9, 1e-3, 1e3]))]
    flow = max(float(np.abs(one.contact_current).max()) for one in states) / exchanged(model)
    worst = max(spread(model, one) for one in states)
    verify(id="detailed balance", quantity="ions and unlike metals over 1e3 s: levels from those of the metals [kT]",
           measured=worst, expected=0.0, tolerance=1e-9)  # fmt: skip
    verify(id="detailed balance", quantity="ions and unlike metals over 1e3 s: current over e S n", measured=flow,
           expected=0.0, tolerance=1e-15)  # fmt: skip


def test_levels_part_with_a_voltage() -> None:
    model = film(FILM, bands(), electrodes(0.1, metal(4.3), metal(5.3)), reactions=LOSSES)
    assert spread(model, model.initial_state()) > 3.5


def test_rest_is_verified() -> None:
    """What has come to rest says so with numbers; the same film as it was deposited does not rest."""
    case = CASES["two kinds of ions, unlike metals"]
    rest = case.model().rest
    assert (rest.kind, rest.way) == ("equilibrium", "at once")
    assert rest.net < 1e-12 and rest.lost < 1e-12, rest
    deposited = replace(case.model(), relax_first=False)
    assert deposited.rest.as_dict()["kind"] == "as deposited" and not deposited.rest.sought
    closed = deposited.closable_system(deposited.populations, open_contacts=False).driven_by(deposited.pieces(BEFORE))
    assert measured(closed, deposited.initial_values(), even=True, way="").net > 1e-3


@pytest.mark.parametrize("factor", [Threshold(2e6, 4e4), Threshold(2e6, 2e3), Exponential(5e5)])
def test_rest_is_measured_in_the_field_of_the_film(factor: FieldFactor) -> None:
    """Traps that flip with the help of the built-in field, 1e7 V/m: what goes to and fro has that help too."""
    law = FieldAssisted(MassAction({"a": 1}, 1.0, {"b": 1}, 2.0), factor)
    traps = (Species.immobile("a", 0, 1e23), Species.immobile("b", 0, 1e23))
    reactions = (*LOSSES[:1], Reaction("flip", {"a": -1, "b": 1}, law))
    model = film(SHORT, bands(), UNLIKE, traps, reactions=reactions)
    a, b = model.start_concentrations
    assert b / a == pytest.approx(0.5, rel=1e-12, abs=0.0)
    assert model.rest.net < 1e-14 and not model.rest.left_out, model.rest


def test_a_lit_film_that_no_contact_reaches_comes_to_rest(verify: Verification) -> None:
    """Far from its dark state, and charge that no contact makes good: longer steps than 1 s lose it in round-off."""
    contacts = (Contact("left", 0.0), Contact("right", 0.0))
    reactions = (*LOSSES[:1], carrier_pairs(1e27))
    model = film(SHORT, bands(), contacts, (VACANCY,), reactions=reactions, light=1.0)
    state = model.initial_state()
    verify(id="detailed balance", quantity="lit film that no contact reaches: largest error of n = p = sqrt(G / k)",
           measured=float(np.abs(state.carriers / np.sqrt(1e27 / 1e-16) - 1).max()), expected=0.0, tolerance=1e-9,
    )  # fmt: skip
    assert model.rest.kind == "steady state" and model.rest.net < 1e-12, model.rest


@pytest.mark.parametrize("volts", [0.0, 0.2])
@pytest.mark.parametrize("reached", [True, False])
def test_nothing_else_is_tried_where_memory_is_short(
    volts: float, reached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither smaller steps nor stages of voltages take less of it."""
    tries = []

    def refuse(*_: object) -> Array:
        tries.append(1)
        raise OutOfMemoryError(700_000)

    monkeypatch.setattr(seeking, "implicit_euler_step", refuse)
    contacts = (Contact("left", step(volts, initial=volts)), Contact("right", 0.0))
    model = film(SHORT, bands(), electrodes(volts) if reached else contacts, reactions=LOSSES)
    with pytest.raises(OutOfMemoryError, match="700000 unknowns"):
        _ = model.rest
    assert len(tries) == 1


def test_stages_end_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole voltage is out of reach, a stage of it does not fit."""
    shares = []

    def refuse(film: CoupledSystem, *_: object) -> Array:
        shares.append(film.pieces[0].value(BEFORE))
        raise OutOfMemoryError(700_000)

    monkeypatch.setattr(seeking, "implicit_euler_step", refuse)
    model = film(SHORT, bands(), electrodes(1.0), reactions=LOSSES)
    closed = model.closable_system(model.populations, open_contacts=False).driven_by(model.pieces(BEFORE))
    with pytest.raises(OutOfMemoryError):
        seeking._in_stages(lambda share: closed.driven_by([seeking.held(share), seeking.held(0.0)]), np.zeros(0))
    assert shares == [0.25]


@pytest.mark.slow
def test_a_voltage_that_is_too_far_is_climbed() -> None:
    """Far beyond flat bands, where contacts that each take one carrier let both pile up."""
    contacts = electrodes(-10.0, metal(4.2, 1e5, 0.0), metal(5.4, 0.0, 1e5))
    rest = film(FILM, bands(), contacts, reactions=LOSSES).rest
    assert rest.way.endswith("stages of voltages and light") and rest.kind == "steady state"
    assert rest.current > 0.5 and rest.net < 1e-12 and rest.lost < 1e-12, rest
