"""How fine the mesh is: cell sizes at electrodes, at grain boundaries and inside grains.

Away from every feature the cell size grows linearly with distance, ``h(d) = h_0 + (growth - 1) d``, which is the
continuous form of neighbouring cells growing by the factor `growth`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.checks import require_count, require_not_negative, require_positive


@dataclass(frozen=True)
class MeshSizes:
    """Cell sizes of a film.

    Parameters
    ----------
    electrode
        Height of the first cell at every electrode [m]; a fraction of the Debye length resolves the space charge.
    boundary
        Size at grain boundaries, and the largest size along an electrode [m].
    interior
        Largest size inside grains [m].
    growth
        Ratio of the sizes of neighbouring cells, between 1 and 2.
    """

    electrode: float
    boundary: float
    interior: float
    growth: float = 1.35

    def __post_init__(self) -> None:
        for name in ("electrode", "boundary", "interior"):
            require_positive(getattr(self, name), f"mesh size {name!r}")
        if self.boundary > self.interior:
            raise ValueError(
                f"mesh size 'boundary' ({self.boundary:g} m) must not exceed mesh size 'interior' ({self.interior:g} m)"
            )
        if not 1 < self.growth <= 2:
            raise ValueError(f"mesh growth must lie above 1 and not above 2, got {self.growth:g}")


@dataclass(frozen=True)
class Lines:
    """Grain boundaries without thickness: tagged lines between the grains.

    Parameters
    ----------
    two_sided
        Give the lines nodes of their own on either side. Boundaries that are slower than their grains need it, because
        concentrations jump across them; it adds about as many nodes as lie on the lines.
    """

    two_sided: bool = False


@dataclass(frozen=True)
class Strips:
    """Grain boundaries of finite width, meshed as strips of rectangles split in triangles.

    Parameters
    ----------
    width
        Width of every grain boundary [m].
    across
        Number of cells across the width; even, so that half of them belong to either grain.
    skin
        Depth of the graded layer on either side of the strip [m]; 0 leaves it out.
    along
        Length of the cells along the boundary [m]; None takes the mesh size at boundaries.
    """

    width: float
    across: int = 4
    skin: float = 0.0
    along: float | None = None

    def __post_init__(self) -> None:
        require_positive(self.width, "grain boundary width")
        require_count(self.across, "number of cells across a grain boundary")
        if self.across % 2:
            raise ValueError(f"number of cells across a grain boundary must be even, got {self.across}")
        require_not_negative(self.skin, "grain boundary skin")
        if self.along is not None:
            require_positive(self.along, "cell length along a grain boundary")


def geometric_layers(first: float, last: float, growth: float) -> NDArray[np.float64]:
    """Heights of layers that grow from `first` by `growth` until they reach `last`.

    Parameters
    ----------
    first, last
        First and largest height [m], 0 < first < last.
    growth
        Largest ratio of neighbouring heights; the ratio used is the one that ends exactly at `last`.

    Returns
    -------
    Heights [m], shape (n_layers,), without the final `last` itself.
    """
    count = int(np.ceil(np.log(last / first) / np.log(growth)))
    return first * (last / first) ** (np.arange(count) / count)
