"""Sections of a film side by side: the same grains again and again, with boundaries of another kind in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from meshes import Polycrystal


@dataclass(frozen=True)
class Sections:
    """A cross-section of equal sections, so that a difference between two of them is one of their boundaries alone.

    Parameters
    ----------
    film
        All sections, from left to right.
    names
        Name of each.
    """

    film: Polycrystal
    names: tuple[str, ...]

    @classmethod
    def of(cls, section: Polycrystal, names: Sequence[str]) -> "Sections":
        """The columnar film `section` once under each of `names`."""
        shifts = [np.array([k * section.width, 0.0]) for k in range(len(names))]
        grains = [shapely.transform(grain, lambda xy, by=by: xy + by) for by in shifts for grain in section.polygons]
        film = Polycrystal.from_polygons(len(names) * section.width, section.height, grains)
        return cls(film, tuple(names))

    def field(self, grains: float, *boundaries: float) -> dict[str, float]:
        """A quantity with one value in `grains` and one at the `boundaries` of each section, from left to right.

        A boundary between two sections is of the kind of the left one.
        """
        per_section = self.film.n_grains // len(self.names)
        values = dict(zip(range(len(self.names)), boundaries, strict=True))
        return {"grain_interior": grains} | {
            f"boundary_{i}_{j}": values[i // per_section] for i, j in self.film.boundary_pairs
        }

    @property
    def width(self) -> float:
        """Of each section [m]."""
        return self.film.width / len(self.names)

    def window(self, name: str, margin: float) -> tuple[float, float]:
        """First and last position [m] of a section without a `margin` [m] to its neighbours."""
        k = self.names.index(name)
        return k * self.width + margin, (k + 1) * self.width - margin
