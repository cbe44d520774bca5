"""The film before anything happens: grains, boundaries, electrodes and free surfaces, beside a piece of the mesh."""

from itertools import cycle
from pathlib import Path
from textwrap import shorten
from typing import BinaryIO, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline

from fem.fields import Array
from fem.observables.maps import IntArray
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive
from fem.pictures.drawing import Frame, frame_as_map, in_units, new_figure, save
from fem.pictures.film_outline import (
    BoundaryEnergies,
    boundary_energies,
    boundary_facets,
    neighbours,
    outlines,
    segments,
)
from fem.pictures.film_panels import draw_mesh, draw_sizes, mesh_window
from fem.scenario import Scenario

_ELECTRODES = ("#1f4e79", "#c1121f", "#e9a820", "#6a4c93")
_RIMS = {"surface_lines": ("free surface", "#2a9d8f"), "pinhole_rims": ("pinhole rims", "#ff7f50")}
_PALE = ("#f3d9c9", "#cfe2ee", "#dcebcb", "#efdcea", "#f4ecc2", "#d3d7ea", "#cdebe3", "#ecd0d0")
_WHITES = ("#f7f7f7", "#e4e4e4", "#eeeeee", "#dadada", "#f1efe9", "#e3e8ec", "#d2d2d2", "#fbfbf5")
_LINE = 0.17  # [inch] of the legend
_WORDS = 52  # characters of a drive's description that are shown
_WIDTH = 8.4  # [inch] of a film that is drawn over the whole picture
_WIDE = 2.0  # width over height from which the mesh is drawn below the film


def draw_microstructure(scenario: Scenario, file: Path | BinaryIO) -> None:
    """Picture of a film as it is before the first time step: PNG, or what the suffix of a path says (.pdf, .svg)."""
    points = scenario.model.mesh.p
    (x0, y0), (x1, y1) = points.min(axis=1), points.max(axis=1)
    frame = Frame((float(x0), float(x1), float(y0), float(y1)))
    figure, (film, mesh, sizes) = _panels(
        frame.aspect, _LINE * len(_marked(scenario)), boundary_energies(scenario) is not None
    )
    _draw_film(film, scenario, frame)
    window = mesh_window(scenario)
    x, y, side = window
    film.add_patch(Rectangle((x, y), side, side, fill=False, edgecolor="black", linewidth=1.0, zorder=6))
    draw_mesh(mesh, scenario, window)
    draw_sizes(sizes, scenario)
    save(figure, file)


def _panels(aspect: float, legend: float, bar: bool) -> tuple[Figure, tuple[Axes, Axes, Axes]]:
    """A new figure with places for the film, with a legend [inch] below, a piece of the mesh and the sizes.

    The room for titles, numbers and the colour `bar` of boundaries is fixed: to find it takes long.
    """
    if aspect > _WIDE:
        width, side, left = _WIDTH - 0.75, 2.8, 0.65
        lower = side + 0.75  # [inch] the mesh and the sizes with their numbers and titles
        height = lower + max(legend + 0.1, 0.65 * bar) + width / aspect + 0.3
        size, bottom = (_WIDTH, height), height - width / aspect - 0.3
        places = [(left, bottom, width, width / aspect), (left, 0.45, side, side), (4.15, 0.45, 4.15, side)]
    else:
        tall, side = min(5.0, 8.0 / aspect), 2.6
        right = 0.1 + tall * aspect + (0.8 if bar else 0.1) + 0.65
        height = max(tall + legend + 0.45, side + 2.65)
        size, top = (right + side + 0.5, height), height - 0.3
        places = [(0.1, top - tall, tall * aspect, tall), (right, top - side, side, side)]
        places.append((right, 0.45, side + 0.35, top - side - 1.2))
    figure = new_figure(*size, layout=None)
    boxes = np.array(places) / np.tile(size, 2)
    film, mesh, sizes = (figure.add_axes(tuple(box)) for box in boxes.tolist())
    return figure, (film, mesh, sizes)


