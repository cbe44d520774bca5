"""Areas and lengths of meshes, for tests."""

import numpy as np
from skfem import MeshTri


def areas_of(mesh: MeshTri) -> np.ndarray:
    a, b, c = mesh.p[:, mesh.t].transpose(1, 0, 2)
    return 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))


def length_of(mesh: MeshTri, facets: str) -> float:
    ends = mesh.p[:, mesh.facets[:, mesh.boundaries[facets]]]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0).sum())
