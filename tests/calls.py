"""Calls of the command line in this process, and a small film to call it with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_line.app import main

SMALL_FILM = str(Path(__file__).parent / "data" / "small_film.py")


@dataclass(frozen=True)
class Answer:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


CommandLine = Callable[..., Answer]


def calls_from(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls ``run.py`` with the given words from the working folder `folder`; figures are left out for speed."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("fem.results.record.draw_figures", lambda scenario, directory: [])

    def call(*words: str | Path) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call
