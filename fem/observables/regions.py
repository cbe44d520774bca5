"""Regions of a film, for programs that show them one by one: grains, meshed grain boundaries, layers of a device."""

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

REGION = "region_id"  # the field that holds their numbers
GRAINS, BOUNDARIES = "grains", "grain_boundaries"
_OF_THE_FILM = ("film", "grain_interior", "grain_boundary")
_PARTS = ("grain_", "boundary_")


def regions(mesh: MeshTri) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the regions, and for each cell the number of the one it lies in, shape (n_cells,).

    The grains come first, then their boundaries where these are strips of cells, then further layers by name.
    """
    domains = mesh.subdomains or {}
    layers = [name for name in domains if name not in _OF_THE_FILM and not name.startswith(_PARTS)]
    strips = [BOUNDARIES] if len(domains.get("grain_boundary", ())) else []
    numbers = np.zeros(mesh.t.shape[1], dtype=np.int64)
    for k, name in enumerate((*strips, *layers), start=1):
        numbers[domains["grain_boundary" if name == BOUNDARIES else name]] = k
    return (GRAINS, *strips, *layers), numbers
