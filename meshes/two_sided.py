"""Grain boundary lines with two sides: nodes on them belong to one grain each, so that values may jump across."""

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

Ints = NDArray[np.int64]


def two_sided(mesh: MeshTri, grains: Ints) -> MeshTri:
    """`mesh` taken apart along its grain boundaries.

    Parameters
    ----------
    mesh
        Mesh whose grains share nodes.
    grains
        Grain of each triangle, shape (n_triangles,).

    Returns
    -------
    Mesh with the same triangles and names. A facet between two grains became two facets at the same place, on the rim
    of either grain; every name that it had stands for both.
    """
    count, corners = int(grains.max()) + 1, mesh.t.astype(np.int64)
    owned, numbers = np.unique(corners * count + grains, return_inverse=True)  # by node, then by grain
    apart = MeshTri(np.ascontiguousarray(mesh.p[:, owned // count]), numbers.reshape(corners.shape))
    copies = np.full((2, mesh.facets.shape[1]), -1, dtype=np.int64)
    for place in (0, 1):
        cells = mesh.f2t[place]
        facets = np.flatnonzero(cells >= 0)
        local = (mesh.t2f[:, cells[facets]] == facets).argmax(axis=0)
        copies[place, facets] = apart.t2f[local, cells[facets]]
    names = {}
    for name, members in (mesh.boundaries or {}).items():
        both = copies[:, np.asarray(members, dtype=np.int64)].ravel()
        names[name] = np.unique(both[both >= 0])
    return apart.with_subdomains(dict(mesh.subdomains or {})).with_boundaries(names)
