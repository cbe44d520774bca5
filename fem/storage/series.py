"""Reads a field series back, for figures and export: any folder, finished or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from fem.fields import Array


@dataclass(frozen=True)
class FieldSeries:
    """The outputs in a ``fields.vtkhdf``; values are read when they are asked for.

    Parameters
    ----------
    path
        The file.
    times
        Times of the complete outputs [s], shape (n_outputs,).
    points
        Nodes [m], shape (2, n_nodes).
    triangles
        Node numbers, shape (n_cells, 3).
    units
        Unit of each field, by its name.
    held
        The file while it is held open.
    """

    path: Path
    times: Array
    points: Array
    triangles: NDArray[np.int64]
    units: dict[str, str]
    held: "_Held | None" = None

    @classmethod
    def open(cls, path: Path) -> "FieldSeries":
        """Series at `path`.

        Raises
        ------
        ValueError
            If the file is not a field series or is damaged.
        """
        try:
            with h5py.File(path, "r", locking=False) as file:
                root = file["VTKHDF"]
                times = _complete(root["Steps/Values"][:], int(root["Steps"].attrs["NSteps"]))
                units = {name: data.attrs["units"] for g in ("PointData", "CellData") for name, data in root[g].items()}
                return cls(path, times, root["Points"][:, :2].T, root["Connectivity"][:].reshape(-1, 3), units)
        except (OSError, KeyError, RuntimeError) as error:
            raise ValueError(f"{path} is not a readable field series: {error}") from error

    def __len__(self) -> int:
        return len(self.times)

    def read(self, name: str, output: int = 0) -> NDArray[Any]:
        """Field `name` at the given `output`: on nodes or cells, shape (n,) or (n, 3); negative counts from the end.

        Raises
        ------
        ValueError
            If there is no such field or output.
        """
        if name not in self.units:
            raise ValueError(f"{self.path} has no field {name!r}; it holds: {', '.join(sorted(self.units))}")
        k = output + len(self) if output < 0 else output
        if not 0 <= k < max(len(self), 1):
            raise ValueError(f"{self.path} holds {len(self)} outputs, number {output} does not exist")
        with self._reading() as file:
            data, offsets, count = self._place(file, name)
            values: NDArray[Any] = data[offsets[k] : offsets[k] + count]
            return values

    def read_several(self, name: str, outputs: range) -> NDArray[Any]:
        """Field `name` at `outputs` that follow each other, shape (n_outputs, n) or (n_outputs, n, 3)."""
        with self._reading() as file:
            data, offsets, count = self._place(file, name)
            starts = offsets[outputs.start : outputs.stop]
            if starts != [starts[0] + j * count for j in range(len(starts))]:
                return np.stack([self.read(name, k) for k in outputs])
            values: NDArray[Any] = data[starts[0] : starts[0] + len(starts) * count]
            return values.reshape(len(starts), count, *values.shape[1:])

    def _place(self, file: "_Held", name: str) -> tuple[h5py.Dataset, list[int], int]:
        """Values of field `name`, where those of each output begin, and their number."""
        data, offsets, nodal = file.place(name)
        return data, offsets, self.points.shape[1] if nodal else len(self.triangles)

    def is_nodal(self, name: str) -> bool:
        """Whether field `name` lives on nodes (else on cells)."""
        with self._reading() as file:
            return name in file.root["PointData"]

    def names(self, name: str) -> tuple[str, ...]:
        """What the numbers 0, 1, ... of field `name` mean; empty where they mean nothing or there is no such field."""
        with self._reading() as file:
            data = file.root["CellData"].get(name)
            return () if data is None else tuple(map(str, data.attrs.get("names", ())))

    @contextmanager
    def held_open(self) -> Iterator["FieldSeries"]:
        """The series with its file open in the block, for reading many outputs."""
        with h5py.File(self.path, "r", locking=False) as file:
            yield replace(self, held=_Held(file["VTKHDF"]))

    @contextmanager
    def _reading(self) -> Iterator["_Held"]:
        if self.held is not None:
            yield self.held
            return
        with h5py.File(self.path, "r", locking=False) as file:
            yield _Held(file["VTKHDF"])


@dataclass(frozen=True)
class _Held:
    """The group of an open file, with the places of the fields that were asked for."""

    root: h5py.Group
    known: dict[str, tuple[h5py.Dataset, list[int], bool]] = field(default_factory=dict)

    def place(self, name: str) -> tuple[h5py.Dataset, list[int], bool]:
        """Values of a field, where those of each output begin, and whether it lives on nodes."""
        if name not in self.known:
            nodal = name in self.root["PointData"]
            group = "PointData" if nodal else "CellData"
            offsets = self.root[f"Steps/{group}Offsets"][name][:].tolist()
            self.known[name] = self.root[group][name], offsets, nodal
        return self.known[name]


def _complete(times: Array, announced: int) -> Array:
    """Times of the outputs that are completely written: a kill may leave one that is announced without its time."""
    times = times[:announced]
    while len(times) > 1 and times[-1] <= times[-2]:
        times = times[:-1]
    return times
