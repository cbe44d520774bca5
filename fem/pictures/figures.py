"""All pictures of a run, drawn from its folder."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from fem.fields import Array
from fem.pictures.film_figure import draw_microstructure
from fem.pictures.line_figures import draw_profiles, draw_traces, write_profiles
from fem.pictures.map_figures import Pictured, draw_maps
from fem.pictures.movie import draw_movie
from fem.pictures.surface_figure import draw_surface
from fem.scenario import Scenario
from fem.storage.files import replace_file
from fem.storage.series import FieldSeries
from fem.storage.timeseries import read_timeseries

FILM = Path("figures", "microstructure.png")  # within a results folder

_Jobs = Mapping[str, Callable[[], object]]


def draw_film(scenario: Scenario, directory: Path) -> list[str]:
    """Draw the film of the run in `directory` into ``figures/``, unless its picture is there already.

    Returns
    -------
    A warning if it could not be drawn.
    """
    path = directory / FILM

    def draw() -> None:
        picture = BytesIO()
        draw_microstructure(scenario, picture)
        path.parent.mkdir(exist_ok=True)
        replace_file(path, picture.getvalue(), durable=False)

    return [] if path.exists() else _done({path.name: draw})


def draw_figures(scenario: Scenario, directory: Path) -> list[str]:
    """Draw everything else into ``figures/`` and write the profiles of the run in `directory`.

    A picture that cannot be drawn is left out; the numbers of the run do not depend on it.

    Returns
    -------
    One warning for each picture that could not be drawn.
    """
    columns = read_timeseries(directory / "timeseries.csv")
    with FieldSeries.open(directory / "fields.vtkhdf").held_open() as series:
        return _draw(scenario, directory, series, columns)


def _draw(scenario: Scenario, directory: Path, series: FieldSeries, columns: Mapping[str, Array]) -> list[str]:
    try:
        run = Pictured.of(scenario, series, columns)
    except Exception as error:  # as below
        return [f"the figures could not be made: {type(error).__name__}: {error}"]
    figures = directory / "figures"
    figures.mkdir(exist_ok=True)
    jobs: _Jobs = {
        "maps.png": lambda: draw_maps(run, figures / "maps.png"),
        "traces.png": lambda: draw_traces(run, figures / "traces.png"),
        "surface.png": lambda: draw_surface(run, figures / "surface.png"),
        "profiles.png": lambda: draw_profiles(run, figures / "profiles.png"),
        "profiles_x.csv and profiles_y.csv": lambda: write_profiles(run, directory),
        "film": lambda: draw_movie(run, figures),
    }
    return _done(jobs)


def _done(jobs: _Jobs) -> list[str]:
    """Do all `jobs`; a warning for each that failed."""
    warnings = []
    for name, draw in jobs.items():
        try:
            draw()
        except Exception as error:  # a picture must never cost a run
            warnings.append(f"{name} could not be made: {type(error).__name__}: {error}")
    return warnings
