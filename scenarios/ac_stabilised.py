"""An alternating voltage keeps the colour of a mixed-halide film that a held voltage changes.

Cross-section of a columnar CsPb(Br,Cl)3 film, 200 nm thick, half of its halides chloride, which emits near 466 nm,
between two electrodes, below and above it or left and right of it, that exchange halides with stores behind them. A
square wave of +5 and -5 V at 50 Hz is followed for 12 hours (after the light-emitting devices of Tang et al., driven by
alternating current): 2 million cycles, most of them jumped. The same film under 5 V held, and the same film with
blocked halides, are followed beside the run.

Assumed: stores that hold the halide of 1 um of film, half of it chloride, and give it and take it at once. Ions alone;
the spectrum is that of carriers that recombine where they are.
"""

from dataclasses import replace

import numpy as np

from fem.constants import Concentration, Energy, Hertz, K, Kelvin, Metre, Second, V, Velocity, Volt, eV, hour, nm
from fem.cycles.jumping import CycleJumping
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.observables.composition import halide_drift, spread
from fem.physics.contacts import Contact
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.layers import boundary_lines
from fem.scenario import Scenario
from meshes import columnar
from scenarios.criteria.ac import Stabilised
from scenarios.parts.ac_film import FILM, HALIDES, LINE, Beside, one_square_cycle
from scenarios.parts.mixed_halide_film import BOUNDARY_WIDTH, SITES
from scenarios.parts.options import require_longer, require_no_slower_boundaries, require_positive_options
from scenarios.parts.resolved import NodeBudget, film_debye_length, sizes_following
from scenarios.parts.two_halides import two_halides
from scenarios.parts.voltage_direction import Direction

BUDGET = NodeBudget(options=("--width", "--thickness", "--grains"))
_FIRST, _PER_DECADE = 1.0, 3  # [s], outputs
_HELD, _BLOCKED = "voltage held", "halides blocked"


def scenario(
    amplitude: Volt = 5 * V,
    frequency: Hertz = 50.0,
    duration: Second = 12 * hour,
    chloride_share: float = 0.5,
    vacancy_density: Concentration = 1e24,
    exchange_rate: Velocity = 1e-3,
    store: Metre = 1000 * nm,
    thickness: Metre = 200 * nm,
    width: Metre = 60 * nm,
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
    amplitude
        Of the square wave: the top (right) electrode is at this voltage for half a cycle, and at its opposite for the
        other.
    frequency
        Of the square wave.
    duration
        Of the run.
    chloride_share
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
        Of a bromide that hops in grains and along boundaries 2 nm wide; a chloride takes 0.05 eV more.
    temperature
        Of the film.
    seed
        Of the widths of the columns.
    direction
        Of the voltage: through the film between bottom and top, along it between left and right.
    """
    require_positive_options(thickness=thickness, width=width, grains=grains, store=store, frequency=frequency)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    require_longer(_FIRST, duration=duration)
    debye = film_debye_length(FILM, vacancy_density, temperature)
    sizes, film = sizes_following(debye, 8 * nm, 15 * nm), columnar(width, thickness, grains=grains, seed=seed)
    first, second = direction.electrodes
    mesh = BUDGET.meshed(film, sizes, debye, electrodes=(first, second))
    behind = HalideStore(exchange_rate, exchange_rate, chloride_share, store) if exchange_rate else None
    contacts = [Contact(side, drive, halides=behind) for side, drive in
                ((first, 0 * V), (second, one_square_cycle(amplitude, 1 / frequency)))]  # fmt: skip
    barriers = {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier}
    lattice = two_halides(vacancy_density, chloride_share, barriers, HALIDES, SITES)
    lines = [boundary_lines(BOUNDARY_WIDTH)]
    model = PoissonNernstPlanck(mesh.mesh, FILM, [], contacts, temperature, lines, lattice=lattice)
    return _watched(model, amplitude, 1 / frequency, duration, dict(mesh.report))


def _watched(
    model: PoissonNernstPlanck, amplitude: float, period: float, duration: float, told: dict[str, object]
) -> Scenario:
    """The film beside its twins, if it is supplied with halides, and what is demanded of them."""
    supply, demands = model.contacts[1].halides, Stabilised(period, _HELD, _BLOCKED)
    told |= {"halide supply": _supply(supply), "cycles": f"of {period:g} s, the first repeated and jumped over"}
    run = Scenario(model, _ends_of_cycles(period, duration), geometry="cross-section", line=LINE, microstructure=told,
                   cycles=CycleJumping(period))  # fmt: skip
    own = [*(halide_drift(name) for name in ("bromide", "chloride")), spread("x"), spread("y")]
    if supply is None:
        return replace(run, observables=own, criteria=demands.criteria_blocked)
    first, second = model.contacts
    held = Beside(run, (first, replace(second, potential=amplitude)), _HELD, jumped=False)
    blocked = Beside(run, (replace(first, halides=None), replace(second, halides=None)), _BLOCKED, jumped=True)
    return replace(run, observables=[*own, *held.columns, *blocked.columns], criteria=demands.criteria)


def _ends_of_cycles(period: float, duration: float) -> Array:
    """Output times [s]: ends of cycles, evenly on the logarithm of time."""
    count = max(2, round(np.log10(duration / _FIRST) * _PER_DECADE) + 1)
    cycles = np.unique(np.maximum(1, np.rint(np.geomspace(_FIRST, duration, count) / period)))
    return np.concatenate([[0.0], cycles * period])


def _supply(store: HalideStore | None) -> str:
    """What the run assumes about halides beyond its electrodes, for ``run.json``."""
    if store is None or store.thickness is None:
        return "electrodes block halides"
    return (
        f"assumed: behind each electrode as much halide as in {store.thickness / nm:g} nm of film, a share of"
        f" {store.share:g} of it chloride, exchanged at {store.first_rate:g} m/s"
    )
