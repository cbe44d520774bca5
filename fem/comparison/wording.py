"""What was compared, how it was matched and how the runs differ, in words."""

from collections.abc import Iterator, Mapping, Sequence

from fem.comparison.compared import Compared
from fem.comparison.grouped import called, groups_of
from fem.comparison.matching import Matches
from fem.comparison.opening import common_quantities, overlap
from fem.comparison.rows import Row, shown

_TOLD = ("50 % of the charge", "50 % of the quench")
_COUNTED = ("nominal field", "screening time λL/2D", "final charge", "final quench")
_SAME = 2e-3  # relative difference of what is called the same


def what_was_compared(runs: Sequence[Compared]) -> list[str]:
    """Runs, quantities and the time that they share."""
    names = ", ".join(name.rpartition(" [")[0] for name in common_quantities(runs))
    if any(run.group for run in runs):
        groups = {name: [runs[k].label for k in places] for name, places in groups_of(runs).items()}
        sides = "; ".join(f"{name} ({', '.join(labels)})" for name, labels in groups.items())
    else:
        sides = "; ".join(f"{run.label} is {run.results.name}{_geometry(run)}" for run in runs)
    counted = _counted(runs)
    last = {run.label: shown(float(run.elapsed[run.driven][-1]), "s") for run in runs}
    same = f"after {next(iter(last.values()))} in every run" if len(set(last.values())) == 1 else ""
    ends = same or ", ".join(f"{label} after {end}" for label, end in last.items())
    return [
        f"Compared: {sides}.",
        f"All runs have: {names}.",
        f"{counted} {_shared(runs)}",
        f"Charge and current are those of the electrode that took up most charge. Final means at the end of the"
        f" voltage ({ends}).",
    ]


def _counted(runs: Sequence[Compared]) -> str:
    """From when the times count."""
    driven = [run for run in runs if run.has_voltage]
    if not driven:
        return "No run has a voltage: times count from the start."
    if all(run.onset == 0 for run in driven):
        counted = "Times count from the start, when the voltage is applied" + " in every run" * (
            len(driven) == len(runs)
        )
    else:
        when = ", ".join(f"{run.label} at {shown(run.onset, 's')}" for run in driven)
        counted = f"Times count from the last output before the voltage ({when})"
    still = [run.label for run in runs if not run.has_voltage]
    without = f"; {called(still, runs)} has no voltage and counts from its start" if still else ""
    return f"{counted}{without}."


def how_it_was_matched(found: Matches, reasons: Mapping[str, str], drawn: bool) -> list[str]:
    """The matched moments, whether maps were `drawn` there, and what could not be matched and why."""
    if found and not drawn:
        return ["No maps: the runs have neither light nor an ion in common."]
    lines = [f"Maps at the {kind}: {', '.join(match.words for match in group)}." for kind, group in found.items()]
    lines += [f"No maps at the {kind}: {reason}." for kind, reason in reasons.items()]
    if found:
        lines.append(
            "A map between two outputs is interpolated linearly to the matched share, quench or logarithm of time."
        )
    return lines


