"""The level of funnelled carriers in the coupled system: one unknown, ``sum_i m_i n_i = N``, which every node feels."""

import numpy as np

from fem.coupled.lattice_layout import LatticeLayout
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.sparsity import Pattern


class FunnelTerms:
    """Row and column of the carriers' level.

    Parameters
    ----------
    volumes
        Edges and control volumes.
    unknowns
        Layout of the unknowns.
    behind
        Its part for the lattice.
    """

    def __init__(self, volumes: ControlVolumes, unknowns: Unknowns, behind: LatticeLayout) -> None:
        self.volumes, self.unknowns, self.behind, self.lattice = volumes, unknowns, behind, behind.lattice
        assert self.lattice.lattice.carriers is not None
        self.carriers = self.lattice.lattice.carriers
        self._storage = unknowns.storage[self.lattice.vacancy] / self.carriers.density
        first = np.arange(unknowns.n_nodes) * unknowns.n_fields + 1
        self._places = {"u": first + self.lattice.vacancy, "b": first + self.lattice.second}

    def declare(self, pattern: Pattern) -> None:
        """Declare the places of row and column."""
        level = np.full(self.unknowns.n_nodes, self.behind.level_at)
        for name, places in self._places.items():
            pattern.block(f"level {name}", level, places)
            pattern.block(f"{name} level", places, level)
        pattern.block("level level", level[:1], level[:1])

    def add(self, values: Array, out: Array, intensity: float) -> None:
        """Add the row to the residual `out`: carriers held less those that light keeps, over their density [m^2]."""
        held = self.carriers.held(self.behind.composition(self.unknowns.nodal(values)), self._level(values), self._kt)
        out[self.behind.level_at] += self._storage @ held[0] - self.behind.content * intensity

    def add_slopes(self, values: Array, pattern: Pattern, data: Array) -> None:
        """Add the derivatives of the row."""
        fields, k = self.unknowns.nodal(values), self.lattice.vacancy + 1
        x = self.behind.composition(fields)
        _, by_x, by_level = self.carriers.held(x, self._level(values), self._kt)
        left = self.lattice.occupied(fields[k])
        pattern.add(data, "level b", self._storage * by_x / left)
        pattern.add(data, "level u", self._storage * by_x * x * self.lattice.dilution / left)
        pattern.add(data, "level level", np.array([self._storage @ by_level]))

    def add_flux(self, pattern: Pattern, data: Array, population: int, by_level: Array) -> None:
        """Add the inflow of a population by the level, given the edge flux's derivative."""
        name = "u" if population == self.lattice.vacancy else "b"
        pattern.add(data, f"{name} level", -(self.volumes.divergence @ by_level))

    def balanced(self, values: Array, intensity: float) -> float:
        """Level at which the film holds the carriers of light of `intensity`."""
        x = self.behind.composition(self.unknowns.nodal(values))
        return self.carriers.level(x, self._storage, self.behind.content * intensity, self._kt)

    def _level(self, values: Array) -> float:
        return float(values[self.behind.level_at])

    @property
    def _kt(self) -> float:
        return self.lattice.thermal_energy
