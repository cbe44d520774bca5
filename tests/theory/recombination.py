"""Steady carrier balance ``G = k1 n + k2 n^2 + k3 n^3``: closed forms and an independent root to many digits.

Johnston and Herz, Acc. Chem. Res. 49, 146 (2016), doi:10.1021/acs.accounts.5b00411.
"""

from decimal import Decimal, localcontext
from math import exp, expm1, sqrt


def density_without_auger(generation: float, k1: float, k2: float) -> float:
    """``[-k1 + sqrt(k1^2 + 4 k2 G)] / 2 k2``, written so that nothing cancels."""
    return 2 * generation / (k1 + sqrt(k1**2 + 4 * k2 * generation))


def density_by_bisection(generation: float, k1: float, k2: float, k3: float) -> float:
    """The positive root with Auger loss, to 30 digits and more before rounding."""
    with localcontext() as context:
        context.prec = 60
        g, a, b, c = (Decimal(value) for value in (generation, k1, k2, k3))
        low, high = Decimal(0), g / a
        for _ in range(180):
            middle = (low + high) / 2
            low, high = (low, middle) if ((c * middle + b) * middle + a) * middle > g else (middle, high)
        return float(low)


def best_yield(k1: float, k2: float, k3: float) -> tuple[float, float]:
    """Largest quantum yield ``k2 / (k2 + 2 sqrt(k1 k3))`` and the density ``sqrt(k1 / k3)`` where it is reached."""
    return k2 / (k2 + 2 * sqrt(k1 * k3)), sqrt(k1 / k3)


def decay(start: float, time: float, k1: float, k2: float) -> float:
    """Density after the light is gone, ``k1 n0 e^(-k1 t) / [k1 + k2 n0 (1 - e^(-k1 t))]`` [1/m^3]."""
    return k1 * start * exp(-k1 * time) / (k1 - k2 * start * expm1(-k1 * time))
