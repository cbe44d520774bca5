"""Checks that every run makes of itself, from the time series and the solver's counters.

Laws that must hold however coarse the mesh is (ions, charge, free energy), and two questions of accuracy: does the mesh
resolve the double layers, and how far may the time steps have led the charge astray. Limits are well above what sound
runs show (``docs/theory.md``) and well below what can be seen in a figure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from fem.constants import elementary_charge
from fem.fields import Array
from fem.measurements.free_energy import has_free_energy
from fem.observables.observables import counted, electrode_length, initial_ions
from fem.physics.drives.drive import stretches
from fem.pictures.drawing import in_time_units
from fem.scenario import Scenario

Columns = Mapping[str, Array]

LIMITS = {
    "ions": 1e-8,  # relative change of an ion number
    "put back": 1e-8,  # share of ions, summed over all steps, that linear solves may lose and get back
    "lowest": -1e-9,  # lowest concentration over the mean of its species
    "rest": 1e-6,  # of what enters and leaves: net inflow, and current that should not flow, in a film that rests
    "charge": 1e-8,  # of film and electrodes together, over that of an electrode
    "currents": 1e-4,  # of all electrodes together, times the time, over the largest charge moved or passed
    "current": 2e-2,  # charge that the current does not explain, over the largest that moved
    "free energy": 1e-6,  # rise between outputs over the whole fall
    "mesh": 1.0,  # first cell over the Debye length, or over a tenth of the depletion width if that is larger
    "time": 3e-2,  # estimated error of the charge over the largest that moved; what is real is less, often many times
}
_FINER_STEPS = "lower the scenario's tolerance"
_ROUND_OFF = 1e-14  # of the thermal energy of all ions, in a free energy
_CLOSE = 0.8  # between outputs on the logarithm of time, for a spline through the currents: three per decade
_AT_REST = 1e-12  # of the charge of all ions: less on an electrode has not moved but is round-off


@dataclass(frozen=True)
class Check:
    """One check: the `worst` number found, its `limit`, when [s] and where, and what to change if it is beyond.

    The worst number must not exceed the limit, or with `at_least` not fall below it; one that is not finite fails.
    """

    name: str
    worst: float
    limit: float
    time: float | None
    place: str
    knob: str
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the worst number is within the limit."""
        return bool(self.worst >= self.limit if self.at_least else abs(self.worst) <= self.limit)

    @property
    def warning(self) -> str:
        """One line with number, place, time and what to change."""
        when = "" if self.time is None else f" at t = {in_time_units(self.time)}"
        where = f" ({self.place})" if self.place else ""
        bound = "at least" if self.at_least else "at most"
        return f"{self.name}{where}: {self.worst:.2g}{when}, {bound} {self.limit:g} is sound; {self.knob}"

    def as_dict(self) -> dict[str, object]:
        """Entry of ``checks`` in ``run.json``."""
        return {
            "name": self.name,
            "place": self.place,
            "worst": self.worst,
            "limit": self.limit,
            "sense": "at least" if self.at_least else "at most",
            "time [s]": self.time,
            "verdict": "pass" if self.passed else "fail",
            "advice": "" if self.passed else self.knob,
        }


def laws(scenario: Scenario, columns: Columns, solver: Mapping[str, Any]) -> list[Check]:
    """Checks of a run, finished or not, from the `columns` of its time series and the counters of its `solver`."""
    return [
        *_start(scenario),
        *_ions(scenario, columns, solver),
        *_charge(scenario, columns),
        *_free_energy(scenario, columns),
        _time_error(scenario, columns),
    ]


def resolution(scenario: Scenario) -> list[Check]:
    """The cells at the electrodes against the Debye length and the depletion width; the scale report warns of them."""
    scales = scenario.model.scale_report()
    longest = max(1.0, 0.1 * scales.depletion_width / scales.debye_length)
    name, knob = "first cell over the length to resolve", "make the mesh size at that electrode smaller"
    return [
        Check(name, cells / longest, LIMITS["mesh"], None, electrode, knob)
        for electrode, cells in scales.first_cell.items()
    ]


