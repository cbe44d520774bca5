"""One run from 1e-13 to 1e3 s: a cell with mobile ions when the light goes on and its voltage jumps."""

import numpy as np
import pytest
from films_with_carriers import Array, bands, bar, film
from verification import Verification

from fem.constants import eV, nm, vacuum_permittivity
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.defect_chemistry import carrier_pairs, recombination
from fem.physics.drive import step
from fem.physics.materials import MAPbI3
from fem.physics.recombination import Radiative
from fem.physics.species import Species
from fem.physics.trap_recombination import ShockleyReadHall

THICKNESS, SWEPT, STEP = 400 * nm, 20 * nm, 0.8
TIMES = np.concatenate([[0.0], np.geomspace(1e-13, 1e3, 33)])
assert isinstance(MAPbI3.relative_permittivity, float)
CAPACITANCE = MAPbI3.relative_permittivity * vacuum_permittivity / THICKNESS


def cell(light: bool, volts: float) -> PoissonNernstPlanck:
    """Selective contacts, vacancies that cross in seconds; light and voltage from t = 0 on."""
    reactions = [
        recombination("radiative", Radiative(1e-16)),
        recombination("traps", ShockleyReadHall(1e-7, 1e-7)),
        carrier_pairs(2.5e27),
    ]
    electrons, holes = CarrierContact(1e5, 0.0, 4.3 * eV), CarrierContact(0.0, 1e5, 5.3 * eV)
    contacts = (Contact("left", 0.0, carriers=electrons), Contact("right", step(volts), carriers=holes))
    vacancy = Species("vacancy", 1, 1e24, 1e-16, 0.0)
    mesh = bar(THICKNESS, 1 * nm, 10 * nm, SWEPT, 1.2)
    return film(mesh, bands(), contacts, (vacancy,), reactions=reactions, light=step(float(light)))


def unbalanced(outputs: list[Output]) -> float:
    """Largest sum of the contacts' currents over the current at the time."""
    currents = np.array([one.state.contact_current for one in outputs])
    return float((np.abs(currents.sum(axis=1)) / np.abs(currents).max(axis=1)).max())


@pytest.mark.slow
def test_sixteen_decades_in_one_run(verify: Verification) -> None:
    model = cell(True, STEP)
    outputs = list(evolve(model, TIMES))[1:]
    done = outputs[-1].statistics
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: factorisations over 100",
           measured=done.factorisations / 100, expected=0.75, tolerance=0.4)  # fmt: skip
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: sum of the contacts' currents over one",
           measured=unbalanced(outputs), expected=0.0, tolerance=1e-9)  # fmt: skip
    first, last = outputs[0].state, outputs[-1].state
    drift = float(np.abs(model.total_ions(last) / model.total_ions(first) - 1).max())
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: share of the ions lost", measured=drift,
           expected=0.0, tolerance=1e-12)  # fmt: skip
    assert min(float(one.state.carriers.min()) for one in outputs) >= 0.0


@pytest.mark.slow
def test_a_jump_charges_the_plates_at_once(verify: Verification) -> None:
    """C dV of the empty film at the jump; what enters after it is what carriers screen, and adds up to the charge."""
    model = cell(False, STEP)
    outputs = list(evolve(model, TIMES, 1e-3))
    before, early = outputs[0].state, outputs[1].state
    jump = (early.contact_charge - before.contact_charge)[1] / SWEPT
    verify(id="junction", quantity="charge of the plates 1e-13 s after a jump over C dV", measured=jump / STEP,
           expected=CAPACITANCE, tolerance=2e-3)  # fmt: skip


