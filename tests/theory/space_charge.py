"""Space-charge-limited current of one carrier between two ohmic contacts.

Without diffusion: N. F. Mott and R. W. Gurney, Electronic Processes in Ionic Crystals (1940). With deep traps: M. A.
Lampert, Phys. Rev. 103, 1648 (1956), doi:10.1103/PhysRev.103.1648.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_bvp

from fem.constants import elementary_charge

Array = NDArray[np.float64]


def mott_gurney(voltage: float, length: float, mobility: float, permittivity: float) -> float:
    """``9 eps mu V^2 / (8 L^3)`` [A/m^2]."""
    return 9 / 8 * permittivity * mobility * voltage**2 / length**3


def trap_filled_limit(traps: float, length: float, permittivity: float) -> float:
    """``e N_t L^2 / (2 eps)`` [V] at which injected carriers have filled all traps."""
    return elementary_charge * traps * length**2 / (2 * permittivity)


def with_diffusion(
    voltage: float, length: float, mobility: float, permittivity: float, density: float, volt: float
) -> float:
    """Current density [A/m^2] of drift and diffusion between contacts that both hold `density` [1/m^3].

    With s = x / L, n in units of the contacts' and the field in units of V_T / L it is ``n' = n E - j``, ``E' = q n``
    and ``u' = E`` with q = e n L^2 / (eps V_T), solved by collocation to 1e-7;
    for voltages of some tens of V_T.
    """
    load = elementary_charge * density * length**2 / (permittivity * volt)
    drop = voltage / volt
    s = np.concatenate([[0.0], np.geomspace(1e-5, 0.5, 200)])
    s = np.concatenate([s, 1 - s[-2::-1]])
    start = 1.0 / (1 + load * np.minimum(s, 1 - s) ** 2 / 2)
    guess = np.array([start, np.zeros_like(s), np.zeros_like(s)])
    current = np.zeros(1)
    for part in np.linspace(0, 1, 5):

        def slopes(_: Array, y: Array, parameter: Array) -> Array:
            return np.array([y[0] * y[1] - parameter[0], load * y[0], y[1]])

        def ends(a: Array, b: Array, _: Array, goal: float = part * drop) -> Array:
            return np.array([a[0] - 1, b[0] - 1, a[2], b[2] - goal])

        if not part:
            guess[1] = load * (np.cumsum(start) / len(s) - 0.5 * start.mean())
        found = solve_bvp(slopes, ends, s, guess, current, tol=1e-7, max_nodes=200_000)
        if not found.success:
            raise ArithmeticError(found.message)
        s, guess, current = found.x, found.y, np.asarray(found.p)
    return float(current[0] * elementary_charge * mobility * density * volt / length)
