"""Meshes that follow the Debye length, shared by the scenarios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from skfem import MeshTri

from fem.constants import thermal_voltage
from fem.physics.materials import Material
from fem.physics.scales import debye_length
from meshes import Lines, MeshSizes, Polycrystal, Strips, grain_statistics, mesh_report, triangulate_and_count
from meshes.budget import Extent, boundary_size_within, estimated_nodes, least_nodes
from scenarios.parts.grain_boundaries import UniformFilm

_CELLS_PER_DEBYE_LENGTH = 4
_LINES = Lines()
_HOPELESS = 5e6  # nodes beyond which they are not counted any more, and no coarser mesh is looked for
_OTHER_OPTIONS = ("--mesh-size", "--boundaries", "--node-limit")


@dataclass(frozen=True)
class MeshedFilm:
    """A mesh and the facts about it that ``run.json`` records."""

    mesh: MeshTri
    report: Mapping[str, object]


@dataclass(frozen=True)
class NodeBudget:
    """How large a mesh may get.

    Parameters
    ----------
    limit
        Nodes beyond which no mesh is made.
    comfortable
        Nodes beyond which a warning is due.
    instead
        What could be simulated in place of a film that is too large; None if that is not known.
    options
        The command line's options that make a mesh smaller: ``--mesh-size`` (at grain boundaries), ``--boundaries`` and
        ``--node-limit`` where a scenario has them, and those that make its film smaller.

    Raises
    ------
    ValueError
        If the limit is not positive.
    """

    limit: int = 400_000
    comfortable: int = 150_000
    instead: UniformFilm | None = None
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(
                f"{self._named('--node-limit', 'the limit of nodes')} must be at least 1, got {self.limit}"
            )

    def require_possible(
        self, extent: Extent, sizes: MeshSizes, electrodes: Sequence[str], boundaries: Lines | Strips = _LINES
    ) -> None:
        """Refuse a film that has not been grown yet, if no mesh of it could stay within the limit.

        Raises
        ------
        ValueError
            If the mesh would have more nodes than the limit in any case.
        """
        nodes = least_nodes(extent, sizes, electrodes, boundaries)
        if nodes > self.limit:
            raise self._refusal(nodes, self._coarser(sizes, None), "more than")

    def meshed(
        self,
        film: Polycrystal,
        sizes: MeshSizes,
        debye: float,
        *,
        electrodes: Sequence[str],
        boundaries: Lines | Strips = _LINES,
        free_surfaces: Sequence[str] = (),
    ) -> MeshedFilm:
        """Mesh `film` and measure the mesh; see :func:`meshes.triangulate`. `debye` is the Debye length [m].

        Raises
        ------
        ValueError
            If the mesh would have more nodes than the limit, or as :func:`meshes.triangulate` does.
        """
        self._require_within(film, sizes, electrodes, boundaries)
        mesh, repair = triangulate_and_count(
            film, sizes, electrodes=electrodes, boundaries=boundaries, free_surfaces=free_surfaces
        )
        report = mesh_report(mesh, film, electrodes, debye, repair).as_dict()
        grains = grain_statistics(film)
        warnings = [*film.warnings, *grains.warnings, *self._warnings(mesh)]
        return MeshedFilm(mesh, report | {"grain_statistics": grains.as_dict(), "warnings": warnings})

    def _require_within(
        self, film: Polycrystal, sizes: MeshSizes, electrodes: Sequence[str], boundaries: Lines | Strips
    ) -> None:
        least = least_nodes(Extent.of(film), sizes, electrodes, boundaries)
        hopeless = least > max(self.limit, _HOPELESS)
        nodes = least if hopeless else estimated_nodes(film, sizes, electrodes, boundaries)
        if nodes <= self.limit:
            return
        size = None if hopeless else boundary_size_within(self.limit, film, sizes, electrodes, boundaries)
        ways = self._coarser(sizes, size) if size or hopeless else []
        if isinstance(boundaries, Strips) and not hopeless and (not self.options or "--boundaries" in self.options):
            as_lines = _rounded(estimated_nodes(film, sizes, electrodes, _LINES))
            ways.append(f"{self._named('--boundaries lines', 'boundaries as lines')} ({as_lines} nodes)")
        if self.instead is not None and film.n_grains > 1:
            ways.append(self.instead.instead_of(film))
        raise self._refusal(nodes, ways, "more than" if hopeless else "about")

    def _refusal(self, nodes: float, ways: Sequence[str], about: str) -> ValueError:
        smaller = ", ".join(option for option in self.options if option not in _OTHER_OPTIONS)
        first = f"a smaller film ({smaller})" if smaller else "a smaller film or fewer grains"
        last = self._named("--node-limit", "the limit of nodes")
        raised = f"; or raise {last}" if last else ""
        return ValueError(
            f"the film is too large to resolve: its mesh would have {about} {_rounded(nodes)} nodes, the limit is"
            f" {self.limit:,}. Take {'; or '.join([first, *ways])}{raised}"
        )

    def _coarser(self, sizes: MeshSizes, size: float | None) -> list[str]:
        """The advice to take larger cells at grain boundaries, of a `size` [m] if one is known that would do."""
        option, now = self._named("--mesh-size", ""), f"now {sizes.boundary * 1e9:.2g} nm"
        if self.options and not option:
            return []
        wanted = f"{size * 1e9:.2g} nm, {now}" if size else now
        return [f"larger cells at grain boundaries ({option}{' ' if option else ''}{wanted})"]

    def _named(self, option: str, words: str) -> str:
        """The `option` where the command line has it, `words` where there is none at all, else nothing."""
        if not self.options:
            return words
        return option if option.split()[0] in self.options else ""

    def _warnings(self, mesh: MeshTri) -> list[str]:
        nodes = mesh.p.shape[1]
        if nodes <= self.comfortable:
            return []
        return [f"the mesh has {nodes:,} nodes, more than the {self.comfortable:,} that run in reasonable time"]


meshed = NodeBudget().meshed


def _rounded(nodes: float) -> str:
    """`nodes` to two digits, with commas."""
    return f"{int(float(f'{nodes:.2g}')):,}"


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
