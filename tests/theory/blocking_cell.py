"""Steady states of a blocking cell in a uniform field, where the ions are too few to screen.

Zero flux makes the ions pile up against one electrode; their number fixes the constant. ``drop`` is the potential
energy across the cell in kT, positive where it falls from bottom to top; ``x`` is the height over the cell's.
"""

import numpy as np

from fem.fields import Array


def dilute_profile(x: Array, drop: float) -> Array:
    """Concentration over its mean: ``drop exp(drop x) / (exp(drop) - 1)`` (the barometric formula)."""
    return np.asarray(drop * np.exp(drop * (x - 1)) / -np.expm1(-drop))


def lattice_profile(x: Array, drop: float, filling: float) -> Array:
    """Concentration over that of the sites, mean `filling`: ``1 / (1 + exp(-drop (x - x0)))``, a Fermi function."""
    # int_0^1 c dx = ln[(1 + exp(drop (1 - x0))) / (1 + exp(-drop x0))] / drop = filling, solved for x0
    ratio = (np.exp(drop) - np.exp(drop * filling)) / np.expm1(drop * filling)
    return np.asarray(1 / (1 + np.exp(-drop * x) * ratio))
