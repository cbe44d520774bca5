"""Diffusivities that change with what is in the film: ions that are slower where it has decomposed."""

from dataclasses import dataclass

from fem.checks import require_positive


@dataclass(frozen=True)
class Alteration:
    """Another species that changes the diffusivity of ions.

    Where the share d of the sites is taken, the ions' diffusivity is ``factor**d`` times its own. In a film whose
    decomposed and sound patches alternate in the plane at random, that is the effective diffusivity at d = 0, 1/2 and
    1 exactly (A. M. Dykhne, Sov. Phys. JETP 32, 63 (1971)), and Lichtenecker's rule in between. What changes is how
    fast the ions are, not where they rest.

    Parameters
    ----------
    species
        Name of the species that changes them, mobile or not: "degraded site".
    site_density
        Concentration of it at which every site is taken [1/m^3].
    factor
        Diffusivity there over that without it; less than 1 slows the ions.

    Raises
    ------
    ValueError
        If the name is empty or a number is not positive and finite.
    """

    species: str
    site_density: float
    factor: float

    def __post_init__(self) -> None:
        if not self.species.strip():
            raise ValueError("an alteration of the diffusivity needs the name of the species that makes it")
        require_positive(self.site_density, f"site density of {self.species} that alters a diffusivity", "1/m^3")
        require_positive(self.factor, f"factor by which {self.species} alters a diffusivity", "1")
