"""Numbers and words of a page: with units, for people, safe in HTML."""

import html
import re
from collections.abc import Mapping
from typing import Any

from fem.constants import eV
from fem.pictures.drawing import length_unit

_UNITS = {  # of what the record says of film and mesh
    "smallest_edge": "m",
    "largest_edge": "m",
    "smallest_angle": "°",
    "grain_boundary_length": "m",
    "mean_diameter": "m",
    "area_weighted_mean_diameter": "m",
    "target_mean_diameter": "m",
    "orientation": "rad",
    "boundary_length_per_area": "1/m",
    "first_cells": "m",
}
_DIGITS, _FEW = 6, 4  # of what was asked for, of what came of it
_UNSET: tuple[object, ...] = (None, "None", [], {})
_NAMED_UNIT = re.compile(r"(.+) \[(.+)\]")


def text(value: object) -> str:
    """`value` for people, safe in HTML."""
    return html.escape(text_of(value))


def text_of(value: object, digits: int = _DIGITS) -> str:
    """`value` for people, numbers with so many significant `digits`."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.{digits}g}".replace("e+", "e")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {words}" for name, words in facts(value).items())
    if isinstance(value, list):
        return "; ".join(text_of(item, digits) for item in value)
    return str(value)


def facts(found: Mapping[str, Any]) -> dict[str, str]:
    """Those that are known, with units: the unit is part of the name or that of all facts of this name."""
    known = {name: value for name, value in found.items() if value not in _UNSET}
    named = {name: _NAMED_UNIT.fullmatch(name) for name in known}
    return {
        match[1] if match else name.replace("_", " "): quantity(
            known[name], match[2] if match else _UNITS.get(name, "1"), _FEW
        )
        for name, match in named.items()
    }


def quantity(value: object, unit: str, digits: int = _DIGITS) -> str:
    """`value` [`unit`] in the unit people would choose, with so many significant `digits`."""
    if isinstance(value, Mapping) and unit != "1":
        return ", ".join(f"{name}: {quantity(item, unit, digits)}" for name, item in value.items())
    if unit == "J" and isinstance(value, float):
        return f"{value / eV:.{digits}g} eV"
    if unit == "m" and isinstance(value, float):
        factor, name = length_unit(abs(value))
        return f"{value / factor:.{digits}g} {name}"
    written = "" if unit == "1" else unit.replace("^2", "²").replace("^3", "³")
    return f"{text_of(value, digits)} {written}".rstrip()


def table(rows: Mapping[str, object]) -> str:
    """Table of names and values."""
    body = (f"<tr><th>{text(name.replace('_', ' '))}</th><td>{text(value)}</td></tr>" for name, value in rows.items())
    return f'<table class="pairs">{"".join(body)}</table>'
