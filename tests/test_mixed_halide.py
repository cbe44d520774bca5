"""Two halides on one lattice between blocking electrodes: null test, conservation, reductions, equilibrium."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import FAST, KT, SITES, SLOW, along, column, even, film, halides, lattice, states
from irregular_films import graded, rectangle
from verification import Verification

from fem.constants import eV, nm
from fem.edge_laws import DriftDiffusion, LatticeExchange
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drive import step, steps
from fem.physics.layers import boundary_lines
from fem.physics.materials import Material
from fem.physics.mixed_halide import Halide, HalideLattice
from fem.physics.species import Species

Array = np.ndarray


def driven(volts: float, sites: HalideLattice, length: float = 200 * nm) -> PoissonNernstPlanck:
    contacts = (Contact("bottom", step(volts)), Contact("top", 0.0))
    return film(column(graded(length, 0.5 * nm, largest=15 * nm)), sites, contacts)
