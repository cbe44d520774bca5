"""The pages that users read: links lead somewhere, shown commands are accepted, shown defaults are the code's."""

import functools
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from calls import CommandLine, calls_from

from command_line import app
from command_line.arguments import arguments_of
from command_line.catalogue import built_in, built_in_names
from command_line.quantities import format_quantity

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])
GENERATED = {ROOT / "docs" / "verification.md"}  # `make verify` writes it
LARGEST_IMAGE = 400_000  # bytes
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^(?: {4}|\t)(?P<indented>.*)$|`(?P<inline>[^`\n]+)`", re.M)


def links_of(text: str) -> list[str]:
    """Targets of links and images that lead to a file here or to a heading."""
    return [target for target in _LINK.findall(text) if not re.match(r"[a-z]+:", target)]


def anchors_of(text: str) -> set[str]:
    """Names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Links of `page` that lead to no file, or to no heading of a page."""
    broken = []
    for link in links_of(text):
        name, _, anchor = link.partition("#")
        target = (page.parent / unquote(name)).resolve() if name else page
        known = target.exists() or target in GENERATED
        if not known or (anchor and target.suffix == ".md" and anchor not in anchors_of(target.read_text())):
            broken.append(link)
    return broken


def commands_of(text: str) -> list[list[str]]:
    """Words after ``run.py`` of every command line in code; comments and shell prompts left out."""
    lines = [found["indented"] or found["inline"] or "" for found in _CODE.finditer(text)]
    lines += [line for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.M | re.S)
              for line in block.splitlines()]  # fmt: skip
    words = [shlex.split(line, comments=True) for line in lines if re.search(r"(^|[ /])run\.py [\w./-]", line)]
    starts = [next((k for k, word in enumerate(line) if word.endswith("run.py")), None) for line in words]
    return [line[k + 1 :] for line, k in zip(words, starts, strict=True) if k is not None and k + 1 < len(line)]


def shown_commands() -> list[tuple[str, str]]:
    """Every different command line shown anywhere, with the page that shows it."""
    found = [(str(page.relative_to(ROOT)), words) for page in PAGES for words in commands_of(page.read_text())]
    mentions = [[name] for name in ("resume", "export", "preview", "compare", "view", "figure")]  # in prose, alone
    by_words = {shlex.join([*words, "--help"] if words in mentions else words): page for page, words in found}
    return [(page, words) for words, page in by_words.items() if not words.startswith("SCENARIO")]


def table_of(page: Path, first: str) -> dict[str, dict[str, str]]:
    """The table of `page` whose first heading is `first`: rows by first cell, cells by heading."""
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in page.read_text().splitlines()
            if line.startswith("|")]  # fmt: skip
    start = next(k for k, row in enumerate(rows) if row[0] == first)
    body: dict[str, dict[str, str]] = {}
    for row in rows[start + 2 :]:
        if len(row) != len(rows[start]) or not row[0].startswith("`--"):
            break
        body[row[0].strip("`")] = dict(zip(rows[start][1:], row[1:], strict=True))
    return body


@pytest.fixture
def parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[CommandLine, list[str]]:
    """Calls ``run.py`` up to the point where something would be done; what would be done is noted in the list."""
    done: list[str] = []

    def noting(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def note(*given: object, **named: object) -> None:
            done.append(command.__name__)

        return note

    for name in ("run_new", "preview", "resume", "compare", "export", "view", "figure", "list_scenarios"):
        monkeypatch.setattr(app, name, noting(getattr(app, name)))
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "my_film.py").write_text(example)
    return calls_from(tmp_path, monkeypatch, capsys), done


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_image_of_a_page_exists(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_the_link_check_notices_what_is_missing() -> None:
    text = "# A b\n[a](#a-b) [b](#b) [c](theory.md) [d](gone.md) ![e](images/gone.png) [f](https://example.org)"
    page = ROOT / "docs" / "scenarios" / "planted.md"
    assert links_of(text) == ["#a-b", "#b", "theory.md", "gone.md", "images/gone.png"]
    assert broken_links(page, text.replace("[a](#a-b) [b](#b) ", "")) == ["theory.md", "gone.md", "images/gone.png"]
    assert anchors_of(text) == {"a-b"}


@pytest.mark.parametrize(("page", "words"), shown_commands())
def test_every_command_shown_is_accepted(page: str, words: str, parsed: tuple[CommandLine, list[str]]) -> None:
    call, done = parsed
    answer = call(*shlex.split(words))
    assert answer.code == 0, f"{page}: run.py {words}: {answer.err}"
    assert done or "--help" in words


@pytest.mark.parametrize("words", ["lateral_bais", "lateral_bias --bias 3K", "lateral_bias --no-such 1V", "export"])
def test_the_command_check_notices_a_wrong_command(words: str, parsed: tuple[CommandLine, list[str]]) -> None:
    call, done = parsed
    assert call(*words.split()).code == 2 and not done


def test_commands_are_found_in_blocks_and_in_lines() -> None:
    text = "Use `run.py list`, not run.py.\n\n    python run.py a --b 1V  # why\n\n```\n$ python run.py c\n```\n"
    assert sorted(commands_of(text)) == [["a", "--b", "1V"], ["c"], ["list"]]


@pytest.mark.parametrize("name", built_in_names())
def test_every_scenario_has_a_page_with_a_picture_in_the_index(name: str) -> None:
    text = (ROOT / "docs" / "scenarios" / f"{name}.md").read_text()
    assert f"](../images/{name}" in text and f"run.py {name}" in text
    assert f"]({name}.md)" in (ROOT / "docs" / "scenarios" / "README.md").read_text()


@pytest.mark.parametrize("name", built_in_names())
def test_the_table_of_options_holds_the_defaults_of_the_code(name: str) -> None:
    table = table_of(ROOT / "docs" / "parameters.md", "option")
    shown = {option: row[f"`{name}`"] for option, row in table.items() if row[f"`{name}`"] != "–"}
    arguments = {"--" + key.replace("_", "-"): one for key, one in arguments_of(built_in(name)).items()}
    assert shown.keys() == arguments.keys()
    for option, argument in arguments.items():
        if isinstance(argument.default, float):
            assert shown[option] == format_quantity(argument.default, argument.unit), option
        elif isinstance(argument.default, int):
            assert shown[option] == str(argument.default), option


def test_pictures_are_small_and_used() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for picture in sorted((ROOT / "docs" / "images").iterdir()):
        assert picture.stat().st_size <= LARGEST_IMAGE, picture.name
        assert picture.name in text, f"no page shows {picture.name}"
