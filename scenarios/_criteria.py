"""Demands that several scenarios make of their outcome."""

from collections.abc import Mapping

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.scenario import Criterion, Observable


def depletion_zone(model: PoissonNernstPlanck, front: Observable, end_time: float) -> tuple[Criterion, ...]:
    """B0: between blocking contacts the dark zone at the positive electrode ends where the depletion zone ends.

    The edge of a depletion zone is soft by a Debye length and the other double layer takes a few thermal voltages,
    hence the bound of one Debye length on either side for the place where half of the vacancies have left. Nothing is
    demanded without a voltage, or of a run that ends before the grains have had the time to charge.

    Parameters
    ----------
    model
        The film.
    front
        The front from the positive electrode, at the quench of :func:`scenarios._parameters.half_depleted_quench`.
    end_time
        End of the run [s].
    """
    scales = model.scale_report(end_time)
    if scales.largest_voltage == 0 or end_time < scales.slowest_time:
        return ()

    def measure(traces: Mapping[str, Array]) -> float:
        end = float(traces[front.column][-1])
        whole = end != end  # NaN: the zone has no end
        return ((scales.gap if whole else end) - min(scales.depletion_width, scales.gap)) / scales.debye_length

    quantity = "end of the dark zone beyond the depletion width, in Debye lengths"
    return (Criterion("B0", quantity, measure, -1.0, 1.0),)
