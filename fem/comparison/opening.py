"""Opens the folders of a comparison, or says why they cannot be compared. Nothing in them is executed."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from fem.comparison.compared import VOLTAGE, Compared
from fem.storage.files import claimed
from fem.storage.results import Results

_JUDGEMENTS = ("charge balance [1]",)  # say how well was computed, not what


def open_all(directories: Sequence[Path]) -> tuple[Compared, ...]:
    """The runs in `directories`, in this order, each finished or stopped.

    Raises
    ------
    ValueError
        If there are fewer than two, one is given twice, is no results folder, is damaged, still being written or all
        but empty, or if the runs have no quantity in common or do not overlap in time.
    """
    if len(directories) < 2:
        raise ValueError("a comparison needs two results folders or more")
    for one, other in combinations(directories, 2):
        if one.resolve() == other.resolve():
            raise ValueError(f"{one} and {other} are the same folder: a run compared with itself tells nothing")
    labels = labels_of(directories)
    runs = tuple(Compared(label, opened(folder)) for label, folder in zip(labels, directories, strict=True))
    _require_overlap(runs)
    if not common_quantities(runs):
        held = "; ".join(f"{run.label}: {', '.join(_measured(run)) or 'nothing'}" for run in runs)
        raise ValueError(f"these runs have no quantity in common ({held})")
    return runs


def opened(directory: Path) -> Results:
    """The results in `directory`, with at least two outputs.

    Raises
    ------
    ValueError
        If it is no results folder, is damaged, or its run goes on.
    """
    if not directory.exists():
        raise ValueError(f"there is no folder {directory}")
    try:
        results = Results.open(directory)
        results.times  # noqa: B018 - a damaged time series may lack it
    except (OSError, KeyError) as error:
        raise ValueError(f"{directory} is not a complete results folder: {error}") from error
    try:
        with claimed(directory):
            pass
    except ValueError as error:
        raise ValueError(f"{directory} is still being written: wait for its run, or stop it") from error
    if len(results.times) < 2:
        raise ValueError(f"{directory} holds {len(results.times)} of its outputs: there is nothing to compare yet")
    if not (np.isfinite(results.times).all() and (np.diff(results.times) > 0).all()):
        raise ValueError(f"{directory / 'timeseries.csv'} is damaged: its times do not rise")
    return results


def common_quantities(runs: Sequence[Compared]) -> list[str]:
    """Headers that all `runs` have, in the order of the first; the voltage is applied, not measured."""
    return [name for name in _measured(runs[0]) if all(name in run.quantities for run in runs[1:])]


def _measured(run: Compared) -> list[str]:
    return [name for name in run.quantities if name not in (VOLTAGE, *_JUDGEMENTS)]


def labels_of(directories: Sequence[Path]) -> list[str]:
    """Shortest ends of the paths that tell the folders apart."""
    parts = [folder.resolve().parts for folder in directories]
    for depth in range(1, max(map(len, parts)) + 1):
        labels = ["/".join(part[-depth:]) for part in parts]
        if len(set(labels)) == len(labels):
            break
    return labels


def span(run: Compared, unit: float = 1.0) -> tuple[float, float]:
    """First and last time after the onset, in multiples of `unit` [s]."""
    after = run.elapsed[run.elapsed > 0] / unit
    return float(after.min(initial=np.inf)), float(after.max(initial=-np.inf))


def overlap(runs: Sequence[Compared], dimensionless: bool = False) -> tuple[float, float] | None:
    """Times since the onset that all `runs` cover [s, or charging times]; None if there are none or no scale."""
    units = [run.scale("charging_time") if dimensionless else 1.0 for run in runs]
    if not all(units):
        return None
    spans = [span(run, unit or 1.0) for run, unit in zip(runs, units, strict=True)]
    start, end = max(first for first, _ in spans), min(last for _, last in spans)
    return (start, end) if start < end else None


def _require_overlap(runs: Sequence[Compared]) -> None:
    if overlap(runs) is None and overlap(runs, dimensionless=True) is None:
        spans = "; ".join(f"{run.label}: {first:.3g} s to {last:.3g} s" for run in runs for first, last in [span(run)])
        raise ValueError(f"the times of these runs do not overlap, counted from the onset of the voltage ({spans})")
