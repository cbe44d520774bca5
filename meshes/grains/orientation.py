"""Crystal orientations of grains, and how far two of them are apart.

An orientation is a rotation R that turns the axes of the crystal into those of the sample, v_sample = R v_crystal. It
is the inverse of Bunge's passive rotation g, so that R = Rz(phi1) Rx(Phi) Rz(phi2). R and R S describe the same crystal
for every rotation S of its symmetry group. The disorientation of two grains is the smallest angle among the rotations
S R_i^-1 R_j S' (Mackenzie, Biometrika 45, 229 (1958), doi:10.1093/biomet/45.1-2.229).
"""

from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from meshes.checks import require_angle
from meshes.grains.polycrystal import Polycrystal

Floats = NDArray[np.float64]

#: Deviation from the exact twin up to which a boundary counts as Sigma3: 15 degrees / sqrt(3) [rad].
#: Brandon, Acta Metall. 14, 1479 (1966), doi:10.1016/0001-6160(66)90168-4
BRANDON_SIGMA3 = float(np.deg2rad(15) / np.sqrt(3))


class Symmetry(Enum):
    """Rotations that leave a crystal unchanged, named by its system; c lies along z and a along x."""

    CUBIC = "O"
    HEXAGONAL = "D6"
    TETRAGONAL = "D4"
    ORTHORHOMBIC = "D2"
    TRICLINIC = "C1"

    @property
    def rotations(self) -> Rotation:
        """The group, e.g. 24 rotations of the cube."""
        return Rotation.create_group(self.value)  # type: ignore[arg-type]  # its stubs cannot spell D6


def from_bunge(angles: ArrayLike) -> Rotation:
    """Orientations (crystal to sample) of Bunge Euler angles phi1, Phi, phi2 [rad], shape (n, 3)."""
    return Rotation.from_euler("ZXZ", np.asarray(angles, dtype=np.float64))


def disorientation(first: Rotation, second: Rotation, symmetry: Symmetry = Symmetry.CUBIC) -> Floats:
    """Disorientation angle of each orientation in `first` to its partner in `second` [rad], shape (n,)."""
    return _angle_to_nearest(first.inv() * second, symmetry.rotations)


def is_sigma3(first: Rotation, second: Rotation, tolerance: float = BRANDON_SIGMA3) -> NDArray[np.bool_]:
    """Whether pairs of cubic crystals are Sigma3 twins: within `tolerance` [rad] of 60 degrees about a <111> axis.

    Parameters
    ----------
    first, second
        Orientations, n each.
    tolerance
        Largest deviation [rad]; Brandon's by default.
    """
    twin = Rotation.from_rotvec(np.deg2rad(60) / np.sqrt(3) * np.ones(3))
    cube = Symmetry.CUBIC.rotations
    twins = Rotation.concatenate([rotation * twin * cube for rotation in cube])
    return np.asarray(_angle_to_nearest(first.inv() * second, twins) <= tolerance)


def mean_orientations(orientations: Rotation, grains: NDArray[np.int64], symmetry: Symmetry) -> Rotation:
    """Mean orientation of each grain.

    Of the equivalent quaternions of a point the one nearest to the mean of its grain is taken; three passes from the
    grain's first point settle this where the points of a grain are within some ten degrees.

    Parameters
    ----------
    orientations
        One per point.
    grains
        Grain of each point, counted from 0 without gaps, shape (n_points,).
    symmetry
        Symmetry of the crystal.
    """
    _, first = np.unique(grains, return_index=True)
    mean = orientations[first]
    for _ in range(3):
        near = _nearest_equivalents(orientations, mean[grains], symmetry)
        sums = np.column_stack([np.bincount(grains, component) for component in near.T])
        mean = Rotation.from_quat(sums)
    return mean


def misorientations(
    film: Polycrystal, orientations: Rotation, symmetry: Symmetry = Symmetry.CUBIC
) -> dict[tuple[int, int], float]:
    """Disorientation angle [rad] of every grain boundary of a film, by its grains (i, j), i < j.

    Parameters
    ----------
    film
        The film.
    orientations
        Orientation of each grain; in a periodic film those of whole grains, ``[whole_grains(film).numbers]``.
    symmetry
        Symmetry of the crystal.

    Raises
    ------
    ValueError
        If there is not one orientation per grain.
    """
    first, second = _beside_boundaries(film, orientations)
    return dict(zip(film.boundary_pairs, disorientation(first, second, symmetry).tolist(), strict=True))


def sigma3_boundaries(
    film: Polycrystal, orientations: Rotation, tolerance: float = BRANDON_SIGMA3
) -> frozenset[tuple[int, int]]:
    """Grain boundaries (i, j), i < j, of a film of cubic crystals that are Sigma3 twins (see :func:`is_sigma3`).

    Raises
    ------
    ValueError
        If there is not one orientation per grain.
    """
    require_angle(tolerance, "tolerance of a twin")
    first, second = _beside_boundaries(film, orientations)
    twins = is_sigma3(first, second, tolerance).tolist()
    return frozenset(pair for pair, twin in zip(film.boundary_pairs, twins, strict=True) if twin)


def _beside_boundaries(film: Polycrystal, known: Rotation) -> tuple[Rotation, Rotation]:
    """Orientations on the two sides of every grain boundary."""
    if known.single or len(known) != film.n_grains:
        got = 1 if known.single else len(known)
        raise ValueError(f"a film of {film.n_grains} grains needs as many orientations, got {got}")
    first, second = np.array(film.boundary_pairs, dtype=np.int64).reshape(-1, 2).T
    return known[first], known[second]


def _angle_to_nearest(rotations: Rotation, targets: Rotation) -> Floats:
    """Angle [rad] between each rotation and the nearest of the targets, shape (n,)."""
    quaternions = np.atleast_2d(rotations.as_quat())
    cosine = np.zeros(len(quaternions))
    for target in np.atleast_2d(targets.as_quat()):
        np.maximum(cosine, np.abs(quaternions @ target), out=cosine)
    return 2 * np.arccos(np.minimum(cosine, 1.0))


def _nearest_equivalents(orientations: Rotation, references: Rotation, symmetry: Symmetry) -> Floats:
    """Quaternions of the equivalent orientations R S that are nearest to the references, same signs, shape (n, 4)."""
    group = symmetry.rotations
    difference = (references.inv() * orientations).as_quat()  # times S it should be near the identity
    chosen = np.abs(difference @ group.inv().as_quat().T).argmax(axis=1)
    nearest = (orientations * group[chosen]).as_quat()
    cosine = np.einsum("nk,nk->n", nearest, references.as_quat())
    return nearest * np.where(cosine < 0, -1.0, 1.0)[:, None]
