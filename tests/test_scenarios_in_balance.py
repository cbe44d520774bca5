"""Detailed balance in every stack that the scenarios build: in the dark at zero voltage nothing flows."""

import importlib
from dataclasses import replace

import numpy as np
from films_with_carriers import levels
from verification import Verification

from command_line.catalogue import built_in_names
from fem.constants import elementary_charge, thermal_voltage
from fem.model import PoissonNernstPlanck
from fem.physics.drives.drive import step
from fem.scenario import Scenario

ROUND_OFF = 1e-15
SCARCE = 1e-20  # of the largest density: carriers so few are left as they are


def dark(name: str) -> PoissonNernstPlanck | None:
    """The film of a scenario in the dark between metals at zero voltage; None without electrons and holes."""
    made = importlib.import_module(f"scenarios.{name}").scenario()
    if not isinstance(made, Scenario) or made.model.semiconductor is None:
        return None
    contacts = [replace(one, potential=0.0) for one in made.model.contacts]
    return replace(made.model, contacts=contacts, light=0.0)


def biased(model: PoissonNernstPlanck) -> float:
    """Largest current [A/m] of the steady film with one thermal voltage at its last contact."""
    volt = thermal_voltage(model.temperature)
    *others, last = model.contacts
    driven = replace(model, contacts=[*others, replace(last, potential=step(volt, initial=volt))])
    return float(np.abs(driven.initial_state().contact_current).max())


def test_no_stack_of_a_scenario_carries_a_current_in_the_dark(verify: Verification) -> None:
    """Levels are even to the digits that are left, currents against what crosses the contacts in each direction.

    And against what the stack carries at kT/e, where that is more than the digits hide.
    """
    films = {name: model for name in built_in_names() if (model := dark(name)) is not None}
    assert len(films) >= 10
    leading = 0
    for name, model in films.items():
        state = model.initial_state()
        enough = state.carriers > SCARCE * state.carriers.max()
        found = np.where(enough, levels(model, state), np.nan)
        verify(id="detailed balance", quantity=f"{name}: spread of the levels of electrons and holes [kT]",
               measured=float(np.nanmax(found) - np.nanmin(found)), expected=0.0, tolerance=2e-9)  # fmt: skip
        busiest = [elementary_charge * float(one.rate @ one.equilibrium) for one in model.unknowns.carrier_exchanges]
        if not busiest:
            continue
        current, leak = np.abs(state.contact_current).max(), biased(model)
        verify(id="detailed balance", quantity=f"{name}: current over e S n of the busiest contact",
               measured=current / max(busiest), expected=0.0, tolerance=ROUND_OFF)  # fmt: skip
        if leak > ROUND_OFF * max(busiest):
            leading += 1
            verify(id="detailed balance", quantity=f"{name}: current over that of the same stack at kT/e",
                   measured=current / leak, expected=0.0, tolerance=1e-9)  # fmt: skip
    assert leading >= 5
