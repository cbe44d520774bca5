"""A film that heats itself: slabs of one resistance, or of one that falls as they warm, against the lumped law."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from films_with_carriers import GAP, MOBILITY, STATES, bands, bar, film
from scipy.integrate import solve_ivp
from verification import Order, Verification, observed_order

from fem.constants import boltzmann, elementary_charge, nm
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drive import step
from fem.physics.heat import LumpedHeat

LENGTH, WIDTH = 400 * nm, 20 * nm
HEAT = LumpedHeat(capacity=2000.0, transfer=125.0, ambient=300.0, largest_change=1.0, width=WIDTH)


def slab(volts: float, doping: float, heat: LumpedHeat | None = HEAT, **bands_of: Any) -> PoissonNernstPlanck:
    """A uniform slab between ohmic contacts; the current runs along x, so the heated width is stated."""
    contacts = (Contact("left", step(volts), carriers=CarrierContact()), Contact("right", 0.0, carriers=CarrierContact()))
    return film(bar(LENGTH, 5 * nm, 40 * nm, WIDTH), bands(doping, **bands_of), contacts, heat=heat)


def temperatures(outputs: list[Output]) -> np.ndarray:
    return np.array([one.state.temperature for one in outputs])


if __name__ == "__main__":
    import time as clock
    times = np.concatenate([[0.0], np.geomspace(1e-10, 1e2, 25)])
    doping = -1e22
    sigma = elementary_charge * 1e22 * MOBILITY
    volts = np.sqrt(6000.0 * LENGTH / sigma)
    print(volts)
    a = clock.perf_counter()
    model = slab(volts, doping)
    outputs = list(evolve(model, times))
    print(clock.perf_counter() - a, outputs[-1].statistics.steps, outputs[-1].statistics.factorisations)
    for o in outputs:
        p = o.state.contact_potential @ o.state.contact_current / WIDTH
        print(f"{o.state.time:.3g} {o.state.temperature:.6f} {HEAT.after(300, 6000, o.state.time):.6f} {p:.4f} {o.model.temperature}")
