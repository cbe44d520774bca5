"""The same film solved by another program: charge transient and profiles against DEVSIM on the same mesh.

Which control volumes? Both programs integrate fluxes along edges, but DEVSIM gives a node the cell bounded by the
bisectors of its edges, we a third of every triangle around it, and where triangles are obtuse DEVSIM counts its
bisectors with the wrong sign, so that the areas of its cells do not sum to the film's. Programs are therefore compared
with the same volumes (ours, which DEVSIM can be told), where only equations, Newton's method and time integration
differ; and with its own ones on right-angled meshes, whose weights are the same, where both must converge together.
"""

from dataclasses import replace

import numpy as np
import pytest
from devsim_film import DevsimFilm, DevsimRun, Volumes, load_devsim, quiet
from irregular_films import INTERSTITIAL, VACANCY, film, graded, rectangle, with_strips
from numpy.typing import NDArray
from verification import Order, Verification, observed_order

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.species import Species

try:
    load_devsim()
except (ImportError, RuntimeError) as error:
    pytest.skip(f"DEVSIM cannot be loaded ({error}): pip install -e '.[devsim]'", allow_module_level=True)

Array = NDArray[np.float64]

TIMES = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 28)])
STRIP: Field = {"grain_interior": 0.58 * eV, "strip": 0.40 * eV}

pytestmark = pytest.mark.slow


def column() -> PoissonNernstPlanck:
    """One grain, right-angled triangles: nothing depends on x."""
    return film(rectangle(np.linspace(0, 40, 3) * nm, graded(200 * nm, 1 * nm, 1.3), jitter=0.0))


def film_with_strip(
    jitter: float, species: tuple[Species, ...] = (VACANCY,), volts: float = 1.0
) -> PoissonNernstPlanck:
    """Two grains with a fast strip of 4 nm between them."""
    sides = [np.linspace(0, 36, 4), np.linspace(36, 40, 3), np.linspace(40, 80, 4)]
    mesh = rectangle(np.unique(np.concatenate(sides)) * nm, graded(200 * nm, 1 * nm, 1.4), jitter)
    mesh = with_strips(mesh, {"strip": lambda p: (p[0] > 36 * nm) & (p[0] < 40 * nm)})
    fast = tuple(replace(one, activation_energy=STRIP) for one in species)
    return film(mesh, fast, (Contact("bottom", 0.0), Contact("top", step(volts))))


CASES = {
    "one grain": column,
    "fast strip, right-angled triangles": lambda: film_with_strip(0.0),
    "fast strip, irregular triangles": lambda: film_with_strip(0.2),
    "fast strip, two ions": lambda: film_with_strip(0.2, (VACANCY, replace(INTERSTITIAL, charge=-2)), 0.5),
}


def by_devsim(model: PoissonNernstPlanck, volumes: Volumes, per_output: int) -> DevsimRun:
    with quiet():
        return DevsimFilm(model, volumes).run(TIMES, per_output)


def by_ours(model: PoissonNernstPlanck) -> tuple[Array, Array, Array]:
    """Charge, potential and concentrations at all times."""
    states = [output.state for output in evolve(model, TIMES, 1e-5)][1:]
    return (np.array([state.contact_charge for state in states]), np.array([state.potential for state in states]),
            np.array([state.concentrations for state in states]))  # fmt: skip


def apart(run: DevsimRun, ours: tuple[Array, Array, Array]) -> dict[str, Array]:
    """Largest difference of each quantity at each time, over its largest value then."""
    other, times = (run.charge, run.potential, run.concentrations), len(TIMES) - 1
    rows = [(a.reshape(times, -1), b.reshape(times, -1)) for a, b in zip(other, ours, strict=True)]
    gaps = [np.abs(a - b).max(axis=1) / np.abs(b).max(axis=1) for a, b in rows]
    return dict(zip(("charge", "potential", "concentration"), gaps, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_charge_and_profiles_agree_with_devsim_on_the_same_control_volumes(case: str, verify: Verification) -> None:
    """What is left falls with the square of DEVSIM's steps (the time error of its TR-BDF2); nothing is left at rest."""
    model = CASES[case]()
    ours, counts = by_ours(model), (3, 6)
    found = [apart(by_devsim(model, Volumes.LUMPED, count), ours) for count in counts]
    for name, gaps in found[-1].items():
        order = Order(observed_order([1 / count for count in counts], [one[name].max() for one in found]), 1.8)
        verify(id="X1", quantity=f"{name} against DEVSIM, {case}", measured=gaps.max(), expected=0.0, tolerance=1e-3,
               order=order)  # fmt: skip
        verify(id="X1", quantity=f"{name} against DEVSIM at 1000 s, {case}", measured=gaps[-1], expected=0.0,
               tolerance=1e-6)  # fmt: skip


def test_edge_weights_of_right_angled_meshes_are_those_of_devsim() -> None:
    with quiet():
        other = DevsimFilm(film_with_strip(0.0), Volumes.VORONOI)
    weights = other.on_edges("EdgeCouple") * other.on_edges("EdgeInverseLength")
    assert np.abs(weights - other.cotangents).max() < 1e-12 * other.cotangents.max()


def test_the_programs_converge_together_each_with_its_own_control_volumes(verify: Verification) -> None:
    """Voronoi cells against thirds of triangles shift the charge on a mesh; the shift vanishes with the mesh."""
    sizes, shifts = [4.0, 2.0, 1.0, 0.5], []
    for size in sizes:
        grid = graded(200 * nm, size * nm, 1 + 0.125 * size, 10 * size * nm)
        model = film(rectangle(np.linspace(0, 40, 3) * nm, grid, jitter=0.0))
        shifts.append(apart(by_devsim(model, Volumes.VORONOI, 3), by_ours(model))["charge"][-1])
    order = Order(observed_order(sizes, shifts), 1.0)
    verify(id="X1", quantity="charge at 1000 s against DEVSIM with its own Voronoi cells, first cell 0.5 nm",
           measured=shifts[-1], expected=0.0, tolerance=2e-4, order=order)  # fmt: skip
