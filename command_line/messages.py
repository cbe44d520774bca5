"""What is said to the user: results on the standard output, warnings and errors on the standard error."""

from collections.abc import Iterable

from rich.console import Console


def say(*lines: str) -> None:
    """Print lines as they are."""
    Console().print(*lines, sep="\n", markup=False, highlight=False, soft_wrap=True)


def complain(line: str) -> None:
    """Print a line on the standard error."""
    Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)


def warn(warnings: Iterable[str]) -> None:
    """Print warnings on the standard error."""
    for warning in warnings:
        complain(f"warning: {warning}")
