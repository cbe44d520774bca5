"""Voltages that are held one after the other, with outputs that are dense after each change."""

from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from fem.fields import Array
from fem.physics.drives.drive import Drive, table
from fem.scenario import logarithmic_times


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
        jumps = [time + late for time in self._starts for late in (0.0, self.rise)]
        steps = table(jumps[:-1], [0.0, *(value for value in self.voltages for _ in (0, 1))])
        return replace(
            steps, description=f"{', '.join(f'{value:g} V' for value in self.voltages)}, {self.hold:g} s each"
        )

    @property
    def times(self) -> Array:
        """Output times [s]: 0, then as many in each stage, the last of them at its end."""
        return np.concatenate([[0.0], *(start + self.since for start in self._starts[:-1])])

    @property
    def since(self) -> Array:
        """Output times of a stage, counted from its beginning [s], shape (n,)."""
        return logarithmic_times(self.first, self.hold, self.per_decade)[1:]

    def within(self, values: Array, stage: int) -> Array:
        """The part of a time series that was measured in a stage, shape (n,)."""
        count = len(self.since)
        return values[1 + stage * count : 1 + (stage + 1) * count]

    @property
    def _starts(self) -> list[float]:
        """Beginning of each stage and the end of the last [s]."""
        return list(accumulate([self.hold] * len(self.voltages), initial=0.0))
