"""Two halides that mix: couples and waves of composition, on a lattice whose sites stay and on one that makes them."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import BLOCKING, FAST, SLOW, along, even, film, lattice, neutral, states
from scipy.integrate import solve_ivp
from scipy.special import erf
from verification import Order, Verification, observed_order

from fem.constants import nm
from fem.evolve import evolve
from fem.fields import Array

FEW = 1e-4  # share of empty sites
LENGTH, MIDDLE = 400 * nm, 200 * nm


def couple(y: Array, sharp: float = 12 * nm) -> Array:
    """Composition on either side of the middle, smoothed by diffusion over the length `sharp` [m]."""
    return np.asarray(0.5 + 0.48 * erf((y - MIDDLE) / sharp))


def test_a_couple_of_equal_mobilities_mixes_as_an_error_function(verify: Verification) -> None:
    model = film(
        even(LENGTH, 1 * nm), lattice(FEW, lambda x, y: couple(y), (SLOW, SLOW)), permittivity=neutral(FEW, 1 * nm)
    )
    time = (40 * nm) ** 2 / (4 * FEW * SLOW)
    end = states(model, [time], 1e-5)[-1]
    y, x = along(model, end.share)
    exact = couple(y, np.hypot(40 * nm, 12 * nm))
    verify(
        id="D17",
        quantity="largest error of x, couple of equal mobilities",
        measured=np.abs(x - exact).max(),
        expected=0.0,
        tolerance=2e-4,
    )


def series(x: Array) -> Array:
    """Interdiffusivity of a lattice whose sites stay [m^2/s], the slower halide's in the main."""
    return FEW * FAST * SLOW / (x * SLOW + (1 - x) * FAST)


def by_lines(y: Array, start: Array, time: float) -> Array:
    """Solution of ``dx/dt = (D x')'`` with the series law at the heights `y`, by the method of lines."""

    def rate(_: float, x: Array) -> Array:
        flux = -series(0.5 * (x[1:] + x[:-1])) * np.diff(x) / np.diff(y)
        cells = np.gradient(y)
        cells[[0, -1]] *= 0.5
        return -np.diff(np.concatenate([[0.0], flux, [0.0]])) / cells

    solution = solve_ivp(rate, (0.0, time), start, method="LSODA", rtol=1e-8, atol=1e-10, lband=1, uband=1)
    return np.asarray(solution.y[:, -1])


def test_an_uneven_couple_follows_the_slower_halide(verify: Verification) -> None:
    time, errors, steps = (40 * nm) ** 2 / (4 * FEW * 2 * SLOW), [], (1 * nm, 0.8 * nm, 0.5 * nm)
    fine = np.linspace(0.0, LENGTH, 1601)
    exact = by_lines(fine, couple(fine), time)
    assert np.abs(exact - couple(fine)).max() > 0.2
    for step in steps:
        model = film(even(LENGTH, step), lattice(FEW, lambda x, y: couple(y)), permittivity=neutral(FEW))
        y, x = along(model, states(model, [time], 1e-4)[-1].share)
        errors.append(float(np.abs(x - np.interp(y, fine, exact)).max()))
    what = "largest error of x, couple of mobilities 10:1, sites stay"
    order = Order(observed_order(steps, errors), 1.8)
    verify(id="D17", quantity=what, measured=errors[-1], expected=0.0, tolerance=1e-4, order=order)


@pytest.mark.parametrize("makes_sites", [False, True], ids=["sites stay", "sites are made"])
@pytest.mark.parametrize("mean", [0.2, 0.5, 0.8])
def test_waves_of_composition_decay(mean: float, makes_sites: bool, verify: Verification) -> None:
    wave, size = np.pi / LENGTH, 1e-2
    sites = lattice(FEW, lambda x, y: mean + size * np.cos(wave * y))
    expected = FEW * (mean * FAST + (1 - mean) * SLOW) if makes_sites else float(series(np.array(mean)))
    if makes_sites:
        sites = replace(sites, site_exchange=1e6)
    screened = neutral(FEW, 10 * LENGTH) if makes_sites else neutral(FEW)  # no field holds the vacancies that move
    model = film(even(LENGTH, 4 * nm), sites, permittivity=screened)
    half = 1.0 / (expected * wave**2)
    one, two = states(model, [0.2 * half, half], 1e-6)[1:]
    fall = np.log(amplitude(model, one.share - mean, wave) / amplitude(model, two.share - mean, wave))
    measured = fall / (two.time - one.time) / wave**2
    case = "sites made freely (Darken)" if makes_sites else "sites that stay (series)"
    what = f"interdiffusivity over that of the vacancies' share, x = {mean:g}, {case} [m^2/s]"
    verify(id="D17", quantity=what, measured=measured / FEW, expected=expected / FEW, tolerance=1e-3)


def amplitude(model: object, departure: Array, wave: float) -> float:
    """Cosine amplitude of a departure of the composition."""
    y, own = along(model, departure)  # type: ignore[arg-type]
    return float(np.trapezoid(own * np.cos(wave * y), y) / np.trapezoid(np.cos(wave * y) ** 2, y))


def test_a_film_with_one_contact_takes_no_more_steps_than_between_two() -> None:
    """Nothing can change the charge of a single contact, so its round-off must not rule the steps."""
    steps, ends = [], []
    for contacts in (BLOCKING[:1], BLOCKING):
        model = film(even(LENGTH, 8 * nm), lattice(FEW, lambda x, y: couple(y)), contacts)
        *_, last = evolve(model, np.array([0.0, 1e3]))
        steps.append(last.statistics.factorisations)
        ends.append(last.state.share)
    assert steps[0] <= steps[1]
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-3)