def _draw_film(axes: Axes, scenario: Scenario, frame: Frame) -> None:
    energies = boundary_energies(scenario)
    loops = outlines(scenario)
    tints = _PALE if energies is None else _WHITES
    colours = [tints[k % len(tints)] for k in tints_of(len(loops), neighbours(scenario))]
    axes.add_collection(PathCollection([_outline(grain) for grain in loops], facecolors=colours, edgecolors="none"))
    axes.set_aspect(frame.stretch)
    lines = segments(scenario.model.mesh, boundary_facets(scenario))
    width = float(np.clip(12 / np.sqrt(max(len(loops), 1)), 0.3, 1.0))
    if energies is None:
        axes.add_collection(LineCollection(list(lines), colors="#333333", linewidths=width))
    else:
        _draw_coloured(axes, lines, energies, 2 * width, frame)
    _mark_sides(axes, scenario)
    count = f"{len(loops)} grain" + "s" * (len(loops) != 1)
    frame_as_map(axes, frame, f"{count}, {scenario.geometry}, {_size(frame)}")


def tints_of(count: int, pairs: IntArray) -> list[int]:
    """A colour number for each of `count` grains, different for the two grains of each of the `pairs`, shape (n, 2)."""
    beside: list[list[int]] = [[] for _ in range(count)]
    for one, two in pairs.tolist():
        beside[one].append(two)
        beside[two].append(one)
    found = [-1] * count
    for grain in sorted(range(count), key=lambda k: -len(beside[k])):
        taken = {found[other] for other in beside[grain]}
        found[grain] = next(k for k in range(count) if k not in taken)
    return found


def _outline(loops: list[Array]) -> Outline:
    """Loops as one path; holes run the other way around."""
    return Outline.make_compound_path(*(Outline(np.vstack([loop, loop[:1]]), closed=True) for loop in loops))


def _draw_coloured(axes: Axes, lines: Array, energies: BoundaryEnergies, width: float, frame: Frame) -> None:
    """Boundaries in the colour of their activation energy, with a colour bar."""
    norm, colours = Normalize(energies.values.min(), energies.values.max()), colormaps["plasma"]
    drawn = LineCollection(list(lines), array=energies.values, cmap=colours, norm=norm, linewidths=width)
    axes.add_collection(drawn)
    height = _WIDTH / frame.aspect  # [inch]
    place = (0.6, -0.3 / height, 0.4, 0.1 / height) if frame.aspect > _WIDE else (1.03, 0.0, 0.03, 1.0)
    way: Literal["horizontal", "vertical"] = "horizontal" if frame.aspect > _WIDE else "vertical"
    bar = axes.figure.colorbar(ScalarMappable(norm, colours), axes.inset_axes(place), orientation=way)
    different = np.unique(np.round(energies.values, 3))
    if len(different) <= 5:
        bar.set_ticks(list(different), labels=[f"{value:.3g}" for value in different])
    bar.set_label(f"boundaries: activation energy of {energies.species} (eV)", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _marked(scenario: Scenario) -> list[tuple[str, str, str, float]]:
    """What is marked on the outline: facets, label, colour and width of the line."""
    named = scenario.model.mesh.boundaries or {}
    rims = [(name, label, colour, 2.0) for name, (label, colour) in _RIMS.items() if len(named.get(name, ()))]
    contacts = zip(scenario.model.contacts, cycle(_ELECTRODES), strict=False)
    return rims + [(contact.facets, _described(contact), colour, 5.0) for contact, colour in contacts]


def _mark_sides(axes: Axes, scenario: Scenario) -> None:
    """Free surfaces, rims of pinholes and electrodes with what they do, and a legend below the film."""
    mesh = scenario.model.mesh
    for name, label, colour, width in _marked(scenario):
        lines = list(segments(mesh, mesh.boundaries[name]))
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=7, clip_on=False))
        axes.plot([], [], color=colour, lw=min(width, 4.0), label=label)
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(0.0, -0.01), borderaxespad=0.2, frameon=False)


def _described(contact: Contact) -> str:
    """An electrode's name, its potential and its coating."""
    potential = contact.potential.description if isinstance(contact.potential, Drive) else f"{contact.potential:g} V"
    coating = f", behind a gap or coating of {in_units(contact.coating.thickness)}" if contact.coating else ""
    return f"{contact.facets}: {shorten(potential, _WORDS, placeholder=' ...')}{coating}"


def _size(frame: Frame) -> str:
    x0, x1, y0, y1 = frame.extent
    return f"{in_units(x1 - x0)} × {in_units(y1 - y0)}"
