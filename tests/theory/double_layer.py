"""Double layers at an electrode beside a semi-infinite film, in equilibrium.

``phi0`` is the electrode's potential against the bulk in units of kT/e, ``lambda`` the Debye length of the case, ``nu``
the filling of the lattice in the bulk. Charges are those on the metal per area [C/m^2], of the sign of the potential.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from fem.constants import elementary_charge as e
from fem.constants import thermal_voltage, vacuum_permittivity
from fem.fields import Array


@dataclass(frozen=True)
class Bulk:
    """Film far from the electrode: `concentration` c0 of each mobile ion [1/m^3], charge number 1."""

    concentration: float
    relative_permittivity: float
    temperature: float = 300.0

    @property
    def permittivity(self) -> float:
        """[F/m]."""
        return self.relative_permittivity * vacuum_permittivity

    @property
    def volt(self) -> float:
        """Thermal voltage [V]."""
        return thermal_voltage(self.temperature)

    def debye_length(self, mobile: int, filling: float = 0.0) -> float:
        """``sqrt(eps kT / (n e^2 c0 (1 - nu)))`` [m] with n `mobile` kinds of ions; a symmetric pair takes nu = 0."""
        screening = mobile * e * self.concentration * (1.0 - filling)
        return float(np.sqrt(self.permittivity * self.volt / screening))


# --- two mobile ions, dilute -----------------------------------------------------------------------------------------
# Gouy (1910), Chapman (1913); in this notation Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506, sec. III.


def gouy_chapman_charge(bulk: Bulk, phi0: float) -> float:
    """``sqrt(8 eps kT c0) sinh(phi0 / 2)``."""
    return float(np.sqrt(8 * bulk.permittivity * e * bulk.volt * bulk.concentration) * np.sinh(0.5 * phi0))


def gouy_chapman_capacitance(bulk: Bulk, phi0: float) -> float:
    """``eps / lambda cosh(phi0 / 2)`` [F/m^2]."""
    return float(bulk.permittivity / bulk.debye_length(2) * np.cosh(0.5 * phi0))


def gouy_chapman_potential(bulk: Bulk, phi0: float, distance: Array) -> Array:
    """Potential in kT/e at `distance` [m]: ``tanh(phi / 4) = tanh(phi0 / 4) exp(-x / lambda)``."""
    return np.asarray(4 * np.arctanh(np.tanh(0.25 * phi0) * np.exp(-distance / bulk.debye_length(2))))


# --- two mobile ions that share a lattice ----------------------------------------------------------------------------
# Kilic, Bazant and Ajdari, doi:10.1103/PhysRevE.75.021502; nu = 2 c0 / N.


def steric_charge(bulk: Bulk, phi0: float, nu: float) -> float:
    """``2 e c0 lambda sqrt(2 / nu ln(1 + 2 nu sinh^2(phi0 / 2)))`` with the sign of phi0."""
    logarithm = np.log1p(2 * nu * np.sinh(0.5 * phi0) ** 2)
    size = 2 * e * bulk.concentration * bulk.debye_length(2) * np.sqrt(2 / nu * logarithm)
    return float(np.copysign(size, phi0))


def steric_capacitance(bulk: Bulk, phi0: float, nu: float) -> float:
    """Derivative of :func:`steric_charge` by the electrode's potential [F/m^2]."""
    crowd = 1 + 2 * nu * np.sinh(0.5 * phi0) ** 2
    shape = np.sinh(abs(phi0)) / (crowd * np.sqrt(2 / nu * np.log(crowd)))
    return float(bulk.permittivity / bulk.debye_length(2) * shape)


def steric_concentration(bulk: Bulk, phi: Array, nu: float, charge: int) -> Array:
    """Concentration [1/m^3] of the ion of `charge` where the potential is `phi` [kT/e]."""
    crowd = 1 + 2 * nu * np.sinh(0.5 * phi) ** 2
    return np.asarray(bulk.concentration * np.exp(-charge * phi) / crowd)


# --- one mobile cation over a fixed background of the same density ---------------------------------------------------
# First integral of Poisson's equation, with c = c0 exp(-phi) / (1 - nu + nu exp(-phi)), nu = c0 / N (0: dilute).


def single_ion_concentration(bulk: Bulk, phi: Array, nu: float = 0.0) -> Array:
    """Concentration [1/m^3] where the potential is `phi` [kT/e]."""
    return np.asarray(bulk.concentration * np.exp(-phi) / (1 - nu + nu * np.exp(-phi)))


def single_ion_charge(bulk: Bulk, phi0: float, nu: float = 0.0) -> float:
    """``sqrt(2 eps kT (N ln(1 + nu (exp(-phi0) - 1)) + c0 phi0))`` with the sign of phi0."""
    steep = np.expm1(-phi0)
    ions = steep if nu == 0 else np.log1p(nu * steep) / nu
    size = np.sqrt(2 * bulk.permittivity * e * bulk.volt * bulk.concentration * (ions + phi0))
    return float(np.copysign(size, phi0))


def single_ion_capacitance(bulk: Bulk, phi0: float, nu: float = 0.0) -> float:
    """Derivative of :func:`single_ion_charge` by the electrode's potential [F/m^2]: ``rho(phi0) eps / sigma``."""
    density = e * (bulk.concentration - float(single_ion_concentration(bulk, np.asarray(phi0), nu)))
    return density * bulk.permittivity / single_ion_charge(bulk, phi0, nu)


def depletion_charge(bulk: Bulk, voltage: float) -> float:
    """Mott-Schottky limit ``sqrt(2 eps e c0 V)`` of the depleted side."""
    return float(np.sqrt(2 * bulk.permittivity * e * bulk.concentration * voltage))


def electrode_potentials(charge: Callable[[float], float], difference: float) -> tuple[float, float]:
    """Potentials [kT/e] of two electrodes against the bulk between them, `difference` apart, with opposite charges."""
    first = brentq(lambda phi: charge(phi) + charge(phi - difference), 0.0, difference, xtol=1e-13, rtol=1e-14)
    return float(first), float(first) - difference


# --- independent of the closed forms ---------------------------------------------------------------------------------


def charge_by_quadrature(density: Callable[[float], float], permittivity: float, volt: float, phi0: float) -> float:
    """Charge from the space charge density [C/m^3] of phi: ``eps E0^2 / 2 = - V_T int_0^phi0 rho dphi``."""
    integral = quad(density, 0.0, phi0, epsabs=0.0, epsrel=1e-12, limit=500)[0]
    return float(np.copysign(np.sqrt(-2 * permittivity * volt * integral), phi0))
