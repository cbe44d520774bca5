"""Demands that several scenarios make of their outcome."""

from collections.abc import Mapping

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.scenario import Criterion, Observable


def depletion_zone(model: PoissonNernstPlanck, depletion: Observable, end_time: float) -> tuple[Criterion, ...]:
    """B0: between blocking contacts the ions leave no wider zone than the depletion width, and no narrower one.

    The edge of a depletion zone is soft by a Debye length and the other double layer takes a few thermal voltages,
    hence the bound of one Debye length on either side for the place where half of the vacancies have left. Nothing is
    demanded without a voltage, of a run that ends before the grains have had the time to charge, or where the depletion
    zone and the double layers do not fit between the electrodes side by side.

    Parameters
    ----------
    model
        The film.
    depletion
        Depletion depth from the positive electrode.
    end_time
        End of the run [s].
    """
    scales = model.scale_report()
    fits = scales.depletion_width + 2 * scales.debye_length <= scales.gap
    if scales.largest_voltage == 0 or end_time < scales.slowest_time or not fits:
        return ()

    def measure(traces: Mapping[str, Array]) -> float:
        return (float(traces[depletion.column][-1]) - scales.depletion_width) / scales.debye_length

    quantity = "end of the depleted zone beyond the depletion width, in Debye lengths"
    return (Criterion("B0", quantity, measure, -1.0, 1.0),)
