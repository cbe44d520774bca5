"""Characteristic scales of a film: what must be resolved in space and time, before anything runs.

Debye length ``sqrt(eps V_T / (e sum z^2 c))``, depletion width ``sqrt(2 eps V / (e sum |z| c))``, charging time of
blocking electrodes ``lambda L / (2 D)`` (Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506), Debye time
``lambda^2 / D``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt

from fem.constants import elementary_charge, vacuum_permittivity

_COARSE = 1.0  # first cell over Debye length above which a double layer is not resolved
_FINE_ENOUGH = 0.1  # first cell over depletion width that still resolves a depletion zone


@dataclass(frozen=True)
class Scales:
    """Scale report: lengths [m], times [s], voltages [V], diffusivities [m^2/s], the rest dimensionless.

    Parameters
    ----------
    debye_length, depletion_width
        Of the starting ion densities; the width at the largest voltage between contacts.
    gap
        Distance between the electrodes.
    largest_voltage
        Largest difference between two contacts over the run.
    first_cell
        Height of the first cell at each electrode over the Debye length.
    cell_peclet
        Drop of potential over the first cell, in thermal voltages, once the double layers hold the whole voltage.
    fastest_diffusivity, mean_diffusivity, slowest_diffusivity
        Over film and layers; the mean is the upper (parallel) bound of the film's effective value.
    fastest_time
        Debye time of the fastest species and place.
    charging_time
        lambda L / 2D at the mean diffusivity.
    slowest_time
        lambda L / 2D at the slowest diffusivity: grains charging by themselves.
    added_area
        What thin layers insert, over the area of the film as drawn, by layer.
    layer_time
        h^2 / D of the cells beside each thin layer: earlier, the cells' ions go with the layer's own and what it
        carries comes out too large; later it is right to about 3 %.
    warnings
        What is not resolved.
    """

    debye_length: float
    depletion_width: float
    gap: float
    largest_voltage: float
    first_cell: Mapping[str, float]
    cell_peclet: float
    fastest_diffusivity: float
    mean_diffusivity: float
    slowest_diffusivity: float
    fastest_time: float
    charging_time: float
    slowest_time: float
    added_area: Mapping[str, float]
    layer_time: Mapping[str, float]
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Plain numbers for ``run.json``."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report as lines of text."""
        cells = ", ".join(f"{name} {ratio:.2g}" for name, ratio in self.first_cell.items())
        added = {name: 100 * share for name, share in self.added_area.items() if share > 0}
        return [
            f"Debye length {self.debye_length * 1e9:.3g} nm, depletion width {self.depletion_width * 1e9:.3g} nm"
            f" at {self.largest_voltage:.3g} V, electrode gap {self.gap * 1e9:.4g} nm",
            f"first cell / Debye length: {cells}; cell Peclet number at the electrodes {self.cell_peclet:.2g}",
            f"diffusivity {self.slowest_diffusivity:.2g} (slowest) .. {self.fastest_diffusivity:.2g} m^2/s (fastest)",
            f"fastest time {self.fastest_time:.2g} s, charging time {self.charging_time:.2g} s (mean diffusivity),"
            f" {self.slowest_time:.2g} s (grains alone)",
            *(
                f"the lines {name!r} add {share:.2g} % to the film's area as drawn; on these cells what they carry is"
                f" right from {self.layer_time[name]:.2g} s on (for earlier times: finer cells, or strips)"
                for name, share in added.items()
            ),
        ]


def debye_length(relative_permittivity: float, concentration: float, thermal_voltage: float, charge: int = 1) -> float:
    """Debye length [m] of one mobile species of `concentration` [1/m^3] over a fixed background."""
    permittivity = relative_permittivity * vacuum_permittivity
    return sqrt(permittivity * thermal_voltage / (elementary_charge * charge**2 * concentration))


def depletion_width(relative_permittivity: float, concentration: float, voltage: float, charge: int = 1) -> float:
    """Width [m] of the zone that `voltage` [V] empties of a species over a fixed background (Schottky)."""
    permittivity = relative_permittivity * vacuum_permittivity
    return sqrt(2 * permittivity * abs(voltage) / (elementary_charge * abs(charge) * concentration))


def resolution_warnings(
    first_cell: Mapping[str, float], debye: float, depletion: float, thermal_voltage: float, fields: Mapping[str, float]
) -> tuple[str, ...]:
    """What the mesh does not resolve at the electrodes.

    Parameters
    ----------
    first_cell
        Height of the first cell at each electrode over the Debye length.
    debye, depletion
        Debye length and depletion width [m].
    thermal_voltage
        [V].
    fields
        Largest field that draws ions to each electrode [V/m]; 0 where none is drawn.
    """
    found = []
    for name, ratio in first_cell.items():
        height = ratio * debye
        if ratio > _COARSE and (depletion == 0 or height > _FINE_ENOUGH * depletion):
            found.append(
                f"the double layer at {name!r} is not resolved: the first cell is {height * 1e9:.3g} nm, the Debye"
                f" length {debye * 1e9:.3g} nm; make the electrode's mesh size smaller"
            )
        elif fields[name] > 0 and height > 2 * thermal_voltage / fields[name]:
            layer = thermal_voltage / fields[name]
            found.append(
                f"ions that pile up at {name!r} form a layer of {layer * 1e9:.2g} nm inside the first cell"
                f" ({height * 1e9:.2g} nm): charges are right, the peak concentration is a mean over that cell"
            )
    return tuple(found)
