"""What is demanded of a film whose halides light segregates (B18)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.scenario import Criterion
from scenarios.parts.lit_film import LightStages

Traces = Mapping[str, Array]
NARROWEST, REDDEST = "narrowest gap [eV]", "reddest peak [eV]"
DRIFTS = ("drift iodide with stores [1]", "drift bromide with stores [1]")
LATERAL, VERTICAL = "spread of share along x [1]", "spread of share along y [1]"
_CONSERVED = 1e-10
_STABLE = 5e-3  # [eV] by which the narrowest gap may still move in the dark, and the reddest peak in weak light
_SEGREGATED = 0.1  # [eV] least shift of the reddest peak in strong light
_RECOVERED = 0.05  # of that shift which the dark may leave
_PURE = 0.02  # [eV] by which the narrowest gap of a passivated film may move in any light
_DARK, _WEAK, _STRONG, _AFTER = range(4)


@dataclass(frozen=True)
class LightSegregation:
    """A film in the dark, in weak light, in strong light and in the dark again.

    Parameters
    ----------
    stages
        The four.
    twin
        Column with the narrowest gap of the passivated twin; empty if there is none.
    """

    stages: LightStages
    twin: str = ""

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B18 for a film with pristine boundaries."""
        return (
            *self._everywhere,
            Criterion("B18", "shift of the reddest peak in weak light [eV]",
                      lambda c: abs(self._shift(c, REDDEST, _WEAK)), upper=_STABLE),
            Criterion("B18", "shift of the reddest peak in strong light [eV]",
                      lambda c: -self._shift(c, REDDEST, _STRONG), _SEGREGATED),
            Criterion("B18", "part of that shift left by the dark", self.left, -_RECOVERED, _RECOVERED),
            Criterion("B18", "largest shift of the narrowest gap at any time, passivated boundaries [eV]",
                      lambda c: float(np.ptp(c[self.twin])), upper=_PURE),
        )  # fmt: skip

    @property
    def criteria_passivated(self) -> tuple[Criterion, ...]:
        """B18 for a film whose boundaries draw nothing."""
        return (
            *self._everywhere,
            Criterion("B18", "largest shift of the narrowest gap at any time, passivated boundaries [eV]",
                      lambda c: float(np.ptp(c[NARROWEST])), upper=_PURE),
        )  # fmt: skip

    @property
    def _everywhere(self) -> tuple[Criterion, ...]:
        return (
            Criterion("B18", "largest drift of a halide",
                      lambda c: float(max(np.abs(c[name]).max() for name in DRIFTS)), upper=_CONSERVED),
            Criterion("B18", "shift of the narrowest gap in the second half of the first dark [eV]", self.settled,
                      upper=_STABLE),
        )  # fmt: skip

    def settled(self, traces: Traces) -> float:
        """How far the narrowest gap still moves in the second half of the dark before the light."""
        time, end = traces["time [s]"], self.stages.durations[_DARK]
        late = (time >= 0.5 * end) & (time <= end)
        return float(np.ptp(traces[NARROWEST][late]))

    def left(self, traces: Traces) -> float:
        """Shift of the reddest peak that is left at the end, over that in strong light."""
        return self._shift(traces, REDDEST, _AFTER) / self._shift(traces, REDDEST, _STRONG)

    def _shift(self, traces: Traces, column: str, stage: int) -> float:
        """Change of a column from the end of the first dark to the end of a stage."""
        time, values = traces["time [s]"], traces[column]
        return self.stages.at_end(time, values, stage) - self.stages.at_end(time, values, _DARK)
