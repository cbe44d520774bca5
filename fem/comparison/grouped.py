"""The table of a study: runs on random films of one kind become one column, a mean with its spread."""

from collections.abc import Mapping, Sequence

import numpy as np

from fem.comparison.compared import Compared
from fem.comparison.differences import INPUTS
from fem.comparison.rows import NOTHING, Cell, Row, shown

_SAME = 1e-4  # relative difference of numbers, and difference of shares, that are shown as one
Groups = Mapping[str, list[int]]


def groups_of(runs: Sequence[Compared]) -> dict[str, list[int]]:
    """Places of the runs of every group, in the order of the groups."""
    found: dict[str, list[int]] = {}
    for k, run in enumerate(runs):
        found.setdefault(run.group or run.label, []).append(k)
    return found


def first_of_each(runs: Sequence[Compared]) -> tuple[Compared, ...]:
    """The first run of every group that is no reference."""
    return tuple(runs[places[0]] for places in groups_of(runs).values() if not runs[places[0]].reference)


def grouped(rows: Sequence[Row], groups: Groups) -> list[Row]:
    """Rows with a cell per group in place of a cell per run."""
    return [
        Row(row.group, row.quantity, row.unit, tuple(_pooled([row.cells[k] for k in places], row) for places in
            groups.values()))
        for row in rows
    ]  # fmt: skip


def called(labels: Sequence[str], runs: Sequence[Compared]) -> str:
    """Some of the `runs` by their `labels`; the name of the group where it is all of one."""
    found = []
    for name, places in groups_of(runs).items():
        members = [runs[k].label for k in places]
        here = [label for label in members if label in labels]
        found += [name] if here == members else here
    return ", ".join(found)


def _pooled(cells: Sequence[Cell], row: Row) -> Cell:
    """One cell for several films: mean and standard deviation of results, different words or inputs one by one."""
    known = [cell for cell in cells if cell]
    if not known:
        return cells[0] if cells else NOTHING
    if row.group in INPUTS or not all(isinstance(cell.value, float) for cell in known):
        return Cell(known[0].value, "; ".join(dict.fromkeys(cell.text for cell in known)))
    values = np.array([cell.value for cell in known], dtype=float)
    mean, bound = float(values.mean()), any(cell.bound for cell in known)
    if len(known) == 1 or np.ptp(values) <= _SAME * (5.0 if row.unit == "%" else abs(mean)):
        text = known[0].text
    else:
        text = f"{'≤ ' * bound}{_with_spread(mean, float(values.std(ddof=1)), row.unit)}"
    missing = len(cells) - len(known)
    return Cell(mean, f"{text} ({len(known)} of {len(cells)})" if missing else text, bound)


def _with_spread(mean: float, spread: float, unit: str) -> str:
    """Mean ± standard deviation; the second in the unit of people as well."""
    relative = unit != "%" and spread < abs(mean)
    return f"{shown(mean, unit)} ± {f'{100 * spread / abs(mean):.2g} %' if relative else shown(spread, unit)}"
