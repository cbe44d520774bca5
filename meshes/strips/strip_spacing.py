"""How closely the nodes of a film with boundary strips stand: across strips, in their skins, along them and beyond."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.size_field import MeshSizes, Strips

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spacing:
    """Cell sizes of a film with boundary strips, in micrometres.

    Parameters
    ----------
    layers
        Depths of the nodes in half a strip, from 0 on the boundary, shape (across / 2 + 1,).
    skin
        Depths of the nodes in the skin, from the strip's edge, shape (n,); a single 0 without skin.
    along, electrode, interior
        Largest sizes along a grain boundary, along an electrode and inside grains.
    growth
        Ratio of neighbouring sizes.
    """

    layers: Floats
    skin: Floats
    along: float
    electrode: float
    interior: float
    growth: float

    @classmethod
    def of(cls, strips: Strips, sizes: MeshSizes) -> "Spacing":
        """Spacing that the strips and the mesh sizes ask for."""
        layers = 1e6 * np.linspace(0.0, strips.width / 2, strips.across // 2 + 1)
        along = 1e6 * (sizes.boundary if strips.along is None else strips.along)
        skin = graded(1e6 * strips.skin, (layers[1], np.inf), along, sizes.growth)
        electrode = 1e6 * min(sizes.electrode, sizes.boundary)
        return cls(layers, layers[-1] + skin, along, electrode, 1e6 * sizes.interior, sizes.growth)

    @property
    def finest(self) -> float:
        """Size of the cells across a strip."""
        return float(self.layers[1])


def graded(length: float, ends: tuple[float, float], largest: float, growth: float) -> Floats:
    """Positions from 0 to `length` whose spacing grows from the sizes at both ends to at most `largest`.

    Parameters
    ----------
    length
        Length to divide; 0 gives a single position.
    ends
        Spacing at the start and at the end; infinite for no demand.
    largest
        Largest spacing.
    growth
        Ratio of neighbouring spacings.
    """
    if length <= 0:
        return np.zeros(1)
    x = np.linspace(0.0, length, 400)
    size = np.minimum(ends[0] + (growth - 1) * x, ends[1] + (growth - 1) * (length - x))
    density = 1 / np.minimum(size, largest)
    cells = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(x))])
    count = max(1, int(np.ceil(cells[-1] - 1e-6)))
    positions = np.interp(np.linspace(0.0, cells[-1], count + 1), cells, x)
    positions[0], positions[-1] = 0.0, length
    return positions


def divided(length: float, largest: float) -> Floats:
    """Positions from 0 to `length` of equal spacing, at most `largest`; length 0 gives a single position."""
    if length <= 0:
        return np.zeros(1)
    return np.linspace(0.0, length, max(1, int(np.ceil(length / largest - 1e-6))) + 1)
