"""The two standard films at three sizes each: where the time and the memory of a run go, and how they grow.

``python benchmarks/standard_cases.py [--sizes N] [--page]`` prints a table; with ``--page`` it goes into
``docs/performance.md`` with a figure. Each film is meshed and run as ``run.py`` would, with all files and pictures, in
a process of its own. Counts are exact. Seconds are CPU seconds of one thread, because wall time depends on what else
the machine does; look at shares and exponents. (The program itself solves large films on two threads.)

- vertical: 1000 x 400 nm, 8 columnar grains, boundaries as strips of 4 nm, a step of 1 V, 1 us to 1000 s
- lateral: 20 x 5 um, 200 grains, boundaries as lines, a step of 10 V, the same times
"""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeVar
from unittest.mock import patch

import numpy as np
from page import IMAGES, parser, report
from skfem import MeshTri

from fem.constants import eV, nm, s, um, us
from fem.evolve import Output, evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.numerics.sparse_direct import best_solver
from fem.observables.fronts import depletion_depth
from fem.observables.light_observables import mean_quench
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.light.luminescence import Light, UnpairedInterstitials
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.pictures.drawing import new_figure, save
from fem.results.record import run_scenario
from fem.scenario import Scenario, logarithmic_times
from fem.storage.run_record import RunIdentity
from meshes import MeshSizes, Strips, columnar, triangulate, voronoi

TIMES = logarithmic_times(1 * us, 1000 * s)
DENSITY = 1e24  # [1/m^3]
_LOOP = ("assembly", "factorisation", "solves", "rest of the time loop")
PARTS = ("mesh", "set-up", *_LOOP, "output and pictures")
_Made = TypeVar("_Made")
_COLOURS = ("#999999", "#cccccc", "#f4a261", "#1d3557", "#457b9d", "#a8dadc", "#e63946")


@dataclass(frozen=True)
class Case:
    """A standard film at one size: cells at electrodes, at boundaries and in grains [nm], cells across a strip."""

    film: str
    electrode: float
    boundary: float
    interior: float
    across: int = 0

    def mesh(self) -> MeshTri:
        """Mesh of the film."""
        sizes = MeshSizes(self.electrode * nm, self.boundary * nm, self.interior * nm)
        if self.film == "vertical":
            film, strips = columnar(1000 * nm, 400 * nm, grains=8, seed=1), Strips(4 * nm, self.across, skin=6 * nm)
            return triangulate(film, sizes, electrodes=("bottom", "top"), boundaries=strips)
        return triangulate(voronoi(20 * um, 5 * um, grains=200, seed=1), sizes, electrodes=("left", "right"))

    def model(self, mesh: MeshTri) -> PoissonNernstPlanck:
        """The film's physics on `mesh`; on a lattice where the voltage would fill any dilute layer."""
        vertical = self.film == "vertical"
        electrodes, volts = (("bottom", "top"), 1.0) if vertical else (("left", "right"), 10.0)
        barriers: Field = {"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV}
        vacancy = Species("iodide vacancy", 1, DENSITY, 6.5e-8, barriers)
        contacts = [Contact(electrodes[0], 0.0), Contact(electrodes[1], step(volts))]
        layers = [] if vertical else [boundary_lines(4 * nm)]
        return PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=layers)

    def scenario(self, model: PoissonNernstPlanck) -> Scenario:
        """The film as an experiment with the outputs of the built-in scenarios."""
        vertical = self.film == "vertical"
        light = Light(2e27, (UnpairedInterstitials("iodide vacancy", DENSITY, 1e-15),))
        observables = [mean_quench(), depletion_depth("iodide vacancy", "top" if vertical else "right")]
        return Scenario(model, TIMES, light, observables, geometry="cross-section" if vertical else "plan view")


