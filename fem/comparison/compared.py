"""A results folder as one side of a comparison: when its voltage is applied, and what every run can be asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fem.fields import Array
from fem.storage.results import Results

CHARGE, CURRENT, VOLTAGE, LIGHT = "charge moved [C/m^2]", "current [A/m^2]", "voltage [V]", "PL/PL0 mean [1]"
_AT_REST = 1e-9  # of the largest voltage between electrodes: less is none
_UNCHANGED = 1e-12  # [C/m^2] on an electrode, far below a microvolt on any film
_OWN = ("time", "potential", "charge", "current", "drift", "minimum")  # beginnings of headers that are not compared


@dataclass(frozen=True)
class Compared:
    """A run that takes part in a comparison.

    Parameters
    ----------
    label
        What it is called there.
    results
        Its folder.
    group
        Which random films of a study it belongs to; "" where it stands for itself.
    reference
        Whether it is only there to be compared with.
    """

    label: str
    results: Results
    group: str = ""
    reference: bool = False

    @cached_property
    def electrodes(self) -> tuple[str, ...]:
        """Names of the electrodes."""
        found = [str(one.get("electrode")) for one in self._contacts]
        return tuple(name for name in found if f"potential {name} [V]" in self.results.columns)

    @property
    def _contacts(self) -> list[Mapping[str, Any]]:
        contacts = self.part("model").get("contacts")
        return [one for one in contacts if isinstance(one, Mapping)] if isinstance(contacts, list) else []

    @property
    def ions(self) -> tuple[str, ...]:
        """Names of the ions that move or react."""
        return tuple(header[5:].rpartition(" [")[0] for header in self.results.columns if header.startswith("ions "))

    @property
    def has_voltage(self) -> bool:
        """Whether there ever is a voltage between electrodes."""
        return bool(self.voltage.max(initial=0.0) > 0)

    @property
    def has_carriers(self) -> bool:
        """Whether electrons and holes are part of the model."""
        return bool(self.part("model").get("semiconductor"))

    def part(self, name: str) -> Mapping[str, Any]:
        """A group of facts of ``run.json``, empty where there is none."""
        found = self.results.record.get(name)
        return found if isinstance(found, Mapping) else {}

    def scale(self, name: str) -> float | None:
        """A number of the scale report, None where there is none."""
        value = self.part("scale_report").get(name)
        return float(value) if isinstance(value, int | float) else None

    @cached_property
    def voltage(self) -> Array:
        """Largest voltage between two electrodes [V], shape (n_outputs,)."""
        potentials = [self.results.columns[f"potential {name} [V]"] for name in self.electrodes]
        if len(potentials) < 2:
            return np.abs(potentials[0]) if potentials else np.zeros_like(self.results.times)
        return np.asarray(np.ptp(potentials, axis=0))

    @cached_property
    def driven(self) -> slice:
        """Outputs from the last one before the voltage to the last one under it; all of them without a voltage."""
        on = np.flatnonzero(self.voltage > _AT_REST * self.voltage.max(initial=0.0))
        if not len(on):
            return slice(0, len(self.voltage))
        return slice(max(int(on[0]) - 1, 0), int(on[-1]) + 1)

    @property
    def onset(self) -> float:
        """Time of the last output before the voltage [s]."""
        return float(self.results.times[self.driven.start])

    @property
    def rests(self) -> bool:
        """Whether outputs without a voltage follow the last one under it."""
        return self.driven.stop < len(self.voltage)

    @property
    def steady(self) -> bool:
        """Whether every potential stands still while there is a voltage, between the outputs as well."""
        if any(_changes(str(one.get("drive"))) for one in self._contacts):
            return False
        on = slice(self.driven.start + (self.voltage[self.driven.start] == 0), self.driven.stop)
        moved = [float(np.ptp(self.results.columns[f"potential {name} [V]"][on])) for name in self.electrodes]
        return max(moved, default=0.0) <= _AT_REST * float(self.voltage.max(initial=0.0))

    @property
    def elapsed(self) -> Array:
        """Time since the onset [s], shape (n_outputs,)."""
        return self.results.times - self.onset

    @cached_property
    def quantities(self) -> dict[str, Array]:
        """What can be compared by header, each of shape (n_outputs,), whatever the electrodes are called."""
        columns = self.results.columns
        found = {VOLTAGE: self.voltage} if self.electrodes else {}
        electrode = self._collector
        if electrode is not None:
            charge = columns[f"charge {electrode} [C/m^2]"]
            found[CHARGE] = charge - charge[self.driven.start]
            if f"current {electrode} [A/m^2]" in columns:
                found[CURRENT] = _known(columns, electrode)
        others = {name: values for name, values in columns.items() if not re.match(rf"({'|'.join(_OWN)})\b", name)}
        return found | others

    def change(self, header: str) -> Array:
        """Quantity since the onset, minus its value there, shape (n_driven,)."""
        values = self.quantities[header][self.driven]
        return np.asarray(values - values[0])

    @cached_property
    def _collector(self) -> str | None:
        """Electrode that took up most charge under the voltage, the positive one of an equal pair."""
        columns, names = self.results.columns, self.electrodes
        headers = {name: f"charge {name} [C/m^2]" for name in names if f"charge {name} [C/m^2]" in columns}
        moved = {name: float(np.ptp(columns[header][[self.driven.start, self.driven.stop - 1]])) for name, header in
                 headers.items()}  # fmt: skip
        largest = max(moved.values(), default=0.0)
        equal = [name for name in moved if moved[name] >= (1 - 1e-6) * largest]
        return max(equal, key=lambda name: float(columns[headers[name]][self.driven.stop - 1]), default=None)

    @cached_property
    def moves_charge(self) -> bool:
        """Whether the charge that moved is more than the error of the time steps and round-off."""
        if CHARGE not in self.quantities:
            return False
        doubt = self.results.columns.get(f"charge error {self._collector} [C/m^2]", np.zeros(1))
        largest = float(np.abs(self.change(CHARGE)).max(initial=0.0))
        return largest > max(_UNCHANGED, float(doubt[min(self.driven.stop, len(doubt)) - 1]))


def _changes(drive: str) -> bool:
    """Whether a `drive` in words applies more than one voltage, or goes on and off.

    Outputs alone do not tell: those of an alternating voltage lie whole periods apart.
    """
    applied = {float(value) for value in re.findall(r"(-?\d[\d.e+-]*) V\b", drive)} - {0.0}
    return len(applied) > 1 or bool(re.search(r"\bwave\b|\d x \[", drive))


def _known(columns: Mapping[str, Array], electrode: str) -> Array:
    """Current of an electrode [A/m^2], NaN where it does not exceed its estimated error."""
    values = columns[f"current {electrode} [A/m^2]"]
    errors = columns.get(f"current error {electrode} [A/m^2]", np.zeros_like(values))
    return np.where(np.abs(values) > errors, values, np.nan)
