"""What grain boundaries cost as meshed strips and as lines, and what the cheaper ones miss of the charge transient.

``python benchmarks/strips_against_lines.py [--page]`` prints a table, and draws the transients. The first film
is two columns with a boundary of 4 nm between them; that with lines is made of the columns alone, so that the area is
the same. The second is a Voronoi film in plan view, with lines in the film as drawn and charges per area. Ions hop
16,000 times faster in boundaries; a cell beside a boundary is filled when they have crossed it at the grain's pace.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import process_time

import numpy as np
import shapely
from page import IMAGES, parser, report

from fem.constants import nm, um
from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.pictures.drawing import new_figure, save
from meshes import Lines, MeshSizes, Polycrystal, Strips, triangulate, voronoi

WIDTH, CONTRAST = 4 * nm, 1.6e4
TIMES = np.concatenate([[0.0], np.logspace(-6, 3, 37)])
SLOW = 1e-16  # [m^2/s] in grains
COLUMNS = np.array([0.0, 60.0, 140.0]) * nm
HEIGHT = 250 * nm


@dataclass(frozen=True)
class Case:
    """A film with its boundaries one way; `cell` is the size along and beside lines, or along strips [m]."""

    film: Polycrystal
    boundaries: Lines | Strips
    cell: float
    electrodes: tuple[str, str]
    sizes: tuple[float, float, float]  # at electrodes and in grains [m], growth
    density: float

    @property
    def filled(self) -> float:
        """Time [s] in which ions cross the cell beside a boundary."""
        beside = WIDTH / self.boundaries.across if isinstance(self.boundaries, Strips) else self.cell
        return beside**2 / SLOW

    def __str__(self) -> str:
        if isinstance(self.boundaries, Strips):
            return f"strips, {self.boundaries.across} cells across"
        return f"lines, cells of {self.cell / nm:g} nm"


@dataclass(frozen=True)
class Measured:
    """Charge that ions drew per area that stores them [C/m^3] at ``TIMES[1:]``, and what it cost."""

    case: Case
    charge: Array
    nodes: int
    factorisations: int
    mesh_seconds: float
    loop_seconds: float


def measure(case: Case) -> Measured:
    """Mesh and run one film."""
    start = process_time()
    near, far, growth = case.sizes
    sizes = MeshSizes(near, case.cell, far, growth)
    mesh = triangulate(case.film, sizes, electrodes=case.electrodes, boundaries=case.boundaries)
    meshed = process_time()
    hopping = {"grain_interior": SLOW, "grain_boundary": CONTRAST * SLOW}
    ion = Species("vacancy", +1, case.density, hopping, 0.0)
    layers = [boundary_lines(WIDTH / (1 - 1 / CONTRAST))] if isinstance(case.boundaries, Lines) else []
    contacts = [Contact(case.electrodes[0], 0.0), Contact(case.electrodes[1], step(1.0))]
    model = PoissonNernstPlanck(mesh, MAPbI3, [ion], contacts, layers=layers)
    pieces = model.pieces(0.0)
    held = model.system.driven_by(pieces).hold_algebraic(0.0, model.initial_values())
    geometric = model.state(0.0, held, pieces).contact_charge[1]
    charge = []
    begin = process_time()
    for output in evolve(model, TIMES):
        charge.append(output.state.contact_charge[1] - geometric)
        done = output.statistics
    spent = process_time() - begin
    area = float(model.unknowns.content[0])
    return Measured(case, np.array(charge[1:]) / area, mesh.p.shape[1], done.factorisations, meshed - start, spent)


def two_columns() -> Iterator[Case]:
    """Strips as the reference, then coarser strips, then finer and finer lines."""
    apart = _columns(COLUMNS + WIDTH * np.array([0.0, 0.5, 1.0]))
    rest = (("bottom", "top"), (0.25 * nm, 15 * nm, 1.3), 1e24)
    for across in (8, 4, 2):
        yield Case(apart, Strips(WIDTH, across, skin=8 * nm), 3 * nm, *rest)
    for cell in (8, 4, 2, 1, 0.5):
        yield Case(_columns(COLUMNS), Lines(), cell * nm, *rest)


def plan_view() -> Iterator[Case]:
    """Many grains: strips as the mesh of a scenario has them, and lines with cells far wider than the boundaries."""
    film = voronoi(2 * um, 1.2 * um, grains=20, seed=1)
    rest = (("left", "right"), (4 * nm, 80 * nm, 1.35), 1e23)
    yield Case(film, Strips(WIDTH, 4, skin=20 * nm), 20 * nm, *rest)
    for cell in (20, 40):
        yield Case(film, Lines(), cell * nm, *rest)


def _columns(walls: Array) -> Polycrystal:
    boxes = [shapely.box(a, 0.0, b, HEIGHT) for a, b in pairwise(walls)]
    return Polycrystal.from_polygons(float(walls[-1]), HEIGHT, boxes)


def row(name: str, one: Measured, reference: Measured) -> str:
    """One row of the table."""
    missed = 100 * np.abs(one.charge / reference.charge - 1)
    return (
        f"| {name} | {one.case} | {one.nodes} | {one.factorisations} | {one.mesh_seconds:.2f} | {one.loop_seconds:.2f} "
        f"| {one.nodes / reference.nodes:.2f} | {one.loop_seconds / reference.loop_seconds:.2f} "
        f"| {missed.max():.2f} % | {one.case.filled:.2g} s: {missed[TIMES[1:] >= one.case.filled].max():.2f} % |"
    )


def draw(found: list[Measured], path: Path) -> None:
    """Both transients, and their difference for each size of the cells beside lines."""
    figure = new_figure(5.6, 5.2)
    upper, lower = figure.subplots(2, 1, sharex=True)
    strips, *lines = [one for one in found if isinstance(one.case.boundaries, Lines) or one is found[0]]
    full = strips.charge[-1]
    upper.loglog(TIMES[1:], strips.charge / full, color="black", lw=1.4, label=str(strips.case))
    upper.loglog(TIMES[1:], lines[-1].charge / full, "o", color="#c1121f", ms=3, label=str(lines[-1].case))
    upper.set_ylabel("charge drawn by ions / final")
    for one, shade in zip(lines, ("#f4a6a6", "#e9a820", "#2a9d8f", "#1f4e79", "#c1121f"), strict=True):
        lower.semilogx(TIMES[1:], 100 * (one.charge / strips.charge - 1), color=shade, lw=1.2, label=str(one.case))
    lower.axhspan(-2, 2, color="0.9", zorder=0, label="within 2 %")
    lower.set_ylim(-5, 95)
    lower.set_ylabel("lines against strips (%)")
    lower.set_xlabel("time (s)")
    for axes in (upper, lower):
        axes.grid(True, alpha=0.25, linewidth=0.5)
        axes.legend(fontsize=8, frameon=False)
    save(figure, path)


def main() -> None:
    """Measure, print, and write the page and draw the first film's transients if asked to."""
    page = parser(__doc__).parse_args().page
    lines = ["| film | boundaries | nodes | factorisations | mesh CPU s | time loop CPU s | nodes / strips "
             "| loop / strips | charge off by at most | once the cell beside a boundary is filled |",
             "|---" * 10 + "|"]  # fmt: skip
    for name, cases in (("two columns", two_columns()), ("plan view, 20 grains", plan_view())):
        found = [measure(case) for case in cases]
        lines += [row(name, one, found[0]) for one in found]
        if page and name == "two columns":
            draw(found, IMAGES / "strips_against_lines.png")
    report("strips against lines", lines, page)


if __name__ == "__main__":
    main()
