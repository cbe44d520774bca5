"""The names in a mesh that physics relies on, ours or a user's: subdomains for grains, facets for sides and lines."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from meshes.checks import require_known
from meshes.grains.polycrystal import SIDES

Ints = NDArray[np.int64]
_GRAIN = re.compile(r"grain_(\d+)")


def check_contract(mesh: MeshTri) -> Ints:
    """Grain of every triangle of a mesh that has the names which the physics relies on.

    Parameters
    ----------
    mesh
        Any scikit-fem triangle mesh in metres, the user's own included. It needs subdomains ``grain_0``, ``grain_1``,
        ... that share out all triangles, ``grain_interior`` and, unless that is the whole film, ``grain_boundary`` for
        the rest; facets ``left``, ``right``, ``bottom``, ``top`` on the outline, and ``grain_boundary_lines`` where
        boundaries are no subdomain. A mesh of more than a film names the film ``film``; what is said of grains then
        holds for that part, and every other triangle needs a subdomain of its own.

    Returns
    -------
    Grain of each triangle, -1 outside the film, shape (n_triangles,).

    Raises
    ------
    ValueError
        Naming what is missing or contradictory.
    """
    subdomains, facets = mesh.subdomains or {}, mesh.boundaries or {}
    for side in SIDES:
        require_known(side, facets, "mesh contract: facet set")
        if len(facets[side]) == 0:
            raise ValueError(f"mesh contract: facet set {side!r} is empty")
        if (mesh.f2t[1, facets[side]] >= 0).any():
            raise ValueError(f"mesh contract: facet set {side!r} has facets inside the film")
    require_known("grain_interior", subdomains, "mesh contract: subdomain")
    grains = _grain_labels(subdomains, mesh.t.shape[1])
    _check_layers(subdomains, grains)
    boundary = subdomains.get("grain_boundary", np.empty(0, dtype=np.int64))
    together = np.concatenate([subdomains["grain_interior"], boundary])
    if not np.array_equal(np.sort(together), np.flatnonzero(grains >= 0)):
        raise ValueError("mesh contract: 'grain_interior' and 'grain_boundary' must share out all triangles of a film")
    if len(boundary) == 0:
        require_known("grain_boundary_lines", facets, "mesh contract: facet set")
    return grains


def _grain_labels(subdomains: Mapping[str, Ints], n_triangles: int) -> Ints:
    grains = np.full(n_triangles, -1, dtype=np.int64)
    named = {int(match[1]): members for name, members in subdomains.items() if (match := _GRAIN.fullmatch(name))}
    if sorted(named) != list(range(len(named))) or not named:
        raise ValueError(
            f"mesh contract: grains must be named grain_0, grain_1, ...; found numbers {sorted(named)[:8]}"
        )
    for k, members in named.items():
        if len(members) == 0:
            raise ValueError(f"mesh contract: 'grain_{k}' has no triangles")
        if (grains[members] >= 0).any():
            raise ValueError(f"mesh contract: 'grain_{k}' overlaps 'grain_{grains[members].max()}'")
        grains[members] = k
    return grains


def _check_layers(subdomains: Mapping[str, Ints], grains: Ints) -> None:
    """Raise ValueError unless grains make up the film, or all there is, and every other triangle has a region."""
    film = subdomains.get("film", np.arange(len(grains)))
    missing = int((grains[film] < 0).sum())
    if missing:
        raise ValueError(f"mesh contract: {missing} triangles belong to no grain")
    if int((grains >= 0).sum()) > len(np.unique(film)):
        raise ValueError("mesh contract: grains reach out of the subdomain 'film'")
    named = np.zeros(len(grains), dtype=bool)
    for members in subdomains.values():
        named[members] = True
    if not named.all():
        raise ValueError(f"mesh contract: {(~named).sum()} triangles outside the film belong to no subdomain")
