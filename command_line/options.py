"""A scenario's arguments as command-line options, with their help."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from command_line.arguments import Argument, arguments_of, descriptions, shown_path, without_markup
from command_line.catalogue import Entry
from command_line.quantities import format_quantity, kind_of, parse_possible

Options = Mapping[str, tuple[object, object, str]]  # type, default and description

_DEBUG = (bool, False, "Show where in the code an error arose.")
RUN_OPTIONS: Options = {
    "out": (Path | None, None, "Results folder; results/<scenario> if not given."),
    "strict": (bool, False, "Fail (exit code 1) if a check of the computation does; all results are written first."),
    "quiet": (bool, False, "Print nothing but warnings and errors."),
    "debug": _DEBUG,
}
PREVIEW_OPTIONS: Options = {
    "out": (
        Path | None,
        None,
        "Picture (.png, .pdf or .svg) or the folder it goes into; results/<scenario>_film.png if not given.",
    ),
    "debug": _DEBUG,
}


def scenario_app(
    entry: Entry,
    invocation: str,
    run: Callable[[dict[str, object], dict[str, Any]], None],
    options: Options = RUN_OPTIONS,
) -> App:
    """Command-line app of one scenario.

    Parameters
    ----------
    entry
        The scenario.
    invocation
        How it is called, for the usage line ("run.py lateral_bias").
    run
        Called with the scenario's arguments that were given, and with the `options`.
    options
        What the command takes besides the scenario's arguments.

    Raises
    ------
    ValueError
        If an argument of the scenario has no type or the name of an option of the run.
    """

    def command(**given: Any) -> None:
        own = {name: given.pop(name, default) for name, (_, default, _) in options.items()}
        run(given, own)

    described = descriptions(entry)
    arguments = arguments_of(entry)
    if taken := arguments.keys() & RUN_OPTIONS.keys():
        raise ValueError(
            f"scenario {entry.name}: {min(taken)!r} is an option of every run; give the argument another name"
        )
    parameters = [_scenario_option(argument, described.get(name, "")) for name, argument in arguments.items()]
    parameters += [_own_option(name, *option) for name, option in options.items()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app = App(name=invocation, help=without_markup(entry.description), help_format="plaintext", version_flags=[])
    app.default(command)
    return app


def _scenario_option(argument: Argument, description: str) -> inspect.Parameter:
    details: dict[str, Any] = {"help": description, "group": "Experiment"}
    if argument.kind is float:
        details |= {
            "converter": converter(lambda text: parse_possible(text, argument.unit)),
            "metavar": kind_of(argument.unit).split(" ", 1)[1].upper().replace(" ", "_"),
            "show_default": lambda value: "none" if value is None else format_quantity(value, argument.unit),
        }
    elif argument.kind is int:
        details["converter"] = converter(_seed if argument.name == "seed" else _whole_number)
    elif argument.kind is Path:
        details["show_default"] = lambda value: "none" if value is None else str(shown_path(value))
    hyphen = argument.kind in (float, int)
    hint = argument.kind | None if argument.optional else argument.kind
    return _option(argument.name, Annotated[hint, Parameter(**details, allow_leading_hyphen=hyphen)], argument.default)


def _own_option(name: str, hint: object, default: object, description: str) -> inspect.Parameter:
    parameter = Parameter(help=description, group="Run", negative=(), show_default=False)
    return _option(name, Annotated[hint, parameter], default)


def _option(name: str, hint: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def converter(convert: Callable[[str], object]) -> Callable[[object, Sequence[Any]], object]:
    """What cyclopts calls to read one word; a ValueError of `convert` is told with the name of the option."""
    return lambda hint, tokens: convert(tokens[0].value)


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _seed(text: str) -> int:
    """A seed of random numbers: NumPy takes no negative ones."""
    if (value := _whole_number(text)) < 0:
        raise ValueError(f"a seed must not be negative, got {value}")
    return value
