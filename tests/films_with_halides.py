"""Films with two halides on one lattice that the tests share: columns between electrodes at bottom and top."""

from collections.abc import Sequence

import numpy as np
from irregular_films import rectangle
from skfem import MeshTri

from fem.constants import boltzmann, elementary_charge, nm, vacuum_permittivity
from fem.evolve import evolve
from fem.fields import Array, Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.halides.mixed_halide import Halide, HalideLattice
from fem.physics.materials import Material
from fem.state import State

TEMPERATURE = 300.0  # [K]
KT = boltzmann * TEMPERATURE  # [J]
SITES = 1.3e28  # [1/m^3]
FAST, SLOW = 1e-14, 1e-15  # diffusivity of vacancies among the first and among the second halide [m^2/s]
BLOCKING = (Contact("bottom", 0.0), Contact("top", 0.0))


def lattice(vacancies: float, share: Field, diffusivities: tuple[float, float] = (FAST, SLOW)) -> HalideLattice:
    """An ideal lattice with a share `vacancies` of its sites empty."""
    halides = (Halide("iodide", diffusivities[0], 0.0), Halide("bromide", diffusivities[1], 0.0))
    return HalideLattice(vacancies * SITES, SITES, share, halides)


def column(heights: Array, width: float = 10 * nm) -> MeshTri:
    """A film one cell wide with nodes at `heights` [m]."""
    return rectangle(np.array([0.0, width]), heights, jitter=0.0)


def even(length: float, step: float) -> MeshTri:
    """A column of `length` with cells of the height `step` [m]."""
    return column(np.linspace(0.0, length, round(length / step) + 1), 5 * step)


def film(
    mesh: MeshTri, sites: HalideLattice, contacts: Sequence[Contact] = BLOCKING, permittivity: float = 18.0
) -> PoissonNernstPlanck:
    """A film with nothing but the halides and their vacancy."""
    return PoissonNernstPlanck(mesh, Material("film", permittivity), (), contacts, TEMPERATURE, lattice=sites)


def neutral(vacancies: float, length: float = 0.03 * nm) -> float:
    """Relative permittivity that gives a share `vacancies` of the sites a Debye length of `length` [m]."""
    return length**2 * elementary_charge**2 * vacancies * SITES / (vacuum_permittivity * KT)


def states(model: PoissonNernstPlanck, times: Sequence[float] | Array, tolerance: float = 1e-3) -> list[State]:
    """The film at `times` [s] after the start."""
    return [output.state for output in evolve(model, np.concatenate([[0.0], times]), tolerance)]


def along(model: PoissonNernstPlanck, values: Array) -> tuple[Array, Array]:
    """Heights of the nodes on the left side [m] and `values` there, from bottom to top."""
    left = np.flatnonzero(model.mesh.p[0] < 1e-12)
    order = left[np.argsort(model.mesh.p[1, left])]
    return model.mesh.p[1, order], values[order]


def halides(model: PoissonNernstPlanck, state: State) -> Array:
    """First and second halide in film and stores, per metre of depth [1/m], shape (2,)."""
    vacancies, second = model.total_ions(state)
    sites = SITES * model.unknowns.content[0]
    return np.array([sites - vacancies - second, second]) + state.stores.sum(axis=0)
