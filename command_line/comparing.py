"""The command that compares results folders."""

from pathlib import Path

from command_line.commands import Debug, Quiet
from command_line.messages import say, warn
from command_line.places import require_makeable


def compare(*directories: Path, out: Path | None = None, quiet: Quiet = False, debug: Debug = False) -> None:
    """Compare results folders: table, traces, maps at matched moments and a report, or the reason why not.

    Parameters
    ----------
    directories
        Two results folders or more, of finished or stopped runs; nothing in them is executed.
    out
        Folder for the comparison; results/compare if not given.
    """
    from fem.comparison import compare as comparing

    folder = out or Path("results", "compare")
    comparing.require_free(folder)
    require_makeable(folder.parent, f"the comparison {folder}")
    made = comparing.compare(directories, folder)
    warn(made.warnings)
    if not quiet:
        say(*made.lines, f"comparison in {made.directory}: report.html, figures, comparison.json, comparison.csv")
