"""What meshing costs against the number of grains, part by part, and what the largest film costs to simulate.

``python benchmarks/meshing.py [--page]`` prints two tables and the exponents of growth; counts are exact, seconds of
meshing are wall seconds, those of the simulation CPU seconds. Grains are 300 nm. On lines cells are 45 nm at boundaries
and 150 nm inside grains; on strips, 4 nm wide, 20 nm and 60 nm. Electrodes start at 2 nm.
"""

import resource
from cProfile import Profile
from dataclasses import dataclass
from pstats import Stats
from time import perf_counter, process_time

import numpy as np
from page import parser, report
from skfem import MeshTri
from standard_cases import one_thread

from fem.constants import V, eV, ms, nm, s
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import logarithmic_times
from meshes import Lines, MeshSizes, Polycrystal, Strips, triangulate, voronoi

GRAIN = 300 * nm
SERIES: tuple[tuple[Lines | Strips, MeshSizes, tuple[int, ...]], ...] = (
    (Lines(), MeshSizes(2 * nm, 45 * nm, 150 * nm), (8, 30, 125, 500, 2000)),
    (Strips(4 * nm, skin=10 * nm), MeshSizes(2 * nm, 20 * nm, 60 * nm), (8, 20, 40, 80, 160)),
)
#: Functions that make up a part of meshing; what is left is geometry: layers, short edges, strips, points and lines.
PARTS = {"Gmsh": "mesh_surfaces", "Delaunay repair": "made_delaunay", "names": "named_mesh"}
#: Vacancies per m^3, barriers in grains and along boundaries, and the end of the run of the largest film.
DENSITY, BARRIERS, END = 1e22, {"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV}, 100 * s


@dataclass(frozen=True)
class Meshing:
    """What one film took: grains, nodes, and seconds for the tessellation and for each part of meshing."""

    grains: int
    nodes: int
    tessellation: float
    parts: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds of meshing."""
        return sum(self.parts.values())


def film_of(grains: int) -> Polycrystal:
    """A square Voronoi film."""
    side = GRAIN * float(np.sqrt(grains))
    return voronoi(side, side, grains=grains, seed=1)


def measured(grains: int, sizes: MeshSizes, boundaries: Lines | Strips) -> tuple[Meshing, MeshTri]:
    """Film and mesh made once; Python's profiler tells the parts of meshing apart."""
    start = perf_counter()
    film = film_of(grains)
    tessellation = perf_counter() - start
    profile, start = Profile(), perf_counter()
    mesh: MeshTri = profile.runcall(triangulate, film, sizes, boundaries=boundaries)
    total = perf_counter() - start
    functions = Stats(profile).get_stats_profile().func_profiles
    parts = {part: functions[name].cumtime for part, name in PARTS.items()}
    return Meshing(grains, mesh.p.shape[1], tessellation, {"geometry": total - sum(parts.values()), **parts}), mesh


def table(boundaries: Lines | Strips, sizes: MeshSizes, numbers: tuple[int, ...]) -> tuple[list[str], MeshTri]:
    """One series and its exponent of growth; the mesh of the largest film."""
    head = f"| grains | nodes | tessellation s | geometry s | {' s | '.join(PARTS)} s | film and mesh s |"
    lines = [f"Grain boundaries as {type(boundaries).__name__.lower()}:", "", head, "|---" * (len(PARTS) + 5) + "|"]
    measured(numbers[0], sizes, boundaries)  # libraries load
    rows = []
    for grains in numbers:
        row, mesh = measured(grains, sizes, boundaries)
        rows.append(row)
        parts = " | ".join(f"{seconds:.2f}" for seconds in (row.tessellation, *row.parts.values()))
        lines.append(f"| {grains} | {row.nodes} | {parts} | {row.tessellation + row.total:.2f} |")
    by_nodes = np.polyfit(np.log([row.nodes for row in rows]), np.log([row.total for row in rows]), 1)[0]
    return [*lines, "", f"Seconds of meshing grow as nodes<sup>{by_nodes:.2f}</sup>.", ""], mesh


def simulate(mesh: MeshTri) -> list[str]:
    """What the step response of a film takes, from 1 ms to its end."""
    vacancy = Species("iodide vacancy", 1, DENSITY, 6.5e-8, BARRIERS)
    contacts = [Contact("left", 0 * V), Contact("right", step(2 * V))]
    start = process_time()
    model = PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=[boundary_lines(4 * nm)])
    built = process_time() - start
    start = process_time()
    with one_thread():
        *_, last = evolve(model, logarithmic_times(1 * ms, END))
    loop, done = process_time() - start, last.statistics
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    parts = " | ".join(f"{done.seconds[part]:.1f}" for part in ("assembly", "factorisation", "solve"))
    return [
        "The largest film on lines under 2 V, 1 ms to 100 s:", "",
        "| nodes | unknowns | solver | steps | factorisations | model s | assembly s | factorisation s | solves s "
        "| time loop s | peak memory GiB |", "|---" * 11 + "|",
        f"| {mesh.p.shape[1]} | {done.unknowns} | {done.solver} | {done.steps} | {done.factorisations} | {built:.1f} "
        f"| {parts} | {loop:.1f} | {peak:.1f} |", "",
    ]  # fmt: skip


def main() -> None:
    """Measure, print, and write the page if asked to."""
    page = parser(__doc__).parse_args().page
    on_lines, mesh = table(*SERIES[0])
    on_strips, _ = table(*SERIES[1])
    report("meshing", [*on_lines, *simulate(mesh), *on_strips][:-1], page)


if __name__ == "__main__":
    main()
