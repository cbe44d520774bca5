"""Entry point: finds what is asked for, and turns every error into one line and an exit code.

Exit codes: 0 done, 1 the run failed, 2 the request is wrong, 130 stopped by Ctrl-C.
"""

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, Group
from cyclopts.exceptions import CycloptsError
from rich.console import Console

from command_line.catalogue import Entry, built_in, built_in_names, built_in_summary, first_line, from_file
from command_line.commands import export, list_scenarios, resume, run_new
from command_line.comparing import compare
from command_line.interruption import ctrl_c_remembered
from command_line.options import PREVIEW_OPTIONS, scenario_app
from command_line.preview import preview
from command_line.viewing import figure, view
from fem.checks import require_known

_HELP = """Grainfield simulates ions in polycrystalline halide-perovskite films under electric fields.

python run.py SCENARIO --help shows what can be varied. A path to your own scenario file runs that instead."""

_PREVIEW = """Draw the film of a scenario and say how large its run would be, without running it.

python run.py preview SCENARIO, or the path of your own scenario file, with the options of that scenario."""


def main(tokens: Sequence[str]) -> int:
    """Do what the command line `tokens` ask for; returns the exit code."""
    try:
        with ctrl_c_remembered():
            _dispatch(list(tokens))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if "--debug" in tokens:
            traceback.print_exc()
        code, message = explained(error)
        Console(stderr=True).print(f"error: {message}", markup=False, highlight=False, soft_wrap=True)
        return code
    return 0


def explained(error: Exception) -> tuple[int, str]:
    """Exit code and message of an error."""
    if isinstance(error, CycloptsError):
        error.verbose = False
        return 2, f"{error} (--help shows the options)"
    if type(error) is ValueError:
        return 2, str(error)
    if isinstance(error, MemoryError):
        return 1, "not enough memory for this film and mesh; make the film smaller or the mesh coarser"
    if failed := _disk_error(error):
        return 1, _failed_file(failed)
    if isinstance(error, RuntimeError):
        return 1, str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return 1, f"{type(error).__name__} in {where}: {first_line(str(error))}; a fault of the program, --debug shows more"


def _disk_error(error: BaseException | None) -> OSError | None:
    """The OSError that `error` is or followed from: closing a file that could not be written fails once more."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error


def _failed_file(error: OSError) -> str:
    """The reason the system gives, and the file; HDF5 wraps both in a long text of its own."""
    reason = os.strerror(error.errno) if error.errno else first_line(str(error))
    return f"{reason}: {error.filename}" if error.filename else reason


def _dispatch(tokens: list[str]) -> None:
    first, *others = tokens or ["--help"]
    if first == "preview" and others and not others[0].startswith("-"):
        app, rest = _previewer(others[0]), others[1:]
    elif _is_file(first) or first in built_in_names():
        app, rest = _runner(first), others
    else:
        app, rest = _root(), [first, *others]
        if not first.startswith("-"):
            require_known(
                first,
                [*built_in_names(), "preview", "list", "resume", "compare", "export", "view", "figure"],
                "scenario or command",
            )
    command, bound, _ = app.parse_args(rest, print_error=False, exit_on_error=False)
    command(*bound.args, **bound.kwargs)


def _is_file(written: str) -> bool:
    """Whether a scenario is `written` as the path of a file."""
    return written.endswith(".py") or os.sep in written


def _entry(written: str) -> Entry:
    return from_file(Path(written)) if _is_file(written) else built_in(written)


def _runner(written: str) -> App:
    entry = _entry(written)
    return scenario_app(entry, f"run.py {written}", lambda given, options: run_new(entry, given, **options))


def _previewer(written: str) -> App:
    entry = _entry(written)
    invocation = f"run.py preview {written}"
    return scenario_app(entry, invocation, lambda given, own: preview(entry, given, **own), PREVIEW_OPTIONS)


def _root() -> App:
    app = App(name="run.py", help=_HELP, help_format="plaintext", version=_version)
    scenarios = Group("Scenarios", sort_key=0)
    for name in built_in_names():
        app.command(App(name=name, help=built_in_summary(name), group=scenarios))
    app.command(App(name="preview", help=_PREVIEW, help_format="plaintext"))
    app.command(list_scenarios, name="list")
    app.command(resume, name="resume")
    app.command(compare, name="compare")
    app.command(export, name="export")
    app.command(view, name="view")
    app.command(figure, name="figure")
    return app


def _version() -> str:
    import tomllib

    with Path(__file__).parents[1].joinpath("pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
