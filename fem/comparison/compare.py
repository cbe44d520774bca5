"""Compares results folders into a folder of its own: record, table, figures and a page."""

import csv
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.map_figure import CAPTIONS, draw_maps
from fem.comparison.matching import Matches, matches
from fem.comparison.opening import common_quantities, open_all
from fem.comparison.page import write_page
from fem.comparison.rows import Row
from fem.comparison.table import table
from fem.comparison.trace_figure import draw_traces
from fem.comparison.wording import how_it_was_matched, how_they_differ, warnings_of, what_was_compared
from fem.results.files import set_aside
from fem.results.run_record import plain

NAME = "comparison.json"
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


def require_free(folder: Path) -> None:
    """Raise ValueError unless `folder` is free, empty or holds an earlier comparison."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} exists and is not a folder: choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / NAME).is_file():
        raise ValueError(f"{folder} holds other files than those of an earlier comparison: choose another --out")


def _fill(folder: Path, runs: tuple[Compared, ...]) -> tuple[tuple[Row, ...], tuple[str, ...], tuple[str, ...]]:
    """Write everything into `folder`; the rows, how the runs differ, and the warnings."""
    rows = table(runs)
    found, reasons = matches(runs)
    drawn = draw_traces(runs, folder / "figures" / "traces.png")
    files = draw_maps(runs, found, folder / "figures")
    words = {
        "differences": how_they_differ(runs, rows),
        "compared": what_was_compared(runs) + how_it_was_matched(found, reasons, bool(files)),
        "warnings": warnings_of(runs),
    }
    captions = {name: CAPTIONS[kind] for kind, name in files.items()} | {"traces.png": _TRACES}
    _write_csv(folder / "comparison.csv", runs, rows)
    record = _record(runs, rows, words, found) | {"traces": drawn, "figures": list(captions)}
    text = json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
    write_page(folder, runs, rows, words, captions)
    return tuple(rows), tuple(words["differences"]), tuple(words["warnings"])


def _record(
    runs: Sequence[Compared], rows: Sequence[Row], words: dict[str, list[str]], found: Matches
) -> dict[str, object]:
    labels = [run.label for run in runs]
    return {
        "runs": [
            {"label": run.label, "directory": str(run.results.directory), "scenario": run.results.name,
             "status": run.results.record.get("status"), "started": run.results.record.get("started"),
             "onset [s]": run.onset, "voltage until [s]": run.results.times[run.driven.stop - 1]}
            for run in runs
        ],
        **words,
        "quantities": common_quantities(runs),
        "table": [row.as_dict(labels) for row in rows],
        "matched": [match.as_dict(labels) for group in found.values() for match in group],
    }  # fmt: skip


def _write_csv(path: Path, runs: Sequence[Compared], rows: Sequence[Row]) -> None:
    """The table, numbers in SI units."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["group", "quantity", "unit", *(run.label for run in runs)])
        for row in rows:
            values = ("" if cell.value is None else cell.value for cell in row.cells)
            writer.writerow([row.group, row.quantity, "1" if row.unit == "%" else row.unit, *values])
