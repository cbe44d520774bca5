"""Currents at outputs while a wave drives a film with carriers: late in a run, and where they change fast."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_carriers import MOBILITY, bands, bar, film
from numpy.typing import NDArray
from test_carriers_over_time import CAPACITANCE, SWEPT, THICKNESS, cell
from verification import Verification

from fem.constants import elementary_charge, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import Output, evolve
from fem.numerics.sparse_direct import best_solver
from fem.output_state import LinearWork, carriers_settled, driven_from
from fem.physics.contacts import INSULATED, CarrierContact, Coating, Contact
from fem.physics.drives.drive import sine

LENGTH, DOPING, COATING, SWING = 10 * THICKNESS, 1e22, Coating(10 * nm, 3.0), 1e-2


def swinging(frequency: float, period: int) -> list[Output]:
    """A doped slab behind a coating, 16 outputs of one `period` after its first."""
    contacts = (
        Contact("left", 0.0, carriers=CarrierContact()),
        Contact("right", sine(SWING, frequency), coating=COATING, carriers=INSULATED),
    )
    model = film(bar(LENGTH, 5 * nm, 100 * nm, SWEPT, 1.2), bands(DOPING), contacts)
    times = np.concatenate([[0.0], (period + np.arange(16) / 16) / frequency])
    return list(evolve(model, times, 1e-3))[1:]


def admittance(outputs: list[Output], frequency: float) -> complex:
    """First harmonic of the current over the voltage's [A/(V m)]; a sine is the imaginary part of a rotation."""
    times = np.array([one.state.time for one in outputs])
    current: NDArray[np.float64] = np.array([one.state.contact_current[1] for one in outputs])
    return complex(2j * np.mean(current * np.exp(-2j * np.pi * frequency * times)) / SWING)


@pytest.mark.parametrize("frequency", [1e3, 1e8])
def test_a_late_period_is_as_the_first(verify: Verification, frequency: float) -> None:
    """Coating and depletion in series, C, behind the slab's resistance R, with its own capacitance C_g beside it."""
    permittivity = CAPACITANCE * THICKNESS
    screening = np.sqrt(permittivity * thermal_voltage(300.0) / (elementary_charge * DOPING))
    coated = COATING.relative_permittivity * vacuum_permittivity / COATING.thickness
    omega, slab = 2 * np.pi * frequency, LENGTH - screening
    bulk = elementary_charge * DOPING * MOBILITY / slab + 1j * omega * permittivity / slab
    expected = 1 / (1 / (1j * omega * coated) + screening / (1j * omega * permittivity) + 1 / bulk)
    for k in (1, 5):
        error = abs(admittance(swinging(frequency, k), frequency) / SWEPT / expected - 1)
        verify(id="junction", quantity=f"coated slab, {frequency:.0e} Hz, period {k}: error of its admittance",
               measured=error, expected=0.0, tolerance=0.01)  # fmt: skip


def test_carriers_settle_anew_late_in_a_wave_as_they_do_early() -> None:
    """After a change of temperature, say: of a thousand periods before only the place in the wave counts."""
    frequency, periods = 1e6, 1000
    early = swinging(frequency, 1)[4]
    model, cursor = early.model, early.restart.cursor
    system, work = driven_from(model, 0.0), LinearWork(best_solver(model.unknowns.blocks))
    currents = []
    for time in (cursor.elapsed, cursor.elapsed + periods / frequency):
        currents.append(system.current(time, carriers_settled(system, time, cursor.values, work))[1])
    assert currents[1] == pytest.approx(currents[0], rel=1e-5)


def test_carriers_settle_where_a_wave_empties_the_film(verify: Verification) -> None:
    """Above the built-in voltage selective contacts trap carriers; they leave within a step once it falls below."""
    times = np.concatenate([[0.0], np.arange(0.385, 0.416, 0.01) * 1e-3])
    base = cell(True, 0.0)
    model = replace(base, contacts=(base.contacts[0], replace(base.contacts[1], potential=sine(3.0, 1e3))))
    found, exact = (list(evolve(model, times, tolerance))[1:] for tolerance in (1e-2, 1e-3))
    assert found[-1].statistics.landed_outputs > 0
    currents, expected = (np.array([one.state.contact_current[1] for one in run]) for run in (found, exact))
    verify(id="junction", quantity="cell whose stored carriers leave in a wave: error of its current over the largest",
           measured=float(np.abs(currents - expected).max() / np.abs(expected).max()), expected=0.0,
           tolerance=2e-3)  # fmt: skip
