"""The field series ``fields.vtkhdf``: one file that ParaView and PyVista open, also while it grows.

VTKHDF 2.0 (https://docs.vtk.org/en/latest/vtk_file_formats/vtkhdf_file_format), UnstructuredGrid with steps, static
mesh, values in single precision. The number of outputs is known beforehand, so every array has its full length from the
start and is stored contiguously: a step only writes into place and moves no HDF5 structure. A reader trusts ``NSteps``
and must never find more times than that; values are therefore flushed before the step is announced, and ``NSteps``
reaches the disk before the list of times grows. A kill in between costs at most that step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.fields import Array
from fem.observables.maps import Location, Map

_GROUPS = {Location.NODES: "PointData", Location.CELLS: "CellData"}
_VTK_TRIANGLE = 5
_HEADERS = 2**17  # allowance for what HDF5 adds [bytes]


@dataclass(frozen=True)
class FieldLayout:
    """What a series holds.

    Parameters
    ----------
    maps
        Fields of every output.
    fixed
        Unit and values per cell of the fields that do not change.
    capacity
        Number of outputs.
    names
        What the numbers 0, 1, ... of a fixed field mean, where they mean something.
    """

    maps: Sequence[Map]
    fixed: Mapping[str, tuple[str, NDArray[Any]]]
    capacity: int
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def bytes_needed(self, mesh: MeshTri) -> int:
        """Size of the finished file [bytes] and some more, to compare with the free space of the disk."""
        per_output = sum(4 * _count(mesh, item.location) * item.components for item in self.maps)
        fixed = 8 * (3 * mesh.p.shape[1] + (4 + len(self.fixed)) * mesh.t.shape[1])
        return per_output * self.capacity + fixed + _HEADERS


class FieldSeriesWriter:
    """Appends outputs to a field series; use as a context manager.

    Raises
    ------
    ValueError
        If the file keeps data in other files, where writing could do harm.
    """

    def __init__(self, path: Path) -> None:
        # Without the lock a viewer may open the file while the run goes on.
        self._file = h5py.File(path, "r+", locking=False)
        try:
            _require_own_data(self._file)
        except ValueError:
            self._file.close()
            raise
        self._root = self._file["VTKHDF"]

    @classmethod
    def create(cls, path: Path, mesh: MeshTri, layout: FieldLayout) -> "FieldSeriesWriter":
        """New series at `path` on `mesh`, still without an output."""
        with h5py.File(path, "w", locking=False) as file:
            root = file.create_group("VTKHDF")
            root.attrs["Version"] = (2, 0)
            root.attrs.create("Type", np.bytes_("UnstructuredGrid"))
            _write_mesh(root, mesh)
            steps = root.create_group("Steps")
            _write_steps(steps, layout.capacity)
            for item in layout.maps:
                _allocate(root, item, _count(mesh, item.location), layout.capacity)
            for name, (unit, values) in layout.fixed.items():
                _write_fixed(root, name, unit, values, layout.capacity)
            for name, words in layout.names.items():
                root["CellData"][name].attrs["names"] = list(words)
        return cls(path)

    @property
    def count(self) -> int:
        """Number of outputs written."""
        return int(self._steps[0].attrs["NSteps"])

    def append(self, time: float, values: Mapping[str, Array]) -> None:
        """Write the output at `time` [s]; `values` by name of the map."""
        k = self.count
        for name, array in values.items():
            data, offsets = self._places[name]
            data[offsets[k] : offsets[k] + len(array)] = array.astype(data.dtype)
        self._file.flush()
        steps, times = self._steps
        times.resize((k + 1,))
        times[k] = time
        # HDF5 writes raw data first, then metadata by rising address: NSteps, created first, is never behind the times.
        steps.attrs.modify("NSteps", np.int64(k + 1))
        self._file.flush()

    def truncate(self, count: int) -> None:
        """Forget all outputs but the first `count`.

        Raises
        ------
        ValueError
            If the series holds fewer.
        """
        steps, times = self._steps
        if min(self.count, len(times)) < count:
            raise ValueError(f"{self._file.filename} holds {self.count} outputs, the checkpoint was made after {count}")
        times.resize((count,))
        self._file.flush()
        steps.attrs.modify("NSteps", np.int64(count))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "FieldSeriesWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _steps(self) -> tuple[h5py.Group, h5py.Dataset]:
        """Group of the steps, and their times."""
        return self._root["Steps"], self._root["Steps/Values"]

    @cached_property
    def _places(self) -> dict[str, tuple[h5py.Dataset, list[int]]]:
        """Values of each field, and where those of each output begin."""
        steps = self._root["Steps"]
        return {
            name: (data, steps[f"{group}Offsets"][name][:].tolist())
            for group in _GROUPS.values()
            for name, data in self._root[group].items()
        }


def _count(mesh: MeshTri, location: Location) -> int:
    return int(mesh.p.shape[1] if location is Location.NODES else mesh.t.shape[1])


def _write_mesh(root: h5py.Group, mesh: MeshTri) -> None:
    n_points, n_cells = mesh.p.shape[1], mesh.t.shape[1]
    root["NumberOfPoints"] = np.array([n_points], dtype=np.int64)
    root["NumberOfCells"] = np.array([n_cells], dtype=np.int64)
    root["NumberOfConnectivityIds"] = np.array([3 * n_cells], dtype=np.int64)
    root["Points"] = np.vstack([mesh.p, np.zeros(n_points)]).T
    root["Points"].attrs["units"] = "m"
    root["Connectivity"] = mesh.t.T.ravel().astype(np.int64)
    root["Offsets"] = 3 * np.arange(n_cells + 1, dtype=np.int64)
    root["Types"] = np.full(n_cells, _VTK_TRIANGLE, dtype=np.uint8)
    for group in _GROUPS.values():
        root.create_group(group)


def _write_steps(steps: h5py.Group, capacity: int) -> None:
    steps.attrs["NSteps"] = np.int64(0)
    values = steps.create_dataset("Values", (0,), dtype=np.float64, maxshape=(capacity,), chunks=(capacity,))
    values.attrs["units"] = "s"
    zeros = np.zeros(capacity, dtype=np.int64)
    steps["NumberOfParts"] = zeros + 1
    steps["PartOffsets"] = zeros
    steps["PointOffsets"] = zeros
    steps["CellOffsets"] = zeros[:, np.newaxis]
    steps["ConnectivityIdOffsets"] = zeros[:, np.newaxis]
    for group in _GROUPS.values():
        steps.create_group(f"{group}Offsets")


def _allocate(root: h5py.Group, item: Map, count: int, capacity: int) -> None:
    group = _GROUPS[item.location]
    shape = (capacity * count,) if item.components == 1 else (capacity * count, item.components)
    reserved = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    reserved.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    data = root[group].create_dataset(item.name, shape, dtype=np.float32, fillvalue=np.nan, dcpl=reserved)
    data.attrs["units"] = item.unit
    root[f"Steps/{group}Offsets"][item.name] = count * np.arange(capacity, dtype=np.int64)


def _write_fixed(root: h5py.Group, name: str, unit: str, values: NDArray[Any], capacity: int) -> None:
    kind = np.int64 if np.issubdtype(values.dtype, np.integer) else np.float32
    root["CellData"][name] = values.astype(kind)
    root["CellData"][name].attrs["units"] = unit
    root["Steps/CellDataOffsets"][name] = np.zeros(capacity, dtype=np.int64)


def _require_own_data(group: h5py.Group) -> None:
    """Raise ValueError if `group` holds links, or data that HDF5 would look for in other files."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{group.file.filename} holds a link ({name}); a field series keeps its data itself")
        item = group[name]
        if isinstance(item, h5py.Group):
            _require_own_data(item)
        elif item.external or item.is_virtual:
            raise ValueError(
                f"{group.file.filename} keeps {name} in another file; a field series keeps its data itself"
            )
