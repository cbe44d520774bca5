"""Mobile ion species: charge, hopping barrier, site statistics.

Diffusivity follows Arrhenius, ``D(r) = D0(r) exp(-E_a(r) / kT)``. The electrochemical potential is
``mu / kT = ln c + z phi / V_T + E_seg(r) / kT - ln(1 - sum(c) / N)``; the last term stands only for species on a
:class:`Sublattice` (site exclusion; the sum runs over the species that share it: Kilic, Bazant and Ajdari,
doi:10.1103/PhysRevE.75.021502).
"""

from dataclasses import dataclass

from fem.checks import require_finite, require_positive
from fem.fields import Field


@dataclass(frozen=True)
class Sublattice:
    """Lattice sites shared by one or more species; their total concentration stays below `site_density` [1/m^3]."""

    name: str
    site_density: float

    def __post_init__(self) -> None:
        require_positive(self.site_density, f"site_density of sublattice {self.name!r}", "1/m^3")


@dataclass(frozen=True)
class Species:
    """A mobile ionic defect.

    Parameters
    ----------
    name
        "iodide vacancy".
    charge
        Charge number z (+1 for a halide vacancy).
    concentration
        Concentration as deposited [1/m^3]; an immobile background compensates it. The run starts from the equilibrium
        that the closed film reaches from there (different only where segregation or fixed charge moves the ions).
    diffusivity_prefactor
        D0 [m^2/s].
    activation_energy
        E_a [J]; position-dependent, e.g. ``{"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV}``.
    segregation_energy
        E_seg [J], the energy of the defect relative to the grain interior; negative attracts.
    sublattice
        Sites that limit the concentration; None for Boltzmann (dilute) statistics.

    Raises
    ------
    ValueError
        If the charge is zero or not finite. Fields are checked against the mesh by the model.
    """

    name: str
    charge: int
    concentration: Field
    diffusivity_prefactor: Field
    activation_energy: Field
    segregation_energy: Field = 0.0
    sublattice: Sublattice | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a species needs a name")
        require_finite(self.charge, f"charge of {self.name}")
        if self.charge == 0 or self.charge != int(self.charge):
            raise ValueError(f"charge of {self.name} must be a whole number other than zero, got {self.charge}")

    @property
    def fields(self) -> tuple[Field, ...]:
        """All quantities that may depend on position."""
        return (self.concentration, self.diffusivity_prefactor, self.activation_energy, self.segregation_energy)
