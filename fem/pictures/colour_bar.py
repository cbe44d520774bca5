"""Colour bars and the numbers on axes, drawn with few artists: those of Matplotlib take most of the time of a map."""

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, YAxis
from matplotlib.colors import LogNorm, Normalize
from matplotlib.image import BboxImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import Formatter, LogFormatterSciNotation, LogLocator, MaxNLocator, NullLocator, ScalarFormatter
from matplotlib.transforms import Bbox, TransformedBbox

from fem.fields import Array

_RAISED = str.maketrans("0123456789-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_GAP = 0.02  # between map and bar, over the width of the map
_LEFT, _RIGHT = 0, 1  # markers of Matplotlib: a tick to that side
_APART = 0.2  # [inch] between two numbers, at least


class Powers(LogFormatterSciNotation):
    """Labels of a logarithmic axis, as 10⁻⁵ in plain text: formulas take many times as long to set."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Label at the value `x`."""
        return plain_power(super().__call__(x, pos))


class Plain(ScalarFormatter):
    """Labels of a linear axis, with the power of ten that they share in plain text."""

    def __init__(self) -> None:
        super().__init__()
        self.set_powerlimits((-3, 4))

    def get_offset(self) -> str:
        """That power, as × 10¹⁸."""
        return re.sub(r"1e(\S+)", lambda found: "× 10" + found[1].translate(_RAISED), super().get_offset())


def plain_power(formula: str) -> str:
    r"""Matplotlib's formula of a number, such as ``$\mathdefault{2\times10^{-5}}$``, as plain text."""
    text = formula.removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", " × ")
    return re.sub(r"\^\{(.*?)\}", lambda found: found[1].translate(_RAISED), text)


def label_powers(axis: Axis) -> None:
    """Label a logarithmic `axis` with :class:`Powers`; its small ticks become a single artist.

    The limits of the axis must be those of the finished picture.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_major_formatter(Powers())
    if high / low < 10:
        axis.set_minor_formatter(Powers(labelOnlyBase=False))
        return
    axis.set_minor_locator(NullLocator())
    minor = _between(np.asarray(LogLocator(subs=range(2, 10)).tick_values(low, high)), low, high)
    if isinstance(axis, YAxis):
        side = _RIGHT if axis.get_ticks_position() == "right" else _LEFT
        _small_ticks(axis.axes, np.full(len(minor), float(side)), minor, side, axis.axes.get_yaxis_transform())


def draw_colour_bar(axes: Axes, colours: str, norm: Normalize, label: str, flat: bool) -> None:
    """Bar beside the map on `axes` with ticks, numbers and a `label`, which a `flat` bar has lying beside it."""
    extent = axes.get_window_extent()
    size = extent.width / axes.figure.dpi, extent.height / axes.figure.dpi
    width = float(np.clip(0.04 * size[1] / size[0], 0.015, 0.06))
    place = Bbox.from_bounds(1 + _GAP, 0, width, 1)
    bar = BboxImage(TransformedBbox(place, axes.transAxes), cmap=colours, norm=Normalize(0, 1), origin="lower")
    bar.set_data(np.linspace(0, 1, 256)[:, np.newaxis])
    bar.set_clip_on(False)
    axes.add_artist(bar)
    axes.add_artist(Rectangle(place.p0, width, 1, fill=False, lw=0.8, transform=axes.transAxes, clip_on=False))
    values, names, shared = numbered(norm, max(2, int(size[1] / _APART)))
    _ticks(axes, place.x1, np.asarray(norm(values), dtype=float), names, size[0])
    if shared:
        axes.text(place.x1, 1 + 0.04 / size[1], shared, fontsize=7, transform=axes.transAxes, va="bottom", ha="right")
    if isinstance(norm, LogNorm) and not flat:
        minor = LogLocator(subs=range(2, 10)).tick_values(*_limits(norm))
        heights = _between(np.asarray(norm(minor), dtype=float), 0, 1)
        _small_ticks(axes, np.full(len(heights), place.x1), heights, _RIGHT, axes.transAxes)
    longest = max((len(name) for name in names), default=0)
    beside = place.x1 + (0.16 + 0.062 * longest) / size[0]
    words = {"rotation": 0, "ha": "left"} if flat else {"rotation": 90, "ha": "left"}
    text = label.replace(" (", "\n(") if flat else label
    axes.text(beside, 0.5, text, fontsize=8, va="center", transform=axes.transAxes, **words)  # type: ignore[arg-type]


def numbered(norm: Normalize, count: int) -> tuple[Array, list[str], str]:
    """At most about `count` round values for the ticks of a bar, their names, and the power of ten they share."""
    low, high = _limits(norm)
    logarithmic = isinstance(norm, LogNorm) and high / low >= 20
    locator = LogLocator(numticks=count) if logarithmic else MaxNLocator(count, steps=[1, 2, 2.5, 5, 10])
    values = _between(np.asarray(locator.tick_values(low, high)), low, high)
    formatter: Formatter = Powers() if logarithmic else Plain()
    formatter.create_dummy_axis()
    formatter.axis.set_view_interval(low, high)  # type: ignore[union-attr]
    formatter.axis.set_data_interval(low, high)  # type: ignore[union-attr]
    names = formatter.format_ticks(values.tolist())
    return values, names, formatter.get_offset()


def _limits(norm: Normalize) -> tuple[float, float]:
    return 0.0 if norm.vmin is None else float(norm.vmin), 1.0 if norm.vmax is None else float(norm.vmax)


def _ticks(axes: Axes, edge: float, heights: Array, names: Sequence[str], width: float) -> None:
    """Ticks at `heights` with their names, right of the `edge` of a bar, for a map of that `width` [inch]."""
    axes.plot(
        np.full(len(heights), edge), heights, ls="", marker=_RIGHT, ms=3.5, mew=0.8, color="black",
        transform=axes.transAxes, clip_on=False, scalex=False, scaley=False,
    )  # fmt: skip
    for height, name in zip(heights, names, strict=True):
        axes.text(edge + 0.09 / width, height, name, fontsize=7, va="center_baseline", transform=axes.transAxes)


def _small_ticks(axes: Axes, x: Array, y: Array, marker: int, transform: object) -> None:
    axes.plot(
        x, y, ls="", marker=marker, ms=2, mew=0.6, color="black", transform=transform, clip_on=False, scalex=False,
        scaley=False,
    )  # fmt: skip


def _between(values: Array, low: float, high: float) -> Array:
    slack = 1e-9 * min(high - low, max(abs(low), abs(high)))
    below, above = (min(slack, 1e-9 * abs(end)) if end else slack for end in (low, high))
    return values[(values >= low - below) & (values <= high + above)]
