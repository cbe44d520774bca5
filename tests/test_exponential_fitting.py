"""The two-point flux against high-precision series and against the drift-diffusion solution on an edge."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fem.numerics.exponential_fitting import bernoulli, fitting_factors

Array = NDArray[np.float64]
STEEPNESS = np.concatenate([[0.0, 1e-300, 1e-30], np.geomspace(1e-18, 600.0, 4001), [1e-2, np.nextafter(1e-2, 0.0)]])


def exact_bernoulli(x: float) -> tuple[Fraction, Fraction]:
    """B(x) and B'(x) from the power series of exp in exact rational arithmetic (x >= 0; relative error below 1e-25)."""
    r = Fraction(x)
    terms = 40 + int(8 * x)
    series = sum((r**k / factorial(k + 1) for k in range(terms)), Fraction(0))  # (exp(x) - 1) / x
    slope = sum((k * r ** (k - 1) / factorial(k + 1) for k in range(1, terms)), Fraction(0))
    return 1 / series, -slope / series**2


def relative(measured: float, exact: Fraction) -> float:
    return abs(float((Fraction(measured) - exact) / exact))


@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-7, 3e-4, 9.99e-3, 1e-2, 1.01e-2, 0.05, 0.3, 1.0, 2.5, 7.0, 20.0])
def test_bernoulli_and_its_slope_agree_with_exact_rational_arithmetic(x: float) -> None:
    value, slope = bernoulli(np.array([x]))
    exact_value, exact_slope = exact_bernoulli(x)
    assert relative(float(value[0]), exact_value) < 4e-15
    assert (
        relative(float(slope[0]), exact_slope) < 2e-13
    )  # a slope ten times less accurate would slow Newton's iteration


def test_bernoulli_agrees_with_extended_precision_over_twenty_decades() -> None:
    x = STEEPNESS[STEEPNESS > 1e-4].astype(np.longdouble)
    exact = (x / np.expm1(x)).astype(float)
    np.testing.assert_allclose(bernoulli(x.astype(float))[0], exact, rtol=2e-15)


def test_the_two_factors_differ_by_theta_and_share_the_boltzmann_ratio() -> None:
    theta = np.concatenate([-STEEPNESS[::-1], STEEPNESS])
    forth, back, _, _ = fitting_factors(theta)
    np.testing.assert_allclose(back - forth, theta, rtol=0, atol=4e-16 * np.maximum(1.0, np.abs(theta)).max())
    ratio = forth[theta > 0] / back[theta > 0]
    np.testing.assert_allclose(ratio, np.exp(-theta[theta > 0]), rtol=2e-13)


def test_slopes_are_the_derivatives_of_the_factors() -> None:
    theta = np.array([-40.0, -3.0, -0.5, -1e-2, -1e-3, 0.0, 1e-3, 9.9e-3, 1.1e-2, 0.7, 4.0, 35.0])
    step = 1e-5
    up, down = fitting_factors(theta + step), fitting_factors(theta - step)
    _, _, forth_slope, back_slope = fitting_factors(theta)
    np.testing.assert_allclose((up[0] - down[0]) / (2 * step), forth_slope, atol=2e-9)
    np.testing.assert_allclose((up[1] - down[1]) / (2 * step), back_slope, atol=2e-9)


@settings(deadline=None)
@given(st.floats(-1e3, 1e3))
def test_factors_stay_positive_and_finite_at_any_cell_peclet_number(theta: float) -> None:
    forth, back, forth_slope, back_slope = fitting_factors(np.array([theta]))
    assert np.isfinite([forth, back, forth_slope, back_slope]).all()
    assert forth[0] > 0 and back[0] > 0 and forth[0] + back[0] >= max(2.0 - 1e-12, abs(theta))


@settings(deadline=None)
@given(st.floats(-60.0, 60.0), st.floats(1e-6, 1e6))
def test_flux_vanishes_in_boltzmann_equilibrium(theta: float, concentration: float) -> None:
    forth, back, _, _ = fitting_factors(np.array([theta]))
    there = concentration * np.exp(-theta)
    size = forth[0] * concentration + back[0] * there
    assert abs(forth[0] * concentration - back[0] * there) <= 5e-15 * max(1.0, abs(theta)) * size


@pytest.mark.parametrize("theta", [-30.0, -1.0, -1e-6, 1e-6, 0.4, 12.0])
def test_flux_is_exact_for_drift_and_diffusion_at_constant_field(theta: float) -> None:
    """J = -(c' + theta c) is constant along an edge of unit length for c = a + b exp(-theta s), steep or not."""
    a, b = 0.7, 1.3
    first, second = a + b, a + b * np.exp(-theta)
    forth, back, _, _ = fitting_factors(np.array([theta]))
    flux = forth[0] * first - back[0] * second
    assert flux == pytest.approx(-theta * a, rel=1e-12, abs=1e-15 * (forth[0] + back[0]))
