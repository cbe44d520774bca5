"""What is demanded of a film whose emission a voltage splits (B10)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.measurements.segregation import time_to_recover
from fem.scenario import Criterion
from scenarios.parts.out_and_back import OutAndBack

Traces = Mapping[str, Array]
CHANGE, LARGEST = "share mean change [1]", "share largest change [1]"
BLUEST, PEAKS, FUNNELLED = "bluest peak [eV]", "peaks [1]", "funnelled mean energy [eV]"
DRIFTS = ("drift iodide with stores [1]", "drift bromide with stores [1]")
_CONSERVED = 1e-10
_NULL = 1e-3  # change of x that blocked electrodes allow an ideal mixture
_BLUE, _RED = 0.1, -0.01  # [eV] least shifts of the bluest peak and, with funnelled carriers, of the mean
_UNDONE = 0.5  # of the change that a reverse bias may leave
_AT_REST = (0.3, 3.0)  # half-life of the change at rest over L^2 / (pi^2 D)


@dataclass(frozen=True)
class Splitting:
    """A film under a voltage, and under what follows it.

    Parameters
    ----------
    voltages
        The two voltages.
    relaxation
        L^2 / (pi^2 D) of the film [s], D its interdiffusion coefficient.
    twin
        Columns with the mean and the largest change of x in the blocked twin, and the largest beyond a Debye length
        from its electrodes; None for a film that is not supplied with halides.
    """

    voltages: OutAndBack
    relaxation: float
    twin: tuple[str, str, str] | None = None

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B10 for a film with stores."""
        return (
            self._conserved,
            *self._null(*(self.twin or (CHANGE, LARGEST))[:2]),
            *self._inside,
            Criterion("B10", "peaks of the spectrum at the end of the drive", lambda c: self._end(c, PEAKS), 2.0),
            Criterion("B10", "shift of the bluest peak during the drive [eV]", lambda c: self.shift(c, BLUEST), _BLUE),
            Criterion("B10", "shift of the mean energy during the drive, funnelled carriers [eV]",
                      lambda c: self.shift(c, FUNNELLED), upper=_RED),
            *self._afterwards,
        )  # fmt: skip

    @property
    def criteria_blocked(self) -> tuple[Criterion, ...]:
        """B10 for a film whose electrodes block halides: no visible change."""
        return (self._conserved, *self._null(CHANGE, LARGEST))

    @property
    def _conserved(self) -> Criterion:
        return Criterion("B10", "largest drift of a halide in film and stores", self.drift, upper=_CONSERVED)

    def _null(self, mean: str, largest: str) -> tuple[Criterion, ...]:
        """An ideal mixture stays mixed: as a whole at any time, everywhere when the double layers have formed.

        A voltage that is reversed sweeps vacancies out of a layer of less than a nanometre where they had piled up; it
        stays as they leave it, richer in the faster halide, and counts for the mean only.
        """
        return (
            Criterion("B10", "mean change of x at any time, halides blocked",
                      lambda c: float(c[mean].max()), upper=_NULL),
            Criterion("B10", "largest change of x at the end of the drive, halides blocked",
                      lambda c: self._end(c, largest), upper=_NULL),
        )  # fmt: skip

    @property
    def _inside(self) -> tuple[Criterion, ...]:
        """Everywhere at any time, but for the layers that the electrodes themselves charge."""
        if self.twin is None:
            return ()
        inside = self.twin[2]
        return (Criterion("B10", "largest change of x at any time beyond a Debye length from blocking electrodes",
                          lambda c: float(c[inside].max()), upper=_NULL),)  # fmt: skip

    @property
    def _afterwards(self) -> tuple[Criterion, ...]:
        if self.voltages.reverses:
            return (Criterion("B10", "change of x left by the reverse bias, over that of the drive", self.left,
                              upper=_UNDONE),)  # fmt: skip
        if self.voltages.return_bias != 0 or self.voltages.return_time < _AT_REST[1] * self.relaxation:
            return ()
        return (Criterion("B10", "half-life of the change at rest over L^2 / (pi^2 D)", self.half_life, *_AT_REST),)

    def drift(self, traces: Traces) -> float:
        """Largest relative change of either halide in film and stores."""
        return float(max(np.abs(traces[name]).max() for name in DRIFTS))

    def shift(self, traces: Traces, column: str) -> float:
        """Change of a column during the drive."""
        return self._end(traces, column) - float(traces[column][0])

    def left(self, traces: Traces) -> float:
        """Mean change of x at the end of the run over that at the end of the drive."""
        return float(traces[CHANGE][-1]) / self._end(traces, CHANGE)

    def half_life(self, traces: Traces) -> float:
        """Time until half of the mean change is gone over the film's relaxation time."""
        after = traces["time [s]"] >= self.voltages.drive_time
        return time_to_recover(traces["time [s]"][after], traces[CHANGE][after]) / self.relaxation

    def _end(self, traces: Traces, column: str) -> float:
        """Value at the end of the drive."""
        last = int(np.flatnonzero(traces["time [s]"] <= self.voltages.drive_time)[-1])
        return float(traces[column][last])
