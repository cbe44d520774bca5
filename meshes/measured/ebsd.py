"""Films measured by electron backscatter diffraction (EBSD): from the orientation of every point to grains.

orix (https://orix.readthedocs.io) reads the files: text files of EDAX (.ang) and of Oxford and Bruker (.ctf), and the
HDF5 files that it knows (.h5). Neighbouring points belong to one grain when their disorientation is below a threshold;
the orientation of a grain is the mean of its points, taken among their symmetrically equivalent ones.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from meshes.checks import require_angle, require_positive
from meshes.grains.orientation import Symmetry, disorientation, mean_orientations
from meshes.measured.grain_image import GrainImage
from meshes.measured.micrograph import GrainMap
from meshes.measured.scan_grid import square_grid

#: Disorientation below which neighbouring points are one grain, the usual choice [rad].
GRAIN_THRESHOLD = float(np.deg2rad(5))
_FEWEST_POINTS = 12  # a grain has at least as many, unless the user says otherwise
_UNITS = {"nm": 1e-9, "um": 1e-6}
_POINT_GROUPS = {  # rotations that the Laue class has
    "m-3m": Symmetry.CUBIC,
    "6/mmm": Symmetry.HEXAGONAL,
    "4/mmm": Symmetry.TETRAGONAL,
    "mmm": Symmetry.ORTHORHOMBIC,
    "-1": Symmetry.TRICLINIC,
}


@dataclass(frozen=True, eq=False)
class OrientationScan:
    """Orientations on a square grid of points.

    Parameters
    ----------
    orientations
        Orientation of each point (crystal to sample), row by row from the top; of no meaning where not indexed.
    indexed
        Whether the point shows the crystal, shape (rows, columns).
    spacing
        Distance of the points [m].
    symmetry
        Symmetry of the crystal.
    """

    orientations: Rotation
    indexed: NDArray[np.bool_]
    spacing: float
    symmetry: Symmetry


def read_ebsd(
    path: str | Path,
    *,
    phase: str | None = None,
    symmetry: Symmetry | None = None,
    threshold: float = GRAIN_THRESHOLD,
    minimum_grain: float | None = None,
    spacing: float | None = None,
) -> GrainMap:
    """Grains of an EBSD map, with the orientation of each.

    Orientations stay in the frame that the file uses; misorientations do not depend on it. The first row of the map is
    the top of the film.

    Parameters
    ----------
    path
        ``.ang``, ``.ctf`` or ``.h5`` file. Maps on a hexagonal grid are resampled on a square one of the row spacing.
    phase
        Name of the phase to use where the map shows several; points of others count as not indexed, which means that
        they go to the nearest grain.
    symmetry
        Symmetry of the crystal; None takes the one that the file states.
    threshold
        Neighbouring points with a smaller disorientation belong to one grain [rad], at most pi/2.
    minimum_grain
        Grains with a smaller equivalent diameter [m] are given to their neighbours; None means those under 12 points.
    spacing
        Distance of the points [m]; None takes the one that the file states. Give it to rescale the map.

    Raises
    ------
    ValueError
        If the file is missing or no EBSD map, shows several phases or none, or an argument makes no sense.
    ModuleNotFoundError
        If orix is not installed.
    """
    require_angle(threshold, "threshold of the disorientation in a grain")
    scan = read_scan(Path(path), phase, symmetry, spacing)
    points = _FEWEST_POINTS if minimum_grain is None else np.pi / 4 * (minimum_grain / scan.spacing) ** 2
    diameter = np.sqrt(4 / np.pi * points) * scan.spacing * (1 - 1e-9)
    grain_map = GrainMap.of(grains_of(scan, threshold), minimum_grain=float(diameter))
    return replace(grain_map, filled_pixels=int(np.count_nonzero(~scan.indexed)))


def grains_of(scan: OrientationScan, threshold: float = GRAIN_THRESHOLD) -> GrainImage:
    """Grains of a scan: points that hang together by disorientations below `threshold` [rad].

    Points that are not indexed take part with the orientation of the nearest one that is, so that they do not cut thin
    grains into pieces.

    Raises
    ------
    ValueError
        If no point is indexed.
    """
    from scipy.ndimage import distance_transform_edt

    if not scan.indexed.any():
        raise ValueError("no point of the EBSD map is indexed")
    i, j = distance_transform_edt(~scan.indexed, return_distances=False, return_indices=True)
    nearest = scan.orientations[(i * scan.indexed.shape[1] + j).ravel()]
    grains = joined_points(nearest, scan.indexed.shape, threshold, scan.symmetry)
    means = mean_orientations(nearest, grains.ravel(), scan.symmetry)
    return GrainImage(grains + 1, scan.spacing, means, scan.symmetry)


def joined_points(
    orientations: Rotation, shape: tuple[int, ...], threshold: float, symmetry: Symmetry
) -> NDArray[np.int64]:
    """Grain of each point of a grid, from 0: side by side and nearer than `threshold` [rad] means the same grain.

    Parameters
    ----------
    orientations
        One per point, row by row.
    shape
        Rows and columns.
    threshold
        Disorientation [rad] below which two neighbours are joined.
    symmetry
        Symmetry of the crystal.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = np.arange(len(orientations)).reshape(shape)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    second = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    near = disorientation(orientations[first], orientations[second], symmetry) < threshold
    links = coo_array((np.ones(np.count_nonzero(near)), (first[near], second[near])), shape=(number.size, number.size))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64).reshape(shape)


