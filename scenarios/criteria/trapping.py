"""What light from grain boundaries says about the ions there: fast paths, traps, both or neither."""

from collections.abc import Callable, Mapping
from math import inf

import numpy as np

from fem.fields import Array
from fem.observables.light_observables import mean_quench
from fem.scenario import Criterion
from scenarios.parts.boundary_contrast import BoundaryContrast
from scenarios.parts.trapping_films import Role

Traces = Mapping[str, Array]
EARLY = 0.1  # of the largest quench
NONE = 0.05  # contrasts that count as none
CLEAR = 0.5  # contrasts of which one can be sure


def at_rest(contrast: BoundaryContrast, traces: Traces) -> float:
    """Contrast of the emission before the voltage."""
    return float(traces[contrast.columns[0].column][0])


def early(contrast: BoundaryContrast, traces: Traces) -> float:
    """Contrast of PL/PL0 when the film has lost a tenth of what it will lose."""
    lost = traces[mean_quench().column]
    k = int(np.argmax(lost >= EARLY * lost.max()))
    two = slice(max(k - 1, 0), k + 1)
    return float(np.interp(EARLY * lost.max(), lost[two], traces[contrast.columns[1].column][two]))


def strongest(contrast: BoundaryContrast, traces: Traces) -> float:
    """The largest contrast of PL/PL0 of the whole run, with its sign."""
    values = traces[contrast.columns[1].column]
    return float(values[np.argmax(np.abs(values))])


def contrast_demands(role: Role, contrast: BoundaryContrast) -> tuple[Criterion, ...]:
    """F2: dark at rest where boundaries bind; early contrast where they are fast; none where they are like grains."""

    def demand(quantity: str, measure: Callable[[BoundaryContrast, Traces], float], *limits: float) -> Criterion:
        return Criterion("F2", quantity, lambda traces: measure(contrast, traces), *limits)

    rest = demand("contrast of boundaries at rest", at_rest, *((-inf, -CLEAR) if role.binds else (-NONE, NONE)))
    soon = "contrast of PL/PL0 when a tenth of the quench has come"
    if role is Role.NEITHER:
        return rest, demand("strongest contrast of PL/PL0", strongest, -NONE, NONE)
    if role is Role.FAST:
        end = demand("contrast of PL/PL0 at the end", lambda c, t: float(t[c.columns[1].column][-1]), -NONE, NONE)
        return rest, demand(soon, early, -inf, -CLEAR), end
    return rest, demand(soon, early, *((CLEAR, inf) if role is Role.BOTH else (-CLEAR, CLEAR)))
