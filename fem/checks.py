"""Checks of what the user states; each raises a ValueError that names the quantity, its value and its unit."""

import math
from collections.abc import Iterable
from difflib import get_close_matches


def require_finite(value: float, what: str, unit: str = "") -> None:
    """Raise ValueError unless `value` is a finite number."""
    if not math.isfinite(value):
        raise ValueError(f"{what} must be a finite number, got {value:g} {unit}".rstrip())


def require_positive(value: float, what: str, unit: str = "") -> None:
    """Raise ValueError unless `value` is finite and greater than zero."""
    require_finite(value, what, unit)
    if value <= 0:
        raise ValueError(f"{what} must be greater than zero, got {value:g} {unit}".rstrip())


def require_not_negative(value: float, what: str, unit: str = "") -> None:
    """Raise ValueError unless `value` is finite and not negative."""
    require_finite(value, what, unit)
    if value < 0:
        raise ValueError(f"{what} must not be negative, got {value:g} {unit}".rstrip())


def require_known(name: str, known: Iterable[str], what: str) -> None:
    """Raise ValueError unless `name` is one of `known`; the message lists the closest valid names."""
    names = sorted(set(known))
    if name not in names:
        shown = get_close_matches(name, names, n=5, cutoff=0.5) or names[:12]
        more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
        raise ValueError(f"{what} {name!r} does not exist; available: {', '.join(shown) or 'none'}{more}")
