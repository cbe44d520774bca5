"""Weights that give every cell of a power diagram a wanted area: semi-discrete optimal transport by Newton's method.

The area of a cell grows with its own weight and shrinks with those of its neighbours, by dA_i/dw_j = -L_ij / (2 d_ij)
for an edge of length L_ij between seeds at a distance d_ij. Damped Newton steps that never leave a cell empty converge
from any start without one: Kitagawa, Merigot and Thibert, J. Eur. Math. Soc. 21, 2603 (2019), doi:10.4171/JEMS/889.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from meshes.grains.power_diagram import PowerDiagram, Tile, power_diagram

Floats = NDArray[np.float64]
_LARGEST_STEPS = 60


def weights_for_areas(
    seeds: Floats, areas: Floats, tile: Tile, weights: Floats, tolerance: float
) -> tuple[Floats, PowerDiagram]:
    """Weights that give every cell its area, and the diagram.

    Parameters
    ----------
    seeds
        Positions in the tile, no two of them equal, shape (n, 2).
    areas
        Wanted area of each cell, shape (n,); together the area of the tile.
    tile
        Where the seeds are.
    weights
        Where to start, shape (n,).
    tolerance
        Largest relative error of an area.

    Raises
    ------
    RuntimeError
        If the steps do not converge.
    """

    def diagram_of(candidate: Floats) -> PowerDiagram:
        return power_diagram(seeds, candidate, tile)

    weights, diagram = _without_empty_cells(weights, diagram_of)
    floor = 0.5 * min(diagram.areas.min(), areas.min())
    for _ in range(_LARGEST_STEPS):
        if np.abs(diagram.areas / areas - 1).max() <= tolerance:
            return weights, diagram
        weights, diagram = _damped(weights, diagram, areas, floor, diagram_of)
    worst = np.abs(diagram.areas / areas - 1).max()
    raise RuntimeError(f"grain areas still differ from their targets by {100 * worst:.2g} %: try another seed")


def _without_empty_cells(weights: Floats, diagram_of: Callable[[Floats], PowerDiagram]) -> tuple[Floats, PowerDiagram]:
    """Weights shrunk until no cell is empty, which equal ones never leave."""
    for shrunk in (weights, 0.5 * weights, 0.25 * weights):
        diagram = diagram_of(shrunk)
        if diagram.areas.min() > 1e-3 * diagram.areas.mean():
            return shrunk, diagram
    return np.zeros_like(weights), diagram_of(np.zeros_like(weights))


def _damped(
    weights: Floats, diagram: PowerDiagram, areas: Floats, floor: float, diagram_of: Callable[[Floats], PowerDiagram]
) -> tuple[Floats, PowerDiagram]:
    """One Newton step, halved until every cell keeps the area `floor` and the error shrinks."""
    step = _newton_step(diagram, areas)
    error = np.linalg.norm(diagram.areas - areas)
    share = 1.0
    while share > 1e-6:
        candidate = weights + share * step
        trial = diagram_of(candidate)
        if trial.areas.min() >= floor and np.linalg.norm(trial.areas - areas) <= (1 - share / 2) * error:
            return candidate, trial
        share /= 2
    raise RuntimeError("grain areas cannot be met with these seeds: try another seed")


def _newton_step(diagram: PowerDiagram, areas: Floats) -> Floats:
    """Change of the weights that would correct the areas; the last weight stays (only differences matter)."""
    n = len(areas)
    i, j, flow = diagram.area_derivatives()
    rows, columns = np.concatenate([i, i]), np.concatenate([i, j])
    matrix = coo_array((np.concatenate([flow, -flow]), (rows, columns)), shape=(n, n)).tocsc()
    step = np.zeros(n)
    if n > 1:
        step[:-1] = np.atleast_1d(spsolve(matrix[:-1, :-1], (areas - diagram.areas)[:-1]))
    return step
