"""A map at one time after another under a slider: the only thing on a page that needs a script.

The page says what it may do (Content Security Policy): run this one script, known by its hash, and load nothing. Words
of a results folder that somehow became code would not run. Without scripts the slider is not shown, the film is.
"""

import base64
import hashlib
import html
from collections.abc import Sequence
from pathlib import Path

from fem.results.page_parts import inline

_SCRIPT = Path(__file__).with_name("time_slider.js")
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'"


def slider(pictures: Sequence[tuple[str, Path]], caption: str) -> str:
    """Figure of `pictures` (WebP), each after the words that tell its time; "" if there are fewer than two."""
    if len(pictures) < 2:
        return ""
    start = len(pictures) // 2
    frames = "".join(
        f'<img src="{inline(path, "image/webp")}" alt="{html.escape(time)}"{"" if k == start else " hidden"}>'
        for k, (time, path) in enumerate(pictures)
    )
    bar = f'<input type="range" min="0" max="{len(pictures) - 1}" value="{start}" aria-label="time"><output></output>'
    return (
        f'<figure class="times" hidden>{frames}<div class="bar">{bar}</div>'
        f"<figcaption>{html.escape(caption)} Drag the bar, or choose it and press the arrow keys.</figcaption></figure>"
    )


def policy(page: str) -> str:
    """What a browser may do with a `page`: run the script of the slider if it has one, nothing else."""
    if not has_slider(page):
        return _POLICY
    digest = base64.b64encode(hashlib.sha256(_source().encode()).digest()).decode()
    return f"{_POLICY}; script-src 'sha256-{digest}'"


def script(page: str) -> str:
    """The script of the slider if `page` has one."""
    return f"<script>{_source()}</script>" if has_slider(page) else ""


def has_slider(page: str) -> bool:
    """Whether there is a slider in `page`."""
    return '<figure class="times"' in page


def _source() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
