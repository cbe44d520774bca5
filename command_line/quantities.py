"""Numbers with units, as people write them: ``10V``, ``-250 mV``, ``2.9um``, ``0.58eV``, ``1e16 cm^-3``.

Inside the program a quantity is a float in the SI unit that its scenario argument documents (see :mod:`fem.constants`).
"""

import math
import re
from functools import cache
from tokenize import TokenError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

_NUMBER_AND_UNIT = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity))(.*)", re.I | re.S
)
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d.*", re.S)
_BARE_EXPONENT = re.compile(r"(?<=[A-Za-zµμ])(-?\d+)")

# Documented unit -> what it measures, and a unit to show in an example.
_KINDS = {
    "V": ("a voltage", "V"),
    "m": ("a length", "um"),
    "s": ("a time", "s"),
    "K": ("a temperature", "K"),
    "J": ("an energy", "eV"),
    "m^2/s": ("a diffusivity", "m^2/s"),
    "1/m^3": ("a concentration", "/m^3"),
    "Hz": ("a frequency", "Hz"),
    "m/s": ("a velocity", "m/s"),
    "V/m": ("an electric field", "V/um"),
    "1/m^3/s": ("a generation rate", "/m^3/s"),
}

# Documented unit -> the largest magnitude that can be meant, in that unit and as people write it.
_LARGEST = {
    "V": (1e4, "10 kV"),
    "m": (0.1, "10 cm"),
    "s": (1e12, "1e12 s"),
    "K": (2000.0, "2000 K"),
    "J": (1.602176634e-16, "1 keV"),
}
_COLDEST = 10.0  # [K]

# Units people read, largest first, with their size in the documented unit.
_READABLE: dict[str, tuple[tuple[str, float], ...]] = {
    "V": (("V", 1.0), ("mV", 1e-3)),
    "m": (("mm", 1e-3), ("um", 1e-6), ("nm", 1e-9)),
    "s": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)),
    "J": (("eV", 1.602176634e-19),),
    "1/m^3": (("m^-3", 1.0),),
    "1/m^3/s": (("m^-3 s^-1", 1.0),),
    "Hz": (("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0)),
}


def parse_quantity(text: str, unit: str) -> float:
    """Value of `text` in `unit`.

    Parameters
    ----------
    text
        A number followed by a unit, with or without a space.
    unit
        Documented unit of the argument; empty for a pure number.

    Raises
    ------
    ValueError
        If there is no finite number, no unit where one is needed, an unknown unit or one of another dimension.
    """
    if _DECIMAL_COMMA.fullmatch(text):
        raise ValueError(f"{text!r} has a comma: write a decimal point, {text.strip().replace(',', '.', 1)}")
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number" + (f" with a unit, e.g. {_example(unit)}" if unit else ""))
    number, written = float(match[1]), match[2].strip()
    if not math.isfinite(number):
        raise ValueError(f"must be a finite number, got {text.strip()}")
    if not written and unit:
        raise ValueError(f"{match[1]} needs a unit, e.g. {_example(unit, match[1])}")
    value = _convert(number, written, unit)
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {text.strip()}")
    return value


def parse_possible(text: str, unit: str) -> float:
    """Value of `text` in `unit`, as :func:`parse_quantity` reads it.

    Raises
    ------
    ValueError
        As there, or if the value is beyond all that can be meant.
    """
    value = parse_quantity(text, unit)
    largest, written = _LARGEST.get(unit, (math.inf, ""))
    if abs(value) > largest:
        raise ValueError(f"{text.strip()} is beyond the limit of {written}")
    if unit == "K" and 0 < value < _COLDEST:
        raise ValueError(f"{text.strip()} is below the limit of {_COLDEST:g} K")
    return value


def format_quantity(value: float, unit: str) -> str:
    """`value` [`unit`] in the unit people would choose, to six digits: ``20 um`` for 2e-05 m."""
    units = _readable_units(unit)
    name, size = next(((name, size) for name, size in units if abs(value) >= size * (1 - 1e-9)), units[-1])
    if value == 0:
        name, size = units[0]
    return f"{value / size:.6g} {name}".replace("e+", "e").strip()


def kind_of(unit: str) -> str:
    """What is measured in `unit`: "a voltage"."""
    if unit in _KINDS:
        return _KINDS[unit][0]
    return f"a quantity in {unit}" if unit else "a pure number"


def _readable_units(unit: str) -> tuple[tuple[str, float], ...]:
    return _READABLE.get(unit, ((unit, 1.0),))


def _example(unit: str, number: str = "10") -> str:
    return number + _KINDS[unit][1] if unit in _KINDS else f"{number} {unit}".strip()


def _convert(number: float, written: str, unit: str) -> float:
    """`number` `written` in `unit`, rounded to 15 digits so that 20 um is 2e-05 m and not 1.9999999999999998e-05 m."""
    import pint

    spelled = _BARE_EXPONENT.sub(r"^\1", written.replace("**", "^"))
    spelled = f"1{spelled}" if spelled.startswith("/") else spelled
    registry = _registry()
    try:
        given = registry.Quantity(number, registry.parse_units(spelled))
        return float(f"{given.to(unit or 'dimensionless').magnitude:.15g}")
    except pint.DimensionalityError:
        degrees = f": write {number:g}degC" if unit == "K" and written == "C" else ""
        raise ValueError(f"{number:g} {written} is not {kind_of(unit)}{degrees}") from None
    except (pint.PintError, TokenError, AssertionError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{written!r} is not a unit; write e.g. {_example(unit)}") from error


@cache
def _registry() -> "pint.UnitRegistry[float]":
    """Unit registry, made at first use: loading it takes most of a second."""
    import pint

    return pint.UnitRegistry()
