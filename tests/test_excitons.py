"""Excitons: their quantum yield has a plateau, falls by annihilation, and is quenched by traps."""

import numpy as np
import pytest
from films_with_carriers import bands, bar, electrodes
from verification import Verification

from fem.constants import nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.observables.emission import quantum_yield
from fem.physics.light.excitons import Excitons
from fem.physics.materials import MAPbI3
from fem.physics.species import Species

RADIATIVE, TRAPPING, AUGER = 2e8, 5e7, 3e-16


def yield_at(generation: float, excitons: Excitons, traps: float = 0.0) -> float:
    """PLQY long after the light was switched on."""
    species = [excitons.species, *([Species.immobile("trap", 0, traps)] if traps else [])]
    model = PoissonNernstPlanck(
        bar(100 * nm, 20 * nm, 10 * nm), MAPbI3, species, electrodes(0.0), semiconductor=bands(1e21),
        reactions=excitons.reactions(generation), light=1.0,
    )  # fmt: skip
    return quantum_yield(model, model.initial_state())


@pytest.mark.parametrize("generation", [1e24, 1e31])
def test_yield_of_excitons(generation: float, verify: Verification) -> None:
    lost = RADIATIVE + TRAPPING
    density = (-lost + np.sqrt(lost**2 + 4 * AUGER * generation)) / (2 * AUGER)
    verify(id="D13", quantity=f"excitonic PLQY at G = {generation:.0e} 1/(m^3 s)",
           measured=yield_at(generation, Excitons(RADIATIVE, TRAPPING, AUGER)),
           expected=float(RADIATIVE * density / generation), tolerance=1e-8)  # fmt: skip


def test_traps_quench_excitons_in_proportion() -> None:
    capture, traps = 1e-14, 1e22
    found = yield_at(1e24, Excitons(RADIATIVE, TRAPPING, quenchers={"trap": capture}), traps)
    assert found == pytest.approx(RADIATIVE / (RADIATIVE + TRAPPING + capture * traps), rel=1e-9, abs=0.0)


def test_excitons_diffuse_and_decay() -> None:
    """A line of excitons spreads as sqrt(2 D t) while it decays."""
    spread, start, rate = 5e-5, 60 * nm, 1e9
    model = PoissonNernstPlanck(
        bar(1000 * nm, 20 * nm, 4 * nm), MAPbI3,
        [Species("exciton", 0, lambda x, y: 1e20 * np.exp(-(((x - 500 * nm) / start) ** 2) / 2) + 1e10,
                 spread, 0.0, reference=1e20)],
        electrodes(0.0), semiconductor=bands(1e21), relax_first=False,
        reactions=Excitons(rate, reference=1e20).reactions(0.0),
    )  # fmt: skip
    time = 5e-11
    state = [one.state for one in evolve(model, np.array([0.0, time]), 1e-4)][-1]
    along = model.mesh.p[0]
    weights = model.volumes * state.concentrations[0]
    variance = np.average((along - np.average(along, weights=weights)) ** 2, weights=weights)
    assert variance == pytest.approx(start**2 + 2 * spread * time, rel=0.01, abs=0.0)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="radiative rate of excitons"):
        Excitons(0.0)
