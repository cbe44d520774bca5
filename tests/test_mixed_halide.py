"""Two halides on one lattice between blocking electrodes: null test, conservation, reductions, equilibrium."""

from dataclasses import replace

import numpy as np
import pytest
from films_with_halides import BLOCKING, FAST, KT, SITES, SLOW, column, even, film, halides, lattice, states
from irregular_films import graded, rectangle
from skfem import MeshTri
from verification import Verification

from fem.constants import eV, nm
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.coupled.lattice_exchange import LatticeExchange
from fem.evolve import evolve
from fem.measurements.free_energy import free_energy
from fem.model import PoissonNernstPlanck
from fem.numerics.sparse_direct import SolverError
from fem.physics.contacts import Contact
from fem.physics.drives.drive import pulse, step
from fem.physics.halides.mixed_halide import Halide, HalideLattice
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.materials import Material
from fem.physics.species import Species

Array = np.ndarray


def driven(volts: float, sites: HalideLattice, length: float = 200 * nm) -> PoissonNernstPlanck:
    contacts = (Contact("bottom", step(volts)), Contact("top", 0.0))
    return film(column(graded(length, 0.5 * nm, largest=15 * nm)), sites, contacts)


@pytest.mark.parametrize("volts", [0.1, 5.0, 25.0])
def test_an_ideal_mixture_between_blocking_electrodes_keeps_its_composition(volts: float, verify: Verification) -> None:
    """But where the field takes the last vacancies: the faster halide fills them, and stays there."""
    v0, x0 = 1e-4, 0.5
    model = film(
        column(graded(400 * nm, 0.5 * nm, largest=15 * nm)),
        lattice(v0, x0),
        (Contact("bottom", pulse(volts, 1e7)), Contact("top", 0.0)),
    )
    held, healed = states(model, [1e7, 1e9], 1e-5)[1:]
    frozen = v0 * x0 * (1 - x0) * (FAST - SLOW) / (x0 * SLOW + (1 - x0) * FAST)
    left = float(np.abs(held.share - x0).max())
    if volts > 1:
        what = f"composition left where {volts:g} V have taken the vacancies"
        verify(id="D16", quantity=what, measured=left, expected=frozen, tolerance=1e-3)
        assert held.share.min() == pytest.approx(x0 - frozen, rel=1e-6, abs=0.0)  # enriched in the faster halide
    else:
        what = f"largest change of composition under {volts:g} V for 1e7 s"
        verify(id="D16", quantity=what, measured=left, expected=0.0, tolerance=1e-10)
    what = f"largest change of composition after rest, {volts:g} V before"
    verify(id="D16", quantity=what, measured=np.abs(healed.share - x0).max(), expected=0.0, tolerance=1e-10)


def test_nothing_is_lost_and_no_site_fraction_leaves_its_range(verify: Verification) -> None:
    model = driven(5.0, lattice(1e-3, lambda x, y: np.where(y < 100 * nm, 0.2, 0.9)))
    start = halides(model, model.initial_state())
    sites = model.total_ions(model.initial_state())[0]
    worst, lowest, rise, before = 0.0, 1.0, 0.0, np.inf
    for output in evolve(model, np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 25)])):
        state = output.state
        lost = np.abs(halides(model, state) / start - 1).max()
        worst = max(worst, lost, abs(model.total_ions(state)[0] / sites - 1))
        lowest = min(lowest, least_fraction(state.concentrations))
        if state.time > 0:  # from then on the voltage stands still
            energy = free_energy(model, state)
            rise, before = max(rise, (energy - before) / abs(energy)), energy
    what = "rise of the free energy at 5 V, over itself"
    verify(id="D18", quantity=what, measured=rise, expected=0.0, tolerance=1e-12)
    verify(
        id="D16", quantity="largest relative drift of sites and halides", measured=worst, expected=0.0, tolerance=1e-12
    )
    assert lowest > -1e-12


def least_fraction(concentrations: Array) -> float:
    """Least share of the sites that vacancies or a halide take."""
    vacancies, second = concentrations[-2:] / SITES
    return float(min(vacancies.min(), second.min(), (1 - vacancies - second).min()))


