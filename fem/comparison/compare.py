"""Compares results folders into a folder of its own: record, table, figures and a page."""

import csv
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.grouped import first_of_each
from fem.comparison.map_figure import CAPTIONS, draw_maps, frames_of
from fem.comparison.matching import matched, matches
from fem.comparison.opening import common_quantities, open_all
from fem.comparison.page import Page, write_page
from fem.comparison.rows import Row
from fem.comparison.study import Study
from fem.comparison.study_page import study_page
from fem.comparison.study_record import holds_study, read_study
from fem.comparison.table import filled, table
from fem.comparison.trace_figure import draw_traces
from fem.comparison.wording import how_it_was_matched, how_they_differ, warnings_of, what_was_compared, why_empty
from fem.storage.files import set_aside
from fem.storage.run_record import COMPARISON, RunIdentity, plain

_TRACES = (
    "What all runs have, against the time since the voltage and against that time in units of each run's own λL/2D."
)


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Parameters
    ----------
    directory
        Its folder.
    labels
        What the runs are called, in the order in which they were given.
    rows
        The table.
    lines
        How the runs differ, for people.
    warnings
        What is to be doubted.
    """

    directory: Path
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    lines: tuple[str, ...]
    warnings: tuple[str, ...]

    def row(self, quantity: str) -> dict[str, Any]:
        """Numbers (SI units) or words of the row `quantity` of the table, by run; None where a run has none.

        Raises
        ------
        ValueError
            If there is no such row.
        """
        for row in self.rows:
            if row.quantity == quantity:
                return {label: cell.value for label, cell in zip(self.labels, row.cells, strict=True)}
        raise ValueError(f"no row {quantity!r} in the table: {', '.join(row.quantity for row in self.rows)}")


def compare(directories: Sequence[str | Path], out: str | Path) -> Comparison:
    """Compare the results in `directories`, finished or stopped, and write the folder `out`.

    An earlier comparison there is moved to ``<name>.1`` and so on. Nothing in the folders is executed or changed.

    Raises
    ------
    ValueError
        If the runs cannot be compared, or `out` holds something else than an earlier comparison.
    OSError
        If `out` cannot be written; nothing is left of it then.
    """
    if isinstance(directories, str | Path):
        raise ValueError(f"a comparison needs a list of folders, got {directories} alone")
    folder = Path(out)
    require_free(folder)
    runs = open_all([Path(one) for one in directories])
    growing = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(growing, ignore_errors=True)  # of a killed process that had our number
    try:
        (growing / "figures").mkdir(parents=True)
        made = _fill(growing, runs)
        set_aside(folder)
        growing.rename(folder)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return Comparison(folder, tuple(run.label for run in runs), *made)


def compare_study(study: Study, names: Sequence[str], directory: Path) -> Comparison:
    """Compare the members `names` of `study` in their folder `directory`, beside whose folders everything is written.

    Raises
    ------
    ValueError
        If the members cannot be compared.
    OSError
        If the folder cannot be written.
    """
    members = [member for member in study.members if member.name in names]
    opened = open_all([directory / member.name for member in members])
    runs = tuple(
        replace(run, label=one.name, group=one.group, reference=one.reference)
        for run, one in zip(opened, members, strict=True)
    )
    growing = directory / f".comparison.{os.getpid()}"
    shutil.rmtree(growing, ignore_errors=True)
    try:
        (growing / "figures").mkdir(parents=True)
        made = _fill(growing, runs, study, read_study(directory))
        shutil.rmtree(directory / "figures", ignore_errors=True)
        for path in sorted(growing.iterdir()):
            path.replace(directory / path.name)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return Comparison(directory, tuple(run.label for run in runs), *made)


def require_free(folder: Path) -> None:
    """Raise ValueError unless `folder` is free, empty or holds an earlier comparison."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} exists and is not a folder: choose another --out")
    alone = (folder / COMPARISON).is_file() and not holds_study(folder)
    if folder.is_dir() and any(folder.iterdir()) and not alone:
        raise ValueError(f"{folder} holds other files than those of an earlier comparison: choose another --out")


def _fill(
    folder: Path, runs: tuple[Compared, ...], study: Study | None = None, identity: RunIdentity | None = None
) -> tuple[tuple[Row, ...], tuple[str, ...], tuple[str, ...]]:
    """Write everything into `folder`; the rows, how the runs differ, and the warnings."""
    every = table(runs)
    rows, told = filled(every), first_of_each(runs)
    found, reasons = matches(told)
    drawn = draw_traces(runs, folder / "figures" / "traces.png")
    files = draw_maps(told, found, folder / "figures")
    captions = {name: CAPTIONS[kind] for kind, name in files.items()} | {"traces.png": _TRACES}
    words = {
        "compared": what_was_compared(runs) + how_it_was_matched(found, reasons, bool(files)),
        "empty": why_empty(every, [run.label for run in runs]),
        "warnings": warnings_of(runs),
    }
    record = _record(runs, rows) | {"matched": matched(found, [run.label for run in told])}
    if study is None:
        words["differences"] = how_they_differ(runs, rows)
        page = Page([run.label for run in runs], rows, words, captions)
    else:
        page = study_page(study, runs, every, (words, captions), folder / "figures")
        record["transfer"] = [factor.as_dict() for factor in page.factors]
        record["criteria"] = list(page.criteria)
        record["groups"] = [row.as_dict(page.labels) for row in page.rows]
    _write_csv(folder / "comparison.csv", runs, rows)
    record |= dict(page.words) | {"traces": drawn, "figures": list(page.captions)}
    text = json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)
    (folder / COMPARISON).write_text(text + "\n", encoding="utf-8")
    write_page(folder, runs, *_titled(replace(page, frames=frames_of(told, folder / "figures")), identity))
    lines = (*page.words["differences"], *page.words.get("hidden", ()), *_demanded(page.criteria))
    return tuple(rows), lines, tuple(words["warnings"])


def _titled(page: Page, identity: RunIdentity | None) -> tuple[Page, str]:
    """The page and its title, with what a study says of itself."""
    if identity is None:
        return page, ""
    told: Any = identity.as_dict()["parameters"]
    return replace(page, parameters=told, story=identity.doc), identity.name.replace("_", " ")


def _demanded(criteria: Sequence[Mapping[str, Any]]) -> list[str]:
    """In a line what the study demanded and what of it was not met."""
    missed = [f"{one['id']} {one['quantity']}" for one in criteria if one["verdict"] != "pass"]
    met = f"demands of the study: {len(criteria) - len(missed)} of {len(criteria)} met"
    return [met + (f"; not met: {'; '.join(missed)}" if missed else "")] if criteria else []


def _record(runs: Sequence[Compared], rows: Sequence[Row]) -> dict[str, object]:
    labels = [run.label for run in runs]
    return {
        "runs": [
            {"label": run.label, "group": run.group, "directory": str(run.results.directory),
             "scenario": run.results.name, "status": run.results.record.get("status"),
             "started": run.results.record.get("started"),
             "onset [s]": run.onset, "voltage until [s]": run.results.times[run.driven.stop - 1]}
            for run in runs
        ],
        "quantities": common_quantities(runs),
        "table": [row.as_dict(labels) for row in rows],
    }  # fmt: skip


def _write_csv(path: Path, runs: Sequence[Compared], rows: Sequence[Row]) -> None:
    """The table, numbers in SI units."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["group", "quantity", "unit", *(run.label for run in runs)])
        for row in rows:
            values = ("" if cell.value is None else cell.value for cell in row.cells)
            writer.writerow([row.group, row.quantity, "1" if row.unit == "%" else row.unit, *values])
