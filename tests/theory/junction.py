"""A symmetric p-n junction in the depletion approximation, and the resistance of a doped slab between its contacts.

W. Shockley, Bell Syst. Tech. J. 28, 435 (1949), doi:10.1002/j.1538-7305.1949.tb03645.x; recombination in the junction:
C. T. Sah, R. N. Noyce and W. Shockley, Proc. IRE 45, 1228 (1957), doi:10.1109/JRPROC.1957.278528.
"""

from dataclasses import dataclass
from math import cosh, exp, expm1, log, sqrt, tanh

from scipy.integrate import quad

from fem.constants import elementary_charge


def slab_resistance(length: float, density: float, mobility: float, velocity: float, volt: float) -> float:
    """``L / (e mu n) + 2 V_T / (e n S)`` [Ohm m^2] of a slab between two contacts of exchange velocity S.

    Across each contact ``S n (exp(dV / V_T) - 1)`` of the majority passes, V_T / (e n S) for a small current.

    Parameters
    ----------
    length, density, mobility, velocity
        L [m], n [1/m^3], mu [m^2/(V s)], S [m/s].
    volt
        V_T [V].
    """
    return length / (elementary_charge * mobility * density) + 2 * volt / (elementary_charge * density * velocity)


@dataclass(frozen=True)
class Junction:
    """Both sides alike but for the sign of their doping.

    Parameters
    ----------
    doping, intrinsic
        N and n_i [1/m^3].
    side
        Length of each side up to its ohmic contact [m].
    diffusivity
        Of the minority carriers [m^2/s].
    permittivity
        [F/m].
    volt
        V_T [V].
    """

    doping: float
    intrinsic: float
    side: float
    diffusivity: float
    permittivity: float
    volt: float

    def width(self, voltage: float) -> float:
        """Depletion width [m], less two thermal voltages for the carriers at its edges."""
        barrier = 2 * self.volt * log(self.doping / self.intrinsic) - voltage - 2 * self.volt
        return sqrt(4 * self.permittivity * barrier / (elementary_charge * self.doping))

    def diffusion(self, voltage: float, lifetime: float | None = None) -> float:
        """Current density of both minorities [A/m^2]: ``2 e D n_i^2 / (N L coth) (exp(V / V_T) - 1)``."""
        base = self.side - self.width(voltage) / 2
        slope = 1 / base
        if lifetime is not None:
            length = sqrt(self.diffusivity * lifetime)
            slope = 1 / (length * tanh(base / length))
        each = elementary_charge * self.diffusivity * self.intrinsic**2 / self.doping * slope
        return 2 * each * expm1(voltage / self.volt)

    def radiative(self, voltage: float, k2: float) -> float:
        """Current density of what recombines in the depletion width at ``k2 (n p - n_i^2)`` [A/m^2]."""
        return elementary_charge * k2 * self.intrinsic**2 * self.width(voltage) * expm1(voltage / self.volt)

    def trapped(self, voltage: float, lifetime: float) -> float:
        """Current density of what recombines in the depletion width through mid-gap levels [A/m^2].

        ``n = n_i exp(V / 2 V_T + u)`` and ``p = n_i exp(V / 2 V_T - u)`` with the parabolic potential u of depletion.
        """
        v, half = voltage / self.volt, self.width(voltage) / 2
        field = elementary_charge * self.doping * half / self.permittivity / self.volt

        def rate(x: float) -> float:
            u = field * (x - x * x / (2 * half))
            return expm1(v) / (2 * (exp(v / 2) * cosh(u) + 1))

        inside = quad(rate, 0.0, half, epsrel=1e-8)[0]
        return 2 * elementary_charge * self.intrinsic / lifetime * inside
