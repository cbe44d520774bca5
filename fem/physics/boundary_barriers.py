"""Activation energies of single grain boundaries: by misorientation, by class, or drawn from a distribution.

Each function returns a part of a field, ``{"boundary_3_7": 0.31 * eV, ...}``, for the boundaries that a mesh has;
merged into the barriers of a species it overrides what ``grain_boundary`` says::

    barriers = {"grain_interior": 0.58 * eV, **drawn_barriers(mesh, 0.30 * eV, 0.03 * eV, seed=1)}

The same grains give the same barriers on every mesh of them, with boundaries as strips or as lines. Periodic sides cut
grains in parts; with the number of the whole grain of each part, parts of one boundary have one barrier.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite, log, pi

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.checks import require_positive
from fem.constants import eV

IntArray = NDArray[np.int64]
Pair = tuple[int, int]
Law = Callable[[float], float]
_BOUNDARY = re.compile(r"boundary_(\d+)_(\d+)")
_DEGREE = pi / 180.0
#: Where low-angle boundaries end [rad]: Brandon, Acta Metall. 14, 1479 (1966), doi:10.1016/0001-6160(66)90168-4
_HIGH_ANGLE = 15 * _DEGREE


def boundary_pairs(mesh: MeshTri) -> tuple[Pair, ...]:
    """The two grains of each boundary that `mesh` has a name for, as strips or as lines, sorted."""
    names = [*(mesh.subdomains or {}), *(mesh.boundaries or {})]
    return tuple(sorted((int(match[1]), int(match[2])) for name in names if (match := _BOUNDARY.fullmatch(name))))


def barriers_by_misorientation(mesh: MeshTri, misorientations: Mapping[Pair, float], law: Law) -> dict[str, float]:
    """Barrier of each boundary from its misorientation.

    Parameters
    ----------
    mesh
        Film with named boundaries.
    misorientations
        Angle [rad] for each pair of grains (i, j), i < j, as a grain map with orientations gives it.
    law
        Activation energy [J] for an angle [rad]: :func:`read_shockley_barrier`, :func:`two_classes` or any function.

    Returns
    -------
    ``boundary_<i>_<j>`` to activation energy [J].

    Raises
    ------
    ValueError
        If a boundary of the mesh has no angle, an angle is no number, or the law gives no possible energy.
    """
    pairs = boundary_pairs(mesh)
    missing = [pair for pair in pairs if pair not in misorientations]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(pairs)} boundaries of the mesh have no misorientation, the first between grains"
            f" {missing[0][0]} and {missing[0][1]}: does the grain map belong to this mesh?"
        )
    return {_name(pair): _energy(law(_angle(misorientations[pair], pair)), pair) for pair in pairs}


def two_classes(low_angle: float, high_angle: float, limit: float = _HIGH_ANGLE) -> Law:
    """One barrier [J] for low-angle boundaries, another from the angle `limit` [rad] on."""
    _require_limit(limit)
    return lambda angle: low_angle if angle < limit else high_angle


def read_shockley_barrier(grain: float, high_angle: float, limit: float = _HIGH_ANGLE) -> Law:
    """Barrier that falls from that of the grain to that of a high-angle boundary like the boundary's energy rises.

    Boundary energy per area follows Read and Shockley, Phys. Rev. 78, 275 (1950), doi:10.1103/PhysRev.78.275,
    ``gamma / gamma_m = (a / a_m) (1 - ln(a / a_m))`` up to a_m and is constant beyond. That the barrier follows the
    same curve, ``E = E_grain + (E_high - E_grain) gamma / gamma_m``, is an assumption of this program.

    Parameters
    ----------
    grain, high_angle
        Activation energy [J] in the grains and at high-angle boundaries.
    limit
        a_m [rad], 15 degrees unless stated.
    """
    _require_limit(limit)

    def law(angle: float) -> float:
        share = min(angle / limit, 1.0)
        disorder = share * (1.0 - log(share)) if share > 0 else 0.0
        return grain + (high_angle - grain) * disorder

    return law


def drawn_barriers(
    mesh: MeshTri, mean: float, spread: float, seed: int, whole: Sequence[int] | IntArray | None = None
) -> dict[str, float]:
    """Barrier of each boundary drawn from a normal distribution.

    Parameters
    ----------
    mesh
        Film with named boundaries.
    mean, spread
        Mean and standard deviation of the activation energies [J].
    seed
        Of the random generator. A boundary's barrier depends on this and on the numbers of its grains only.
    whole
        Number of the whole grain that each grain of the film is a part of, ``whole_grains(film).numbers``, shape
        (n_grains,). A periodic film needs it, or the parts of a boundary that its sides cut draw one barrier each.

    Raises
    ------
    ValueError
        If the mean is not positive, the spread negative or above a third of the mean (draws could fall below zero),
        the seed negative, or `whole` too short for the grains of the mesh.
    """
    require_positive(mean, "mean barrier of grain boundaries", "J")
    if not 0 <= spread <= mean / 3:
        raise ValueError(
            f"spread of grain boundary barriers must lie between 0 and a third of their mean, {mean / 3 / eV:.3g} eV,"
            f" got {spread / eV:.3g} eV"
        )
    if seed < 0:
        raise ValueError(f"seed of grain boundary barriers must be a whole number of at least 0, got {seed}")
    pairs = boundary_pairs(mesh)
    count = max((j for _, j in pairs), default=-1) + 1
    numbers = list(range(count)) if whole is None else [int(number) for number in whole]
    if len(numbers) < count:
        raise ValueError(f"whole gives the numbers of {len(numbers)} grains, the mesh has boundaries of {count}")
    keys = {(i, j): tuple(sorted((numbers[i], numbers[j]))) for i, j in pairs}
    return {_name(pair): max(mean + spread * _standard_normal(seed, key), 0.0) for pair, key in keys.items()}


def boltzmann_mean(mean: float, spread: float, kt: float) -> float:
    """Barrier [J] of one boundary that conducts like many in parallel with normally distributed barriers [J].

    ``E = mean - spread^2 / (2 kT)``: the mean of exp(-E / kT) over the distribution.
    """
    return mean - spread**2 / (2 * kt)


def _standard_normal(seed: int, pair: tuple[int, ...]) -> float:
    return float(np.random.default_rng([seed, *pair]).standard_normal())


def _require_limit(limit: float) -> None:
    if not 0 < limit <= pi / 2:
        raise ValueError(
            f"limit of low-angle boundaries must lie above 0 and be at most pi/2 rad, got {limit:g} rad: degrees are"
            " converted by math.radians(...)"
        )


def _name(pair: Pair) -> str:
    return f"boundary_{pair[0]}_{pair[1]}"


def _angle(angle: float, pair: Pair) -> float:
    if not (isfinite(angle) and 0 <= angle <= pi):
        raise ValueError(f"misorientation of grains {pair[0]} and {pair[1]} must lie between 0 and pi rad, got {angle}")
    return angle


def _energy(energy: float, pair: Pair) -> float:
    if not (isfinite(energy) and energy >= 0):
        raise ValueError(f"the barrier law gives {energy / eV:g} eV between grains {pair[0]} and {pair[1]}")
    return energy
