"""What a scenario was given: value, unit, meaning and source of each parameter, and the references of a page."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fem.results.page_values import quantity, text
from fem.results.run_facts import closed

_SHORT = 16  # letters of a value that stays on one line
UNKNOWN = "source not stated"
_LINKED = re.compile(r"\b(doi|arXiv):([^\s\"'<>,;|`\]}]+)")
_PLACES = {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}


def parameters(known: Mapping[str, Any]) -> str:
    """Table of what a scenario was given, `known` as ``parameters`` of a record holds it."""
    rows = []
    for name, item in known.items():
        if item["value"] is not None:
            value = text(quantity(item["value"], item["unit"]))
            kind = "short" if len(value) <= _SHORT else "long"
            source = f'<div class="soft">{linked(source_of(item))}</div>'
            meaning = text(str(item.get("meaning") or "").replace("`", ""))
            cells = f'<td class="{kind}">{value}</td><td>{meaning}{source}</td>'
            rows.append(f"<tr><th>{text(name.replace('_', ' '))}</th>{cells}</tr>")
    return f'<table class="given">{"".join(rows)}</table>'


def source_of(item: Mapping[str, Any]) -> str:
    """Where the value of a parameter comes from, in words."""
    return str(item.get("source") or UNKNOWN)


def story(doc: str, whole: bool = False) -> str:
    """Paragraphs of the docstring of a scenario; without its first one, which is a summary, unless the `whole` is."""
    paragraphs = [" ".join(part.split()) for part in doc.replace("`", "").strip().split("\n\n")]
    return "".join(f"<p>{linked(part)}</p>" for part in paragraphs[0 if whole else 1 :] if part)


def linked(words: str) -> str:
    """`words`, safe in HTML, in which the names of publications (``doi:...``, ``arXiv:...``) lead to them."""
    parts, done = [], 0
    for match in _LINKED.finditer(words):
        name = closed(match[2].rstrip(".:"))
        shown = f"{match[1]}:{name}"
        parts.append(html.escape(words[done : match.start()]))
        parts.append(f'<a href="{html.escape(_PLACES[match[1]] + name)}">{html.escape(shown)}</a>')
        done = match.start() + len(shown)
    return "".join([*parts, html.escape(words[done:])])


def references(dois: Iterable[object]) -> str:
    """Lines of a list of references."""
    return "".join(f"<li>{linked(f'doi:{doi}')}</li>" for doi in dois)
