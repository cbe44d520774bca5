"""The two standard films at three sizes each: where the time and the memory of a run go, and how they grow.

``python benchmarks/standard_cases.py [--sizes N] [--page]`` prints a table; with ``--page`` it goes into
``docs/performance.md`` with a figure. Each film is meshed and run as ``run.py`` would, with all files and pictures, in
a process of its own. Counts are exact, seconds depend on the machine; look at shares and exponents.

- vertical: 1000 x 400 nm, 8 columnar grains, boundaries as strips of 4 nm, a step of 1 V, 1 us to 1000 s
- lateral: 20 x 5 um, 200 grains, boundaries as lines, a step of 10 V, the same times
"""

import argparse
import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar
from unittest.mock import patch

import numpy as np
from skfem import MeshTri

from fem.constants import eV, nm, s, um, us
from fem.evolve import Output, evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.luminescence import Light, UnpairedInterstitials
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.results.drawing import new_figure, save
from fem.results.fronts import depletion_depth
from fem.results.observables import mean_quench
from fem.results.record import run_scenario
from fem.results.run_record import RunIdentity
from fem.scenario import Scenario, logarithmic_times
from meshes import MeshSizes, Strips, columnar, triangulate, voronoi

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
TIMES = logarithmic_times(1 * us, 1000 * s)
DENSITY = 1e24  # [1/m^3]
PARTS = ("mesh", "set-up", "assembly", "factorisation", "solves", "rest of the time loop", "output and pictures")
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
    Case("vertical", 0.18, 0.7, 1.7, across=16),
    Case("lateral", 5.0, 60.0, 240.0),
    Case("lateral", 1.4, 17.0, 68.0),
    Case("lateral", 0.6, 7.0, 28.0),
)


@dataclass(frozen=True)
class Measured:
    """What one run took: seconds by part, peak memory [MiB], and the solver's counts."""

    case: Case
    unknowns: int
    seconds: dict[str, float]
    memory: float
    steps: int
    factorisations: int
    solver: str

    @property
    def total(self) -> float:
        """Seconds of everything."""
        return sum(self.seconds.values())

    @property
    def in_linear_algebra(self) -> float:
        """Share of factorisations and solves in the time loop."""
        algebra = self.seconds["factorisation"] + self.seconds["solves"]
        return algebra / (algebra + self.seconds["assembly"] + self.seconds["rest of the time loop"])


class TimedLoop:
    """The time loop with a clock that stands still while its consumer works."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.last: Output | None = None

    def __call__(self, *arguments: object) -> Iterator[Output]:
        """Outputs of :func:`fem.evolve.evolve`."""
        outputs: Iterator[Output] = evolve(*arguments)  # type: ignore[arg-type]
        while True:
            start = perf_counter()
            self.last, ended = next(outputs, None), self.last
            self.seconds += perf_counter() - start
            if self.last is None:
                self.last = ended
                return
            yield self.last


def measure(case: Case) -> Measured:
    """Mesh the film, run it into a folder, and take the time of each part."""
    mesh_seconds, mesh = timed(case.mesh)
    model_seconds, model = timed(lambda: case.model(mesh))
    rest_seconds, _ = timed(model.initial_state)
    scenario, loop = case.scenario(model), TimedLoop()
    with TemporaryDirectory() as folder, patch("fem.results.record.evolve", loop):
        run_seconds, _ = timed(lambda: run_scenario(scenario, RunIdentity(case.film), Path(folder) / "run"))
    assert loop.last is not None
    done = loop.last.statistics
    inner = {"assembly": done.seconds["assembly"], "factorisation": done.seconds["factorisation"],
             "solves": done.seconds["solve"]}  # fmt: skip
    seconds = {"mesh": mesh_seconds, "set-up": model_seconds + rest_seconds, **inner,
               "rest of the time loop": loop.seconds - sum(inner.values()),
               "output and pictures": run_seconds - loop.seconds}  # fmt: skip
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(case, done.unknowns, seconds, memory, done.steps, done.factorisations, done.solver)


def timed(make: Callable[[], _Made]) -> tuple[float, _Made]:
    """Seconds that `make` takes, and what it makes."""
    start = perf_counter()
    made = make()
    return perf_counter() - start, made


def rows(found: Sequence[Measured]) -> list[str]:
    """The table, and under each film the exponents of growth with the number of unknowns."""
    head = ["film", "unknowns", "steps", "factorisations", *(f"{part} s" for part in PARTS), "total s",
            "linear algebra in the time loop", "output and pictures in the run", "peak MiB"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for film, own in groupby(found, key=lambda one: one.case.film):
        group = list(own)
        for one in group:
            parts = " | ".join(f"{one.seconds[part]:.1f}" for part in PARTS)
            output = one.seconds["output and pictures"] / one.total
            lines.append(
                f"| {film} | {one.unknowns} | {one.steps} | {one.factorisations} | {parts} | {one.total:.1f} "
                f"| {one.in_linear_algebra:.0%} | {output:.0%} | {one.memory:.0f} |"
            )
        if len(group) > 1:
            powers = [exponent(group, [one.seconds[part] for one in group]) for part in PARTS]
            powers += [exponent(group, [one.total for one in group])]
            memory = exponent(group, [one.memory for one in group])
            lines.append(f"| {film}, grows as N to the | | | | {' | '.join(powers)} | | | {memory} |")
    return lines


def exponent(group: Sequence[Measured], values: Sequence[float]) -> str:
    """Slope of log(values) over log(unknowns)."""
    return f"{np.polyfit(np.log([one.unknowns for one in group]), np.log(values), 1)[0]:.2f}"


def draw(found: Sequence[Measured], path: Path) -> None:
    """Shares of the parts of each run, and seconds over unknowns."""
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
        growth.loglog([one.unknowns for one in group], [one.total for one in group], marker, label=film, color="black",
                      ls="-", lw=0.8, ms=4, mfc="white" if film == "lateral" else "black")  # fmt: skip
    ends = np.array([min(one.unknowns for one in found), max(one.unknowns for one in found)])
    growth.loglog(ends, 0.7 * min(one.total for one in found) * (ends / ends[0]) ** 1.3, "--", color="#e63946", lw=0.8,
                  label="unknowns$^{1.3}$")  # fmt: skip
    growth.set_xlabel("unknowns")
    growth.set_ylabel("wall time of the run [s]")
    growth.legend(fontsize=7, frameon=False)
    save(figure, path)


def write_section(name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the marks of section `name` in ``docs/performance.md``.

    Raises
    ------
    ValueError
        If the page has no such section.
    """
    text, begin, end = PAGE.read_text(encoding="utf-8"), f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{PAGE} has no section {name!r}")
    before, _, rest = text.partition(begin)
    PAGE.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, default=3, help="how many sizes of each film, smallest first")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md")
    arguments = parser.parse_args()
    chosen = [case for n, case in enumerate(CASES) if n % 3 < arguments.sizes]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        found = list(pool.map(measure, chosen))
    lines = [f"Linear solver: {found[0].solver}.", "", *rows(found)]
    print("\n".join(lines))
    if arguments.page:
        draw(found, PAGE.parent / "images" / "performance.png")
        write_section("standard cases", lines)


if __name__ == "__main__":
    main()
