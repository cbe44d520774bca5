"""Facts of a run for ``run.json``: what it runs on, how far it is, what it conserved."""

import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import nan
from pathlib import Path
from time import perf_counter
from types import UnionType
from typing import Any, Protocol, TypeVar

import numpy as np

from fem.evolve import Output
from fem.fields import Array
from fem.results.checks import LIMITS
from fem.scenario import Scenario
from fem.storage.run_record import RunIdentity, Status

Record = dict[str, object]
Seen = TypeVar("Seen", contravariant=True)

SCALE_UNITS = {
    "debye_length": "m",
    "depletion_width": "m",
    "gap": "m",
    "largest_voltage": "V",
    "first_cell": "Debye lengths",
    "cell_peclet": "1",
    "fastest_diffusivity": "m^2/s",
    "mean_diffusivity": "m^2/s",
    "slowest_diffusivity": "m^2/s",
    "fastest_time": "s",
    "charging_time": "s",
    "slowest_time": "s",
    "added_area": "1",
    "layer_time": "s",
}
_PACKAGES = ("grainfield", "numpy", "scipy", "scikit-fem", "gmsh", "pygmsh", "h5py", "matplotlib", "pypardiso")
_NEEDED: dict[str, type | UnionType] = {  # of the record of a run that is continued
    "scenario": str,
    "description": str,
    "parameters": dict,
    "started": str,
    "versions": dict,
    "mesh": dict | None,
    "model": dict,
    "scale_report": dict,
    "solver": dict,
    "references": list,
    "wall_seconds": int | float,
    "peak_memory_MiB": int | float | None,
}
_JUDGED = ("lowest_relative_concentration", "restored_to_round_off")  # of the solver's statistics
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>,;|`\]}]+")


class Clock:
    """Wall time of a run over all its parts, and its peak memory."""

    def __init__(self, record: Mapping[str, object]) -> None:
        before, peak = record["wall_seconds"], record["peak_memory_MiB"]
        self._before = float(before) if isinstance(before, int | float) else 0.0
        self._peak = float(peak) if isinstance(peak, int | float) else 0.0
        self._start = perf_counter()

    def reading(self) -> Record:
        """For ``run.json``."""
        peak = max(self._peak, peak_memory() or 0.0)
        return {"wall_seconds": self._before + perf_counter() - self._start, "peak_memory_MiB": peak or None}


def first_record(scenario: Scenario, identity: RunIdentity, units: Mapping[str, str]) -> Record:
    """What is known before the first step; `units` of the fields by name."""
    return identity.as_dict() | {
        "status": Status.RUNNING,
        "message": "",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "geometry": scenario.geometry,
        "mesh": scenario.microstructure,
        "model": scenario.model.as_dict(),
        "light": scenario.light,
        "scale_report": scenario.model.scale_report().as_dict(),
        "scale_units": SCALE_UNITS,
        "fields": units,
        "start": {},
        "outputs": {"planned": len(scenario.times), "written": 0, "time_reached [s]": None},
        "solver": {},
        "conservation": None,
        "checks": [],
        "criteria": [],
        "summary": [],
        "warnings": warnings_of(scenario),
        "references": references(identity.doc, scenario.model.material.reference, *identity.sources.values()),
        "wall_seconds": 0.0,
        "peak_memory_MiB": None,
    }


def require_continuable(record: Mapping[str, Any], path: Path) -> None:
    """Raise ValueError unless the `record` read from `path` holds what continuing and reporting its run builds on."""
    for name, kind in _NEEDED.items():
        if name not in record:
            raise ValueError(f"{path} is damaged: it lacks {name!r}")
        if not isinstance(record[name], kind):
            raise ValueError(f"{path} is damaged: its {name!r} cannot be {record[name]!r}")
    solver = record["solver"]  # empty until the first output
    for name in _JUDGED if solver else ():
        if not isinstance(solver.get(name), int | float | None):
            raise ValueError(f"{path} is damaged: its 'solver' cannot have {name} {solver[name]!r}")
        if name not in solver:
            raise ValueError(f"{path} is damaged: its 'solver' lacks {name!r}")


def progress(output: Output, scenario: Scenario) -> Record:
    """How the run started, how far it is, and what the solver did so far."""
    outputs = {"planned": len(scenario.times), "written": output.index + 1, "time_reached [s]": output.state.time}
    start = scenario.model.rest.as_dict()
    return {"start": start, "outputs": outputs, "solver": output.statistics.as_dict()}


def warnings_of(scenario: Scenario) -> list[str]:
    """What the scale report and the mesh report warn of."""
    found = list(scenario.model.scale_report().warnings)
    of_mesh = (scenario.microstructure or {}).get("warnings", ())
    return found + [str(warning) for warning in (of_mesh if isinstance(of_mesh, list | tuple) else ())]


def conservation(scenario: Scenario, columns: Mapping[str, Array], solver: Mapping[str, Any]) -> Record:
    """Whether ions and charge were kept, by the time series and the statistics of the `solver`."""
    names = scenario.model.lasting
    drift = {name: _largest(columns[f"drift {name} [1]"]) for name in names}
    lowest, restored = solver["lowest_relative_concentration"], solver["restored_to_round_off"]
    within = max(map(abs, drift.values()), default=0.0) <= LIMITS["ions"] and restored <= LIMITS["put back"]
    return {
        "relative_drift": drift,
        "relative_drift_bound": LIMITS["ions"],
        "restored_to_round_off": restored,
        "restored_to_round_off_bound": LIMITS["put back"],
        "charge_balance": _largest(columns["charge balance [1]"]),
        "lowest_relative_concentration": lowest,
        "lowest_relative_concentration_bound": LIMITS["lowest"],
        "verdict": "pass" if within and lowest >= LIMITS["lowest"] else "fail",
    }


def _largest(values: Array) -> float:
    """The value that is farthest from zero, with its sign."""
    return float(values[int(np.argmax(np.abs(values)))])


def versions() -> dict[str, str]:
    """Versions of Python, of the system and of the packages that numbers depend on."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def references(*texts: str) -> list[str]:
    """DOIs mentioned in `texts`, in order of appearance, each once."""
    found = (closed(match.group().rstrip(".:")) for text in texts for match in _DOI.finditer(text))
    return list(dict.fromkeys(found))


class Judged(Protocol[Seen]):
    """What is demanded of something: `lower` <= measured <= `upper`."""

    @property
    def id(self) -> str:
        """Of the experiment."""

    @property
    def quantity(self) -> str:
        """What is measured, in words."""

    @property
    def measure(self) -> Callable[[Seen], float]:
        """Measures it."""

    @property
    def lower(self) -> float:
        """Least that is accepted."""

    @property
    def upper(self) -> float:
        """Most that is accepted."""


def judge(criteria: Sequence[Judged[Seen]], seen: Seen) -> list[dict[str, object]]:
    """Verdict on each criterion, which sees the columns of a run or the runs of a study; if it cannot be measured, no.

    Returns entries of ``criteria`` in a record.
    """
    verdicts: list[dict[str, object]] = []
    for criterion in criteria:
        try:
            measured, problem = float(criterion.measure(seen)), ""
        except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
            measured, problem = nan, f"{type(error).__name__}: {error}"
        met = criterion.lower <= measured <= criterion.upper
        verdict: dict[str, object] = {
            "id": criterion.id,
            "quantity": criterion.quantity,
            "measured": measured,
            "bound": [criterion.lower, criterion.upper],
            "verdict": "pass" if met else "fail",
        }
        verdicts.append(verdict | ({"problem": problem} if problem else {}))
    return verdicts


def peak_memory() -> float | None:
    """Largest memory the process has held so far [MiB]; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def closed(doi: str) -> str:
    """`doi` without a closing parenthesis that belongs to the sentence around it."""
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".:")
    return doi
