"""Emission of a uniform film against the balance of its carriers: steady state, yield, decay, powers of the light."""

import numpy as np
import pytest
from films_with_carriers import bands, electrodes, film
from irregular_films import rectangle
from theory.recombination import best_yield, decay, density_by_bisection, density_without_auger
from verification import Verification

from fem.constants import nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import INSULATED
from fem.physics.drives.drive import Drive, step
from fem.physics.drives.protocol import hold
from fem.physics.light.illumination import light_protocol
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall
from fem.state import State

K1, K2, K3 = 1e6, 1e-16, 1e-40
SIDE = np.linspace(0, 200 * nm, 6)
MESH = rectangle(SIDE, SIDE)


def box(generation: float, k3: float, light: Drive) -> PoissonNernstPlanck:
    """A film without contacts for carriers; traps in the middle of the gap with two equal lifetimes lose K1 n."""
    losses = [
        recombination("traps", ShockleyReadHall(0.5 / K1, 0.5 / K1)),
        recombination("radiative", Radiative(K2)),
        carrier_pairs(generation),
    ]
    if k3:
        losses.append(recombination("Auger", Auger(k3 / 2, k3 / 2)))
    return film(MESH, bands(), electrodes(0.0, INSULATED, INSULATED), reactions=losses, light=light)


def lit(generation: float, k3: float = K3) -> tuple[PoissonNernstPlanck, State]:
    """A film and its state when the light has been on for ten thousand lifetimes."""
    model = box(generation, k3, step(1.0))
    return model, list(evolve(model, np.array([0.0, 1e4 / K1])))[-1].state


def emitted(generation: float, k3: float = K3) -> float:
    """Mean rate of radiative recombination [1/(m^3 s)] after long light."""
    model, state = lit(generation, k3)
    n, p = state.carriers
    weights = model.volumes / model.volumes.sum()
    return float(K2 * (weights @ (n * p)))


@pytest.mark.parametrize(("generation", "k3"), [(1e27, 0.0), (1e30, 0.0), (1e27, K3), (1e30, K3), (1e32, K3)])
def test_a_film_in_light_holds_what_its_balance_says(generation: float, k3: float, verify: Verification) -> None:
    densities = lit(generation, k3)[1].carriers
    found = density_by_bisection(generation, K1, K2, k3) if k3 else density_without_auger(generation, K1, K2)
    with_auger = " with Auger" if k3 else ""
    worst = densities.flat[np.abs(densities / found - 1).argmax()]
    verify(id="D13", quantity=f"film in {generation:.0e} pairs per m^3 and s{with_auger}: density over the closed form",
           measured=float(worst / found), expected=1.0, tolerance=1e-8)  # fmt: skip


def test_the_best_yield(verify: Verification) -> None:
    most, density = best_yield(K1, K2, K3)
    generation = K1 * density + K2 * density**2 + K3 * density**3
    yields = np.array([emitted(factor * generation) / (factor * generation) for factor in (0.8, 1.0, 1.25)])
    assert yields[1] == yields.max()
    verify(id="D13", quantity="largest quantum yield over k2 / (k2 + 2 sqrt(k1 k3))", measured=yields[1] / most,
           expected=1.0, tolerance=1e-8)  # fmt: skip


@pytest.mark.parametrize(
    ("generation", "k3", "slope"), [(1e24, 0.0, 2.0), (1e32, 0.0, 1.0), (1e38, K3, 2 / 3)],
    ids=["traps", "radiative", "Auger"],
)  # fmt: skip
def test_emission_is_a_power_of_the_light(generation: float, k3: float, slope: float, verify: Verification) -> None:
    """Far enough from the next regime: traps take all but 1e-4, or radiative recombination all but 1e-2."""
    found = np.log(emitted(2 * generation, k3) / emitted(generation, k3)) / np.log(2)
    verify(id="D13", quantity=f"power of the light in the emission at {generation:.0e} pairs per m^3 and s",
           measured=found, expected=slope, tolerance=0.01)  # fmt: skip


def test_the_light_goes_out(verify: Verification) -> None:
    on = 1e3 / K1
    model = box(1e30, 0.0, light_protocol([hold(1.0, on), hold(0.0, on)]))
    start = density_without_auger(1e30, K1, K2)
    times = on + np.array([1e-9, 1e-8, 1e-7, 1e-6, 3e-6])
    for tolerance in (1e-2, 1e-3):
        states = [one.state for one in evolve(model, np.concatenate([[0.0, on], times]), tolerance)][2:]
        ratio = [one.carriers[0].mean() / decay(start, one.time - on, K1, K2) for one in states]
        error = float(np.abs(np.array(ratio) - 1).max())
        verify(id="D13", quantity=f"decay over three lifetimes at a tolerance of {tolerance:g}: error of the density",
               measured=error, expected=0.0, tolerance=tolerance)  # fmt: skip
