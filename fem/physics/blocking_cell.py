"""Steady charge of a film of one mobile ion between electrodes that block it.

The film of length L holds N mobile ions of charge +e per volume over a fixed background that balances them. At rest
under the voltage V the ions obey Boltzmann, and the potential obeys Poisson. With u the fall of the potential from the
positive electrode, in thermal voltages, and v = V / V_T, the first integral is

    E(u)^2 = E(0)^2 + (2 kT / eps) [c_a (exp(u) - 1) - N u].

The film is neutral, so both electrodes have the same field, and the concentration at the positive one is
``c_a = N v / (exp(v) - 1)``. What is left is E(0), from the length ``L = V_T integral du / E(u)``. The charge of the
positive electrode is eps E(0). Far apart, the layers do not meet, and the field between them is zero: then the charge
does not depend on L. Ions crowded beyond the number of their sites are not part of this (dilute).

Reference: Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506, there for two mobile ions.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import exp, expm1, log, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from fem.checks import require_positive
from fem.constants import elementary_charge, vacuum_permittivity

_APART = 1e-5  # of the field scale V_T / lambda: a field between the layers as weak as that changes no charge
_LEAST_VOLTAGE = 1e-6  # thermal voltages
_SERIES = 1e-3  # fall of the potential below which its exponential is expanded


@dataclass(frozen=True)
class BlockingCell:
    """A film of one mobile ion between blocking electrodes.

    Parameters
    ----------
    length
        Distance of the electrodes [m].
    density
        Mobile ions per volume [1/m^3].
    relative_permittivity
        Of the film.
    thermal_voltage
        kT / e [V].

    Raises
    ------
    ValueError
        If one of them is not positive.
    """

    length: float
    density: float
    relative_permittivity: float
    thermal_voltage: float

    def __post_init__(self) -> None:
        require_positive(self.length, "distance of the electrodes", "m")
        require_positive(self.density, "density of mobile ions", "1/m^3")
        require_positive(self.relative_permittivity, "relative permittivity")
        require_positive(self.thermal_voltage, "thermal voltage", "V")

    @property
    def debye_length(self) -> float:
        """[m]."""
        return sqrt(self._permittivity * self.thermal_voltage / (elementary_charge * self.density))

    def charge(self, voltage: float) -> float:
        """Charge per area of the positive electrode at rest under `voltage` >= 0 [C/m^2].

        Raises
        ------
        ValueError
            If the voltage is negative.
        """
        if voltage < 0:
            raise ValueError(f"the charge of a blocking cell is known for a voltage of 0 V or more, got {voltage:g} V")
        v = voltage / self.thermal_voltage
        if v < _LEAST_VOLTAGE:
            return 0.0
        scale = self.thermal_voltage / self.debye_length  # field [V/m]
        length = self.length / self.debye_length
        if _length(v, _APART) < length:
            return self._permittivity * scale * _field_at_electrode(v, 0.0)
        most = v / length * 1.01 + 1.0
        weakest = brentq(lambda u: _length(v, exp(u)) - length, log(_APART), log(most))
        return self._permittivity * scale * _field_at_electrode(v, exp(weakest))

    def voltage(self, charge: float) -> float:
        """Voltage that puts `charge` >= 0 per area [C/m^2] on the positive electrode at rest [V].

        Raises
        ------
        ValueError
            If the charge is negative.
        """
        if charge < 0:
            raise ValueError(f"the voltage of a blocking cell is known for a charge of 0 or more, got {charge:g} C/m^2")
        if charge == 0:
            return 0.0
        high = self.thermal_voltage
        while self.charge(high) < charge:
            high *= 2
        return float(brentq(lambda volts: self.charge(volts) - charge, 0.0, high, xtol=1e-12 * high))

    @property
    def _permittivity(self) -> float:
        return self.relative_permittivity * vacuum_permittivity


def _flattest(v: float) -> float:
    """Fall of the potential to where the field is weakest: the ions are as many as the background there."""
    return v + log(-expm1(-v) / v)


def _gain(t: float) -> float:
    """Half of what the square of the field gains from its weakest place, at a potential t lower than there."""
    return t**2 / 2 + t**3 / 6 + t**4 / 24 if abs(t) < _SERIES else expm1(t) - t


def _field_at_electrode(v: float, weakest: float) -> float:
    """E(0) in units of V_T / lambda, from the `weakest` field between the electrodes in the same units."""
    return sqrt(weakest**2 + 2 * _gain(-_flattest(v)))


def _length(v: float, weakest: float) -> float:
    """Distance of the electrodes over the Debye length, from the `weakest` field."""
    first, last = -_flattest(v), v - _flattest(v)
    marks = [t for step in weakest * np.geomspace(1.0, 1e4, 5) for t in (-step, step) if first < t < last]
    edges = [first, *sorted({0.0, *marks}), last]
    parts = [quad(lambda t: 1 / sqrt(weakest**2 + 2 * _gain(t)), a, b)[0] for a, b in pairwise(edges)]
    return float(sum(parts))
