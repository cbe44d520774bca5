"""What is demanded of nanocrystals in layers (B16)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.scenario import Criterion

Traces = Mapping[str, Array]
MOVED, LOST = "chloride moved between crystals", "chloride lost"
BLOCKED = "halides blocked"  # what the columns of a film end with whose electrodes take nothing
DRIFTS = ("drift bromide with stores [1]", "drift chloride with stores [1]")
_CONSERVED = 1e-10
_ALIKE = 0.1  # by which a ratio may miss what is expected
_STILL = 1e-10  # change of one crystal, as a share


@dataclass(frozen=True)
class Layers:
    """Crystals in a row along the field, against one and against two of them.

    Parameters
    ----------
    count
        Number of crystals in a row.
    oxidised
        Whether an electrode takes chloride.
    """

    count: int
    oxidised: bool

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """B16: what moves grows with the number of gaps, what is oxidised does not depend on it."""
        conserved = Criterion("B16", "largest drift of a halide", self.drift, upper=_CONSERVED)
        if self.oxidised:
            return (
                conserved,
                Criterion("B16", "chloride lost over that lost by one layer",
                          lambda c: _last(c, LOST) / _last(c, f"{LOST}, 1 in a row"), 1 - _ALIKE, 1 + _ALIKE),
                Criterion("B16", "chloride lost, halides blocked",
                          lambda c: float(np.abs(c[f"{LOST}, {BLOCKED} [1]"]).max()), upper=_STILL),
            )  # fmt: skip
        alone = (conserved, Criterion("B16", "change of a single layer", self.single, upper=_STILL))
        if self.count < 2:
            return alone
        return (
            *alone,
            Criterion("B16", "chloride moved over that between two layers times the gaps", self.per_gap,
                      1 - _ALIKE, 1 + _ALIKE),
        )  # fmt: skip

    def drift(self, traces: Traces) -> float:
        """Largest relative change of either halide in film and stores."""
        return float(max(np.abs(traces[name]).max() for name in DRIFTS))

    def single(self, traces: Traces) -> float:
        """Largest part of its chloride that a single layer has lost or gained."""
        return float(np.abs(traces[f"{LOST}, 1 in a row [1]"]).max())

    def per_gap(self, traces: Traces) -> float:
        """Chloride moved at the end, over (count - 1) times that between two crystals."""
        return _last(traces, MOVED) / ((self.count - 1) * _last(traces, f"{MOVED}, 2 in a row"))


def _last(traces: Traces, name: str) -> float:
    return float(traces[f"{name} [1]"][-1])
