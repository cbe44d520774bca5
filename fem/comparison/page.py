"""``report.html`` of a comparison: one page in one file, with the style of the pages of its runs."""

import html
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from string import Template

from fem.comparison.compared import Compared
from fem.comparison.rows import Row
from fem.results.files import replace_file
from fem.results.page_parts import badge, items, picture, style

_PAGE = Path(__file__).with_name("page.html")
_KINDS = {"finished": "pass", "failed": "fail"}


def write_page(
    directory: Path, runs: Sequence[Compared], rows: Sequence[Row], words: Mapping[str, Sequence[str]],
    captions: Mapping[str, str],
) -> None:  # fmt: skip
    """Write the page into `directory`.

    Parameters
    ----------
    words
        Lines under "differences", "compared" and "warnings".
    captions
        Caption of each picture in ``figures/`` by its file name, in the order in which they are shown.
    """
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        style=style(),
        title=html.escape(" against ".join(run.label for run in runs)),
        badges="".join(_badge(run) for run in runs),
        differences=items(words["differences"]),
        compared=items(words["compared"]),
        warnings=_warnings(words["warnings"]),
        figures="".join(picture(directory / "figures" / name, caption) for name, caption in captions.items()),
        table=_table([run.label for run in runs], rows),
        footer="All numbers are in comparison.json, the table in comparison.csv.",
    )
    replace_file(directory / "report.html", page.encode(), durable=False)


def _badge(run: Compared) -> str:
    record = run.results.record
    status = str(record.get("status"))
    found = [one for name in ("checks", "criteria") for one in record.get(name) or [] if isinstance(one, Mapping)]
    failed = sum(one.get("verdict") != "pass" for one in found)
    kind = "fail" if failed else _KINDS.get(status, "doubt")
    judged = f", {failed} not passed" if failed else ""
    return badge(kind, f"{run.label}: {'killed' if status == 'running' else status}{judged}")


def _warnings(lines: Sequence[str]) -> str:
    return f'<section><h2>Warnings</h2><ul class="doubt">{items(lines)}</ul></section>' if lines else ""


def _table(labels: Sequence[str], rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{html.escape(label)}</th>" for label in labels)
    parts = [f'<tr><th class="quantity"></th>{head}</tr>']
    for group, members in groupby(rows, key=lambda row: row.group):
        parts.append(f'<tr><th class="group" colspan="{len(labels) + 1}">{html.escape(group)}</th></tr>')
        for row in members:
            cells = "".join(f'<td class="number">{html.escape(cell.text)}</td>' for cell in row.cells)
            parts.append(f'<tr><th class="quantity">{html.escape(row.quantity)}</th>{cells}</tr>')
    return "".join(parts)
