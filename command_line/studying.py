"""Studies: scenarios that return several runs, each into a folder of its own, compared when all are done."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from command_line.arguments import identity_of
from command_line.catalogue import Entry
from command_line.following import advice, follow
from command_line.messages import complain, say, warn

if TYPE_CHECKING:
    from fem.comparison.study import Member, Study
    from fem.comparison.study_run import Follow, Outcome, Run
    from fem.results.summary import Summary
    from fem.scenario import Scenario


def run_new_study(
    study: "Study", entry: Entry, given: dict[str, object], directory: Path, strict: bool, quiet: bool
) -> None:  # fmt: skip
    """Run a new `study` into `directory`."""
    from fem.comparison.study_record import require_replaceable_study
    from fem.comparison.study_run import run_study
    from fem.storage.run_record import STUDY

    require_replaceable_study(directory)
    told = directory / STUDY
    earlier = told.read_bytes() if told.is_file() else b""
    with advice(entry, directory, lambda: told.is_file() and told.read_bytes() != earlier):
        outcome = run_study(study, identity_of(entry, given), directory, _follower(study, entry, quiet))
        _conclude(study, outcome, strict, quiet)


def resume_old_study(study: "Study", entry: Entry, directory: Path, strict: bool, quiet: bool) -> None:
    """Continue the `study` in `directory`."""
    from fem.comparison.study_run import resume_study

    with advice(entry, directory, directory.is_dir):
        outcome = resume_study(study, directory, _follower(study, entry, quiet))
        _conclude(study, outcome, strict, quiet)


def _follower(study: "Study", entry: Entry, quiet: bool) -> "Follow":
    names = [member.name for member in study.members]

    def show(member: "Member", scenario: "Scenario", run: "Run") -> "Summary":
        place = f"{names.index(member.name) + 1} of {len(names)}"
        own = replace(entry, name=f"{entry.name} {place}", description=f"{member.name} ({member.group})")
        return follow(scenario, own, quiet, run)

    return show


def _conclude(study: "Study", outcome: "Outcome", strict: bool, quiet: bool) -> None:
    """Compare what there is, and say what is missing.

    Raises
    ------
    RuntimeError
        If a member failed, or the study is judged strictly and a check of a computation failed.
    """
    from fem.comparison.compare import compare_study

    for name, message in outcome.failed.items():
        complain(f"error: {name}: {message}")
    if len(outcome.finished) > 1:
        made = compare_study(study, outcome.finished, outcome.directory)
        warn(made.warnings)
        if not quiet:
            say(*made.lines, f"study in {made.directory}: report.html, comparison.json and .csv, a folder per run")
    total = len(study.members)
    if outcome.failed:
        again = f"python run.py resume {outcome.directory}"
        raise RuntimeError(
            f"{len(outcome.failed)} of {total} runs of {outcome.directory} failed: {', '.join(outcome.failed)};"
            f" to try them again: {again}"
        )
    if strict and outcome.unsound:
        told = "; ".join(f"{name}: {', '.join(found)}" for name, found in outcome.unsound.items())
        raise RuntimeError(f"{outcome.directory} is complete, but not sound (--strict): {told}")
