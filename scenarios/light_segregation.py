"""Light draws iodide together above a threshold, and the dark lets it go.

Cross-section of a columnar film of MAPb(I,Br)3. Pairs of electrons and holes gather where the gap is narrow, which
makes the energy of an iodide-rich place lower. Below a threshold of light nothing happens. Above it a layer of iodide
grows at the grain boundary, where iodide is drawn together already, until it has taken the carriers of the grains; its
gap hardly depends on the composition of the film (after the films of Hoke et al., doi:10.1039/C4SC03141E, and the model
of Z. Chen et al., doi:10.1038/s41467-021-23008-z). In the dark the film mixes again.

Assumed: how many pairs a place can hold, and that iodide is drawn to pristine boundaries by a fraction of kT. Both
electrodes block halides. The same film with passivated boundaries, which draw nothing, is followed beside every run.
"""

from collections.abc import Mapping
from dataclasses import replace

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, eV, minute, nm, s
from fem.model import PoissonNernstPlanck
from fem.observables.composition import domain_size, halide_drift, share_at_boundaries, spread
from fem.physics.contacts import Contact
from fem.physics.halides.funnelling import FunnelledCarriers
from fem.physics.halides.nucleation import Noise
from fem.physics.light.spectra import EmissionLine
from fem.scenario import Scenario
from meshes import MeshSizes, Strips, columnar
from scenarios.criteria.light import LightSegregation
from scenarios.parts.beside import Beside
from scenarios.parts.lit_film import (
    LIT_FILM,
    STATES,
    Boundaries,
    LightStages,
    LitLattice,
    ReddestPlace,
    gap_of,
)
from scenarios.parts.mixed_halide_film import BOUNDARY_WIDTH, supply
from scenarios.parts.options import require_increasing, require_positive_options
from scenarios.parts.resolved import NodeBudget, film_debye_length

LINE = 80e-3 * eV  # width of the emission of an even film (assumption)
BUDGET = NodeBudget(options=("--width", "--thickness", "--grains"))
NOISE, WAVES = 2e-3, 30 * nm  # standard deviation and shortest wavelength of the composition as deposited (assumption)
STRIPS = Strips(BOUNDARY_WIDTH, across=4, skin=10 * nm, along=6 * nm)
ELECTRODES = ("bottom", "top")
TOLD = {
    "halide supply": supply(None),
    "seeds": "grain boundaries that draw iodide; noise of the composition as deposited",
}
SIZES = MeshSizes(electrode=6 * nm, boundary=6 * nm, interior=8 * nm)


def scenario(
    weak: Concentration = 5e23,
    strong: Concentration = 1.5e25,
    settling: Second = 60 * s,
    weak_time: Second = 120 * s,
    light_time: Second = 10 * minute,
    dark_time: Second = 60 * minute,
    bromide_share: float = 0.5,
    attraction: Energy = 10e-3 * eV,
    gap_contrast: float = 1.0,
    states: Concentration = STATES,
    vacancy_density: Concentration = 1e24,
    thickness: Metre = 60 * nm,
    width: Metre = 200 * nm,
    grains: int = 2,
    grain_barrier: Energy = 0.30 * eV,
    boundary_barrier: Energy = 0.25 * eV,
    temperature: Kelvin = 300 * K,
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    weak, strong
        Mean density of pairs of carriers that the two lights keep in the film.
    settling
        How long the film lies in the dark before, which fills its boundaries.
    weak_time, light_time, dark_time
        How long weak light, strong light and the dark after them last.
    bromide_share
        Of the halides as deposited.
    attraction
        How much lower the energy of an iodide is at pristine boundaries; 0 for passivated ones.
    gap_contrast
        Factor on the differences of the gap between compositions.
    states
        Most pairs that a place can hold.
    vacancy_density
        Halide vacancies as deposited.
    thickness, width
        Of the film.
    grains
        Number of columns side by side.
    grain_barrier, boundary_barrier
        Of an iodide that hops in grains and along pristine boundaries 2 nm wide; a bromide takes 0.05 eV more.
    temperature
        Of the film.
    seed
        Of the widths of the columns.
    """
    require_positive_options(thickness=thickness, width=width, grains=grains, strong=strong, gap_contrast=gap_contrast)
    require_increasing(weak=weak, strong=strong, states=states)
    stages = LightStages((0.0, weak / strong, 1.0, 0.0), (settling, weak_time, light_time, dark_time))
    stages.require_stages_to_last("settling", "weak_time", "light_time", "dark_time")
    film = columnar(width, thickness, grains=grains, seed=seed, spread=0.2)
    mesh = BUDGET.meshed(film, SIZES, film_debye_length(LIT_FILM, vacancy_density, temperature),
                         electrodes=ELECTRODES, boundaries=STRIPS)  # fmt: skip
    carriers = FunnelledCarriers(strong, gap_of(gap_contrast), states)
    lattice = LitLattice(vacancy_density, Noise(bromide_share, NOISE, WAVES, seed), grain_barrier, carriers)
    contacts = [Contact(name, 0.0) for name in ELECTRODES]
    pristine = lattice.beside(Boundaries(boundary_barrier, attraction))
    model = PoissonNernstPlanck(mesh.mesh, LIT_FILM, [], contacts, temperature, light=stages.drive, lattice=pristine)
    run = _watched(model, stages, {**mesh.report, **TOLD})
    if attraction == 0:
        return replace(run, criteria=LightSegregation(stages).criteria_passivated)
    twin = replace(model, species=(), lattice=lattice.beside(Boundaries(grain_barrier, 0.0)))
    beside = Beside(_watched(twin, stages, {}), ReddestPlace(carriers.gap).columns, "passivated").columns
    demands = LightSegregation(stages, beside[0].column).criteria
    return replace(run, observables=[*run.observables, *beside], criteria=demands)


def _watched(model: PoissonNernstPlanck, stages: LightStages, told: Mapping[str, object]) -> Scenario:
    """The film with its spectra."""
    assert model.lattice is not None and model.lattice.carriers is not None
    gap = model.lattice.carriers.gap
    sizes = [domain_size("x"), spread("x"), spread("y"), share_at_boundaries()]
    return Scenario(
        model,
        stages.times,
        observables=[halide_drift("iodide"), halide_drift("bromide"), *sizes, *ReddestPlace(gap).columns],
        microstructure=told,
        geometry="cross-section",
        line=EmissionLine(gap, LINE),
        tolerance=1e-3,
    )
