"""Films with electrons and holes for tests: columns and bars of irregular triangles, their levels and currents."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from irregular_films import graded, rectangle
from numpy.typing import NDArray
from skfem import MeshTri

from fem.constants import eV, nm
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import step
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.state import State

Array = NDArray[np.float64]

AFFINITY, GAP, STATES, MOBILITY = 4.0 * eV, 1.6 * eV, 8e24, 2e-3
DARK: Callable[..., Field] = np.zeros_like


def bands(doping: Field = 0.0, mobility: float = MOBILITY, gap: float = GAP, states: float = STATES) -> Semiconductor:
    """A semiconductor whose two bands are alike; its middle of the gap lies ``AFFINITY + gap / 2`` deep."""
    return Semiconductor(AFFINITY, gap, states, states, mobility, mobility, doping)


def bar(length: float, first: float, largest: float = np.inf, width: float = 20 * nm, growth: float = 1.25) -> MeshTri:
    """A film between ``left`` and ``right``, graded to both."""
    return rectangle(graded(length, first, growth, largest), np.linspace(0, width, 4))


def electrodes(
    volts: float = 0.0, left: CarrierContact | None = None, right: CarrierContact | None = None
) -> tuple[Contact, Contact]:
    """Contacts at ``left``, at `volts`, and ``right``, grounded, for ever; ohmic unless stated."""
    ohmic = CarrierContact()
    return (
        Contact("left", step(volts, initial=volts), carriers=left or ohmic),
        Contact("right", 0.0, carriers=right or ohmic),
    )


def film(
    mesh: MeshTri,
    semiconductor: Semiconductor,
    contacts: Sequence[Contact],
    species: Sequence[Species] = (),
    **others: Any,
) -> PoissonNernstPlanck:
    """A model with carriers in a material without fixed charge."""
    return PoissonNernstPlanck(mesh, MAPbI3, species, contacts, semiconductor=semiconductor, **others)


def current_density(model: PoissonNernstPlanck, state: State) -> float:
    """Current that enters at ``left`` over the height of the film [A/m^2]."""
    return float(state.contact_current[0] / np.ptp(model.mesh.p[1]))


def levels(model: PoissonNernstPlanck, state: State) -> Array:
    """Quasi-Fermi levels of electrons and holes against the grounded metal [kT], shape (2, n_nodes); NaN outside."""
    assert model.bands is not None
    phi = state.potential / model.unknowns.thermal_voltage
    found = []
    for sign, density, one in zip((1, -1), state.carriers, model.populations[-2:], strict=True):
        normal = np.where(one.present, model.bands.intrinsic * one.transport.enrichment, np.nan)
        found.append(sign * (np.log(np.maximum(density, 0.0) / normal) - sign * phi))
    return np.array(found)
