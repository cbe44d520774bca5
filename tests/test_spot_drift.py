"""A spot of light in a field: minority carriers drift and spread, equal numbers of both kinds stay."""

import numpy as np
import pytest
from films_with_carriers import AFFINITY, GAP, MOBILITY, Array, bands, electrodes, film
from irregular_films import rectangle
from theory.light_spot import profile, variance
from verification import Verification

from fem.constants import nm, thermal_voltage
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact
from fem.physics.light.illumination import Focused, GaussianSpot, Uniform
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall

LENGTH, SPREAD, SPOT, HOLES = 12e-6, 300 * nm, 60 * nm, 1e22
DIFFUSIVITY = MOBILITY * thermal_voltage(300.0)
LIFETIME = SPREAD**2 / DIFFUSIVITY
FIELD = 1e5
DRIFT = MOBILITY * LIFETIME * FIELD
FULL_WIDTH = 2 * np.sqrt(2 * np.log(2)) * SPOT
BAR = rectangle(np.linspace(0, LENGTH, 301), np.linspace(0, 60 * nm, 3))


def holes_and_a_spot(field: float) -> PoissonNernstPlanck:
    """A p-type bar with few electrons in the middle, which live as long as the holes let them."""
    light = Focused(Uniform(1e16 / LIFETIME), GaussianSpot(float(FULL_WIDTH), LENGTH / 2))
    losses = recombination("radiative", Radiative(1 / (HOLES * LIFETIME)))
    return film(BAR, bands(-HOLES), electrodes(field * LENGTH), reactions=[losses, carrier_pairs(light)], light=1.0)


def moments(model: PoissonNernstPlanck, density: Array) -> tuple[float, float]:
    """Mean distance from the middle [m] along the bar, and variance [m^2]."""
    weights, x = model.volumes * density, model.mesh.p[0] - LENGTH / 2
    mean = float(weights @ x / weights.sum())
    return mean, float(weights @ (x - mean) ** 2 / weights.sum())


@pytest.mark.parametrize("sign", [-1, 0, 1])
def test_minorities_drift_and_spread(sign: int, verify: Verification) -> None:
    model = holes_and_a_spot(sign * FIELD)
    mean, spread = moments(model, model.initial_state().carriers[0])
    verify(id="D14", quantity=f"field of {sign * FIELD:g} V/m: mean shift of electrons over L_E",
           measured=mean / DRIFT, expected=-float(sign), tolerance=2e-3)  # fmt: skip
    verify(id="D14", quantity=f"field of {sign * FIELD:g} V/m: variance over L_E^2 + 2 L_D^2 + s^2",
           measured=spread / variance(sign * DRIFT, SPREAD, SPOT), expected=1.0, tolerance=5e-3)  # fmt: skip


def intrinsic_plate(field: float, spot: float) -> tuple[PoissonNernstPlanck, Array]:
    """A plate with as many electrons as holes, a `spot` brighter in the middle, and its product n p."""

    def light(x: Array, y: Array) -> Array:
        return 1e22 / LIFETIME * (1 + spot * np.exp(-((x - LENGTH / 2) ** 2) / (2 * SPOT**2)))

    profile_of_light: Field = light
    midgap = CarrierContact(work_function=AFFINITY + GAP / 2)
    losses = recombination("traps", ShockleyReadHall(LIFETIME / 2, LIFETIME / 2))
    contacts = electrodes(field * LENGTH, midgap, midgap)
    model = film(BAR, bands(), contacts, reactions=[losses, carrier_pairs(profile_of_light)], light=1.0)
    n, p = model.initial_state().carriers
    return model, n * p


def test_as_many_electrons_as_holes_stay_where_they_are(verify: Verification) -> None:
    field = 1e4
    model, bright = intrinsic_plate(field, 1e-2)
    _, even = intrinsic_plate(field, 0.0)
    mean, spread = moments(model, bright - even)
    verify(id="D14", quantity="ambipolar control: shift of the emission of an intrinsic plate over L_E",
           measured=mean / (MOBILITY * LIFETIME * field), expected=0.0, tolerance=1e-2)  # fmt: skip
    verify(id="D14", quantity="ambipolar control: variance of the emission over 2 L_D^2 + s^2",
           measured=spread / variance(0.0, SPREAD, SPOT), expected=1.0, tolerance=0.03)  # fmt: skip


@pytest.mark.slow
def test_a_spot_on_a_plate_has_the_profile_of_a_point_source(verify: Verification) -> None:
    """At a distance a Gaussian spot is a point source: its width changes no more than the factor."""
    side, rest = 10 * SPREAD, 8 * SPREAD
    plate = rectangle(np.linspace(0, side, 81), np.linspace(0, rest, 65), seed=2)
    light = Focused(Uniform(1e16 / LIFETIME), GaussianSpot(float(FULL_WIDTH), side / 2, rest / 2))
    losses = recombination("radiative", Radiative(1 / (HOLES * LIFETIME)))
    model = film(plate, bands(-HOLES), electrodes(-FIELD * side), reactions=[losses, carrier_pairs(light)], light=1.0)
    x, y = plate.p - np.array([[side / 2], [rest / 2]])
    found = model.initial_state().carriers[0]
    ring = (np.hypot(x, y) > 4 * SPOT) & (np.hypot(x, y) < 2 * SPREAD)
    ratio = np.log(found[ring] / profile(x[ring], y[ring], DRIFT, SPREAD))
    verify(id="D14", quantity="plate: largest error of the density from that of a point source, 4 s to 2 L_D away",
           measured=float(np.abs(np.expm1(ratio - ratio.mean())).max()), expected=0.0, tolerance=0.05)  # fmt: skip
