"""A voltage splits the emission of a mixed-halide film, and the opposite voltage undoes it.

Cross-section of a columnar CsPb(Br,I)3 film, 200 nm thick, between two electrodes, below and above it or left and
right of it, that exchange halides with stores behind them. 5 V for a minute drive iodide, the faster halide, to the
positive electrode and bromide behind it; the spectrum gets a second, blue peak (after the light-emitting devices of
Vashishtha et al.). Then the voltage is reversed.

Assumed: stores that hold as much halide as the film, half of it bromide, and give it and take it at once. Without such
a supply nothing is seen, which the same film with blocked halides shows beside every run. Ions alone: electrons and
holes are not simulated. The spectrum is that of carriers that recombine where they are, and, as a second set of
columns, that of carriers which funnel into the narrowest gaps.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Velocity, Volt, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.observables.composition import domain_size, halide_drift, spectrum_columns, spread
from fem.physics.contacts import Contact
from fem.physics.halides.band_gaps import gap_law
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.layers import boundary_lines
from fem.physics.light.spectra import EmissionLine
from fem.scenario import Scenario
from meshes import columnar
from scenarios.criteria.splitting import Splitting
from scenarios.parts.mixed_halide_film import (
    BOUNDARY_WIDTH,
    FAMILY,
    FILM,
    HALIDES,
    SITES,
    BlockedTwin,
    interdiffusion,
    supply,
)
from scenarios.parts.options import require_no_slower_boundaries, require_positive_options
from scenarios.parts.out_and_back import OutAndBack
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following
from scenarios.parts.two_halides import two_halides
from scenarios.parts.voltage_direction import Direction

LINE = 80e-3 * eV  # width of the emission of an even film (assumption)
BUDGET = NodeBudget(options=("--width", "--thickness", "--grains"))


def scenario(
    bias: Volt = 5 * V,
    drive_time: Second = 60 * s,
    return_bias: Volt = -5 * V,
    return_time: Second = 60 * s,
    bromide_share: float = 0.5,
    vacancy_density: Concentration = 1e24,
    exchange_rate: Velocity = 1e-3,
    store: Metre = 200 * nm,
    thickness: Metre = 200 * nm,
    width: Metre = 120 * nm,
    grains: int = 2,
    grain_barrier: Energy = 0.36 * eV,
    boundary_barrier: Energy = 0.36 * eV,
    temperature: Kelvin = 300 * K,
    seed: int = 1,
    direction: Direction = Direction.VERTICAL,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the top electrode for `drive_time`.
    drive_time
        How long it is held.
    return_bias
        Voltage after that; 0 for a rest.
    return_time
        How long that is held.
    bromide_share
        Of the halides, in the film as deposited and in the stores.
    vacancy_density
        Halide vacancies as deposited.
    exchange_rate
        Of both halides at both electrodes; 0 blocks them.
    store
        Halides in each store, as the thickness of film that holds as many.
    thickness, width
        Of the film.
    grains
        Number of columns side by side.
    grain_barrier, boundary_barrier
        Of an iodide that hops in grains and along boundaries 2 nm wide; a bromide takes 0.05 eV more.
    temperature
        Of the film.
    seed
        Of the widths of the columns.
    direction
        Of the voltage: through the film from bottom to top, along it from left to right.
    """
    require_positive_options(thickness=thickness, width=width, grains=grains, store=store)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    voltages = OutAndBack(bias, drive_time, return_bias, return_time)
    debye = film_debye_length(FILM, vacancy_density, temperature)
    sizes, film = sizes_following(debye, 8 * nm, 15 * nm), columnar(width, thickness, grains=grains, seed=seed)
    first, second = direction.electrodes
    mesh = BUDGET.meshed(film, sizes, debye, electrodes=(first, second))
    behind = HalideStore(exchange_rate, exchange_rate, bromide_share, store) if exchange_rate else None
    barriers = {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier}
    model = PoissonNernstPlanck(
        mesh.mesh,
        FILM,
        [],
        [Contact(first, 0 * V, halides=behind), Contact(second, voltages.drive, halides=behind)],
        temperature,
        [boundary_lines(BOUNDARY_WIDTH)],
        lattice=two_halides(vacancy_density, bromide_share, barriers, HALIDES, SITES),
    )
    pace = interdiffusion(vacancy_density, bromide_share, grain_barrier, temperature)
    length = thickness if direction is Direction.VERTICAL else width
    demands = Splitting(voltages, length**2 / (np.pi**2 * pace))
    return _watched(model, demands, {**mesh.report, "halide supply": supply(behind)}, debye)


def _watched(model: PoissonNernstPlanck, demands: Splitting, told: Mapping[str, object], debye: float) -> Scenario:
    """The film with its spectra, beside its twin if it is supplied with halides, and what is demanded of both."""
    gap, times = gap_law(FAMILY), demands.voltages.times
    sizes = [domain_size("x"), domain_size("y"), spread("x"), spread("y")]
    funnelled = spectrum_columns(EmissionLine(gap, LINE, "funnelled"), prefix="funnelled ")
    beside = [halide_drift("iodide"), halide_drift("bromide"), *sizes, *funnelled]
    if supplied := any(one.halides for one in model.contacts):
        twin = BlockedTwin(model, times, debye).columns
        mean, largest, inside = (one.column for one in twin)
        beside, demands = [*beside, *twin], replace(demands, twin=(mean, largest, inside))
    return Scenario(
        model,
        times,
        observables=beside,
        criteria=demands.criteria if supplied else demands.criteria_blocked,
        microstructure=told,
        geometry="cross-section",
        line=EmissionLine(gap, LINE, "where they are"),
    )
