"""The commands that show a map of a run: in a window, as a figure, as a film."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

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
    from fem.pictures.view import View

    shown = View.of(directory, field, None if time is None else parse_quantity(time, "s"))
    if picture is None:
        shown.show()
        return
    shown.draw(picture)
    say(f"drew {shown.field} at {shown.results.times[shown.output]:.4g} s into {picture}")


@Parameter(name="*")
@dataclass(frozen=True)
class Look:
    """How a figure looks.

    Parameters
    ----------
    width
        Of the figure: a column of a journal if not given.
    style
        Matplotlib style file; fem/pictures/grainfield.mplstyle is the one to start from.
    """

    width: str = "86mm"
    style: Path | None = None


_COLUMN = Look()


def figure(
    directory: Path, file: Path, *, field: str | None = None, time: str | None = None, look: Look = _COLUMN,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Draw a map of a results folder as a figure (.png, .svg, .pdf) or as a film of all outputs (.mp4, .gif).

    Parameters
    ----------
    directory
        The results folder; nothing else is needed.
    file
        What to write; its ending says in which form.
    field
        Name of a map, such as electric_potential; what is seen of the film if not given.
    time
        Draw the output nearest to this time, such as 10s; the last one if not given.
    """
    from fem.pictures.still import Still

    still = Still.of(directory, field, parse_quantity(look.width, "m"), look.style)
    moment = still.draw(file, None if time is None else parse_quantity(time, "s"))
    say(f"drew {still.field} up to {moment:.4g} s into {file}")
