"""Gaps over composition, spectra of uneven films, their peaks and colours."""

import sys

import numpy as np
import pytest
from scipy.constants import h, speed_of_light
from verification import Verification

from fem.constants import boltzmann, eV, nm
from fem.physics.halides.band_gaps import GAPS, gap_law
from fem.physics.halides.funnelling import GapLaw
from fem.physics.light.colour import chromaticity
from fem.physics.light.spectra import EmissionLine, funnelled

LINE = EmissionLine(gap_law("CsPb(I,Br)3"), 0.08 * eV)
ONE = np.ones(1)


def test_gaps_are_those_that_were_published() -> None:
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(gap_law("MAPb(I,Br)3")(x) / eV, 1.57 + 0.39 * x + 0.33 * x**2, rtol=1e-12)
    np.testing.assert_allclose(gap_law("CsFAMAPb(I,Br)3")(x) / eV, 1.53 + 0.45 * x + 0.20 * x**2, rtol=1e-12)
    assert gap_law("CsPb(I,Br)3")(np.array(1 / 3)) / eV == pytest.approx(1.92, abs=0.03)  # CsPbI2Br
    assert all((law.slope(x) > 0).all() for law in GAPS.values())
    with pytest.raises(ValueError, match="family of perovskites"):
        gap_law("CsSnI3")


@pytest.mark.parametrize("share", [0.0, 0.3712, 1.0])
def test_an_even_film_emits_one_line_at_its_gap(share: float, verify: Verification) -> None:
    found = LINE.spectrum(np.array([share]), 3 * ONE)
    gap = float(LINE.gap(np.array(share)))
    verify(id="B10", quantity=f"peak of an even film over its gap, x = {share:g}", measured=found.peaks[0] / gap,
           expected=1.0, tolerance=1e-4)  # fmt: skip
    verify(id="B10", quantity=f"full width of an even film over that of the line, x = {share:g}",
           measured=found.full_width / LINE.width, expected=1.0, tolerance=1e-3)  # fmt: skip
    assert len(found.peaks) == 1 and found.splitting == 0
    assert found.mean == pytest.approx(gap, rel=1e-4, abs=0.0)
    assert np.trapezoid(found.intensity, found.energy) == pytest.approx(1, rel=1e-4, abs=0.0)


def test_two_compositions_split_the_spectrum_when_their_gaps_differ_by_more_than_a_width() -> None:
    split = LINE.spectrum(np.array([0.2, 0.9]), np.array([1.0, 2.0]))
    gaps = LINE.gap(np.array([0.2, 0.9]))
    np.testing.assert_allclose(split.peaks, gaps[::-1], rtol=1e-4)  # the highest first
    assert split.splitting == pytest.approx(gaps[1] - gaps[0], rel=1e-3, abs=0.0)
    assert split.mean == pytest.approx((gaps[0] + 2 * gaps[1]) / 3, rel=1e-4, abs=0.0)
    assert split.full_width == pytest.approx(LINE.width, rel=0.01, abs=0.0)  # the lower peak only just reaches half
    alike = LINE.spectrum(np.array([0.2, 0.9]), np.array([1.0, 1.1]))
    assert alike.full_width == pytest.approx(alike.splitting + LINE.width, rel=0.05, abs=0.0)
    assert len(LINE.spectrum(np.array([0.5, 0.55]), np.ones(2)).peaks) == 1


def test_a_faint_component_counts_as_a_peak_from_a_few_per_cent_on() -> None:
    assert [len(LINE.spectrum(np.array([0.1, 0.9]), np.array([1.0, w])).peaks) for w in (0.02, 0.05)] == [1, 2]


def test_photons_are_kept_from_energies_to_wavelengths() -> None:
    found = LINE.spectrum(np.array([0.1, 0.8]), np.ones(2))
    assert (np.diff(found.wavelength) > 0).all()
    power = np.trapezoid(found.power_per_wavelength, found.wavelength)
    assert power == pytest.approx(found.mean, rel=1e-4, abs=0.0)  # each photon carries its energy
    narrow = EmissionLine(LINE.gap, 1e-3 * eV).spectrum(np.array([0.5]), ONE)
    top = narrow.wavelength[np.argmax(narrow.power_per_wavelength)]
    assert top == pytest.approx(h * speed_of_light / LINE.gap(np.array(0.5)), rel=1e-3, abs=0.0)


def test_funnelled_carriers_follow_boltzmann() -> None:
    gaps = np.array([2.0, 2.0 + 0.1, 2.3]) * eV
    np.testing.assert_allclose(funnelled(gaps, 300.0), np.exp(-(gaps - gaps[0]) / (boltzmann * 300.0)), rtol=1e-9)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="carriers of an emission line"):
        EmissionLine(LINE.gap, carriers="lost")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="width of an emission line"):
        EmissionLine(LINE.gap, 0.0)
    with pytest.raises(ValueError, match="emits nothing"):
        LINE.spectrum(ONE, 0 * ONE)


def test_monochromatic_light_has_the_colour_of_the_spectral_locus(verify: Verification) -> None:
    """At 520 and 600 nm; coordinates of the CIE 1931 observer as tabulated in CIE 015."""
    pytest.importorskip("colour")
    for wavelength, tabulated in ((520 * nm, (0.0743, 0.8338)), (600 * nm, (0.6270, 0.3725))):
        energy = h * speed_of_light / wavelength
        law = GapLaw(energy, energy + 0.01 * eV)
        x, y = chromaticity(EmissionLine(law, 0.012 * eV).spectrum(np.zeros(1), ONE))
        for name, found, expected in (("x", x, tabulated[0]), ("y", y, tabulated[1])):
            quantity = f"CIE 1931 {name} of light of {wavelength / nm:.0f} nm"
            verify(id="B10", quantity=quantity, measured=found, expected=expected, tolerance=0.02)


def test_a_spectrum_out_of_sight_has_no_colour() -> None:
    pytest.importorskip("colour")
    law = GapLaw(0.5 * eV, 0.6 * eV)
    with pytest.raises(ValueError, match="no visible part"):
        chromaticity(EmissionLine(law, 0.01 * eV).spectrum(np.zeros(1), ONE))


def test_without_the_library_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.split(".")[0] == "colour"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "colour", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'grainfield\[colour\]'"):
        chromaticity(LINE.spectrum(np.array([0.5]), ONE))
