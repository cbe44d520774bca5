"""What is installed: every package of the tree with its data files, and tested versions of all that is asked for."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUP: dict[str, Any] = PROJECT["tool"]["setuptools"]
DECLARED: list[str] = SETUP["packages"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]


def package_of(path: Path) -> str:
    return ".".join(path.parent.relative_to(ROOT).parts)


def test_every_package_is_installed() -> None:
    tops = {name.partition(".")[0] for name in DECLARED}
    found = {package_of(path) for top in tops for path in (ROOT / top).rglob("*.py")}
    assert found == set(DECLARED)


def test_files_beside_the_code_are_installed_with_it() -> None:
    for name in DECLARED:
        patterns = SETUP["package-data"].get(name, [])
        others = [path.name for path in ROOT.joinpath(*name.split(".")).iterdir() if path.is_file()]
        left_out = [one for one in others if not any(fnmatch(one, each) for each in ("*.py", *patterns))]
        assert not left_out, f"{name}: {left_out} are in no package-data of pyproject.toml"


@pytest.mark.parametrize("group", ["dependencies", *EXTRAS])
def test_what_is_asked_for_has_a_tested_version_that_is_new_enough(group: str) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", "\n".join(lines), re.M)
    }
    for text in PROJECT["project"]["dependencies"] if group == "dependencies" else EXTRAS[group]:
        asked = Requirement(text)
        assert asked.specifier.contains(pins[canonicalize_name(asked.name)]), text


def test_make_installs_extras_that_there_are() -> None:
    (words,) = re.findall(r"--editable '\.\[([\w,]+)\]'", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert set(words.split(",")) <= EXTRAS.keys()
    assert "test" in words.split(",")
