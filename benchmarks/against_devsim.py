"""The standard vertical film by DEVSIM and by the program: same mesh, same control volumes, charges and CPU times.

``python benchmarks/against_devsim.py [--steps N ...] [--page]`` needs ``pip install -e '.[devsim]'``. DEVSIM integrates
by TR-BDF2 with N steps between outputs, of which there are four per decade, over the program's control volumes (thirds
of triangles; see ``tests/test_devsim.py`` why), with MKL PARDISO on one thread, as the program does. The charge error
is the largest deviation of an electrode's charge from a run of the program at a tolerance of 1e-4, over its largest
value; the last column is against the program at the loosest tolerance that is at least as good.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from against_oracle import TOLERANCES, Run, fast
from devsim_film import DevsimFilm, DevsimRun, Volumes, load_devsim, quiet
from page import parser, report
from standard_cases import CASES, TIMES

from fem.evolve import evolve
from fem.model import PoissonNernstPlanck

NEWTON = 1e-2  # relative update that ends its iterations; they converge quadratically, its charges stay the same


def by_devsim(model: PoissonNernstPlanck, steps: int) -> tuple[DevsimRun, float]:
    """DEVSIM's run and its wall time."""
    with quiet():
        film = DevsimFilm(model, Volumes.LUMPED)
        start = perf_counter()
        run = film.run(TIMES, steps, NEWTON)
    return run, perf_counter() - start


def compare(model: PoissonNernstPlanck, steps: Sequence[int]) -> list[str]:
    """The table; the program runs before and after each run of DEVSIM."""
    states = list(evolve(model, TIMES, 1e-4))[1:]
    reference = np.array([output.state.contact_charge for output in states])
    profiles = np.array([output.state.concentrations for output in states])
    runs: dict[float, list[Run]] = {tolerance: [fast(model, tolerance)] for tolerance in TOLERANCES}
    lines = ["| DEVSIM: steps per decade | Newton iterations | charge error | profile error | wall s | CPU s "
             "| program: tolerance | charge error | CPU s (median) | times faster |", "|---" * 10 + "|"]  # fmt: skip
    for count in steps:
        run, wall = by_devsim(model, count)
        for tolerance in TOLERANCES:
            runs[tolerance].append(fast(model, tolerance))
        error = float(np.abs(run.charge - reference).max() / np.abs(reference).max())
        apart = float((np.abs(run.concentrations - profiles).max(axis=(1, 2)) / profiles.max(axis=(1, 2))).max())
        serves = [one for one in TOLERANCES if runs[one][0].error(reference) <= error]
        best = min(serves, key=lambda one: median(each.seconds for each in runs[one]))
        seconds = median(each.seconds for each in runs[best])
        lines.append(
            f"| {4 * count} | {run.newton_iterations} | {error:.1e} | {apart:.1e} | {wall:.0f} | {run.cpu_seconds:.0f} "
            f"| {best:g} | {runs[best][0].error(reference):.1e} | {seconds:.1f} | {run.cpu_seconds / seconds:.0f} |"
        )
    return lines


def main() -> None:
    """Measure, print, and write the page if asked to."""
    arguments = parser(__doc__)
    arguments.add_argument("--steps", type=int, nargs="+", default=[2, 4], help="DEVSIM's steps between outputs")
    chosen = arguments.parse_args()
    try:
        version = load_devsim().__version__
    except (ImportError, RuntimeError) as error:
        print(f"skipped: DEVSIM cannot be loaded ({error}); pip install -e '.[devsim]'")
        return
    case = CASES[0]
    model = case.model(case.mesh())
    head = f"DEVSIM {version}, {model.mesh.p.shape[1]} nodes."
    report("DEVSIM", [head, "", *compare(model, chosen.steps)], chosen.page)


if __name__ == "__main__":
    main()
