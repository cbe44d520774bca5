"""A planar perovskite cell of three layers as a set of numbers that any program can be given."""

from dataclasses import dataclass
from math import asinh, exp, log, sqrt

from fem.constants import thermal_voltage


@dataclass(frozen=True)
class CellLayer:
    """One layer of a cell; energies in eV below vacuum, everything else in SI units."""

    name: str
    thickness: float
    permittivity: float
    affinity: float
    gap: float
    conduction_states: float
    valence_states: float
    electron_diffusivity: float
    hole_diffusivity: float
    doping: float = 0.0


@dataclass(frozen=True)
class StandardCell:
    """A cell: hole transport layer on the left, absorber, electron transport layer; light from the right."""

    layers: tuple[CellLayer, CellLayer, CellLayer]
    temperature: float
    ions: float
    ion_prefactor: float
    ion_barrier: float  # [eV]
    electron_lifetime: float
    hole_lifetime: float
    surface_velocities: tuple[tuple[float, float], tuple[float, float]]  # of electrons and holes, left and right
    radiative: float
    photon_flux: float
    absorption: float

    @property
    def absorber(self) -> CellLayer:
        """The layer in the middle."""
        return self.layers[1]

    @property
    def volt(self) -> float:
        """kT/e [V]."""
        return thermal_voltage(self.temperature)

    @property
    def ion_diffusivity(self) -> float:
        """[m^2/s]."""
        return self.ion_prefactor * exp(-self.ion_barrier / self.volt)

    @property
    def intrinsic(self) -> float:
        """n_i of the absorber [1/m^3]."""
        a = self.absorber
        return sqrt(a.conduction_states * a.valence_states) * exp(-a.gap / (2 * self.volt))

    def shares(self, layer: CellLayer) -> tuple[float, float]:
        """s_n and s_p of a layer."""
        a = self.absorber
        electrons = layer.conduction_states / a.conduction_states * exp((layer.affinity - a.affinity) / self.volt)
        depth = layer.affinity + layer.gap - a.affinity - a.gap
        return electrons, layer.valence_states / a.valence_states * exp(-depth / self.volt)

    def neutral_potential(self, layer: CellLayer) -> float:
        """Potential [V_T] of a neutral layer in equilibrium."""
        s_n, s_p = self.shares(layer)
        return asinh(layer.doping / (2 * self.intrinsic * sqrt(s_n * s_p))) - 0.5 * log(s_n / s_p)
