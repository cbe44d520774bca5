"""Levels of a voltage or of the light, one after the other, with outputs that are dense after each change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from fem.fields import Array
from fem.physics.drives.drive import Drive, table
from fem.scenario import logarithmic_times


def in_turn(levels: Sequence[float], durations: Sequence[float], rise: float = 0.0) -> Drive:
    """`levels` one after the other from t = 0 on, each for its duration [s] and the last for ever; 0 before.

    Parameters
    ----------
    rise
        How long a change takes, as a straight line [s]; 0 for a jump.
    """
    starts = [0.0, *accumulate(durations[:-1])]
    times = [time + late for time in starts for late in (0.0, rise)]
    return table(times, [0.0, *(level for level in levels for _ in (0, 1))][:-1])


def times_of(durations: Sequence[float], first: float, per_decade: int) -> Array:
    """Outputs of stages of these durations [s]: 0, then so many per decade from `first` after each change on."""
    starts = [0.0, *accumulate(durations[:-1])]
    since = [logarithmic_times(first, last, per_decade)[1:] for last in durations]
    return np.concatenate([[0.0], *(start + each for start, each in zip(starts, since, strict=True))])


@dataclass(frozen=True)
class Stages:
    """Voltages held for the same time each, from t = 0 on; 0 V before.

    Parameters
    ----------
    voltages
        One after the other [V].
    hold
        How long each is held [s].
    first
        First output after each change [s].
    per_decade
        Outputs per decade of the time since the change.
    rise
        How long a change takes, as a straight line [s]; 0 for a jump.
    """

    voltages: tuple[float, ...]
    hold: float
    first: float
    per_decade: int = 4
    rise: float = 0.0

    @property
    def drive(self) -> Drive:
        """The voltages over time."""
        told = f"{', '.join(f'{value:g} V' for value in self.voltages)}, {self.hold:g} s each"
        return replace(in_turn(self.voltages, self._durations, self.rise), description=told)

    @property
    def times(self) -> Array:
        """Output times [s]: 0, then as many in each stage, the last of them at its end."""
        return times_of(self._durations, self.first, self.per_decade)

    @property
    def since(self) -> Array:
        """Output times of a stage, counted from its beginning [s], shape (n,)."""
        return logarithmic_times(self.first, self.hold, self.per_decade)[1:]

    def within(self, values: Array, stage: int) -> Array:
        """The part of a time series that was measured in a stage, shape (n,)."""
        count = len(self.since)
        return values[1 + stage * count : 1 + (stage + 1) * count]

    @property
    def _durations(self) -> list[float]:
        return [self.hold] * len(self.voltages)
