"""The scale report as a table that says what each length and time is."""

from collections.abc import Mapping
from typing import Any

from fem.pictures.drawing import in_time_units
from fem.results.page_values import quantity, text
from fem.results.run_facts import SCALE_UNITS

_MEANINGS = {
    "debye_length": "over which what moves screens a field",
    "depletion_width": "of the zone that the largest voltage empties of ions at an electrode that blocks them",
    "gap": "between the most distant electrodes",
    "largest_voltage": "between two electrodes",
    "first_cell": "height of the cells on each electrode: below 1 they resolve the layer in which ions screen",
    "cell_peclet": "voltage across the cells on an electrode in the strongest field, over kT/e",
    "fastest_diffusivity": "of what moves, where it moves fastest",
    "mean_diffusivity": "of what moves, averaged over the film",
    "slowest_diffusivity": "of what moves, where it moves slowest",
    "fastest_time": "Debye length squared over the fastest diffusivity",
    "charging_time": "λL/2D with the Debye length λ, the gap L and the mean diffusivity D: how long electrodes charge",
    "slowest_time": "the same with the slowest diffusivity",
    "added_area": "of thin layers that are lines of the mesh, over the area of the film",
    "layer_time": "in which the slowest of what moves crosses the cells beside a thin layer",
}


def scales(report: Mapping[str, Any]) -> str:
    """Table of the scale report that a record holds."""
    known = {name: value for name, value in report.items() if name in SCALE_UNITS and value not in (None, {})}
    rows = (
        f"<tr><th>{text(name.replace('_', ' '))}</th><td>{text(_shown(known[name], unit))}</td>"
        f'<td class="soft">{text(_MEANINGS[name])}</td></tr>'
        for name, unit in SCALE_UNITS.items()
        if name in known
    )
    return f'<table class="given">{"".join(rows)}</table>'


def _shown(value: object, unit: str) -> str:
    if unit == "s" and isinstance(value, float):
        return in_time_units(value)
    if unit == "s" and isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(item, unit)}" for name, item in value.items()).replace("_", " ")
    return quantity(value, unit, 4).replace("_", " ")
