"""Nodes that flat cells save at electrodes and along boundary strips, at the same error of the charge.

``python benchmarks/anisotropic_layers.py [--page]`` steps a film of three columns to 1 V on meshes that differ at one
place. At electrodes: the program's stack of flat layers against triangles as wide as they are high that grow at the
same rate. Along strips: cells from as long as wide up to sixteen times longer. The error is the largest deviation of
the charge from a run on a far finer mesh at any time from 1 us to 1000 s, over its largest value.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from time import process_time
from unittest.mock import patch

import numpy as np
from page import parser, report
from skfem import MeshTri
from standard_cases import CASES, TIMES

from fem.constants import nm
from fem.evolve import evolve
from fem.fields import Array
from meshes import MeshSizes, Strips, columnar, triangulate
from meshes.electrode_skin import ElectrodeSkin

WIDTH = 4.0  # of the strips [nm]


@dataclass(frozen=True)
class Meshing:
    """Sizes in nm: first cell at electrodes, cells along strips, at boundaries and in grains; flat layers or not."""

    first: float
    along: float
    sizes: tuple[float, float] = (8.0, 16.0)
    across: int = 4
    growth: float = 1.35
    layers: bool = True

    def mesh(self) -> MeshTri:
        """The film so meshed; without layers Gmsh grades its triangles to the electrodes."""
        film = columnar(300 * nm, 200 * nm, grains=3, seed=1)
        sizes = MeshSizes(self.first * nm, self.sizes[0] * nm, self.sizes[1] * nm, self.growth)
        strips = Strips(WIDTH * nm, self.across, skin=6 * nm, along=self.along * nm)
        bare = ElectrodeSkin((), np.empty(0), self.first * nm)
        with nullcontext() if self.layers else patch.object(ElectrodeSkin, "resolving", lambda *_: bare):
            return triangulate(film, sizes, electrodes=("bottom", "top"), boundaries=strips)


@dataclass(frozen=True)
class Measured:
    """Charge on the driven electrode at ``TIMES[1:]`` [C/m], and what it cost."""

    charge: Array
    nodes: int
    seconds: float


REFERENCE = Meshing(0.2, 2.0, (2.0, 5.0), across=8, growth=1.15)
AT_ELECTRODES = tuple(Meshing(first, 8.0, layers=flat) for first in (2.0, 1.0, 0.5, 0.25) for flat in (True, False))
ALONG_STRIPS = tuple(Meshing(0.5, along, across=4) for along in (1.0, 2.0, 4.0, 8.0, 16.0))


def measure(meshing: Meshing) -> Measured:
    """Mesh and run."""
    mesh = meshing.mesh()
    model = CASES[0].model(mesh)
    start = process_time()
    charge = np.array([output.state.contact_charge[1] for output in evolve(model, TIMES, 1e-3)])[1:]
    return Measured(charge, mesh.p.shape[1], process_time() - start)


def rows() -> Iterator[str]:
    """The table."""
    yield "| where | cells | nodes | largest charge error | charge error at 1000 s | time loop CPU s |"
    yield "|---" * 6 + "|"
    reference = measure(REFERENCE)
    for where, meshings in (("at electrodes", AT_ELECTRODES), ("along strips", ALONG_STRIPS)):
        for one in meshings:
            found = measure(one)
            errors = np.abs(found.charge - reference.charge) / np.abs(reference.charge).max()
            shape = "flat layers" if one.layers else "even triangles"
            cells = f"first {one.first:g} nm, {shape}" if where == "at electrodes" else f"1 x {one.along:g} nm"
            cost = f"{found.nodes} | {errors.max():.1e} | {errors[-1]:.1e} | {found.seconds:.1f}"
            yield f"| {where} | {cells} | {cost} |"
    yield ""
    yield f"Reference: {reference.nodes} nodes."


def main() -> None:
    """Measure, print, and write the page if asked to."""
    report("anisotropic layers", list(rows()), parser(__doc__).parse_args().page)


if __name__ == "__main__":
    main()
