"""Recombination of carriers: detailed balance, signs off it, and the known limits of each path."""

import numpy as np
import pytest
from reaction_examples import DEEP, N_I, RECOMBINATION

from fem.constants import eV
from fem.fields import Array
from fem.physics.reactions.reaction import RateLaw
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.reactions.trap_recombination import (
    ShockleyReadHall,
    SurfaceRecombination,
    TrapRecombination,
    level_density,
)

DENSITIES = np.logspace(2, 24, 23)
TRAPS = 3e21


def rate(law: RateLaw, n: Array | float, p: Array | float, traps: float = TRAPS) -> Array:
    """Rate at densities of electrons and holes."""
    n, p = (np.asarray(one, dtype=float) for one in np.broadcast_arrays(n, p))
    state = {"electron": n, "hole": p, "lead": np.full(n.shape, traps)}
    values = {name: np.full(n.shape, float(value)) for name, value in law.coefficients.items()}  # type: ignore[arg-type]
    return law.rate({name: state[name] for name in law.populations}, values)[0]


def turnover(law: RateLaw, n: Array) -> Array:
    """Rate of recombination without its reverse: that of twice the product, less what is left over at equilibrium."""
    return rate(law, 2 * n, N_I * (N_I / n))


@pytest.mark.parametrize("law", RECOMBINATION.values(), ids=RECOMBINATION)
def test_nothing_recombines_at_equilibrium(law: RateLaw) -> None:
    at_rest = rate(law, DENSITIES, N_I * (N_I / DENSITIES))
    assert (np.abs(at_rest) <= 8 * np.finfo(float).eps * turnover(law, DENSITIES)).all()


@pytest.mark.parametrize("law", RECOMBINATION.values(), ids=RECOMBINATION)
def test_carriers_recombine_above_equilibrium_and_are_made_below(law: RateLaw) -> None:
    holes = N_I * (N_I / DENSITIES)
    assert (rate(law, DENSITIES, 1.001 * holes) > 0).all()
    assert (rate(law, DENSITIES, 0.999 * holes) < 0).all()
    assert rate(law, 0.0, 0.0) <= 0  # Auger's reverse needs a carrier, the others do not


def test_lifetimes_set_the_rate_of_minorities_and_of_plenty() -> None:
    """R = p / tau_p where electrons abound (low injection), n / (tau_n + tau_p) where n = p abound (high injection)."""
    tau_n, tau_p = 1e-7, 3e-7
    law = ShockleyReadHall(tau_n, tau_p, N_I, N_I)
    assert rate(law, 1e22, 1e16) == pytest.approx(1e16 / tau_p, rel=1e-5, abs=0.0)
    assert rate(law, 1e16, 1e22) == pytest.approx(1e16 / tau_n, rel=1e-5, abs=0.0)
    assert rate(law, 1e22, 1e22) == pytest.approx(1e22 / (tau_n + tau_p), rel=1e-8, abs=0.0)
    assert rate(law, 0.0, 0.0) == pytest.approx(-N_I / (tau_n + tau_p), rel=1e-12, abs=0.0)  # a depletion layer


def test_a_shallow_level_is_slow() -> None:
    """A level that is not at midgap empties again: the lifetime of minorities grows by 1 + n1 / n."""
    law = ShockleyReadHall(1e-7, 1e-7, 1e20, N_I)
    mirrored = ShockleyReadHall(1e-7, 1e-7, N_I * (N_I / 1e20), N_I)
    assert rate(mirrored, 1e14, 1e18) == pytest.approx(rate(law, 1e18, 1e14), rel=1e-12, abs=0.0)
    assert rate(law, 1e18, 1e14) == pytest.approx(1e14 / (1e-7 * (1 + 1e20 / 1e18)), rel=1e-4, abs=0.0)


def test_traps_are_lifetimes_by_their_number() -> None:
    """The lifetimes are 1 / (C N), and the rate goes with the number of traps."""
    traps = TrapRecombination("lead", 1e-14, 3e-15, DEEP, N_I)
    lifetimes = ShockleyReadHall(1 / (1e-14 * TRAPS), 1 / (3e-15 * TRAPS), DEEP, N_I)
    n = DENSITIES[:, None]
    assert rate(traps, n, DENSITIES) == pytest.approx(rate(lifetimes, n, DENSITIES), rel=1e-12, abs=0.0)
    assert rate(traps, 1e21, 1e20, 2 * TRAPS) == pytest.approx(2 * rate(traps, 1e21, 1e20), rel=1e-14, abs=0.0)
    assert rate(traps, 1e21, 1e20, -1e18) == 0.0


def test_a_surface_takes_minorities_at_its_velocity() -> None:
    law = SurfaceRecombination(5.0, 12.0, N_I, N_I)
    assert rate(law, 1e22, 1e16) == pytest.approx(12.0 * 1e16, rel=1e-5, abs=0.0)
    assert rate(law, 1e16, 1e22) == pytest.approx(5.0 * 1e16, rel=1e-5, abs=0.0)
    assert rate(SurfaceRecombination(0.0, 0.0, N_I, N_I), 1e22, 1e22) == 0.0
    assert rate(SurfaceRecombination(0.0, 3.0, N_I, N_I), 1e22, 1e22) == 0.0  # no electron comes, no hole is taken


def test_radiative_and_auger_rates_of_plenty_are_powers() -> None:
    assert rate(Radiative(6e-17, N_I), 1e22, 2e22) == pytest.approx(6e-17 * 2e44, rel=1e-14, abs=0.0)
    assert rate(Auger(1.1e-40, 0.5e-40, N_I), 1e22, 2e22) == pytest.approx(2.1e-18 * 2e44, rel=1e-14, abs=0.0)


def test_undershooting_majorities_are_refilled_at_a_bounded_rate() -> None:
    """A stage that overshoots to n = -1e-3 of the maximum is drawn back at no more than its capture rate."""
    law = RECOMBINATION["Shockley-Read-Hall"]
    back = rate(law, -1e21, np.array([0.0, 1e3, 1e16, 1e24]))
    assert (back <= 0).all() and (back >= -1.001 * 1e21 / 1e-7).all()


def test_density_at_a_level_follows_boltzmann() -> None:
    assert level_density(2e24, 0.47 * eV, 300.0) == pytest.approx(
        2e24 * np.exp(-0.47 / 0.0258519997), rel=1e-6, abs=0.0
    )
    with pytest.raises(ValueError, match="effective density of states must be greater than zero"):
        level_density(0.0, 0.47 * eV, 300.0)
