"""When something happened: crossings of a level between outputs, with the outputs they lie between."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from fem.fields import Array

_LEAST_SHARE = 0.05  # of the largest excursion: a smaller final change is the rest of something larger


@dataclass(frozen=True)
class Crossing:
    """Where a series first reaches a level.

    Parameters
    ----------
    time
        By a monotone cubic over the logarithm of time [s]; linear where the first interval begins at zero.
    output
        Number of the output before it.
    weight
        Share of the next output in a map that is interpolated there, between 0 and 1.
    bounded
        Whether it happened before the first output after the start, so that `time` is only the latest it can be.
    """

    time: float
    output: int
    weight: float
    bounded: bool = False


def crossing(times: Array, values: Array, level: float) -> Crossing | None:
    """First time [s] at which `values`, which start at zero, reach `level` on its side of zero; None if they do not."""
    reached = np.flatnonzero(values * np.sign(level) >= abs(level))
    if level == 0 or not len(reached) or reached[0] == 0:
        return None
    k = int(reached[0])
    weight = float((level - values[k - 1]) / (values[k] - values[k - 1]))
    return Crossing(_reached(times, values, level, k), k - 1, weight, k == 1)


def _reached(times: Array, values: Array, level: float, k: int) -> float:
    """Time [s] between outputs k-1 and k; a change that slows down is missed by percents between straight lines."""
    if times[k - 1] <= 0:
        return float(times[k - 1] + (level - values[k - 1]) / (values[k] - values[k - 1]) * (times[k] - times[k - 1]))
    first = int(np.argmax(times > 0))
    near = slice(max(first, k - 3), k + 3)
    curve = PchipInterpolator(np.log(times[near]), values[near])
    found = brentq(lambda u: float(curve(u)) - level, np.log(times[k - 1]), np.log(times[k]))
    return float(np.exp(found))


def at_time(times: Array, time: float) -> Crossing | None:
    """Where `time` [s] lies among `times`, by their logarithms; None if outside."""
    if not times[0] <= time <= times[-1] * (1 + 1e-12):
        return None
    k = int(np.clip(np.searchsorted(times, time, side="right"), 1, len(times) - 1))
    start, end, here = np.log([times[k - 1], times[k], time]) if times[k - 1] > 0 else (times[k - 1], times[k], time)
    return Crossing(time, k - 1, float(np.clip((here - start) / (end - start), 0.0, 1.0)))


def share_reached(times: Array, values: Array, share: float) -> Crossing | None:
    """When `share` of the last of `values`, which start at zero, was first reached; None if nothing lasting changes."""
    final = float(values[-1])
    if not np.isfinite(values).all() or abs(final) <= _LEAST_SHARE * float(np.abs(values).max()):
        return None
    return crossing(times, values, share * final)


def front_speed(times: Array, positions: Array) -> tuple[float, float] | None:
    """Largest reach of a front [m] and its mean speed [m/s] from 10 % to 90 % of it; None where none advances.

    The `positions` [m] are NaN while there is no front; it starts at zero reach at the first of the `times` [s].
    """
    depth = np.where(np.isfinite(positions), positions, 0.0)
    top = int(np.argmax(depth))
    if not depth[top] > 0 or top == 0:
        return None
    depth[0] = 0.0
    early, late = (crossing(times, depth, share * depth[top]) for share in (0.1, 0.9))
    if early is None or late is None or early.output == late.output:
        return None
    return float(depth[top]), float(0.8 * depth[top] / (late.time - early.time))
