"""The fields of a run for programs that do not read VTKHDF: a ``.pvd`` collection of ``.vtu`` files."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import meshio
import numpy as np

from fem.results.files import replace_file, require_plain
from fem.results.series import FieldSeries


def export_pvd(directory: Path) -> Path:
    """Write ``fields.pvd`` and the folder ``fields/`` of one file per output into the results folder `directory`.

    Returns
    -------
    Path of ``fields.pvd``, to be opened in ParaView.

    Raises
    ------
    ValueError
        If the folder holds no readable field series, or a link.
    """
    require_plain(directory)
    series = FieldSeries.open(directory / "fields.vtkhdf")
    folder = directory / "fields"
    folder.mkdir(exist_ok=True)
    digits = len(str(max(len(series) - 1, 0)))
    names = [f"{folder.name}/output_{k:0{digits}d}.vtu" for k in range(len(series))]
    for k, name in enumerate(names):
        _mesh_at(series, k).write(directory / name, binary=True)
    entries = [
        f'    <DataSet timestep={quoteattr(repr(float(time)))} part="0" file={quoteattr(name)}/>'
        for time, name in zip(series.times, names, strict=True)
    ]
    lines = ['<?xml version="1.0"?>', '<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">',
             "  <Collection>", *entries, "  </Collection>", "</VTKFile>", ""]  # fmt: skip
    path = directory / "fields.pvd"
    replace_file(path, "\n".join(lines).encode(), durable=False)
    return path


def _mesh_at(series: FieldSeries, output: int) -> meshio.Mesh:
    points = np.vstack([series.points, np.zeros(series.points.shape[1])]).T
    nodal = {name: series.read(name, output) for name in series.units if series.is_nodal(name)}
    cells = {name: [series.read(name, output)] for name in series.units if name not in nodal}
    return meshio.Mesh(points, [("triangle", series.triangles)], point_data=nodal, cell_data=cells)
