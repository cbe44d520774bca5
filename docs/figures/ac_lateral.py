"""Draws films under alternating voltages through and along them: ``python docs/figures/ac_lateral.py``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, run, triangles
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from fem.constants import eV, hour, nm
from fem.fields import Array
from fem.observables.composition import composition, spread
from fem.observables.light_observables import total_emission
from fem.scenario import Scenario
from fem.state import State
from scenarios import ac_response, ac_stabilised
from scenarios.criteria.ac_response import EMISSION, Response
from scenarios.parts.ac_staircase import HALIDE_DISTANCE, Staircase
from scenarios.parts.voltage_direction import Direction

COLOURS = {Direction.VERTICAL: "#c1121f", Direction.LATERAL: "#1f5a8a"}
LOWERED = (("passivated", 0.0, "-"), ("pristine", 0.11 * eV, "--"))
FILMS = [(direction, *one) for direction in Direction for one in LOWERED]
SQUARE, GRAINS, DURATION = 200 * nm, 3, 1 * hour  # section of the film whose colour lasts, and of its time
DIODE, COLUMNS, STAIRS = 150 * nm, 3, Staircase(2.2, -1.0, lowest=10.0, count=3, cycles=2)  # of the diode


def main(images: Path = IMAGES) -> None:
    """Draw the pictures."""
    stabilised(images)
    response(images)


def page() -> tuple[Figure, list[Axes], list[Axes]]:
    """An empty picture with room for four maps and two panels."""
    figure, upper, lower = above_and_below((10.5, 5.6))
    return figure, list(upper.subplots(1, 4, sharey=True)), list(lower.subplots(1, 2))


def stabilised(images: Path) -> None:
    """The picture of ac_stabilised."""
    figure, places, (change, uneven) = page()
    for axes, (direction, name, lowered, style) in zip(places, FILMS, strict=True):
        scenario = ac_stabilised.scenario(
            direction=direction, width=SQUARE, grains=GRAINS, boundary_barrier=0.36 * eV - lowered, duration=DURATION
        )
        states = run(scenario)
        shift = np.log10(np.abs(states[-1].share - scenario.model.initial_state().share) + 1e-6)
        drawn = mapped(axes, scenario, shift, ("magma", -4.0, -1.0))
        axes.set_title(f"{direction.value}, {name}", fontsize=9)
        look: dict[str, Any] = {"color": COLOURS[direction], "ls": style, "lw": 1.3}
        times = scenario.times[1:]
        moved = [composition(scenario, one).mean_change for one in states[1:]]
        change.loglog(times, moved, label=f"{direction.value}, {name}", **look)
        if lowered == 0:
            (held,) = (one for one in scenario.observables if one.name == "share mean change, voltage held")
            change.loglog(times, [held.measure(scenario, one) for one in states[1:]], **(look | {"lw": 0.6}))
        along, across = ("y", "x") if direction is Direction.VERTICAL else ("x", "y")
        for axis, width in ((along, 1.3), (across, 0.6)):
            values = [spread(axis).measure(scenario, one) for one in states[1:]]
            uneven.loglog(times, values, **(look | {"lw": width}))
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.colorbar(drawn, ax=places, shrink=0.8).set_label(
        f"log of the change of the share, {DURATION / hour:.3g} h", fontsize=8
    )
    labels(change, "time (s); thin: 5 V held", "mean change of the share")
    labels(uneven, "time (s); thin: across the voltage", "standard deviation along the voltage")
    legend(change)
    figure.savefig(images / "ac_stabilised_lateral.png", dpi=110)


def response(images: Path) -> None:
    """The picture of ac_response."""
    figure, places, (light, swing) = page()
    demands = Response(STAIRS, "")
    for axes, (direction, name, lowered, style) in zip(places, FILMS, strict=True):
        scenario = ac_response.scenario(
            direction=direction, lowered=lowered, width=DIODE, thickness=DIODE, grains=COLUMNS,
            lowest_frequency=STAIRS.lowest, decades=STAIRS.count - 1, cycles=STAIRS.cycles,
        )  # fmt: skip
        states = run(scenario)
        found = traces(scenario, states)
        forward = states[int(np.argmin(np.abs(scenario.times - STAIRS.last_cycles[1] - 0.5 * STAIRS.periods[1])))]
        drawn = mapped(axes, scenario, np.log10(np.maximum(forward.concentrations[0], 1e20)), ("viridis", 22.5, 24.5))
        axes.set_title(f"{direction.value}, {name}", fontsize=9)
        look: dict[str, Any] = {
            "color": COLOURS[direction],
            "ls": style,
            "lw": 1.3,
            "label": f"{direction.value}, {name}",
        }
        at = STAIRS.within(scenario.times, 0)
        light.plot(1e3 * (scenario.times[at] - STAIRS.last_cycles[0]), found[EMISSION][at] / DIODE, **look)
        swings = [demands.swing(found, k) / nm for k in range(STAIRS.count)]
        swing.loglog(1 / STAIRS.periods, swings, marker="o", ms=3, **look)
    places[0].set_ylabel("height (nm)", fontsize=8)
    figure.colorbar(drawn, ax=places, shrink=0.8).set_label("log of bromide (1/m³), 5 ms forward", fontsize=8)
    labels(light, "time in the cycle at 10 Hz (ms)", "light over the electrode's length (1/(m² s))")
    labels(swing, "frequency (Hz)", "swing of the ions along the voltage (nm)")
    legend(swing)
    figure.savefig(images / "ac_response_lateral.png", dpi=110)


def traces(scenario: Scenario, states: Sequence[State]) -> dict[str, Array]:
    """Light and ions over time."""
    columns = (total_emission(), HALIDE_DISTANCE)
    return {"time [s]": scenario.times} | {
        one.column: np.array([one.measure(scenario, state) for state in states]) for one in columns
    }


def mapped(axes: Axes, scenario: Scenario, values: Array, look: tuple[str, float, float]) -> ScalarMappable:
    """A map of `values` at the nodes in given colours between two limits."""
    mesh, (colours, low, high) = scenario.model.mesh, look
    cells = mesh.subdomains.get("film", np.arange(mesh.t.shape[1]))  # what lies beside a film holds no halide
    drawn = axes.tripcolor(triangles(mesh, cells), values, shading="gouraud", cmap=colours, vmin=low, vmax=high)
    x, y = mesh.p[:, mesh.t[:, cells]] / nm
    axes.set_xlim(x.min(), x.max())
    axes.set_ylim(y.min(), y.max())
    axes.set_aspect("equal")
    labels(axes, "nm")
    return drawn


if __name__ == "__main__":
    main()
