"""A device stated layer by layer is the same device as one stated quantity by quantity."""

import numpy as np
import pytest
from irregular_films import rectangle, with_strips

from fem.constants import eV, nm
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.device_layers import Conductor, Insulator, device
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.materials import Material
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.recombination import Radiative

FILM = Conductor(24.1, 3.9 * eV, 1.6 * eV, 8.1e24, 5.8e24, 2e-3, 2e-3)
TITANIA = Conductor(10.0, 4.0 * eV, 3.2 * eV, 5e25, 5e25, 1e-5, 1e-5, doping=1e24)


def test_layers_make_the_fields_of_a_device() -> None:
    mesh = with_strips(
        rectangle(np.linspace(0, 20, 3) * nm, np.linspace(0, 100, 41) * nm),
        {"etl": lambda p: p[1] < 20 * nm, "oxide": lambda p: p[1] > 90 * nm,
         "film": lambda p: (p[1] > 20 * nm) & (p[1] < 90 * nm)},
    )  # fmt: skip
    material, semiconductor = device({"etl": TITANIA, "film": FILM, "oxide": Insulator(9.0)})
    contacts = [Contact("bottom", 0.0, carriers=CarrierContact()), Contact("top", 0.0)]
    loss = [recombination("radiative", Radiative(6e-17))]
    short = PoissonNernstPlanck(mesh, material, [], contacts, semiconductor=semiconductor, reactions=loss)
    both = {"etl": 1.0, "film": 1.0}
    stated = Semiconductor(
        {"etl": 4.0 * eV, "film": 3.9 * eV}, {"etl": 3.2 * eV, "film": 1.6 * eV}, {"etl": 5e25, "film": 8.1e24},
        {"etl": 5e25, "film": 5.8e24}, {"etl": 1e-5, "film": 2e-3}, {"etl": 1e-5, "film": 2e-3},
        {"etl": 1e24, "film": 0.0}, where=tuple(both),
    )  # fmt: skip
    permittivity = Material("device", {"etl": 10.0, "film": 24.1, "oxide": 9.0})
    long = PoissonNernstPlanck(mesh, permittivity, [], contacts, semiconductor=stated, reactions=loss)
    np.testing.assert_array_equal(short.initial_values(), long.initial_values())
    nobody = mesh.p[1] > 99 * nm
    assert (short.initial_state().carriers[:, nobody] == 0).all()


def test_a_device_needs_a_layer_that_conducts() -> None:
    with pytest.raises(ValueError, match="none of the layers glass"):
        device({"glass": Insulator(4.0)})
    with pytest.raises(ValueError, match="relative permittivity of an insulator"):
        Insulator(0.0)
