"""A film between two oxides: its mesh, its vacancies and what they do to light."""

from math import exp, pi

import shapely

from fem.constants import boltzmann, eV
from fem.physics.reactions.defect_chemistry import recombination
from fem.physics.reactions.field_assisted import FieldAssisted, Threshold
from fem.physics.reactions.rate_laws import MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import TrapRecombination
from fem.physics.species import Species
from meshes import MeshSizes, Polycrystal
from scenarios.parts.flashes import Flashes
from scenarios.parts.lateral_films import RADIATIVE
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, TRAP_CAPTURE
from scenarios.parts.parted_light import Gathering, PartedLight
from scenarios.parts.resolved import MeshedFilm, meshed

_PAIRS = 1e-2  # pairs over vacancies as deposited (assumption)
_REACH = 0.63e-9  # [m] at which two vacancies are a pair: one unit cell
_TRAPS = 1e21  # [1/m^3] (assumption)
_VACANCY, PAIR, _TRAP, _SLOW = "iodide vacancy", "vacancy pair", "trap", "slowed trap"
_ALIGNING, _FIELD = 20.0, 1e5  # [1/s] above so many V/m (fitted)
_RETURNING, _RETURN_BARRIER = 1e9, 0.45 * eV  # [1/s] and [J] of the way back (fitted)


def sheet(width: float, thickness: float, finest: float, debye: float) -> MeshedFilm:
    """A film without boundaries between ``bottom`` and ``top``, in cross-section; lengths in metres."""
    film = Polycrystal.from_polygons(width, thickness, [shapely.box(0, 0, width, thickness)])
    return meshed(film, MeshSizes(finest, thickness / 20, thickness / 20), debye, electrodes=("bottom", "top"))


def hop_diffusivity(barrier: float, temperature: float) -> float:
    """Diffusivity [m^2/s] of hops over a `barrier` [J] at `temperature` [K]."""
    return DIFFUSIVITY_PREFACTOR * exp(-barrier / (boltzmann * temperature))


def vacancies_and_traps(density: float, barrier: float, alignment: float) -> list[Species]:
    """Iodide vacancies [1/m^3] that hop over a barrier [J], the pairs they form, traps, and slowed ones."""
    slowed = [Species.immobile(_SLOW, 0, 0.0, _TRAPS)] if alignment else []
    return [
        Species(_VACANCY, +1, density, DIFFUSIVITY_PREFACTOR, barrier, composition={"X": -1}),
        Species.immobile(PAIR, +2, _PAIRS * density, composition={"X": -2}),
        Species.immobile(_TRAP, 0, _TRAPS),
        *slowed,
    ]


def parted_light(flashes: Flashes, carriers: float, holes: float, capture: float, pairing: float) -> PartedLight:
    """The law for flashes in such a film, without the empirical term.

    Parameters
    ----------
    flashes
        Their times.
    carriers, holes
        Made by a flash, and there in the dark [1/m^3].
    capture
        By pairs over that by traps.
    pairing
        See :func:`losses`.
    """
    by_pairs, gathers = capture * TRAP_CAPTURE, capture > 0 and pairing > 0
    return PartedLight(flashes, carriers, holes, TRAP_CAPTURE * _TRAPS, Gathering(PAIR, by_pairs, gathers))


def losses(
    density: float, barrier: float, capture: float, alignment: float, temperature: float, pairing: float = 1.0
) -> list[Reaction]:
    """Vacancies form pairs and part, and carriers recombine with light and at pairs and traps.

    Parameters
    ----------
    density
        Of vacancies as deposited, in balance with their pairs [1/m^3].
    barrier
        Of their hops [J].
    capture
        By pairs over that by traps; 0 for pairs that do not trap.
    alignment
        Share by which the field slows capture by traps, an empirical law; 0 turns it off.
    temperature
        [K].
    pairing
        Rate over that of vacancies that are a pair when they meet; 0 for pairs that stay what and where they are.
    """
    meeting = pairing * 4 * pi * 2 * hop_diffusivity(barrier, temperature) * _REACH  # [m^3/s]
    law = MassAction({_VACANCY: 2}, meeting, {PAIR: 1}, meeting * density / _PAIRS)
    found = [
        recombination("radiative", Radiative(RADIATIVE)),
        recombination("through traps", TrapRecombination(_TRAP, TRAP_CAPTURE, TRAP_CAPTURE)),
    ]
    if pairing:
        found.append(Reaction("pairing of vacancies", {_VACANCY: -2, PAIR: +1}, law))
    if capture:
        by_pairs = capture * TRAP_CAPTURE
        found.append(recombination("through pairs", TrapRecombination(PAIR, by_pairs, by_pairs)))
    return [*found, *_aligning(alignment, temperature)] if alignment else found


def _aligning(alignment: float, temperature: float) -> list[Reaction]:
    """Empirical: the field turns traps into ones that capture more slowly, heat turns them back."""
    slowed = (1 - alignment) * TRAP_CAPTURE
    back = _RETURNING * exp(-_RETURN_BARRIER / (boltzmann * temperature))
    forth = FieldAssisted(MassAction({_TRAP: 1}, _ALIGNING), Threshold(_FIELD, 0.1 * _FIELD))
    return [
        recombination("through slowed traps (empirical)", TrapRecombination(_SLOW, slowed, slowed)),
        Reaction("alignment by the field (empirical)", {_TRAP: -1, _SLOW: +1}, forth),
        Reaction("return by heat (empirical)", {_SLOW: -1, _TRAP: +1}, MassAction({_SLOW: 1}, back)),
    ]
