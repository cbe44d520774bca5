"""Draws docs/images/device_stacks.png: ``python docs/figures/device_stacks.py``.

The mesh of a cell with transport layers, that of a lateral device with substrate and air, and the end of an electrode.
"""

from pathlib import Path

import numpy as np
from drawing import IMAGES, empty, reduced
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from fem.constants import nm, um
from meshes import Layer, MeshSizes, Metal, Stack, StackMesh, columnar, layered, mesh_stack

SIZES = MeshSizes(electrode=2 * nm, boundary=20 * nm, interior=60 * nm)
COLOURS = {"substrate": "#b9c3cc", "air": "#eaf4fb", "ito": "#7a8b99", "htl": "#8fbf8f", "etl": "#c9a4d8"}
GRAINS = ("#f2d09a", "#e3ad62", "#f7e2c0", "#d9954a")


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    cell = Stack(
        columnar(1 * um, 400 * nm, grain_size=200 * nm, seed=1),
        (Layer("ito", 40 * nm), Layer("htl", 20 * nm)),
        (Layer("etl", 30 * nm),),
    )
    metals = (Metal("source", 0.0, 0.7 * um, 2 * nm), Metal("drain", 1.5 * um, 2.2 * um, 2 * nm))
    substrate = (Layer("substrate", 0.6 * um, open=True), Layer("substrate", 50 * nm, metals=metals))
    film = layered(2.2 * um, 400 * nm, grains=8, seed=1)
    lateral = mesh_stack(Stack(film, substrate, (Layer("air", 0.5 * um, open=True),)), SIZES)
    figure = empty((9, 8))
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1.15))
    panels = [figure.add_subplot(place) for place in (grid[0, 0], grid[0, 1], grid[1, :])]
    draw(panels[0], mesh_stack(cell, SIZES), (0, 500, -70, 450), "cell: ito, htl, film, etl")
    draw(panels[1], lateral, (600, 900, -90, 220), "end of an electrode")
    draw(panels[2], lateral, (0, 2200, -660, 910), "lateral device: substrate, two metals (red), film, air")
    figure.savefig(images / "device_stacks.png", dpi=110)
    reduced(images / "device_stacks.png", colours=200)


def draw(axes: Axes, device: StackMesh, box: tuple[float, float, float, float], title: str) -> None:
    """The cells of a device within a box [nm], coloured by layer and grain; surfaces of metals are red."""
    mesh = device.mesh
    x, y = mesh.p / nm
    names = {name: cells for name, cells in mesh.subdomains.items() if name in COLOURS}
    grains = [name for name in mesh.subdomains if name.removeprefix("grain_").isdigit()]
    parts = [(colour, names[name]) for name, colour in COLOURS.items() if name in names]
    parts += [(GRAINS[k % len(GRAINS)], mesh.subdomains[name]) for k, name in enumerate(grains)]
    for colour, cells in parts:
        corners = np.stack([x, y], axis=-1)[mesh.t[:, cells].T]
        axes.add_collection(PolyCollection(list(corners), facecolors=colour, edgecolors="#40404080", linewidths=0.1))
    for name in {"source", "drain"} & mesh.boundaries.keys():
        ends = mesh.facets[:, mesh.boundaries[name]]
        axes.plot(x[ends], y[ends], color="#c0282d", lw=1.4)
    axes.set(xlim=box[:2], ylim=box[2:], aspect="equal", xlabel="x [nm]", ylabel="y [nm]")
    axes.set_title(title, fontsize=9)
    axes.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
