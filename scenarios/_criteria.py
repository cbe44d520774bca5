"""Demands that several scenarios make of their outcome."""

from collections.abc import Mapping

from fem.fields import Array
from fem.results.observables import front_position
from fem.results.profiles import Side
from fem.scenario import Criterion

FRONT_THRESHOLD = 0.3  # of the quench; bare interstitials saturate at Q = 0.64


def stops_at_depletion_width(side: Side, width: float, debye: float, reach: float) -> Criterion:
    """B0: between blocking contacts the dark zone at the positive electrode ends where the depletion zone ends.

    The edge of a depletion zone is soft by a Debye length and the other double layer takes a few thermal voltages, hence
    the bounds of two Debye lengths on either side.

    Parameters
    ----------
    side
        The positive electrode.
    width, debye
        Depletion width and Debye length [m].
    reach
        Distance between the electrodes [m]; a zone without an end counts as this wide.
    """
    column = front_position(side, FRONT_THRESHOLD).column

    def measure(traces: Mapping[str, Array]) -> float:
        end = float(traces[column][-1])
        return ((reach if end != end else end) - width) / debye

    return Criterion("B0", "end of the dark zone beyond the depletion width, in Debye lengths", measure, -2.0, 2.0)
