"""Bound pairs: excitons of layered perovskites and nanocrystals, which emit one by one.

    dn/dt = G - (k_ex + k_trap) n - k_Aug n^2 - sum_j C_j N_j n,     PLQY = k_ex n / [(k_ex + k_trap) n + k_Aug n^2]

At low density the yield is the plateau ``k_ex / (k_ex + k_trap)``, whatever the light, while that of free carriers
rises with it (L. M. Herz, Annu. Rev. Phys. Chem. 67, 65 (2016), doi:10.1146/annurev-physchem-040215-112222).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fem.checks import require_not_negative, require_positive
from fem.fields import Field
from fem.physics.reactions.rate_laws import Generation, MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.species import Species

EXCITON = "exciton"


@dataclass(frozen=True)
class Excitons:
    """Excitons of a film.

    Parameters
    ----------
    radiative_rate
        k_ex [1/s].
    trapping_rate
        k_trap, of losses that are there from the start [1/s].
    auger
        k_Aug, annihilation of two by which one is lost [m^3/s].
    diffusivity
        [m^2/s].
    quenchers
        Capture coefficient C_j of each population that traps excitons [m^3/s], by name.
    reference
        Density in which they are counted [1/m^3].
    where
        Subdomains in which they exist; None for all.
    """

    radiative_rate: float
    trapping_rate: float = 0.0
    auger: float = 0.0
    diffusivity: float = 0.0
    quenchers: Mapping[str, Field] = field(default_factory=dict)
    reference: float = 1e22
    where: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        require_positive(self.radiative_rate, "radiative rate of excitons", "1/s")
        require_not_negative(self.trapping_rate, "trapping rate of excitons", "1/s")
        require_not_negative(self.auger, "Auger constant of excitons", "m^3/s")
        require_not_negative(self.diffusivity, "diffusivity of excitons", "m^2/s")

    @property
    def species(self) -> Species:
        """The excitons as a population; none are there at the start."""
        return Species(EXCITON, 0, 0.0, self.diffusivity, 0.0, reference=self.reference, where=self.where)

    def reactions(self, profile: Field) -> list[Reaction]:
        """What makes and ends them; light makes `profile` [1/(m^3 s)] at light 1."""
        lost = {EXCITON: -1}
        found = [
            Reaction("generation of excitons", {EXCITON: 1}, Generation(profile)),
            Reaction("emission of excitons", lost, MassAction({EXCITON: 1}, self.radiative_rate), emits=True),
        ]
        if self.trapping_rate:
            found.append(Reaction("trapping of excitons", lost, MassAction({EXCITON: 1}, self.trapping_rate)))
        if self.auger:
            found.append(Reaction("annihilation of excitons", lost, MassAction({EXCITON: 2}, self.auger)))
        for name, capture in self.quenchers.items():
            law = MassAction({EXCITON: 1, name: 1}, capture)
            found.append(Reaction(f"{name} quenches excitons", lost, law))
        return found
