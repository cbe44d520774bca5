"""Fixtures and options that all tests share."""

from pathlib import Path
from typing import Any

import pytest
from verification import Verification

_RECORD = pytest.StashKey[Verification]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("verification")
    group.addoption(
        "--verification", type=Path, metavar="FILE", help="write the checks against theory to this JSON file"
    )
    group.addoption("--verification-page", type=Path, metavar="FILE", help="write their tables to this Markdown file")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RECORD] = Verification()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the checks of a worker that has finished, where tests are shared out to several (``pytest -n 2``)."""
    node.config.stash[_RECORD].unpack(getattr(node, "workeroutput", {}).get("verification", []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    record = session.config.stash[_RECORD]
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["verification"] = record.packed()
        return
    if (path := session.config.getoption("--verification")) is not None:
        record.write_record(path)
    if (path := session.config.getoption("--verification-page")) is not None:
        record.write_page(path)


@pytest.fixture
def verify(request: pytest.FixtureRequest) -> Verification:
    """Call with id, quantity, measured, expected, tolerance and order: asserts, and collects for the record."""
    record = request.config.stash[_RECORD]
    record.test = request.node.nodeid
    return record
