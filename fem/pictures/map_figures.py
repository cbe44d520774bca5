"""Maps of a finished or stopped run, drawn from its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm

from fem.fields import Array
from fem.observables.emission import emits_at_rest
from fem.observables.maps import grain_ids, identifier
from fem.observables.raster import Raster
from fem.physics.carriers.semiconductor import ELECTRON
from fem.pictures.drawing import Canvas, Shade, draw_map, figure_of_maps, in_time_units, save
from fem.scenario import Scenario
from fem.storage.series import FieldSeries

CM3 = 1e-6  # [1/m^3] to [1/cm^3]
_NO_VOLTAGE = 1e-3  # [V] below which differences of the potential are not shown as some
GAINED = 1.05  # PL/PL0 above which a map is drawn as one of gain and loss


@dataclass(frozen=True)
class Pictured:
    """A run to be pictured: the scenario, its field series, its time series by header, and the shared canvas."""

    scenario: Scenario
    series: FieldSeries
    columns: Mapping[str, Array]
    canvas: Canvas

    @classmethod
    def of(cls, scenario: Scenario, series: FieldSeries, columns: Mapping[str, Array]) -> "Pictured":
        """Rasterise the mesh of `series` and find its grain boundaries."""
        canvas = Canvas(Raster.over(series.points, series.triangles), grain_boundaries(scenario))
        return cls(scenario, series, columns, canvas)

    @property
    def shows_light(self) -> bool:
        """Whether there are PL maps."""
        return emits_at_rest(self.scenario)


def grain_boundaries(scenario: Scenario) -> Array:
    """Edges between cells of different grains [m], shape (n_edges, 2, 2)."""
    mesh = scenario.model.mesh
    first, second = mesh.f2t
    inside = second >= 0
    ids = grain_ids(scenario)
    between = inside & (ids[first] != ids[np.where(inside, second, first)])
    between[(mesh.boundaries or {}).get("grain_boundary_lines", [])] = True  # two-sided lines
    return np.asarray(mesh.p[:, mesh.facets[:, between]].transpose(2, 1, 0))


def draw_maps(run: Pictured, path: Path) -> None:
    """``maps.png``: what is seen at four times, then concentrations and potential at the end."""
    panels = _seen(run, telling_outputs(run)) + _ions_at_end(run) + [_potential_at_end(run)]
    columns = 3 if run.canvas.aspect < 1.4 else 2 if run.canvas.aspect < 3.5 else 1
    figure, places = figure_of_maps(len(panels), columns, {3: 3.6, 2: 4.8, 1: 8.0}[columns], run.canvas.aspect)
    for axes, (title, values, shade) in zip(places, panels, strict=True):
        draw_map(axes, run.canvas, run.canvas.raster.sample_nodes(values), shade, title)
    save(figure, path)


def telling_outputs(run: Pictured, count: int = 4) -> list[int]:
    """Numbers of at most `count` outputs between which about the same change happens, the last one included."""
    change = total_change(run)
    shares = np.linspace(0.05, 1.0, count) * change.max(initial=0)
    first = [int(np.argmax(change >= share * (1 - 1e-12))) for share in shares]
    return sorted(set(first) | {len(change) - 1})[-count:]


def total_change(run: Pictured) -> Array:
    """How far each output is from the start: the light lost where there is light, else the charge moved."""
    values = np.abs(1 - run.columns["PL/PL0 mean [1]"]) if run.shows_light else _largest_charge(run.columns)
    return np.asarray(values[: len(run.series)])


def common_shade(run: Pictured, values: Sequence[Array]) -> Shade:
    """Colours for maps of what is seen, one scale for the nodal `values` of all."""
    low, high = min(map(np.nanmin, values)), max(map(np.nanmax, values))
    if run.shows_light:
        return Shade("PL / PL₀", "inferno", light_norm(low, high))
    return Shade(f"{_first(run)} (1/cm³)", "viridis", concentration_norm(low, high))


def seen(run: Pictured, output: int) -> Array:
    """PL/PL0 at the nodes, or the concentration of the first species [1/cm^3] where there is no light."""
    if run.shows_light:
        return np.asarray(run.series.read("PL_ratio", output), dtype=float)
    return _concentration(run, 0, output)


def light_norm(low: float, high: float) -> Normalize:
    """PL/PL0 from `low` to `high`; where light is gained, unchanged light lies in the middle of the colours."""
    if high > GAINED:
        return TwoSlopeNorm(1.0, min(low, 0.9), high)
    return Normalize(min(low, 0.999 * high), max(high, low + 1e-12))


def concentration_norm(low: float, high: float) -> Normalize:
    """Logarithmic where the values span more than a factor of 5, down to 1e-4 of the highest."""
    if not high > 0:
        return Normalize(0.0, 1.0)
    if low > 0.2 * high:
        return Normalize(min(low, 0.9 * high), high)  # a film without contrast looks like one, with a readable bar
    return LogNorm(max(low, 1e-4 * high), high, clip=True)


def _seen(run: Pictured, outputs: list[int]) -> list[tuple[str, Array, Shade]]:
    values = [seen(run, k) for k in outputs]
    shade = common_shade(run, values)
    return [
        (f"t = {in_time_units(run.series.times[k])}", field, shade) for k, field in zip(outputs, values, strict=True)
    ]


def _ions_at_end(run: Pictured) -> list[tuple[str, Array, Shade]]:
    when = in_time_units(run.series.times[-1])
    panels = []
    for k, species in enumerate(run.scenario.model.species):
        values = _concentration(run, k, -1)
        shade = Shade("concentration (1/cm³)", "viridis", concentration_norm(np.nanmin(values), np.nanmax(values)))
        panels.append((f"{species.name}, t = {when}", values, shade))
    return panels


def _potential_at_end(run: Pictured) -> tuple[str, Array, Shade]:
    values = np.asarray(run.series.read("electric_potential", -1), dtype=float)
    shade = Shade(
        "electric potential (V)", "cividis", Normalize(values.min(), max(values.max(), values.min() + _NO_VOLTAGE))
    )
    return f"potential, t = {in_time_units(run.series.times[-1])}", values, shade


def _first(run: Pictured) -> str:
    """What is shown of a film without light: its first species, or electrons."""
    species = run.scenario.model.species
    return species[0].name if species else ELECTRON


def _concentration(run: Pictured, species: int, output: int) -> Array:
    species_of = run.scenario.model.species
    name = f"concentration_{identifier(species_of[species].name)}" if species_of else f"density_{ELECTRON}"
    return CM3 * np.asarray(run.series.read(name, output), dtype=float)


def _largest_charge(columns: Mapping[str, Array]) -> Array:
    charges = np.array(
        [values for header, values in columns.items() if header.startswith("charge ") and "C/m" in header]
    )
    moved = np.abs(charges - charges[:, :1])
    return np.asarray(moved[int(np.argmax(moved.max(axis=1)))])