def _start(scenario: Scenario) -> Iterator[Check]:
    """Before the drive starts nothing changes, and currents add up to nothing."""
    rest, knob = scenario.model.rest, "check the contacts, reactions and light before t = 0, or start as deposited"
    if rest.sought:
        yield Check(
            "net inflow over what enters and leaves at rest", rest.net, LIMITS["rest"], 0.0, rest.population, knob
        )
        yield Check("current that should not flow at rest, relative", rest.lost, LIMITS["rest"], 0.0, "", knob)


def _worst(name: str, values: Array, times: Array, place: str, knob: str) -> Check:
    """Check of a series of numbers that should be zero; `name` ends with the key of its limit in brackets."""
    title, key = name.rstrip("]").split(" [")
    k = int(np.argmax(np.where(np.isfinite(values), np.abs(values), np.inf)))
    return Check(title, float(values[k]), LIMITS[key], float(times[k]), place, knob)


def _ions(scenario: Scenario, columns: Columns, solver: Mapping[str, Any]) -> Iterator[Check]:
    """Ions are neither made nor lost, and no concentration is negative."""
    times = columns["time [s]"]
    names = [species.name for species in scenario.model.species]
    knob = f"{_FINER_STEPS}, or the contrast of barriers, which costs the linear solver digits"
    drifts = {name: columns[f"drift {name} [1]"] for name in names}
    for name in scenario.model.lasting:
        yield _worst("ions gained or lost [ions]", drifts[name], times, name, knob)
    yield from _atoms(scenario, drifts, times, knob)
    restored = solver["restored_to_round_off"]
    restored = np.nan if restored is None else float(restored)
    yield Check("ions lost to round-off and put back, all steps", restored, LIMITS["put back"], None, "", knob)
    if not names:
        return
    lowest, least = solver["lowest_relative_concentration"], [columns[f"minimum {name} [1]"].min() for name in names]
    place = names[int(np.argmin(least))]
    lowest = np.nan if lowest is None else float(lowest)
    knob = "mend the non-Delaunay edges of the mesh (mesh report), or refine it at the electrodes"
    yield Check("lowest concentration over the mean", lowest, LIMITS["lowest"], None, place, knob, at_least=True)


def _atoms(scenario: Scenario, drifts: Columns, times: Array, knob: str) -> Iterator[Check]:
    """Atoms that reactions move between species are kept."""
    reacting = [one for one in scenario.model.species if one.name not in scenario.model.lasting]
    amounts = dict(zip((one.name for one in scenario.model.species), counted(scenario), strict=True))
    for element in sorted({element for one in reacting for element in one.composition}):
        content = {one.name: one.composition.get(element, 0) * amounts[one.name] for one in reacting}
        gained = sum((content[name] * drifts[name] for name in content), np.zeros_like(times))
        total = sum(abs(part) for part in content.values())
        yield _worst("atoms gained or lost in reactions [ions]", gained / total, times, element, knob)


def _charge(scenario: Scenario, columns: Columns) -> Iterator[Check]:
    """Gauss's law, Kirchhoff's law, and the current as the rate of the charge."""
    times, knob = columns["time [s]"], "refine the mesh at the electrodes; if that does not help, report it as a fault"
    yield _worst("charge of film and electrodes [charge]", columns["charge balance [1]"], times, "", knob)
    names = [contact.facets for contact in scenario.model.contacts]
    lengths = np.array([electrode_length(scenario, name) for name in names])
    current, error = (
        np.array([columns[f"{what} {name} [A/m^2]"] for name in names]) * lengths[:, None]
        for what in ("current", "current error")
    )
    charge = np.array([columns[f"charge {name} [C/m^2]"] for name in names]) * lengths[:, None]
    scale = _moved(scenario, charge)
    if len(names) > 1:
        share = current.sum(axis=0) * times / (scale + np.abs(current).max(axis=0) * times)
        yield _worst("sum of all currents times the time [currents]", share, times, "", knob)
    if not scenario.model.unknowns.crossed:
        outputs = f"{_FINER_STEPS}, or write outputs more often"
        for name, one, flow, doubt in zip(names, charge, current, error, strict=True):
            missing = _unexplained(scenario, times, one, flow, doubt) / scale
            yield _worst("charge that the current does not explain [current]", missing, times, name, outputs)


