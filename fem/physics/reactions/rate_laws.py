"""Rate laws of defects: mass action, creation by light, passivation, damage that saturates.

A product of concentrations is taken as zero where two or more of its factors are negative (see :func:`product`): a
stage of a time step that undershoots then never turns a reaction into its own accelerator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fem.fields import Array, Field
from fem.physics.reactions.reaction import Rate

_NONE: frozenset[str] = frozenset()


def product(concentrations: Mapping[str, Array], orders: Mapping[str, int]) -> tuple[Array, dict[str, Array]]:
    """Product of concentrations to their whole `orders`, with its derivatives; 1 for no orders.

    Where two or more factors are negative the product is 0, and so is its slope: c1 c2 is continued by zero into the
    corner c1 < 0, c2 < 0, and c^2 by zero below 0. The continuation is continuous.
    """
    factors = [(name, concentrations[name]) for name, order in orders.items() for _ in range(order)]
    slopes: dict[str, Array] = {}
    total = np.ones(())
    for name, c in factors:
        slopes = {other: slope * c for other, slope in slopes.items()}
        slopes[name] = np.asarray(slopes.get(name, 0.0) + total * np.ones_like(c))
        total = np.asarray(total * c)
    if len(factors) < 2:
        return total, slopes
    fine = sum((c < 0).astype(np.int8) for _, c in factors) < 2
    return total * fine, {name: slope * fine for name, slope in slopes.items()}


@dataclass(frozen=True)
class MassAction:
    """``k prod c^forward - k' prod c^backward``, or ``k (prod c^forward - K prod c^backward)``.

    Parameters
    ----------
    forward
        Whole order of each reactant; none for a constant rate.
    rate_constant
        k; [1/s] for first order, [m^3/s] for second, [1/(m^3 s)] for none.
    backward
        Order of each product.
    back_rate
        k', in the units that the backward orders ask for.
    equilibrium
        K, in place of `back_rate`: the ratio of the products at equilibrium. ``MassAction({"V": 1, "i": 1}, k_F,
        equilibrium=K_F)`` is the Frenkel pair, ``k_F (c_V c_i - K_F)``.

    Raises
    ------
    ValueError
        If an order is not a whole number above zero, or both `back_rate` and `equilibrium` are given.
    """

    forward: Mapping[str, int]
    rate_constant: Field
    backward: Mapping[str, int] = field(default_factory=dict)
    back_rate: Field | None = None
    equilibrium: Field | None = None
    positive: frozenset[str] = field(default=_NONE, init=False)
    conditions: frozenset[str] = field(default=_NONE, init=False)

    def __post_init__(self) -> None:
        for name, order in (*self.forward.items(), *self.backward.items()):
            if order < 1 or order != int(order):
                raise ValueError(f"order of {name!r} must be a whole number above zero, got {order}")
        if self.back_rate is not None and self.equilibrium is not None:
            raise ValueError("give a back_rate or an equilibrium constant, not both")
        if self.backward and self.back_rate is None and self.equilibrium is None:
            raise ValueError("backward orders need a back_rate or an equilibrium constant")

    @property
    def populations(self) -> tuple[str, ...]:
        """Reactants, then products of the backward path."""
        return tuple(dict.fromkeys([*self.forward, *self.backward]))

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Rate constants that are stated."""
        stated = {
            "rate constant": self.rate_constant,
            "back rate": self.back_rate,
            "equilibrium constant": self.equilibrium,
        }
        return {name: value for name, value in stated.items() if value is not None}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        k = coefficients["rate constant"]
        forth, slopes = product(concentrations, self.forward)
        if self.back_rate is None and self.equilibrium is None:
            return k * forth, {name: k * slope for name, slope in slopes.items()}
        back, back_slopes = product(concentrations, self.backward)
        if self.equilibrium is not None:
            ratio = coefficients["equilibrium constant"]
            return k * (forth - ratio * back), _difference(slopes, k, back_slopes, k * ratio)
        back_rate = coefficients["back rate"]
        return k * forth - back_rate * back, _difference(slopes, k, back_slopes, back_rate)


@dataclass(frozen=True)
class Generation:
    """What light creates: ``profile`` [1/(m^3 s)] at light 1, times the light."""

    profile: Field
    populations: tuple[str, ...] = field(default=(), init=False)
    positive: frozenset[str] = field(default=_NONE, init=False)
    conditions: frozenset[str] = field(default=frozenset({"light"}), init=False)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """The profile."""
        return {"profile": self.profile}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        return coefficients["profile"] * coefficients["light"], {}


@dataclass(frozen=True)
class Passivation:
    """Excess halide heals traps: ``k_p c_ex N - k_d (N0 - N)``.

    Parameters
    ----------
    trap, excess
        Populations N and c_ex.
    passivating
        k_p [m^3/s].
    releasing
        k_d [1/s].
    sites
        N0 [1/m^3], the traps there are without any excess.
    """

    trap: str
    excess: str
    passivating: Field
    releasing: Field
    sites: Field
    positive: frozenset[str] = field(default=_NONE, init=False)
    conditions: frozenset[str] = field(default=_NONE, init=False)

    @property
    def populations(self) -> tuple[str, ...]:
        """Trap and excess halide."""
        return (self.trap, self.excess)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """k_p, k_d and N0."""
        return {"passivating": self.passivating, "releasing": self.releasing, "sites": self.sites}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        k_p, k_d = coefficients["passivating"], coefficients["releasing"]
        met, slopes = product(concentrations, {self.trap: 1, self.excess: 1})
        free = coefficients["sites"] - concentrations[self.trap]
        return k_p * met - k_d * free, {
            self.trap: k_p * slopes[self.trap] + k_d,
            self.excess: k_p * slopes[self.excess],
        }


@dataclass(frozen=True)
class Degradation:
    """Sites that are lost for good, with the help of defects: ``k (N - d) c / c_ref``, and 0 once all are lost.

    Parameters
    ----------
    degraded, catalyst
        Populations d (degraded sites) and c (halide vacancies, say).
    rate_constant
        k [1/s] where the catalyst has its reference concentration.
    sites
        N [1/m^3], the sites that can degrade.
    reference
        c_ref [1/m^3], for example the density of halide sites.
    """

    degraded: str
    catalyst: str
    rate_constant: Field
    sites: Field
    reference: Field
    positive: frozenset[str] = field(default=frozenset({"reference"}), init=False)
    conditions: frozenset[str] = field(default=_NONE, init=False)

    @property
    def populations(self) -> tuple[str, ...]:
        """Degraded sites and catalyst."""
        return (self.degraded, self.catalyst)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """k, N and c_ref."""
        return {"rate constant": self.rate_constant, "sites": self.sites, "reference": self.reference}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        c, slope = concentrations[self.catalyst], coefficients["rate constant"] / coefficients["reference"]
        left = coefficients["sites"] - concentrations[self.degraded]
        helped, sound = slope * np.maximum(c, 0.0), np.maximum(left, 0.0)
        return helped * sound, {self.degraded: -helped * (left > 0), self.catalyst: slope * sound * (c > 0)}


def _difference(
    first: Mapping[str, Array], scale: Array, second: Mapping[str, Array], other_scale: Array
) -> dict[str, Array]:
    """``scale * first - other_scale * second`` by name."""
    out = {name: scale * slope for name, slope in first.items()}
    for name, slope in second.items():
        out[name] = out.get(name, 0.0) - other_scale * slope
    return out
