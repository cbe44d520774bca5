"""The rims of pinholes when a film is simplified or squeezed: a pinhole keeps its area."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from meshes.grains.polycrystal import Polycrystal


def with_pinhole_areas(film: Polycrystal, areas: NDArray[np.float64]) -> Polycrystal:
    """Film whose pinholes are widened or narrowed about their centroids, as it is if one would run into a boundary.

    Parameters
    ----------
    film
        Film with or without pinholes.
    areas
        Area of each pinhole [m^2], shape (n_pinholes,).
    """
    if film.n_pinholes == 0:
        return film
    vertices = film.vertices.copy()
    factors = np.sqrt(areas / film.pinhole_areas)
    for rim, hole, factor in zip(film.rims, film.pinholes, factors, strict=True):
        centre = np.array(hole.centroid.coords[0])
        vertices[rim] = centre + factor * (vertices[rim] - centre)
    try:
        return replace(film, vertices=vertices)
    except ValueError:  # an outline crosses itself
        return film
