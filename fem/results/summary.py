"""What happened, in a few lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem.fields import Array
from fem.observables.observables import charge_moved
from fem.pictures.drawing import in_time_units
from fem.scenario import Scenario
from fem.storage.series import FieldSeries

_FACTOR = 2.0  # PL/PL0 above which a factor is easier to read than per cent
_DARK, _BRIGHT = 0.5, 1.1  # PL/PL0 beyond which an area counts as dark or bright


@dataclass(frozen=True)
class Summary:
    """Outcome of a run.

    Parameters
    ----------
    directory
        The results folder.
    lines
        What happened, for people.
    warnings
        What is to be doubted.
    failed
        The checks among them that the run failed (see :mod:`fem.results.checks`).
    set_aside
        Where the folder of an earlier run was moved; None if there was none.
    """

    directory: Path
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    set_aside: Path | None = None


def describe(
    scenario: Scenario, columns: Mapping[str, Array], series: FieldSeries, record: Mapping[str, Any]
) -> list[str]:
    """Charge moved and how fast, light left and on how much of the area, ion numbers, demands met."""
    lines = [_charge_moved(scenario, columns)]
    if "PL_ratio" in series.units and len(series):
        lines.append(_light_left(columns, series))
    lines.append(_conservation(record["conservation"]))
    criteria: Sequence[Mapping[str, object]] = record["criteria"]
    if criteria:
        failed = [str(item["id"]) for item in criteria if item["verdict"] != "pass"]
        met = f"criteria: {len(criteria) - len(failed)} of {len(criteria)} met"
        lines.append(met + (f"; not met: {', '.join(failed)}" if failed else ""))
    return lines


def time_to_share(times: Array, values: Array, share: float) -> float:
    """First time [s] at which `share` of the largest change since the start has happened, linear between outputs."""
    moved = np.abs(values - values[0])
    target = share * moved.max()
    k = int(np.argmax(moved >= target))
    if k == 0:
        return float(times[0])
    part = (target - moved[k - 1]) / (moved[k] - moved[k - 1])
    return float(times[k - 1] + part * (times[k] - times[k - 1]))


def _charge_moved(scenario: Scenario, columns: Mapping[str, Array]) -> str:
    moved = charge_moved(scenario, columns)
    size = {name: float(np.abs(values).max()) for name, values in moved.items()}
    if not any(size.values()):
        return "no charge has moved"
    equal = [name for name in moved if size[name] >= (1 - 1e-6) * max(size.values())]
    name = max(equal, key=lambda one: float(moved[one].sum()))  # the positive one of a pair
    largest = moved[name][int(np.argmax(np.abs(moved[name])))]
    half, nearly = (in_time_units(time_to_share(columns["time [s]"], moved[name], share)) for share in (0.5, 0.9))
    way = "took up" if largest > 0 else "gave off"
    return f"electrode {name} {way} {1e2 * abs(largest):.3g} µC/cm²: 50 % of it by {half}, 90 % by {nearly}"


def _light_left(columns: Mapping[str, Array], series: FieldSeries) -> str:
    """Light and area, neither of which a single dark cell can change."""
    mean, ratio = columns["PL/PL0 mean [1]"][: len(series)], np.asarray(series.read("PL_ratio", -1), dtype=float)
    k = int(np.argmax(np.abs(mean - 1)))
    most = f"{'least' if mean[k] < 1 else 'most'}: {_compared(mean[k]).removesuffix(' of')}"
    extreme = f" ({most} at {in_time_units(series.times[k])})"
    areas = node_areas(series.points, series.triangles)
    parts = [f"{_share_of_area(areas, ratio < _DARK)} of its area is darker than PL/PL0 = {_DARK:g}"]
    if (ratio > _BRIGHT).any():
        parts.append(f"{_share_of_area(areas, ratio > _BRIGHT)} brighter than {_BRIGHT:g}")
    light = f"the film emits {_compared(mean[-1])} its light at the end"
    turned = _compared(mean[k]) != _compared(mean[-1])
    return light + (extreme if turned else "") + "; " + ", ".join(parts)


def node_areas(points: Array, triangles: NDArray[np.int64]) -> Array:
    """Area that each node stands for [m^2], a third of its triangles, shape (n_nodes,)."""
    a, b, c = (points[:, corner].astype(float) for corner in triangles.T)
    areas = 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
    return np.asarray(np.bincount(triangles.ravel(), np.repeat(areas / 3, 3), points.shape[1]), dtype=float)


def _share_of_area(areas: Array, chosen: NDArray[np.bool_]) -> str:
    share = float(areas[chosen].sum() / areas.sum())
    if 0 < share < 0.005:
        return "less than 1 %"
    return _percent(share, 0) if share else "none"


def _compared(share: float) -> str:
    """As "80.3 % of"; a factor where there is more than twice as much."""
    return f"{share:.3g} times" if share > _FACTOR else f"{_percent(share, 1)} of"


def _percent(share: float, digits: int) -> str:
    return f"{100 * share:.{digits}f} %"


def _conservation(conservation: Mapping[str, Any]) -> str:
    drifts = [abs(value) for value in conservation["relative_drift"].values()]
    restored = conservation["restored_to_round_off"]
    back = f" after {restored:.1e} lost to round-off was put back" if restored else ""
    ions = f"ions conserved to {max(drifts):.1e}{back}, charge" if drifts else "charge conserved"
    lowest = conservation["lowest_relative_concentration"]
    known = lowest is not None and np.isfinite(lowest)
    least = f", lowest concentration {lowest:.2g} of the mean" if known else ""
    return f"{ions} to {conservation['charge_balance']:.1e}{least}"
