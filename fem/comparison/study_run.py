"""Runs a study into one folder, a results folder per member, and compares them; continues one that was stopped."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fem.comparison.study import Member, Study
from fem.comparison.study_record import (
    member_identity,
    read_study,
    require_replaceable_study,
    standing,
    write_study,
)
from fem.results.record import OnFilm, OnStep, resume_run, run_scenario
from fem.results.summary import Summary
from fem.scenario import Scenario
from fem.storage.files import claimed, set_aside
from fem.storage.run_record import STUDY, RunIdentity, Status

Run = Callable[[OnStep, OnFilm], Summary]
Follow = Callable[[Member, Scenario, Run], Summary]  # shows a run while it goes on
_FAILURES = (ValueError, RuntimeError, ArithmeticError, MemoryError)


@dataclass(frozen=True)
class Outcome:
    """What came of the members of a study.

    Parameters
    ----------
    directory
        Its folder.
    finished
        Names of the members whose results are complete.
    failed
        What went wrong in the others, by name.
    unsound
        What checks of the computation say of the members of this session, by name.
    """

    directory: Path
    finished: tuple[str, ...]
    failed: dict[str, str]
    unsound: dict[str, tuple[str, ...]]


def run_study(study: Study, identity: RunIdentity, directory: Path, follow: Follow) -> Outcome:
    """Run every member of `study` into its own folder in the new folder `directory`.

    A member that fails does not keep the others from running. An earlier study there is moved to ``<name>.1`` and so
    on, once the first scenario has been declared: what that refuses leaves no folder.

    Raises
    ------
    ValueError
        If the first scenario cannot be declared, or `directory` holds something else than an earlier study.
    OSError
        If a folder cannot be written.
    """
    require_replaceable_study(directory)
    first = study.members[0].declare()
    growing = directory.with_name(f".{directory.name}.{os.getpid()}")
    shutil.rmtree(growing, ignore_errors=True)  # of a killed process that had our number
    growing.mkdir(parents=True)
    try:
        write_study(growing, study, identity, {}, Status.RUNNING)
        set_aside(directory)
        growing.rename(directory)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return _go_through(study, identity, directory, follow, first)


def resume_study(study: Study, directory: Path, follow: Follow) -> Outcome:
    """Continue the study in `directory`: finished members are kept, begun ones go on, the others are run.

    Raises
    ------
    ValueError
        If `directory` holds no study, is damaged or still being written.
    """
    return _go_through(study, read_study(directory), directory, follow, None)


def _go_through(
    study: Study, identity: RunIdentity, directory: Path, follow: Follow, first: Scenario | None
) -> Outcome:  # fmt: skip
    failed: dict[str, str] = {}
    unsound: dict[str, tuple[str, ...]] = {}
    with claimed(directory), _recorded(study, identity, directory, failed):
        for member in study.members:
            folder, own = directory / member.name, member_identity(identity, member)
            try:
                stands = standing(folder, own)
                if stands is Status.FINISHED:
                    continue
                scenario = first if first is not None and member is study.members[0] else member.declare()
                summary = follow(member, scenario, _runner(scenario, own, folder, fresh=stands is None))
                unsound |= {member.name: summary.failed} if summary.failed else {}
            except _FAILURES as error:
                failed[member.name] = f"{type(error).__name__}: {error}"
            write_study(directory, study, identity, failed, Status.RUNNING)
    finished = tuple(member.name for member in study.members if member.name not in failed)
    return Outcome(directory, finished, failed, unsound)


def _runner(scenario: Scenario, identity: RunIdentity, folder: Path, fresh: bool) -> Run:
    if fresh:
        return lambda on_step, on_film: run_scenario(scenario, identity, folder, on_step, on_film)
    return lambda on_step, on_film: resume_run(scenario, folder, on_step, on_film)


@contextmanager
def _recorded(study: Study, identity: RunIdentity, directory: Path, failed: dict[str, Any]) -> Iterator[None]:
    """Write at the end how the block ended."""
    status = Status.STOPPED
    try:
        yield
        status = Status.FAILED if failed else Status.FINISHED
    finally:
        if (directory / STUDY).is_file():
            write_study(directory, study, identity, failed, status)
