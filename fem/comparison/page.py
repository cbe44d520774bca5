"""``report.html`` of a comparison: one page in one file, with the style of the pages of its runs."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path
from string import Template
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.grouped import groups_of
from fem.comparison.page_of_runs import cited, described, films, given
from fem.comparison.rows import Row
from fem.comparison.transfer import Factor
from fem.results.page_parts import badge, demands, items, picture, style, verdicts
from fem.results.parameter_table import story
from fem.results.time_slider import policy, script, slider
from fem.storage.files import replace_file

TELLS, HIDES = "What one geometry tells about the other", "What it does not tell"
_MOVING = "All films at the same time since the voltage, one colour scale for all."
_PAGE = Path(__file__).with_name("page.html")


@dataclass(frozen=True)
class Page:
    """What the page of a comparison shows.

    Parameters
    ----------
    labels
        Columns of the table: runs, or groups of a study.
    rows
        The table.
    words
        Lines under "differences", "compared", "empty" and "warnings", and "hidden" and "notes" of a study.
    captions
        Caption of each picture in ``figures/`` by its file name, in the order in which they are shown.
    factors
        Transfer factors of a study.
    criteria
        Verdicts on the demands of a study.
    frames
        Pictures of all runs at one time after another, each after the words that tell the time.
    parameters
        What a study was given, as ``parameters`` of its record; of runs that are no study it is in their own records.
    story
        Docstring of a study.
    """

    labels: Sequence[str]
    rows: Sequence[Row]
    words: Mapping[str, list[str]]
    captions: Mapping[str, str]
    factors: Sequence[Factor] = ()
    criteria: Sequence[Mapping[str, Any]] = ()
    frames: Sequence[tuple[str, Path]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    story: str = ""


def write_page(directory: Path, runs: Sequence[Compared], page: Page, title: str = "") -> None:
    """Write the `page` of `runs` into `directory`; its `title` names the runs unless it is given."""
    named = title or " against ".join(page.labels)
    figures = slider(page.frames, _MOVING) + "".join(
        picture(directory / "figures" / name, caption) for name, caption in page.captions.items()
    )
    text = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        policy=policy(figures),
        script=script(figures),
        style=style(),
        title=html.escape(named),
        story=story(page.story, whole=True) or described(runs),
        badges="".join([*verdicts(page.criteria), *(_badge(name, members) for name, members in _named(runs).items())]),
        differences=_section(TELLS if page.factors else "How the runs differ", page.words["differences"]),
        criteria=_criteria(page.criteria),
        hidden=_section(HIDES, page.words.get("hidden", [])),
        transfer=_transfer(page.factors),
        compared=items([*page.words.get("notes", []), *page.words["compared"]]),
        warnings=_warnings(page.words["warnings"]),
        figures=figures,
        films=films(runs),
        parameters=given(runs, page.parameters),
        references=cited(runs, page.parameters),
        table=_table(page.labels, page.rows),
        links=_links(runs),
        empty=_empty(page.words["empty"]),
        footer="All numbers are in comparison.json, the table in comparison.csv.",
    )
    replace_file(directory / "report.html", text.encode(), durable=False)


def _named(runs: Sequence[Compared]) -> dict[str, list[Compared]]:
    """Runs by what they are called, those of one group together."""
    return {name: [runs[k] for k in places] for name, places in groups_of(runs).items()}


def _criteria(criteria: Sequence[Mapping[str, Any]]) -> str:
    return f"<section><h2>Demands of the study</h2>{demands(criteria)}</section>" if criteria else ""


def _badge(name: str, runs: Sequence[Compared]) -> str:
    """How one run, or all of a group, ended and what was not passed."""
    parts = {
        what: [one for run in runs for one in run.results.record.get(part) or []]
        for what, part in (("check", "checks"), ("demand", "criteria"))
    }
    found = list(chain.from_iterable(parts.values()))
    failed = sum(one.get("verdict") != "pass" for one in found if isinstance(one, Mapping))
    states = dict.fromkeys(str(run.results.record.get("status")) for run in runs)
    kind = "fail" if failed or "failed" in states else "pass" if list(states) == ["finished"] else "doubt"
    told = ", ".join("killed" if status == "running" else status for status in states)
    many = f"{len(runs)} films " if len(runs) > 1 else ""
    counts = [f"{len(those)} {what}{'s' * (len(those) > 1)}" for what, those in parts.items() if those]
    passed = f", {' and '.join(counts)} passed" if counts else ""
    warnings = sum(len(run.results.record.get("warnings") or []) for run in runs)
    warned = f", {warnings} warning{'s' * (warnings > 1)}" if warnings else ""
    return badge(kind, f"{name}: {many}{told}" + (f", {failed} not passed" if failed else passed) + warned)


def _links(runs: Sequence[Compared]) -> str:
    """Links to the pages of the runs of a study, which lie in folders beside this page."""
    members = {name: [run for run in found if run.group] for name, found in _named(runs).items()}
    lines = [
        f"{html.escape(name)}: " + ", ".join(
            f'<a href="{html.escape(run.label)}/report.html">{html.escape(run.label)}</a>' for run in found)
        for name, found in members.items() if found
    ]  # fmt: skip
    if not lines:
        return ""
    return "<section><h2>Pages of the runs</h2><ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul></section>"


def _warnings(lines: Sequence[str]) -> str:
    return f'<section><h2>Warnings</h2><ul class="doubt">{items(lines)}</ul></section>' if lines else ""


def _section(title: str, lines: Sequence[str]) -> str:
    return f"<section><h2>{html.escape(title)}</h2><ul>{items(lines)}</ul></section>" if lines else ""


def _empty(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<details><summary>Why cells or rows are missing</summary><ul>{items(lines)}</ul></details>"


def _transfer(factors: Sequence[Factor]) -> str:
    """The table of the transfer factors."""
    if not factors:
        return ""
    heads = ("time", "transfer factor", "λL/2D", "seen over λL/2D", "of that: uniform films", "of that: grains")
    parts = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for transfer, members in groupby(factors, key=lambda one: one.transfer):
        title = html.escape(f"{transfer.source} over {transfer.target}")
        parts.append(f'<tr><th class="group" colspan="{len(heads)}">{title}</th></tr>')
        for one in members:
            cells = (one.measured, f"{one.theory.value:.3g}", one.beyond, one.uniform or "–", one.grains or "–")
            row = "".join(f'<td class="number">{html.escape(str(cell))}</td>' for cell in cells)
            parts.append(f'<tr><th class="quantity">{html.escape(one.quantity)}</th>{row}</tr>')
    meaning = (
        "A ×/÷ b: the geometric mean over the pairs of films is A, and two of three pairs lie between A / b and A × b."
        " λL/2D: ratio of the screening times. Uniform films: the same without boundaries."
    )
    table = f'<p class="soft">{meaning}</p><div class="wide"><table>{"".join(parts)}</table></div>'
    return f"<section><h2>Transfer factors</h2>{table}</section>"


def _table(labels: Sequence[str], rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{html.escape(label)}</th>" for label in labels)
    parts = [f'<tr><th class="quantity"></th>{head}</tr>']
    for group, members in groupby(rows, key=lambda row: row.group):
        parts.append(f'<tr><th class="group" colspan="{len(labels) + 1}">{html.escape(group)}</th></tr>')
        for row in members:
            cells = "".join(f'<td class="number">{html.escape(cell.text)}</td>' for cell in row.cells)
            parts.append(f'<tr><th class="quantity">{html.escape(row.quantity)}</th>{cells}</tr>')
    return "".join(parts)
