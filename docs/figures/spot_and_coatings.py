"""Draws the pictures of three scenarios into docs/images: ``python docs/figures/spot_and_coatings.py [NAME ...]``.

The spot of light that a field draws out, the plate that answers the sign of a voltage, the capacitor warm and cold.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from drawing import IMAGES, panels, triangles
from drawing import run as run_states
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fem.constants import ns, um
from fem.observables.emission import emission
from fem.observables.observables import standard_observables
from fem.observables.profiles import cross_lines
from fem.scenario import Scenario
from fem.state import State
from scenarios import coated_microplate, pl_spot, vertical_capacitor
from scenarios.criteria.capacitor import Capacitor

Array = NDArray[np.float64]
CAPACITORS = ((190, 0), (300, 0), (300, 0.5), (190, 0.5))  # temperature [K] and empirical term
COLOURS = ("#1f5a8a", "#d1663b", "#5b8c3e", "#7a4f9a", "#444444")


def main(images: Path = IMAGES, names: Sequence[str] = ()) -> None:
    """Draw the pictures of the scenarios that are named, or all."""
    for name, draw in PICTURES.items():
        if not names or name in names:
            draw().savefig(images / f"{name}.png", dpi=110)


def run(scenario: Scenario) -> tuple[list[State], dict[str, Array]]:
    """All outputs, and the columns of the time series."""
    states = run_states(scenario)
    columns = standard_observables(scenario)
    return states, {one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns}


def draw_spot() -> Figure:
    """The spot at rest and at the end of either voltage, and the way of its middle over time."""
    scenario = pl_spot.scenario()
    states, traces = run(scenario)
    figure, axes = panels(2, 2, (9, 4.6))
    mesh, time = scenario.model.mesh, traces["time [s]"] / ns
    x = mesh.p[0] / um
    reversed_at = len(time) // 2
    for axis, index, title in zip(axes, (0, reversed_at, -1), ("0 V", "+1 V at the right", "-1 V"), strict=False):
        light = emission(scenario, states[index])
        axis.tripcolor(triangles(mesh, unit=um), light / light.max(), shading="gouraud", cmap="inferno", vmin=0, vmax=1)
        axis.axvline(x.max() / 2, color="w", lw=0.6, ls=":")
        axis.set(title=title, xlabel="x (µm)", ylabel="y (µm)", xlim=(4, 12), aspect="equal")
    middle = traces["PL centroid [m]"] / um - x.max() / 2
    axes[3].plot(time, middle, "o-", color=COLOURS[0], ms=3)
    for sign in (-1, 1):
        axes[3].axhline(sign * 0.625, color=COLOURS[4], lw=0.8, ls="--")
    axes[3].set(xlabel="time (ns)", ylabel="middle of the spot (µm)", title="dashed: $\\pm\\mu\\tau E$")
    return figure


def draw_plate() -> Figure:
    """Light and lifetime over voltage with and without a store, over time, and where the vacancies are."""
    figure, axes = panels(1, 3, (11, 3.4))
    for excess, colour, label in ((1e22, COLOURS[0], "with a store"), (0.0, COLOURS[1], "without")):
        scenario = coated_microplate.scenario(excess=excess)
        states, traces = run(scenario)
        time, volts = traces["time [s]"], traces["potential left [V]"]
        ends = [int(np.flatnonzero(time <= 300 * (k + 1) * (1 + 1e-9))[-1]) for k in range(7)]
        for column, style, what in (("PL/PL0 mean [1]", "o-", "light"), ("carrier lifetime [s]", "s--", "lifetime")):
            seen = traces[column] / traces[column][0]
            axes[0].plot(volts[ends], seen[ends], style, color=colour, ms=4, label=f"{what}, {label}")
        if excess:
            draw_vacancies(axes[1], axes[2], scenario, [states[k] for k in (0, ends[0], ends[-1])])
    axes[0].axhline(1, color=COLOURS[4], lw=0.6)
    axes[0].set(xlabel="voltage on the left electrode (V)", ylabel="over that before")
    axes[0].legend(frameon=False, fontsize=8)
    return figure


def draw_vacancies(many: Axes, potential: Axes, scenario: Scenario, states: list[State]) -> None:
    """Vacancies and potential across the plate."""
    lines = cross_lines(scenario.model.mesh, "x")
    for state, colour, label in zip(states, COLOURS[4::-2], ("at rest", "-12 V", "+12 V"), strict=True):
        many.semilogy(lines.positions / um, lines.average(state.concentrations[0]), color=colour, label=label)
        level = lines.average(state.potential)
        potential.plot(lines.positions / um, 1e3 * (level - level[len(level) // 2]), color=colour)
    many.set(xlabel="x (µm)", ylabel="vacancies (1/m³)")
    many.legend(frameon=False, fontsize=8)
    potential.set(xlabel="x (µm)", ylabel="potential (mV)")


def draw_capacitor() -> Figure:
    """The field in the film, what flashes give, warm and cold and with the empirical law, and the parts of the loss."""
    figure, axes = panels(2, 2, (9, 6.4))
    kinds = [
        (kelvin, alignment, colour, f"{kelvin:g} K{', empirical term' if alignment else ''}")
        for (kelvin, alignment), colour in zip(CAPACITORS, COLOURS, strict=False)
    ]
    for kelvin, alignment, colour, label in kinds:
        scenario = vertical_capacitor.scenario(temperature=kelvin, alignment=alignment)
        _, traces = run(scenario)
        capacitor = scenario.criteria[0].measure.__self__  # type: ignore[attr-defined]
        since = traces["time [s]"] - capacitor.on
        while_on = (since > 0) & (since < capacitor.off - capacitor.on)
        if not alignment:
            field = traces["field in the middle [V/m]"][while_on]
            axes[0].semilogx(since[while_on], field / 1e6, color=colour, label=label)
        starts, yields = capacitor.flashes.starts[1:], capacitor.flashes.yields(traces)[1:]
        for axis, part, begin in ((axes[1], slice(0, 6), capacitor.on), (axes[2], slice(6, 12), capacitor.off)):
            style = "s--" if alignment else "o-"
            axis.semilogx(starts[part] - begin, yields[part], style, color=colour, ms=4, label=label)
        if label == "300 K":
            draw_parts(axes[3], capacitor, traces)
    axes[0].set(xlabel="time with the voltage (s)", ylabel="field in the film (V/µm)")
    axes[1].set(xlabel="time with the voltage (s)", ylabel="light of a flash, over the first")
    axes[2].set(xlabel="time after the voltage (s)", ylabel="light of a flash, over the first")
    for axis in axes[1:3]:
        axis.axhline(1, color=COLOURS[4], lw=0.6)
        axis.set_ylim(-0.05, 1.75)
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def draw_parts(axis: Axes, capacitor: Capacitor, full: dict[str, Array]) -> None:
    """What separation and what gathered pairs take of the light: by the law, and by the twin whose pairs stay."""
    _, kept = run(vertical_capacitor.scenario(pairing=0.0))
    under = slice(1, 7)
    starts = capacitor.flashes.starts[under]
    first = np.searchsorted(full["time [s]"], starts - 1e-10)
    field, both = (full[f"light of a flash by {what} [1]"][first] for what in ("the field", "field and traps"))
    light, stayed = (capacitor.flashes.yields(traces)[under] for traces in (full, kept))
    parts = (("separation", 1 - field, 1 - stayed, COLOURS[0]), ("gathered pairs", field - both, stayed - light,
             COLOURS[1]))  # fmt: skip
    for label, law, twin, colour in parts:
        axis.loglog(starts - capacitor.on, law, "-", color=colour, label=f"{label}, by the law")
        axis.loglog(starts - capacitor.on, np.maximum(twin, 1e-9), "o", color=colour, ms=4, label=f"{label}, by twins")
    axis.set(xlabel="time with the voltage (s)", ylabel="share of the light, 300 K", ylim=(1e-5, 2))
    axis.legend(frameon=False, fontsize=8)


PICTURES = {"pl_spot": draw_spot, "coated_microplate": draw_plate, "vertical_capacitor": draw_capacitor}

if __name__ == "__main__":
    main(names=sys.argv[1:])