CASES = (
    Case("vertical", 1.0, 4.0, 8.5, across=4),
    Case("vertical", 0.4, 1.5, 3.5, across=8),
    Case("vertical", 0.17, 0.68, 1.6, across=16),
    Case("lateral", 5.0, 60.0, 240.0),
    Case("lateral", 2.5, 28.0, 110.0),
    Case("lateral", 1.4, 17.0, 68.0),
)


@dataclass(frozen=True)
class Measured:
    """What one run took: CPU seconds by part, all of it by the clock on the wall, peak memory [MiB], and counts."""

    case: Case
    unknowns: int
    seconds: dict[str, float]
    wall: float
    memory: float
    steps: int
    factorisations: int
    solver: str

    @property
    def total(self) -> float:
        """Seconds of everything."""
        return sum(self.seconds.values())

    @property
    def loop(self) -> float:
        """Seconds of the time loop."""
        return sum(self.seconds[part] for part in _LOOP)

    @property
    def in_linear_algebra(self) -> float:
        """Share of factorisations and solves in the time loop."""
        return (self.seconds["factorisation"] + self.seconds["solves"]) / self.loop


class TimedLoop:
    """The time loop with clocks that stand still while its consumer works.

    `solver` holds what all factorisations and solves in it took, those of Poisson's equation at outputs included.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.solver = {"factorise": 0.0, "solve": 0.0}
        self.last: Output | None = None
        self._runs = False

    def __call__(self, *arguments: object) -> Iterator[Output]:
        """Outputs of :func:`fem.evolve.evolve`."""
        outputs: Iterator[Output] = evolve(*arguments)  # type: ignore[arg-type]
        while True:
            start, self._runs = process_time(), True
            self.last, ended = next(outputs, None), self.last
            self.seconds, self._runs = self.seconds + process_time() - start, False
            if self.last is None:
                self.last = ended
                return
            yield self.last

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time what the sparse solver does while the loop runs."""
        kind = type(best_solver())
        with ExitStack() as patches:
            for name in self.solver:
                patches.enter_context(patch.object(kind, name, self._timed(name, getattr(kind, name))))
            yield

    def _timed(self, name: str, act: Callable[..., _Made]) -> Callable[..., _Made]:
        def timed_act(*arguments: object) -> _Made:
            start = process_time()
            made = act(*arguments)
            self.solver[name] += (process_time() - start) * self._runs
            return made

        return timed_act


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread, and the solver's own clocks count CPU seconds."""
    with (patch("fem.numerics.sparse_direct._THREADED_FROM", sys.maxsize),
          patch("fem.numerics.system.perf_counter", process_time)):  # fmt: skip
        yield


@one_thread()
def measure(case: Case) -> Measured:
    """Mesh the film, run it into a folder, and take the time of each part."""
    start = perf_counter()
    mesh_seconds, mesh = timed(case.mesh)
    model_seconds, model = timed(lambda: case.model(mesh))
    rest_seconds, _ = timed(model.initial_state)
    scenario, loop = case.scenario(model), TimedLoop()
    with TemporaryDirectory() as folder, patch("fem.scenario.evolve", loop), loop.watching():
        run_seconds, _ = timed(lambda: run_scenario(scenario, RunIdentity(case.film), Path(folder) / "run"))
    assert loop.last is not None
    done = loop.last.statistics
    inner = {"assembly": done.seconds["assembly"], "factorisation": loop.solver["factorise"],
             "solves": loop.solver["solve"]}  # fmt: skip
    seconds = {"mesh": mesh_seconds, "set-up": model_seconds + rest_seconds, **inner,
               "rest of the time loop": loop.seconds - sum(inner.values()),
               "output and pictures": run_seconds - loop.seconds}  # fmt: skip
    wall, memory = perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(case, done.unknowns, seconds, wall, memory, done.steps, done.factorisations, done.solver)


def timed(make: Callable[[], _Made]) -> tuple[float, _Made]:
    """CPU seconds that `make` takes, and what it makes."""
    start = process_time()
    made = make()
    return process_time() - start, made


