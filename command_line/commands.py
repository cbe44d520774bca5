"""What the command line does: list, run, resume, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from command_line.arguments import identity_of, recorded_values
from command_line.catalogue import Entry, built_in, built_in_names, built_in_summary, declared, from_file
from command_line.following import advice, follow
from command_line.messages import say
from command_line.places import require_makeable

if TYPE_CHECKING:
    from fem.results.summary import Summary
    from fem.storage.run_record import RunIdentity

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
    from command_line.studying import run_new_study
    from fem.comparison.study import Study
    from fem.comparison.study_record import holds_study
    from fem.results.record import run_scenario
    from fem.storage.files import require_replaceable

    directory = out or Path("results", entry.name)
    if not holds_study(directory):
        require_replaceable(directory)
    require_makeable(directory.parent, f"the results folder {directory}")
    scenario = declared(entry, given)
    if isinstance(scenario, Study):
        run_new_study(scenario, entry, given, directory, strict, quiet)
        return
    require_replaceable(directory)
    identity = identity_of(entry, given)
    earlier = _record_text(directory)
    with advice(entry, directory, lambda: _record_text(directory) not in ("", earlier)):
        summary = follow(scenario, entry, quiet, lambda *told: run_scenario(scenario, identity, directory, *told))
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
    from command_line.studying import resume_old_study
    from fem.comparison.study import Study
    from fem.comparison.study_record import holds_study, read_study
    from fem.results.record import resume_run
    from fem.storage.run_record import read_identity

    identity = (read_study if holds_study(directory) else read_identity)(directory)
    _require_whole(identity, directory)
    if identity.source and scenario is None:
        raise ValueError(
            f"{directory} was made with your own scenario {identity.source}: add --scenario and the path of that file"
        )
    entry = from_file(scenario) if scenario else built_in(identity.name)
    if entry.name != identity.name:
        raise ValueError(f"{directory} was made with scenario {identity.name!r}, {scenario} is {entry.name!r}")
    continued = declared(entry, recorded_values(entry, identity))
    if isinstance(continued, Study):
        resume_old_study(continued, entry, directory, strict, quiet)
        return
    with advice(entry, directory, directory.is_dir):
        summary = follow(continued, entry, quiet, lambda *told: resume_run(continued, directory, *told))
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
    from fem.results.recorder import FIELDS
    from fem.storage.export import export_pvd
    from fem.storage.run_record import read_record

    read_record(directory)
    if not pvd:
        raise ValueError("say which format to write: --pvd")
    if not (directory / FIELDS).is_file():
        raise ValueError(f"{directory} is not a complete results folder: it has no {FIELDS}")
    say(f"wrote {export_pvd(directory)}")


def _require_whole(identity: "RunIdentity", directory: Path) -> None:
    """Refuse a single run of a study: only the study knows how it was declared."""
    from fem.comparison.study_record import APART, holds_study

    study, apart, member = identity.name.partition(APART)
    if apart and holds_study(directory.parent):
        raise ValueError(f"{directory} is the run {member} of a study ({study}): resume the study, {directory.parent}")


def _record_text(directory: Path) -> str:
    """What is in the folder's ``run.json``; "" if there is none."""
    try:
        return (directory / "run.json").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _judge(summary: "Summary", strict: bool) -> None:
    """Raise RuntimeError if the run is judged strictly and a check of the computation failed."""
    if strict and summary.failed:
        raise RuntimeError(f"{summary.directory} is complete, but not sound (--strict): {'; '.join(summary.failed)}")
