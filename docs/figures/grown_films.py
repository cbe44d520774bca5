"""Draws docs/images/grown_films.png: ``python docs/figures/grown_films.py``.

Four films of the same size: grains of a lognormal size distribution, elongated ones, two populations, and pinholes. The
colour of a grain tells its size.
"""

from pathlib import Path

import numpy as np
from drawing import IMAGES, panels, reduced
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from fem.constants import nm, um
from meshes import Bimodal, Lognormal, Polycrystal, grain_statistics, laguerre, with_pinholes

SIZE = (4 * um, 3 * um)
ANNEALED = Lognormal(300 * nm, 0.4)
COARSE = Bimodal(Lognormal(160 * nm, 0.3), Lognormal(700 * nm, 0.2), large_area_share=0.5)


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    annealed = laguerre(*SIZE, ANNEALED, seed=1)
    films = {
        "Lognormal(300 nm, 0.4)": annealed,
        "the same, elongation 2.5 at 30°": laguerre(*SIZE, ANNEALED, seed=1, elongation=2.5, angle=np.radians(30)),
        "Bimodal, half of the area in 700 nm grains": laguerre(*SIZE, COARSE, seed=1),
        "pinholes on 6 % of the area": with_pinholes(annealed, Lognormal(150 * nm, 0.3), area_share=0.06),
    }
    figure, places = panels(2, 2, (9, 7.4))
    for axes, (name, film) in zip(places, films.items(), strict=True):
        draw(axes, film)
        facts = grain_statistics(film)
        axes.set_title(
            f"{name}\n{facts.grains} grains, mean {facts.mean_diameter / nm:.0f} nm, spread {facts.spread:.2f},"
            f" elongation {facts.elongation:.2f}",
            fontsize=8.5,
        )
    figure.savefig(images / "grown_films.png", dpi=110)
    reduced(images / "grown_films.png", colours=128)


def draw(axes: Axes, film: Polycrystal) -> None:
    """The grains of a film, coloured by size; pinholes stay white."""
    outlines = [film.vertices[loops[0]] / um for loops in film.loops]
    grains = PolyCollection(outlines, array=film.equivalent_diameters / nm, cmap="cividis", edgecolors="k", lw=0.6)
    grains.set_clim(50, 800)
    axes.add_collection(grains)
    holes = [np.asarray(hole.exterior.coords) / um for hole in film.pinholes]
    axes.add_collection(PolyCollection(holes, facecolors="w", edgecolors="k", lw=0.6))
    axes.set(xlim=(0, film.width / um), ylim=(0, film.height / um), aspect="equal", xlabel="x [um]", ylabel="y [um]")
    axes.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
