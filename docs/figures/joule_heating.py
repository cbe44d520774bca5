"""Draws the picture of the scenario joule_heating into docs/images: ``python docs/figures/joule_heating.py``."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from drawing import IMAGES, panels
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fem.constants import boltzmann
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.heat.lumped_heat import LumpedHeat
from fem.self_heating import electrical_power
from fem.state import State
from scenarios import joule_heating
from scenarios.parts.parameters import GRAIN_BARRIER

BLUE, RED, GREY, GREEN = "#1f5a8a", "#d1663b", "#777777", "#5b8c3e"


def main(images: Path = IMAGES) -> None:
    """Draw temperature, speed of the ions and what they do, with heat and at the temperatures of start and end."""
    scenario = joule_heating.scenario()
    outputs = list(scenario.outputs())
    states = [one.state for one in outputs]
    hops = np.array([one.model.transports[0].mean_diffusivity for one in outputs])
    figure, axes = panels(1, 3, (10.5, 3.5))
    _draw_temperature(axes[0], scenario.model, states)
    _draw_speed(axes[1], states, hops / hops[0])
    _draw_ions(axes[2], scenario.model, states)
    figure.savefig(images / "joule_heating.png", dpi=110)


def _draw_temperature(axis: Axes, model: PoissonNernstPlanck, states: list[State]) -> None:
    heat, time = model.heat, np.array([one.time for one in states])
    assert heat is not None
    watts = electrical_power(model, states[-1])
    lumped = LumpedHeat(2.1e6 * 1e-3, 133.0, heat.ambient)
    axis.plot(time, heat.ambient + watts * heat.modes.rise(time), color=GREY, label="power at the end")
    axis.plot(time, [lumped.after(heat.ambient, watts, t) for t in time], ":", color=GREY, label="one temperature")
    axis.plot(time, [one.temperature for one in states], "o", ms=3, color=RED, label="run")
    axis.set(xlabel="time (s)", ylabel="temperature (K)", xlim=(0, 130))
    axis.legend(frameon=False, loc="lower right")


def _draw_speed(axis: Axes, states: list[State], speed: NDArray[np.float64]) -> None:
    warm = np.array([one.temperature for one in states])
    axis.plot(
        warm, np.exp(GRAIN_BARRIER / boltzmann * (1 / warm[0] - 1 / warm)), color=GREY, label="Arrhenius, 0.58 eV"
    )
    axis.plot(warm, speed, "o", ms=3, color=RED, label="run")
    axis.set(xlabel="temperature (K)", ylabel="diffusivity over start", yscale="log")
    axis.legend(frameon=False)


def _draw_ions(axis: Axes, model: PoissonNernstPlanck, states: list[State]) -> None:
    times = np.concatenate([[0.0], np.geomspace(0.01, 3e3, 31)])
    for kelvin, colour in ((298.0, BLUE), (343.2, GREEN)):
        held = replace(model, temperature=kelvin, heat=None)
        axis.plot(times[1:], moved(held, [one.state for one in evolve(held, times)])[1:], color=colour,
                  label=f"held at {kelvin:.0f} K")  # fmt: skip
    axis.plot([one.time for one in states[1:]], moved(model, states)[1:], "o", ms=3, color=RED, label="warms itself")
    axis.set(xlabel="time (s)", ylabel="vacancies that have moved", xscale="log", xlim=(0.01, 3e3))
    axis.legend(frameon=False)


def moved(model: PoissonNernstPlanck, states: list[State]) -> NDArray[np.float64]:
    """Share of the vacancies that are elsewhere than at the start."""
    ions = model.unknowns.storage[0] * np.array([one.concentrations[0] for one in states])
    return np.asarray(0.5 * np.abs(ions - ions[0]).sum(axis=1) / ions[0].sum())


if __name__ == "__main__":
    main()
