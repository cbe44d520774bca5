"""Grain boundaries of a scenario: what the mesher and the model are told of them, and a uniform film in their place."""

from dataclasses import dataclass
from enum import Enum
from math import exp

from fem.constants import boltzmann
from fem.measurements.homogenised import homogenised_diffusivity
from fem.physics.layers import ThinLayer, boundary_lines
from meshes import Lines, Polycrystal, Strips
from scenarios.parts.options import require_no_slower_boundaries, require_positive_options
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR

_MOST = 0.5  # of the film's area that its grain boundaries may cover


class BoundaryKind(Enum):
    """How grain boundaries are meshed: `LINES` are not, `TWO_SIDED` lines may be slower than their grains."""

    LINES = "lines"
    TWO_SIDED = "two-sided"
    STRIPS = "strips"


@dataclass(frozen=True)
class GrainBoundaries:
    """Grain boundaries of an ion that hops along them and through the grains.

    Parameters
    ----------
    kind
        How they are meshed.
    width
        Of all of them [m].
    grain_barrier, boundary_barrier
        Activation energies of hopping [J].

    Raises
    ------
    ValueError
        If the width is not positive, or boundaries as plain lines would be slower than their grains.
    """

    kind: BoundaryKind
    width: float
    grain_barrier: float
    boundary_barrier: float

    def __post_init__(self) -> None:
        require_positive_options(boundary_width=self.width)
        if self.kind is BoundaryKind.LINES:
            require_no_slower_boundaries(
                self.boundary_barrier, self.grain_barrier, "add --boundaries two-sided (or strips)"
            )

    @property
    def barriers(self) -> dict[str, float]:
        """Activation energies by region."""
        return {"grain_interior": self.grain_barrier, "grain_boundary": self.boundary_barrier}

    def uniform_film(self, temperature: float) -> "UniformFilm":
        """The uniform film that stands for one with these boundaries."""
        return UniformFilm(self.grain_barrier, self.boundary_barrier, self.width, temperature)

    def for_mesh(self, film: Polycrystal, skin: float) -> Lines | Strips:
        """What the mesher of a film is told; strips get a graded `skin` [m] on either side.

        Raises
        ------
        ValueError
            If the boundaries would cover more of the film than its grains do.
        """
        share = self.width * film.grain_boundary_length / float(film.areas.sum())
        if share > _MOST:
            raise ValueError(
                f"--boundary-width of {1e9 * self.width:.4g} nm is too large: the grain boundaries would cover"
                f" {share:.0%} of the film, whose grains are {1e9 * film.equivalent_diameters.mean():.4g} nm wide"
            )
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
            f"a uniform film with the diffusivity {found.value:.2g} m^2/s (bounds {found.lower:.2g} and"
            f" {found.upper:.2g} m^2/s, for equiaxed grains)"
        )
