"""Two halides and their vacancy on one sublattice, as their user states them.

A halide moves by changing places with a vacancy next to it, each kind over its own barrier. Every site holds one of the
three, ``c_V + c_first + c_second = N``, so the vacancies and the second halide are followed and the first is what is
left. Charge is counted in building units: the vacancy carries +1, both halides are neutral (F. A. Kroger and H. J.
Vink, doi:10.1016/S0081-1947(08)60135-6).
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from fem.checks import require_finite, require_not_negative, require_positive
from fem.fields import Field, Value
from fem.physics.halides.funnelling import FunnelledCarriers
from fem.physics.species import Species, Sublattice


@dataclass(frozen=True)
class Halide:
    """One halide on the sublattice.

    Parameters
    ----------
    name
        "iodide".
    prefactor
        D0 of a vacancy that only this halide surrounds [m^2/s].
    activation_energy
        E_a of the exchange with a vacancy [J]; position-dependent like that of a species.
    segregation_energy
        Energy of the halide relative to the grain interior [J]; negative attracts. Not on thin layers.
    """

    name: str
    prefactor: Field
    activation_energy: Field
    segregation_energy: Field = 0.0


@dataclass(frozen=True)
class HalideLattice:
    """The halide sublattice of a film.

    Parameters
    ----------
    vacancy
        Concentration of vacancies as deposited [1/m^3]; an immobile background compensates it.
    site_density
        N, halide sites [1/m^3].
    share
        Share x of the second halide among the halides as deposited, 0 to 1.
    halides
        First and second halide, e.g. iodide and bromide.
    vacancy_segregation
        Energy of the vacancy relative to the grain interior [J]; negative attracts.
    interaction
        Omega of a regular solution [J per halide]: excess energy ``Omega x (1 - x)``.
    gradient
        kappa of the gradient energy ``kappa |grad x|^2 / 2`` [J m^2 per halide].
    site_exchange
        Rate [1/s] at which dislocations, boundaries or surfaces make and take lattice sites until the vacancies have
        their concentration as deposited; 0 for a lattice whose sites stay. The lattice then moves past its own frame,
        and halides are not conserved in it.
    carriers
        Pairs of carriers that gather where the gap is narrow; None for none.
    where
        Subdomains of the mesh in which the lattice exists; None for all.
    name
        Of the vacancy.

    Raises
    ------
    ValueError
        If a number makes no sense. Fields are checked against the mesh by the model.
    """

    vacancy: Field
    site_density: float
    share: Field
    halides: tuple[Halide, Halide]
    vacancy_segregation: Field = 0.0
    interaction: float = 0.0
    gradient: float = 0.0
    site_exchange: float = 0.0
    carriers: FunnelledCarriers | None = None
    where: tuple[str, ...] | None = None
    name: str = "halide vacancy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "halides", tuple(self.halides))
        if len(self.halides) != 2 or self.halides[0].name == self.halides[1].name:
            raise ValueError("a halide lattice needs two halides with different names")
        require_positive(self.site_density, "site density of the halide lattice", "1/m^3")
        require_finite(self.interaction, "interaction of the halides", "J")
        require_not_negative(self.gradient, "gradient energy of the halides", "J m^2")
        require_not_negative(self.site_exchange, "site exchange rate of the halide lattice", "1/s")

    @property
    def species(self) -> tuple[Species, Species]:
        """The vacancy and the second halide as ion species; the numbers of the vacancy are those with the first."""
        first, second = self.halides
        sites, where = Sublattice("halide sites", self.site_density), self.where
        return (
            Species(self.name, 1, self.vacancy, first.prefactor, first.activation_energy, self.vacancy_segregation,
                    sites, None, where, {} if self.site_exchange else {"X": -1}),
            Species(second.name, 0, _times(self.share, self.site_density), second.prefactor, second.activation_energy,
                    second.segregation_energy, sites, self.site_density, where),
        )  # fmt: skip

    def hops(self) -> tuple[Species, Species]:
        """What transports the vacancies: each halide as a species that brings its own diffusivity."""
        return tuple(
            Species(one.name, 1, self.vacancy, one.prefactor, one.activation_energy, self.vacancy_segregation)
            for one in self.halides
        )  # type: ignore[return-value]

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "halides": [one.name for one in self.halides],
            "share as deposited": "a function" if inspect.isfunction(self.share) else repr(self.share),
            "segregation energies [J]": {one.name: _told(one.segregation_energy) for one in self.halides},
            "site density [1/m^3]": self.site_density,
            "interaction [J]": self.interaction,
            "gradient energy [J m^2]": self.gradient,
            "site exchange [1/s]": self.site_exchange,
            "funnelled carriers": repr(self.carriers),
        }


def _told(field: Field) -> object:
    """`field` for ``run.json``: its numbers, region by region; of a function, that it is one."""
    if isinstance(field, Mapping):
        return {name: _told(value) for name, value in field.items()}
    return "a function" if callable(field) else field


def _times(field: Field, factor: float) -> Field:
    """`field` times `factor`."""
    if isinstance(field, Mapping):
        return {name: _value_times(value, factor) for name, value in field.items()}
    return _value_times(field, factor)


def _value_times(value: Value, factor: float) -> Value:
    if callable(value):
        return lambda x, y: factor * value(x, y)
    return factor * value
