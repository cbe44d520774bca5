"""Light that makes electrons and holes: where (a generation rate in space) and when (its intensity over time).

Every profile is a function of x and y [m] that returns pairs per volume and time [1/(m^3 s)], and so a
:data:`~fem.fields.Field`; layers that do not absorb are switched off by a mapping such as
``{"grain_interior": BeerLambert(...), "etl": 0.0}``. What a mesh absorbs is the sum over its cells of area times rate
at the centroid, which converges with the square of the cell size. A model takes the profile in its reactions,
``carrier_pairs(profile)``, and the intensity as its ``light``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt
from typing import Literal

import numpy as np
from scipy import constants as codata

from fem.checks import require_finite, require_known, require_not_negative, require_positive
from fem.fields import Array
from fem.physics.drives.blocks import Entry
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import protocol

Profile = Callable[[Array, Array], Array]
Side = Literal["left", "right", "bottom", "top"]

#: Photons that a lead iodide perovskite can absorb at 1 sun [1/(m^2 s)], 224 A/m^2 if each makes a collected pair:
#: Courtier, Cave, Foster, Walker and Richardson, Energy Environ. Sci. 12, 396 (2019), doi:10.1039/C8EE01576G.
ONE_SUN_PHOTON_FLUX = 1.4e21
_WIDTH_OVER_DEVIATION = 2 * sqrt(2 * log(2))
_EDGE = 1e-12  # [m] a point so close above the surface lies on it


def photon_flux(suns: float) -> float:
    """Absorbable photons [1/(m^2 s)] at an intensity in `suns`, see :data:`ONE_SUN_PHOTON_FLUX`."""
    require_not_negative(suns, "light intensity", "suns")
    return suns * ONE_SUN_PHOTON_FLUX


def laser_photon_flux(irradiance: float, wavelength: float) -> float:
    """Photons [1/(m^2 s)] of monochromatic light, irradiance times wavelength over hc.

    Parameters
    ----------
    irradiance
        [W/m^2].
    wavelength
        In vacuum [m].
    """
    require_not_negative(irradiance, "irradiance", "W/m^2")
    require_positive(wavelength, "wavelength", "m")
    return irradiance * wavelength / (codata.Planck * codata.speed_of_light)


@dataclass(frozen=True)
class Uniform:
    """The same `rate` [1/(m^3 s)] everywhere."""

    rate: float

    def __post_init__(self) -> None:
        require_not_negative(self.rate, "generation rate", "1/(m^3 s)")

    @classmethod
    def absorbed(cls, flux: float, absorption_coefficient: float, thickness: float) -> "Uniform":
        """Mean over the thickness of a film seen from above, ``F (1 - exp(-alpha d)) / d``.

        Parameters
        ----------
        flux
            Photons that enter the film, F [1/(m^2 s)].
        absorption_coefficient
            alpha [1/m].
        thickness
            d [m].
        """
        require_not_negative(flux, "photon flux", "1/(m^2 s)")
        require_positive(absorption_coefficient, "absorption coefficient", "1/m")
        require_positive(thickness, "thickness of the absorber", "m")
        return cls(flux * (1 - exp(-absorption_coefficient * thickness)) / thickness)

    def __call__(self, x: Array, y: Array) -> Array:
        """Rate [1/(m^3 s)] at the points x, y [m], shape (n,)."""
        return np.full(np.shape(x), self.rate)


@dataclass(frozen=True)
class BeerLambert:
    """Light that enters through one side and fades: ``F alpha exp(-alpha depth)``, nothing before it enters.

    Parameters
    ----------
    flux
        Photons that enter, F [1/(m^2 s)]: :func:`photon_flux` of so many suns, or :func:`laser_photon_flux`.
    absorption_coefficient
        alpha [1/m].
    surface
        Where the absorber begins [m]: a height for light from the top or bottom, else a position along x.
    side
        Where the light comes from.
    """

    flux: float
    absorption_coefficient: float
    surface: float
    side: Side = "top"

    def __post_init__(self) -> None:
        require_not_negative(self.flux, "photon flux", "1/(m^2 s)")
        require_positive(self.absorption_coefficient, "absorption coefficient", "1/m")
        require_finite(self.surface, "surface through which light enters", "m")
        require_known(self.side, ("left", "right", "bottom", "top"), "side from which light comes")

    def __call__(self, x: Array, y: Array) -> Array:
        """Rate [1/(m^3 s)] at the points x, y [m], shape (n,)."""
        along = x if self.side in ("left", "right") else y
        depth = np.asarray(self.surface - along if self.side in ("right", "top") else along - self.surface)
        rate = self.flux * self.absorption_coefficient * np.exp(-self.absorption_coefficient * np.maximum(depth, 0.0))
        return np.where(depth >= -_EDGE, rate, 0.0)


@dataclass(frozen=True)
class GaussianSpot:
    """Share of the peak intensity of a focused beam, ``exp(-r^2 / (2 s^2))`` (1 at its middle).

    Parameters
    ----------
    width
        Full width at half of the maximum [m], ``2 sqrt(2 ln 2) s``.
    x
        Middle of the spot [m].
    y
        Middle of the spot [m] seen from above. None in a cross-section, where the spot is a line across the picture
        and light fades with the depth alone.
    """

    width: float
    x: float
    y: float | None = None

    def __post_init__(self) -> None:
        require_positive(self.width, "width of a light spot", "m")
        for value in (self.x, 0.0 if self.y is None else self.y):
            require_finite(value, "position of a light spot", "m")

    @property
    def standard_deviation(self) -> float:
        """Of the distance from the middle, s [m]."""
        return self.width / _WIDTH_OVER_DEVIATION

    def peak_flux(self, photons: float) -> float:
        """Flux in the middle [1/(m^2 s)] of a round beam that carries so many `photons` [1/s]."""
        require_not_negative(photons, "photons per time", "1/s")
        return photons / (2 * pi * self.standard_deviation**2)

    def __call__(self, x: Array, y: Array) -> Array:
        """Share of the peak intensity at the points x, y [m], shape (n,)."""
        squared = (x - self.x) ** 2 + (0.0 if self.y is None else (y - self.y) ** 2)
        return np.exp(-squared / (2 * self.standard_deviation**2))


@dataclass(frozen=True)
class Focused:
    """The rate of `profile` [1/(m^3 s)] times the share of a `spot`; the flux is that in the middle of the spot."""

    profile: Profile
    spot: GaussianSpot

    def __call__(self, x: Array, y: Array) -> Array:
        """Rate [1/(m^3 s)] at the points x, y [m], shape (n,)."""
        return self.profile(x, y) * self.spot(x, y)


def light_protocol(entries: Sequence[Entry], initial: float = 0.0) -> Drive:
    """Light intensity over time, relative to full: a protocol that is never negative.

    A flash is ``[hold(1.0, width)]``, a train of them ``[pulse_train(1.0, width, period, pulses)]``. A film that is lit
    before t = 0 has ``initial=1.0``.

    Raises
    ------
    ValueError
        If an entry is not sound, or the intensity negative.
    """
    drive = protocol(entries, initial, unit="of full light")
    require_not_negative(drive.extremes[0], "lowest light intensity of a protocol")
    return drive
