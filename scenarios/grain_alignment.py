"""A quench front in films of random grains and of aligned grains.

A study of several runs. MAPbI3 between two electrodes, seen from above. The right one becomes positive at t = 0; iodide
vacancies leave it, and the film darkens behind a front. Fassl et al. (doi:10.1021/acsami.8b16460) saw a less uniform
front in films whose grains lie at random than in films of aligned grains, and explained it by an Ising model. Here the
front follows from the Poisson-Nernst-Planck equations.

Every grain has a direction of its lattice in the plane. Vacancies hop along a boundary the more easily the more its two
grains are turned against each other (like the energy of boundaries by Read and Shockley, doi:10.1103/PhysRev.78.275;
that barriers follow it is an assumption). Films with random lattices are set beside films with aligned ones, with a
smaller contrast of the barriers, and with grains that are long in the direction of the field, as a coater draws them.
In two more films boundaries are like grains: all lattices are parallel, or there is no contrast. There the front has to
be flat.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from fem.comparison.study import Demand, Member, Study
from fem.constants import Concentration, Energy, K, Kelvin, Metre, V, Volt, eV, nm, um
from scenarios.criteria.even_fronts import order_demand, size_demand, spread_demand
from scenarios.parts.options import require_positive_options
from scenarios.parts.turned_films import SEEN, SHARP, Grains, TurnedFilm

RANDOM, ALIGNED, LONG = "random lattices", "aligned lattices", "random lattices in long grains"
WEAKER, WEAKEST = "two thirds of the contrast", "a third of the contrast"
PARALLEL, NO_CONTRAST = "parallel lattices in long grains", "no contrast"


def scenario(
    films: int = 3,
    alignment: float = 0.9,
    elongation: float = 4.0,
    barrier_contrast: Energy = 0.15 * eV,
    grain_size: Metre = 250 * nm,
    bias: Volt = 10 * V,
    gap: Metre = 2.5 * um,
    electrode_length: Metre = 3 * um,
    mobile_density: Concentration = 1e22,
    temperature: Kelvin = 300 * K,
    mesh_size: Metre = 30 * nm,
    seed: int = 1,
) -> Study:
    """Declare the study.

    Parameters
    ----------
    films
        Random films of each kind; of those that have to stay flat there is one each.
    alignment
        Of aligned lattices in the plane: 0 at random, 1 all of them parallel.
    elongation
        Length of long grains in the direction of the field over their width, on average.
    barrier_contrast
        By how much the barrier of hopping is lower along boundaries between grains turned by 15 degrees or more.
    grain_size
        Mean equivalent circle diameter of the grains.
    bias
        Voltage of the right electrode from t = 0 on.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    mobile_density
        Iodide vacancies as deposited.
    temperature
        Of the film.
    mesh_size
        Cells along grain boundaries; inside grains they grow to four times that.
    seed
        Of the first random film of each kind; the others have the seeds that follow.
    """
    require_positive_options(films=films, barrier_contrast=barrier_contrast)
    kinds = {
        RANDOM: Grains(barrier_contrast),
        ALIGNED: Grains(barrier_contrast, alignment),
        WEAKER: Grains(barrier_contrast * 2 / 3),
        WEAKEST: Grains(barrier_contrast / 3),
        LONG: Grains(barrier_contrast, elongation=elongation),
        PARALLEL: Grains(barrier_contrast, alignment=1.0, elongation=elongation),
        NO_CONTRAST: Grains(0.0),
    }
    film = TurnedFilm(bias, gap, electrode_length, grain_size, mobile_density, temperature, mesh_size)
    members = _members(film, kinds, range(seed, seed + films))
    return Study(members, notes=_notes(film), criteria=_demands(film, kinds, films))


def _members(film: TurnedFilm, kinds: Mapping[str, Grains], seeds: Sequence[int]) -> list[Member]:
    """Films of every kind, grown from the same seeds; one of each kind whose boundaries are like grains."""
    return [
        Member(
            f"{name.replace(',', '').replace(' ', '_')}_{number}",
            name,
            partial(film.grown, grains, seed),
            {
                "alignment": (grains.alignment, ""),
                "elongation": (grains.elongation, ""),
                "barrier_contrast": (grains.contrast, "J"),
                "seed": (seed, ""),
            },
        )
        for name, grains in kinds.items()
        for number, seed in enumerate(seeds[:1] if grains.alike else seeds, start=1)
    ]


def _demands(film: TurnedFilm, kinds: Mapping[str, Grains], films: int) -> list[Demand]:
    """F1 on all films together; how far means lie apart can only be told where there are several films."""
    sharp, seen = film.front(SHARP), film.front(SEEN)
    orders = ((RANDOM, WEAKER), (WEAKER, WEAKEST), (WEAKEST, NO_CONTRAST), (LONG, RANDOM))
    return [
        *(size_demand(sharp, name, grains.alike) for name, grains in kinds.items()),
        *(order_demand(front, RANDOM, ALIGNED) for front in (sharp, seen)),
        *(spread_demand(front, RANDOM, ALIGNED) for front in (sharp, seen) if films > 1),
        *(order_demand(sharp, rough, even) for rough, even in orders),
    ]


def _notes(film: TurnedFilm) -> list[str]:
    return [
        "All films have the same vacancies, blocking contacts, voltage and sizes of grains; films of one number have"
        " the same seed, and the same grains unless these are long.",
        f"The roughness of a front is the standard deviation of its position along the electrode where it has gone"
        f" {1e6 * film.reach:.3g} µm on average, half of the depletion width: fast and slow films are compared at one"
        " place, not at one time.",
        "That barriers follow the misorientation is an assumption, and so are lattices turned in the plane only.",
    ]
