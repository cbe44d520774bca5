"""A film that heats itself and its substrate by its electrical power.

The power is ``P = sum_c V_c I_c / w`` per area, with the currents I_c per metre of depth and the width w of the device
over its substrate; light and field energy are not counted. The temperature follows the body that takes up the heat
(:mod:`fem.physics.heat`) exactly for a power that is a straight line over each time step. Everything that
depends on temperature (hopping, kT/e, bands, contacts) is that of one model per stretch of time, made for the middle of
the temperatures on it; how the power changed from the last model to this one tells how it changes within the stretch.
By both the temperature is of second order in ``largest_change``. From stretch to stretch the potential [V] and the
number of particles of each node go over, and carriers settle.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from fem.coupled.system import CoupledSystem
from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import Cursor
from fem.numerics.sparse_direct import SolverError
from fem.output_state import LinearWork, carriers_settled, driven_from
from fem.physics.heat.heat_balance import HeatBalance
from fem.physics.heat.heat_modes import HeatedBody
from fem.restart import Warmth
from fem.state import State

_SAME = 1e-9  # of the largest change: temperatures that need no model of their own
_TELLING = 1e-2  # of the largest change: what the power does over less is not much above its errors
_BEYOND = 1.0 + 1e-6  # of half the largest change: round-off does not end a stretch


@dataclass(frozen=True)
class SelfHeating:
    """How the temperature of a film goes on; without heat in the `model` nothing of it happens.

    Parameters
    ----------
    model
        The film as stated, at the temperature of the start.
    """

    model: PoissonNernstPlanck

    @property
    def begun(self) -> Warmth | None:
        """Warmth at the start, before anything is driven."""
        if self.model.heat is None:
            return None
        cold = self.model.temperature
        parts = self._heat.modes.shares * (cold - self._heat.ambient)
        return Warmth(cold, 0.0, cold, 0.0, profile=tuple(parts[1:].tolist()))

    def film(self, warmth: Warmth | None) -> PoissonNernstPlanck:
        """The model that is being solved."""
        return self.model if warmth is None else self._at(warmth.solved_at)

    def renewed(
        self, film: PoissonNernstPlanck, cursor: Cursor, warmth: Warmth | None, work: LinearWork
    ) -> tuple[PoissonNernstPlanck, Cursor, Warmth | None]:
        """Film, cursor and warmth for the next stretch, where the last one has ended; carriers settle by `work`.

        Raises
        ------
        SolverError
            If the film has become hotter than its heat allows.
        """
        if warmth is None or warmth.due > cursor.elapsed:
            return film, cursor, warmth
        time, opens = cursor.elapsed, cursor.previous_step == 0
        driven, values = driven_from(film, cursor.origin), cursor.values
        power = self._power(driven, time, values) if opens else warmth.power
        slope = 0.0 if opens else warmth.slope
        middle, duration = self._next(replace(warmth, power=power, slope=slope), cursor.time)
        moved = middle - warmth.solved_at
        if moved:
            before, old, film = film, driven, self._at(middle)
            driven = driven_from(film, cursor.origin)
            values = driven.hold_algebraic(time, carried_over(before.unknowns, film.unknowns, values))
            if driven.unknowns.carrier_exchanges and not opens:
                settled = carriers_settled(old, time, cursor.values, work)
                values = carriers_settled(driven, time, values, work)
                gained = self._power(driven, time, values) - self._power(old, time, settled)
                power += gained
                slope = gained / moved if abs(moved) > _TELLING * self._heat.largest_change else slope
        warmth = replace(warmth, power=power, solved_at=middle, due=time + duration, slope=slope)
        return film, replace(cursor, values=values), warmth

    def _next(self, warmth: Warmth, time: float) -> tuple[float, float]:
        """Temperature [K] of the model of the stretch that begins at `time` [s], and how long it lasts [s]."""
        way, duration = self._balance(warmth).stretch(self._parts(warmth), warmth.power)
        middle = warmth.temperature + (way if duration == inf else 0.5 * way)
        if middle > self._heat.hottest:
            raise SolverError(
                f"the film heats itself beyond {self._heat.hottest:g} K at t = {time:.4g} s ({warmth.power:.3g} W/m^2):"
                " lower the voltage, improve the cooling (transfer) or raise the limit (hottest)"
            )
        same = abs(middle - warmth.solved_at) <= _SAME * self._heat.largest_change
        return (warmth.solved_at if same else middle), duration

    def ends(self, warmth: Warmth | None, elapsed: float) -> bool:
        """Whether a stretch ends at `elapsed` [s] since the last break of a drive."""
        return warmth is not None and warmth.due <= elapsed

    def broken(self, warmth: Warmth | None) -> Warmth | None:
        """Warmth where a drive breaks: times count from there, and a new stretch begins."""
        return None if warmth is None else replace(warmth, due=0.0)

    def later(
        self, warmth: Warmth | None, begin: float, end: float, state_at: Callable[[float], State]
    ) -> Warmth | None:
        """Warmth after a step from `begin` to `end` [s since the last break], of which `state_at` gives states."""
        if warmth is None:
            return None
        power = electrical_power(self.model, state_at(end))
        later = self._along(warmth, power, end - begin)
        strayed = abs(later.temperature - warmth.solved_at) > 0.5 * _BEYOND * self._heat.largest_change
        return replace(later, due=end if strayed else warmth.due)

    def warmed(self, state: State, before: tuple[float, Warmth | None], after: tuple[float, Warmth | None]) -> State:
        """`state` with its temperature, between the times [s] and warmths `before` and `after` a step.

        All these times count from the last break of a drive.
        """
        (begin, first), (end, last) = before, after
        if first is None or last is None:
            return state
        share = (state.time - begin) / (end - begin)
        power = first.power + share * (last.power - first.power)
        return replace(state, temperature=self._along(first, power, state.time - begin).temperature)

    @property
    def _heat(self) -> HeatedBody:
        assert self.model.heat is not None
        return self.model.heat

    def _balance(self, warmth: Warmth) -> HeatBalance:
        return HeatBalance(self._heat, warmth.solved_at, warmth.slope)

    def _parts(self, warmth: Warmth) -> Array:
        """Modes of the substrate's heat [K], shape (n_modes,)."""
        first = warmth.temperature - self._heat.ambient - sum(warmth.profile)
        return np.array([first, *warmth.profile])

    def _along(self, warmth: Warmth, power: float, duration: float) -> Warmth:
        """Warmth after `duration` [s] in which the power goes to `power` [W/m^2] on a straight line."""
        parts = self._balance(warmth).along(self._parts(warmth), warmth.power, power, duration)
        warm = self._heat.ambient + float(parts.sum())
        return replace(warmth, temperature=warm, power=power, profile=tuple(parts[1:].tolist()))

    def _at(self, temperature: float) -> PoissonNernstPlanck:
        return self.model if temperature == self.model.temperature else self.model.at(temperature)

    def _power(self, driven: CoupledSystem, time: float, values: Array) -> float:
        """Power [W/m^2] by the fluxes at `values`."""
        volts = np.array([piece.value(time) for piece in driven.pieces])
        return float(volts @ driven.current(time, values)) / self.model.heated_width


def electrical_power(model: PoissonNernstPlanck, state: State) -> float:
    """What the contacts give to the device, per area of its substrate [W/m^2]."""
    return float(state.contact_potential @ state.contact_current) / model.heated_width


def carried_over(old: Unknowns, new: Unknowns, values: Array) -> Array:
    """`values` of a film in the units of the same film at another temperature, shape (n_unknowns,).

    The potential [V] and the number of particles at each node stay; so do the halides in stores. What a temperature
    makes of the energies of a halide lattice is for :meth:`~fem.coupled.system.CoupledSystem.hold_algebraic`.
    """
    out = values.copy()
    fields = new.nodal(out)
    fields[0] *= old.thermal_voltage / new.thermal_voltage
    room = new.storage * new.unit[:, None]
    fields[1:] *= np.divide(old.storage * old.unit[:, None], room, out=np.ones_like(room), where=room > 0)
    held = (old.unit * old.content) / (new.unit * new.content)
    new.entered(out)[:] *= held[[one.species for one in new.exchanges]]
    if new.behind is not None:
        new.behind.gradient(out)[:] *= old.temperature / new.temperature
    return out
