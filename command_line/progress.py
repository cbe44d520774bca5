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

from command_line.quantities import format_quantity

if TYPE_CHECKING:
    from fem.evolve import StepReport
    from fem.fields import Array

_SECONDS_BETWEEN_LINES = 10.0

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
                task, completed=done(report.time, times), reached=_reached(report), step=_step(report)
            )
    else:
        yield _lines(times, console)


def done(reached: float, times: "Array") -> float:
    """Share of the output times that lie behind the time `reached` [s], between 0 and 1."""
    return float(np.interp(reached, times, np.linspace(0, 1, len(times))))


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("t = {task.fields[reached]:>8}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[step]:>14}"),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    return Progress(*columns, console=console, transient=True, refresh_per_second=4)


def _reached(report: "StepReport") -> str:
    return format_quantity(report.time, "s", 3)


def _step(report: "StepReport") -> str:
    return f"step {format_quantity(report.step, 's', 2)}"


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
        left = f", about {(now - start) * (1 - share) / share:.0f} s left" if share > 0 else ""
        console.print(f"t = {_reached(report)} ({share:.0%}), {_step(report)}{left}", highlight=False)

    return on_step
