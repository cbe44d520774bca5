"""Ion species: charge, hopping barrier, site statistics.

Diffusivity follows Arrhenius, ``D(r) = D0(r) exp(-E_a(r) / kT)``. The electrochemical potential is
``mu / kT = ln c + z phi / V_T + E_seg(r) / kT - ln(1 - sum(c) / N)``; the last term stands only for species on a
:class:`Sublattice` (site exclusion; the sum runs over the species that share it: Kilic, Bazant and Ajdari,
doi:10.1103/PhysRevE.75.021502).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fem.checks import require_finite, require_positive
from fem.fields import Field
from fem.physics.alteration import Alteration


@dataclass(frozen=True)
class Sublattice:
    """Lattice sites shared by one or more species; `site_density` [1/m^3] limits their total concentration.

    States filled up to 1.001 of it are accepted: ``-ln(1 - filling)`` goes on in a straight line above a filling of
    1 - 1e-6 (:mod:`fem.physics.nernst_planck`), so that large voltages can crowd ions slightly beyond the last site.
    """

    name: str
    site_density: float

    def __post_init__(self) -> None:
        require_positive(self.site_density, f"site_density of sublattice {self.name!r}", "1/m^3")


@dataclass(frozen=True)
class Species:
    """An ionic defect, mobile or not.

    Parameters
    ----------
    name
        "iodide vacancy".
    charge
        Charge number z (+1 for a halide vacancy, 0 for a neutral trap).
    concentration
        Concentration as deposited [1/m^3]; an immobile background compensates it. The run starts from the equilibrium
        that the closed film reaches from there (different only where segregation or fixed charge moves the ions).
    diffusivity_prefactor
        D0 [m^2/s]; 0 for what does not move.
    activation_energy
        E_a [J]; position-dependent, e.g. ``{"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV}``.
    segregation_energy
        E_seg [J], the energy of the defect relative to the grain interior; negative attracts.
    sublattice
        Sites that limit the concentration; None for Boltzmann (dilute) statistics.
    reference
        Concentration in which it is counted [1/m^3]; None for its mean at the start. Needed where there is none at the
        start (a product of reactions).
    where
        Subdomains of the mesh in which it exists; None for all of them. Its fields need no value elsewhere.
    composition
        Atoms it adds to a perfect crystal, for the books of reactions: ``{"X": -1}`` for a halide vacancy.
    altered_by
        Species that change its diffusivity where they are.

    Raises
    ------
    ValueError
        If the charge is not a whole number. Fields are checked against the mesh by the model.
    """

    name: str
    charge: int
    concentration: Field
    diffusivity_prefactor: Field
    activation_energy: Field
    segregation_energy: Field = 0.0
    sublattice: Sublattice | None = None
    reference: float | None = None
    where: tuple[str, ...] | None = None
    composition: Mapping[str, int] = field(default_factory=dict)
    altered_by: tuple[Alteration, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a species needs a name")
        require_finite(self.charge, f"charge of {self.name}")
        if self.charge != int(self.charge):
            raise ValueError(f"charge of {self.name} must be a whole number, got {self.charge}")
        if self.reference is not None:
            require_positive(self.reference, f"reference concentration of {self.name}", "1/m^3")

    @classmethod
    def immobile(
        cls,
        name: str,
        charge: int,
        concentration: Field,
        reference: float | None = None,
        where: tuple[str, ...] | None = None,
        composition: Mapping[str, int] | None = None,
    ) -> "Species":
        """A species that reacts and does not move: a trap, lead(0), a degraded site."""
        return cls(name, charge, concentration, 0.0, 0.0, 0.0, None, reference, where, composition or {})

    @property
    def fields(self) -> tuple[Field, ...]:
        """All quantities that may depend on position."""
        return (self.concentration, self.diffusivity_prefactor, self.activation_energy, self.segregation_energy)
