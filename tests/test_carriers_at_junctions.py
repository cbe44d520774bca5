"""Currents of doped slabs, junctions and contacts against Shockley's theory, on irregular triangles."""

from collections.abc import Sequence

import numpy as np
import pytest
from films_with_carriers import MOBILITY, Array, bands, bar, current_density, electrodes, film
from irregular_films import graded, rectangle
from skfem import MeshTri
from theory.junction import Junction, slab_resistance
from verification import Verification

from fem.constants import eV, nm, thermal_voltage, vacuum_permittivity
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall

VOLT = thermal_voltage(300.0)
DOPING, NARROW = 1e22, 1.0 * eV
DIFFUSIVITY = MOBILITY * VOLT
assert not callable(MAPbI3.relative_permittivity) and not isinstance(MAPbI3.relative_permittivity, dict)
PERMITTIVITY = float(MAPbI3.relative_permittivity) * vacuum_permittivity  # type: ignore[arg-type]


def two_sided(side: float) -> MeshTri:
    """A bar graded to both contacts and to its middle."""
    half = graded(side, 2 * nm, 1.2, 25 * nm)
    return rectangle(np.concatenate([half, side + half[1:]]), np.linspace(0, 20 * nm, 3))


def junction(side: float, volts: float, reactions: Sequence[Reaction] = ()) -> tuple[PoissonNernstPlanck, Junction]:
    """p at ``left``, n at ``right``, both contacts ohmic."""
    doped = bands(lambda x, y: np.where(x < side, -DOPING, DOPING), gap=NARROW)
    model = film(two_sided(side), doped, electrodes(volts), reactions=reactions)
    assert model.bands is not None
    return model, Junction(DOPING, model.bands.intrinsic, side, DIFFUSIVITY, PERMITTIVITY, VOLT)


def steady(model: PoissonNernstPlanck) -> float:
    return current_density(model, model.initial_state())


@pytest.mark.parametrize("velocity", [1e5, 50.0])
def test_a_slab_is_its_resistance_and_that_of_its_contacts(velocity: float, verify: Verification) -> None:
    length, volts = 200 * nm, 1e-6
    contact = CarrierContact(velocity, velocity)
    model = film(bar(length, 20 * nm, 20 * nm), bands(DOPING), electrodes(volts, contact, contact))
    resistance = slab_resistance(length, DOPING, MOBILITY, velocity, VOLT)
    verify(id="junction", quantity=f"slab, contacts of {velocity:g} m/s: resistance over L/(e mu n) + 2 V_T/(e n S)",
           measured=volts / steady(model) / resistance, expected=1.0, tolerance=1e-6)  # fmt: skip


@pytest.mark.parametrize("volts", [-0.5, 0.1, 0.3])
def test_a_short_diode_follows_shockley(volts: float, verify: Verification) -> None:
    model, theory = junction(1000 * nm, volts)
    verify(id="junction", quantity=f"short diode at {volts:g} V: current over that of minorities that cross the base",
           measured=steady(model) / theory.diffusion(volts), expected=1.0, tolerance=2e-3)  # fmt: skip


def test_a_diode_is_ideal_over_five_decades(verify: Verification) -> None:
    volts = np.linspace(0.1, 0.4, 4)
    found = [steady(junction(1000 * nm, float(one))[0]) for one in volts]
    base = [junction(1000 * nm, 0.0)[1].diffusion(float(one)) / np.expm1(one / VOLT) for one in volts]
    ideality = np.diff(volts) / VOLT / np.diff(np.log1p(np.array(found) / base))
    verify(id="junction", quantity="short diode, 0.1 to 0.4 V: ideality with the base's own width taken out",
           measured=float(ideality[np.abs(ideality - 1).argmax()]), expected=1.0, tolerance=5e-3)  # fmt: skip


@pytest.mark.parametrize("volts", [-0.5, 0.2, 0.4])
def test_a_long_diode_is_as_wide_as_minorities_live(volts: float, verify: Verification) -> None:
    lifetime = (800 * nm) ** 2 / DIFFUSIVITY
    k2 = 1 / (DOPING * lifetime)
    model, theory = junction(2000 * nm, volts, [recombination("radiative", Radiative(k2))])
    expected = theory.diffusion(volts, lifetime) + theory.radiative(volts, k2)
    verify(id="junction", quantity=f"long diode at {volts:g} V, minorities live for 800 nm: current over theory",
           measured=steady(model) / expected, expected=1.0, tolerance=0.03)  # fmt: skip


@pytest.mark.parametrize("volts", [-0.5, 0.1, 0.2, 0.3])
def test_traps_in_the_junction_rule_at_low_voltage(volts: float, verify: Verification) -> None:
    lifetime = (200 * nm) ** 2 / DIFFUSIVITY
    model, theory = junction(1000 * nm, volts, [recombination("traps", ShockleyReadHall(lifetime, lifetime))])
    expected = theory.diffusion(volts, lifetime) + theory.trapped(volts, lifetime)
    verify(id="junction", quantity=f"diode with traps at {volts:g} V: current over that of traps and base",
           measured=steady(model) / expected, expected=1.0, tolerance=0.035)  # fmt: skip


def test_a_slow_contact_limits_the_minorities_it_takes(verify: Verification) -> None:
    """Base and contact in series: the base's D / L and S of the contact, ``1 / (L / D + 1 / S)``."""
    side, velocity, volts = 1000 * nm, 10.0, 0.2
    slow = CarrierContact(velocity, velocity)
    doped = bands(lambda x, y: np.where(x < side, -DOPING, DOPING), gap=NARROW)
    model = film(two_sided(side), doped, electrodes(volts, slow, slow))
    assert model.bands is not None
    theory = Junction(DOPING, model.bands.intrinsic, side, DIFFUSIVITY, PERMITTIVITY, VOLT)
    base = side - theory.width(volts) / 2
    share = 1 / (1 + DIFFUSIVITY / (base * velocity))
    verify(id="junction", quantity="short diode, contacts of 10 m/s: current over that of base and contact in series",
           measured=steady(model) / (theory.diffusion(volts) * share), expected=1.0, tolerance=3e-3)  # fmt: skip


def test_reverse_bias_empties_and_nothing_turns_negative(verify: Verification) -> None:
    """Electrons from 1e23 to below 1e3 per m^3: twenty orders, found without damping set by hand."""
    side = 300 * nm
    doped = bands(lambda x, y: np.where(x < side, -1e23, 1e23))
    model = film(two_sided(side), doped, electrodes(-2.0))
    state = model.initial_state()
    electrons: Array = state.carriers[0]
    assert state.carriers.min() >= 0.0
    verify(id="junction", quantity="reverse bias of 2 V: decades that electrons span, all positive (20 at least)",
           measured=min(float(np.log10(electrons.max() / electrons[electrons > 0].min())), 20.0), expected=20.0,
           tolerance=1e-12)  # fmt: skip
    assert (electrons > 0).all()
