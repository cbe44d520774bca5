"""The fields of a run for programs that do not read VTKHDF: a ``.pvd`` collection of ``.vtu`` files, block by block."""

from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import meshio
import numpy as np

from fem.storage.blocks import Block, blocks, compact, fields_of
from fem.storage.files import replace_file, require_plain
from fem.storage.series import FieldSeries

if TYPE_CHECKING:
    from pyvista import UnstructuredGrid


def export_pvd(directory: Path) -> Path:
    """Write ``fields.pvd`` and the folder ``fields/`` of one file per output and block into the folder `directory`.

    The blocks are those of :func:`fem.storage.blocks.blocks`; ParaView lists them by name. Each array has its unit
    where VTK keeps it, under the key ``UNITS_LABEL``, and all units stand in the field data ``units``.

    Returns
    -------
    Path of ``fields.pvd``, to be opened in ParaView.

    Raises
    ------
    ValueError
        If the folder holds no readable field series, or a link.
    OSError
        If the folder cannot be written; the list ``fields.pvd`` is not made then.
    """
    require_plain(directory)
    series = FieldSeries.open(directory / "fields.vtkhdf")
    folder = directory / "fields"
    folder.mkdir(exist_ok=True)
    digits, entries = len(str(max(len(series) - 1, 0))), []
    with series.held_open() as held:
        for part, block in enumerate(blocks(held)):
            for k, time in enumerate(held.times):
                name = f"{folder.name}/{block.name}_{k:0{digits}d}.vtu"
                replace_file(directory / name, _as_file(_mesh_at(held, block, k)), durable=False)
                entries.append(
                    f'    <DataSet timestep={quoteattr(repr(float(time)))} part="{part}"'
                    f" name={quoteattr(block.name)} file={quoteattr(name)}/>"
                )
    lines = ['<?xml version="1.0"?>', '<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">',
             "  <Collection>", *entries, "  </Collection>", "</VTKFile>", ""]  # fmt: skip
    path = directory / "fields.pvd"
    replace_file(path, "\n".join(lines).encode(), durable=False)
    return path


def _mesh_at(series: FieldSeries, block: Block, output: int) -> "UnstructuredGrid":
    from pyvista import UnstructuredGrid, from_meshio
    from vtkmodules.vtkCommonCore import vtkDataArray

    nodes, elements = compact(block)
    points = np.vstack([series.points[:, nodes], np.zeros(len(nodes))]).T
    of_nodes, of_cells = {}, {}
    for name, nodal in fields_of(series, block):
        values = series.read(name, output)
        if nodal:
            of_nodes[name] = values[nodes]
        else:
            of_cells[name] = [values[block.cells]]
    kind = "line" if block.is_lines else "triangle"
    grid = from_meshio(meshio.Mesh(points, [(kind, elements)], point_data=of_nodes, cell_data=of_cells))
    assert isinstance(grid, UnstructuredGrid)
    for data in (grid.point_data, grid.cell_data):
        for name in data:
            data.GetArray(name).GetInformation().Set(vtkDataArray.UNITS_LABEL(), series.units[name])
    grid.field_data["units"] = [f"{name}: {series.units[name]}" for name in (*of_nodes, *of_cells)]
    return grid


def _as_file(mesh: "UnstructuredGrid") -> bytes:
    """Contents of a ``.vtu`` file. VTK's writer only logs that a file could not be written, so it writes none here."""
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

    writer = vtkXMLUnstructuredGridWriter()
    writer.SetInputData(mesh)
    writer.SetDataModeToBinary()
    writer.WriteToOutputStringOn()
    writer.Write()
    return str(writer.GetOutputString()).encode()
