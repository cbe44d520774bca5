"""Boundary chemistry sets the pace: passivated, pristine and chloride-rich boundaries under a Kelvin probe.

Cross-section of columnar MAPbI3 on an electrode that is biased and then grounded again, under a grounded probe. Three
sections of the film have the very same grains but other boundaries: passivated ones, along which vacancies hop over a
higher barrier (fullerenes at boundaries: Shao et al., doi:10.1038/ncomms6784; Xu et al., doi:10.1038/ncomms8081),
pristine ones, and chloride-rich ones, which hold more mobile vacancies (Yang et al., doi:10.1002/adfm.201700749). The
surface potential follows the bias, and the return to zero, at three paces: chloride-rich before pristine before
passivated.
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, s, us
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import Scenario
from scenarios.criteria.boundaries import conductance, relaxation_order
from scenarios.parts.columns import Columns
from scenarios.parts.kelvin_probe import probe, scans_of
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.parameters import BOUNDARY_BARRIER, DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER, HALIDE_SITES, attraction
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages

BOUNDARY_WIDTH = 4 * nm
SECTIONS = ("passivated", "pristine", "chloride-rich")
FIRST = 1 * us  # output after each change of the voltage


def scenario(
    bias: Volt = 0.5 * V,
    hold: Second = 100 * s,
    mobile_density: Concentration = 1e24,
    chloride_enrichment: float = 10.0,
    passivation: Energy = 0.1 * eV,
    thickness: Metre = 400 * nm,
    grain_size: Metre = 200 * nm,
    grains: int = 10,
    probe_distance: Metre = 20 * nm,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    temperature: Kelvin = 300 * K,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the electrode under the film in the first stage; zero follows.
    hold
        Length of each stage.
    mobile_density
        Iodide vacancies as deposited, in grains and at boundaries without chloride.
    chloride_enrichment
        Density of mobile vacancies at chloride-rich boundaries over that in grains.
    passivation
        By how much it raises the barrier along boundaries.
    thickness
        Of the film.
    grain_size, grains
        Mean width and number of the columns in each section.
    probe_distance
        From the surface to the grounded probe.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along pristine boundaries 4 nm wide.
    temperature
        Of the film.
    seed
        Of the random column widths.
    """
    require_positive_options(probe_distance=probe_distance, chloride_enrichment=chloride_enrichment)
    if passivation < 0:
        raise ValueError(f"--passivation must not be negative, got {passivation / eV:g} eV: it raises a barrier")
    require_longer(FIRST, hold=hold)
    columns = Columns(thickness, grain_size, grains, seed)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    sections, mesh = columns.meshed(SECTIONS, BOUNDARY_WIDTH, debye)
    passivated = boundary_barrier + passivation
    barriers = sections.field(grain_barrier, passivated, boundary_barrier, boundary_barrier)
    density = sections.field(mobile_density, mobile_density, mobile_density, chloride_enrichment * mobile_density)
    held = sections.field(0.0, 0.0, 0.0, attraction(chloride_enrichment, temperature))
    vacancy = Species("iodide vacancy", +1, density, DIFFUSIVITY_PREFACTOR, barriers, held, HALIDE_SITES)
    stages, scans = Stages((bias, 0 * V), hold, FIRST), scans_of(sections)
    contacts = [Contact("bottom", stages.drive), probe(probe_distance)]
    chemistry = ((passivated, 1.0), (boundary_barrier, 1.0), (boundary_barrier, chloride_enrichment))
    share = BOUNDARY_WIDTH / grain_size
    conductances = [conductance(share, grain_barrier, barrier, temperature, ions) for barrier, ions in chemistry]
    return Scenario(
        PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, temperature),
        stages.times,
        observables=[scan.everywhere() for scan in scans],
        criteria=relaxation_order(stages, scans, conductances),
        microstructure=mesh.report,
        geometry="cross-section",
    )
