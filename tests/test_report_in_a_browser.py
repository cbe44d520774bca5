"""The report of a run in headless Chromium: on a laptop and on a phone, by day and by night."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from films_for_results import IDENTITY, two_grains

from fem.results.record import run_scenario

_ASK = """<script>addEventListener("load", () => { const style = getComputedStyle(document.body);
document.title = JSON.stringify({width: document.documentElement.scrollWidth,
pictures: [...document.images].map(one => one.naturalWidth), back: style.backgroundColor, ink: style.color}) })
</script></body>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_scenario(two_grains(), IDENTITY, tmp_path_factory.mktemp("report") / "run").directory / "report.html"


def seen(report: Path, folder: Path, width: int, night: bool) -> dict[str, Any]:
    """What a browser with a window `width` pixels wide makes of the page."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium is installed: the page was not opened")
    page = folder / "asked.html"
    page.write_text(report.read_text().replace("</body>", _ASK), encoding="utf-8")
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", f"--window-size={width},900",
        f"--blink-settings=preferredColorScheme={0 if night else 1}", "--virtual-time-budget=5000", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run([browser, *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    (title,) = re.findall(r"<title>(.*?)</title>", done.stdout)
    return dict(json.loads(title.replace("&quot;", '"')))


@pytest.mark.parametrize("width", [1280, 500])
def test_the_page_fits_the_window_and_shows_its_pictures(report: Path, tmp_path: Path, width: int) -> None:
    """500 pixels are the least that Chromium's window takes; tables scroll by themselves."""
    found = seen(report, tmp_path, width, night=False)
    assert found["width"] <= width
    assert len(found["pictures"]) >= 4 and min(found["pictures"]) > 300


def test_the_page_is_dark_by_night(report: Path, tmp_path: Path) -> None:
    day, night = seen(report, tmp_path, 1280, night=False), seen(report, tmp_path, 1280, night=True)
    assert brightness(day["back"]) > brightness(day["ink"]) + 300
    assert brightness(night["ink"]) > brightness(night["back"]) + 300


def brightness(colour: str) -> float:
    """Sum of red, green and blue of ``rgb(...)``."""
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))
