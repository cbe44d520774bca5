"""``run.json``: what was run, on what, how it went. Strict JSON: a number that is not finite is null."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from fem.storage.files import replace_file

NAME = "run.json"
STUDY, COMPARISON = "study.json", "comparison.json"  # in folders above or beside those of runs


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
    meanings
        What an argument is, in a sentence, by its name, as far as the scenario says so.
    sources
        Where the value of an argument comes from, by its name, as far as it is known.
    """

    name: str
    doc: str = ""
    parameters: Mapping[str, tuple[object, str]] = field(default_factory=dict)
    source: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

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
            "parameters": {
                name: {
                    "value": value,
                    "unit": unit,
                    "meaning": self.meanings.get(name, ""),
                    "source": self.sources.get(name, ""),
                }
                for name, (value, unit) in self.parameters.items()
            },
            "seed": seed,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "RunIdentity":
        """Identity recorded in a ``run.json``; AttributeError, KeyError or TypeError if it does not hold one."""
        parameters = {name: (item["value"], item["unit"]) for name, item in record["parameters"].items()}
        meanings, sources = (
            {name: item[key] for name, item in record["parameters"].items() if item.get(key)}
            for key in ("meaning", "source")
        )
        words = record["scenario"], record["doc"], record["source"]
        for word in (*words, *(unit for _, unit in parameters.values()), *meanings.values(), *sources.values()):
            if not isinstance(word, str):
                raise TypeError(f"{word!r} is not a text")
        name, doc, source = words
        return cls(name, doc, parameters, source, meanings, sources)


def write_record(directory: Path, record: Mapping[str, object], durable: bool = True) -> None:
    """Replace ``run.json`` in `directory`; `durable`: safe against a power cut as well."""
    text = json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)
    replace_file(directory / NAME, (text + "\n").encode(), durable)


def read_record(directory: Path) -> dict[str, Any]:
    """The ``run.json`` of a results folder.

    Raises
    ------
    ValueError
        If there is none or it is not JSON.
    """
    path = directory / NAME
    if not path.is_file():
        raise ValueError(f"{directory} is not a results folder: {_instead(directory)}")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(record, dict):
        raise ValueError(f"{path} is damaged: it does not hold a record")
    return record


def _instead(directory: Path) -> str:
    """What is at `directory` in place of a results folder, and where its runs are."""
    if directory.is_file():
        return f"it is a file; give the folder {directory.parent} that it is in"
    if not directory.is_dir():
        return f"there is no such folder, nor a {NAME}"
    if (directory / STUDY).is_file():
        runs = sorted(path.parent for path in directory.glob(f"*/{NAME}"))
        return "it is a study of several runs" + (f"; give one of them, such as {runs[0]}" if runs else ", none begun")
    if (directory / COMPARISON).is_file():
        return "it is a comparison of several runs; give one of them"
    return f"it has no {NAME}"


def read_identity(directory: Path) -> RunIdentity:
    """Which scenario made the results folder `directory`, with what.

    Raises
    ------
    ValueError
        If it is no results folder or its ``run.json`` is damaged.
    """
    record = read_record(directory)
    try:
        return RunIdentity.from_dict(record)
    except (AttributeError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"{directory / NAME} is damaged: {type(error).__name__} {error}") from error


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
