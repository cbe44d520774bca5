"""What is known of a label image besides its pixels: a JSON file and a table of grains beside it.

``<name>.json`` or ``meta.json`` gives ``pixel_size_nm`` and may give ``symmetry`` (e.g. ``"tetragonal"``; cubic if it
is not there). ``<name>.csv`` or ``grains.csv`` may give the orientation of each grain: columns ``grain_id`` and the
Bunge Euler angles ``phi1_deg``, ``Phi_deg``, ``phi2_deg``.
"""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from meshes.grains.orientation import Symmetry, from_bunge

LARGEST_PIXEL = 10e-6  # [m]
_EULER_ANGLES = ("phi1_deg", "Phi_deg", "phi2_deg")


def read_pixel_size(path: Path) -> float:
    """Pixel size [m] from the sidecar of a label image: key ``pixel_size_nm``.

    Raises
    ------
    ValueError
        If there is no sidecar, or it states no possible pixel size. The message gives the nominal size (key
        ``nominal_pixel_size_nm``) if there is one: it was assumed, not measured, so it is taken only on request.
    """
    sidecar = _beside(path, ".json", "meta.json")
    if sidecar is None:
        raise ValueError(
            f"no sidecar (.json) beside {str(path)!r} states the pixel size: put a meta.json with pixel_size_nm there"
        )
    entries = _entries(sidecar)
    try:
        stated = float(entries["pixel_size_nm"])  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(_unknown_size(sidecar)) from error
    if not 0 < stated * 1e-9 <= LARGEST_PIXEL:
        raise ValueError(
            f"{str(sidecar)!r} states pixel_size_nm = {stated:g}: it must be greater than zero and at most"
            f" {LARGEST_PIXEL * 1e9:,.0f}"
        )
    return stated * 1e-9


def nominal_pixel_size(path: str | Path) -> float:
    """Assumed pixel size [m] of a label image without a scale: key ``nominal_pixel_size_nm`` of its sidecar.

    Raises
    ------
    ValueError
        If there is no sidecar, or it does not state a nominal size.
    """
    sidecar = _beside(Path(path), ".json", "meta.json")
    try:
        return float(_entries(sidecar)["nominal_pixel_size_nm"]) * 1e-9  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"no sidecar (.json) beside {str(path)!r} states a number nominal_pixel_size_nm") from error


def read_symmetry(path: Path) -> Symmetry:
    """Crystal symmetry from the sidecar of a label image: key ``symmetry``; cubic if it says nothing.

    Raises
    ------
    ValueError
        If the symmetry is none of ours.
    """
    sidecar = _beside(path, ".json", "meta.json")
    name = str(_entries(sidecar).get("symmetry", Symmetry.CUBIC.name))
    if name.upper() not in Symmetry.__members__:
        known = ", ".join(one.name.lower() for one in Symmetry)
        raise ValueError(f"{str(sidecar)!r} states the symmetry {name!r}; known are {known}")
    return Symmetry[name.upper()]


def read_orientations(path: Path, grains: Iterable[int]) -> Rotation | None:
    """Orientation of each of `grains` from the table beside a label image; None if no table gives Euler angles.

    Raises
    ------
    ValueError
        If the table gives orientations, but not of every grain, or not as numbers.
    """
    table = _beside(path, ".csv", "grains.csv")
    if table is None:
        return None
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"grain_id", *_EULER_ANGLES} <= rows[0].keys():
        return None
    try:
        angles = {int(row["grain_id"]): [float(row[name]) for name in _EULER_ANGLES] for row in rows}
        found = np.deg2rad([angles[grain] for grain in grains])
    except KeyError as error:
        raise ValueError(f"{str(table)!r} gives no orientation of grain {error.args[0]}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{str(table)!r} must give {', '.join(_EULER_ANGLES)} of every grain as numbers") from error
    if not np.isfinite(found).all():
        raise ValueError(f"{str(table)!r} must give finite {', '.join(_EULER_ANGLES)} of every grain")
    return from_bunge(found)


def _beside(path: Path, suffix: str, name: str) -> Path | None:
    """The file of the same name with another suffix, else the one called `name` in the same folder, else None."""
    return next((file for file in (path.with_suffix(suffix), path.with_name(name)) if file.is_file()), None)


def _entries(sidecar: Path | None) -> dict[str, object]:
    """Content of a sidecar; nothing if there is none.

    Raises
    ------
    ValueError
        If it is no JSON object.
    """
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8")) if sidecar else {}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{str(sidecar)!r} is not JSON in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f'{str(sidecar)!r} must hold a JSON object such as {{"pixel_size_nm": 5.6}}')
    return content


def _unknown_size(sidecar: Path) -> str:
    message = f"{str(sidecar)!r} states no number pixel_size_nm, e.g. 5.6"
    nominal = _entries(sidecar).get("nominal_pixel_size_nm")
    if isinstance(nominal, int | float):
        message += (
            f": the image has no scale. Give pixel_size, e.g. the nominal {nominal:g} nm, which the sidecar assumes "
            "(nominal_pixel_size)"
        )
    return message
