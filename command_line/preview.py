"""The film of a scenario as a picture and a few numbers, without running anything."""

from pathlib import Path
from typing import TYPE_CHECKING

from command_line.catalogue import Entry, declared
from command_line.messages import say, warn
from command_line.places import require_makeable

if TYPE_CHECKING:
    from fem.scenario import Scenario

_PICTURES = (".png", ".pdf", ".svg")


def preview(entry: Entry, given: dict[str, object], out: Path | None, debug: bool) -> None:
    """Draw the film of a scenario with the arguments `given`, and say what it is and how large its run would be.

    Of a study, the first film of every group is drawn, under the name of its run.

    Parameters
    ----------
    out
        Picture, or the folder that it goes into; ``results/<scenario>_film.png`` if not given.

    Raises
    ------
    ValueError
        If the scenario refuses its arguments, or `out` is no name for a picture or cannot be written.
    """
    path = _picture(out, entry.name)
    require_makeable(path.parent, f"the picture {path}")
    scenario = declared(entry, given)
    from fem.comparison.study import Study

    if not isinstance(scenario, Study):
        _draw(scenario, f"{entry.name}: {entry.summary}", path)
        return
    for member in scenario.one_of_each():
        _draw(member.declare(), f"{entry.name}: {member.group}", path.with_stem(f"{path.stem}_{member.name}"))


def _draw(scenario: "Scenario", title: str, path: Path) -> None:
    from fem.pictures.film_figure import draw_microstructure
    from fem.results.film_facts import film_lines, recorded_lines
    from fem.results.run_facts import warnings_of

    path.parent.mkdir(parents=True, exist_ok=True)
    draw_microstructure(scenario, path)
    say(title, *(f"  {line}" for line in film_lines(scenario)))
    say(*(f"  {line}" for line in scenario.model.scale_report().lines()))
    if recorded := recorded_lines(scenario):
        say("  for the record, in SI units:", *(f"    {line}" for line in recorded))
    warn(warnings_of(scenario))
    say(f"film drawn in {path}")


def _picture(out: Path | None, name: str) -> Path:
    """Where the picture goes."""
    file = f"{name}_film.png"
    if out is None:
        return Path("results", file)
    if out.is_dir() or not out.suffix:
        return out / file
    if out.suffix.lower() not in _PICTURES:
        raise ValueError(f"a picture of the film must end in {', '.join(_PICTURES)}, got {out}")
    return out
