"""Directions of the lattices of grains in the plane of a film, and how far neighbours are turned against each other."""

from collections.abc import Iterable
from math import pi

import numpy as np

from fem.fields import Array

_QUARTER = pi / 2  # a cubic lattice that is turned by it is the same


def drawn_directions(grains: int, alignment: float, seed: int) -> Array:
    """Direction of the lattice of each grain [rad], shape (grains,), within +-(1 - alignment) 45 degrees.

    Raises
    ------
    ValueError
        Unless 0 <= `alignment` <= 1.
    """
    if not 0 <= alignment <= 1:
        raise ValueError(
            f"--alignment must lie between 0 (lattices at random) and 1 (all of them parallel), got {alignment:g}"
        )
    return (1 - alignment) * np.random.default_rng(seed).uniform(-_QUARTER / 2, _QUARTER / 2, grains)


def misorientations(directions: Array, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Angle [rad], 0 to 45 degrees, between the cubic lattices of each of the `pairs` of grains."""
    turned = {pair: abs(float(directions[pair[0]] - directions[pair[1]])) % _QUARTER for pair in pairs}
    return {pair: min(angle, _QUARTER - angle) for pair, angle in turned.items()}
