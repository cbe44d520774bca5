"""A columnar CsPb(Br,I)3 film between stores of halide, and the same film between electrodes that block halides."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp

import numpy as np

from fem.constants import boltzmann, eV, nm
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.observables.composition import composition
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.materials import Material
from fem.physics.regions import BoolArray
from fem.scenario import Observable, Scenario
from fem.state import State
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR

FILM = Material("CsPb(Br,I)3", 18.0)
SITES = 1.3e28  # [1/m^3] 3 per pseudo-cubic cell of 0.61 nm
FAMILY = "CsPb(I,Br)3"
HALIDES = {"iodide": 0.0, "bromide": 0.05 * eV}  # barrier beyond that of an iodide (assumption)
BOUNDARY_WIDTH = 2 * nm


def interdiffusion(vacancies: float, share: float, barrier: float, temperature: float) -> float:
    """Interdiffusion coefficient of an ideal mixture that keeps its sites [m^2/s]: the slower halide sets the pace.

    ``c_V / N  D_I D_Br / (x D_Br + (1 - x) D_I)``; `vacancies` [1/m^3], `share` of bromide, `barrier` of an
    iodide in grains [J], `temperature` [K].
    """
    fast, slow = (
        DIFFUSIVITY_PREFACTOR * exp(-(barrier + extra) / (boltzmann * temperature)) for extra in HALIDES.values()
    )
    return vacancies / SITES * fast * slow / (share * slow + (1 - share) * fast)


def supply(store: HalideStore | None) -> str:
    """What the run assumes about halides beyond its electrodes, for ``run.json``."""
    if store is None or store.thickness is None:
        return "electrodes block halides"
    return (
        f"assumed: behind each electrode as much halide as in {store.thickness / nm:g} nm of film, a share of"
        f" {store.share:g} of it bromide, exchanged at {store.first_rate:g} m/s"
    )


@dataclass(frozen=True)
class BlockedTwin:
    """The same film under the same voltages with electrodes that no halide crosses, followed beside a run.

    Parameters
    ----------
    model
        The film with its stores.
    times
        Outputs of the run [s], shape (n,).
    debye
        Debye length of the film [m].
    """

    model: PoissonNernstPlanck
    times: Array
    debye: float

    @property
    def columns(self) -> tuple[Observable, Observable, Observable]:
        """Mean and largest change of composition in the twin, and the largest beyond a Debye length from electrodes."""
        return self._column("mean change", 0), self._column("largest change", 1), self._column("change inside", 2)

    def _column(self, name: str, number: int) -> Observable:
        def measure(scenario: Scenario, state: State) -> float:
            return float(np.interp(state.time, self.times, self._changes[:, number]))

        return Observable(f"share {name}, halides blocked", "1", measure)

    @cached_property
    def _changes(self) -> Array:
        """The three changes of composition at each output, shape (n, 3)."""
        contacts = [replace(one, halides=None) for one in self.model.contacts]
        twin = Scenario(replace(self.model, contacts=contacts), self.times)
        runs = evolve(twin.model, twin.times, twin.tolerance)
        inside = beyond_the_electrodes(twin.model, self.debye)
        found = [(composition(twin, output.state), output.state) for output in runs]
        start = twin.model.initial_state().share
        return np.array(
            [(one.mean_change, one.largest_change, np.abs(state.share - start)[inside].max()) for one, state in found]
        )


def beyond_the_electrodes(model: PoissonNernstPlanck, distance: float) -> BoolArray:
    """Which nodes are farther than `distance` [m] from every electrode, shape (n_nodes,)."""
    points = model.mesh.p
    nearest = [np.linalg.norm(points[:, :, None] - points[:, None, one.nodes], axis=0).min(axis=1)
               for one in model.electrodes]  # fmt: skip
    return np.asarray(np.min(nearest, axis=0) > distance)
