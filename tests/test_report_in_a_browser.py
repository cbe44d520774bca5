"""The report of a run in headless Chromium: on a laptop and on a phone, by day and by night, with its time slider."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from films_for_results import IDENTITY, two_grains

from fem.results.record import run_scenario

_ASK = """addEventListener("load", () => { const style = getComputedStyle(document.body);
document.title = JSON.stringify({width: document.documentElement.scrollWidth,
pictures: [...document.images].map(one => one.naturalWidth), back: style.backgroundColor, ink: style.color,
film: document.querySelector("details.film").open, evil: window.evil === true, times: times(), phone: phone()}) });
function phone() { document.body.style.width = "390px"; return document.querySelector("main").scrollWidth; }
function times() { const figure = document.querySelector("figure.times"), bar = figure.querySelector("input");
const state = () => ({label: figure.querySelector("output").value, spoken: bar.getAttribute("aria-valuetext"),
seen: [...figure.querySelectorAll("img")].filter(one => one.offsetHeight > 0).map(one => one.alt)});
const found = [state()];
for (const value of [0, bar.max]) { bar.value = value; bar.dispatchEvent(new Event("input")); found.push(state()); }
bar.focus();
return {hidden: figure.hidden, states: found, focused: document.activeElement === bar, max: bar.max}; }
"""
_TIMES = ["t = 0 s", "t = 1 ms", "t = 10 ms", "t = 100 ms", "t = 1 s", "t = 3 s"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_scenario(two_grains(), IDENTITY, tmp_path_factory.mktemp("report") / "run").directory / "report.html"


def opened(page: Path, folder: Path, *options: str) -> str:
    """The document that a browser makes of a page."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium is installed: the page was not opened")
    own = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--virtual-time-budget=5000"]
    return subprocess.run(
        [browser, *own, *options, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout


def seen(report: Path, folder: Path, width: int, night: bool = False, more: str = "") -> dict[str, Any]:
    """What a browser with a window `width` pixels wide makes of the page with `more` in it; our script is let in."""
    digest = base64.b64encode(hashlib.sha256(_ASK.encode()).digest()).decode()
    text = report.read_text().replace("script-src ", f"script-src 'sha256-{digest}' ")
    page = folder / "asked.html"
    page.write_text(text.replace("</body>", f"{more}<script>{_ASK}</script></body>"), encoding="utf-8")
    colours = f"--blink-settings=preferredColorScheme={0 if night else 1}"
    (title,) = re.findall(r"<title>(.*?)</title>", opened(page, folder, f"--window-size={width},900", colours))
    return dict(json.loads(title.replace("&quot;", '"')))


@pytest.mark.parametrize("width", [1280, 500])
def test_the_page_fits_the_window_and_shows_its_pictures(report: Path, tmp_path: Path, width: int) -> None:
    """500 pixels are the least that Chromium's window takes; tables scroll by themselves."""
    found = seen(report, tmp_path, width)
    assert found["width"] <= width
    assert len(found["pictures"]) >= 4 + len(_TIMES) and min(found["pictures"]) > 300


def test_the_page_fits_a_phone(report: Path, tmp_path: Path) -> None:
    assert seen(report, tmp_path, 500)["phone"] <= 390


def test_the_page_is_dark_by_night(report: Path, tmp_path: Path) -> None:
    day, night = seen(report, tmp_path, 1280), seen(report, tmp_path, 1280, night=True)
    assert brightness(day["back"]) > brightness(day["ink"]) + 300
    assert brightness(night["ink"]) > brightness(night["back"]) + 300


def test_the_slider_shows_one_map_and_tells_its_time(report: Path, tmp_path: Path) -> None:
    times = seen(report, tmp_path, 500)["times"]
    assert not times["hidden"] and times["focused"] and times["max"] == str(len(_TIMES) - 1)
    for state, time in zip(times["states"], [_TIMES[3], _TIMES[0], _TIMES[-1]], strict=True):
        assert state == {"label": time, "spoken": time, "seen": [time]}


def test_the_page_runs_its_own_script_only(report: Path, tmp_path: Path) -> None:
    evil = "<script>window.evil = true</script><img src='x' onerror='window.evil = true'>"
    assert not seen(report, tmp_path, 500, more=evil)["evil"]
    page = tmp_path / "open.html"  # the same page without its policy: the intruder is one that would run
    text = re.sub(r"<meta http-equiv[^>]*>", "", report.read_text())
    page.write_text(text.replace("</body>", f"{evil}<script>document.title = window.evil</script></body>"))
    assert "<title>true</title>" in opened(page, tmp_path)


def test_without_scripts_the_film_takes_the_place_of_the_slider(report: Path, tmp_path: Path) -> None:
    assert not seen(report, tmp_path, 500)["film"]  # folded away behind the slider
    page = tmp_path / "plain.html"
    page.write_text(re.sub(r"script-src '[^']*'", "script-src 'none'", report.read_text()), encoding="utf-8")
    found = opened(page, tmp_path)
    assert '<details class="film" open="">' in found
    assert '<figure class="times" hidden="">' in found


def test_a_page_with_a_slider_is_not_much_larger(report: Path) -> None:
    """Sixteen frames of the measured film of lateral_bias, the most that there are, take 0.9 MB."""
    frames = report.parent / "figures" / "frames"
    assert [path.name for path in sorted(frames.iterdir())] == [f"output_{k:04d}.webp" for k in range(len(_TIMES))]
    assert max(path.stat().st_size for path in frames.iterdir()) < 60_000


def brightness(colour: str) -> float:
    """Sum of red, green and blue of ``rgb(...)``."""
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))
