"""Draws the pictures of four scenarios into docs/images: ``python docs/figures/fields_and_light.py``.

Defects over the field, light over the voltage, the overshoot of a diode, damage at the edges of an electrode.
"""

from pathlib import Path
from typing import Any

import numpy as np
from drawing import IMAGES, panels, run, triangles
from numpy.typing import NDArray

from fem.constants import eV, nm
from fem.observables.light_observables import mean_luminescence, total_emission
from fem.observables.observables import species_number, total_ions
from fem.scenario import Scenario
from fem.state import State
from scenarios import electrode_edge, field_threshold, luminance_overshoot, voltage_maximum
from scenarios.parts.edges import wedge_power
from scenarios.parts.emitter import DEGRADED, TRAP
from scenarios.parts.field_made import VACANCY, Law

COLOURS = ("#1f5a8a", "#d1663b", "#5b8c3e", "#7a4f9a", "#444444")


def main(images: Path = IMAGES) -> None:
    """Draw the pictures."""
    draw_threshold(images)
    draw_maximum(images)
    draw_overshoot(images)
    draw_edges(images)


def levels(scenario: Scenario, states: list[State], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Voltages of the right contact and the last of `values` at each, shape (2, n)."""
    volts = np.array([state.contact_potential[1] for state in states])
    last = np.append(np.flatnonzero(np.diff(volts)), len(volts) - 1)[1:]
    return np.array([volts[last], values[last]])


def draw_threshold(images: Path) -> None:
    """Vacancies over time, and pairs that an hour makes over the field."""
    figure, axes = panels(1, 2, (9, 3.6))
    twins: tuple[tuple[str, dict[str, Any]], ...] = (
        ("exponential", {}),
        ("threshold", {"law": Law.THRESHOLD}),
        ("hops of 0.63 nm", {"reach": 0.63 * nm}),
    )
    for colour, (label, changed) in zip(COLOURS, twins, strict=False):
        scenario = field_threshold.scenario(**changed)
        states = run(scenario)
        counts = np.array([total_ions(VACANCY).measure(scenario, state) for state in states])
        share = 100 * (counts / counts[0] - 1)
        axes[0].plot([state.time / 3600 for state in states], share, color=colour, label=label)
        volts, ends = levels(scenario, states, share)
        axes[1].plot(np.abs(volts[::4]), ends[::4], "o-", color=colour, label=label)
    axes[0].set(xlabel="time (h)", ylabel="pairs over vacancies as deposited (%)")
    axes[0].legend(frameon=False, loc="upper left")
    axes[1].axhline(1, color="0.6", lw=0.8, ls="--")
    axes[1].axvline(1, color="0.6", lw=0.8, ls="--")
    axes[1].set(yscale="log", xlabel="field (V/µm), either sign", ylabel="pairs after an hour (%)")
    figure.savefig(images / "field_threshold.png", dpi=110)


def draw_maximum(images: Path) -> None:
    """PL and vacancies over the voltage, with both, and with one of the two."""
    figure, axes = panels(1, 2, (9, 3.6))
    twins: tuple[tuple[str, dict[str, Any]], ...] = (
        ("both", {}),
        ("healing alone", {"creation": 0.0}),
        ("harm alone", {"excess": 0.0}),
    )
    for colour, (label, changed) in zip(COLOURS, twins, strict=False):
        scenario = voltage_maximum.scenario(**changed)
        states = run(scenario)
        for axis, observable in zip(axes, (mean_luminescence(), total_ions(VACANCY)), strict=True):
            values = np.array([observable.measure(scenario, state) for state in states])
            axis.plot(*levels(scenario, states, values / values[0]), "o-", ms=4, color=colour, label=label)
        if not changed:
            still = np.array([scenario.observables[0].measure(scenario, state) for state in states])
            axes[0].plot(*levels(scenario, states, still), "--", color=COLOURS[4], label="at 0 V for as long")
    axes[0].set(xlabel="voltage (V)", ylabel="PL/PL$_0$ after 60 s at each")
    axes[1].set(xlabel="voltage (V)", ylabel="vacancies over those at rest", ylim=(-0.05, 2.1))
    axes[0].legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.42))
    figure.savefig(images / "voltage_maximum.png", dpi=110)


def draw_overshoot(images: Path) -> None:
    """Light over time for three barriers, and the traps and degraded sites behind it."""
    figure, axes = panels(1, 2, (9, 3.6))
    for colour, raised in zip(COLOURS, (0.0, 0.1, 0.15), strict=False):
        scenario = luminance_overshoot.scenario(raised=raised * eV)
        states = run(scenario)[1:]
        time = [state.time for state in states]
        light, traps = (
            np.array([one.measure(scenario, state) for state in states]) for one in (total_emission(), total_ions(TRAP))
        )
        axes[0].plot(time, light / light[0], color=colour, label=f"+{raised:g} eV" if raised else "0.35 eV")
        axes[1].plot(time, traps / traps[0], color=colour)
    degraded = np.array([total_ions(DEGRADED).measure(scenario, state) for state in states])
    axes[1].plot(time, degraded / degraded[-1], "--", color=COLOURS[4])
    axes[1].text(0.002, 0.08, "dashed: degraded sites\nfull: unfilled traps")
    axes[0].set(xscale="log", xlabel="time (s)", ylabel="light over its first value")
    axes[1].set(xscale="log", xlabel="time (s)", ylabel="share")
    axes[0].legend(frameon=False, title="barrier at boundaries", loc="upper left")
    figure.savefig(images / "luminance_overshoot.png", dpi=110)


def draw_edges(images: Path) -> None:
    """Field over the distance from the nearer edge, and a map of the damage."""
    scenario = electrode_edge.scenario()
    state, mesh = run(scenario)[-1], scenario.model.mesh
    edges, top = np.array([300 * nm, 1100 * nm]), 300 * nm
    cells = mesh.subdomains["film"]
    x, y = mesh.p[:, mesh.t[:, cells]].mean(axis=1)
    distance = np.hypot(x[:, None] - edges, (y - top)[:, None]).min(axis=1)
    field = np.linalg.norm(scenario.model.electric_field(state)[:, cells], axis=0)
    figure, axes = panels(1, 2, (9, 3.4))
    axes[0].loglog(distance / nm, field, ".", ms=2, color=COLOURS[0])
    rho, power = np.geomspace(1, 60), wedge_power(25.5)
    near = np.abs(np.log(distance / (10 * nm))) < 0.1
    axes[0].loglog(rho, field[near].mean() * (rho / 10) ** power, color=COLOURS[1], label=f"power {power:.3f}")
    axes[0].set(xlabel="distance from the nearer edge (nm)", ylabel="field (V/m)", xlim=(0.5, 400), ylim=(2e5, 1e8))
    axes[0].legend(frameon=False)
    share = state.concentrations[species_number(scenario, DEGRADED)] / 1e22
    drawn = axes[1].tripcolor(triangles(mesh, cells), share, shading="gouraud", cmap="magma_r", vmin=0, vmax=1)
    axes[1].plot([300, 1100], [305, 305], color="#c0282d", lw=3)
    axes[1].set(xlabel="x (nm)", ylabel="y (nm)", aspect="equal", title="degraded share; red: metal")
    figure.colorbar(drawn, ax=axes[1], shrink=0.5)
    figure.savefig(images / "electrode_edge.png", dpi=110)


if __name__ == "__main__":
    main()
