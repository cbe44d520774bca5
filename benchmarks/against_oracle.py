"""How much faster than a straightforward implementation, at the same charge error on the same mesh.

``python benchmarks/against_oracle.py [--substeps N ...] [--page]`` runs the standard vertical film on a coarse mesh by
the slow oracle of the tests (forms assembled anew, SuperLU in every Newton iteration, backward Euler steps equally
spaced in log(t); see ``tests/slow_oracle.py``), with N steps between outputs of which there are four per decade, and by
the program at the default tolerance and at a looser one before and after. The charge error is the largest deviation of
an electrode's charge from a run at a tolerance of 1e-4, over its largest value. CPU seconds of one thread, the
program's are medians. What a smaller error costs the oracle follows from its order, which the table shows to be nearly
one; such rows are marked.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from page import parser, report
from standard_cases import TIMES, Case

from fem.evolve import evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from slow_oracle import SlowOracle

TOLERANCES = (1e-2, 0.1)
COARSE = Case("vertical", 2.0, 10.0, 25.0, across=2)
_FIRST = 0.1  # the first step of the oracle, of the first output time


@dataclass(frozen=True)
class Run:
    """One run: charges at ``TIMES[1:]`` [C/m], CPU seconds, and factorisations."""

    charge: Array
    seconds: float
    factorisations: int

    def error(self, reference: Array) -> float:
        """Largest deviation from the charges of the `reference`, over their largest value."""
        return float(np.abs(self.charge - reference).max() / np.abs(reference).max())


def fast(model: PoissonNernstPlanck, tolerance: float) -> Run:
    """The program."""
    start = process_time()
    outputs = list(evolve(model, TIMES, tolerance))
    seconds = process_time() - start
    charge = np.array([output.state.contact_charge for output in outputs])[1:]
    return Run(charge, seconds, outputs[-1].statistics.factorisations)


def slow(model: PoissonNernstPlanck, substeps: int) -> Run:
    """The oracle with `substeps` steps between outputs."""
    start, oracle, charge = process_time(), SlowOracle(model), []
    logs = np.log([_FIRST * TIMES[1], *TIMES[1:]])
    steps = np.exp(np.interp(np.arange(substeps * (len(logs) - 1) + 1) / substeps, np.arange(len(logs)), logs))
    for k, values in enumerate(oracle.run(np.concatenate([[0.0], steps]))):
        if k and k % substeps == 0:
            charge.append(oracle.charge(values))
    return Run(np.array(charge), process_time() - start, oracle.iterations)


@dataclass(frozen=True)
class Ours:
    """The program at one tolerance, run several times."""

    tolerance: float
    runs: list[Run]
    error: float

    @property
    def seconds(self) -> float:
        """Median CPU seconds."""
        return median(run.seconds for run in self.runs)

    def row(self, steps: str, iterations: str, error: float, seconds: float) -> str:
        """The second half of a row, behind what the oracle took."""
        return (
            f"| {steps} | {iterations} | {error:.1e} | {seconds:.0f} | {self.tolerance:g} "
            f"| {self.runs[0].factorisations} | {self.error:.1e} | {self.seconds:.1f} | {seconds / self.seconds:.0f} |"
        )


def compare(model: PoissonNernstPlanck, substeps: Sequence[int]) -> list[str]:
    """The table; the program runs before and after each run of the oracle."""
    reference, oracle = fast(model, 1e-4).charge, []
    runs = {tolerance: [fast(model, tolerance)] for tolerance in TOLERANCES}
    for count in substeps:
        oracle.append(slow(model, count))
        for tolerance in TOLERANCES:
            runs[tolerance].append(fast(model, tolerance))
    ours = [Ours(tolerance, own, own[0].error(reference)) for tolerance, own in runs.items()]
    errors = [run.error(reference) for run in oracle]
    lines = ["| oracle: steps per decade | factorisations | charge error | CPU s | program: tolerance | factorisations "
             "| charge error | CPU s (median) | times faster |", "|---" * 9 + "|"]  # fmt: skip
    for count, run, error in zip(substeps, oracle, errors, strict=True):
        serves = min((one for one in ours if one.error <= error), key=lambda one: one.seconds)
        lines.append(serves.row(str(4 * count), str(run.factorisations), error, run.seconds))
    for error in (1e-3, ours[0].error):  # beyond what is worth waiting for
        more, serves = errors[-1] / error, min((one for one in ours if one.error <= error), key=lambda one: one.seconds)
        lines.append(serves.row(f"{4 * substeps[-1] * more:.0f} (extrapolated)", "", error, oracle[-1].seconds * more))
    if len(substeps) > 1:
        slope = np.polyfit(np.log(substeps), np.log(errors), 1)[0]
        lines += ["", f"Observed order of the oracle's charge error: {-slope:.2f}."]
    return lines


def main() -> None:
    """Measure, print, and write the page if asked to."""
    arguments = parser(__doc__)
    arguments.add_argument("--substeps", type=int, nargs="+", default=[2, 8], help="oracle's steps between outputs")
    chosen = arguments.parse_args()
    model = COARSE.model(COARSE.mesh())
    head = f"{model.mesh.p.shape[1]} nodes, {model.unknowns.size} unknowns."
    report("oracle", [head, "", *compare(model, chosen.substeps)], chosen.page)


if __name__ == "__main__":
    main()
