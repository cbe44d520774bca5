"""Reads a field series back, for figures and export: any folder, finished or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    root
        Where the fields lie in the file while it is held open.
    """

    path: Path
    times: Array
    points: Array
    triangles: NDArray[np.int64]
    units: dict[str, str]
    root: h5py.Group | None = None

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
        with self._reading() as root:
            group = "PointData" if name in root["PointData"] else "CellData"
            count = self.points.shape[1] if group == "PointData" else len(self.triangles)
            start = int(root[f"Steps/{group}Offsets"][name][k])
            values: NDArray[Any] = root[group][name][start : start + count]
            return values

    def is_nodal(self, name: str) -> bool:
        """Whether field `name` lives on nodes (else on cells)."""
        with self._reading() as root:
            return name in root["PointData"]

    def names(self, name: str) -> tuple[str, ...]:
        """What the numbers 0, 1, ... of field `name` mean; empty where they mean nothing or there is no such field."""
        with self._reading() as root:
            data = root["CellData"].get(name)
            return () if data is None else tuple(map(str, data.attrs.get("names", ())))

    @contextmanager
    def held_open(self) -> Iterator["FieldSeries"]:
        """The series with its file open in the block, for reading many outputs."""
        with h5py.File(self.path, "r", locking=False) as file:
            yield replace(self, root=file["VTKHDF"])

    @contextmanager
    def _reading(self) -> Iterator[h5py.Group]:
        if self.root is not None:
            yield self.root
            return
        with h5py.File(self.path, "r", locking=False) as file:
            yield file["VTKHDF"]


def _complete(times: Array, announced: int) -> Array:
    """Times of the outputs that are completely written: a kill may leave one that is announced without its time."""
    times = times[:announced]
    while len(times) > 1 and times[-1] <= times[-2]:
        times = times[:-1]
    return times