def random_film(seed: int) -> PoissonNernstPlanck:
    """A film of random numbers: vacancies over five decades, any composition, ratios of diffusivity up to 1000."""
    rng = np.random.default_rng(seed)
    low, high = rng.uniform(0.0, 1.0, 2)
    middle, sharp = rng.uniform(50, 150) * nm, rng.uniform(1, 40) * nm
    sites = lattice(
        10 ** rng.uniform(-7, -2),
        lambda x, y: low + (high - low) / (1 + np.exp((middle - y) / sharp)),
        (10 ** rng.uniform(-16, -13), 10 ** rng.uniform(-16, -13)),
    )
    sites = replace(sites, interaction=rng.uniform(-2, 2) * KT)
    return driven(10 ** rng.uniform(-1.5, 1.4), sites)


def followed(seed: int) -> tuple[float, float]:
    """Least site fraction at any time of a random film, and largest relative drift of a halide."""
    model = random_film(seed)
    start = halides(model, model.initial_state())
    found = states(model, np.geomspace(1e-5, 1e7, 13), tolerance=1e-2)
    drifts = [np.abs(halides(model, state) / start - 1).max() for state in found]
    return min(least_fraction(state.concentrations) for state in found), float(max(drifts))


@pytest.mark.parametrize("seed", range(4))
def test_random_films_stay_inside_the_sites(seed: int) -> None:
    least, drift = followed(seed)
    assert least > -1e-9 and drift < 1e-10


@pytest.mark.slow
def test_a_hundred_random_films_stay_inside_the_sites(verify: Verification) -> None:
    """Where a voltage has taken all vacancies of a place, a fraction of them is zero but for the error of a step."""
    least, drifts = zip(*(followed(seed) for seed in range(100)), strict=True)
    what = "how far below zero a site fraction lies in 100 random films"
    verify(id="D16", quantity=what, measured=max(0.0, -min(least)), expected=0.0, tolerance=1e-11)
    what = "largest drift of a halide in 100 random films"
    verify(id="D16", quantity=what, measured=max(drifts), expected=0.0, tolerance=1e-10)


def test_equal_mobilities_make_the_vacancy_blind_to_composition(verify: Verification) -> None:
    """And with few vacancies it follows the equation of a single species."""
    same, few = (FAST, FAST), 1e-8
    plain = driven(2.0, lattice(few, 0.5, same))
    mixed = driven(2.0, lattice(few, lambda x, y: np.where(y < 100 * nm, 0.1, 0.8), same))
    single = replace(plain, lattice=None, species=(Species("vacancy", 1, few * SITES, FAST, 0.0),))
    times = np.geomspace(1e-3, 1e3, 5)
    ends = [
        [one.concentrations[0] / (few * SITES) for one in states(model, times, 1e-7)]
        for model in (plain, mixed, single)
    ]
    blind = max(np.abs(a - b).max() for a, b in zip(ends[0], ends[1], strict=True))
    verify(
        id="D16",
        quantity="vacancies feel the composition, equal mobilities",
        measured=blind,
        expected=0.0,
        tolerance=1e-5,
    )
    alone = max(np.abs(a - b).max() / b.max() for a, b in zip(ends[0], ends[2], strict=True))
    verify(id="D16", quantity="vacancies against a single species", measured=alone, expected=0.0, tolerance=1e-5)


def test_flux_of_few_vacancies_is_that_of_a_single_species(verify: Verification) -> None:
    model = driven(0.0, lattice(1e-12, 0.3, (FAST, FAST)))
    single = replace(model, lattice=None, species=(Species("vacancy", 1, 1e-12 * SITES, FAST, 0.0),))
    rng = np.random.default_rng(1)
    values, alone = np.zeros(model.system.unknowns.size), np.zeros(single.system.unknowns.size)
    fields, own = model.unknowns.nodal(values), single.unknowns.nodal(alone)
    own[:] = 5 * rng.normal(size=own.shape[1]), np.exp(rng.normal(size=own.shape[1]))
    fields[:2], fields[2] = own, rng.uniform(0, 1, own.shape[1])
    (law,), (other,) = model.system.laws, single.system.laws
    assert isinstance(law, LatticeExchange) and isinstance(other, DriftDiffusion)
    flux, expected = dict(law.fluxes(values))[0], dict(other.fluxes(alone))[0]
    worst = float(np.abs(flux - expected).max() / np.abs(expected).max())
    what = "flux of few vacancies against that of a single species, any composition"
    verify(id="D16", quantity=what, measured=worst, expected=0.0, tolerance=1e-10)


