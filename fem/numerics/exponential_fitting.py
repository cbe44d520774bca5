"""Exponential fitting: the exact two-point flux of drift and diffusion along an edge.

Between nodes i and j the flux of a species whose potential energy rises by ``theta`` (in kT) is

    J_ij = W_ij [B(theta) a_i - B(-theta) a_j],    B(x) = x / (exp(x) - 1),

with a the concentration and W the diffusive weight of the edge (Scharfetter and Gummel, IEEE Trans. Electron Devices
16, 64 (1969), doi:10.1109/T-ED.1969.16566). It is exact for constant flux and field on the edge, vanishes in
equilibrium ``a_j = a_i exp(-theta)`` and gives an M-matrix for non-negative W, whatever the cell Peclet number.
"""

import numpy as np

from fem.fields import Array

_SERIES = 1e-2  # below, a Taylor series for the slope; its first dropped term is under 1e-14 here
_SMALLEST, _LARGEST = 1e-300, 700.0  # exp(x) - 1 neither vanishes nor overflows in between


def bernoulli(x: Array) -> tuple[Array, Array]:
    """``B(x) = x / (exp(x) - 1)`` and its derivative for x >= 0, both near round-off; same shape as `x`."""
    safe = np.maximum(x, _SERIES)
    value = _bernoulli(x)
    slope = value * (1.0 - value - safe) / safe
    return value, np.where(x < _SERIES, -0.5 + x / 6.0 * (1.0 - x * x / 30.0), slope)


def two_factors(theta: Array) -> tuple[Array, Array]:
    """``B(theta)`` and ``B(-theta)``, each of the shape of `theta`: all that the flux itself needs.

    The larger factor is formed as B(abs(theta)) + abs(theta), so neither suffers cancellation and both stay positive.
    """
    low = _bernoulli(np.abs(theta))
    back = np.maximum(theta, 0.0)
    forth = back - theta
    forth += low
    back += low
    return forth, back


def fitting_factors(theta: Array) -> tuple[Array, Array, Array, Array]:
    """``B(theta)``, ``B(-theta)`` and their derivatives with respect to theta, each of the shape of `theta`."""
    steepness, uphill = np.abs(theta), theta > 0
    low, slope = bernoulli(steepness)
    high, steep = low + steepness, 1.0 + slope
    forth, back = np.where(uphill, low, high), np.where(uphill, high, low)
    return forth, back, np.where(uphill, slope, -steep), np.where(uphill, steep, -slope)


def _bernoulli(x: Array) -> Array:
    safe = np.minimum(x, _LARGEST)
    np.maximum(safe, _SMALLEST, out=safe)
    value = np.expm1(safe)
    np.divide(safe, value, out=value)
    return value
