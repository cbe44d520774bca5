"""Meshes that follow the Debye length, shared by the scenarios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from skfem import MeshTri

from fem.constants import thermal_voltage
from fem.physics.materials import Material
from fem.physics.scales import debye_length
from meshes import Lines, MeshSizes, Polycrystal, Strips, mesh_report, triangulate_and_count

_CELLS_PER_DEBYE_LENGTH = 4
_LINES = Lines()


@dataclass(frozen=True)
class MeshedFilm:
    """A mesh and the facts about it that ``run.json`` records."""

    mesh: MeshTri
    report: Mapping[str, object]


def meshed(
    film: Polycrystal,
    sizes: MeshSizes,
    debye: float,
    *,
    electrodes: Sequence[str],
    boundaries: Lines | Strips = _LINES,
    free_surfaces: Sequence[str] = (),
) -> MeshedFilm:
    """Mesh `film` and measure the mesh; see :func:`meshes.triangulate`. `debye` is the Debye length [m]."""
    mesh, repair = triangulate_and_count(
        film, sizes, electrodes=electrodes, boundaries=boundaries, free_surfaces=free_surfaces
    )
    return MeshedFilm(mesh, mesh_report(mesh, film, electrodes, debye, repair).as_dict())


def film_debye_length(material: Material, density: float, temperature: float) -> float:
    """Debye length [m] of `density` [1/m^3] monovalent ions in `material` at `temperature` [K].

    Raises
    ------
    ValueError
        If the density or the temperature is not positive.
    """
    for value, what in ((density, "mobile density [1/m^3]"), (temperature, "temperature [K]")):
        if not (isfinite(value) and value > 0):
            raise ValueError(f"{what} must be a positive number, got {value:g}")
    if not isinstance(material.relative_permittivity, float):
        raise TypeError(f"{material.name}: the Debye length of a film needs one permittivity for all of it")
    return debye_length(material.relative_permittivity, density, thermal_voltage(temperature))


def sizes_following(debye: float, boundary: float, interior: float) -> MeshSizes:
    """Cell sizes [m]: a quarter of the Debye length at electrodes, `boundary` at boundaries, `interior` in grains."""
    return MeshSizes(electrode=min(debye / _CELLS_PER_DEBYE_LENGTH, boundary), boundary=boundary, interior=interior)
