"""Orders of convergence on the coupled problem, as a figure: cells, time steps, tolerance.

``python benchmarks/convergence.py [--page]`` runs the manufactured solution of the tests (two ions that share sites,
jumps of diffusivity and permittivity; see ``tests/test_manufactured_solution.py``) on finer and finer meshes and in
more and more steps, and the standard vertical film on a coarse mesh at tighter and tighter tolerances. Errors of the
manufactured solution are root mean squares over the film; that of the film is the largest deviation of an electrode's
charge from a run at a tolerance of 1e-6, over its largest value.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from against_oracle import COARSE, fast
from page import IMAGES, parser, report

from fem.fields import Array
from fem.pictures.drawing import new_figure, save

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from test_manufactured_solution import NAMES, T0, ExactOnTheMesh, Fields, ManufacturedFilm, errors, model, run
from verification import observed_order

SIDES = (8, 16, 32, 64, 128)
STEPS = (4, 8, 16, 32)
SOURCES = {"rapid sources": (400.0, 0.005), "slow sources (stiff)": (2.0, 1.0)}
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
_COLOURS = ("#1d3557", "#f4a261", "#e63946")


@dataclass(frozen=True)
class Series:
    """Errors, one row per refinement and one column per quantity, against the size of cells or steps."""

    name: str
    sizes: Array
    errors: Array
    quantities: Sequence[str] = NAMES

    @property
    def orders(self) -> list[float]:
        """Observed order of each quantity."""
        return [observed_order(self.sizes.tolist(), column.tolist()) for column in self.errors.T]

    def lines(self) -> list[str]:
        """Rows of the table."""
        first, last = self.errors[0], self.errors[-1]
        return [f"| {self.name} | {quantity} | {coarse:.1e} | {fine:.1e} | {order:.2f} |" for quantity, coarse, fine,
                order in zip(self.quantities, first, last, self.orders, strict=True)]  # fmt: skip


def in_space() -> Series:
    """Finer and finer meshes, with steps that leave no time error."""
    films = [ManufacturedFilm(model(n), Fields()) for n in SIDES]
    found = np.array([errors(film, 0.2 * T0, run(film, 0.2 * T0, 4)[-1].last) for film in films])
    return Series("cells", 1 / np.array(SIDES), found)


def in_time(name: str) -> Series:
    """More and more steps, with sources that leave no error of the mesh."""
    restless, end = SOURCES[name]
    film = ExactOnTheMesh(model(4), Fields(restless))
    found = np.array([errors(film, end * T0, run(film, end * T0, n)[-1].last) for n in STEPS])
    return Series(f"steps, {name}", 1 / np.array(STEPS), found)


def in_tolerance() -> tuple[Array, Array]:
    """Charge errors and factorisations of the film at each tolerance."""
    film = COARSE.model(COARSE.mesh())
    reference = fast(film, 1e-6).charge
    runs = [fast(film, tolerance) for tolerance in TOLERANCES]
    return np.array([one.error(reference) for one in runs]), np.array([one.factorisations for one in runs])


def draw(cells: Series, steps: Sequence[Series], charge: Array, path: Path) -> None:
    """Three panels, with the orders that theory promises as dashed lines."""
    figure = new_figure(7.4, 2.9)
    space, time, film = figure.subplots(1, 3)
    for k, colour in enumerate(_COLOURS):
        space.loglog(1 / cells.sizes, cells.errors[:, k], "o-", color=colour, ms=3, lw=0.8, label=NAMES[k])
        for one, style in zip(steps, ("o-", "s:"), strict=True):
            time.loglog(1 / one.sizes, one.errors[:, k], style, color=colour, ms=3, lw=0.8,
                        label=one.name.removeprefix("steps, ") if k == 0 else None)  # fmt: skip
    _slope(space, SIDES, 0.4 * cells.errors.min(axis=1), 2)
    _slope(time, STEPS, 0.4 * steps[0].errors.min(axis=1), 4)
    film.loglog(TOLERANCES, charge, "o-", color="black", ms=3, lw=0.8, label="charge of the film")
    film.loglog(TOLERANCES, TOLERANCES, "--", color="0.5", lw=0.8, label="tolerance")
    space.set_ylabel("error")
    for axes, label in ((space, "cells per side"), (time, "steps"), (film, "tolerance")):
        axes.set_xlabel(label)
        axes.grid(True, alpha=0.25, linewidth=0.5)
        axes.legend(fontsize=6, frameon=False, loc="upper left" if axes is film else "lower left")
    save(figure, path)


def _slope(axes, numbers: Sequence[int], errors: Array, order: int) -> None:  # type: ignore[no-untyped-def]
    """A line of one order through the last error, and ticks at the refinements."""
    line = errors[-1] * (numbers[-1] / np.array(numbers)) ** order
    axes.loglog(numbers, line, "--", color="0.5", lw=0.8, label=f"order {order}")
    axes.set_xticks(numbers, [str(number) for number in numbers])
    axes.minorticks_off()


def main() -> None:
    """Measure, print, and write the page if asked to."""
    page = parser(__doc__).parse_args().page
    cells, steps = in_space(), [in_time(name) for name in SOURCES]
    charge, counts = in_tolerance()
    if page:
        draw(cells, steps, charge, IMAGES / "convergence.png")
    head = ["| refined | quantity | coarsest error | finest error | order |", "|---" * 5 + "|"]
    tail = ["", "| tolerance | charge error | factorisations |", "|---" * 3 + "|"]
    tail += [f"| {tolerance:g} | {error:.1e} | {count} |" for tolerance, error, count in
             zip(TOLERANCES, charge, counts, strict=True)]  # fmt: skip
    report("convergence", [*head, *(line for one in (cells, *steps) for line in one.lines()), *tail], page)


if __name__ == "__main__":
    main()
