"""Sections of columnar grains side by side, with boundaries of finite width."""

from dataclasses import dataclass

from fem.constants import nm
from meshes import Strips, columnar
from meshes.budget import Extent
from scenarios.parts.options import require_positive_options
from scenarios.parts.resolved import MeshedFilm, NodeBudget, sizes_following
from scenarios.parts.sections import Sections

_BUDGET = NodeBudget(options=("--thickness", "--grain-size", "--grains"))
_ELECTRODES = ("bottom", "top")


@dataclass(frozen=True)
class Columns:
    """The columnar grains of one section, between a bottom and a top electrode.

    Parameters
    ----------
    thickness
        Of the film [m].
    grain_size, grains
        Mean width [m] and number of the columns.
    seed
        Of their random widths.

    Raises
    ------
    ValueError
        If a size or the number is not positive.
    """

    thickness: float
    grain_size: float
    grains: int
    seed: int

    def __post_init__(self) -> None:
        require_positive_options(thickness=self.thickness, grain_size=self.grain_size, grains=self.grains)

    def meshed(self, names: tuple[str, ...], boundary_width: float, debye: float) -> tuple[Sections, MeshedFilm]:
        """Sections with these columns under each of `names`, and their mesh; `debye` is the Debye length [m].

        Raises
        ------
        ValueError
            If the mesh would have too many nodes, which is known before the grains are grown.
        """
        strips, sizes = Strips(boundary_width, skin=debye), sizes_following(debye, 16 * nm, 40 * nm)
        width, count = self.grains * self.grain_size, len(names)
        extent = Extent.layered(count * width, self.thickness, count * self.grains)
        _BUDGET.require_possible(extent, sizes, _ELECTRODES, strips)
        sections = Sections.of(columnar(width, self.thickness, grains=self.grains, seed=self.seed), names)
        return sections, _BUDGET.meshed(sections.film, sizes, debye, electrodes=_ELECTRODES, boundaries=strips)
