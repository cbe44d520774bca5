"""A results folder in Python: facts, traces, mesh and fields, in a script or a notebook.

run = Results.open("results/lateral_bias")
run.traces()["PL/PL0 mean [1]"].plot(logx=True)
run.field("PL_ratio", at=10.0)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fem.fields import Array
from fem.storage.run_record import read_record
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries

if TYPE_CHECKING:
    import pandas

_SAME = 1e-9  # relative difference of two times that are one


@dataclass(frozen=True)
class Results:
    """A run that is on disk, finished or not; made by :meth:`open`.

    Parameters
    ----------
    directory
        The results folder.
    record
        What ``run.json`` says: parameters, model, mesh, checks, criteria.
    columns
        Numbers of the time series by header, "time [s]" among them, each of shape (n_outputs,).
    series
        The maps, read when they are asked for.
    """

    directory: Path
    record: Mapping[str, Any]
    columns: Mapping[str, Array]
    series: FieldSeries

    @classmethod
    def open(cls, directory: str | Path) -> "Results":
        """The results in `directory`. Nothing in it is executed.

        Raises
        ------
        ValueError
            If it is no results folder, or a file of it is damaged; names the file.
        """
        folder = Path(directory)
        record = read_record(folder)
        for name in ("fields.vtkhdf", "timeseries.csv"):
            if not (folder / name).is_file():
                raise ValueError(f"{folder} is not a complete results folder: it has no {name}")
        series = FieldSeries.open(folder / "fields.vtkhdf")
        columns = read_timeseries(folder / "timeseries.csv")
        count = min(len(series), *(len(values) for values in columns.values()))
        return cls(folder, record, {name: values[:count] for name, values in columns.items()}, series)

    def __repr__(self) -> str:
        """In a line, for a notebook."""
        until = f"to {self.times[-1]:g} s, {self.record.get('status')}" if len(self.times) else "so far"
        return f"<Results of {self.name} in {self.directory}: {len(self.times)} outputs {until}>"

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.record.get("scenario", self.directory.name))

    @property
    def times(self) -> Array:
        """Output times [s], shape (n_outputs,)."""
        return self.columns["time [s]"]

    @property
    def points(self) -> Array:
        """Nodes of the mesh [m], shape (2, n_nodes)."""
        return self.series.points

    @property
    def triangles(self) -> NDArray[np.int64]:
        """Node numbers of the cells, shape (n_cells, 3)."""
        return self.series.triangles

    @property
    def fields(self) -> dict[str, str]:
        """Unit of every map, by its name."""
        return dict(self.series.units)

    @property
    def cut(self) -> str:
        """What is missing of a folder that was copied in part, in words; "" where nothing is."""
        outputs = self.record.get("outputs")
        written = outputs.get("written") if isinstance(outputs, Mapping) else None
        if not isinstance(written, int) or written <= len(self.times):
            return ""
        return f"holds {len(self.times)} of the {written} outputs that were written: its files are damaged or cut off"

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Values of the scenario's arguments in SI units, by name."""
        return {name: item["value"] for name, item in self.record.get("parameters", {}).items()}

    def column(self, name: str) -> Array:
        """A column of the time series, by its header with or without the unit, shape (n_outputs,).

        Raises
        ------
        ValueError
            If there is no such column, or the name without a unit fits several.
        """
        fitting = [header for header in self.columns if name in (header, header.rpartition(" [")[0])]
        if len(fitting) != 1:
            several = f"fits {', '.join(fitting)}" if fitting else f"is none of {', '.join(self.columns)}"
            raise ValueError(f"{self.directory}: column {name!r} {several}")
        return self.columns[fitting[0]]

    def field(self, name: str, output: int = -1, at: float | None = None) -> NDArray[Any]:
        """A map at an `output`, or at the output whose time [s] is `at`, shape (n,) or (n, 3), n nodes or cells.

        Raises
        ------
        ValueError
            If there is no such map or output.
        """
        return self.series.read(name, output if at is None else self.output_at(at))

    def output_at(self, time: float) -> int:
        """Number of the output at `time` [s].

        Raises
        ------
        ValueError
            If there is none; names the nearest.
        """
        nearest = int(np.argmin(np.abs(self.times - time)))
        if not np.isclose(self.times[nearest], time, rtol=_SAME, atol=0.0):
            found = float(self.times[nearest])
            raise ValueError(f"{self.directory} has no output at {time:g} s; the nearest is at {found:g} s")
        return nearest

    def traces(self) -> "pandas.DataFrame":
        """The time series as a table with the time [s] as its index; needs pandas (the extra ``notebook``)."""
        import pandas

        table = pandas.DataFrame(dict(self.columns))
        return table.set_index("time [s]")

    def criteria(self) -> dict[str, bool]:
        """Verdict of every criterion, by its id and quantity."""
        return {f"{one['id']}: {one['quantity']}": one["verdict"] == "pass" for one in self.record.get("criteria", [])}