def _unexplained(scenario: Scenario, times: Array, charge: Array, current: Array, error: Array) -> Array:
    """Change of `charge` [C/m] since the last output that the integral of `current` [A/m] misses, shape (n_outputs,).

    Less what is not known of the integral: the current's own error, and the difference between a spline and straight
    lines (over the logarithm of time). Zero where a drive moves and where outputs are too rare to tell.
    """
    missing = np.zeros_like(charge)
    for start, outputs in still(scenario, times):
        if len(outputs) < 4:
            continue
        since = times[outputs] - start
        u, flow = np.log(since), current[outputs] * since
        spline = np.diff(CubicSpline(u, flow).antiderivative()(u))
        lines = 0.5 * np.diff(u) * (flow[1:] + flow[:-1])
        doubt = np.abs(spline - lines) + np.maximum(error[outputs[1:]], error[outputs[:-1]]) * np.diff(since)
        lacking = np.maximum(np.abs(np.diff(charge[outputs]) - spline) - doubt, 0.0)
        missing[outputs[1:]] = np.where(np.diff(u) <= _CLOSE, lacking, 0.0)
    return missing


def _free_energy(scenario: Scenario, columns: Columns) -> Iterator[Check]:
    """A closed film never moves up its free energy while its voltages stand still."""
    if not has_free_energy(scenario.model):
        return
    times, energy = columns["time [s]"], columns["free energy [J/m]"]
    u = scenario.model.unknowns
    noise = _ROUND_OFF * elementary_charge * u.thermal_voltage * float(initial_ions(scenario).sum())
    rise = np.zeros_like(energy)
    for _, outputs in still(scenario, times):
        values = energy[outputs]
        if len(values) > 1 and (span := float(np.ptp(values))) > 0:
            rise[outputs[1:]] = np.maximum(np.diff(values) - noise, 0.0) / span
    yield _worst("rise of the free energy at constant voltage [free energy]", rise, times, "", _FINER_STEPS)


def _time_error(scenario: Scenario, columns: Columns) -> Check:
    """Errors that the time steps estimate of themselves, added up."""
    names = [contact.facets for contact in scenario.model.contacts]
    lengths = np.array([electrode_length(scenario, name) for name in names])[:, None]
    charge, error = (
        np.array([columns[f"{what} {name} [C/m^2]"] for name in names]) * lengths for what in ("charge", "charge error")
    )
    worst = int(np.argmax(error.max(axis=1)))
    share = error[worst] / _moved(scenario, charge)
    title = "time steps' error of the charge, estimated [time]"
    return _worst(title, share, columns["time [s]"], names[worst], _FINER_STEPS)


def _moved(scenario: Scenario, charge: Array) -> float:
    """Largest charge that an electrode has taken up [C/m]; infinite if it is round-off."""
    valence = np.abs([species.charge for species in scenario.model.species]).astype(float)
    largest = float(np.abs(charge - charge[:, :1]).max())
    return largest if largest > _AT_REST * elementary_charge * float(valence @ initial_ions(scenario)) else np.inf


def still(scenario: Scenario, times: Array) -> list[tuple[float, list[int]]]:
    """Stretches in which no voltage and no light moves: the beginning [s] of each and the numbers of its outputs.

    An output at a jump of a drive belongs to the stretch that it ends. Where cycles are jumped there are none.
    """
    if scenario.cycles is not None:
        return []
    drives = [*(one.drive for one in scenario.model.electrodes), scenario.model.light_drive]
    found = []
    for start, outputs in stretches(drives, times.tolist()):
        pieces = [drive.piece(start) for drive in drives]
        if not any(piece.rate(t) for piece in pieces for t in (start, *times[outputs])):
            found.append((start, outputs))
    return found
