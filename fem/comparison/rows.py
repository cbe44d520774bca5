"""The table of a comparison: one row per quantity, one cell per run, with the number and how it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fem.constants import eV
from fem.pictures.drawing import in_time_units, in_units


@dataclass(frozen=True)
class Cell:
    """What a run has to say to a row: a number in SI units or words, the text shown, and whether it is only a bound.

    Where it has nothing to say, `reason` may tell why.
    """

    value: object
    text: str
    bound: bool = False
    reason: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return self.value is not None


NOTHING = Cell(None, "–")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Parameters
    ----------
    group
        Heading that it stands under.
    quantity
        What is compared.
    unit
        SI unit of the numbers; "" for words, "1" for pure numbers.
    cells
        One per run.
    """

    group: str
    quantity: str
    unit: str
    cells: tuple[Cell, ...]

    def as_dict(self, labels: Sequence[str]) -> dict[str, Any]:
        """For ``comparison.json``."""
        return {
            "group": self.group,
            "quantity": self.quantity,
            "unit": self.unit,
            "upper bounds": [label for label, cell in zip(labels, self.cells, strict=True) if cell.bound],
            "values": {label: cell.value for label, cell in zip(labels, self.cells, strict=True)},
            "shown": {label: cell.text for label, cell in zip(labels, self.cells, strict=True)},
        }


def number(value: float | None, unit: str = "1", at_most: bool = False) -> Cell:
    """A number in `unit`, shown in the unit that people read; `at_most`: only the upper bound is known."""
    if value is None or value != value:
        return NOTHING
    return Cell(float(value), ("≤ " if at_most else "") + shown(float(value), unit), at_most)


def nothing(reason: str) -> Cell:
    """An empty cell, and why it is empty."""
    return replace(NOTHING, reason=reason)


def words(text: str | None) -> Cell:
    """Words, as they are."""
    return Cell(text, text) if text else NOTHING


def shown(value: float, unit: str) -> str:
    """`value` [`unit`] for people, to four digits."""
    if unit in _READ:
        return _READ[unit](value)
    written = unit.replace("^2", "²").replace("^3", "³").replace("1/m³", "m⁻³")
    return f"{value:.4g} {'' if unit == '1' else written}".rstrip()


_READ: dict[str, Callable[[float], str]] = {
    "s": in_time_units,
    "m": lambda value: in_units(value) if value else "0 m",
    "J": lambda value: f"{value / eV:.4g} eV",
    "V/m": lambda value: f"{1e-6 * value:.3g} V/µm",
    "C/m^2": lambda value: f"{1e2 * value:.3g} µC/cm²",
    "m/s": lambda value: f"{in_units(value)}/s" if value else "0 m/s",
    "%": lambda value: f"{100 * value:.3g} %" if abs(value) >= 1e-4 or value == 0 else "below 0.01 %",
}
