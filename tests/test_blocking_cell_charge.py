"""Charge of a blocking cell at rest: its limits, and the same numbers from two separate double layers."""

import pytest
from scipy.optimize import brentq
from theory.double_layer import Bulk, single_ion_charge

from fem.constants import elementary_charge, thermal_voltage, vacuum_permittivity
from fem.physics.blocking_cell import BlockingCell

DENSITY, PERMITTIVITY, VOLT = 1e23, 24.1, thermal_voltage(300.0)
EPS = PERMITTIVITY * vacuum_permittivity


def cell(length: float) -> BlockingCell:
    return BlockingCell(length, DENSITY, PERMITTIVITY, VOLT)


@pytest.mark.parametrize("voltage", [0.01, 0.1, 1.0, 5.0])
def test_far_apart_electrodes_hold_two_separate_double_layers(voltage: float) -> None:
    bulk, found = Bulk(DENSITY, PERMITTIVITY), cell(5e-6).charge(voltage)
    layers = [brentq(lambda phi, sign=sign: abs(single_ion_charge(bulk, sign * phi)) - found, 1e-9, 400.0)
              for sign in (1, -1)]  # fmt: skip
    assert sum(layers) * VOLT == pytest.approx(voltage, rel=1e-6, abs=0.0)


def test_a_small_voltage_sees_two_debye_layers_in_series() -> None:
    film = cell(2e-6)
    assert film.charge(1e-5) == pytest.approx(EPS * 1e-5 / (2 * film.debye_length), rel=1e-6, abs=0.0)


def test_a_large_voltage_stands_across_the_depletion_zone() -> None:
    expected = (2 * EPS * elementary_charge * DENSITY * 10.0) ** 0.5
    assert cell(5e-6).charge(10.0) == pytest.approx(expected, rel=0.02, abs=0.0)


def test_a_film_thinner_than_its_debye_length_is_a_plate_capacitor() -> None:
    assert cell(1e-10).charge(0.01) == pytest.approx(EPS * 0.01 / 1e-10, rel=1e-4, abs=0.0)


@pytest.mark.parametrize("length", [5e-8, 4e-7, 2e-6])
def test_voltage_and_charge_are_inverse(length: float) -> None:
    film = cell(length)
    for voltage in (1e-3, 0.3, 7.0):
        assert film.voltage(film.charge(voltage)) == pytest.approx(voltage, rel=1e-9, abs=0.0)
    assert film.charge(0.0) == film.voltage(0.0) == 0.0


def test_layers_that_meet_hold_more_charge() -> None:
    charges = [cell(length).charge(1.0) for length in (1e-6, 1.5e-7, 8e-8)]
    assert charges[0] < charges[1] < charges[2]


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="0 V or more, got -1 V"):
        cell(1e-6).charge(-1.0)
    with pytest.raises(ValueError, match="0 or more, got -1 C"):
        cell(1e-6).voltage(-1.0)
    with pytest.raises(ValueError, match="distance of the electrodes"):
        cell(0.0)
