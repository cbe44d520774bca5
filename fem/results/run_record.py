"""``run.json``: what was run, on what, how it went. Strict JSON: a number that is not finite is null."""

import json
import math
import platform
import re
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from fem.fields import Array
from fem.results.files import replace_file
from fem.scenario import Criterion

NAME = "run.json"
_PACKAGES = ("grainfield", "numpy", "scipy", "scikit-fem", "gmsh", "pygmsh", "h5py", "matplotlib", "pypardiso")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>,;|`\]}]+")


class Status(Enum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class RunIdentity:
    """Which scenario is run, with what.

    Parameters
    ----------
    name
        Name of the scenario.
    doc
        Its docstring: the first line describes it, DOIs become references.
    parameters
        Value and unit of each argument, ``{"bias": (10.0, "V")}``; unit "" for a pure number or a word.
    source
        File of the scenario where it is the user's own; "" for a built-in one.
    """

    name: str
    doc: str = ""
    parameters: Mapping[str, tuple[object, str]] = field(default_factory=dict)
    source: str = ""

    @property
    def description(self) -> str:
        """First line of the docstring."""
        return next((line.strip() for line in self.doc.splitlines() if line.strip()), "")

    def as_dict(self) -> dict[str, object]:
        """For ``run.json``."""
        seed = self.parameters.get("seed", (None, ""))[0]
        return {
            "scenario": self.name,
            "description": self.description,
            "doc": self.doc,
            "source": self.source,
            "parameters": {name: {"value": value, "unit": unit} for name, (value, unit) in self.parameters.items()},
            "seed": seed,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "RunIdentity":
        """Identity recorded in a ``run.json``."""
        parameters = {name: (item["value"], item["unit"]) for name, item in record["parameters"].items()}
        return cls(record["scenario"], record["doc"], parameters, record["source"])


def write_record(directory: Path, record: Mapping[str, object]) -> None:
    """Replace ``run.json`` in `directory`."""
    text = json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)
    replace_file(directory / NAME, (text + "\n").encode())


def read_record(directory: Path) -> dict[str, Any]:
    """The ``run.json`` of a results folder.

    Raises
    ------
    ValueError
        If there is none or it is not JSON.
    """
    path = directory / NAME
    if not path.is_file():
        raise ValueError(f"{directory} is not a results folder: it has no {NAME}")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(record, dict):
        raise ValueError(f"{path} is damaged: it does not hold a record")
    return record


def plain(value: object) -> object:
    """`value` in the types of JSON; numbers that are not finite become None, anything unknown its text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Sequence | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return str(value)


def versions() -> dict[str, str]:
    """Versions of Python, of the system and of the packages that numbers depend on."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def references(*texts: str) -> list[str]:
    """DOIs mentioned in `texts`, in order of appearance, each once."""
    found = (_closed(match.group().rstrip(".:")) for text in texts for match in _DOI.finditer(text))
    return list(dict.fromkeys(found))


def judge(criteria: Sequence[Criterion], columns: Mapping[str, Array]) -> list[dict[str, object]]:
    """Verdict on each criterion; one that cannot be measured is not met."""
    verdicts: list[dict[str, object]] = []
    for criterion in criteria:
        try:
            measured, problem = float(criterion.measure(columns)), ""
        except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
            measured, problem = math.nan, f"{type(error).__name__}: {error}"
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


def peak_memory() -> float:
    """Largest memory the process has held so far [MiB]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _closed(doi: str) -> str:
    """`doi` without a closing parenthesis that belongs to the sentence around it."""
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".:")
    return doi
