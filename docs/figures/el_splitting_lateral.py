"""Draws the same film split vertically and laterally: ``python docs/figures/el_splitting_lateral.py``."""

from pathlib import Path

from drawing import IMAGES, above_and_below, labels, legend, nearest, run, triangles
from matplotlib.axes import Axes

from fem.constants import eV, nm
from fem.observables.composition import film_spectrum, spread
from fem.scenario import Scenario
from fem.state import State
from scenarios import el_splitting
from scenarios.parts.voltage_direction import Direction

BOUNDARIES = (("passivated", 0.36 * eV, "-"), ("pristine", 0.25 * eV, "--"))
COLOURS = {Direction.VERTICAL: "#c1121f", Direction.LATERAL: "#1f5a8a"}
DRIVE = 60.0  # [s]


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    figure, upper, lower = above_and_below((10.5, 5.6))
    places = upper.subplots(1, 4, sharey=True)
    spectra, spreads = lower.subplots(1, 2)
    films = [(direction, *one) for direction in Direction for one in BOUNDARIES]
    for axes, (direction, name, barrier, style) in zip(places, films, strict=True):
        scenario = el_splitting.scenario(direction=direction, width=200 * nm, grains=3, boundary_barrier=barrier)
        states = run(scenario)
        end = nearest(states, DRIVE)
        drawn = axes.tripcolor(
            triangles(scenario.model.mesh), end.share, shading="gouraud", cmap="PuOr", vmin=0, vmax=1
        )
        axes.set_title(f"{direction.value}, {name}", fontsize=9)
        axes.set_aspect("equal")
        labels(axes, "nm")
        draw_spectrum(spectra, scenario, end, (f"{direction.value}, {name}", COLOURS[direction], style))
        draw_spreads(spreads, scenario, states, (direction, name, style))
    upper.colorbar(drawn, ax=list(places), label="share of bromide", shrink=0.8)
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.savefig(images / "el_splitting_lateral.png", dpi=110)


def draw_spectrum(axes: Axes, scenario: Scenario, state: State, look: tuple[str, str, str]) -> None:
    """Photons over wavelength."""
    found, (label, colour, style) = film_spectrum(scenario, state), look
    photons = found.power_per_wavelength / found.energy[::-1]
    axes.plot(found.wavelength / nm, photons * nm, style, color=colour, lw=1.3, label=label)
    axes.set_xlim(480, 720)
    labels(axes, "wavelength (nm)", "photons per nm after 60 s, over all")
    legend(axes)


def draw_spreads(axes: Axes, scenario: Scenario, states: list[State], film: tuple[Direction, str, str]) -> None:
    """Standard deviation of the composition along the voltage, over time."""
    direction, name, style = film
    measure = spread("y" if direction is Direction.VERTICAL else "x").measure
    values = [measure(scenario, one) for one in states]
    label = f"{direction.value}, {name}"
    axes.plot([one.time for one in states], values, style, color=COLOURS[direction], lw=1.3, label=label)
    labels(axes, "time (s); the voltage is reversed at 60 s", "standard deviation along the voltage")
    legend(axes)


if __name__ == "__main__":
    main()
