"""A film on its side between two layers: its section is meshed with the layers below and above, then turned back."""

from dataclasses import replace

import numpy as np
from skfem import MeshTri

from meshes import Polycrystal

_TURNS = {"bottom": "left", "top": "right", "left": "top", "right": "bottom"}  # where a side goes as a mesh is turned


def on_its_side(film: Polycrystal) -> Polycrystal:
    """`film` turned by a quarter to the left: what was on its left side is at the bottom."""
    x, y = film.vertices.T
    along_x, along_y = film.periodic
    return replace(film, width=film.height, height=film.width, vertices=np.column_stack([film.height - y, x]),
                   periodic=(along_y, along_x))  # fmt: skip


def turned_back(mesh: MeshTri) -> MeshTri:
    """`mesh` turned by a quarter to the right, with the names of its sides: what was at the bottom is on the left."""
    x, y = mesh.p
    points = np.ascontiguousarray(np.stack([y, x.max() - x]))
    sides = {_renamed(name): facets for name, facets in (mesh.boundaries or {}).items()}
    return MeshTri(points, mesh.t).with_subdomains(dict(mesh.subdomains or {})).with_boundaries(sides)


def _renamed(name: str) -> str:
    """The name of a side of the device, or of its film, once it is turned."""
    head, mark, side = name.rpartition("_")
    return head + mark + _TURNS.get(side, side)
