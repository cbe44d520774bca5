"""Draws the pictures of three lateral scenarios into docs/images: ``python docs/figures/lateral_carriers.py``.

The quench front and its laws, the contact switch and its twins, a weak and a strong bias with rests.
"""

from pathlib import Path

import numpy as np
from drawing import IMAGES, nearest, panels, run, triangles
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fem.constants import um
from fem.observables.emission import relative_luminescence
from fem.observables.fronts import front_position, quench_profile
from fem.scenario import Scenario
from fem.state import State
from scenarios import contact_switch, lateral_quench, quench_front
from scenarios.contact_switch import Electrodes
from scenarios.criteria.fronts import remaining_conductivity
from scenarios.criteria.memory import light_change
from scenarios.parts.lateral_films import VACANCY_DIFFUSIVITY

VOLT, HOLD, GAP = 0.025852, 35.0, 100e-6
COLOURS = ("#1f5a8a", "#d1663b", "#5b8c3e", "#7a4f9a", "#444444")


def main(images: Path = IMAGES) -> None:
    """Draw the pictures."""
    draw_front(images)
    draw_switch(images)
    draw_memory(images)


def profile(scenario: Scenario, state: State) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position [um] and PL / PL0 across the gap."""
    depth, quench = quench_profile(scenario, state, "left")
    return depth / um, 1 - quench


def draw_front(images: Path) -> None:
    """Maps on the way there and back, position and current against their laws."""
    scenario = quench_front.scenario()
    states = run(scenario)
    figure, axes = panels(3, 2, (9, 6.2))
    chosen = ((0.1, "0.1 s, +2 V"), (7.0, "7 s, +2 V"), (35.0, "35 s, +2 V"), (70.0, "35 s after the reversal, -2 V"))
    for axis, (when, title) in zip(axes, chosen, strict=False):
        state = nearest(states, when)
        light = relative_luminescence(scenario, state)
        film = triangles(scenario.model.mesh, unit=um)
        drawn = axis.tripcolor(film, light, shading="gouraud", cmap="inferno", vmin=0, vmax=1)
        axis.set(title=title, xlabel="x (µm)", ylabel="y (µm)")
        figure.colorbar(drawn, ax=axis, label="PL/PL$_0$")
    forward = [state for state in states if 0.05 < state.time <= HOLD]
    time = np.array([state.time for state in forward])
    way = np.array([front_position("right").measure(scenario, state) for state in forward])
    resistance = np.array([(states[1].contact_current[1] / state.contact_current[1]) ** 2 for state in forward])
    r = float(np.mean([remaining_conductivity().measure(scenario, state) for state in forward[1:]]))
    driven = VACANCY_DIFFUSIVITY / VOLT * 2.0 * time
    law = (-r * GAP + np.sqrt((r * GAP) ** 2 + 2 * (1 - r) * driven)) / (1 - r)
    axes[4].plot(time, law / um, "-", color=COLOURS[4], label=f"law with r = {r:.3f}")
    axes[4].plot(time, way / um, "o", color=COLOURS[0], ms=4, label="run")
    axes[4].set(xlabel="time (s)", ylabel="front from + (µm)")
    axes[5].plot(time, 1 + 2 * (1 - r) * driven / (r * GAP) ** 2, "-", color=COLOURS[4], label="law")
    axes[5].plot(time, resistance, "o", color=COLOURS[0], ms=4, label="run")
    axes[5].set(xlabel="time (s)", ylabel="$(I_0/I)^2$")
    for axis in axes[4:]:
        axis.legend(frameon=False)
    figure.savefig(images / "quench_front.png", dpi=110)


def draw_switch(images: Path) -> None:
    """PL across the gap at the end: bare, coated, bare without reduction; whole and beside the cathode."""
    figure, axes = panels(1, 2, (9, 3.6))
    twins = (
        ("injecting", contact_switch.scenario()),
        ("coated", contact_switch.scenario(electrodes=Electrodes.COATED)),
        ("injecting, no reduction", contact_switch.scenario(reduction=0.0)),
    )
    for colour, (label, scenario) in zip(COLOURS, twins, strict=False):
        x, light = profile(scenario, run(scenario)[-1])
        for axis in axes:
            axis.plot(x, light, color=colour, label=label)
    axes[0].set(
        yscale="log",
        ylim=(0.01, 40),
        xlabel="x (µm)",
        ylabel="PL/PL$_0$ after 100 s at 9 V",
        title="- cathode          anode +",
    )
    axes[1].set(xlim=(0, 6), ylim=(0, 2), xlabel="distance from the cathode (µm)", title="beside the cathode")
    axes[1].axhline(1, color="0.7", lw=0.8, zorder=0)
    axes[0].legend(frameon=False, loc="lower left")
    figure.savefig(images / "contact_switch.png", dpi=110)


def draw_memory(images: Path) -> None:
    """Change of the light over time with and without degradation, and profiles at the ends of the stages."""
    figure, axes = panels(1, 2, (9, 3.6))
    for colour, strength, label in ((COLOURS[1], 1.0, "with degradation"), (COLOURS[0], 0.0, "without")):
        scenario = lateral_quench.scenario(degradation=strength)
        states = run(scenario)
        change = [light_change().measure(scenario, state) for state in states]
        axes[0].plot([state.time for state in states], change, "-", color=colour, label=label)
        if strength:
            _draw_stages(axes[1], scenario, states)
    for start, text in ((0, "0.2 V"), (120, "3 V")):
        axes[0].axvspan(start, start + 20, color="0.9", zorder=0)
        axes[0].text(start + 1, 0.6, text)
    axes[0].set(xlabel="time (s)", ylabel="mean |1 - PL/PL$_0$|", ylim=(0, 0.66))
    axes[0].legend(frameon=False, loc="upper right")
    figure.savefig(images / "lateral_quench.png", dpi=110)


def _draw_stages(axis: Axes, scenario: Scenario, states: list[State]) -> None:
    ends = ((20.0, "weak bias"), (120.0, "rest"), (140.0, "strong bias"), (240.0, "rest"))
    for colour, (time, label) in zip(COLOURS, ends, strict=False):
        state = nearest(states, time)
        axis.plot(*profile(scenario, state), color=colour, label=f"{label}, {time:.0f} s")
    axis.set(xlabel="x (µm)", ylabel="PL/PL$_0$", title="- cathode          anode +", ylim=(0, 1.3))
    axis.legend(frameon=False, fontsize=8)


if __name__ == "__main__":
    main()
