"""What is demanded of films under alternating voltages (B11)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.scenario import Criterion

Traces = Mapping[str, Array]
DRIFTS = ("drift bromide with stores [1]", "drift chloride with stores [1]")
PEAK, BLUEST, CHANGE = "peak energy [eV]", "bluest peak [eV]", "share mean change [1]"
_CONSERVED = 1e-10
_NULL = 1e-3  # mean change of x that blocked electrodes allow
_WINDOW = 5e-3  # [eV] on either side of the peak at the start, 1 nm at 466 nm (assumption)
_SHARE = 0.01  # of the change under a held voltage
_FAST = 0.04  # longest period over the time of the film that counts as fast


@dataclass(frozen=True)
class Stabilised:
    """A film under an alternating voltage, beside the same under a held voltage and one that blocks halides.

    Parameters
    ----------
    period
        Of the voltage [s].
    held, blocked
        What the columns of the other two films end with.
    """

    period: float
    held: str
    blocked: str

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B11 for a film with stores."""
        return (
            self._conserved,
            Criterion("B11", "period over the time in which a held voltage does most of its work", self.pace,
                      upper=_FAST),
            Criterion("B11", "largest shift of a peak, alternating voltage [eV]", self.shift, upper=_WINDOW),
            Criterion("B11", "largest shift of a peak, held voltage [eV]", self.shift_held, lower=10 * _WINDOW),
            Criterion("B11", "mean change of x under the alternating voltage over that under the held one", self.share,
                      upper=_SHARE),
            Criterion("B11", "largest mean change of x, halides blocked",
                      lambda c: float(c[f"share mean change, {self.blocked} [1]"].max()), upper=_NULL),
        )  # fmt: skip

    @property
    def criteria_blocked(self) -> tuple[Criterion, ...]:
        """B11 for a film whose electrodes block halides."""
        return (
            self._conserved,
            Criterion("B11", "largest shift of a peak, alternating voltage [eV]", self.shift, upper=_WINDOW),
            Criterion("B11", "largest mean change of x, halides blocked",
                      lambda c: float(c[CHANGE].max()), upper=_NULL),
        )  # fmt: skip

    @property
    def _conserved(self) -> Criterion:
        return Criterion("B11", "largest drift of a halide in film and stores", self.drift, upper=_CONSERVED)

    def drift(self, traces: Traces) -> float:
        """Largest relative change of either halide in film and stores."""
        return float(max(np.abs(traces[name]).max() for name in DRIFTS))

    def shift(self, traces: Traces) -> float:
        """Largest shift of the highest or the bluest peak [eV]."""
        return _shift(traces[PEAK], traces[BLUEST])

    def shift_held(self, traces: Traces) -> float:
        """The same under the held voltage [eV]."""
        return _shift(*(traces[f"{name}, {self.held} [eV]"] for name in ("peak", "bluest")))

    def share(self, traces: Traces) -> float:
        """Largest mean change of x over the largest under the held voltage."""
        return float(traces[CHANGE].max() / traces[f"share mean change, {self.held} [1]"].max())

    def pace(self, traces: Traces) -> float:
        """The period over the time at which the held voltage has made 1 - 1/e of its largest mean change of x."""
        change, time = traces[f"share mean change, {self.held} [1]"], traces["time [s]"]
        first = int(np.argmax(change >= (1.0 - np.exp(-1.0)) * change.max()))
        reached = np.interp((1.0 - np.exp(-1.0)) * change.max(), change[first - 1 : first + 1],
                            time[first - 1 : first + 1])  # fmt: skip
        return float(self.period / reached)


def _shift(*columns: Array) -> float:
    return max(float(np.abs(one - one[0]).max()) for one in columns)
