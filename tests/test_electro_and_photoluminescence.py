"""Electro- against photoluminescence of one stack: traps in the film dim both alike, traps at a face the first more.

Each is measured with as many pairs per time as in the stack without traps: electroluminescence at one current, light
through the electron layer at open circuit. The light is absorbed near the electron layer, the bad face is that of the
hole layer, and carriers (0.1 cm^2/(V s)) diffuse less far than the film is thick.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import exp, log

import numpy as np
import pytest
from scipy.optimize import brentq
from verification import Verification

from fem.constants import elementary_charge, nm
from fem.evolve import evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.observables.light_observables import total_emission
from fem.physics.carriers.device_layers import device
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import step
from fem.physics.light.illumination import BeerLambert
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall, SurfaceRecombination
from fem.scenario import Scenario
from scenarios.parts.emitter import LAYERS, mesh_emitter

THICKNESS, WIDTH, MOBILITY, ABSORPTION = 300 * nm, 60 * nm, 1e-5, 2e7
CLEAN = 1 / 37e-9  # [1/s] recombination through traps that are always there
FILM = replace(LAYERS["film"], electron_mobility=MOBILITY, hole_mobility=MOBILITY)
BETWEEN, CLOSE = (1.7, 2.05), 1e-3  # [V] where voltages are sought, and how well


@cache
def stack(traps: float, velocity: float, flux: float) -> Callable[[float], tuple[float, float]]:
    """Emission and current into the hole layer [1/(m s)] at a voltage, with a `flux` of photons or in the dark.

    `traps` [1/s] all over the film, and recombination at the face of the hole layer with a `velocity` [m/s].
    """
    mesh, (material, semiconductor) = mesh_emitter(WIDTH, THICKNESS, 1).mesh, device({**LAYERS, "film": FILM})
    lifetime, ohmic = 1 / (CLEAN + traps), CarrierContact()
    light: Field = {"etl": 0.0, "film": BeerLambert(flux, ABSORPTION, 0.0, "bottom"), "htl": 0.0}
    reactions = [
        recombination("radiative", Radiative(4.9e-16), "film"),
        recombination("through traps", ShockleyReadHall(lifetime, lifetime), "film"),
        carrier_pairs(light),
    ]
    if velocity:
        face = SurfaceRecombination(velocity, velocity)
        reactions.append(recombination("at the face", face, "interface_film_htl"))

    @cache
    def at(volts: float) -> tuple[float, float]:
        contacts = [Contact("bottom", 0.0, carriers=ohmic), Contact("top", step(volts), carriers=ohmic)]
        model = PoissonNernstPlanck(
            mesh, material, (), contacts, semiconductor=semiconductor, reactions=reactions, light=step(float(flux > 0))
        )
        scenario = Scenario(model, np.array([0.0, 1e-3]), tolerance=1e-3)
        *_, output = evolve(model, scenario.times, scenario.tolerance)
        emitted = total_emission().measure(scenario, output.state)
        return emitted, float(output.state.contact_current[1]) / elementary_charge

    return at


def electroluminescence(traps: float, velocity: float, current: float) -> float:
    """Emission at a `current` [1/(m s)]."""
    dark = stack(traps, velocity, 0.0)
    return dark(brentq(lambda volts: log(dark(volts)[1] / current), *BETWEEN, xtol=CLOSE))[0]


def photoluminescence(traps: float, velocity: float, current: float) -> float:
    """Emission at open circuit in light that makes as many pairs per time as the `current` [1/(m s)]."""
    lit = stack(traps, velocity, current / WIDTH / (1 - exp(-ABSORPTION * THICKNESS)))
    return lit(brentq(lambda volts: lit(volts)[1], *BETWEEN, xtol=CLOSE))[0]


@pytest.mark.slow
def test_traps_in_the_film_dim_both_and_those_at_a_face_electroluminescence_first(verify: Verification) -> None:
    current = stack(0.0, 0.0, 0.0)(2.0)[1]
    clean = electroluminescence(0.0, 0.0, current), photoluminescence(0.0, 0.0, current)
    dimmed = {
        (traps, velocity): (
            electroluminescence(traps, velocity, current) / clean[0],
            photoluminescence(traps, velocity, current) / clean[1],
        )
        for traps, velocity in ((3e7, 0.0), (0.0, 100.0))
    }
    electro, photo = dimmed[3e7, 0.0]
    assert photo < 0.5
    quantity = "electro- over photoluminescence with traps in the film, against those without"
    verify(id="B13", quantity=quantity, measured=electro / photo, expected=1, tolerance=0.05)
    electro, photo = dimmed[0.0, 100.0]
    assert photo > 0.8  # the light hardly notices the face
    assert electro < 0.8 * photo
