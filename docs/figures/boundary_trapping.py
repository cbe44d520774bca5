"""Draws the picture of the scenario boundary_trapping: ``python docs/figures/boundary_trapping.py`` (half a minute)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, triangles
from matplotlib.axes import Axes

from fem.constants import um
from fem.fields import Array
from fem.observables.emission import emission
from fem.observables.light_observables import mean_quench
from fem.scenario import Scenario
from scenarios.boundary_trapping import PLAN, VERTICAL, group, scenario
from scenarios.criteria.trapping import EARLY
from scenarios.parts.trapping_films import Role

COLOURS = {Role.FAST: "#c1121f", Role.TRAP: "#1f5a8a", Role.BOTH: "#d99a1c", Role.NEITHER: "#777777"}


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    figure, maps, plots = above_and_below((11.0, 7.6), (1.5, 1.0))
    places = maps.subplots(2, 4, sharex=True, sharey=True)
    found = {cut: {role: followed(role, cut) for role in Role} for cut in (PLAN, VERTICAL)}
    brightest = max(light.max() for run in found[PLAN].values() for light in run[2])
    for column, role in enumerate(Role):
        film, traces, lights = found[PLAN][role]
        for row, light in enumerate(lights):
            draw_map(places[row, column], film, light / brightest)
        places[0, column].set_title(f"{role.value}\nat rest", fontsize=9)
        places[1, column].set_title(f"{traces['time'][early(traces)]:.2g} s", fontsize=9)
    maps.colorbar(places[0, 0].collections[0], ax=places.ravel().tolist(), label="PL / brightest", shrink=0.85)
    for axes, cut in zip(plots.subplots(1, 2, sharey=True), (PLAN, VERTICAL), strict=True):
        draw_contrasts(axes, cut, {role: run[1] for role, run in found[cut].items()})
    figure.savefig(images / "boundary_trapping.png", dpi=100)


def followed(role: Role, cut: str) -> tuple[Scenario, dict[str, Array], tuple[Array, Array]]:
    """A film, its time series, and its light at rest and when a tenth of the quench has come."""
    film = next(one for one in scenario().members if one.group == group(role, cut)).declare()
    columns = {"lost": mean_quench(), "contrast": film.observables[2]}
    rows, lights = [], []
    for output in film.outputs():
        rows.append([output.state.time, *(one.measure(film, output.state) for one in columns.values())])
        lights.append(emission(film, output.state))
    traces = dict(zip(("time", *columns), np.array(rows).T, strict=True))
    return film, traces, (lights[0], lights[early(traces)])


def early(traces: Mapping[str, Array]) -> int:
    """First output at which a tenth of the largest quench has come."""
    return int(np.argmax(traces["lost"] >= EARLY * traces["lost"].max()))


def draw_map(axes: Axes, film: Scenario, light: Array) -> None:
    """Light of a film; the positive electrode is on the right."""
    axes.tripcolor(triangles(film.model.mesh, unit=um), light, cmap="magma", vmin=0, vmax=1, shading="gouraud")
    axes.set_aspect("equal")
    labels(axes)


def draw_contrasts(axes: Axes, cut: str, runs: Mapping[Role, Mapping[str, Array]]) -> None:
    """Contrast of boundaries in PL/PL0 over the light that is lost, up to the largest loss."""
    for role, traces in runs.items():
        first, last = early(traces), int(np.argmax(traces["lost"]))
        share = traces["lost"][: last + 1] / traces["lost"].max()
        axes.plot(share, traces["contrast"][: last + 1], "o-", ms=3, color=COLOURS[role], label=role.value)
        axes.plot(share[first], traces["contrast"][first], "o", ms=8, color=COLOURS[role])
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set_ylim(-1.05, 1.05)
    labels(axes, "light lost, over the most that is lost", "contrast of boundaries, PL/PL0")
    axes.set_title(cut, fontsize=9)
    legend(axes)


if __name__ == "__main__":
    main()
