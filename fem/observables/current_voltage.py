"""Current-voltage curves of a finished run, sweep by sweep, and how far forward and reverse ones lie apart.

A run that ramps the voltage of a contact up and down has its curve in ``timeseries.csv`` already. A current is counted
into the device, so that a lit cell delivers the power ``-J V``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fem.checks import require_known
from fem.fields import Array

_STANDS = 1e-9  # of the range of voltages: change from output to output below which a voltage stands still


@dataclass(frozen=True)
class Sweep:
    """One ramp of the voltage in one direction.

    Parameters
    ----------
    voltages
        [V] in the order in which they were passed, rising or falling all the way, shape (n,).
    currents
        Current densities into the device [A/m^2], shape (n,).
    """

    voltages: Array
    currents: Array

    @property
    def forward(self) -> bool:
        """Whether the voltage rises."""
        return bool(self.voltages[-1] > self.voltages[0])

    def current_at(self, volts: float) -> float:
        """Current density at `volts` [A/m^2], between outputs on a straight line; nan outside the sweep."""
        order = np.argsort(self.voltages)
        return float(np.interp(volts, self.voltages[order], self.currents[order], left=np.nan, right=np.nan))

    @property
    def short_circuit_current(self) -> float:
        """Current density that a lit cell delivers at 0 V [A/m^2]; nan if the sweep does not pass there."""
        return -self.current_at(0.0)

    @property
    def open_circuit_voltage(self) -> float:
        """Largest voltage at which no current flows [V]; nan if the current does not change its sign."""
        order = np.argsort(self.voltages)
        v, j = self.voltages[order], self.currents[order]
        changes = np.flatnonzero((j[:-1] < 0) & (j[1:] >= 0))
        if not len(changes):
            return float("nan")
        k = int(changes[-1])
        return float(v[k] - j[k] * (v[k + 1] - v[k]) / (j[k + 1] - j[k]))

    @property
    def largest_power(self) -> float:
        """Largest power that the device delivers [W/m^2], by a parabola through the best output and its neighbours."""
        power = -self.voltages * self.currents
        k = int(power.argmax())
        if k in (0, len(power) - 1):
            return float(power[k])
        v = self.voltages[k - 1 : k + 2] - self.voltages[k]
        bend, slope, top = np.polyfit(v / np.ptp(v), power[k - 1 : k + 2], 2)
        return float(top - slope**2 / (4 * bend)) if bend < 0 else float(top)

    @property
    def fill_factor(self) -> float:
        """Largest power over that of the short-circuit current at the open-circuit voltage."""
        return self.largest_power / (self.short_circuit_current * self.open_circuit_voltage)


def sweeps(traces: Mapping[str, Array], contact: str) -> tuple[Sweep, ...]:
    """Every ramp of the voltage of `contact` in a run, one after the other.

    Parameters
    ----------
    traces
        Columns of ``timeseries.csv`` by header, each of shape (n_times,), as a criterion sees them.
    contact
        Electrode with the voltage; that of all others stands still.

    Returns
    -------
    Sweeps with at least two outputs. Where the voltage rests or jumps back and forth between two outputs there is none.

    Raises
    ------
    ValueError
        If the run has no such contact.
    """
    header = f"potential {contact} [V]"
    require_known(header, list(traces), "column of a voltage")
    volts, currents = np.asarray(traces[header]), np.asarray(traces[f"current {contact} [A/m^2]"])
    steps = np.diff(volts)
    direction = np.sign(steps) * (np.abs(steps) > _STANDS * max(float(np.ptp(volts)), 1e-300))
    edges = np.concatenate([[0], 1 + np.flatnonzero(np.diff(direction)), [len(steps)]])
    found = []
    for first, last in pairwise(edges.tolist()):
        if last > first and direction[first] != 0:
            found.append(Sweep(volts[first : last + 1], currents[first : last + 1]))
    return tuple(found)


def hysteresis_index(forward: Sweep, reverse: Sweep) -> float:
    """``(P_reverse - P_forward) / P_reverse`` of the largest powers that a lit cell delivers.

    0 without hysteresis; below 0 where the forward sweep is the better one. It depends on the rate of the sweeps, on
    where they begin and on what was before (S. N. Habisreutinger, N. K. Noel and H. J. Snaith,
    doi:10.1021/acsenergylett.8b01627).

    Raises
    ------
    ValueError
        If the sweeps do not go up and down, or the reverse one delivers no power.
    """
    if not forward.forward or reverse.forward:
        raise ValueError("a hysteresis index compares a sweep of rising with one of falling voltage, in this order")
    if not reverse.largest_power > 0:
        raise ValueError("a hysteresis index needs a device that delivers power: light it, and sweep from 0 V upwards")
    return 1.0 - forward.largest_power / reverse.largest_power
