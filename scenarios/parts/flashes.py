"""Photoluminescence after flashes: a protocol of single flashes, and the light that each of them gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import total_emission
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, rest
from fem.physics.light.illumination import light_protocol

_OUTPUTS = (0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)  # ends of outputs over the width of a flash


@dataclass(frozen=True)
class Flashes:
    """Flashes of light 1 at some times, dark between them.

    Parameters
    ----------
    starts
        When they begin [s], rising, shape (n,).
    width
        How long each lasts [s].
    """

    starts: Array
    width: float

    @property
    def light(self) -> Drive:
        """Intensity over time."""
        entries, now = [], 0.0
        for start in self.starts:
            entries += [rest(float(start) - now), hold(1.0, self.width)]
            now = float(start) + self.width
        return light_protocol([*entries, rest(self.width)])

    @property
    def times(self) -> Array:
        """Outputs of every flash [s], shape (n, n_outputs): its beginning first."""
        return self.starts[:, None] + self.width * np.array([0.0, *_OUTPUTS])

    def yields(self, traces: Mapping[str, Array]) -> Array:
        """Light that each flash gives over that of the first, shape (n,)."""
        time, light = traces["time [s]"], traces[total_emission().column]
        found = []
        for window in self.times:
            first = int(np.searchsorted(time, window[0] - 0.1 * self.width))
            part = slice(first, first + len(window))
            found.append(float(np.trapezoid(light[part], time[part])))
        return np.array(found) / found[0]
