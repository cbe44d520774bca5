"""Films that the tests against theory share: one or two ions of constant diffusivity between bottom and top."""

from collections.abc import Sequence

import numpy as np
from skfem import MeshTri

from fem.constants import thermal_voltage
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, Reservoir
from fem.physics.drives.drive import step
from fem.physics.materials import Material
from fem.physics.species import Species, Sublattice
from fem.state import State

PERMITTIVITY = 24.1  # [1]
DIFFUSIVITY = 1e-14  # [m^2/s]
TEMPERATURE = 300.0  # [K]
VOLT = thermal_voltage(TEMPERATURE)  # [V]
FILM = Material("film", PERMITTIVITY)


def one_ion(density: float, sites: float | None = None) -> tuple[Species, ...]:
    """A cation over a fixed background, on a lattice of `sites` [1/m^3] of its own."""
    return (Species("cation", 1, density, DIFFUSIVITY, 0.0, sublattice=_lattice(sites)),)


def two_ions(density: float, sites: float | None = None) -> tuple[Species, ...]:
    """A cation and an anion, which share a lattice of `sites` [1/m^3]."""
    anion = Species("anion", -1, density, DIFFUSIVITY, 0.0, sublattice=_lattice(sites))
    return (*one_ion(density, sites), anion)


def _lattice(sites: float | None) -> Sublattice | None:
    return None if sites is None else Sublattice("lattice", sites)


def half_cell(mesh: MeshTri, species: Sequence[Species], phi0: float) -> PoissonNernstPlanck:
    """Film with a blocking electrode at the bottom, stepped to `phi0` [kT/e], and a reservoir of its ions on top."""
    reservoir = {one.name: Reservoir(1e-3, float(one.concentration)) for one in species}  # type: ignore[arg-type]
    contacts = [Contact("bottom", step(phi0 * VOLT)), Contact("top", 0.0, reservoir)]
    return PoissonNernstPlanck(mesh, FILM, species, contacts, TEMPERATURE)


def closed_cell(
    mesh: MeshTri, species: Sequence[Species], phi: float, coating: Coating | None = None, before: float = 0.0
) -> PoissonNernstPlanck:
    """Film between blocking electrodes, the bottom stepped from `before` to `phi` [kT/e] against the top."""
    drive = step(phi * VOLT, initial=before * VOLT)
    contacts = [Contact("bottom", drive, coating=coating), Contact("top", 0.0, coating=coating)]
    return PoissonNernstPlanck(mesh, FILM, species, contacts, TEMPERATURE)


def equilibrium(model: PoissonNernstPlanck) -> State:
    """State of `model` after many times the slowest diffusion across the film, reached in long steps."""
    end = 1e4 * model.extent**2 / DIFFUSIVITY
    *_, last = evolve(model, np.array([0.0, end]), tolerance=0.1)
    return last.state
