"""Draws docs/images/apparent_activation_energy.png: ``python docs/figures/apparent_activation_energy.py``.

One film of Voronoi grains, its boundaries lines of 4 nm, is measured at all sizes: only the ratio of boundary width to
grain size counts. Lines between the points are the estimate of :mod:`fem.measurements.homogenised`.
"""

from functools import cache
from pathlib import Path

import numpy as np
from drawing import IMAGES, panels
from matplotlib.axes import Axes
from skfem import MeshTri

from fem.constants import boltzmann, eV, nm, um
from fem.fields import Array
from fem.measurements.activation_energy import (
    DEFAULT_TEMPERATURES,
    apparent_activation_energy,
    arrhenius_fit,
    crossover_temperature,
)
from fem.measurements.homogenised import homogenised_diffusivity
from fem.physics.layers import boundary_lines
from fem.physics.species import Species
from meshes import MeshSizes, triangulate, voronoi

D0, GRAIN, WIDTH = 6.5e-8, 0.58 * eV, 4 * nm
COLOURS = ("#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7")  # told apart by people who see few colours


@cache
def film() -> tuple[MeshTri, float]:
    """A mesh of 40 grains of 1 um, and the grain size that stands for its length of boundary per area [m]."""
    grains = voronoi(6.3 * um, 6.3 * um, grains=40, seed=5)
    mesh = triangulate(grains, MeshSizes(120 * nm, 120 * nm, 240 * nm))
    return mesh, 2 * grains.width * grains.height / grains.grain_boundary_length


def energies(barrier: float, size: float, temperatures: tuple[float, ...]) -> tuple[float, float]:
    """Fitted and local apparent activation energy [J] of a film of grains of `size` [m]."""
    mesh, own_size = film()
    ion = Species("vacancy", 1, 1e22, D0, {"grain_interior": GRAIN, "grain_boundary": barrier})
    found = apparent_activation_energy(mesh.scaled(size / own_size), ion, (boundary_lines(WIDTH),), temperatures)
    return found.fit.activation_energy, found.local_energy


def homogenised(barrier: float, size: float, temperature: float) -> float:
    """Estimated diffusivity [m^2/s]."""
    kt = boltzmann * temperature
    return homogenised_diffusivity(D0 * np.exp(-GRAIN / kt), D0 * np.exp(-barrier / kt), WIDTH, size).value


def against_temperature(ax: Axes, barrier: float = 0.45 * eV) -> None:
    """Local slope over temperature for several grain sizes, with the crossover marked."""
    fine, coarse = np.linspace(150, 450, 121), np.linspace(160, 440, 8)
    for size, colour in zip((0.03 * um, 0.1 * um, 0.3 * um, 1 * um, 5 * um), COLOURS, strict=True):
        found = [energies(barrier, size, (t - 1, t, t + 1))[1] / eV for t in coarse.tolist()]
        ax.plot(coarse, found, "o", color=colour, ms=4.5)
        estimate = local_slope(barrier, size, fine)
        ax.plot(fine, estimate, color=colour, lw=1.2)
        label = f"{size / nm:g} nm" if size < um else f"{size / um:g} µm"
        ax.annotate(
            label, (fine[-1], estimate[-1]), xytext=(4, -3), textcoords="offset points", color=colour, fontsize=9
        )
        crossover = crossover_temperature((GRAIN, barrier), (D0, D0), WIDTH / size)
        if fine[0] < crossover < fine[-1]:
            ax.plot([crossover] * 2, [0.43, 0.446], color=colour, lw=2.5)
    ax.text(155, 0.424, "crossover of parallel paths, $kT_x = \\Delta E\\,/\\,\\ln(d/\\delta - 1)$", fontsize=8)
    ax.axvspan(270, 350, color="0.93", zorder=0)
    ax.set(xlabel="temperature (K)", ylabel="apparent activation energy (eV)", xlim=(150, 450), ylim=(0.42, 0.595))
    ax.set_title("0.58 eV in grains, 0.45 eV along boundaries", fontsize=10)
    ax.text(fine[-1] - 12, 0.588, "grain size", fontsize=9)


def local_slope(barrier: float, size: float, temperatures: Array) -> Array:
    """Slope of ln D over -1/kT of the estimate [eV] at each of `temperatures` [K]."""
    below, above = (
        np.log([homogenised(barrier, size, t) for t in (temperatures * (1 + step)).tolist()]) for step in (-1e-3, 1e-3)
    )
    return np.asarray((above - below) * boltzmann * temperatures * (1 - 1e-6) / 2e-3 / eV)


def against_grain_size(ax: Axes) -> None:
    """Energy fitted over 270-350 K against grain size, for several barriers of the boundaries."""
    fine, coarse = np.geomspace(20 * nm, 100 * um, 61), np.geomspace(30 * nm, 60 * um, 8)
    for barrier, colour in zip((0.30, 0.40, 0.45, 0.50, 0.54), COLOURS, strict=True):
        found = [energies(barrier * eV, size, DEFAULT_TEMPERATURES)[0] / eV for size in coarse.tolist()]
        ax.plot(coarse / um, found, "o", color=colour, ms=4.5, label=f"{barrier:.2f} eV")
        series = [[homogenised(barrier * eV, size, t) for t in DEFAULT_TEMPERATURES] for size in fine.tolist()]
        fitted = [arrhenius_fit(DEFAULT_TEMPERATURES, one).activation_energy / eV for one in series]
        ax.plot(fine / um, fitted, color=colour, lw=1.2)
    ax.axhline(GRAIN / eV, color="0.4", lw=0.8, ls="--")
    ax.set(xscale="log", xlabel="grain size (µm)", ylabel="apparent activation energy (eV)", xlim=(0.02, 100))
    ax.set_title("fitted over 270–350 K, 0.58 eV in grains", fontsize=10)
    ax.legend(title="along boundaries", fontsize=8, title_fontsize=8, loc="center right", frameon=False)


def main(images: Path = IMAGES) -> None:
    """Draw the figure."""
    figure, (left, right) = panels(1, 2, (10, 4.2))
    against_temperature(left)
    against_grain_size(right)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(images / "apparent_activation_energy.png", dpi=130)


if __name__ == "__main__":
    main()
