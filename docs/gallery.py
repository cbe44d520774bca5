"""Writes the page ``gallery.md``: every experiment with its picture, its verdict and the command that makes it.

Verdicts are those of the verification page next to it; ``make verify`` runs this after it has written that page.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
SCENARIOS = DOCS.parent / "scenarios"
#: Scenarios that stand for each experiment; those that compare studies of their own come last.
EXPERIMENTS = {
    "B0": ("lateral_bias", "vertical_bias", "lateral_cross_section", "exchanging_contacts"),
    "B1": ("lateral_quench",),
    "B2": ("quench_front",),
    "B3": ("contact_switch",),
    "B4": ("coated_microplate",),
    "B5": ("coated_microplate",),
    "B6": ("pl_spot",),
    "B7": ("vertical_capacitor",),
    "B8": ("boundary_highway",),
    "B9": ("boundary_passivation",),
    "B10": ("el_splitting",),
    "B11": ("ac_stabilised",),
    "B12": ("ac_response",),
    "B13": ("luminance_overshoot", "electrode_edge"),
    "B14": ("joule_heating",),
    "B15": ("field_threshold",),
    "B16": ("nanocrystal_layers",),
    "B17": ("voltage_maximum",),
    "B18": ("light_segregation",),
    "F1": ("grain_alignment",),
    "F2": ("boundary_trapping",),
}
_HEAD = """# Gallery

Written by `docs/gallery.py`, which `make verify` runs; do not edit. Every experiment with its picture, what was
demanded of it, whether it was met, and the command that makes it.
"""
_SHOWN = 6  # rows of an experiment
_ROW = re.compile(r"\| (.+?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (pass|fail) \|")


@dataclass(frozen=True)
class Experiment:
    """A section of the verification page: `title`, and of each row quantity, measured, expected, tolerance, verdict."""

    id: str
    title: str
    rows: tuple[tuple[str, str, str, str, str], ...]

    @property
    def verdict(self) -> str:
        """In words."""
        met = sum(row[-1] == "pass" for row in self.rows)
        return f"**{met} of {len(self.rows)} checks pass**" if self.rows else "**not verified yet**"


def experiments(verification: str) -> dict[str, Experiment]:
    """Sections of the verification page on experiments, whose ids begin with B or F."""
    found = {}
    for section in verification.split("\n## ")[1:]:
        head, _, body = section.partition("\n")
        id, _, title = head.partition(": ")
        if re.fullmatch(r"[BF]\d+", id):
            rows = [(m[1], m[2], m[3], m[4], m[6]) for m in _ROW.finditer(body)]
            found[id] = Experiment(id, title, tuple(rows))
    return found


def page(verification: str) -> str:
    """Text of the gallery page."""
    known = experiments(verification)
    parts = [_HEAD]
    for id, names in EXPERIMENTS.items():
        experiment = known.get(id, Experiment(id, "not on the verification page yet", ()))
        parts.append(f"## {id}: {experiment.title}\n")
        parts += [_scenario(name) for name in names]
        parts.append("\n".join(_verdicts(experiment)) + "\n")
    others = [name for name in scenario_names() if not any(name in names for names in EXPERIMENTS.values())]
    parts += ["## More\n", *(_scenario(name) for name in others)] if others else []
    return "\n".join(parts)


def scenario_names() -> list[str]:
    """Scenarios that come with the program."""
    return sorted(path.stem for path in SCENARIOS.glob("*.py") if path.stem != "__init__")


def _scenario(name: str) -> str:
    text = ast.get_docstring(ast.parse((SCENARIOS / f"{name}.py").read_text(encoding="utf-8"))) or ""
    summary = " ".join(text.split("\n\n")[0].split())
    picture = f"![{name}](images/{name}.png)\n\n" if (DOCS / "images" / f"{name}.png").is_file() else ""
    return f"[**{name}**](scenarios/{name}.md). {summary}\n\n{picture}    .venv/bin/python run.py {name}\n"


def _verdicts(experiment: Experiment) -> Iterator[str]:
    yield f"{experiment.verdict} ([all of them](verification.md)).\n"
    if not experiment.rows:
        return
    yield from ("| quantity | measured | expected | tolerance | verdict |", "|---|---|---|---|---|")
    first = sorted(experiment.rows, key=lambda row: (row[-1] == "pass", "lost ions" in row[0], "below zero" in row[0]))
    for row in first[:_SHOWN]:
        yield f"| {' | '.join(row)} |"
    if len(first) > _SHOWN:
        yield f"| ... and {len(first) - _SHOWN} more | | | | |"


if __name__ == "__main__":
    (DOCS / "gallery.md").write_text(page((DOCS / "verification.md").read_text(encoding="utf-8")), encoding="utf-8")
