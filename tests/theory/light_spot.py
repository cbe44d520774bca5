"""Minority carriers around a spot of light in a field (point source, one lifetime).

J. R. Haynes and W. Shockley, Phys. Rev. 81, 835 (1951), doi:10.1103/PhysRev.81.835.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import kve

Array = NDArray[np.float64]


def variance(drift: float, diffusion: float, spot: float) -> float:
    """``L_E^2 + 2 L_D^2 + s^2`` [m^2] along the field, of carriers from a Gaussian spot of standard deviation s.

    Parameters
    ----------
    drift, diffusion, spot
        L_E = mu E tau, L_D = sqrt(D tau) and s [m].
    """
    return drift**2 + 2 * diffusion**2 + spot**2


def profile(x: Array, y: Array, drift: float, diffusion: float) -> Array:
    """``exp(a x) K_0(r sqrt(a^2 + 1 / L_D^2))`` with ``a = L_E / 2 L_D^2``, density around a point to a factor.

    Parameters
    ----------
    x, y
        Distance from the spot along the drift and across [m], shape (n,).
    drift, diffusion
        L_E and L_D [m].
    """
    a = drift / (2 * diffusion**2)
    reach = np.hypot(x, y) * np.sqrt(a**2 + 1 / diffusion**2)
    return np.asarray(np.exp(a * x - reach) * kve(0, reach))