@pytest.mark.parametrize("filling", [1e-3, 0.5])
def test_the_flux_of_vacancies_is_blind_to_composition_where_mobilities_are_equal(
    filling: float, verify: Verification
) -> None:
    """At any filling, potential and composition: that of one halide is that of any mixture."""
    model = driven(0.0, lattice(filling, 0.3, (FAST, FAST)))
    values, rng, found = np.zeros(model.system.unknowns.size), np.random.default_rng(1), []
    fields, (law,) = model.unknowns.nodal(values), model.system.laws
    fields[:2] = 5 * rng.normal(size=fields.shape[1]), rng.uniform(0, 1 / filling, fields.shape[1])
    for share in (np.zeros(fields.shape[1]), rng.uniform(0, 1, fields.shape[1])):
        fields[2] = share * (1 - filling * fields[1])
        found.append(dict(law.fluxes(values))[0].copy())
    worst = float(np.abs(found[1] - found[0]).max() / np.abs(found[0]).max())
    what = (
        f"flux of vacancies in a mixture against that in one halide, equal mobilities, {filling:g} of the sites empty"
    )
    verify(id="D16", quantity=what, measured=worst, expected=0.0, tolerance=1e-14)


def test_equilibrium_does_not_depend_on_barriers(verify: Verification) -> None:
    """Barriers that differ from grain to grain and between the halides, swapped or not, lead to the same end."""
    ends = []
    uneven = {"grain_0": 0.30 * eV, "grain_1": 0.36 * eV}
    for first, second in ((uneven, 0.31 * eV), (0.31 * eV, uneven), (0.3 * eV, 0.3 * eV)):
        ends.append(states(film_of_grains(first, second, 0.4, lines=False), [1e9], 1e-4)[-1])
    for one, name in zip(ends[:2], ("first", "second"), strict=True):
        worst = float(np.abs(one.concentrations[0] / ends[2].concentrations[0] - 1).max())
        what = f"vacancies at rest, uneven barriers of the {name} halide against even ones"
        verify(id="D16", quantity=what, measured=worst, expected=0.0, tolerance=1e-6)
        assert np.abs(one.share - 0.4).max() < 1e-6
        np.testing.assert_allclose(one.potential, ends[2].potential, atol=1e-8)


def film_of_grains(
    first: object, second: object, share: object, volts: float = 0.1, lines: bool = True
) -> PoissonNernstPlanck:
    mesh = rectangle(np.linspace(0, 60, 7) * nm, graded(80 * nm, 1 * nm, largest=10 * nm), lines=(30 * nm,))
    bands = (Halide("iodide", 6.5e-8, first), Halide("bromide", 6.5e-8, second))  # type: ignore[arg-type]
    drawn = {"grain_0": 0.0, "grain_1": -0.02 * eV, **({"grain_boundary": -0.05 * eV} if lines else {})}
    sites = HalideLattice(1e-4 * SITES, SITES, share, bands, vacancy_segregation=drawn)  # type: ignore[arg-type]
    contacts = (Contact("bottom", step(volts)), Contact("top", 0.0))
    layers = (boundary_lines(4 * nm),) if lines else ()
    return PoissonNernstPlanck(mesh, Material("film", 18.0), (), contacts, layers=layers, lattice=sites)


