"""Halides that would rather separate: growth of waves, the two compositions, their interface, the energy."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import FAST, KT, SITES, SLOW, along, even, film, lattice, neutral, states
from irregular_films import rectangle
from scipy.optimize import brentq
from test_halide_interdiffusion import amplitude
from verification import Order, Verification, observed_order

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.measurements.free_energy import free_energy, has_free_energy
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.halides.nucleation import Noise
from fem.physics.materials import Material

OMEGA = 59e-3 * eV  # critical temperature of 343 K
KAPPA = 0.6 * KT * nm**2
V0 = 1e-4
W = OMEGA / KT
#: Length of the interface and wave that grows fastest in an even mixture, g'' = 4 - 2 W.
INTERFACE = float(np.sqrt(2 * KAPPA / (2 * OMEGA - 4 * KT)))
FASTEST = float(np.sqrt((2 * W - 4) / (2 * KAPPA / KT)))


def separating(share: object, kappa: float = KAPPA, interaction: float = OMEGA) -> HalideLattice:
    return replace(lattice(V0, share), interaction=interaction, gradient=kappa)  # type: ignore[arg-type]


@pytest.mark.parametrize("ratio", [1.0, 1.3])
def test_waves_grow_as_theory_says(ratio: float, verify: Verification) -> None:
    wave, size = ratio * FASTEST, 1e-4
    mobility = V0 * FAST * SLOW * 0.25 / (0.5 * (FAST + SLOW))
    expected = -mobility * wave**2 * (4 - 2 * W + KAPPA / KT * wave**2)
    steps, errors = (16, 32, 64), []
    for cells in steps:
        length = np.pi / wave
        sites = separating(lambda x, y: 0.5 + size * np.cos(wave * y))
        model = film(even(length, length / cells), sites, permittivity=neutral(V0))
        one, two = states(model, [0.5 / abs(expected), 1.5 / abs(expected)], 1e-7)[1:]
        grown = np.log(amplitude(model, two.share - 0.5, wave) / amplitude(model, one.share - 0.5, wave))
        errors.append(abs(grown / (two.time - one.time) / expected - 1))
    order = Order(observed_order([1 / n for n in steps], errors), 1.8) if ratio != 1.0 else None
    what = f"error of the growth rate of a wave, {ratio:g} times the fastest growing"
    verify(id="D18", quantity=what, measured=errors[-1], expected=0.0, tolerance=5e-3, order=order)


def test_waves_begin_to_grow_at_the_spinodal(verify: Verification) -> None:
    """Long waves grow where the free energy bends down, ``1 / (x (1 - x)) < 2 W``."""
    wave, size, means, bends = np.pi / (60 * nm), 1e-4, (0.31, 0.34), []
    for mean in means:
        sites = separating(lambda x, y, mean=mean: mean + size * np.cos(wave * y))
        model = film(even(60 * nm, 2 * nm), sites, permittivity=neutral(V0))
        mobility = V0 * FAST * SLOW * mean * (1 - mean) / (mean * SLOW + (1 - mean) * FAST)
        one, two = states(model, [1.0 / (mobility * wave**2), 2.0 / (mobility * wave**2)], 1e-7)[1:]
        grown = np.log(amplitude(model, two.share - mean, wave) / amplitude(model, one.share - mean, wave))
        bends.append(-grown / (two.time - one.time) / (mobility * wave**2) - KAPPA / KT * wave**2)
    measured = float(np.interp(0.0, bends[::-1], means[::-1]))
    expected = 0.5 - np.sqrt(0.25 - 1 / (2 * W))
    verify(id="D18", quantity="composition of the spinodal", measured=measured, expected=expected, tolerance=5e-3)


def phases() -> float:
    """The poor one of the two compositions at rest, ``ln(x / (1 - x)) = W (2 x - 1)``."""
    return float(brentq(lambda x: np.log(x / (1 - x)) - W * (2 * x - 1), 1e-6, 0.499))


@pytest.mark.parametrize("cells", [4, 8])
def test_two_phases_rest_side_by_side(cells: int, verify: Verification) -> None:
    length, poor = 24 * INTERFACE, phases()
    sites = separating(lambda x, y: np.where(y < 0.5 * length, 0.3, 0.7))
    model = film(even(length, INTERFACE / cells), sites, permittivity=neutral(V0))
    end = states(model, [1e8], 1e-4)[-1]
    y, x = along(model, end.share)
    what = f"composition of the poor phase, {cells} cells in the interface's length"
    verify(id="D18", quantity=what, measured=x[0], expected=poor, tolerance=1e-3)
    slope = float(np.diff(x).max() / np.diff(y)[0])
    depth = mixing(0.5) - mixing(poor)
    expected = float(np.sqrt(2 * depth * KT / KAPPA))
    what = f"slope of the composition in the interface [1/m], {cells} cells in its length"
    verify(id="D18", quantity=what, measured=slope, expected=expected, tolerance=0.02)


def mixing(x: float) -> float:
    """Free energy of mixing per halide [kT]."""
    return float(x * np.log(x) + (1 - x) * np.log(1 - x) + W * x * (1 - x))


def test_the_energy_never_rises_in_the_dark(verify: Verification) -> None:
    """A film of two dimensions that separates from noise, between electrodes at one voltage."""
    mesh = rectangle(np.linspace(0, 30, 21) * nm, np.linspace(0, 30, 21) * nm)
    noise = Noise(0.5, 1e-2, 4 * nm, seed=4)
    contacts = (Contact("bottom", 0.0), Contact("top", 0.0))
    model = PoissonNernstPlanck(mesh, Material("film", 18.0), (), contacts, lattice=separating(noise, 2 * KAPPA))
    total, rise, before = model.total_ions(model.initial_state()), 0.0, np.inf
    spans = []
    for output in evolve(model, np.concatenate([[0.0], np.geomspace(1e-2, 1e7, 30)])):
        energy = free_energy(model, output.state)
        rise, before = max(rise, (energy - before) / abs(energy)), energy
        spans.append(np.ptp(output.state.share))
        np.testing.assert_allclose(model.total_ions(output.state), total, rtol=1e-11)
        assert output.state.share.min() > 0 and output.state.share.max() < 1
    verify(
        id="D18", quantity="largest rise of the free energy over itself", measured=rise, expected=0.0, tolerance=1e-12
    )
    assert spans[0] < 0.1 and spans[-1] > 0.5


def test_below_the_critical_point_a_mixture_stays_mixed() -> None:
    sites = separating(lambda x, y: np.where(y < 20 * nm, 0.3, 0.7), 0.0, 1.9 * KT)
    end = states(film(even(40 * nm, 2 * nm), sites), [1e7])[-1]
    np.testing.assert_allclose(end.share, 0.5, atol=1e-6)


def test_an_energy_is_that_of_a_closed_lattice_only() -> None:
    model = film(even(20 * nm, 2 * nm), lattice(1e-4, 0.5))
    mixed = free_energy(model, model.initial_state())
    assert has_free_energy(model)
    assert not has_free_energy(film(even(20 * nm, 2 * nm), replace(lattice(1e-4, 0.5), site_exchange=1.0)))
    assert mixed / (KT * SITES * model.unknowns.content[0]) == pytest.approx(-np.log(2), rel=0.01, abs=0.0)
