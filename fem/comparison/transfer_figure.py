"""Transfer factors with their spread over random films, beside what theory and uniform films say."""

from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path

from fem.comparison.trace_figure import COLOURS
from fem.comparison.transfer import Factor
from fem.pictures.colour_bar import label_powers
from fem.pictures.drawing import new_figure, save

CAPTION = (
    "Times of the first geometry over those of the second. Bars: one standard deviation over pairs of random films."
    " Lines: λL/2D. Crosses: uniform films at the same voltages. Where point and cross differ, it is the grains."
)


def draw_transfer(factors: Sequence[Factor], path: Path) -> None:
    """Draw all `factors`, a colour per pair of geometries."""
    figure = new_figure(8.6, 3.8)
    axes = figure.subplots()
    transfers = list(dict.fromkeys(factor.transfer for factor in factors))
    quantities = list(dict.fromkeys(factor.quantity for factor in factors))
    for k, transfer in enumerate(transfers):
        shift, colour = 0.16 * (k - 0.5 * (len(transfers) - 1)), COLOURS[k % len(COLOURS)]
        label = f"{transfer.source} over {transfer.target}"
        for factor in (one for one in factors if one.transfer == transfer):
            place, measured = quantities.index(factor.quantity) + shift, factor.measured
            down, up = measured.value * (1 - 1 / measured.spread), measured.value * (measured.spread - 1)
            axes.errorbar(place, measured.value, [[down], [up]], fmt="o", color=colour, capsize=3, ms=5, label=label)
            axes.plot([place - 0.2, place + 0.2], [factor.theory.value] * 2, color=colour, lw=1.2, alpha=0.6)
            if factor.uniform is not None:
                axes.plot(place, factor.theory.value * factor.uniform.value, "x", color=colour, ms=6)
            label = "_"
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(10 ** floor(log10(low)), 10 ** ceil(log10(high)))
    label_powers(axes.yaxis)
    axes.set_xticks(
        range(len(quantities)),
        _broken(quantities),
        fontsize=8,
    )
    axes.set_ylabel("transfer factor of the time", fontsize=9)
    axes.grid(True, axis="y", which="both", alpha=0.25, linewidth=0.5)
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    save(figure, path)


def _broken(names: Sequence[str]) -> list[str]:
    """The names in several lines."""
    return [name.replace(" of its own", "\nof its own\n").replace(" of the", "\nof the\n") for name in names]
