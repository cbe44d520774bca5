"""Checks of what the user states about a film or a mesh; each raises a ValueError naming quantity, value and unit."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

MOST_GRAINS = 50_000  # they take a minute to grow and half a million nodes at the very least


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


def require_seed(seed: float) -> None:
    """Raise ValueError unless `seed` is one that random generators take: a whole number of at least zero."""
    if not (math.isfinite(seed) and seed >= 0 and seed == int(seed)):
        raise ValueError(f"seed of the random generator must be a whole number of at least 0, got {seed}")


def require_angle(angle: float, what: str) -> None:
    """Raise ValueError unless `angle` [rad] lies above zero and is at most a right angle, as degrees hardly do."""
    if not 0 < angle <= math.pi / 2:
        raise ValueError(
            f"{what} must lie above 0 and be at most pi/2 rad, got {angle:g} rad: degrees are converted by"
            " math.radians(...)"
        )


def require_resolvable(grains: float) -> None:
    """Raise ValueError if no mesh could hold so many `grains`."""
    if grains > MOST_GRAINS:
        raise ValueError(
            f"a film of {grains:,.0f} grains is too large to resolve ({MOST_GRAINS:,} at most): make it smaller or its"
            " grains larger, or take it as uniform with the diffusivity that homogenised_diffusivity gives"
        )


def require_known(name: str, known: Iterable[str], what: str) -> None:
    """Raise ValueError unless `name` is one of `known`; the message lists the closest valid names."""
    names = sorted(set(known))
    if name not in names:
        shown = get_close_matches(name, names, n=5, cutoff=0.5) or names[:12]
        raise ValueError(f"{what} {name!r} does not exist; available: {', '.join(shown) or 'none'}")
