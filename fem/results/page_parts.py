"""What the pages of a run and of a comparison share: the style, badges, lists and pictures inside the page."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_TOLD = ("quantity", "check")  # heads of cells that say what a row is about
_STYLE = Path(__file__).with_name("page_style.css")


def style() -> str:
    """Style sheet of every page, for light and dark, wide and narrow screens."""
    return _STYLE.read_text(encoding="utf-8")


def items(lines: Iterable[object]) -> str:
    """Lines of a list."""
    return "".join(f"<li>{html.escape(str(line))}</li>" for line in lines)


def badge(kind: str, words: object) -> str:
    """A few words in the colour of `kind`: "pass", "fail" or "doubt"."""
    return f'<span class="badge {html.escape(str(kind))}">{html.escape(str(words))}</span>'


def verdicts(criteria: Sequence[Mapping[str, Any]]) -> list[str]:
    """A badge per experiment that demands something: how many of its demands are met."""
    met: dict[str, list[bool]] = {}
    for one in criteria:
        met.setdefault(str(one["id"]), []).append(one["verdict"] == "pass")
    return [
        badge("pass" if all(found) else "fail", f"{name}: {sum(found)} of {len(found)} met")
        for name, found in met.items()
    ]


def demands(criteria: Sequence[Mapping[str, Any]]) -> str:
    """Table of what was demanded, as ``criteria`` of a record holds it."""
    rows = [(c["id"], c["quantity"], c["measured"], _bound(*c["bound"]), c["verdict"]) for c in criteria]
    return judged(("id", "quantity", "measured", "bound"), rows) if rows else "<p>None.</p>"


def judged(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Table whose last column is a verdict; on a narrow screen each row folds, and its cells carry their heads."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in (*heads, "verdict"))
    body = "".join(
        f"<tr>{''.join(map(_cell, heads, cells))}<td>{badge(verdict, verdict)}</td></tr>" for *cells, verdict in rows
    )
    return f'<div class="wide"><table class="judged"><tr class="heads">{head}</tr>{body}</table></div>'


def _cell(head: str, value: object) -> str:
    shown = "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    kind = ' class="told"' if head in _TOLD else ""
    return f'<td{kind} data-head="{html.escape(head)}">{html.escape(shown)}</td>' if shown else "<td></td>"


def _bound(lower: float | None, upper: float | None) -> str:
    if lower is None:
        return "any" if upper is None else f"at most {upper:.4g}"
    return f"at least {lower:.4g}" if upper is None else f"{lower:.4g} to {upper:.4g}"


def picture(path: Path, caption: str) -> str:
    """A PNG with its caption below."""
    words = html.escape(caption)
    return f'<figure><img src="{inline(path, "image/png")}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def inline(path: Path, kind: str) -> str:
    """Address that holds the file itself, so that a page needs no other file; `kind` is its media type."""
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
