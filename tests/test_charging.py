"""Charging of blocking electrodes after a small step: exact linear response, lambda L / 2D, the geometric charge."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from films_for_theory import DIFFUSIVITY, PERMITTIVITY, VOLT, closed_cell, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from theory.charging import Cell
from theory.double_layer import Bulk
from verification import Order, Verification, observed_order

from fem.constants import nm
from fem.evolve import evolve
from fem.fields import Array
from fem.physics.contacts import Coating

DENSITY = 1e24  # [1/m^3]
BULK = Bulk(DENSITY, PERMITTIVITY)
STEP = 0.02  # [kT/e]; departures from the linear response are of order STEP^2
COATING = Coating(2 * nm, 5.0)
LENGTHS = 50  # Debye lengths between the electrodes


@dataclass(frozen=True)
class Case:
    """A cell with `mobile` kinds of ions, coated or not."""

    mobile: int
    coated: bool

    @property
    def theory(self) -> Cell:
        length = BULK.debye_length(self.mobile)
        stern = COATING.thickness * PERMITTIVITY / COATING.relative_permittivity if self.coated else 0.0
        return Cell(BULK.permittivity, length, LENGTHS * length, DIFFUSIVITY, stern)

    def __str__(self) -> str:
        return f"{'one ion' if self.mobile == 1 else 'two ions'}, {'coated' if self.coated else 'bare'}"


@dataclass(frozen=True)
class Response:
    """Charge [C/m^2] and current [A/m^2] of the bottom electrode at `times` [s]; the times begin after the step."""

    times: Array
    charge: Array
    current: Array


CASES = [Case(mobile, coated) for mobile in (1, 2) for coated in (False, True)]


@cache
def response(case: Case, fineness: float) -> Response:
    cell = case.theory
    width = 1.5 * cell.debye_length
    mesh = vertical_film(cell.gap, width, Grading(0.3 * cell.debye_length, 0.2, width), fineness)
    model = closed_cell(
        mesh, (one_ion if case.mobile == 1 else two_ions)(DENSITY), STEP, COATING if case.coated else None
    )
    debye_time = cell.debye_length**2 / DIFFUSIVITY
    early, late = (
        np.geomspace(1e-7, 1e-3, 5) * debye_time,
        np.geomspace(1e-2 * debye_time, 8 * cell.thin_layer_time, 41),
    )
    times = np.concatenate([[0.0], early, late])
    states = [output.state for output in evolve(model, times, tolerance=1e-7)][1:]
    charge = np.array([state.contact_charge[0] for state in states]) / width
    current = np.array([state.contact_current[0] for state in states]) / width
    return Response(times[1:], charge, current)


def fitted_time(case: Case, fineness: float) -> float:
    """Relaxation time from the logarithm of the current between one and five times itself [s]."""
    result, scale = response(case, fineness), case.theory.thin_layer_time
    late = (result.times > scale) & (result.times < 5 * scale)
    return float(-1 / np.polyfit(result.times[late], np.log(result.current[late]), 1)[0])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_relaxation_time(case: Case, verify: Verification) -> None:
    exact = case.theory.relaxation_time
    what = f"relaxation time over its exact value, {case}"
    verify(id="D4", quantity=what, measured=fitted_time(case, 4) / exact, expected=1.0, tolerance=1.5e-3)
    # Thin layers: tau = L lambda^2 / (2D (lambda + lambda_S)), wrong by order (lambda + 2 lambda_S) / L.
    cell = case.theory
    thin = 1.5 * (cell.debye_length + 2 * cell.stern) / cell.gap
    what = f"relaxation time over that of thin layers, L = {LENGTHS} lambda, {case}"
    verify(id="D4", quantity=what, measured=fitted_time(case, 4) / cell.thin_layer_time, expected=1.0, tolerance=thin)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_charge_and_current_follow_the_exact_response_at_all_times(case: Case, verify: Verification) -> None:
    cell, voltage = case.theory, STEP * VOLT
    finenesses, charge_errors, current_errors = (1, 2, 4), [], []
    for fine in finenesses:
        result = response(case, fine)
        charge, current = cell.charge(voltage, result.times), cell.current(voltage, result.times)
        charge_errors.append(float(np.abs(result.charge / charge - 1).max()))
        current_errors.append(float(np.abs(result.current - current).max() / current.max()))
    sizes = [1 / fine for fine in finenesses]
    order = Order(observed_order(sizes, charge_errors), 1.7)
    what = f"largest relative error of the charge from 1e-7 Debye times to 8 tau, {case}"
    verify(id="D4", quantity=what, measured=charge_errors[-1], expected=0.0, tolerance=1.5e-3, order=order)
    what = f"largest error of the current over its start, {case}"
    verify(id="D4", quantity=what, measured=current_errors[-1], expected=0.0, tolerance=1.5e-3)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_before_the_ions_move_the_film_is_a_plate_capacitor(case: Case, verify: Verification) -> None:
    charge = response(case, 1).charge[0]
    geometric = case.theory.geometric_capacitance * STEP * VOLT
    # In 1e-7 Debye times conduction adds 1e-7 of the geometric charge.
    what = f"charge right after the step over the geometric charge, {case}"
    verify(id="D4", quantity=what, measured=charge / geometric, expected=1.0, tolerance=2e-7)


def test_current_of_thin_layers_decays_from_the_resistive_current(verify: Verification) -> None:
    """I = V / R exp(-t / tau) between the Debye time and many tau, up to order lambda / L."""
    case = Case(2, False)
    result, cell = response(case, 4), case.theory
    resistive = STEP * VOLT / cell.resistance
    inner = (result.times > 3 * cell.debye_length**2 / DIFFUSIVITY) & (result.times < 3 * cell.thin_layer_time)
    ratio = result.current[inner] / (resistive * np.exp(-result.times[inner] / cell.relaxation_time))
    worst = float(np.abs(ratio - 1).max())
    what = f"departure from V / R exp(-t / tau), L = {LENGTHS} lambda"
    verify(id="D4", quantity=what, measured=worst, expected=0.0, tolerance=3 / LENGTHS)


def test_thin_layer_time_is_the_limit_of_the_exact_one() -> None:
    """The pole of the exact response approaches lambda L / 2D (1 - lambda / L)."""
    for lengths in (100, 1000, 10000):
        cell = Cell(BULK.permittivity, 1e-9, lengths * 1e-9, DIFFUSIVITY)
        assert cell.relaxation_time / cell.thin_layer_time == pytest.approx(1 - 1 / lengths, abs=2 / lengths**2)
