"""What happened, in a few lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fem.fields import Array
from fem.results.drawing import in_time_units, in_units
from fem.results.series import FieldSeries


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
    set_aside
        Where the folder of an earlier run was moved; None if there was none.
    """

    directory: Path
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    set_aside: Path | None = None


def describe(columns: Mapping[str, Array], series: FieldSeries, record: Mapping[str, Any]) -> list[str]:
    """Charge moved and how fast, largest PL change and where, ion numbers, demands met."""
    lines = _charge_moved(columns)
    if "PL_ratio" in series.units and len(series):
        lines.append(_largest_change(columns, series))
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


def _charge_moved(columns: Mapping[str, Array]) -> list[str]:
    charges = {
        header: v for header, v in columns.items() if header.startswith("charge ") and header.endswith("[C/m^2]")
    }
    if not charges:
        return []
    size = {header: float(np.abs(values - values[0]).max()) for header, values in charges.items()}
    most = max(size.values())
    equal = [header for header in charges if size[header] >= (1 - 1e-6) * most]
    header = max(equal, key=lambda name: float(np.sum(charges[name] - charges[name][0])))  # the positive one of a pair
    values = charges[header]
    name = header.removeprefix("charge ").removesuffix(" [C/m^2]")
    moved = values - values[0]
    largest = moved[int(np.argmax(np.abs(moved)))]
    if most == 0:
        return ["no charge has moved"]
    half, nearly = (in_time_units(time_to_share(columns["time [s]"], values, share)) for share in (0.5, 0.9))
    return [f"electrode {name} took up {1e2 * largest:.3g} µC/cm²: 50 % of it by {half}, 90 % by {nearly}"]


def _largest_change(columns: Mapping[str, Array], series: FieldSeries) -> str:
    n = len(series)
    change = np.maximum(1 - columns["PL/PL0 minimum [1]"][:n], columns["PL/PL0 maximum [1]"][:n] - 1)
    k = int(np.argmax(change))
    ratio = np.asarray(series.read("PL_ratio", k), dtype=float)
    node = int(np.nanargmax(np.abs(ratio - 1)))
    where = ", ".join(f"{axis} = {in_units(value)}" for axis, value in zip("xy", series.points[:, node], strict=True))
    mean = columns["PL/PL0 mean [1]"][n - 1]
    when = in_time_units(series.times[k])
    return (
        f"PL/PL0 went to {ratio[node]:.3g} at {where} (t = {when}); at the end the film emits {mean:.1%} of its light"
    )


def _conservation(conservation: Mapping[str, Any]) -> str:
    drift = max((abs(value) for value in conservation["relative_drift"].values()), default=0.0)
    balance = conservation["charge_balance"]
    lowest = conservation["lowest_relative_concentration"]
    least = "" if lowest is None else f", lowest concentration {lowest:.2g} of the mean"
    return f"ions conserved to {drift:.1e}, charge to {balance:.1e}{least}"
