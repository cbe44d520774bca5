"""Help from the electric field: a threshold, or an exponential of its strength, in front of any rate law.

The strength is that of the cells in which the reaction may run, root mean square around each node; see
:class:`~fem.physics.reactions.sites.Sites`. Beside an oxide the field of the oxide does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from fem.fields import Array, Field
from fem.physics.reactions.reaction import FIELD, Rate, RateLaw

_LARGEST_EXPONENT = 200.0  # keeps the factor finite, 1e87


class FieldFactor(Protocol):
    """A factor that grows with the strength of the electric field."""

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Fields it is made of, all above zero."""

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> tuple[Array, Array]:
        """The factor at the strength `field` [V/m] and its derivative by that [m/V], both of shape (n,)."""


@dataclass(frozen=True)
class Threshold:
    """``1 / (1 + exp(-(|E| - E_th) / w))``: 0 below the `strength` E_th [V/m], 1 above, smooth over `width` w [V/m]."""

    strength: Field
    width: Field

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """E_th and w."""
        return {"threshold": self.strength, "width of the threshold": self.width}

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> tuple[Array, Array]:
        """See :class:`FieldFactor`."""
        width = coefficients["width of the threshold"]
        share = np.asarray(expit((field - coefficients["threshold"]) / width))
        return share, share * (1.0 - share) / width


@dataclass(frozen=True)
class Exponential:
    """``exp(|E| / E0)`` with `scale` E0 [V/m]; a hop over a uphill in the field has ``E0 = 2 kT / (e a)``."""

    scale: Field

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """E0."""
        return {"field scale": self.scale}

    def of(self, field: Array, coefficients: Mapping[str, Array]) -> tuple[Array, Array]:
        """See :class:`FieldFactor`; capped at e^200."""
        exponent = field / coefficients["field scale"]
        factor = np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
        return factor, factor / coefficients["field scale"] * (exponent < _LARGEST_EXPONENT)


@dataclass(frozen=True)
class FieldAssisted:
    """The rate of `law` times a `factor` of the field's strength: ``f(|E|) R``, or ``[f(|E|) - f(0)] R``.

    Parameters
    ----------
    law
        R, any law.
    factor
        f.
    added
        Whether only what the field adds counts, which is nothing without a field: for a law beside another that holds
        the balance at rest.
    """

    law: RateLaw
    factor: FieldFactor
    added: bool = False

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
        return self.law.conditions | {FIELD}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        field = coefficients[FIELD]
        helped, steepness = self.factor.of(field, coefficients)
        if self.added:
            helped = helped - self.factor.of(np.zeros_like(field), coefficients)[0]
        own = {name: coefficients[name] for name in (*self.law.coefficients, *self.law.conditions)}
        rate, slopes = self.law.rate(concentrations, own)
        return helped * rate, {name: helped * slope for name, slope in slopes.items()} | {FIELD: steepness * rate}
