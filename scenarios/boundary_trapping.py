"""Grain boundaries as fast paths or as traps: what tells the two apart.

A study of several runs. Where iodide vacancies gather at the boundaries of MAPbI3, that may be because they hop there
more easily or because they are bound there; both are argued for (doi:10.1002/aenm.201903735). Films of the same grains
and the same number of vacancies have boundaries that are fast paths (a lower barrier), traps (a lower energy, and a
barrier that is higher by as much), fast traps, or like grains. Each is run seen from above between lateral electrodes
and cut open between vertical ones. Contacts block ions.

Two numbers of a PL map tell the four apart: the contrast of boundaries and grains at rest, and that of PL/PL0 when a
tenth of the quench has come. Boundaries like grains may show neither. Times tell less: traps slow a film of either cut
by 1 + bound / free, as a higher barrier might, while the ratio of lateral and vertical times shows fast paths.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from fem.comparison.study import Member, Study, Transfer
from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, ms, nm, s, um
from scenarios.criteria.trapping import contrast_demands
from scenarios.criteria.trapping_times import time_demands
from scenarios.parts.cuts import Cut
from scenarios.parts.options import require_longer, require_no_slower_boundaries, require_positive_options
from scenarios.parts.parameters import BOUNDARY_BARRIER, GRAIN_BARRIER
from scenarios.parts.stages import Stages
from scenarios.parts.trapping_films import Role, TrappingFilm

FIRST = 1 * ms  # output
PLAN, VERTICAL = "plan view", "vertical"
_PER_DECADE = 5


def scenario(
    bias: Volt = 1 * V,
    binding: Energy = 0.1 * eV,
    films: int = 1,
    mobile_density: Concentration = 1e23,
    gap: Metre = 1.2 * um,
    width: Metre = 0.8 * um,
    thickness: Metre = 0.4 * um,
    grain_size: Metre = 200 * nm,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    boundary_width: Metre = 4 * nm,
    mesh_size: Metre = 10 * nm,
    temperature: Kelvin = 300 * K,
    hold: Second = 1e5 * s,
    seed: int = 1,
) -> Study:
    """Declare the study.

    Parameters
    ----------
    bias
        Voltage across the vertical films; the lateral ones have the same nominal field.
    binding
        By how much the energy of a vacancy is lower at boundaries that are traps.
    films
        Random films of each kind.
    mobile_density
        Iodide vacancies as deposited, free and bound.
    gap
        Between the electrodes of the lateral films.
    width
        Of the lateral films along their electrodes, and of the vertical ones along the substrate.
    thickness
        Of the vertical films.
    grain_size
        Mean grain size.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along fast boundaries.
    boundary_width
        Width of the grain boundaries.
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that.
    temperature
        Of the films.
    hold
        How long the voltage is held.
    seed
        Of the first random film; the others have the seeds that follow.
    """
    require_positive_options(bias=bias, binding=binding, films=films, gap=gap, width=width, thickness=thickness)
    require_positive_options(grain_size=grain_size, boundary_width=boundary_width, mesh_size=mesh_size)
    require_longer(FIRST, hold=hold)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    barriers = grain_barrier, boundary_barrier, binding
    film = TrappingFilm(mobile_density, *barriers, grain_size, boundary_width, temperature, mesh_size)
    cuts = {
        PLAN: Cut(gap, width, ("left", "right"), bias * gap / thickness, "plan view"),
        VERTICAL: Cut(width, thickness, ("bottom", "top"), bias, "cross-section"),
    }
    for cut in cuts.values():
        film.require_possible(cut)
    members = _members(film, cuts, hold, range(seed, seed + films))
    transfers = [Transfer(group(role, PLAN), group(role, VERTICAL)) for role in Role]
    return Study(members, transfers, _NOTES, time_demands(group, PLAN, VERTICAL))


def group(role: Role, cut: str) -> str:
    """Name of the films of one role and cut."""
    return f"{role.value}, {cut}"


def _members(film: TrappingFilm, cuts: Mapping[str, Cut], hold: float, seeds: Sequence[int]) -> list[Member]:
    return [
        Member(
            f"{role.name.lower()}_{name.replace(' ', '_')}_{number}",
            group(role, name),
            partial(film.grown, role, cut, Stages((cut.voltage,), hold, FIRST, _PER_DECADE), seed, contrast_demands),
            {"bias": (cut.voltage, "V"), "seed": (seed, "")},
        )
        for role in Role
        for name, cut in cuts.items()
        for number, seed in enumerate(seeds, start=1)
    ]


_NOTES = (
    "All films have the same number of vacancies, free and bound, blocking contacts and the same nominal field.",
    "Traps are neutral at rest: what binds a vacancy is compensated on the spot, so that no field stands at the"
    " boundaries. A bound vacancy leaves over the saddle of the grains.",
    "Contrasts are those of the boundaries themselves, 4 nm wide by default, without the blur of a microscope and of"
    " carriers that diffuse. Electrons and holes are not part of the films.",
)
