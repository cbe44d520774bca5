"""A run while it goes on: what is said before, its progress, and how to go on after Ctrl-C."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from command_line.catalogue import Entry
from command_line.interruption import stop_if_asked
from command_line.messages import complain, say, warn
from command_line.progress import OnStep, shown_progress

if TYPE_CHECKING:
    from fem.evolve import StepReport
    from fem.results.summary import Summary
    from fem.scenario import Scenario

OnFilm = Callable[[Path], None]


@contextmanager
def advice(entry: Entry, directory: Path, can_continue: Callable[[], bool]) -> Iterator[None]:
    """After Ctrl-C in the block, say how to go on if there is something to go on with."""
    try:
        yield
    except KeyboardInterrupt:
        own = ["--scenario", str(entry.source)] if entry.source else []
        command = shlex.join(["python", "run.py", "resume", str(directory), *own])
        how = f"; to continue: {command}" if can_continue() else ""
        complain(f"stopped{how}")
        raise


def follow(
    scenario: "Scenario", entry: Entry, quiet: bool, run: Callable[[OnStep, OnFilm], "Summary"]
) -> "Summary":  # fmt: skip
    """Report what is run and where its film is drawn, show how far it is, and say what came out."""
    scales = scenario.model.scale_report()
    if not quiet:
        say(f"{entry.name}: {entry.summary}", *(f"  {line}" for line in scales.lines()))
    warn(scales.warnings)
    stop_if_asked()
    with shown_progress(scenario.times, Console(stderr=True), quiet) as show:

        def on_step(report: "StepReport") -> None:
            show(report)
            stop_if_asked()

        def on_film(picture: Path) -> None:
            if not quiet:
                say(f"film drawn in {picture}")

        summary = run(on_step, on_film)
    warn(warning for warning in summary.warnings if warning not in scales.warnings)
    if not quiet:
        say(*summary.lines)
    return summary
