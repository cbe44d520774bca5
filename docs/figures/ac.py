"""Draws the pictures of the scenarios under alternating voltages into docs/images: ``python docs/figures/ac.py``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from drawing import IMAGES, labels, legend, panels, run
from matplotlib.axes import Axes

from fem.constants import hour, nm
from fem.observables.composition import composition, film_spectrum
from fem.observables.light_observables import total_emission
from fem.scenario import Scenario
from fem.state import State
from scenarios import ac_response, ac_stabilised
from scenarios.criteria.ac_response import EMISSION, Response
from scenarios.parts.ac_staircase import Staircase

COLOURS = ("#444444", "#1f5a8a", "#c1121f", "#5b8c3e")
DURATION = 12 * hour
STAIRS = Staircase(2.2, -1.0, lowest=1.0, count=4, cycles=4)


def main(images: Path = IMAGES) -> None:
    """Draw the pictures."""
    stabilised(images)
    response(images)


def stabilised(images: Path) -> None:
    """The picture of ac_stabilised."""
    scenario = ac_stabilised.scenario(duration=DURATION)
    figure, (change, jumps, spectra) = panels(1, 3, (11, 3.4))
    outputs = list(scenario.outputs())
    draw_change(change, scenario, [one.state for one in outputs])
    draw_jumps(jumps, outputs[-1].statistics.cycles_jumped, outputs[-1].statistics.cycles_simulated)
    draw_spectra(spectra, scenario, outputs[-1].state)
    figure.savefig(images / "ac_stabilised.png", dpi=110)


def response(images: Path) -> None:
    """The picture of ac_response."""
    scenario = ac_response.scenario(
        lowest_frequency=STAIRS.lowest, decades=STAIRS.count - 1, cycles=STAIRS.cycles, forward=STAIRS.high,
        reverse=STAIRS.low,
    )  # fmt: skip
    states = run(scenario)
    columns = [total_emission(), *scenario.observables]
    traces = {"time [s]": scenario.times} | {
        one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns
    }
    demands = Response(STAIRS, columns[-1].column)
    figure, (wave, light, ions) = panels(1, 3, (11, 3.2))
    at = STAIRS.within(scenario.times, 0)
    since = scenario.times[at] - STAIRS.last_cycles[0]
    brightest = traces[EMISSION].max()
    for name, label, colour in ((EMISSION, "square", COLOURS[1]), (demands.sine, "sine", COLOURS[2])):
        wave.plot(since, traces[name][at] / brightest, color=colour, label=f"{label}, {STAIRS.lowest:g} Hz")
        means = [demands.mean(traces, name, k) / brightest for k in range(STAIRS.count)]
        light.semilogx(1 / STAIRS.periods, means, "o-", color=colour, ms=3, label=label)
    swings = [demands.swing(traces, k) / nm for k in range(STAIRS.count)]
    ions.loglog(1 / STAIRS.periods, swings, "o-", color=COLOURS[0], ms=3)
    labels(wave, "time in the cycle (s)", "light over its largest")
    labels(light, "frequency (Hz)", "mean light over the largest")
    labels(ions, "frequency (Hz)", "swing of the ions' mean height (nm)")
    light.set_ylim(bottom=0)
    for axes in (wave, light):
        legend(axes)
    figure.savefig(images / "ac_response.png", dpi=110)


def draw_change(axes: Axes, scenario: Scenario, states: Sequence[State]) -> None:
    """Mean change of composition over time, of the film and of its twins."""
    times = scenario.times[1:]
    axes.loglog(
        times, [composition(scenario, one).mean_change for one in states[1:]], color=COLOURS[1], label="±5 V, 50 Hz"
    )
    for label, colour in (("voltage held", COLOURS[2]), ("halides blocked", COLOURS[0])):
        (column,) = (one for one in scenario.observables if one.name == f"share mean change, {label}")
        axes.loglog(times, [column.measure(scenario, one) for one in states[1:]], color=colour, label=label)
    labels(axes, "time (s)", "mean change of the share of chloride")
    legend(axes)


def draw_jumps(axes: Axes, jumped: Sequence[int], simulated: int) -> None:
    """Cycles per jump."""
    axes.semilogy(np.arange(1, len(jumped) + 1), jumped, "o-", color=COLOURS[1], ms=3, lw=1)
    axes.set_title(f"{sum(jumped):,} cycles jumped, {simulated} simulated", fontsize=8)
    labels(axes, "number of the jump", "cycles jumped")


def draw_spectra(axes: Axes, scenario: Scenario, last: State) -> None:
    """Spectrum at the start and at the end."""
    for state, label, colour in (
        (scenario.model.initial_state(), "start", COLOURS[0]),
        (last, f"after {last.time / hour:.3g} h", COLOURS[1]),
    ):
        found = film_spectrum(scenario, state)
        photons = found.power_per_wavelength / found.energy[::-1]
        axes.plot(found.wavelength / nm, photons / photons.max(), color=colour, label=label,
                  ls="-" if label == "start" else "--")  # fmt: skip
    axes.set_xlim(420, 520)
    labels(axes, "wavelength (nm)", "photons per nm, over the largest")
    legend(axes)


if __name__ == "__main__":
    main()
