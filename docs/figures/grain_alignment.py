"""Draws the picture of the scenario grain_alignment: ``python docs/figures/grain_alignment.py`` (three minutes)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from drawing import IMAGES, above_and_below, labels, legend, triangles
from matplotlib.axes import Axes

from fem.constants import eV, nm, um
from fem.fields import Array
from fem.observables.emission import quench
from fem.scenario import Scenario
from scenarios.parts.parameters import GRAIN_BARRIER
from scenarios.parts.turned_films import SEEN, SHARP, Grains, TurnedFilm

LATERAL = TurnedFilm()
SEEDS = (1, 2, 3)
ALIGNMENTS = (0.0, 0.5, 0.9, 1.0)
CONTRASTS = (0.0, 0.05, 0.1, 0.15)
RANDOM, ALIGNED, LONG, BOTH = "#c1121f", "#1f5a8a", "#d99a1c", "#5b8c3e"


@dataclass(frozen=True)
class Film:
    """One film: its lattices, its grains and the contrast [eV] of its boundaries."""

    seed: int = 1
    alignment: float = 0.0
    elongation: float = 1.0
    contrast: float = 0.15

    def declared(self) -> Scenario:
        """Its scenario."""
        return LATERAL.grown(Grains(self.contrast * eV, self.alignment, self.elongation), self.seed)

    def lowered(self) -> float:
        """How far the barriers of its boundaries lie below that of the grains, on average [eV]."""
        field = self.declared().model.species[0].activation_energy
        if not isinstance(field, Mapping):
            raise TypeError(f"the barriers of the film have to be a field by region, got {field!r}")
        barriers = np.array([float(one) for name, one in field.items() if name.startswith("boundary_")])  # type: ignore[arg-type]
        return float(np.mean(GRAIN_BARRIER - barriers)) / eV


@cache
def measured(film: Film) -> tuple[float, float]:
    """Roughness of its front, sharp and as a microscope sees it [m]."""
    scenario = film.declared()
    columns = (*SHARP.columns, *SEEN.columns)
    rows = []
    for output in scenario.outputs():
        rows.append([one.measure(scenario, output.state) for one in columns])
        if min(rows[-1][0], rows[-1][2]) > LATERAL.reach:
            break
    traces = {one.column: np.array(rows)[:, k] for k, one in enumerate(columns)}
    sharp, seen = (LATERAL.front(shape).at_reach(traces) for shape in (SHARP, SEEN))
    return sharp, seen


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    figure, maps, plots = above_and_below((10.5, 7.0), (1.2, 1.0))
    places = maps.subplots(1, 3, sharey=True)
    films = (
        ("random lattices", Film()),
        ("aligned lattices, 0.9", Film(alignment=0.9)),
        ("long grains", Film(elongation=4.0)),
    )
    for axes, (title, film) in zip(places, films, strict=True):
        draw_map(axes, title, film)
    places[0].set_ylabel("µm", fontsize=8)
    image = places[0].collections[0]
    maps.colorbar(image, ax=list(places), label="PL / PL0", shrink=0.85)
    over_alignment, over_contrast, over_barrier = plots.subplots(1, 3)
    draw_series(over_alignment, over_contrast)
    draw_collapse(over_barrier)
    figure.savefig(images / "grain_alignment.png", dpi=100)


def draw_map(axes: Axes, title: str, film: Film) -> None:
    """Emission where the front has gone its way, with the front."""
    scenario = film.declared()
    way, rough = SHARP.columns
    for output in scenario.outputs():
        state = output.state
        if way.measure(scenario, state) >= LATERAL.reach:
            break
    mesh = scenario.model.mesh
    light = 1 - quench(scenario, state)
    axes.tripcolor(triangles(mesh, unit=um), light, cmap="magma", vmin=0, vmax=1, shading="gouraud")
    edge = SHARP.edge(scenario, state)
    axes.plot(
        (np.ptp(mesh.p[0]) - edge) / um, (np.arange(len(edge)) + 0.5) / len(edge) * mesh.p[1].max() / um, "c", lw=1
    )
    axes.set_title(f"{title}, {state.time:.0f} s: {rough.measure(scenario, state) / nm:.0f} nm", fontsize=9)
    axes.set_aspect("equal")
    labels(axes, "µm")


def over_seeds(**options: float) -> Array:
    """Roughness of three films [nm], sharp and seen, shape (2, 3)."""
    return np.array([measured(Film(seed=seed, **options)) for seed in SEEDS]).T / nm


def draw_series(over_alignment: Axes, over_contrast: Axes) -> None:
    """Roughness over the alignment of the lattices and over the contrast of the boundaries."""
    for axes, name, values in ((over_alignment, "alignment", ALIGNMENTS), (over_contrast, "contrast", CONTRASTS)):
        found = np.array([over_seeds(**{name: value}) for value in values])
        for k, (label, style) in enumerate((("sharp", "o-"), ("at 300 nm resolution", "s--"))):
            spread = found[:, k].std(axis=1, ddof=1)
            axes.errorbar(
                values, found[:, k].mean(axis=1), spread, fmt=style, color=RANDOM, ms=4, capsize=3, label=label
            )
        axes.set_ylabel("roughness of the front (nm)", fontsize=8)
    for elongation, alignment, colour in ((4.0, 0.0, LONG), (4.0, 0.9, BOTH)):
        rough = over_seeds(alignment=alignment, elongation=elongation)[0]
        over_alignment.errorbar(
            alignment,
            rough.mean(),
            rough.std(ddof=1),
            fmt="D",
            color=colour,
            ms=5,
            capsize=3,
            label="long, sharp" if not alignment else None,
        )
    over_alignment.set_xlabel("alignment of the lattices", fontsize=8)
    over_contrast.set_xlabel("contrast of the barriers (eV)", fontsize=8)
    finish(over_alignment, over_contrast)


def draw_collapse(axes: Axes) -> None:
    """Roughness over the mean barrier: what alignment does beyond making boundaries slower."""
    groups = (
        ("random, contrast 0 to 0.15 eV", RANDOM, [Film(seed, contrast=one) for one in CONTRASTS for seed in SEEDS]),
        ("0.15 eV, alignment 0.5 and 0.9", ALIGNED, [Film(seed, one) for one in (0.5, 0.9) for seed in SEEDS]),
        ("long grains", LONG, [Film(seed, elongation=4.0) for seed in SEEDS]),
        ("long grains, alignment 0.9", BOTH, [Film(seed, 0.9, 4.0) for seed in SEEDS]),
    )
    for label, colour, films in groups:
        axes.plot(
            [film.lowered() for film in films],
            [measured(film)[0] / nm for film in films],
            "o",
            color=colour,
            ms=4,
            label=label,
        )
    axes.set_xlabel("boundaries below grains, mean (eV)", fontsize=8)
    axes.set_ylabel("roughness of the front (nm)", fontsize=8)
    finish(axes)


def finish(*places: Axes) -> None:
    """Small letters, from zero."""
    for axes in places:
        axes.set_ylim(0)
        legend(axes)
        labels(axes)


if __name__ == "__main__":
    main()
