"""Refusals of options that no film can have, in the words of the command line and before anything is built."""

from itertools import pairwise

from fem.checks import require_positive
from fem.constants import eV

_SAME = 1e-9  # relative difference of two numbers that were written alike


def require_positive_options(**values: float) -> None:
    """Raise ValueError unless every option is greater than zero, e.g. ``grain_size=...`` for ``--grain-size``."""
    for name, value in values.items():
        require_positive(value, _option(name), "in SI units" if isinstance(value, float) else "")


def require_increasing(**values: float) -> None:
    """Raise ValueError unless each option is greater than the one before it."""
    for (name, value), (larger, above) in pairwise(values.items()):
        if not above > value:
            raise ValueError(f"{_option(larger)} ({above:g}) must be greater than {_option(name)} ({value:g})")


def require_longer(first: float, **durations: float) -> None:
    """Raise ValueError unless every option is a time [s] beyond the `first` output [s]."""
    for name, value in durations.items():
        if not value > first:
            raise ValueError(f"{_option(name)} must be longer than {first:g} s, the first output, got {value:g} s")


def require_no_slower_boundaries(boundary_barrier: float, grain_barrier: float, advice: str) -> None:
    """Raise ValueError if boundaries as lines with one row of nodes would have to hold ions back; with `advice`."""
    if boundary_barrier > grain_barrier * (1 + _SAME):
        raise ValueError(
            f"--boundary-barrier of {boundary_barrier / eV:g} eV is above --grain-barrier ({grain_barrier / eV:g} eV):"
            f" boundaries that are slower than their grains cannot be plain lines; {advice}"
        )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
