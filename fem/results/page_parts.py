"""What the pages of a run and of a comparison share: the style, badges, lists and pictures inside the page."""

import base64
import html
from collections.abc import Iterable
from pathlib import Path

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


def picture(path: Path, caption: str) -> str:
    """A PNG with its caption below."""
    words = html.escape(caption)
    return f'<figure><img src="{inline(path, "image/png")}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def inline(path: Path, kind: str) -> str:
    """Address that holds the file itself, so that a page needs no other file; `kind` is its media type."""
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
