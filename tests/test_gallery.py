"""The gallery shows every scenario, and says of each experiment what the verification page says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from command_line.catalogue import built_in_names

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["gallery"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_page_is_that_of_the_verification_page(gallery: ModuleType) -> None:
    written = (DOCS / "gallery.md").read_text()
    assert written == gallery.page((DOCS / "verification.md").read_text()), "run: .venv/bin/python docs/gallery.py"


def test_every_scenario_is_shown_with_its_picture(gallery: ModuleType) -> None:
    page = (DOCS / "gallery.md").read_text()
    for name in built_in_names():
        assert f"(images/{name}.png)" in page and f"run.py {name}\n" in page


def test_a_failed_check_is_shown_first_and_counted(gallery: ModuleType) -> None:
    rows = "".join(f"| row {k} | 1 | 1 | 0 |  | pass |\n" for k in range(9)) + "| the bad one | 2 | 1 | 0 |  | fail |\n"
    shown = gallery.page(f"# V\n\n## B2: Front\n\n| quantity |\n|---|\n{rows}\n## D1: x\n\n{rows}")
    assert "## B2: Front" in shown and "**9 of 10 checks pass**" in shown and "D1" not in shown
    assert shown.index("the bad one") < shown.index("row 0") and "and 4 more" in shown
    assert "## B3: not on the verification page yet" in shown and "**not verified yet**" in shown
