"""Numbers from the maps of a run: fronts, differences between grains, ions that pile up at electrodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np

from fem.comparison.compared import Compared
from fem.comparison.timing import Crossing
from fem.fields import Array
from fem.observables.profiles import Axis, CrossLines, Side, zone_depth
from fem.results.summary import node_areas

_NO_CONTRAST = 1e-6  # of PL/PL0
FRONT_LEVEL = 0.3  # of the quench, averaged parallel to the electrode
_SIDES: Mapping[str, tuple[Axis, bool]] = {
    "left": ("x", False), "right": ("x", True), "bottom": ("y", False), "top": ("y", True),
}  # fmt: skip


@dataclass(frozen=True)
class Maps:
    """The maps of `run`, averaged in different ways."""

    run: Compared

    def field(self, name: str, moment: Crossing) -> Array:
        """A map at a moment between two outputs, linear in between, shape (n,), n nodes or cells."""
        values = np.asarray(self.run.results.field(name, moment.output), dtype=float)
        if moment.weight == 0:
            return values
        later = np.asarray(self.run.results.field(name, moment.output + 1), dtype=float)
        return np.asarray((1 - moment.weight) * values + moment.weight * later)

    @cached_property
    def areas(self) -> Array:
        """Area that each node stands for [m^2], shape (n_nodes,)."""
        return node_areas(self.run.results.points, self.run.results.triangles)

    @cached_property
    def grains(self) -> Array:
        """Number of the grain of each cell, -1 outside the film, shape (n_cells,)."""
        if "grain_id" not in self.run.results.fields:
            return np.full(len(self.run.results.triangles), -1)
        return np.asarray(self.run.results.field("grain_id", 0))

    @property
    def sides(self) -> tuple[Side, ...]:
        """Electrodes that are sides of the film."""
        return tuple(side for side in get_args(Side) if side in self.run.electrodes)

    @property
    def axis(self) -> Axis | None:
        """Direction between the electrodes; None where they are not opposite sides."""
        if {"left", "right"} <= set(self.sides):
            return "x"
        return "y" if {"bottom", "top"} <= set(self.sides) else None

    def lines(self, axis: Axis) -> CrossLines:
        """Lines across the film along `axis`."""
        points, triangles = np.asarray(self.run.results.points, dtype=float), self.run.results.triangles
        return CrossLines.over(points, triangles, axis)

    @property
    def cut_open(self) -> bool:
        """Whether the run shows a cross-section, with the depth along y."""
        return self.run.results.record.get("geometry") == "cross-section"

    def hidden_share(self, values: Array) -> float | None:
        """Share of the variance of nodal `values` that an average over the depth loses; None where there is none.

        The variance over a cross-section is that of the averages along y, which a microscope above the film sees, and
        the mean of the variances within each line, which it does not.
        """
        lines = self.lines("x")
        middle = 0.5 * (lines.positions[1:] + lines.positions[:-1])
        ends = np.asarray(self.run.results.points[0], dtype=float)
        width = np.diff(np.concatenate([[ends.min()], middle, [ends.max()]]))
        seen = lines.average(values)
        rest = values - np.interp(self.run.results.points[0], lines.positions, seen)
        mean = float(np.average(seen, weights=width))
        hidden = float(np.average(lines.average(rest**2), weights=width))
        total = hidden + float(np.average((seen - mean) ** 2, weights=width))
        return hidden / total if total > _NO_CONTRAST**2 else None

    def grain_means(self, values: Array) -> Array:
        """Mean of nodal `values` over each grain, shape (n_grains,)."""
        triangles, points = self.run.results.triangles, np.asarray(self.run.results.points, dtype=float)
        a, b, c = points[:, triangles].transpose(2, 0, 1)
        areas = 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        inside = self.grains >= 0
        ids = np.asarray(self.grains[inside], dtype=np.int64)
        weight = np.bincount(ids, areas[inside])
        total = np.bincount(ids, (areas * values[triangles].mean(axis=1))[inside])
        return np.asarray(total[weight > 0] / weight[weight > 0])

    def accumulation(self, name: str, output: int) -> float | None:
        """Highest of the profile of an ion between the electrodes over the profile's mean; None without such a profile.

        The outermost lines of the profile are some nanometres from the electrodes, a mean over the first cells.
        """
        if self.axis is None:
            return None
        profile = self.lines(self.axis).average(np.asarray(self.run.results.field(name, output), dtype=float))
        mean = float(np.average(np.asarray(self.run.results.field(name, output), dtype=float), weights=self.areas))
        return float(profile.max() / mean) if mean > 0 else None

    def front(self, side: Side) -> Array:
        """Depth [m] from `side` to which the film is quenched by more than 0.3, NaN where it is not, (n_outputs,)."""
        axis, reverse = _SIDES[side]
        lines = self.lines(axis)
        extent = np.asarray(self.run.results.points["xy".index(axis)], dtype=float)
        depth = (extent.max() - lines.positions)[::-1] if reverse else lines.positions - extent.min()
        found = []
        with self.run.results.series.held_open() as series:
            for k in range(len(self.run.results.times)):
                profile = lines.average(1 - np.asarray(series.read("PL_ratio", k), dtype=float))
                found.append(zone_depth(depth, profile[::-1] if reverse else profile, FRONT_LEVEL))
        return np.array(found)
