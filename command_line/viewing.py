"""The commands that show a map of a run: in a window, as a figure, as a film."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from command_line.commands import Debug
from command_line.messages import say, warn
from command_line.options import converter
from command_line.quantities import parse_quantity

if TYPE_CHECKING:
    from fem.storage.results import Results

# A word that begins with a hyphen is a value here: cyclopts would take -3s for an option.
Moment = Annotated[
    float | None,
    Parameter(converter=converter(lambda text: parse_quantity(text, "s")), allow_leading_hyphen=True, metavar="TIME"),
]
Width = Annotated[
    float,
    Parameter(
        converter=converter(lambda text: parse_quantity(text, "m")),
        allow_leading_hyphen=True,
        metavar="LENGTH",
        show_default=lambda width: f"{width * 1e3:g}mm",
    ),
]


def view(
    directory: Path, *, field: str | None = None, time: Moment = None, picture: Path | None = None,
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

    shown = View.of(directory, field, time)
    warn(_doubts(shown.results, time))
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

    width: Width = 86e-3
    style: Path | None = None


_COLUMN = Look()


def figure(
    directory: Path, file: Path, *, field: str | None = None, time: Moment = None, look: Look = _COLUMN,
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

    still = Still.of(directory, field, look.width, look.style)
    moment = still.draw(file, time)
    warn(_doubts(still.results, time))
    say(f"drew {still.field} {'up to' if still.is_film(file) else 'at'} {moment:.4g} s into {file}")


def _doubts(results: "Results", time: float | None) -> list[str]:
    """Warnings where outputs are missing, or the run was elsewhere at `time` [s]."""
    first, last = results.times[0], results.times[-1]
    found = [f"{results.directory} {results.cut}"] if results.cut else []
    if time is None or first <= time <= last:
        return found
    return [
        *found,
        f"{results.directory} has outputs from {first:g} s to {last:g} s only: the nearest to {time:g} s is shown",
    ]
