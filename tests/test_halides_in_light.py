"""Carriers that gather in iodide-rich places and keep them together: a threshold of light, recovery in the dark."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import KT, even, film, halides, lattice, neutral, states
from test_jacobian import deviation
from verification import Verification

from fem.constants import eV, nm
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, pulse, sine
from fem.physics.halides.funnelling import FunnelledCarriers, GapLaw
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.halides.nucleation import Noise, Seeds

GAP = GapLaw(1.57 * eV, 2.29 * eV, 0.33 * eV)
V0 = 1e-4
OMEGA = 1.9 * KT  # does not separate in the dark
CARRIERS = FunnelledCarriers(1e25, GAP, 1e27)


SEEDED = Seeds(0.5, 0.2, [(0.5 * k * nm, 100 * nm) for k in range(11)], 4 * nm)  # a stripe across the column


def lit(
    carriers: FunnelledCarriers, light: float | Drive, share: object = SEEDED, height: float = 200 * nm
) -> PoissonNernstPlanck:
    sites = replace(
        lattice(V0, share, (5.8e-14, 5.8e-14 / 6.9)),  # type: ignore[arg-type]
        interaction=OMEGA,
        gradient=1.0 * KT * nm**2,
        carriers=carriers,
    )
    dark = film(even(height, 1 * nm), sites, permittivity=neutral(V0, 0.5 * nm))
    return replace(dark, light=light)


def test_jacobian(verify: Verification) -> None:
    model = lit(FunnelledCarriers(1e24, GAP, 1e25), sine(0.2, 1.0, 1.0), height=12 * nm)
    system, rng, worst = model.driven(0.3), np.random.default_rng(1), 0.0
    assert system.unknowns.behind is not None
    for level in (0.1, 1.0, 30.0):
        values = np.zeros(system.unknowns.size)
        fields = system.unknowns.nodal(values)
        fields[0] = rng.normal(size=fields.shape[1])
        fields[1:] = np.exp(rng.normal(size=fields.shape[1])), rng.uniform(0.1, 0.9, fields.shape[1])
        system.unknowns.behind.gradient(values)[:] = rng.normal(size=fields.shape[1])
        values[-1] = level
        worst = max(worst, deviation(system, 0.3, values, 1e-4))
        swept = (system.residual(0.3 + 1e-4, values) - system.residual(0.3 - 1e-4, values)) / 2e-4
        exact = system.time_derivative(0.3, values)
        np.testing.assert_allclose(swept, exact, rtol=0, atol=1e-6 * np.abs(exact).max())
    what = "largest error of the Jacobian, halide lattice with funnelled carriers"
    verify(id="D20", quantity=what, measured=worst, expected=0.0, tolerance=1e-6)


def test_the_film_holds_the_carriers_that_light_keeps(verify: Verification) -> None:
    model = lit(CARRIERS, 1.0)
    system = model.driven(0.0)
    values = system.hold_algebraic(0.0, model.initial_values())
    x = model.initial_state().share
    held = CARRIERS.held(x, float(values[-1]), KT)[0]
    mean = float(model.unknowns.storage[0] @ held) / model.unknowns.content[0]
    verify(
        id="B18",
        quantity="carriers held over those that light keeps",
        measured=mean / 1e25,
        expected=1.0,
        tolerance=1e-9,
    )
    assert held.max() > 5 * held.min()


def test_light_keeps_an_iodide_rich_seed_and_the_dark_lets_it_go(verify: Verification) -> None:
    model = lit(CARRIERS, pulse(1.0, 100.0))
    start = halides(model, model.initial_state())
    in_light, in_dark = states(model, [100.0, 1e6], 1e-3)[1:]
    assert in_light.share.min() < 0.1
    verify(
        id="B18",
        quantity="composition after the dark, from its mean",
        measured=np.ptp(in_dark.share),
        expected=0.0,
        tolerance=2e-2,
    )
    for state in (in_light, in_dark):
        np.testing.assert_allclose(halides(model, state), start, rtol=1e-11)


def test_there_is_a_threshold_of_light() -> None:
    ends = [states(lit(CARRIERS, light), [200.0], 1e-2)[-1].share.min() for light in (0.01, 1.0)]
    assert ends[0] > 0.35 and ends[1] < 0.1


def test_few_states_leave_no_room_for_a_segregated_phase() -> None:
    capped = states(lit(replace(CARRIERS, states=1.6e25), 1.0), [200.0], 1e-2)[-1]
    assert capped.share.min() > 0.3


def test_carriers_and_stores_cannot_be_combined() -> None:
    store = HalideStore(1e-3, 1e-3, 0.5)
    with pytest.raises(ValueError, match="cannot be combined"):
        replace(lit(CARRIERS, 1.0), contacts=(Contact("bottom", 0.0, halides=store), Contact("top", 0.0)))
    with pytest.raises(ValueError, match="do not fit"):
        FunnelledCarriers(1e24, GAP, 1e23)


def test_noise_has_its_mean_and_its_size_and_is_reported() -> None:
    noise = Noise(0.5, 1e-3, 10 * nm, seed=7)
    x, y = np.random.default_rng(1).uniform(0, 5000 * nm, (2, 4000))
    values = noise(x, y)
    assert values.mean() == pytest.approx(0.5, abs=2e-4)
    assert values.std() == pytest.approx(1e-3, rel=0.2, abs=0.0)
    np.testing.assert_array_equal(values, Noise(0.5, 1e-3, 10 * nm, seed=7)(x, y))
    assert "seed=7" in str(lattice(V0, noise).as_dict())
    with pytest.raises(ValueError, match="between 0 and 1"):
        Noise(0.01, 0.1, 1 * nm)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Seeds(0.5, 1.2, [], 1 * nm)
