"""What meshing costs against the number of grains, part by part, and what the largest film costs to simulate.

``python benchmarks/meshing.py`` prints two tables and the exponents of growth; counts are exact, seconds depend on the
machine. Grains are 300 nm. On lines cells are 45 nm at boundaries and 150 nm inside grains; on strips, 4 nm wide, 20 nm
and 60 nm. Electrodes start at 2 nm.
"""

import resource
from cProfile import Profile
from dataclasses import dataclass
from pstats import Stats
from time import perf_counter

import numpy as np
from skfem import MeshTri

from fem.constants import V, eV, ms, nm, s
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drive import step
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


def table(boundaries: Lines | Strips, sizes: MeshSizes, numbers: tuple[int, ...]) -> MeshTri:
    """Print one series and its exponents of growth; the mesh of the largest film."""
    print(f"\nGrain boundaries as {type(boundaries).__name__.lower()}:\n")
    print(f"| grains | nodes | tessellation s | geometry s | {' s | '.join(PARTS)} s | film and mesh s |")
    print("|---" * (len(PARTS) + 5) + "|")
    measured(numbers[0], sizes, boundaries)  # libraries load
    rows = []
    for grains in numbers:
        row, mesh = measured(grains, sizes, boundaries)
        rows.append(row)
        parts = " | ".join(f"{seconds:.2f}" for seconds in (row.tessellation, *row.parts.values()))
        print(f"| {grains} | {row.nodes} | {parts} | {row.tessellation + row.total:.2f} |", flush=True)
    by_nodes = np.polyfit(np.log([row.nodes for row in rows]), np.log([row.total for row in rows]), 1)[0]
    print(f"\nSeconds of meshing grow as nodes^{by_nodes:.2f}.")
    return mesh


def simulate(mesh: MeshTri) -> None:
    """Print what the step response of a film takes, from 1 ms to its end."""
    vacancy = Species("iodide vacancy", 1, DENSITY, 6.5e-8, BARRIERS)
    contacts = [Contact("left", 0 * V), Contact("right", step(2 * V))]
    start = perf_counter()
    model = PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=[boundary_lines(4 * nm)])
    built = perf_counter() - start
    start = perf_counter()
    *_, last = evolve(model, logarithmic_times(1 * ms, END))
    loop, done = perf_counter() - start, last.statistics
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print("\nThe largest film on lines under 2 V, 1 ms to 100 s:\n")
    print("| nodes | unknowns | solver | steps | factorisations | model s | assembly s | factorisation s | solves s "
          "| time loop s | peak memory GiB |")  # fmt: skip
    print("|---" * 11 + "|")
    parts = " | ".join(f"{done.seconds[part]:.1f}" for part in ("assembly", "factorisation", "solve"))
    print(f"| {mesh.p.shape[1]} | {done.unknowns} | {done.solver} | {done.steps} | {done.factorisations} | {built:.1f} "
          f"| {parts} | {loop:.1f} | {peak:.1f} |")  # fmt: skip


def main() -> None:
    """Print the tables."""
    lines, strips = SERIES
    simulate(table(*lines))
    table(*strips)


if __name__ == "__main__":
    main()
