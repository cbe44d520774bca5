"""The command that shows a run in a window."""

from pathlib import Path

from command_line.commands import Debug
from command_line.messages import say
from command_line.quantities import parse_quantity


def view(
    directory: Path, *, field: str | None = None, time: str | None = None, picture: Path | None = None,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Show a map of a results folder in a window, its outputs on a slider.

    Parameters
    ----------
    directory
        The results folder.
    field
        Name of a map, such as electric_potential; what is seen of the film if not given.
    time
        Show the output nearest to this time, such as 10s, first; the last one if not given.
    picture
        Draw into this file instead of a window.
    """
    from fem.results.view import View

    shown = View.of(directory, field, None if time is None else parse_quantity(time, "s"))
    if picture is None:
        shown.show()
        return
    shown.draw(picture)
    say(f"drew {shown.field} at {shown.results.times[shown.output]:.4g} s into {picture}")
