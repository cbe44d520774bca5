"""One run from 1e-13 to 1e3 s: a cell with mobile ions when the light goes on and its voltage jumps."""

import numpy as np
import pytest
from films_with_carriers import AFFINITY, GAP, MOBILITY, bands, bar, film
from verification import Verification

from fem.constants import elementary_charge, eV, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import INSULATED, CarrierContact, Coating, Contact
from fem.physics.drives.drive import ramp, step
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.physics.species import Species

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
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: factorisations",
           measured=done.factorisations - done.factorisations_at_outputs, expected=50, tolerance=0.5)  # fmt: skip
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: sum of the contacts' currents over one",
           measured=unbalanced(outputs), expected=0.0, tolerance=1e-9)  # fmt: skip
    first, last = outputs[0].state, outputs[-1].state
    drift = float(np.abs(model.total_ions(last) / model.total_ions(first) - 1).max())
    verify(id="junction", quantity="light and 0.8 V on a cell, 1e-13 to 1e3 s: share of the ions lost", measured=drift,
           expected=0.0, tolerance=1e-12)  # fmt: skip
    assert min(float(one.state.carriers.min()) for one in outputs) >= 0.0


def test_a_ramp_charges_the_empty_film(verify: Verification) -> None:
    rate, midgap = 1e3, CarrierContact(work_function=AFFINITY + GAP / 2)
    contacts = (Contact("left", 0.0, carriers=midgap), Contact("right", ramp(1e-3, 1e-6), carriers=midgap))
    model = film(bar(THICKNESS, 1 * nm, 10 * nm, SWEPT, 1.2), bands(), contacts)
    states = [one.state for one in evolve(model, np.array([0.0, 1e-12, 1e-10, 1e-8]))]
    expected = CAPACITANCE * rate
    for one in states[1:]:
        verify(id="junction", quantity=f"intrinsic film {one.time:.0e} s into a ramp: current over C dV/dt",
               measured=one.contact_current[1] / SWEPT / expected, expected=1.0, tolerance=1e-6)  # fmt: skip


def test_a_coated_slab_charges_through_its_resistance(verify: Verification) -> None:
    """Coating and depletion in series, C, are charged through the slab's R with its own C_g beside: R (C + C_g)."""
    length, doping = 10 * THICKNESS, 1e22
    coating = Coating(10 * nm, 3.0)
    contacts = (
        Contact("left", 0.0, carriers=CarrierContact()),
        Contact("right", step(1e-3), coating=coating, carriers=INSULATED),
    )
    model = film(bar(length, 5 * nm, 100 * nm, SWEPT, 1.2), bands(doping), contacts)
    permittivity = CAPACITANCE * THICKNESS
    screening = np.sqrt(permittivity * thermal_voltage(300.0) / (elementary_charge * doping))
    series = 1 / (coating.thickness / (coating.relative_permittivity * vacuum_permittivity) + screening / permittivity)
    resistance = (length - screening) / (elementary_charge * doping * MOBILITY)
    time_constant = resistance * (series + permittivity / length)
    times = np.concatenate([[0.0], time_constant * np.array([0.5, 1.0, 2.0])])
    current = np.array([one.state.contact_current[1] for one in evolve(model, times, 1e-4)])[1:]
    found = -np.log(current[2] / current[0]) / (times[3] - times[1])
    verify(id="junction", quantity="coated slab after a jump: decay of the current times R (C + C_g)",
           measured=found * time_constant, expected=1.0, tolerance=0.02)  # fmt: skip
