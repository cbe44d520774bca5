"""The field and the damage at the edges of a metal strip on a film."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, tan

import numpy as np
from scipy.optimize import brentq

from fem.fields import Array
from fem.numerics.control_volumes import IntArray
from fem.observables.observables import species_number
from fem.physics.regions import BoolArray
from fem.scenario import Criterion, Observable, Scenario
from fem.state import State

Traces = Mapping[str, Array]
DEGRADED = "degraded site"
_NEAR = 0.1  # of the thickness: cells so far from an edge belong to it
_FITS = 0.03  # largest difference from the power of a wedge
_STARTED, _SPARED = 0.3, 0.01  # degraded share near the edges at least, below the middle at most


def wedge_power(permittivity: float) -> float:
    """Power of the distance with which the field grows towards a right-angled metal edge on a film, in air.

    The potential goes as rho^a with ``tan(a pi) = -eps tan(a pi / 2)``, the field as rho^(a - 1): -1/2 for a film of
    infinite `permittivity`, -1/3 for none. It follows from the potential and the normal displacement on either side of
    the film's face (Meixner, IEEE Trans. Antennas Propag. 20, 442 (1972)).
    """
    return float(brentq(lambda a: tan(a * pi) + permittivity * tan(a * pi / 2), 0.5 + 1e-9, 1 - 1e-9)) - 1


@dataclass(frozen=True)
class Edges:
    """Two edges on the upper face of a film.

    Parameters
    ----------
    places
        Along the film [m].
    thickness
        Of the film [m].
    permittivity
        Of the film [1].
    nearest
        Distance from an edge beyond which cells resolve the field [m].
    sites
        That can degrade [1/m^3].
    """

    places: tuple[float, float]
    thickness: float
    permittivity: float
    nearest: float
    sites: float

    @property
    def observables(self) -> tuple[Observable, Observable, Observable]:
        """Power of the field near the edges, and the degraded share near them and below the middle of the strip."""
        return (
            Observable("power of the field near the edges", "1", self._power),
            Observable("degraded near the edges", "1", lambda s, state: self._degraded(s, state, self._near(s))),
            Observable("degraded below the middle", "1", lambda s, state: self._degraded(s, state, self._middle(s))),
        )

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B13: the field has the power of a wedge; damage at the edges and none below the middle."""
        power, near, middle = (one.column for one in self.observables)
        expected = wedge_power(self.permittivity)
        return (
            Criterion("B13", f"power of the field near an edge, less {expected:.3f} of a wedge",
                      lambda traces: float(traces[power][-1] - expected), -_FITS, _FITS),
            Criterion("B13", "degraded near the edges at the end", lambda traces: float(traces[near][-1]), _STARTED),
            Criterion("B13", "degraded below the middle at the end", lambda traces: float(traces[middle][-1]),
                      upper=_SPARED),
        )  # fmt: skip

    def _power(self, scenario: Scenario, state: State) -> float:
        """Slope of log E over log rho in the cells of the film near an edge; 0 without a field."""
        field = np.linalg.norm(scenario.model.electric_field(state), axis=0)
        cells = self._near(scenario, self.nearest)
        if not np.ptp(state.contact_potential):
            return 0.0
        return float(np.polyfit(np.log(self._distance(scenario)[cells]), np.log(field[cells]), 1)[0])

    def _degraded(self, scenario: Scenario, state: State, cells: IntArray) -> float:
        """Mean degraded share of `cells`."""
        mesh = scenario.model.mesh
        shares = state.concentrations[species_number(scenario, DEGRADED)][mesh.t[:, cells]].mean(axis=0)
        return float(np.average(shares, weights=scenario.model.control_volumes.areas[cells]) / self.sites)

    def _near(self, scenario: Scenario, nearest: float = 0.0) -> IntArray:
        """Cells of the film near an edge."""
        distance = self._distance(scenario)
        return np.flatnonzero(self._in_film(scenario) & (distance > nearest) & (distance < _NEAR * self.thickness))

    def _middle(self, scenario: Scenario) -> IntArray:
        """Cells of the film below the middle half of the strip."""
        x, (start, end) = _centres(scenario)[0], self.places
        return np.flatnonzero(self._in_film(scenario) & (np.abs(x - 0.5 * (start + end)) < 0.25 * (end - start)))

    def _in_film(self, scenario: Scenario) -> BoolArray:
        y = _centres(scenario)[1]
        return np.asarray((y > 0) & (y < self.thickness))

    def _distance(self, scenario: Scenario) -> Array:
        """Distance of the cells from the nearer edge [m], shape (n_cells,)."""
        x, y = _centres(scenario)
        return np.asarray(np.min([np.hypot(x - edge, y - self.thickness) for edge in self.places], axis=0))


def _centres(scenario: Scenario) -> Array:
    """Centres of the cells [m], shape (2, n_cells)."""
    mesh = scenario.model.mesh
    return np.asarray(mesh.p[:, mesh.t].mean(axis=1))
