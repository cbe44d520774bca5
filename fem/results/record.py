"""Runs a scenario into a results folder, or continues one that was stopped or killed.

The folder appears when everything has been validated, and is readable from then on, whatever happens to the process.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fem.evolve import StepReport
from fem.pictures.figures import FILM, draw_figures, draw_film
from fem.results.checks import laws, resolution
from fem.results.recorder import FIELDS, TIMESERIES, Plan, recording
from fem.results.report import write_report
from fem.results.run_facts import (
    Clock,
    conservation,
    first_record,
    judge,
    progress,
    require_continuable,
    warnings_of,
)
from fem.results.summary import Summary, describe
from fem.scenario import Scenario
from fem.storage.checkpoint import Checkpoint, load_checkpoint
from fem.storage.files import claimed, new_folder, remove_parts, require_plain
from fem.storage.run_record import NAME, RunIdentity, Status, read_record, write_record
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries

OnStep = Callable[[StepReport], None]
OnFilm = Callable[[Path], None]
Record = dict[str, Any]


def run_scenario(
    scenario: Scenario,
    identity: RunIdentity,
    directory: Path,
    on_step: OnStep | None = None,
    on_film: OnFilm | None = None,
) -> Summary:
    """Run `scenario` into the new results folder `directory`; an earlier run there is moved to ``<name>.1`` and so on.

    Parameters
    ----------
    identity
        What is recorded of the scenario's name and arguments.
    on_step
        Called after every time step.
    on_film
        Called with the picture of the film before the first time step.

    Raises
    ------
    ValueError
        If an observable names something unknown, or `directory` holds something else than an earlier run.
    OSError
        If the folder cannot be written; nothing is left of it if that shows before the first step.
    """
    plan = Plan.of(scenario)
    record = first_record(scenario, identity, plan.units())

    def fill(folder: Path) -> None:
        write_record(folder, record)
        plan.create_files(folder)

    with new_folder(directory, fill) as aside:
        summary = _compute(plan, directory, record, None, on_step, on_film)
    if aside is None:
        return summary
    return replace(summary, lines=(*summary.lines, f"the earlier run that was there is now {aside}"), set_aside=aside)


def resume_run(
    scenario: Scenario, directory: Path, on_step: OnStep | None = None, on_film: OnFilm | None = None
) -> Summary:
    """Continue the run in `directory` to the numbers it would have had without the interruption.

    The functions `on_step` and `on_film` are called as in :func:`run_scenario`.

    Raises
    ------
    ValueError
        If `directory` is no results folder, is damaged, contains a link, is still being written, or was made with
        another mesh or model.
    """
    plan = Plan.of(scenario)
    record: Record = read_record(directory)
    require_continuable(record, directory / NAME)
    with claimed(directory):
        require_plain(directory)
        checkpoint = load_checkpoint(directory, scenario)
        if checkpoint is not None:
            record["solver"] = checkpoint.statistics.as_dict()
        plan.truncate_files(directory, 0 if checkpoint is None else checkpoint.outputs)
        record |= {"status": Status.RUNNING, "message": ""}
        return _compute(plan, directory, record, checkpoint, on_step, on_film)


def _compute(
    plan: Plan, directory: Path, record: Record, start: Checkpoint | None, on_step: OnStep | None,
    on_film: OnFilm | None,
) -> Summary:  # fmt: skip
    clock = Clock(record)
    try:
        missing = draw_film(plan.scenario, directory)
        if on_film is not None and not missing:
            on_film(directory / FILM)
        _record_outputs(plan, directory, record, start, on_step, clock)
        return _finish(plan, directory, record, clock, missing)
    except BaseException as error:
        status = Status.STOPPED if isinstance(error, KeyboardInterrupt) else Status.FAILED
        message = "stopped by the user" if status is Status.STOPPED else f"{type(error).__name__}: {error}"
        _write_last_record(directory, record | {"status": status, "message": message} | clock.reading())
        if isinstance(error, OSError):
            raise OSError(f"the run stopped because {directory} could not be written: {error}") from error
        raise


def _write_last_record(directory: Path, record: Record) -> None:
    """Write `record` if there is any room for it; a full disk may be the very reason why it is the last."""
    try:
        write_record(directory, record)
    except OSError:
        remove_parts(directory)
        with suppress(OSError):
            write_record(directory, record)


def _record_outputs(
    plan: Plan, directory: Path, record: Record, start: Checkpoint | None, on_step: OnStep | None, clock: Clock
) -> None:
    scenario = plan.scenario
    restart, statistics = (None, None) if start is None else (start.restart, start.statistics)
    outputs = scenario.outputs(restart, on_step, statistics)
    columns = {name: values.tolist() for name, values in read_timeseries(directory / TIMESERIES).items()}
    with recording(plan, directory) as recorder:
        try:
            for output in outputs:
                for values, value in zip(columns.values(), recorder.write(output), strict=True):
                    values.append(value)
                record |= progress(output, scenario)
                if recorder.save_if_due():
                    record |= _checked(scenario, columns, record)
                    write_record(directory, record | clock.reading(), durable=False)
        finally:
            record |= _checked(scenario, columns, record)


def _checked(scenario: Scenario, columns: Mapping[str, list[float]], record: Record) -> Record:
    """The checks of what is written so far, for ``run.json``."""
    if not record["solver"]:
        return {}
    so_far = {name: np.array(values) for name, values in columns.items()}
    return {"checks": [check.as_dict() for check in laws(scenario, so_far, record["solver"])]}


def _finish(plan: Plan, directory: Path, record: Record, clock: Clock, missing: list[str]) -> Summary:
    scenario = plan.scenario
    columns = read_timeseries(directory / TIMESERIES)
    kept = conservation(scenario, columns, record["solver"])
    kept_laws, resolved = laws(scenario, columns, record["solver"]), resolution(scenario)
    record["checks"] = [check.as_dict() for check in (*kept_laws, *resolved)]
    record |= {"conservation": kept, "criteria": judge(scenario.criteria, columns)}
    broken = [check.warning for check in kept_laws if not check.passed]
    warnings = [*warnings_of(scenario), *broken, *missing, *draw_figures(scenario, directory)]
    lines = describe(scenario, columns, FieldSeries.open(directory / FIELDS), record)
    record |= {"summary": lines, "warnings": warnings, "status": Status.FINISHED} | clock.reading()
    write_report(directory, record)
    write_record(directory, record)
    where = f"results in {directory}: report.html, figures, {FIELDS} for ParaView"
    failed = tuple(check.warning for check in (*kept_laws, *resolved) if not check.passed)
    return Summary(directory, (*lines, where), tuple(warnings), failed)
