"""A scenario's arguments: names, types, units and defaults as its signature states them.

From here come the command-line options, and the parameters that ``run.json`` records and ``resume`` reads back.
"""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import isclose
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from command_line.catalogue import Entry
from command_line.quantities import format_quantity
from command_line.sources import Sources
from fem.checks import require_known

if TYPE_CHECKING:
    from fem.storage.run_record import RunIdentity

_PROJECT = Path(__file__).parents[1]
_LARGEST = sys.float_info.max
_TYPES = "a quantity (fem/constants.py), float, int, bool, str, Path, an Enum or a Literal, or one of these or None"


@dataclass(frozen=True)
class Argument:
    """One argument of a scenario.

    Parameters
    ----------
    name
        As in the signature.
    kind
        float, int, bool, str, Path, an Enum class or a Literal.
    unit
        Documented unit ("V"); "" for a pure number or anything else.
    default
        Value if it is not given; ``inspect.Parameter.empty`` if it must be.
    optional
        Whether None is a value.
    """

    name: str
    kind: Any
    unit: str
    default: object
    optional: bool


def arguments_of(entry: Entry) -> dict[str, Argument]:
    """The arguments of a scenario by name, in the order of its signature.

    Raises
    ------
    ValueError
        If an argument has no type, or one that cannot be written on a command line.
    """
    try:
        hints = get_type_hints(entry.function, include_extras=True)
    except NameError as error:
        raise ValueError(f"scenario {entry.name}: the type of an argument is not known: {error}") from error
    found = {}
    for name, parameter in inspect.signature(entry.function).parameters.items():
        kind, unit, optional = _taken_apart(hints.get(name))
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if variadic or not (kind in (float, int, bool, str, Path) or _is_choice(kind)):
            raise ValueError(f"scenario {entry.name}: argument {name!r} must have a type: {_TYPES}")
        found[name] = Argument(name, kind, unit, parameter.default, optional)
    return found


def identity_of(entry: Entry, given: Mapping[str, object]) -> "RunIdentity":
    """What ``run.json`` records of a run of `entry` with the arguments `given`; the others have their defaults."""
    from fem.storage.run_record import RunIdentity

    values = {name: given.get(name, argument.default) for name, argument in arguments_of(entry).items()}
    parameters = {name: (_written(value), arguments_of(entry)[name].unit) for name, value in values.items()}
    meanings = {name: text.split("\n\n")[0] for name, text in descriptions(entry).items() if name in values and text}
    return RunIdentity(entry.name, entry.description, parameters, entry.source, meanings, sources_of(entry, values))


def sources_of(entry: Entry, values: Mapping[str, object]) -> dict[str, str]:
    """Where each of `values` comes from: who changed it, or the source of the default; left out if not stated."""
    stated = Sources.beside(entry)
    found: dict[str, str] = {}
    for name, value in values.items():
        argument = arguments_of(entry)[name]
        default = "" if argument.default is inspect.Parameter.empty else default_of(argument)
        source = stated.of(name, default)
        if not _same(value, argument.default):
            source = "set by the user" + (f"; the default is {default}" if default and default != "None" else "")
        found |= {name: source} if source else {}
    return found


def default_of(argument: Argument) -> str:
    """The default of an argument as the help of the command line writes it."""
    if isinstance(argument.default, float):
        return format_quantity(argument.default, argument.unit)
    return str(_written(argument.default))


def _same(value: object, default: object) -> bool:
    if isinstance(value, float) and isinstance(default, float):
        return isclose(value, default, rel_tol=1e-12)
    return value == default


def descriptions(entry: Entry) -> dict[str, str]:
    """Description of each argument; one line of a docstring may name several (``first, second``)."""
    from docstring_parser import DocstringStyle, parse

    found: dict[str, str] = {}
    for item in parse(entry.function.__doc__ or "", style=DocstringStyle.NUMPYDOC).params:
        names = [name.strip() for name in item.arg_name.split(",")]
        found |= dict.fromkeys(names, _of_several(without_markup(item.description or ""), names))
    return found


def _of_several(text: str, names: list[str]) -> str:
    """`text` that describes several arguments one after the other, with their names."""
    if len(names) == 1 or " and " not in text:
        return text
    return f"{text.removesuffix('.')} (in this order: {', '.join(names).replace('_', ' ')})."


def without_markup(text: str) -> str:
    """`text` of a docstring with one line per paragraph and without markup, to be wrapped anew."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.replace("``", "").split("\n\n"))
    return "\n\n".join(paragraphs)


def recorded_values(entry: Entry, identity: "RunIdentity") -> dict[str, object]:
    """The arguments that a run recorded, checked against the signature of its scenario.

    Raises
    ------
    ValueError
        If a name is unknown, a unit is not the documented one, or a value is not of the documented type.
    """
    arguments = arguments_of(entry)
    values = {}
    for name, (value, unit) in identity.parameters.items():
        require_known(name, arguments, f"recorded argument of scenario {entry.name}:")
        argument = arguments[name]
        if unit != argument.unit:
            raise ValueError(f"recorded {name} is in {unit!r}, scenario {entry.name} has it in {argument.unit!r}")
        values[name] = _read_back(argument, value)
    return values


def _taken_apart(hint: Any) -> tuple[Any, str, bool]:
    """Type, unit and whether None is allowed: ``Annotated[float, "V"] | None`` gives ``(float, "V", True)``."""
    optional = False
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        optional = len(members) < len(get_args(hint))
        hint = members[0] if len(members) == 1 else None
    unit = ""
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        unit = next((extra for extra in extras if isinstance(extra, str)), "")
    return hint, unit, optional


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))


def _written(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return str(shown_path(value)) if isinstance(value, Path) else value


def shown_path(path: Path) -> Path:
    """A file of the project relative to it, so that it is found on every machine; any other as it is."""
    return path.relative_to(_PROJECT) if path.is_relative_to(_PROJECT) else path


def _read_back(argument: Argument, value: object) -> object:
    kind = argument.kind
    if value is None and argument.optional:
        return None
    if kind is Path and isinstance(value, str):
        return Path(value) if Path(value).exists() else _PROJECT / value
    if kind is float and type(value) in (int, float) and -_LARGEST <= value <= _LARGEST:  # type: ignore[operator]
        return value
    if kind in (int, bool, str) and type(value) is kind:
        return value
    if get_origin(kind) is Literal and value in get_args(kind):
        return value
    if isinstance(kind, type) and issubclass(kind, Enum) and value in [member.value for member in kind]:
        return kind(value)
    raise ValueError(f"recorded {argument.name} = {value!r} is not a value that this argument can have")
