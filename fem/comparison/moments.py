"""What moved in a run since its voltage began, and when it had gone a share of its way."""

from dataclasses import replace

import numpy as np

from fem.comparison.compared import CHARGE, LIGHT, Compared
from fem.comparison.timing import Crossing, crossing, share_reached
from fem.fields import Array

Moment = Crossing
SHARES = (0.1, 0.5, 0.9)
_LEAST_QUENCH = 1e-6  # of PL/PL0: less is round-off


def quench(run: Compared) -> Array | None:
    """Light of the film lost since the onset, under the voltage, shape (n_driven,); None without light."""
    if LIGHT not in run.quantities:
        return None
    lost = -run.change(LIGHT)
    return lost if float(np.abs(lost).max(initial=0.0)) > _LEAST_QUENCH else None


def charge(run: Compared) -> Array | None:
    """Charge moved since the onset, under the voltage [C/m^2], shape (n_driven,); None where none moves."""
    return run.change(CHARGE) if run.moves_charge else None


MOVED = {"charge": charge, "quench": quench}


def moment_of_share(run: Compared, what: str, share: float) -> Moment | None:
    """When a `share` of the final "charge" or "quench" was first reached, outputs counted from the first of the run."""
    moved = MOVED[what](run)
    found = None if moved is None else share_reached(run.elapsed[run.driven], moved, share)
    return None if found is None else replace(found, output=found.output + run.driven.start)


def time_to_share(run: Compared, what: str, share: float) -> float | None:
    """Time [s] to a `share` of the final "charge" or "quench"; None where it is not known or only a bound is."""
    found = moment_of_share(run, what, share)
    return None if found is None or found.bounded else found.time


def time_to_loss(run: Compared, loss: float) -> float | None:
    """Time [s] until the film has lost the part `loss` of its light; None where it is not known or only a bound is."""
    lost = quench(run)
    found = None if lost is None else crossing(run.elapsed[run.driven], lost, loss)
    return None if found is None or found.bounded else found.time


def at_half_quench(run: Compared) -> Moment | None:
    """When half of the final quench is there."""
    return moment_of_share(run, "quench", 0.5)


def at_end(run: Compared) -> Moment:
    """Last output under the voltage."""
    return Crossing(float(run.elapsed[run.driven.stop - 1]), run.driven.stop - 1, 0.0)
