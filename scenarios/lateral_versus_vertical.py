"""Lateral versus vertical: what an image of a lateral film says about the vertical device.

A study of several runs. Films of the same grains, material and vacancies, three ways: seen from above between
electrodes left and right, cut open between the same electrodes, and cut open between electrodes below and above, as in
a device. Each is grown several times with other random grains. Contacts block ions; the voltage is held and then taken
away. Lateral films are the ones that a microscope can watch (Li et al., doi:10.1038/s41467-018-07571-6), vertical ones
the ones that people use; both darken where vacancies leave.

Where the charging of the electrodes alone set the time, all times would go with lambda L / 2D (Bazant, Thornton and
Ajdari, doi:10.1103/PhysRevE.70.021506), and a lateral time would only have to be divided by the ratio of the gaps. The
report says how far from that the films are, by how much they scatter, and which part comes from their grains: two
uniform films at the same voltages have none.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from fem.comparison.study import Member, Study, Transfer
from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, ms, nm, s, um
from scenarios.parts.cuts import Cut, FilmKind, Matching
from scenarios.parts.options import require_longer, require_no_slower_boundaries, require_positive_options
from scenarios.parts.parameters import BOUNDARY_BARRIER, GRAIN_BARRIER
from scenarios.parts.stages import Stages

PLAN, SECTION, VERTICAL = "plan view", "lateral cross-section", "vertical cross-section"
UNIFORM = ("uniform film, lateral", "uniform film, vertical")
FIRST = 1 * ms  # output after each change of the voltage
_PER_DECADE = 5


def scenario(
    match: Matching = Matching.FIELD,
    bias: Volt = 1 * V,
    films: int = 3,
    mobile_density: Concentration = 1e23,
    gap: Metre = 2 * um,
    width: Metre = 0.8 * um,
    thickness: Metre = 0.4 * um,
    grain_size: Metre = 200 * nm,
    grain_barrier: Energy = GRAIN_BARRIER,
    boundary_barrier: Energy = BOUNDARY_BARRIER,
    boundary_width: Metre = 4 * nm,
    mesh_size: Metre = 10 * nm,
    temperature: Kelvin = 300 * K,
    hold: Second = 3000 * s,
    seed: int = 1,
) -> Study:
    """Declare the study.

    Parameters
    ----------
    match
        What lateral and vertical films have in common: the nominal field, the voltage, or the charge moved in the end.
    bias
        Voltage across the vertical films; that of the lateral ones follows.
    films
        Random films of each kind.
    mobile_density
        Iodide vacancies as deposited.
    gap
        Between the electrodes of the lateral films.
    width
        Of the lateral films along their electrodes, and of the vertical ones along the substrate.
    thickness
        Of all films.
    grain_size
        Mean grain size.
    grain_barrier, boundary_barrier
        Activation energies of vacancy hopping in grains and along boundaries.
    boundary_width
        Width of the grain boundaries.
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that.
    temperature
        Of the films.
    hold
        How long the voltage is held; a rest of the same length follows.
    seed
        Of the first random film of each kind; the others have the seeds that follow.
    """
    require_positive_options(bias=bias, films=films, gap=gap, width=width, thickness=thickness, grain_size=grain_size)
    require_positive_options(boundary_width=boundary_width, mesh_size=mesh_size)
    require_longer(FIRST, hold=hold)
    require_no_slower_boundaries(boundary_barrier, grain_barrier, "lower one or raise the other")
    barriers = {"grain_interior": grain_barrier, "grain_boundary": boundary_barrier}
    kind = FilmKind(mobile_density, grain_size, barriers, boundary_width, temperature, mesh_size)
    lateral = match.lateral_voltage(bias, kind.cell(gap), kind.cell(thickness))
    cuts = {
        PLAN: Cut(gap, width, ("left", "right"), lateral, "plan view"),
        SECTION: Cut(gap, thickness, ("left", "right"), lateral, "cross-section"),
        VERTICAL: Cut(width, thickness, ("bottom", "top"), bias, "cross-section"),
    }
    for cut in cuts.values():
        kind.require_possible(cut)
    members = _members(kind, cuts, hold, range(seed, seed + films))
    return Study(members, [Transfer(name, VERTICAL, UNIFORM) for name in (PLAN, SECTION)], _notes(match, cuts))


def _members(kind: FilmKind, cuts: Mapping[str, Cut], hold: float, seeds: Sequence[int]) -> list[Member]:
    """A film for every cut and seed, and two uniform ones."""
    holds = {name: Stages((cut.voltage, 0.0), hold, FIRST, _PER_DECADE) for name, cut in cuts.items()}
    told = {name: {"bias": (cut.voltage, "V")} for name, cut in cuts.items()}
    grown = [
        Member(
            f"{name.replace(' ', '_').replace('-', '_')}_{number}",
            name,
            partial(kind.grown, cuts[name], holds[name], seed),
            {**told[name], "seed": (seed, "")},
        )
        for name in cuts
        for number, seed in enumerate(seeds, start=1)
    ]
    uniform = [
        Member(name, group, partial(kind.uniform, cuts[cut], holds[cut]), dict(told[cut]), reference=True)
        for name, group, cut in zip(("uniform_lateral", "uniform_vertical"), UNIFORM, (PLAN, VERTICAL), strict=True)
    ]
    return [*grown, *uniform]


def _notes(match: Matching, cuts: Mapping[str, Cut]) -> list[str]:
    """What was made the same, and what a picture of two dimensions leaves out."""
    lateral, vertical = cuts[PLAN], cuts[VERTICAL]
    fields = [cut.voltage / length for cut, length in ((lateral, lateral.width), (vertical, vertical.height))]
    same = {Matching.FIELD: "nominal field", Matching.VOLTAGE: "voltage", Matching.CHARGE: "charge at rest"}[match]
    return [
        f"Lateral and vertical films have the same {same}: {lateral.voltage:.3g} V over {1e6 * lateral.width:.3g} µm"
        f" ({1e-6 * fields[0]:.3g} V/µm), {vertical.voltage:.3g} V over {1e6 * vertical.height:.3g} µm"
        f" ({1e-6 * fields[1]:.3g} V/µm).",
        "All films have blocking contacts and the same vacancies, grain statistics and light. Electrons and holes are"
        " not part of them.",
        "Films are two-dimensional: in a plan view nothing changes with the depth, in a cross-section nothing with the"
        " direction out of the picture.",
    ]
