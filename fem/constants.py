"""Physical constants and unit factors: the program computes in SI, users write ``0.58 * eV``.

Constants are the exact SI (2019) values or CODATA 2018, taken from :mod:`scipy.constants`.
The annotated types (:data:`Volt`, :data:`Metre`, ...) say which unit a scenario's argument has;
the command line reads them to parse and check ``--bias 10V``.
"""

from typing import Annotated

from scipy import constants as _codata

elementary_charge: float = _codata.elementary_charge  # [C]
boltzmann: float = _codata.Boltzmann  # [J/K]
vacuum_permittivity: float = _codata.epsilon_0  # [F/m]

m = 1.0
um = 1e-6
nm = 1e-9
cm = 1e-2
V = 1.0
mV = 1e-3
s = 1.0
ms = 1e-3
us = 1e-6
ns = 1e-9
minute = 60.0
hour = 3600.0
K = 1.0
eV = elementary_charge
Hz = 1.0

# The annotation is the unit in which the (SI) number is documented and recorded; `pint` understands each.
Volt = Annotated[float, "V"]
Metre = Annotated[float, "m"]
Second = Annotated[float, "s"]
Kelvin = Annotated[float, "K"]
Energy = Annotated[float, "J"]  # written in eV on the command line
Diffusivity = Annotated[float, "m^2/s"]
Concentration = Annotated[float, "1/m^3"]
Hertz = Annotated[float, "Hz"]
Velocity = Annotated[float, "m/s"]
ElectricField = Annotated[float, "V/m"]
GenerationRate = Annotated[float, "1/m^3/s"]


def thermal_voltage(temperature: float) -> float:
    """Thermal voltage kT/e [V] at `temperature` [K]."""
    return boltzmann * temperature / elementary_charge
