"""Writes the sources of all defaults, as ``scenarios/sources.toml`` states them, into docs/parameters.md."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from command_line.sources import Sources  # noqa: E402

PAGE = ROOT / "docs" / "parameters.md"
START, END = "<!-- from scenarios/sources.toml -->\n", "<!-- end -->\n"


def main() -> None:
    """Replace what stands between the marks."""
    PAGE.write_text(with_sources(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def with_sources(page: str) -> str:
    """The `page` with the tables between its marks."""
    before, rest = page.split(START)
    return before + START + tables(Sources.read(ROOT / "scenarios" / "sources.toml")) + END + rest.split(END, 1)[1]


def tables(stated: Sources) -> str:
    """Tables of the `stated` sources and of the choices."""
    lines = ["| parameter | default | source |", "| --- | --- | --- |"]
    for name, found in sorted(stated.defaults.items()):
        lines += [f"| {_option(name)} | {default} | {_linked(source)} |" for default, source in found.items()]
    kinds: dict[str, list[str]] = {}
    for name, kind in stated.choices.items():
        kinds.setdefault(kind, []).append(_option(name))
    lines += ["", "| all other defaults of | are |", "| --- | --- |"]
    lines += [f"| {', '.join(names)} | {kind} |" for kind, names in kinds.items()]
    return "\n".join(lines) + "\n"


def _option(name: str) -> str:
    return f"`--{name.replace('_', '-')}`"


def _linked(source: str) -> str:
    linked = re.sub(r"\bdoi:(10\.[\w./()-]*[\w/)])", r"[doi:\1](https://doi.org/\1)", source)
    return re.sub(r"\b(assumption|fitted)\b", r"**\1**", linked)


if __name__ == "__main__":
    main()
