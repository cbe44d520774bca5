"""A film between blocking electrodes at small voltages: the exact linear response of a blocking cell.

Per area, in the Laplace variable s (the voltage steps from 0 to V at t = 0):

    Z(s) = 2 / (s eps b^2) [tanh(b L / 2) / (lambda^2 b) + s L / 2D] + 2 lambda_S / (s eps),
    b^2 = (1 + s lambda^2 / D) / lambda^2

with lambda_S the thickness of a coating on each electrode, times eps / eps_coating (Bazant, Thornton and Ajdari,
doi:10.1103/PhysRevE.70.021506, sec. IV; it holds for a symmetric pair and for one ion over a background, each with its
own Debye length lambda).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from fem.fields import Array

Complex = NDArray[np.complex128]
_TERMS = 32  # of the inverse Laplace transform; about 0.6 correct digits each, limited by round-off to 1e-9


@dataclass(frozen=True)
class Cell:
    """Blocking cell, per area.

    Parameters
    ----------
    permittivity
        [F/m].
    debye_length, gap
        lambda and L [m].
    diffusivity
        D [m^2/s].
    stern
        Thickness of the coating on each electrode times eps / eps_coating [m].
    """

    permittivity: float
    debye_length: float
    gap: float
    diffusivity: float
    stern: float = 0.0

    @property
    def geometric_capacitance(self) -> float:
        """Before the ions move [F/m^2], coatings included."""
        return self.permittivity / (self.gap + 2 * self.stern)

    @property
    def resistance(self) -> float:
        """Of the film [ohm m^2]: ``L lambda^2 / (eps D)``."""
        return self.gap * self.debye_length**2 / (self.permittivity * self.diffusivity)

    @property
    def thin_layer_time(self) -> float:
        """``L lambda^2 / (2 D (lambda + lambda_S))`` [s]; without coatings ``lambda L / 2D``."""
        return self.gap * self.debye_length**2 / (2 * self.diffusivity * (self.debye_length + self.stern))

    def impedance(self, s: Complex) -> Complex:
        """Z(s) [ohm m^2]."""
        square = (1 + s * self.debye_length**2 / self.diffusivity) / self.debye_length**2
        b = np.sqrt(square)
        layers = np.tanh(0.5 * b * self.gap) / (self.debye_length**2 * b) + s * self.gap / (2 * self.diffusivity)
        return np.asarray(2 / (s * self.permittivity) * (layers / square + self.stern))

    def charge(self, voltage: float, times: Array) -> Array:
        """Charge on the positive electrode after the step [C/m^2], by inversion of ``V / (s^2 Z)``."""
        return np.array([_inverse_laplace(lambda s: voltage / (s**2 * self.impedance(s)), t) for t in times])

    def current(self, voltage: float, times: Array) -> Array:
        """Current after the step [A/m^2], by inversion of ``V / (s Z)`` without the jump of charge at t = 0."""
        geometric = self.geometric_capacitance * voltage
        return np.array([_inverse_laplace(lambda s: voltage / (s * self.impedance(s)) - geometric, t) for t in times])

    @property
    def relaxation_time(self) -> float:
        """Slowest time of the response [s]: the pole of 1 / Z nearest to zero."""

        def bracket(tau: float) -> float:
            return float((self.impedance(np.asarray(-1 / tau + 0j)) / tau).real)

        guess = self.thin_layer_time
        return float(brentq(bracket, 0.5 * guess, 1.5 * guess, xtol=1e-12 * guess, rtol=1e-13))


def _inverse_laplace(transform: Callable[[Complex], Complex], time: float) -> float:
    """Fixed Talbot method: Abate and Valko, Int. J. Numer. Methods Eng. 60, 979 (2004), doi:10.1002/nme.995."""
    r = 2 * _TERMS / (5 * time)
    theta = np.arange(1, _TERMS) * np.pi / _TERMS
    cotangent = 1 / np.tan(theta)
    s = r * theta * (cotangent + 1j)
    sigma = theta + (theta * cotangent - 1) * cotangent
    first = 0.5 * np.exp(r * time) * transform(np.asarray(r + 0j)).real
    rest = (np.exp(time * s) * transform(s) * (1 + 1j * sigma)).real.sum()
    return float(r / _TERMS * (first + rest))
