"""Grain boundaries of a scenario: what the mesher and the model are told of them, and a uniform film in their place."""

from dataclasses import dataclass
from enum import Enum
from math import exp

from fem.constants import boltzmann
from fem.measurements.homogenised import homogenised_diffusivity
from fem.physics.layers import ThinLayer, boundary_lines
from meshes import Lines, Polycrystal, Strips
from scenarios._parameters import DIFFUSIVITY_PREFACTOR


class BoundaryKind(Enum):
    """How grain boundaries are meshed: `LINES` are not, `TWO_SIDED` lines may be slower than their grains."""

    LINES = "lines"
    TWO_SIDED = "two-sided"
    STRIPS = "strips"


@dataclass(frozen=True)
class GrainBoundaries:
    """Grain boundaries of one `width` [m], meshed as `kind` says."""

    kind: BoundaryKind
    width: float

    def for_mesh(self, skin: float) -> Lines | Strips:
        """What the mesher is told; strips get a graded `skin` [m] on either side."""
        if self.kind is BoundaryKind.STRIPS:
            return Strips(self.width, skin=skin)
        return Lines(two_sided=self.kind is BoundaryKind.TWO_SIDED)

    @property
    def layers(self) -> tuple[ThinLayer, ...]:
        """Thin layers of the model: none where the boundaries are meshed."""
        return () if self.kind is BoundaryKind.STRIPS else (boundary_lines(self.width),)


@dataclass(frozen=True)
class UniformFilm:
    """The uniform film that stands for one whose grains are too many to resolve.

    Its diffusivity holds for equiaxed grains: columns and elongated grains conduct better along their boundaries and
    worse across them. Layers on the surface of the film are not part of it.

    Parameters
    ----------
    grain_barrier, boundary_barrier
        Activation energies [J].
    boundary_width
        Width of the grain boundaries [m].
    temperature
        [K].
    prefactor
        Diffusivity prefactor of the ion [m^2/s].
    """

    grain_barrier: float
    boundary_barrier: float
    boundary_width: float
    temperature: float
    prefactor: float = DIFFUSIVITY_PREFACTOR

    def instead_of(self, film: Polycrystal) -> str:
        """Its diffusivity, with bounds, for the boundaries of `film`."""
        grain, boundary = (
            self.prefactor * exp(-barrier / (boltzmann * self.temperature))
            for barrier in (self.grain_barrier, self.boundary_barrier)
        )
        grain_size = 2 * float(film.areas.sum()) / film.grain_boundary_length
        found = homogenised_diffusivity(grain, boundary, self.boundary_width, grain_size)
        return (
            f"a uniform film with the diffusivity {found.value:.2g} m^2/s of these grains and boundaries together"
            f" (bounds {found.lower:.2g} and {found.upper:.2g} m^2/s; for equiaxed grains, not for columns, and without"
            " what a fast surface conducts)"
        )
