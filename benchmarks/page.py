"""The page that the benchmarks fill: ``docs/performance.md``, each between marks of its own."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
IMAGES = PAGE.parent / "images"


def parser(description: str | None) -> ArgumentParser:
    """Command line of a benchmark, with the option ``--page``."""
    made = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument("--page", action="store_true", help="write docs/performance.md")
    return made


def report(name: str, lines: Sequence[str], page: bool) -> None:
    """Print the lines, and with `page` put them in place of what stands between the marks of section `name`.

    Raises
    ------
    ValueError
        If the page has no such section.
    """
    print("\n".join(lines), flush=True)
    if not page:
        return
    text, begin, end = PAGE.read_text(encoding="utf-8"), f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{PAGE} has no section {name!r}")
    before, _, rest = text.partition(begin)
    PAGE.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
