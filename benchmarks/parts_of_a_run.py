"""Where the time of a run goes: mesh, assembly, factorisation, solve, by scenario and solver backend.

``python benchmarks/parts_of_a_run.py [SCENARIO ...] [--page]`` prints a table; counts are exact, seconds are CPU
seconds of one thread.
"""

import importlib
from time import process_time

from page import parser, report
from standard_cases import one_thread

from fem.evolve import evolve
from fem.scenario import Scenario

DEFAULT = ("vertical_bias", "lateral_cross_section", "lateral_bias")


@one_thread()
def measure(name: str) -> str:
    """One row of the table: the scenario built and run once, outputs thrown away."""
    start = process_time()
    scenario: Scenario = importlib.import_module(f"scenarios.{name}").scenario()
    built = process_time() - start
    start = process_time()
    for output in evolve(scenario.model, scenario.times, scenario.tolerance):
        done = output.statistics
    loop = process_time() - start
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
