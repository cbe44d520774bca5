"""What was different about the runs before they began: parameters and model, only where they differ."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.rows import NOTHING, Cell, Row, number, words

_NAMES = ("name", "electrode", "region", "species")
INPUTS = ("parameters", "model", "light")  # groups of the rows made here
_LEFT_OUT = ("nodes", "material reference")
_BRACKET = re.compile(r" \[([^\]]*)\]")  # the unit that a name says
_LONGEST = 140  # characters of a cell: lists of pulses have thousands
_PART = re.compile(r"[A-Z]\w*\((.*=.*)\)")
_UNITS = {"generation": "1/m^3/s", "density": "1/m^3", "saturation": "1/m^3", "capture_coefficient": "m^3/s"}


def differing(runs: Sequence[Compared]) -> list[Row]:
    """Rows of the parameters that differ, then those of model and light that do."""
    parameters = [_parameters(run) for run in runs]
    names = dict.fromkeys(name for one in parameters for name in one)
    rows = [_row("parameters", name.replace("_", " "), [one.get(name) for one in parameters]) for name in names]
    for part in ("model", "light"):
        facts = [dict(flat(_told(run, part))) for run in runs]
        keys = dict.fromkeys(key for one in facts for key in one if key not in _LEFT_OUT)
        rows += [_row(part, key, [(one[key], _UNITS.get(_last(key), "")) if key in one else None for one in facts])
                 for key in keys]  # fmt: skip
    return [row for row in rows if len({str(cell.value) for cell in row.cells}) > 1]


def _told(run: Compared, part: str) -> object:
    """A part of ``run.json``; without the drive of a light that no carriers see."""
    facts = run.results.record.get(part)
    if part != "model" or run.has_carriers or not isinstance(facts, Mapping):
        return facts
    return {name: value for name, value in facts.items() if name != "light"}


def _last(key: str) -> str:
    return key.rpartition(", ")[2]


def _parameters(run: Compared) -> dict[str, tuple[object, str]]:
    """Value and unit of each parameter."""
    found = {}
    for name, item in run.part("parameters").items():
        if isinstance(item, Mapping) and "value" in item:
            found[name] = (item["value"], str(item.get("unit", "")))
    return found


def _row(group: str, name: str, items: Sequence[tuple[Any, str] | None]) -> Row:
    unit = next((item[1] for item in items if item is not None), "")
    bracket = _BRACKET.search(name)
    title = _BRACKET.sub("", name, count=1)
    unit = unit or (bracket[1] if bracket else "")
    return Row(group, title, unit, tuple(NOTHING if item is None else _cell(item[0], unit) for item in items))


def _cell(value: object, unit: str) -> Cell:
    if isinstance(value, bool):
        return words("yes" if value else "no")
    if isinstance(value, int | float):
        return number(float(value), unit or "1")
    return NOTHING if value is None or value == "None" else Cell(str(value), _spelled(str(value)))


def _spelled(text: str) -> str:
    """`text` for people where it is a part of the model as Python writes it: ``Coating(thickness=5e-08)``."""
    part = _PART.fullmatch(text)
    if part is None:
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(', ')[0] or text[:_LONGEST]}, …"
    named = re.sub(r"(\w+)=", lambda one: one[1].replace("_", " ") + " ", part[1])
    return re.sub(r"\d+\.\d+(e[+-]?\d+)?", lambda one: f"{float(one[0]):.4g}", named) + " (SI units)"


def flat(facts: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Facts within facts, each under the names on the way to it: ``contacts, right, drive``."""
    if isinstance(facts, Mapping):
        for key, value in facts.items():
            if not (name and key in _NAMES):  # it is part of the name by then
                yield from flat(value, f"{name}, {key}" if name else str(key))
    elif isinstance(facts, Sequence) and not isinstance(facts, str):
        for k, value in enumerate(facts):
            own = next((value[key] for key in _NAMES if key in value), None) if isinstance(value, Mapping) else None
            yield from flat(value, f"{name}, {own or k + 1}")
    elif facts is not None:
        yield name, facts
