"""Draws the pictures of the scenarios under alternating voltages into docs/images: ``python docs/figures/ac.py``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fem.constants import nm
from fem.observables.composition import composition, film_spectrum
from fem.observables.light_observables import total_emission
from fem.scenario import Scenario
from fem.state import State
from scenarios import ac_response, ac_stabilised
from scenarios.criteria.ac_response import EMISSION, Response
from scenarios.parts.ac_staircase import Staircase

IMAGES = Path(__file__).parents[1] / "images"
COLOURS = ("#444444", "#1f5a8a", "#c1121f", "#5b8c3e")


def main() -> None:
    """Draw the pictures."""
    scenario = ac_stabilised.scenario()
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    change, jumps, spectra = figure.subplots(1, 3)
    outputs = list(scenario.outputs())
    draw_change(change, scenario, [one.state for one in outputs])
    draw_jumps(jumps, outputs[-1].statistics.cycles_jumped, outputs[-1].statistics.cycles_simulated)
    draw_spectra(spectra, scenario, outputs[-1].state)
    figure.savefig(IMAGES / "ac_stabilised.png", dpi=110)
    response()


def response() -> None:
    """The picture of ac_response."""
    scenario, stairs = ac_response.scenario(), Staircase(2.2, -1.0, 1.0, 4, 4)
    states = [one.state for one in scenario.outputs()]
    columns = [total_emission(), *scenario.observables]
    traces = {"time [s]": scenario.times} | {
        one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns
    }
    demands = Response(stairs, columns[-1].column)
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    wave, light, ions = figure.subplots(1, 3)
    at = stairs.within(scenario.times, 0)
    since = scenario.times[at] - stairs.last_cycles[0]
    brightest = traces[EMISSION].max()
    for name, label, colour in ((EMISSION, "square", COLOURS[1]), (demands.sine, "sine", COLOURS[2])):
        wave.plot(since, traces[name][at] / brightest, color=colour, label=f"{label}, 1 Hz")
        means = [demands.mean(traces, name, k) / brightest for k in range(stairs.count)]
        light.semilogx(1 / stairs.periods, means, "o-", color=colour, ms=3, label=label)
    ions.loglog(
        1 / stairs.periods, [demands.swing(traces, k) / nm for k in range(stairs.count)], "o-", color=COLOURS[0], ms=3
    )
    style(wave, "time in the cycle (s)", "light over its largest")
    style(light, "frequency (Hz)", "mean light over the largest")
    style(ions, "frequency (Hz)", "swing of the ions' mean height (nm)")
    light.set_ylim(bottom=0)
    for axes in (wave, light):
        axes.legend(fontsize=7, frameon=False)
    figure.savefig(IMAGES / "ac_response.png", dpi=110)


def draw_change(axes: Axes, scenario: Scenario, states: Sequence[State]) -> None:
    """Mean change of composition over time, of the film and of its twins."""
    times = scenario.times[1:]
    axes.loglog(
        times, [composition(scenario, one).mean_change for one in states[1:]], color=COLOURS[1], label="±5 V, 50 Hz"
    )
    for label, colour in (("voltage held", COLOURS[2]), ("halides blocked", COLOURS[0])):
        (column,) = (one for one in scenario.observables if one.name == f"share mean change, {label}")
        axes.loglog(times, [column.measure(scenario, one) for one in states[1:]], color=colour, label=label)
    style(axes, "time (s)", "mean change of the share of chloride")
    axes.legend(fontsize=7, frameon=False)


def draw_jumps(axes: Axes, jumped: Sequence[int], simulated: int) -> None:
    """Cycles per jump."""
    axes.semilogy(np.arange(1, len(jumped) + 1), jumped, "o-", color=COLOURS[1], ms=3, lw=1)
    axes.set_title(f"{sum(jumped):,} cycles jumped, {simulated} simulated", fontsize=8)
    style(axes, "number of the jump", "cycles jumped")


def draw_spectra(axes: Axes, scenario: Scenario, last: State) -> None:
    """Spectrum at the start and at the end."""
    for state, label, colour in (
        (scenario.model.initial_state(), "start", COLOURS[0]),
        (last, "after 12 h", COLOURS[1]),
    ):
        found = film_spectrum(scenario, state)
        photons = found.power_per_wavelength / found.energy[::-1]
        axes.plot(found.wavelength / nm, photons / photons.max(), color=colour, label=label,
                  ls="-" if label == "start" else "--")  # fmt: skip
    axes.set_xlim(420, 520)
    style(axes, "wavelength (nm)", "photons per nm, over the largest")
    axes.legend(fontsize=7, frameon=False)


def style(axes: Axes, along: str, up: str) -> None:
    """Labels in the size of the page."""
    axes.set_xlabel(along, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
