"""Apparent activation energy of a film: what an experimenter fits to a temperature series.

Grains and boundaries each follow Arrhenius' law, a film of both does not quite: the slope of ln D over -1/kT is the
mean of the barriers weighted with the part of the driving work that is done in each phase, ``E_app = sum_i w_i E_i``,
and the weights shift with temperature. (With segregation E_i is E_a + E_seg, and the ions' mean E_seg is subtracted.)
Parallel paths have ``w_i = f_i D_i / sum f D``, layers across the flux ``w_i = (f_i / D_i) / sum f / D``. Parallel
boundaries take over from the grains below the crossover temperature ``k T_x = (E_g - E_b) / ln[(1 - f) D0_g / (f
D0_b)]``.

The number of ions does not change with temperature here, so that ln D and ln(sigma T) have one slope, by Nernst and
Einstein ``sigma T = z^2 e^2 c D / k``. Fitted to ln sigma the energy comes out lower by kT, 26 meV at 300 K.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from skfem import MeshTri

from fem.checks import require_positive
from fem.constants import boltzmann
from fem.fields import Array
from fem.measurements.conductances import BOUNDARIES, Conductances
from fem.measurements.rim import Axis, Rim
from fem.measurements.steady import SteadyFilm, axis_number
from fem.physics.layers import ThinLayer
from fem.physics.species import Species

DEFAULT_TEMPERATURES = tuple(np.linspace(270.0, 350.0, 9).tolist())
_STEP = 1e-4  # relative change of temperature for the local slope


@dataclass(frozen=True)
class ArrheniusFit:
    """Straight line through ln(value) over 1/T by least squares.

    Parameters
    ----------
    activation_energy
        Minus slope times k [J].
    standard_error
        Of the activation energy, from the scatter about the line [J]; in a computed series the scatter is curvature.
    prefactor
        Value that the line reaches at infinite temperature, in the unit of the values.
    """

    activation_energy: float
    standard_error: float
    prefactor: float


@dataclass(frozen=True)
class ApparentActivationEnergy:
    """Temperature series of a film between electrodes.

    Parameters
    ----------
    temperatures
        [K], shape (n,).
    diffusivities
        Effective diffusivity at each [m^2/s], shape (n,).
    fit
        Arrhenius' law through them.
    middle_temperature
        Where 1/T has its mean over the series [K].
    local_energy
        Slope of ln D over -1/kT there [J].
    boundary_weight
        Weight w of the grain boundaries there, 0 to 1; 0 for a film without.
    """

    temperatures: Array
    diffusivities: Array
    fit: ArrheniusFit
    middle_temperature: float
    local_energy: float
    boundary_weight: float


def arrhenius_fit(temperatures: Sequence[float] | Array, values: Sequence[float] | Array) -> ArrheniusFit:
    """Fit ``value = prefactor exp(-E / kT)`` by a straight line through ln(value) over 1/T.

    Parameters
    ----------
    temperatures
        [K], shape (n,), at least three.
    values
        Diffusivities, or conductivities times temperature, shape (n,).

    Raises
    ------
    ValueError
        If there are fewer than three temperatures or numbers that are not positive.
    """
    kelvin, measured = _series(temperatures), np.asarray(values, dtype=float)
    if kelvin.shape != measured.shape:
        raise ValueError(f"a fit needs a value at each of {kelvin.size} temperatures, got {measured.size} values")
    for value in measured.tolist():
        require_positive(value, "fitted value")
    inverse = 1 / (boltzmann * kelvin)
    centred, logarithm = inverse - inverse.mean(), np.log(measured)
    spread = float(centred @ centred)
    slope = float(centred @ logarithm) / spread
    scatter = logarithm - logarithm.mean() - slope * centred
    error = np.sqrt(float(scatter @ scatter) / (len(kelvin) - 2) / spread)
    return ArrheniusFit(-slope, float(error), float(np.exp(logarithm.mean() - slope * inverse.mean())))


def apparent_activation_energy(
    mesh: MeshTri,
    species: Species,
    layers: Sequence[ThinLayer] = (),
    temperatures: Sequence[float] = DEFAULT_TEMPERATURES,
    axis: Axis = "x",
) -> ApparentActivationEnergy:
    """Effective diffusivity between electrodes over a series of temperatures, and Arrhenius' law fitted to it.

    Parameters
    ----------
    mesh, species, layers
        As for :func:`fem.measurements.effective_diffusivity.effective_diffusivity`.
    temperatures
        [K], at least three.
    axis
        "x" for electrodes on the left and right side, "y" for bottom and top.

    Raises
    ------
    ValueError
        If there are fewer than three different temperatures, or for what the effective diffusivity refuses.
    """
    across, kelvin = axis_number(axis), _series(temperatures)
    middle = 1 / float(np.mean(1 / kelvin))
    film = SteadyFilm(Conductances.of(mesh, species, middle, layers), Rim(mesh))
    diffusivities = np.array([_diffusivity(film.at(one), across)[0] for one in kelvin.tolist()])
    beta, weight = 1 / (boltzmann * middle), _diffusivity(film, across)[1]
    below, above = (np.log(_diffusivity(film.at(middle * (1 + shift)), across)[0]) for shift in (-_STEP, _STEP))
    width = beta / (1 - _STEP) - beta / (1 + _STEP)
    fit = arrhenius_fit(kelvin, diffusivities)
    return ApparentActivationEnergy(kelvin, diffusivities, fit, middle, float(above - below) / width, weight)


def _series(temperatures: Sequence[float] | Array) -> Array:
    kelvin = np.asarray(temperatures, dtype=float)
    if kelvin.ndim != 1 or len(np.unique(kelvin)) < 3:
        raise ValueError(f"a temperature series needs three temperatures at least, got {kelvin.tolist()}")
    require_positive(float(kelvin.min()), "temperature", "K")
    return kelvin


def _diffusivity(film: SteadyFilm, axis: int) -> tuple[float, float]:
    """Diffusivity between electrodes [m^2/s], and the share of the work that is done in the boundaries."""
    solution = film.between_sides(axis)
    conducted = film.conducted_along(solution)
    parts, drops = film.conductances, film.drops(solution)
    work = parts.power_in(BOUNDARIES, drops) if parts.has(BOUNDARIES) else 0.0
    return conducted * film.rim.area / parts.enrichment_integral, work / (conducted * film.rim.area)


def crossover_temperature(
    energies: tuple[float, float], prefactors: tuple[float, float], boundary_fraction: float
) -> float:
    """Temperature at which boundaries and grains in parallel conduct alike [K]; infinite if they never do.

    ``k T_x = (E_g - E_b) / ln[(1 - f) D0_g / (f D0_b)]``; below it the path of the lower barrier conducts more.

    Parameters
    ----------
    energies
        Barriers of grains and boundaries [J].
    prefactors
        D0 of grains and boundaries [m^2/s], with segregation s D0 of the boundaries.
    boundary_fraction
        Share f of the cross-section.

    Raises
    ------
    ValueError
        Unless prefactors are positive and the fraction lies between 0 and 1.
    """
    for value, what in zip(prefactors, ("grains", "boundaries"), strict=True):
        require_positive(value, f"diffusivity prefactor of the {what}", "m^2/s")
    if not 0 < boundary_fraction < 1:
        raise ValueError(f"the boundaries' share of the cross-section lies between 0 and 1, got {boundary_fraction:g}")
    advantage = np.log((1 - boundary_fraction) * prefactors[0] / (boundary_fraction * prefactors[1]))
    difference = energies[0] - energies[1]
    return float(difference / (boltzmann * advantage)) if difference * advantage > 0 else inf
