"""Help from the electric field: a threshold, or an exponential of its strength, in front of any rate law."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from fem.fields import Array, Field
from fem.physics.reactions.reaction import Rate, RateLaw

_LARGEST_EXPONENT = 200.0  # keeps the factor finite, 1e87


class FieldFactor(Protocol):
    """A factor that grows with the strength of the electric field."""

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Fields it is made of, all above zero."""

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> Array:
        """The factor at the strength `field` [V/m], shape (n,)."""


@dataclass(frozen=True)
class Threshold:
    """``1 / (1 + exp(-(|E| - E_th) / w))``: 0 below the `strength` E_th [V/m], 1 above, smooth over `width` w [V/m]."""

    strength: Field
    width: Field

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """E_th and w."""
        return {"threshold": self.strength, "width of the threshold": self.width}

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> Array:
        """See :class:`FieldFactor`."""
        return np.asarray(expit((field - coefficients["threshold"]) / coefficients["width of the threshold"]))


@dataclass(frozen=True)
class Exponential:
    """``exp(|E| / E0)`` with `scale` E0 [V/m]; a hop over a uphill in the field has ``E0 = 2 kT / (e a)``."""

    scale: Field

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """E0."""
        return {"field scale": self.scale}

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> Array:
        """See :class:`FieldFactor`; capped at e^200."""
        return np.asarray(np.exp(np.minimum(field / coefficients["field scale"], _LARGEST_EXPONENT)))


@dataclass(frozen=True)
class FieldAssisted:
    """The rate of `law` times a `factor` of the field's strength.

    Derivatives by the potential are left out: an implicit step takes the factor from where it starts.
    """

    law: RateLaw
    factor: FieldFactor

    @property
    def populations(self) -> tuple[str, ...]:
        """Those of the law."""
        return self.law.populations

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Those of law and factor."""
        return {**self.law.coefficients, **self.factor.coefficients}

    @property
    def positive(self) -> frozenset[str]:
        """Those of the law, and all of the factor."""
        return self.law.positive | frozenset(self.factor.coefficients)

    @property
    def conditions(self) -> frozenset[str]:
        """Those of the law, and the field."""
        return self.law.conditions | {"field"}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        helped = self.factor.of(coefficients["field"], coefficients)
        own = {name: coefficients[name] for name in (*self.law.coefficients, *self.law.conditions)}
        rate, slopes = self.law.rate(concentrations, own)
        return helped * rate, {name: helped * slope for name, slope in slopes.items()}
