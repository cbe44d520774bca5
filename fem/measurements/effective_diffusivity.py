"""Effective diffusivity of a film: the tensor with its bounds, as part of a larger film and between electrodes.

A film whose mean concentration changes over lengths much larger than its grains follows ``dc/dt = div(D grad c)`` with
``D = G / <s>``: the conductance G of the steady problems in :mod:`fem.measurements.steady` over the mean enrichment
(Hart's argument, Acta Metall. 5, 597 (1957), doi:10.1016/0001-6160(57)90127-X, with segregation). Mobility and ionic
conductivity follow from it by Nernst and Einstein, ``mu = e D / kT`` and ``sigma = z^2 e^2 c D / kT``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skfem import MeshTri

from fem.fields import Array
from fem.measurements.conductances import BOUNDARIES, Conductances, Span
from fem.measurements.effective_medium import Bounds, hashin_shtrikman
from fem.measurements.rim import Rim
from fem.measurements.steady import SteadyFilm
from fem.physics.layers import ThinLayer
from fem.physics.species import Species

_SAME = 1e-9  # relative difference below which two cells are the same phase


@dataclass(frozen=True)
class EffectiveDiffusivity:
    """Effective diffusivity of a film [m^2/s].

    Parameters
    ----------
    linear_rim
        Apparent tensor with a linear reduced concentration on the whole rim, an upper bound; shape (2, 2).
    uniform_flux
        Apparent tensor with a uniform flux through the rim, a lower bound; shape (2, 2).
    periodic
        Tensor of the film repeated periodically, shape (2, 2); None if its sides do not match.
    between_electrodes
        Along x with electrodes on the left and right side, along y with electrodes at bottom and top; the other sides
        are insulated. What an experiment sees; shape (2,).
    boundary_share
        Share of the flux between those electrodes that the grain boundaries carry, mean over all cross-sections, shape
        (2,); None if the film has no region ``grain_boundary``.
    mean_enrichment
        <s>, mean concentration over that where E_seg = 0; conductance is diffusivity times this.
    wiener
        Parallel and series mean of the conductances of cells and layers over <s>, the bounds of any film of these
        parts. A line counts in the series mean only where it has two sides and holds up what crosses it.
    hashin_shtrikman
        Bounds of isotropic films; None unless the film consists of two phases of cells.
    """

    linear_rim: Array
    uniform_flux: Array
    periodic: Array | None
    between_electrodes: Array
    boundary_share: Array | None
    mean_enrichment: float
    wiener: Bounds
    hashin_shtrikman: Bounds | None

    @property
    def tensor(self) -> Array:
        """The periodic tensor; for other films that between both bounds with the trace measured between electrodes.

        Shape (2, 2), symmetric.
        """
        if self.periodic is not None:
            return self.periodic
        room = float(np.trace(self.linear_rim - self.uniform_flux))
        above = float(self.between_electrodes.sum() - np.trace(self.uniform_flux))
        share = above / room if room > _SAME * self.wiener.upper else 1.0
        return np.asarray(self.uniform_flux + share * (self.linear_rim - self.uniform_flux))

    @property
    def principal_values(self) -> Array:
        """Eigenvalues of the tensor, the larger first; shape (2,)."""
        return np.asarray(np.linalg.eigvalsh(self.tensor)[::-1])

    @property
    def principal_directions(self) -> Array:
        """Unit vectors of the larger and of the smaller principal value, the columns of an array of shape (2, 2)."""
        return np.asarray(np.linalg.eigh(self.tensor)[1][:, ::-1])

    @property
    def anisotropy(self) -> float:
        """Larger over smaller principal value."""
        larger, smaller = self.principal_values
        return float(larger / smaller)


def effective_diffusivity(
    mesh: MeshTri, species: Species, temperature: float = 300.0, layers: Sequence[ThinLayer] = ()
) -> EffectiveDiffusivity:
    """Effective diffusivity of `species` in the film.

    The concentration does not enter (dilute ions), nor does the charge. Five linear systems of the size of the mesh are
    solved.

    Parameters
    ----------
    mesh
        Film that fills a rectangle, with the names of the mesh contract.
    species
        Ion with diffusivity prefactor, activation energy and segregation energy in grains and boundaries.
    temperature
        [K].
    layers
        Grain boundaries or surfaces that are lines.

    Raises
    ------
    ValueError
        If the film does not fill a rectangle, a name does not exist, a field has no value somewhere, or a line is
        slower than its grains.
    """
    return measured(SteadyFilm(Conductances.of(mesh, species, temperature, layers), Rim(mesh)))


def measured(film: SteadyFilm) -> EffectiveDiffusivity:
    """All boundary conditions on one film; see :func:`effective_diffusivity`."""
    enrichment = film.conductances.enrichment_integral / film.rim.area
    across = [film.between_sides(axis) for axis in (0, 1)]
    return EffectiveDiffusivity(
        linear_rim=film.conducted(film.linear_rim()) / enrichment,
        uniform_flux=film.conducted(film.uniform_flux()) / enrichment,
        periodic=film.conducted(film.periodic()) / enrichment if film.rim.is_periodic else None,
        between_electrodes=np.array([film.conducted_along(across[k]) for k in (0, 1)]) / enrichment,
        boundary_share=_boundary_share(film, across),
        mean_enrichment=enrichment,
        wiener=_wiener(film, enrichment),
        hashin_shtrikman=_hashin_shtrikman(film, enrichment),
    )


def _boundary_share(film: SteadyFilm, across: Sequence[Array]) -> Array | None:
    """Share of the flux that the boundaries carry; the mean flux of unit mean gradient is -G."""
    if not film.conductances.has(BOUNDARIES):
        return None
    shares = [
        -film.conductances.flux_in(BOUNDARIES, film.drops(across[k]), Span(k))
        / (film.rim.area * film.conducted_along(across[k]))
        for k in (0, 1)
    ]
    return np.array(shares)


def _wiener(film: SteadyFilm, enrichment: float) -> Bounds:
    parts, areas = film.conductances, film.conductances.volumes.areas
    holes = areas.sum() < (1 - _SAME) * film.rim.area
    in_series = 0.0 if holes else film.rim.area / parts.series_resistance
    return Bounds(in_series / enrichment, parts.parallel_conductance / film.rim.area / enrichment)


def _hashin_shtrikman(film: SteadyFilm, enrichment: float) -> Bounds | None:
    cells, areas = film.conductances.cells, film.conductances.volumes.areas
    slow, fast = float(cells.min()), float(cells.max())
    is_fast, is_slow = cells >= (1 - _SAME) * fast, cells <= (1 + _SAME) * slow
    two_phases = bool((is_fast ^ is_slow).all())
    filled = abs(areas.sum() / film.rim.area - 1) < _SAME
    if not two_phases or not filled or film.conductances.regions.layers:
        return None
    bounds = hashin_shtrikman(slow, fast, float(areas[is_fast].sum() / areas.sum()))
    return Bounds(bounds.lower / enrichment, bounds.upper / enrichment)
