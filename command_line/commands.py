"""What the command line does: list, run, resume, export."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from command_line.arguments import identity_of, recorded_values
from command_line.catalogue import Entry, built_in, built_in_names, built_in_summary, declared, from_file
from command_line.interruption import stop_if_asked
from command_line.messages import complain, say, warn
from command_line.places import require_makeable
from command_line.progress import OnStep, shown_progress

if TYPE_CHECKING:
    from fem.evolve import StepReport
    from fem.results.summary import Summary
    from fem.scenario import Scenario

OnFilm = Callable[[Path], None]
Quiet = Annotated[bool, Parameter(help="Print nothing but warnings and errors.", negative=())]
Strict = Annotated[bool, Parameter(help="Fail if a check of the computation does; all is written first.", negative=())]
Debug = Annotated[bool, Parameter(help="Show where in the code an error arose.", negative=())]


def list_scenarios() -> None:
    """Show the scenarios that come with the program."""
    names = built_in_names()
    width = max(map(len, names), default=0)
    for name in names:
        say(f"{name:{width}}  {built_in_summary(name)}")


def run_new(
    entry: Entry, given: dict[str, object], out: Path | None, strict: bool, quiet: bool, debug: bool
) -> None:  # fmt: skip
    """Run a scenario with the arguments `given` into the folder `out`; `strict`: a failed check is an error."""
    from fem.results.files import require_replaceable
    from fem.results.record import run_scenario

    directory = out or Path("results", entry.name)
    require_replaceable(directory)
    require_makeable(directory.parent, f"the results folder {directory}")
    scenario = declared(entry, given)
    identity = identity_of(entry, given)
    earlier = _record_text(directory)
    with _advice(entry, directory, lambda: _record_text(directory) not in ("", earlier)):
        summary = _follow(scenario, entry, quiet, lambda *told: run_scenario(scenario, identity, directory, *told))
    _judge(summary, strict)


def resume(
    directory: Path, *, scenario: Path | None = None, strict: Strict = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Continue a run that was stopped, in its results folder.

    Parameters
    ----------
    directory
        The results folder.
    scenario
        Your own scenario file, if the run was made with one.
    """
    from fem.results.record import resume_run
    from fem.results.run_record import read_identity

    identity = read_identity(directory)
    if identity.source and scenario is None:
        raise ValueError(
            f"{directory} was made with your own scenario {identity.source}: add --scenario and the path of that file"
        )
    entry = from_file(scenario) if scenario else built_in(identity.name)
    if entry.name != identity.name:
        raise ValueError(f"{directory} was made with scenario {identity.name!r}, {scenario} is {entry.name!r}")
    continued = declared(entry, recorded_values(entry, identity))
    with _advice(entry, directory, directory.is_dir):
        summary = _follow(continued, entry, quiet, lambda *told: resume_run(continued, directory, *told))
    _judge(summary, strict)


def export(directory: Path, *, pvd: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Write the fields of a results folder in another format.

    Parameters
    ----------
    directory
        The results folder.
    pvd
        A .pvd file with one .vtu file per output, for older versions of ParaView.
    """
    from fem.results.export import export_pvd
    from fem.results.recorder import FIELDS

    if not directory.is_dir():
        raise ValueError(f"there is no folder {directory}")
    if not pvd:
        raise ValueError("say which format to write: --pvd")
    if not (directory / FIELDS).is_file():
        raise ValueError(f"{directory} is not a results folder: it has no {FIELDS}")
    say(f"wrote {export_pvd(directory)}")


def _record_text(directory: Path) -> str:
    """What is in the folder's ``run.json``; "" if there is none."""
    try:
        return (directory / "run.json").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@contextmanager
def _advice(entry: Entry, directory: Path, can_continue: Callable[[], bool]) -> Iterator[None]:
    """After Ctrl-C in the block, say how to go on if there is something to go on with."""
    try:
        yield
    except KeyboardInterrupt:
        own = f" --scenario {entry.source}" if entry.source else ""
        how = f"; to continue: python run.py resume {directory}{own}" if can_continue() else ""
        complain(f"stopped{how}")
        raise


def _judge(summary: "Summary", strict: bool) -> None:
    """Raise RuntimeError if the run is judged strictly and a check of the computation failed."""
    if strict and summary.failed:
        raise RuntimeError(f"{summary.directory} is complete, but not sound (--strict): {'; '.join(summary.failed)}")


def _follow(
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
