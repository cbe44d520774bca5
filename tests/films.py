"""Films that the tests against theory share: one or two ions with a constant diffusivity between two electrodes."""

from collections.abc import Mapping, Sequence

import numpy as np
from skfem import MeshTri

from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, IonExchange
from fem.physics.drive import Drive
from fem.physics.materials import Material
from fem.physics.species import Species, Sublattice
from fem.state import State

PERMITTIVITY = 24.1  # [1]
DIFFUSIVITY = 1e-14  # [m^2/s]
FILM = Material("film", PERMITTIVITY)