def test_grains_of_two_compositions_mix_along_their_boundary(verify: Verification) -> None:
    barriers = {"grain_0": 0.45 * eV, "grain_1": 0.45 * eV, "grain_boundary": 0.30 * eV}
    model = film_of_grains(barriers, 0.5 * eV, lambda x, y: np.where(y < 40 * nm, 0.3, 0.7), 2.0)
    start, law = halides(model, model.initial_state()), model.system.laws[-1]
    assert isinstance(law, LatticeExchange)
    worst, least = 0.0, 0.0
    for output in evolve(model, np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 9)])):
        worst = max(worst, float(np.abs(halides(model, output.state) / start - 1).max()))
        made = law.dissipation(values_of(model, output.state.potential, output.state.concentrations))
        least = min(least, float(made.min() / made.sum()))
        assert output.state.share.min() > 0.3 - 1e-3 and output.state.share.max() < 0.72
    verify(
        id="D16",
        quantity="drift of the halides, two grains and their boundary",
        measured=worst,
        expected=0.0,
        tolerance=1e-11,
    )
    verify(
        id="D16",
        quantity="least entropy made on an edge, over the whole",
        measured=-least,
        expected=0.0,
        tolerance=1e-12,
    )


def test_a_fast_surface_mixes_the_grain_below_it() -> None:
    """Halides of a grain 10 nm thick that hardly move in it go round by its surface."""
    sides = {"surface_lines": lambda p: p[0] < 1e-12}
    mesh = column(np.linspace(0, 80 * nm, 41)).with_boundaries(sides).with_subdomains({"film": lambda p: p[0] > -1})
    left = []
    for surface in (0.40 * eV, 0.20 * eV):
        bands = [Halide(name, 1e-8, {"film": 0.40 * eV, "surface": surface}) for name in ("iodide", "bromide")]
        sites = HalideLattice(1e-4 * SITES, SITES, lambda x, y: np.where(y < 40 * nm, 0.3, 0.7), (bands[0], bands[1]))
        model = PoissonNernstPlanck(mesh, Material("film", 18.0), (), BLOCKING, layers=(surface_lines(2 * nm),),
                                    lattice=sites)  # fmt: skip
        end = states(model, [1000.0])[-1]
        assert halides(model, end) == pytest.approx(halides(model, model.initial_state()), rel=1e-12, abs=0.0)
        left.append(float(np.ptp(end.share)))
    assert left[0] > 0.35 and left[1] < 0.02


def test_an_edge_that_loses_entropy_stops_the_run() -> None:
    """Flat triangles on both sides of an edge make it negative: halides would run uphill along it."""
    corners = np.array([[0, 0], [10, 0], [5, 1], [5, -1], [-5, 0], [15, 0]]).T * nm
    cells = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 4], [0, 3, 4], [1, 2, 5], [1, 3, 5]]).T
    mesh = MeshTri(corners, cells).with_boundaries({"bottom": lambda p: p[1] < 0})
    model = film(mesh, lattice(1e-3, lambda x, y: np.clip(x / (10 * nm), 0.1, 0.9)), (Contact("bottom", 0.0),))
    with pytest.raises(SolverError, match="loses entropy on edge 8 of the mesh"):
        model.initial_state()


def values_of(model: PoissonNernstPlanck, potential: Array, concentrations: Array) -> Array:
    """The unknowns that a state stands for."""
    values = np.zeros(model.unknowns.size)
    fields = model.unknowns.nodal(values)
    fields[0], fields[1:] = potential / model.unknowns.thermal_voltage, concentrations / model.unknowns.unit[:, None]
    return values


def test_the_start_has_the_composition_as_deposited_and_vacancies_at_rest() -> None:
    model = film_of_grains(0.3 * eV, 0.35 * eV, lambda x, y: 0.2 + 0.5 * (y > 40 * nm), 0.0)
    state = model.initial_state()
    far = np.abs(model.mesh.p[1] - 40 * nm) > 8 * nm
    np.testing.assert_allclose(state.share[far], 0.2 + 0.5 * (model.mesh.p[1, far] > 40 * nm), rtol=1e-12)
    assert state.concentrations[0].max() > 1.2 * state.concentrations[0].min()  # drawn to the boundary
    assert state.share.min() == pytest.approx(0.2) and state.share.max() == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interaction": 60e-3 * eV}, "exceeds 2 kT"),
        ({"vacancy": 2 * SITES}, "below the"),
        ({"share": 1.2}, "between 0 and 1"),
        ({"site_density": -1.0}, "greater than zero"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        film(even(20 * nm, 2 * nm), replace(lattice(1e-4, 0.5), **change))  # type: ignore[arg-type]
