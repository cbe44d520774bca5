"""Nanocrystals in rows and columns, each in a shell of ligands, meshed with rectangles cut in triangles."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from skfem import MeshTri

from fem.constants import nm
from fem.fields import Array
from fem.numerics.control_volumes import IntArray
from fem.observables.composition import lattice_areas
from fem.physics.regions import BoolArray
from fem.scenario import Observable, Scenario
from fem.state import State
from scenarios.parts.options import require_positive_options

SHELL = 1 * nm  # around each crystal, so that two of them lie 2 nm apart
CRYSTAL, LIGANDS = "crystal", "ligands"
_IN_CRYSTAL, _IN_SHELL = 8, 2  # cells across
_SIDES = {"left": (0, 0), "right": (0, 1), "bottom": (1, 0), "top": (1, 1)}


@dataclass(frozen=True)
class CrystalArray:
    """An array of equal nanocrystals, seen from the side.

    Parameters
    ----------
    columns, layers
        Number of crystals side by side and on top of each other.
    size
        Of a crystal [m].

    Raises
    ------
    ValueError
        If there are none, or they have no size.
    """

    columns: int
    layers: int
    size: float

    def __post_init__(self) -> None:
        require_positive_options(columns=self.columns, layers=self.layers, size=self.size)

    @property
    def pitch(self) -> float:
        """Distance of neighbouring crystals [m]."""
        return self.size + 2 * SHELL

    @cached_property
    def mesh(self) -> MeshTri:
        """With the subdomains "crystal" and "ligands" and the four sides."""
        x, y = self._lines(self.columns), self._lines(self.layers)
        bare = MeshTri.init_tensor(x, y)
        corner = (x[-1], y[-1])
        sides = {
            name: (lambda p, axis=axis, at=corner[axis] * end: np.abs(p[axis] - at) < 1e-3 * SHELL)
            for name, (axis, end) in _SIDES.items()
        }
        tagged = bare.with_boundaries(sides)
        inside = self._inside(bare.p[:, bare.t].mean(axis=1))
        return tagged.with_subdomains({CRYSTAL: np.flatnonzero(inside), LIGANDS: np.flatnonzero(~inside)})

    def _lines(self, crystals: int) -> Array:
        """Places of the mesh lines along an axis [m]."""
        shell = np.linspace(0, SHELL, _IN_SHELL + 1)
        one = np.concatenate(
            [shell, SHELL + np.linspace(0, self.size, _IN_CRYSTAL + 1)[1:], SHELL + self.size + shell[1:]]
        )
        return np.concatenate([one[:1], *(k * self.pitch + one[1:] for k in range(crystals))])

    def _inside(self, places: Array) -> BoolArray:
        """Whether `places` [m], shape (2, n), lie in a crystal."""
        within = places % self.pitch
        return np.asarray(((within > SHELL) & (within < SHELL + self.size)).all(axis=0))

    def chloride(self, scenario: Scenario, state: State, axis: int) -> Array:
        """Chloride in each row (`axis` 1) or column (0) of crystals, per metre of depth [1/m], shape (n,)."""
        return np.asarray(np.bincount(self._row(scenario, axis), lattice_areas(scenario) * state.concentrations[-1]))

    def _row(self, scenario: Scenario, axis: int) -> IntArray:
        """Number of the row, or column, of each node, shape (n_nodes,)."""
        count = self.layers if axis else self.columns
        rows = (scenario.model.mesh.p[axis] / self.pitch).astype(np.int64)
        return np.asarray(np.minimum(rows, count - 1))

    def moved(self, axis: int) -> Observable:
        """Chloride that has hopped from row to row, summed over the gaps, over that of one row at the start."""

        def measure(scenario: Scenario, state: State) -> float:
            start = self.chloride(scenario, scenario.model.initial_state(), axis)
            return float(np.cumsum(start - self.chloride(scenario, state, axis))[:-1].sum() / start.mean())

        return Observable("chloride moved between crystals", "1", measure)

    def lost(self) -> Observable:
        """Chloride that has left the film, over that of one layer at the start."""

        def measure(scenario: Scenario, state: State) -> float:
            start = self.chloride(scenario, scenario.model.initial_state(), 1)
            return float((start - self.chloride(scenario, state, 1)).sum() / start.mean())

        return Observable("chloride lost", "1", measure)
