"""Where the time of a run goes: mesh, assembly, factorisation, solve, by scenario and solver backend.

``python benchmarks/parts_of_a_run.py [SCENARIO ...] [--page]`` prints a table; counts are exact, seconds depend on the
machine.
"""

import importlib
from time import perf_counter

from page import parser, report

from fem.evolve import evolve
from fem.scenario import Scenario

DEFAULT = ("vertical_bias", "lateral_cross_section", "lateral_bias")


def measure(name: str) -> str:
    """One row of the table: the scenario built and run once, outputs thrown away."""
    start = perf_counter()
    scenario: Scenario = importlib.import_module(f"scenarios.{name}").scenario()
    built = perf_counter() - start
    start = perf_counter()
    for output in evolve(scenario.model, scenario.times, scenario.tolerance):
        done = output.statistics
    loop = perf_counter() - start
    algebra = done.seconds["factorisation"] + done.seconds["solve"]
    return (
        f"| {name} | {scenario.model.mesh.p.shape[1]} | {done.unknowns} | {done.solver} | {done.steps} "
        f"| {done.factorisations} | {built:.2f} | {done.seconds['assembly']:.2f} | {done.seconds['factorisation']:.2f} "
        f"| {done.seconds['solve']:.2f} | {loop:.2f} | {100 * algebra / loop:.0f} % |"
    )


def main() -> None:
    """Measure, print, and write the page if asked to."""
    arguments = parser(__doc__)
    arguments.add_argument("scenarios", nargs="*", default=DEFAULT)
    chosen = arguments.parse_args()
    head = ("| scenario | nodes | unknowns | solver | steps | factorisations | film and mesh s | assembly s "
            "| factorisation s | solves s | time loop s | in linear algebra |")  # fmt: skip
    report("scenarios", [head, "|---" * 12 + "|", *map(measure, chosen.scenarios)], chosen.page)


if __name__ == "__main__":
    main()
