"""How far a run is: a bar on a terminal, now and then a line elsewhere.

Progress is counted in output times, so that a run over many decades of time moves evenly.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from fem.evolve import StepReport
    from fem.fields import Array

_SECONDS_BETWEEN_LINES = 10.0
_TELLING = 0.05  # share of the output times from which on what is left can be told
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))

OnStep = Callable[["StepReport"], None]


@contextmanager
def shown_progress(times: "Array", console: Console, quiet: bool) -> Iterator[OnStep]:
    """Gives the function to call after each time step; `times` are the output times [s]."""
    if quiet:
        yield lambda report: None
    elif console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task("", total=1.0, reached="0 s", step="")
            yield lambda report: bar.update(
                task, completed=done(report.time, times), reached=duration(report.time), step=_step(report)
            )
    else:
        yield _lines(times, console)


def done(reached: float, times: "Array") -> float:
    """Share of the output times that lie behind the time `reached` [s], between 0 and 1."""
    return float(np.interp(reached, times, np.linspace(0, 1, len(times))))


def duration(seconds: float) -> str:
    """A time in the unit people would choose, to three digits."""
    name, size = next(((name, size) for name, size in _UNITS if abs(seconds) >= 0.9995 * size), _UNITS[-1])
    return f"{seconds / size:.3g} {name}"


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("t = {task.fields[reached]:<8}"),
        BarColumn(bar_width=22),
        TaskProgressColumn(),
        TextColumn("{task.fields[step]:<15}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    return Progress(*columns, console=console, transient=True, refresh_per_second=4)


def _step(report: "StepReport") -> str:
    return f"step {duration(report.step)}" if report.time < report.end_time else "drawing"


def _lines(times: "Array", console: Console) -> OnStep:
    """Prints a line every ten seconds."""
    start = last = time.monotonic()

    def on_step(report: "StepReport") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _SECONDS_BETWEEN_LINES:
            return
        last = now
        share = done(report.time, times)
        left = f", about {(now - start) * (1 - share) / share:.0f} s left" if share > _TELLING else ""
        console.print(f"t = {duration(report.time)} ({share:.0%}), {_step(report)}{left}", highlight=False)

    return on_step
