"""Reactions between populations: what one event changes, how fast it runs, where, and the books that it must keep.

A population k changes by ``dc_k/dt = sum_r nu_kr R_r(c)`` with the stoichiometric number nu of reaction r and its rate
law R [1/(m^3 s)], or [1/(m^2 s)] on facets. Populations are counted relative to the perfect crystal (relative building
units: Kroeger and Vink, doi:10.1016/S0081-1947(08)60135-6): a halide vacancy is ``+1`` and ``{"X": -1}``, an
interstitial ``-1`` and ``{"X": +1}``, and the perfect lattice is nothing, so that a Frenkel pair comes from nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fem.checks import require_known
from fem.fields import Array, Field

#: Charge numbers of the carriers.
CARRIERS = {"electron": -1, "hole": 1}

FIELD = "field"

#: What a rate may depend on beside concentrations and coefficients: the intensity of the light [1], to which
#: it is then proportional; the strength of the electric field [V/m]; the intrinsic density of the bands [1/m^3].
CONDITIONS = frozenset({"light", FIELD, "n_i"})

Rate = tuple[Array, dict[str, Array]]


class RateLaw(Protocol):
    """How fast a reaction runs: a frozen dataclass whose :meth:`rate` is exact, vectorised and finite.

    Concentrations may lie below zero by 1e-3 of their maximum (stages of a time step do).
    """

    @property
    def populations(self) -> tuple[str, ...]:
        """Names of the populations that the rate depends on."""

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Rate constants and the like by name; none may be negative."""

    @property
    def positive(self) -> frozenset[str]:
        """Coefficients that must be greater than zero."""

    @property
    def conditions(self) -> frozenset[str]:
        """What else the rate depends on, handed in among the coefficients: see :data:`CONDITIONS`."""

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """Events per volume and time, and their derivative by each population and, if it counts, by the field.

        Parameters
        ----------
        concentrations
            [1/m^3] by population, each of shape (n,).
        coefficients
            Values of the coefficients and conditions by name, each of shape (n,).

        Returns
        -------
        Rate [1/(m^3 s)] (on facets [1/(m^2 s)]) and d rate / d concentration [1/s] (on facets [m/s]), shape (n,); under
        :data:`FIELD`, where that is among the conditions, d rate / d field [1/(m^2 V s)].
        """


@dataclass(frozen=True)
class Reaction:
    """Something that happens between populations.

    Parameters
    ----------
    name
        "radiative recombination".
    stoichiometry
        Change of each population per event, ``{"electron": -1, "hole": -1}``; whole numbers other than zero.
    law
        Its rate.
    where
        Where it runs: a subdomain of the mesh, a thin layer or a part of one (rate per volume of the layer), or a set
        of facets (rate per area; each face of a two-sided line counts). None for wherever all its populations live.
    sides
        On facets between two materials: the subdomain on whose side the density of a population counts, by population.
        One that is not named counts on the side where it is denser.
    emits
        Whether each event gives a photon.

    Raises
    ------
    ValueError
        If nothing changes, a number is not whole, or the reaction consumes what its rate does not depend on (the
        concentration would fall below zero).
    """

    name: str
    stoichiometry: Mapping[str, int]
    law: RateLaw
    where: str | None = None
    sides: Mapping[str, str] = field(default_factory=dict)
    emits: bool = False

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a reaction needs a name")
        if not self.stoichiometry:
            raise ValueError(f"reaction {self.name!r} changes nothing: give it a stoichiometry")
        for population, number in self.stoichiometry.items():
            if number == 0 or number != int(number):
                raise ValueError(
                    f"reaction {self.name!r}: change of {population!r} must be a whole number other than zero,"
                    f" got {number}"
                )
            if number < 0 and population not in self.law.populations:
                raise ValueError(
                    f"reaction {self.name!r} consumes {population!r}, but its rate does not depend on it: the"
                    " concentration would fall below zero; let the law depend on it"
                )

    @property
    def populations(self) -> tuple[str, ...]:
        """Every population that it changes or depends on, each once."""
        return tuple(dict.fromkeys([*self.stoichiometry, *self.law.populations]))


def require_balanced(
    reactions: Iterable[Reaction], charges: Mapping[str, int], compositions: Mapping[str, Mapping[str, int]]
) -> None:
    """Raise ValueError unless every reaction conserves charge and atoms.

    Parameters
    ----------
    charges
        Charge number of every population; electrons and holes are known.
    compositions
        Atoms that one of each population adds to the perfect crystal, ``{"vacancy": {"X": -1}}``; none if not named.

    Raises
    ------
    ValueError
        If a population is unknown, or charge or an element is not conserved; names the reaction and the imbalance.
    """
    known = {**CARRIERS, **charges}
    for one in reactions:
        gained: dict[str, int] = {}
        for population, number in one.stoichiometry.items():
            require_known(population, known, f"reaction {one.name!r}: population")
            content = {"charge": known[population], **compositions.get(population, {})}
            for what, each in content.items():
                gained[what] = gained.get(what, 0) + number * each
        wrong = {what: amount for what, amount in gained.items() if amount}
        if wrong:
            amounts = ", ".join(f"{amount:+d} {what}" for what, amount in wrong.items())
            raise ValueError(
                f"reaction {one.name!r} is not balanced, an event makes {amounts} from nothing: mend its"
                f" stoichiometry {dict(one.stoichiometry)} or the charge and composition of its populations"
            )
