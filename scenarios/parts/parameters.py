"""Parameters that the scenarios share, each with its source."""

from math import log

from fem.checks import require_positive
from fem.constants import boltzmann, eV
from fem.fields import Field
from fem.physics.light.luminescence import Quencher, UnpairedInterstitials, VacancyClusters
from fem.physics.species import Species, Sublattice

DIFFUSIVITY_PREFACTOR = 6.5e-8  # [m^2/s] IonMonger parameter set, doi:10.1007/s10825-019-01396-2
GRAIN_BARRIER = 0.58 * eV  # vacancy hopping in bulk MAPbI3: Eames et al., doi:10.1038/ncomms8497
BOUNDARY_BARRIER = 0.30 * eV  # transient ion drift in films, 0.29 eV: Futscher et al., doi:10.1039/C9MH00445A
HALIDE_SITES = Sublattice("iodide sites", 1.21e28)  # [1/m^3] 3 per pseudo-cubic cell of 0.629 nm
ONE_SUN = 2e27  # [1/(m^3 s)] 1e21 absorbed photons per m^2 and s in 500 nm
CAPTURE = 1e-15  # [m^3/s] by a bare interstitial: ten times that of Whalley et al., arXiv:2105.02097 (assumption)
TRAP_CAPTURE = 1e-14  # [m^3/s] in films with electrons and holes: 1e-15 cm^2 times 1e7 cm/s (assumption)
CLUSTER_SATURATION = 1e25  # [1/m^3] vacancies below 1e19 per cm^3 are taken to be benign (assumption)


def iodide_vacancy(density: float, barriers: Field) -> Species:
    """Iodide vacancies of `density` [1/m^3] with the hopping `barriers` [J] on the halide sublattice of MAPbI3."""
    return Species("iodide vacancy", +1, density, DIFFUSIVITY_PREFACTOR, barriers, sublattice=HALIDE_SITES)


def attraction(enrichment: float, temperature: float) -> float:
    """Segregation energy [J] that holds `enrichment` times the density of the grains at rest at `temperature` [K]."""
    require_positive(enrichment, "enrichment of mobile ions over the grains")
    return -boltzmann * temperature * log(enrichment)


def quenchers(density: float) -> tuple[Quencher, ...]:
    """Bare interstitials, one for each of `density` [1/m^3] vacancies that left, and clusters of crowded vacancies."""
    return (
        UnpairedInterstitials("iodide vacancy", density, CAPTURE),
        VacancyClusters("iodide vacancy", CLUSTER_SATURATION, CAPTURE),
    )
