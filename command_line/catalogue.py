"""Where scenarios are found: the modules of the ``scenarios`` package by name, and a user's own file by path."""

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import scenarios
from fem.checks import require_known

if TYPE_CHECKING:
    from fem.comparison.study import Study
    from fem.scenario import Scenario

ScenarioFunction = Callable[..., "Scenario | Study"]


@dataclass(frozen=True)
class Entry:
    """A scenario that can be run.

    Parameters
    ----------
    name
        Name of the module ("lateral_bias") or of the user's file without its suffix.
    description
        Docstring of the module.
    function
        Its ``scenario(...)``.
    source
        The user's file; "" for a built-in scenario.
    """

    name: str
    description: str
    function: ScenarioFunction
    source: str = ""

    @property
    def summary(self) -> str:
        """First line of the description."""
        return first_line(self.description)


def built_in_names() -> list[str]:
    """Names of the scenarios that come with the program, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(scenarios.__path__) if not module.ispkg)


def built_in_summary(name: str) -> str:
    """First line of a built-in scenario's docstring, read without importing it."""
    source = Path(scenarios.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    return first_line(ast.get_docstring(ast.parse(source)) or "")


def built_in(name: str) -> Entry:
    """The built-in scenario `name`.

    Raises
    ------
    ValueError
        If there is none; the message lists the closest names.
    """
    require_known(name, built_in_names(), "scenario")
    return _entry(importlib.import_module(f"scenarios.{name}"), name)


def from_file(path: Path) -> Entry:
    """The scenario in a user's own Python file.

    Raises
    ------
    ValueError
        If the file cannot be read or run, or defines no function ``scenario``.
    """
    if not path.is_file():
        raise ValueError(f"there is no scenario file {path}")
    spec = importlib.util.spec_from_file_location(f"user_scenario_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is not a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"{path} cannot be loaded: {located(error, path)}") from error
    return _entry(module, path.stem, str(path))


def declared(entry: Entry, values: dict[str, object]) -> "Scenario | Study":
    """The scenario, or the study, with the arguments `values`.

    Raises
    ------
    ValueError
        If a value is refused, or a user's own scenario fails or returns something else.
    """
    from fem.comparison.study import Study
    from fem.scenario import Scenario

    try:
        scenario = entry.function(**values)
    except (Exception, SystemExit) as error:
        if not entry.source or type(error) is ValueError:
            raise
        raise ValueError(f"{entry.source}: {located(error, Path(entry.source))}") from error
    if not isinstance(scenario, Scenario | Study):
        raise ValueError(
            f"{entry.source or entry.name}: scenario(...) must return a Scenario or a Study, got"
            f" {type(scenario).__name__}"
        )
    return scenario


def located(error: BaseException, path: Path) -> str:
    """`error` in one line, with the line of the file `path` where it arose if it did so there."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path.absolute():
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    place = f"line {lines[-1]}: " if lines else ""
    if isinstance(error, SystemExit):
        return f"{place}it ends the program (sys.exit) instead of describing a scenario"
    message = first_line(str(error))
    return f"{place}{message}" if isinstance(error, ValueError) else f"{place}{type(error).__name__}: {message}"


def first_line(text: str) -> str:
    """First line of `text` that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _entry(module: ModuleType, name: str, source: str = "") -> Entry:
    function = getattr(module, "scenario", None)
    if not callable(function):
        raise ValueError(f"{source or name} must define a function scenario(...) that returns a fem.scenario.Scenario")
    return Entry(name, module.__doc__ or function.__doc__ or "", function, source)
