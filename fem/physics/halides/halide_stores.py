"""Halides that cross an electrode: the store behind it, and the rate of each halide.

A halide X that leaves the film leaves a vacancy and an electron, ``X(film) -> X(store) + V(film) + e(metal)``. The rate
into the store, per area and in units of the lattice's sites, is of Butler-Volmer form,

    k_h [h exp(a zeta) - g_h v / v0 exp(-(1 - a) zeta)],    zeta = (V - phi - U_h) / V_T + M_h(film) - M_h(store),

with h the halide's share of the film's sites, v / v0 the vacancies over those as deposited, phi the film's potential
at the contact (that of the metal on a bare electrode), U_h the standard potential and M_h the energies of a regular
solution. The activity in the store is ``g_h = (1 + s) A_h / (A + s A_0)``: its composition while there is plenty, and
nothing when it is empty; s is the last share of the store A_0 on which its activity fades.
"""

from dataclasses import dataclass

from fem.checks import require_finite, require_not_negative, require_positive

FADING = 0.01  # s


@dataclass(frozen=True)
class HalideStore:
    """A store of halides behind an electrode.

    Parameters
    ----------
    first_rate, second_rate
        k of each halide [m/s]; 0 keeps a halide from crossing.
    share
        Share of the second halide in the store at the start.
    thickness
        Halides at the start, as the thickness of film that holds as many [m]; None for a store without end, whose
        composition stays.
    first_potential, second_potential
        Standard potential U of each halide against that of the film as deposited [V]; iodide is oxidised more easily
        than bromide.
    symmetry
        a, share of the overpotential that drives the way out, 0 to 1.

    Raises
    ------
    ValueError
        If a number makes no sense.
    """

    first_rate: float
    second_rate: float
    share: float
    thickness: float | None = None
    first_potential: float = 0.0
    second_potential: float = 0.0
    symmetry: float = 0.5

    def __post_init__(self) -> None:
        require_not_negative(self.first_rate, "rate of the first halide at a store", "m/s")
        require_not_negative(self.second_rate, "rate of the second halide at a store", "m/s")
        require_finite(self.first_potential, "standard potential of the first halide", "V")
        require_finite(self.second_potential, "standard potential of the second halide", "V")
        if self.thickness is not None:
            require_positive(self.thickness, "thickness of a halide store", "m")
        for value, what in ((self.share, "share of the second halide in a store"), (self.symmetry, "symmetry")):
            if not 0 <= value <= 1:
                raise ValueError(f"{what} must lie between 0 and 1, got {value:g}")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "first rate [m/s]": self.first_rate,
            "second rate [m/s]": self.second_rate,
            "share": self.share,
            "thickness [m]": self.thickness,
            "first potential [V]": self.first_potential,
            "second potential [V]": self.second_potential,
            "symmetry": self.symmetry,
        }

    @property
    def rates(self) -> tuple[float, float]:
        """Rates k of both halides [m/s]."""
        return self.first_rate, self.second_rate

    @property
    def potentials(self) -> tuple[float, float]:
        """Standard potentials U of both halides [V]."""
        return self.first_potential, self.second_potential
