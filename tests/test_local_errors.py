"""The tolerance bounds what is seen at one place too, where a reaction runs through the film as a narrow front."""

import numpy as np
import pytest
from numpy.typing import NDArray
from verification import Verification

from fem.evolve import evolve
from scenarios.luminance_overshoot import scenario

Array = NDArray[np.float64]


def concentrations(tolerance: float) -> Array:
    """Of all ions in units of their count, at the scenario's outputs."""
    experiment = scenario()
    unit = experiment.model.unknowns.unit[: len(experiment.model.species), None]
    outputs = evolve(experiment.model, experiment.times, tolerance)
    return np.array([one.state.concentrations / unit for one in outputs])


@pytest.mark.slow
def test_fronts_of_reactions_are_as_exact_as_the_tolerance_says(verify: Verification) -> None:
    """Against a run with a hundredth of the tolerance; a mean over the film let errors of 20 % through."""
    coarse, fine = (concentrations(tolerance) for tolerance in (1e-2, 1e-4))
    error = np.abs(coarse - fine) / (fine + 1e-2)
    quantity = "luminance_overshoot at a tolerance of 1e-2: largest relative error of an ion at any node and output"
    verify(id="N3", quantity=quantity, measured=error.max(), expected=0.0, tolerance=0.05)
