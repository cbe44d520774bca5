"""How uneven the edge of a dark zone is that begins at the right electrode of a film seen from above."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.ndimage import gaussian_filter
from skfem import MeshTri

from fem.constants import nm
from fem.fields import Array
from fem.observables.emission import quench
from fem.observables.profiles import zone_depth
from fem.observables.raster import Raster
from fem.scenario import Observable, Scenario
from fem.state import State

MEAN = "way of the front"
ROUGHNESS = "roughness of the front"
_PIXEL = 10 * nm
_HALF_WIDTHS = 2.3548  # full width at half maximum of a Gaussian over its standard deviation


@dataclass(frozen=True)
class FrontShape:
    """The edge of the dark zone, row by row of pixels from the right electrode.

    Parameters
    ----------
    threshold
        Quench Q at the edge.
    resolution
        Full width at half maximum of the microscope's image of a point [m]; 0 sees everything.
    """

    threshold: float
    resolution: float = 0.0

    @property
    def columns(self) -> tuple[Observable, Observable]:
        """Mean way of the front and its standard deviation along the electrode [m]."""
        seen = f" at {1e9 * self.resolution:g} nm resolution" if self.resolution else ""
        return (
            Observable(MEAN + seen, "m", lambda scenario, state: float(self.edge(scenario, state).mean())),
            Observable(ROUGHNESS + seen, "m", lambda scenario, state: float(self.edge(scenario, state).std())),
        )

    def edge(self, scenario: Scenario, state: State) -> Array:
        """Distance of the front from the right electrode [m], shape (n_rows,), along the electrode.

        NaN in rows where no dark zone begins in the right half of the film.
        """
        picture = _raster(scenario.model.mesh).sample_nodes(quench(scenario, state))
        if self.resolution:
            picture = gaussian_filter(picture, self.resolution / _HALF_WIDTHS / _PIXEL, mode="nearest")
        depth = (np.arange(picture.shape[1]) + 0.5) * np.ptp(scenario.model.mesh.p[0]) / picture.shape[1]
        return np.array([zone_depth(depth, row[::-1], self.threshold) for row in picture])


def _raster(mesh: MeshTri) -> Raster:
    width, height = np.ptp(mesh.p, axis=1)
    return Raster.over(mesh.p, mesh.t.T, ceil(width * height / _PIXEL**2))
