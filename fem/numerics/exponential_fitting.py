"""Exponential fitting: the exact two-point flux of drift and diffusion along an edge.

Between nodes i and j the flux of a species whose potential energy rises by ``theta`` (in kT) is

    J_ij = W_ij [B(theta) a_i - B(-theta) a_j],    B(x) = x / (exp(x) - 1),

with a the concentration and W the diffusive weight of the edge (Scharfetter and Gummel, IEEE Trans. Electron Devices
16, 64 (1969), doi:10.1109/T-ED.1969.16566). It is exact for constant flux and field on the edge, vanishes in
equilibrium ``a_j = a_i exp(-theta)`` and gives an M-matrix for non-negative W, whatever the cell Peclet number.
"""

import numpy as np

from fem.fields import Array

_SERIES = 1e-2  # below, Taylor series; their first dropped terms are under 1e-14 here
_LARGEST = 700.0  # exp overflows beyond


def bernoulli(x: Array) -> tuple[Array, Array]:
    """``B(x) = x / (exp(x) - 1)`` and its derivative for x >= 0, both near round-off; same shape as `x`."""
    small = x < _SERIES
    safe = np.where(small, 1.0, np.minimum(x, _LARGEST))
    value = safe / np.expm1(safe)
    slope = value * (1.0 - value - safe) / safe
    square = x * x
    value = np.where(small, 1.0 - 0.5 * x + square / 12.0 * (1.0 - square / 60.0), value)
    slope = np.where(small, -0.5 + x / 6.0 * (1.0 - square / 30.0), slope)
    return value, slope


def fitting_factors(theta: Array) -> tuple[Array, Array, Array, Array]:
    """``B(theta)``, ``B(-theta)`` and their derivatives with respect to theta, each of the shape of `theta`.

    The larger factor is formed as B(abs(theta)) + abs(theta), so neither suffers cancellation and both stay positive.
    """
    steepness = np.abs(theta)
    low, low_slope = bernoulli(steepness)
    high, uphill = low + steepness, theta > 0
    forth, back = np.where(uphill, low, high), np.where(uphill, high, low)
    forth_slope = np.where(uphill, low_slope, -1.0 - low_slope)
    back_slope = np.where(uphill, 1.0 + low_slope, -low_slope)
    return forth, back, forth_slope, back_slope