def why_empty(rows: Sequence[Row], labels: Sequence[str]) -> list[str]:
    """Where the table has nothing to say and why: rows with the same gaps and the same reason in one line."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        gaps: dict[str, list[str]] = {}
        for label, cell in zip(labels, row.cells, strict=True):
            if not cell and cell.reason:
                gaps.setdefault(cell.reason, []).append(label)
        for reason, missing in gaps.items():
            whom = "no run has it" if len(missing) == len(labels) else ", ".join(missing)
            found.setdefault((whom, reason), []).append(row.quantity)
    return [f"{'; '.join(quantities)} \u2013 {whom}: {reason}." for (whom, reason), quantities in found.items()]


def how_they_differ(runs: Sequence[Compared], rows: Sequence[Row]) -> list[str]:
    """The first run against each of the others: parameters, then how many times as large or as long things are."""
    differing = [row.quantity for row in rows if row.group == "parameters"]
    lines = [f"Parameters that differ: {', '.join(differing)}." if differing else "All parameters are the same."]
    for k, run in enumerate(runs[1:], start=1):
        lines += [f"{run.label} against {runs[0].label}: {text}." for text in _against(rows, k)]
    return lines


def _against(rows: Sequence[Row], k: int) -> Iterator[str]:
    """What is how many times as large or as long in run `k` as in the first."""
    named = {row.quantity: row for row in rows}
    for name in (*_COUNTED, *_TOLD):
        if (ratio := _ratio(named.get(name), k)) is not None:
            own = _ratio(named.get(f"{name}, over λL/2D"), k)
            title = f"time to {name}" if name in _TOLD else name
            yield f"{title} {_times(ratio)}" + ("" if own is None else f" ({_times(own)} in units of λL/2D)")


def _times(ratio: float) -> str:
    if abs(ratio - 1) < _SAME:
        return "the same"
    return f"× {abs(ratio):.3g}" + (" with the other sign" if ratio < 0 else "")


def _ratio(row: Row | None, k: int) -> float | None:
    """Number of run `k` over that of the first; None where one is missing, zero or only a bound."""
    if row is None:
        return None
    first, other = row.cells[0], row.cells[k]
    if not isinstance(first.value, float) or not isinstance(other.value, float) or not first.value:
        return None
    return None if first.bound or other.bound or not other.value else other.value / first.value


def warnings_of(runs: Sequence[Compared]) -> list[str]:
    """What is to be doubted: runs that did not end, what they warned of themselves, different programs."""
    found = []
    for run in runs:
        status = run.results.record.get("status")
        if status != "finished":
            until = shown(float(run.results.times[-1]), "s")
            state = {"running": "was killed", "stopped": "was stopped", "failed": "has failed"}.get(
                str(status), "does not say how it ended"
            )
            found.append(f"{run.label} {state}: its numbers end at {until}")
    found += [f"{run.label} {run.results.cut}" for run in runs if run.results.cut]
    own = {run.label: run.results.record.get("warnings") for run in runs}
    told = [(str(text), label) for label, texts in own.items() if isinstance(texts, list) for text in texts]
    for text in dict.fromkeys(text for text, _ in told):
        found.append(f"{called([label for same, label in told if same == text], runs)}: {text}")
    versions = {str(run.part("versions")["grainfield"]) for run in runs if "grainfield" in run.part("versions")}
    if len(versions) > 1:
        found.append(f"the runs were made with different versions of Grainfield: {', '.join(sorted(versions))}")
    found += _unlike(runs)
    if any(not run.steady for run in runs):
        moving = called([run.label for run in runs if not run.steady], runs)
        found.append(f"the voltage of {moving} changes while it is applied: shares of a final value mix its stretches")
    if any(not run.moves_charge for run in runs):
        still = called([run.label for run in runs if not run.moves_charge], runs)
        found.append(f"no charge beyond its error moves in {still}: there are no times for it")
    return found


def _unlike(runs: Sequence[Compared]) -> Iterator[str]:
    """Which runs do not have the same things that move."""
    ions: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        ions.setdefault(tuple(sorted(run.ions)), []).append(run.label)
    if len(ions) > 1:
        held = "; ".join(f"{called(labels, runs)}: {', '.join(names) or 'none'}" for names, labels in ions.items())
        yield f"the runs do not have the same ions ({held}): their charge and times are those of different ions"
    alone = [run.label for run in runs if not run.has_carriers]
    if 0 < len(alone) < len(runs):
        yield (
            f"electrons and holes are not part of {called(alone, runs)}: charge and current are those of ions alone"
            " there, and light is not that of moving carriers"
        )


def _geometry(run: Compared) -> str:
    geometry = run.results.record.get("geometry")
    return f" ({geometry})" if isinstance(geometry, str) else ""


def _shared(runs: Sequence[Compared]) -> str:
    real, own = overlap(runs), overlap(runs, dimensionless=True)
    texts = []
    if real is not None:
        texts.append(f"from {shown(real[0], 's')} to {shown(real[1], 's')}")
    if own is not None:
        texts.append(f"from {own[0]:.4g} to {own[1]:.4g} in units of each run's screening time λL/2D")
    return f"All runs cover the times {' and '.join(texts)}."
