"""Grain boundaries as highways: a Kelvin probe sees the ions arrive at boundaries first.

Cross-section of columnar MAPbI3 on an electrode whose voltage goes up, back to zero and down, under a grounded probe.
Iodide vacancies (positive) are driven to the free surface, or away from it, and reach it along the boundaries, where
they hop more easily: the surface potential changes first there, up under a positive bias and down under a negative one
(Yun et al., doi:10.1002/aenm.201600330; Shao et al., doi:10.1039/C6EE00413J). After a minute the grains have followed
and the contrast is gone.

The left half of the film has ordinary boundaries; the right half, with the very same grains, has boundaries with the
barrier of the grains (as twin boundaries may have it: Rothmann et al., doi:10.1038/ncomms14547). There no contrast may
appear.
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, nm, s, us
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.materials import MAPbI3
from fem.scenario import Scenario
from scenarios.criteria.boundaries import boundaries_lead
from scenarios.parts.columns import Columns
from scenarios.parts.kelvin_probe import probe, relaxation_time, scans_of
from scenarios.parts.options import require_longer, require_positive_options
from scenarios.parts.parameters import BOUNDARY_BARRIER, GRAIN_BARRIER, iodide_vacancy
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.stages import Stages

FIRST = 10 * us  # output after each change of the voltage


def scenario(
    bias: Volt = 0.5 * V,
    hold: Second = 1e3 * s,
    mobile_density: Concentration = 1e23,
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
        Voltage of the electrode under the film in the first stage; zero follows, and then the opposite.
    hold
        Length of each stage.
    mobile_density
        Iodide vacancies as deposited.
    thickness
        Of the film.
    grain_size, grains
        Mean width and number of the columns in each half.
    probe_distance
        From the surface to the grounded probe.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along ordinary boundaries 4 nm wide.
    temperature
        Of the film.
    seed
        Of the random column widths.
    """
    require_positive_options(probe_distance=probe_distance)
    require_longer(FIRST, hold=hold)
    columns = Columns(thickness, grain_size, grains, seed)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    halves, mesh = columns.meshed(("ordinary", "twin"), 4 * nm, debye)
    barriers = halves.field(grain_barrier, boundary_barrier, grain_barrier)
    stages = Stages((bias, 0 * V, -bias), hold, FIRST)
    vacancy = iodide_vacancy(mobile_density, barriers)
    contacts = [Contact("bottom", stages.drive), probe(probe_distance)]
    model = PoissonNernstPlanck(mesh.mesh, MAPbI3, [vacancy], contacts, temperature)
    ordinary, twin = scans_of(halves)
    return Scenario(
        model,
        stages.times,
        observables=[part for scan in (ordinary, twin) for part in (scan.at_boundaries(), scan.in_grains())],
        criteria=boundaries_lead(stages, relaxation_time(model), ordinary, twin),
        microstructure=mesh.report,
        geometry="cross-section",
    )
