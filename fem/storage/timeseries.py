"""``timeseries.csv``: one row per output time, header with units, first column ``time [s]``.

Numbers are written with all their digits, so that reading them gives back the same floating-point value.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from fem.fields import Array


class TimeSeriesWriter:
    """Appends rows to a time series, each on disk before the next; use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", newline="", encoding="utf-8")

    @classmethod
    def create(cls, path: Path, columns: Sequence[str]) -> "TimeSeriesWriter":
        """New time series at `path` with the given headers."""
        with path.open("x", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(columns)
        return cls(path)

    def append(self, row: Sequence[float]) -> None:
        """Write one row."""
        csv.writer(self._file, lineterminator="\n").writerow([repr(float(value)) for value in row])
        self._file.flush()

    def __enter__(self) -> "TimeSeriesWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_timeseries(path: Path) -> dict[str, Array]:
    """Columns of the time series by header, each of shape (n_outputs,).

    Raises
    ------
    ValueError
        If a complete row does not fit the header or holds something else than numbers.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        rows = list(csv.reader(line for line in lines if line.endswith("\n")))  # a kill may cut the last line
        header = rows[0] if rows else []
        body = [_numbers(row, number, len(header)) for number, row in enumerate(rows[1:], start=2)]
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not header:
        raise ValueError(f"{path} has no header")
    values = np.array(body, dtype=float).reshape(len(body), len(header))
    return {name: values[:, k] for k, name in enumerate(header)}


def _numbers(row: Sequence[str], line: int, count: int) -> list[float]:
    if len(row) != count:
        raise ValueError(f"line {line} has {len(row)} cells, the header {count}")
    return [float(cell) for cell in row]


def truncate_timeseries(path: Path, count: int) -> None:
    """Keep the header and the first `count` rows.

    Raises
    ------
    ValueError
        If there are fewer.
    """
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)[: count + 1]
    if len(lines) <= count or not lines[-1].endswith(b"\n"):
        raise ValueError(f"{path} holds fewer rows than the {count} outputs before the checkpoint")
    with path.open("r+b") as file:
        file.truncate(sum(map(len, lines)))
