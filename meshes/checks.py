"""Checks of what the user states about a film or a mesh; each raises a ValueError naming quantity, value and unit."""

import math
from collections.abc import Iterable
from difflib import get_close_matches


def require_positive(value: float, what: str, unit: str = "m") -> None:
    """Raise ValueError unless `value` is a finite number greater than zero."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{what} must be a finite number greater than zero, got {value:g} {unit}".rstrip())


def require_not_negative(value: float, what: str, unit: str = "m") -> None:
    """Raise ValueError unless `value` is a finite number of at least zero."""
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{what} must be a finite number and not negative, got {value:g} {unit}".rstrip())


def require_count(value: float, what: str) -> None:
    """Raise ValueError unless `value` is a whole number of at least one."""
    if not (math.isfinite(value) and value >= 1 and value == int(value)):
        raise ValueError(f"{what} must be a whole number of at least 1, got {value}")


def require_known(name: str, known: Iterable[str], what: str) -> None:
    """Raise ValueError unless `name` is one of `known`; the message lists the closest valid names."""
    names = sorted(set(known))
    if name not in names:
        shown = get_close_matches(name, names, n=5, cutoff=0.5) or names[:12]
        raise ValueError(f"{what} {name!r} does not exist; available: {', '.join(shown) or 'none'}")
