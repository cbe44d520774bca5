"""What a Kelvin probe sees along a free side of the film: the electric potential at boundaries, in grains, and of both.

The potential is that of the film's surface against the grounded probe, in V; the contact potential difference of an
experiment differs from it by a constant, the difference of two work functions, which cancels in every change.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fem.checks import require_known, require_positive
from fem.fields import Array
from fem.observables.maps import grain_ids
from fem.observables.profiles import Side
from fem.scenario import Observable, Scenario
from fem.state import State

_POINTS = 10  # scanned per resolution length
Chosen = Callable[[Array, Array], NDArray[np.bool_]]


@dataclass(frozen=True)
class SurfaceScan:
    """A line scanned along a side of the film.

    Parameters
    ----------
    name
        What is scanned, for the columns of the time series ("pristine").
    side
        Side of the film.
    between
        First and last position along that side [m].
    resolution
        Of the probe [m]. What lies within half of it from the end of a grain boundary counts as boundary, what lies
        farther from all of them than the whole of it as grain.
    """

    name: str
    side: Side
    between: tuple[float, float]
    resolution: float

    def __post_init__(self) -> None:
        require_positive(self.resolution, "resolution of a surface scan", "m")
        if not self.between[0] < self.between[1]:
            start, end = self.between
            raise ValueError(f"the surface scan {self.name!r} must lead from left to right, got {start:g} m to {end:g}")

    def everywhere(self) -> Observable:
        """Mean surface potential of the scan [V]."""
        return Observable(f"surface potential {self.name}", "V", self._mean(lambda x, distance: x >= x[0], "surface"))

    def at_boundaries(self) -> Observable:
        """Mean surface potential where grain boundaries meet the surface [V]."""
        name, reach = f"surface potential {self.name} boundaries", 0.5 * self.resolution
        return Observable(name, "V", self._mean(lambda x, distance: distance <= reach, "grain boundary"))

    def in_grains(self) -> Observable:
        """Mean surface potential inside the grains [V]."""
        name, reach = f"surface potential {self.name} grains", self.resolution
        return Observable(name, "V", self._mean(lambda x, distance: distance > reach, "grain interior"))

    def _mean(self, chosen: Chosen, what: str) -> Callable[[Scenario, State], float]:
        def measure(scenario: Scenario, state: State) -> float:
            positions, nodes, ends = surface(scenario, self.side)
            count = max(2, round((self.between[1] - self.between[0]) / self.resolution * _POINTS))
            scanned = np.linspace(*self.between, count)
            nearest = np.abs(scanned[:, None] - ends).min(axis=1, initial=np.inf)
            part = chosen(scanned, nearest)
            if not part.any():
                raise ValueError(f"the surface scan {self.name!r} from {self.between[0]:g} m meets no {what}")
            return float(np.interp(scanned[part], positions, state.potential[nodes]).mean())

        return measure


def surface(scenario: Scenario, side: Side) -> tuple[Array, NDArray[np.int64], Array]:
    """Positions [m] along `side`, rising, the nodes there, and the positions at which two grains meet.

    Raises
    ------
    ValueError
        If the mesh has no facets of that name.
    """
    mesh = scenario.model.mesh
    require_known(side, mesh.boundaries or {}, "side of a surface scan")
    facets = np.asarray(mesh.boundaries[side])
    along = mesh.p[1 if side in ("left", "right") else 0]
    facets = facets[np.argsort(along[mesh.facets[:, facets]].mean(axis=0))]
    nodes = np.unique(mesh.facets[:, facets])
    nodes = nodes[np.argsort(along[nodes])]
    grains = grain_ids(scenario)[mesh.f2t[0, facets]]
    return along[nodes], nodes, along[nodes[1:-1][np.diff(grains) != 0]]