def rows(found: Sequence[Measured]) -> list[str]:
    """The table, and under each film the exponents of growth with the number of unknowns."""
    head = ["film", "unknowns", "steps", "factorisations", *(f"{part} s" for part in PARTS), "time loop s",
            "total s", "total wall s", "linear algebra in the time loop", "output and pictures in the run",
            "peak MiB"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for film, own in groupby(found, key=lambda one: one.case.film):
        group = list(own)
        for one in group:
            parts = " | ".join(f"{one.seconds[part]:.1f}" for part in PARTS)
            output = one.seconds["output and pictures"] / one.total
            lines.append(
                f"| {film} | {one.unknowns} | {one.steps} | {one.factorisations} | {parts} | {one.loop:.1f} "
                f"| {one.total:.1f} | {one.wall:.0f} | {one.in_linear_algebra:.0%} | {output:.0%} | {one.memory:.0f} |"
            )
        if len(group) > 1:
            columns = [[one.seconds[part] for one in group] for part in PARTS]
            columns += [[one.loop for one in group], [one.total for one in group]]
            powers, memory = [exponent(group, one) for one in columns], exponent(group, [one.memory for one in group])
            lines.append(f"| {film}, grows as N to the | | | | {' | '.join(powers)} | | | | {memory} |")
    return lines


def exponent(group: Sequence[Measured], values: Sequence[float]) -> str:
    """Slope of log(values) over log(unknowns)."""
    return f"{np.polyfit(np.log([one.unknowns for one in group]), np.log(values), 1)[0]:.2f}"


def draw(found: Sequence[Measured], path: Path) -> None:
    """Shares of the parts of each run, and seconds of the time loop over unknowns."""
    figure = new_figure(7.4, 3.4)
    shares, growth = figure.subplots(1, 2, width_ratios=(3, 2))
    names = [f"{one.case.film}\n{one.unknowns / 1000:.0f}k" for one in found]
    left = np.zeros(len(found))
    for part, colour in zip(PARTS, _COLOURS, strict=True):
        share = np.array([100 * one.seconds[part] / one.total for one in found])
        shares.barh(names, share, left=left, color=colour, label=part)
        left += share
    shares.invert_yaxis()
    shares.set_xlabel("share of the run [%]")
    shares.set_xlim(0, 100)
    shares.legend(fontsize=6, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    for film, marker in (("vertical", "o"), ("lateral", "s")):
        group = [one for one in found if one.case.film == film]
        growth.loglog([one.unknowns for one in group], [one.loop for one in group], marker, label=film, color="black",
                      ls="-", lw=0.8, ms=4, mfc="white" if film == "lateral" else "black")  # fmt: skip
    ends = np.array([min(one.unknowns for one in found), max(one.unknowns for one in found)])
    growth.loglog(ends, 0.7 * min(one.loop for one in found) * (ends / ends[0]) ** 1.3, "--", color="#e63946", lw=0.8,
                  label="unknowns$^{1.3}$")  # fmt: skip
    growth.set_xticks([5e4, 1e5, 2e5, 5e5], ["50k", "100k", "200k", "500k"])
    growth.minorticks_off()
    growth.set_xlabel("unknowns")
    growth.set_ylabel("time loop [CPU s]")
    growth.legend(fontsize=7, frameon=False)
    save(figure, path)


def main() -> None:
    """Measure, print, and write the page if asked to."""
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", type=int, default=3, help="how many sizes of each film, smallest first")
    chosen = arguments.parse_args()
    cases = [case for n, case in enumerate(CASES) if n % 3 < chosen.sizes]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        found = list(pool.map(measure, cases))
    if chosen.page:
        draw(found, IMAGES / "performance.png")
    report("standard cases", [f"Linear solver: {found[0].solver}.", "", *rows(found)], chosen.page)


if __name__ == "__main__":
    main()
