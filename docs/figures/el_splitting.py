"""Draws the picture of the scenario el_splitting into docs/images: ``python docs/figures/el_splitting.py``."""

from pathlib import Path

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, nearest, run, triangles
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from fem.constants import nm
from fem.observables.composition import composition, film_spectrum
from fem.scenario import Scenario
from fem.state import State
from scenarios import el_splitting

TIMES = (0.0, 45.0, 60.0, 80.0, 120.0)
COLOURS = ("#444444", "#5b8c3e", "#1f5a8a", "#d1663b", "#c1121f")


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    driven, rest = el_splitting.scenario(), el_splitting.scenario(return_bias=0.0, return_time=6e4)
    states, rested = (run(one) for one in (driven, rest))
    figure, upper, lower = above_and_below((10.5, 6.6), (1.25, 1.0))
    maps(upper, driven, states)
    spectra, recovery = lower.subplots(1, 2)
    draw_spectra(spectra, driven, states)
    draw_recovery(recovery, (driven, states), (rest, rested))
    figure.savefig(images / "el_splitting.png", dpi=110)


def maps(figure: SubFigure, scenario: Scenario, states: list[State]) -> None:
    """Share of bromide at four times."""
    places, film = figure.subplots(1, 4, sharey=True), triangles(scenario.model.mesh)
    for axes, time in zip(places, TIMES[1:], strict=True):
        state = nearest(states, time)
        drawn = axes.tripcolor(film, state.share, shading="gouraud", cmap="PuOr", vmin=0, vmax=1)
        axes.set_title(f"{state.time:.0f} s, {'+5 V' if time <= 60 else '-5 V'}", fontsize=9)
        axes.set_aspect("equal")
        labels(axes, "nm")
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.colorbar(drawn, ax=list(places), label="share of bromide", shrink=0.85)


def draw_spectra(axes: Axes, scenario: Scenario, states: list[State]) -> None:
    """Photons over wavelength."""
    for time, colour in zip(TIMES, COLOURS, strict=True):
        state = nearest(states, time)
        found = film_spectrum(scenario, state)
        photons = found.power_per_wavelength / found.energy[::-1]
        axes.plot(found.wavelength / nm, photons * nm, color=colour, lw=1.3, label=f"{state.time:.0f} s")
    axes.set_xlim(480, 720)
    axes.set_ylim(bottom=0)
    labels(axes, "wavelength (nm)", "photons per nm, over all")
    legend(axes)


def draw_recovery(axes: Axes, *runs: tuple[Scenario, list[State]]) -> None:
    """Mean change of composition over the time since the drive ended."""
    for (scenario, states), label, colour in zip(runs, ("then -5 V", "then 0 V"), COLOURS[3:1:-1], strict=True):
        after = [one for one in states if one.time > 60]
        change = np.array([composition(scenario, one).mean_change for one in after])
        axes.semilogx([one.time - 60 for one in after], change, color=colour, lw=1.3, label=label)
    mean = runs[0][0].observables[-2]
    blocked = max(mean.measure(runs[0][0], one) for one in runs[0][1])
    axes.set_title(f"electrodes that block halides: never more than {blocked:.0e}", fontsize=8)
    axes.set_ylim(bottom=0)
    labels(axes, "time after 60 s at 5 V (s)", "mean change of the share")
    legend(axes)


if __name__ == "__main__":
    main()
