"""Colour of a spectrum: chromaticity of the CIE 1931 standard observer, by the library colour-science."""

import numpy as np

from fem.constants import nm
from fem.physics.light.spectra import Spectrum


def chromaticity(spectrum: Spectrum) -> tuple[float, float]:
    """CIE 1931 coordinates x, y of a spectrum (2 degree observer, CIE 015:2018, doi:10.25039/TR.015.2018).

    Raises
    ------
    ModuleNotFoundError
        If colour-science is not installed.
    ValueError
        If the spectrum has no visible part.
    """
    try:
        from colour.colorimetry import MSDS_CMFS
    except ModuleNotFoundError as error:
        message = "colours need the package colour-science: pip install 'grainfield[colour]'"
        raise ModuleNotFoundError(message, name=error.name) from error
    observer = MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    wavelengths = np.asarray(observer.wavelengths)
    power = np.interp(wavelengths, spectrum.wavelength / nm, spectrum.power_per_wavelength, 0.0, 0.0)
    stimulus = power @ np.asarray(observer.values)
    if not stimulus.sum() > 0:
        raise ValueError("the spectrum has no visible part, so it has no colour")
    x, y, _ = stimulus / stimulus.sum()
    return float(x), float(y)
