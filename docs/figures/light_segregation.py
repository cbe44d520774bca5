"""Draws the picture of the scenario light_segregation: ``python docs/figures/light_segregation.py``."""

from pathlib import Path

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, nearest, run, triangles
from matplotlib.axes import Axes

from fem.constants import eV
from fem.observables.composition import film_spectrum, spread
from fem.scenario import Scenario
from fem.state import State
from scenarios import light_segregation

MAPS = ((60.0, "dark"), (200.0, "20 s of strong light"), (780.0, "10 min of it"), (4380.0, "dark again"))
COLOURS = ("#444444", "#d1663b", "#c1121f", "#1f5a8a")


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    scenario = light_segregation.scenario()
    bare = light_segregation.scenario(attraction=0.0, boundary_barrier=0.30 * eV)
    states, passivated = run(scenario), run(bare)
    figure, upper, lower = above_and_below((10.5, 5.4), (0.55, 1.0))
    places = upper.subplots(1, 4, sharey=True)
    film = triangles(scenario.model.mesh)
    for axes, (time, name) in zip(places, MAPS, strict=True):
        drawn = axes.tripcolor(film, nearest(states, time).share, cmap="PuOr", vmin=0, vmax=1, shading="gouraud")
        axes.set_title(name, fontsize=9)
        axes.set_aspect("equal")
        labels(axes, "nm")
    places[0].set_ylabel("height (nm)", fontsize=8)
    upper.colorbar(drawn, ax=list(places), label="share of bromide", shrink=0.7)
    spectra, peaks, spreads = lower.subplots(1, 3)
    draw_spectra(spectra, scenario, states)
    draw_peaks(peaks, (scenario, states, "pristine"), (bare, passivated, "passivated"))
    draw_spreads(spreads, (scenario, states, "pristine"), (bare, passivated, "passivated"))
    figure.savefig(images / "light_segregation.png", dpi=110)


def draw_spectra(axes: Axes, scenario: Scenario, states: list[State]) -> None:
    """Photons over energy."""
    for (time, name), colour in zip(MAPS, COLOURS, strict=True):
        found = film_spectrum(scenario, nearest(states, time))
        axes.plot(found.energy / eV, found.intensity * eV, color=colour, lw=1.3, label=name)
    axes.set_xlim(1.5, 2.0)
    axes.set_ylim(0, 12)
    labels(axes, "photon energy (eV)", "photons per eV, over all")
    legend(axes)


def draw_peaks(axes: Axes, *runs: tuple[Scenario, list[State], str]) -> None:
    """Reddest peak over time."""
    for (scenario, states, name), colour in zip(runs, ("#c1121f", "#1f5a8a"), strict=True):
        peak = [film_spectrum(scenario, one).peaks.min() / eV for one in states[1:]]
        axes.plot([one.time / 60 for one in states[1:]], peak, color=colour, lw=1.3, label=f"{name} boundaries")
    mark_light(axes)
    axes.set_ylabel("reddest peak (eV)", fontsize=8)
    legend(axes)


def draw_spreads(axes: Axes, *runs: tuple[Scenario, list[State], str]) -> None:
    """Lateral and vertical segregation of the same film over time."""
    for (scenario, states, name), colour in zip(runs, ("#c1121f", "#1f5a8a"), strict=True):
        for axis, style, way in (("x", "-", "lateral"), ("y", "--", "vertical")):
            measure = spread(axis).measure
            values = np.maximum([measure(scenario, one) for one in states[1:]], 1e-7)
            label = f"{way}, {name}"
            axes.semilogy([one.time / 60 for one in states[1:]], values, style, color=colour, lw=1.3, label=label)
    mark_light(axes)
    axes.set_ylabel("standard deviation of the share", fontsize=8)
    legend(axes)


def mark_light(axes: Axes) -> None:
    """Shade the time of strong light."""
    axes.axvspan(3, 13, color="#f4d35e", alpha=0.3, lw=0)
    axes.set_xlim(0, 40)
    labels(axes, "time (min); strong light shaded")


if __name__ == "__main__":
    main()