def read_scan(path: Path, phase: str | None, symmetry: Symmetry | None, spacing: float | None) -> OrientationScan:
    """Orientations of an EBSD file on a square grid; arguments and errors as in :func:`read_ebsd`."""
    crystal_map = _loaded(path)
    chosen = _chosen_phase(crystal_map, phase, path)
    point, step = square_grid(np.asarray(crystal_map.x), np.asarray(crystal_map.y))
    if spacing is None:
        if crystal_map.scan_unit not in _UNITS:
            raise ValueError(f"EBSD map {str(path)!r} does not state the distance of its points: give spacing")
        spacing = step * _UNITS[crystal_map.scan_unit]
    require_positive(spacing, "distance of the points")
    passive = crystal_map.rotations.data.reshape(crystal_map.size, -1, 4)[:, 0]  # the best match of each point
    usable = np.isfinite(passive).all(axis=1) & (np.linalg.norm(passive, axis=1) > 0)
    passive = np.where(usable[:, None], passive, [1.0, 0.0, 0.0, 0.0])[point.ravel()]
    indexed = (point >= 0) & (usable & (crystal_map.phase_id == chosen))[point]
    return OrientationScan(
        orientations=Rotation.from_quat(passive, scalar_first=True).inv(),
        indexed=indexed,
        spacing=spacing,
        symmetry=symmetry or _stated_symmetry(crystal_map, chosen, path),
    )


def _loaded(path: Path) -> Any:
    """Crystal map of orix with at least two points in each direction."""
    if not path.is_file():
        raise ValueError(f"EBSD map {str(path)!r} does not exist")
    try:
        from orix.io import load
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("EBSD maps are read by orix, which is not installed: pip install orix") from error
    try:
        quiet = {"autogen_names": False} if path.suffix.lower() == ".ang" else {}
        crystal_map = load(str(path), **quiet)
    except Exception as error:  # whatever the readers meet in a file that is none of theirs
        raise ValueError(f"{str(path)!r} cannot be read as an EBSD map (.ang, .ctf, .h5): {error}") from error
    if crystal_map.x is None or crystal_map.y is None:
        raise ValueError(f"EBSD map {str(path)!r} must have several rows and columns")
    return crystal_map


def _chosen_phase(crystal_map: Any, phase: str | None, path: Path) -> int:
    """Number of the phase to use."""
    counts = {int(k): int(np.count_nonzero(crystal_map.phase_id == k)) for k in np.unique(crystal_map.phase_id)}
    names = {k: str(crystal_map.phases[k].name) for k in counts if k >= 0}
    if not names:
        raise ValueError(f"no point of the EBSD map {str(path)!r} is indexed")
    shown = ", ".join(f"{name!r} ({counts[k]} points)" for k, name in names.items())
    matching = [k for k, name in names.items() if phase in (None, name)]
    if not matching:
        raise ValueError(f"EBSD map {str(path)!r} has no phase {phase!r}; it has {shown}")
    if len(matching) > 1:
        raise ValueError(f"EBSD map {str(path)!r} has several phases: choose one by phase=...; it has {shown}")
    return matching[0]


def _stated_symmetry(crystal_map: Any, phase: int, path: Path) -> Symmetry:
    group = crystal_map.phases[phase].point_group
    name = None if group is None else group.laue.name
    if name not in _POINT_GROUPS:
        known = ", ".join(f"Symmetry.{one.name}" for one in Symmetry)
        raise ValueError(f"EBSD map {str(path)!r} states the Laue class {name}: give symmetry, one of {known}")
    return _POINT_GROUPS[name]
