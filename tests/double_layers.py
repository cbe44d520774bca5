"""Films that hold one double layer, from coarse to fine, with the charge that theory gives them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from films_for_theory import PERMITTIVITY, VOLT, equilibrium, half_cell, one_ion, two_ions
from meshes_for_tests import Grading, vertical_film
from theory.double_layer import (
    Bulk,
    gouy_chapman_capacitance,
    gouy_chapman_charge,
    single_ion_capacitance,
    single_ion_charge,
    single_ion_concentration,
    steric_capacitance,
    steric_charge,
    steric_concentration,
)

from fem.constants import elementary_charge
from fem.model import PoissonNernstPlanck
from fem.state import State

DENSITY = 1e24  # [1/m^3]
BULK = Bulk(DENSITY, PERMITTIVITY)
PAIR_LENGTH, SINGLE_LENGTH = BULK.debye_length(2), BULK.debye_length(1)
WIDTH = 0.5 * SINGLE_LENGTH


@dataclass(frozen=True)
class Layer:
    """One double layer: number of `mobile` ions, electrode at `phi0` [kT/e], lattice filling `nu` (0: dilute)."""

    mobile: int
    phi0: float
    nu: float = 0.0

    @property
    def charge(self) -> float:
        """On the electrode, by theory [C/m^2]."""
        if self.mobile == 1:
            return single_ion_charge(BULK, self.phi0, self.nu)
        return steric_charge(BULK, self.phi0, self.nu) if self.nu else gouy_chapman_charge(BULK, self.phi0)

    @property
    def capacitance(self) -> float:
        """Derivative of the charge by the electrode's potential, by theory [F/m^2]."""
        if self.mobile == 1:
            return single_ion_capacitance(BULK, self.phi0, self.nu)
        return steric_capacitance(BULK, self.phi0, self.nu) if self.nu else gouy_chapman_capacitance(BULK, self.phi0)

    def space_charge(self, phi: float) -> float:
        """Density where the potential is `phi`, by theory [C/m^3]."""
        if self.mobile == 1:
            return elementary_charge * (float(single_ion_concentration(BULK, np.array(phi), self.nu)) - DENSITY)
        cation, anion = (float(steric_concentration(BULK, np.array(phi), self.nu, z)) for z in (1, -1))
        return elementary_charge * (cation - anion)

    @property
    def decay_length(self) -> float:
        """Thermal voltage over the field at the electrode [m]."""
        return min(BULK.permittivity * VOLT / abs(self.charge), BULK.debye_length(self.mobile))

    def model(self, fineness: float, shift: float = 0.0) -> PoissonNernstPlanck:
        """The film, long enough for a bulk that is neutral to 1e-8; its electrode at `phi0` + `shift` [kT/e]."""
        full = np.sqrt(2 * abs(self.phi0) * (self.nu if self.phi0 < 0 or self.mobile == 2 else 1.0))
        height = 20 * SINGLE_LENGTH + full * SINGLE_LENGTH
        grading = Grading(0.5 * self.decay_length, 0.3, 0.5 * WIDTH, both=False)
        sites = DENSITY * self.mobile / self.nu if self.nu else None
        ions = (one_ion if self.mobile == 1 else two_ions)(DENSITY, sites)
        return half_cell(vertical_film(height, WIDTH, grading, fineness), ions, self.phi0 + shift)

    def __str__(self) -> str:
        return f"phi0 = {self.phi0:g}" + (f", nu = {self.nu:g}" if self.nu else "")


@cache
def relaxed(layer: Layer, fineness: float, shift: float = 0.0) -> tuple[PoissonNernstPlanck, State]:
    """The film and its equilibrium; kept, so treat them as read-only."""
    model = layer.model(fineness, shift)
    return model, equilibrium(model)
