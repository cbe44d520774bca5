"""Grain boundaries and surfaces as thin layers: absent when like the grains, parallel paths, Fisher and Whipple."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from irregular_films import VACANCY, film, graded, one_sided, rectangle, with_strips
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import erfc
from skfem import MeshTri
from verification import Verification

from fem.constants import boltzmann, eV, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact, Reservoir
from fem.physics.drives.drive import step
from fem.physics.layers import ThinLayer, boundary_lines, surface_lines
from fem.physics.materials import Material
from fem.physics.species import Species, Sublattice
from fem.state import State

Array = NDArray[np.float64]

KT = boltzmann * 300.0
WIDTH = 3 * nm
BULK = 0.58 * eV
GRAINS = ("grain_0", "grain_1", "grain_2")
TIMES = np.array([0.0, 1e-3, 0.1, 3.0, 100.0])
FIELDS = ("potential", "concentrations", "contact_charge", "contact_current")


def crossed_film(jitter: float = 0.2) -> MeshTri:
    """Three grains side by side: two boundaries along the field, and the right rim as a free surface."""
    x = np.array([0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80]) * nm
    mesh = rectangle(x, graded(120 * nm, 1.5 * nm, largest=12 * nm), jitter, lines=(24 * nm, 56 * nm))
    return mesh.with_boundaries({"surface_lines": lambda p: p[0] > 80 * nm - 1e-15})


def vacancy(
    barrier: float, region: str = "grain_boundary", segregation: float = 0.0, sites: Sublattice | None = None
) -> Species:
    grains = {"grain_0": BULK, "grain_1": BULK, "grain_2": BULK}
    attraction = {**dict.fromkeys(grains, 0.0), region: segregation}
    return replace(
        VACANCY, activation_energy={**grains, region: barrier}, segregation_energy=attraction, sublattice=sites
    )


def run(mesh: MeshTri, ion: Species, layers: tuple[ThinLayer, ...] = ()) -> list[State]:
    contacts = (Contact("bottom", 0.0), Contact("top", step(0.8), {"vacancy": Reservoir(1e-10, 2e24)}))
    return [output.state for output in evolve(film(mesh, (ion,), contacts, layers), TIMES)]


@pytest.mark.parametrize("sites", [None, Sublattice("sites", 6e24)], ids=["dilute", "lattice"])
@pytest.mark.parametrize(
    ("layer", "region"), [(boundary_lines(WIDTH), "grain_boundary"), (surface_lines(WIDTH), "surface")]
)
def test_a_layer_like_its_grains_is_not_there(layer: ThinLayer, region: str, sites: Sublattice | None) -> None:
    """Equal barriers: the boundary disappears from every field, bit by bit."""
    mesh = crossed_film()
    without = run(mesh, replace(VACANCY, activation_energy=BULK, sublattice=sites))
    for one, other in zip(run(mesh, vacancy(BULK, region, sites=sites), (layer,)), without, strict=True):
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert np.ptp(without[-1].concentrations) > 1e24


def test_a_layer_that_nothing_mentions_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing has a value of its own in the thin layer 'grain_boundary'"):
        run(crossed_film(), replace(VACANCY, activation_energy=BULK), (boundary_lines(WIDTH),))


def test_a_layer_takes_part_of_a_function_of_position() -> None:
    def hills(x: Array, y: Array) -> Array:
        return BULK + 0.02 * eV * np.sin(x / (10 * nm))

    barriers: Field = {**dict.fromkeys(GRAINS, hills), "grain_boundary": 0.4 * eV}
    fast = film(crossed_film(), (replace(VACANCY, activation_energy=barriers),), layers=(boundary_lines(WIDTH),))
    own = fast.transports[0].inserted_widths[0]
    assert ((own > 0.9 * WIDTH) & (own < WIDTH)).all()
    assert np.ptp(fast.activation_energy_cells) > 0.02 * eV


@pytest.mark.parametrize("same", [True, False])
def test_charge_and_permittivity_of_a_layer_count_as_far_as_they_differ_from_the_grains(same: bool) -> None:
    mesh, density = crossed_film(), 3e23
    own = density if same else 4 * density
    charged = {**dict.fromkeys(GRAINS, density), "grain_boundary": own}
    polar = {**dict.fromkeys(GRAINS, 24.0), "grain_boundary": 24.0 if same else 80.0}
    stated = Material("film", polar, fixed_charge=charged)
    ions = (replace(VACANCY, activation_energy=BULK),)
    contacts = (Contact("bottom", 0.0), Contact("top", 1.0))
    lined = PoissonNernstPlanck(mesh, stated, ions, contacts, layers=(boundary_lines(WIDTH),))
    plain = PoissonNernstPlanck(mesh, Material("film", 24.0, fixed_charge=density), ions, contacts)
    facets = mesh.boundaries["grain_boundary_lines"]
    lengths = lined.control_volumes.lengths[facets]
    added = (lined.system.poisson.fixed_charge - plain.system.poisson.fixed_charge).sum()
    np.testing.assert_allclose(
        added, (own - density) * WIDTH * lengths.sum(), rtol=1e-9, atol=1e-9 * density * WIDTH**2
    )
    gained = (lined.system.poisson.weights - plain.system.poisson.weights)[facets] * lengths
    np.testing.assert_allclose(gained, 0.0 if same else 56.0 * vacuum_permittivity * WIDTH, rtol=1e-9, atol=1e-30)


def test_segregation_to_a_line_and_a_limit_of_sites_are_not_combined() -> None:
    attracted = replace(
        VACANCY,
        segregation_energy={**dict.fromkeys(GRAINS, 0.0), "grain_boundary": -0.1 * eV},
        sublattice=Sublattice("halide sites", 1e27),
    )
    with pytest.raises(ValueError, match="cannot be combined"):
        film(crossed_film(), (attracted,), layers=(boundary_lines(WIDTH),))


def test_a_meshed_strip_like_its_grains_is_not_there() -> None:
    mesh = with_strips(crossed_film(), {"grain_boundary": lambda p: np.abs(p[0] - 28 * nm) < 4 * nm})
    barriers = {"grain_interior": BULK, "grain_boundary": BULK}
    same = run(mesh, replace(VACANCY, activation_energy=barriers, segregation_energy=dict.fromkeys(barriers, 0.0)))
    for one, other in zip(same, run(mesh, replace(VACANCY, activation_energy=BULK)), strict=True):
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- parallel paths: Hart ---------------------------------------------------------------------------------------------


def conductance(model: PoissonNernstPlanck) -> float:
    """Ions that a uniform field drives through a film of uniform ``c / s``, over ``e c E / kT`` [m^3/s per metre]."""
    system, mesh = model.system.driven_by(model.pieces(0.0)), model.mesh
    values = np.zeros(model.unknowns.size)
    fields = model.unknowns.nodal(values)
    height = float(np.ptp(mesh.p[1]))
    fields[0] = 1e-3 * mesh.p[1] / height
    fields[1] = model.transports[0].enrichment
    inflow = model.unknowns.nodal(system.residual(0.0, values))[1]
    bottom = mesh.p[1] < 1e-15
    top = mesh.p[1] > height - 1e-15
    assert inflow[bottom].sum() == pytest.approx(-inflow[top].sum(), rel=1e-10, abs=0.0)
    assert np.abs(inflow[~bottom & ~top]).max() < 1e-9 * inflow[bottom].sum()
    return float(inflow[bottom].sum() * height / 1e-3)


@pytest.mark.parametrize("segregation", [0.0, -0.05 * eV])
@pytest.mark.parametrize("barrier", [0.30 * eV, 0.50 * eV, 0.575 * eV])
@pytest.mark.parametrize(
    ("layer", "region", "number"),
    [(boundary_lines(WIDTH), "grain_boundary", 2), (surface_lines(WIDTH), "surface", 1)],
)
def test_boundaries_along_the_field_conduct_in_parallel(
    layer: ThinLayer, region: str, number: int, barrier: float, segregation: float, verify: Verification
) -> None:
    """Hart's parallel mean through Fisher's excess, ``W D + n delta (s D_b - D)``, on any triangles."""
    model = film(crossed_film(), (vacancy(barrier, region, segregation),), layers=(layer,))
    bulk, fast = (6.5e-8 * np.exp(-energy / KT) for energy in (BULK, barrier))
    expected = 80 * nm * bulk + number * WIDTH * (np.exp(-segregation / KT) * fast - bulk)
    quantity = f"parallel conductance, {region}, {barrier / eV:g} eV, segregation {segregation / eV:g} eV"
    verify(id="D8", quantity=quantity, measured=conductance(model), expected=expected, tolerance=1e-10)


def test_steady_diffusion_along_a_boundary_adds_up() -> None:
    """From reservoir to reservoir without field: the profile is straight, the flux that of the whole cross-section."""
    dilute = replace(vacancy(0.45 * eV), concentration=1e12)
    walls = [Reservoir(1e-3, 2e12), Reservoir(1e-3, 1e12)]
    contacts = tuple(Contact(name, 0.0, {"vacancy": w}) for name, w in zip(("bottom", "top"), walls, strict=True))
    model = film(crossed_film(), (dilute,), contacts, (boundary_lines(WIDTH),))
    bulk, fast = (6.5e-8 * np.exp(-energy / KT) for energy in (BULK, 0.45 * eV))
    slowest = (120 * nm) ** 2 / bulk
    before, after = [o.state for o in evolve(model, slowest * np.array([0.0, 20.0, 30.0]), 1e-4)][1:]
    profile = 1e12 * (2 - model.mesh.p[1] / (120 * nm))
    np.testing.assert_allclose(after.concentrations[0], profile, rtol=2e-5)
    flux = (after.exchanged - before.exchanged)[:, 0] / (10 * slowest)
    expected = (80 * nm * bulk + 2 * WIDTH * (fast - bulk)) * 1e12 / (120 * nm)
    np.testing.assert_allclose(flux, [expected, -expected], rtol=2e-5)


def test_each_boundary_can_have_its_own_barrier(verify: Verification) -> None:
    """``boundary_0_1`` overrides ``grain_boundary`` on its facets only."""
    ion = vacancy(0.50 * eV)
    assert isinstance(ion.activation_energy, dict)
    special = replace(ion, activation_energy={**ion.activation_energy, "boundary_0_1": 0.40 * eV})
    model = film(crossed_film(), (special,), layers=(boundary_lines(WIDTH),))
    bulk, one, other = (6.5e-8 * np.exp(-energy / KT) for energy in (BULK, 0.40 * eV, 0.50 * eV))
    expected = 80 * nm * bulk + WIDTH * (one - bulk) + WIDTH * (other - bulk)
    quantity = "parallel conductance, two boundaries with barriers of their own"
    verify(id="D8", quantity=quantity, measured=conductance(model), expected=expected, tolerance=1e-10)


# --- ions run ahead ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "region", "place"),
    [(boundary_lines(WIDTH), "grain_boundary", 24 * nm), (surface_lines(WIDTH), "surface", 80 * nm)],
)
def test_ions_run_ahead_along_a_faster_layer(layer: ThinLayer, region: str, place: float) -> None:
    """A reservoir feeds the film from below: the front is far along the layer before the grain has seen anything."""
    ion = replace(vacancy(0.40 * eV, region), concentration=1e12)
    contacts = (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-6, 1e13)}), Contact("top", 0.0))
    model = film(crossed_film(), (ion,), contacts, (layer,))
    bulk = 6.5e-8 * np.exp(-BULK / KT)
    time = (5 * nm) ** 2 / bulk  # the grain's own front is 5 nm deep
    state = list(evolve(model, np.array([0.0, time]), 1e-3))[-1].state
    x, y = model.mesh.p
    level = state.concentrations[0] / 1e12
    along = (np.abs(x - place) < 1e-12) & (np.abs(y - 60 * nm) < 15 * nm)
    inside = (np.abs(x - 40 * nm) < 4 * nm) & (np.abs(y - 60 * nm) < 15 * nm)
    assert level[along].min() > 3.0
    assert level[inside].max() < 1.6
    # ahead on the layer, behind it beside: the concentration falls away from the layer on either side
    beside = (np.abs(np.abs(x - place) - 8 * nm) < 3 * nm) & (np.abs(y - 60 * nm) < 15 * nm)
    assert level[along].mean() > level[beside].mean() > level[inside].mean()


def test_a_faster_boundary_shows_in_the_maps_of_a_biased_film() -> None:
    """Blocking contacts: the electrode is depleted first where the boundary ends; in the end it is equal everywhere."""
    fast = run_blocking(vacancy(0.40 * eV))
    x, y = crossed_film().p
    near_top = y > 119 * nm
    boundary, grain = np.abs(x - 24 * nm) < 1e-12, np.abs(x - 40 * nm) < 1e-12
    early = fast[1].concentrations[0]
    depleted_first = early[near_top & boundary].mean() / early[near_top & grain].mean()
    assert depleted_first < 0.9
    late = fast[-1].concentrations[0]
    assert late[near_top & boundary].mean() == pytest.approx(late[near_top & grain].mean(), rel=0.05, abs=0.0)


def run_blocking(ion: Species) -> list[State]:
    contacts = (Contact("bottom", 0.0), Contact("top", step(0.2)))
    model = film(crossed_film(), (ion,), contacts, (boundary_lines(WIDTH),))
    return [output.state for output in evolve(model, np.array([0.0, 0.05, 2e3]), 1e-3)]


# --- Fisher's geometry ------------------------------------------------------------------------------------------------


def whipple(depth: float, beta: float, ratio: float) -> float:
    """Whipple's c / c0 on the boundary at ``eta = y / sqrt(D t)``, constant source (doi:10.1080/14786441208561131)."""

    def integrand(sigma: float) -> float:
        across = 0.5 * np.sqrt((ratio - 1) / (ratio - sigma)) * (sigma - 1) / beta
        return float(sigma**-1.5 * np.exp(-(depth**2) / (4 * sigma)) * erfc(across))

    pieces = np.unique(np.clip([1.0, 1 + beta / 10, 1 + beta, 1 + 4 * beta, 1 + 12 * beta], 1.0, ratio * (1 - 1e-12)))
    integral = sum(quad(integrand, a, b, limit=400)[0] for a, b in pairwise(pieces))
    return float(erfc(depth / 2) + depth / (2 * np.sqrt(np.pi)) * integral)


@cache
def penetration(beta: float, spread: float = 100 * nm, width: float = 1 * nm) -> tuple[Array, Array, Array, float]:
    """Depths in ``sqrt(D t)``, c / c0 on a boundary, its mean across the film, and D_b / D.

    Half of a symmetric film is computed: the boundary is its left rim, with half of its width.
    """
    ratio = 1 + beta * 2 * spread / width
    deepest = 9.0 * spread * np.sqrt(beta)
    x = one_sided(8 * spread, 0.25 * width, 1.16)
    y = one_sided(deepest, 0.01 * spread, 1.08)
    mesh = rectangle(x, y, jitter=0.0).with_boundaries({"grain_boundary_lines": lambda p: p[0] < 1e-15})
    faster = KT * np.log(ratio)
    ion = replace(VACANCY, concentration=1e8, activation_energy={"grain_0": BULK, "grain_boundary": BULK - faster})
    contacts = (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-3, 1e12)}),)
    model = film(mesh, (ion,), contacts, (boundary_lines(width / 2),))
    time = spread**2 / (6.5e-8 * np.exp(-BULK / KT))
    state = list(evolve(model, np.array([0.0, time]), 1e-3))[-1].state
    assert np.abs(state.potential).max() < 1e-6 * thermal_voltage(300.0)
    share = ((state.concentrations[0] - 1e8) / (1e12 - 1e8)).reshape(len(x), len(y))
    return y / spread, share[0], np.trapezoid(share, x, axis=0), ratio


@pytest.mark.slow
@pytest.mark.parametrize("beta", [10.0, 100.0, 1000.0])
def test_penetration_along_a_boundary_follows_whipple(beta: float, verify: Verification) -> None:
    depths, found, _, ratio = penetration(beta)
    for reduced in (0.25, 0.5, 1.0, 2.0, 4.0):
        depth = reduced * np.sqrt(beta)
        # the profile falls as exp(-eta): interpolate its logarithm
        measured = float(np.exp(np.interp(depth, depths, np.log(found))))
        expected = whipple(depth, beta, ratio)
        quantity = f"c / c0 on a boundary, beta = {beta:g}, at {reduced:g} penetration depths"
        verify(id="D9", quantity=quantity, measured=measured, expected=expected, tolerance=0.015)


@pytest.mark.slow
def test_le_claire_recovers_the_product_of_width_and_diffusivity(verify: Verification) -> None:
    """Slope of ln(mean c) over y^(6/5); the prefactor 1.322 holds within 6 % (doi:10.1088/0508-3443/14/6/317)."""
    beta = 100.0
    depths, _, mean, _ = penetration(beta)
    reduced = depths / np.sqrt(beta)
    window = (reduced > 3) & (reduced < 7)
    slope = np.polyfit(depths[window] ** 1.2, np.log(mean[window]), 1)[0]
    # delta D_b in units of D sqrt(D t) is 2 beta, so s delta D_b = 1.322 sqrt(D / t) slope^(-5/3) becomes
    measured = 1.322 * (-slope) ** (-5 / 3) / (2 * beta)
    verify(
        id="D9", quantity="Le Claire's delta D_b over the true value", measured=measured, expected=1.0, tolerance=0.06
    )


def test_whipple_integral_has_its_limits() -> None:
    """The oracle itself: at the surface c = c0, and for a slow boundary the grain's error function."""
    assert whipple(1e-9, 30.0, 5000.0) == pytest.approx(1.0, abs=1e-6)
    assert whipple(1.5, 1e-4, 1.02) == pytest.approx(erfc(0.75), rel=2e-2, abs=0.0)


# --- what a layer cannot be -------------------------------------------------------------------------------------------


def test_a_layer_slower_than_its_grains_is_refused_with_a_way_out() -> None:
    way_out = r"vacancy.*'grain_boundary' transports less.*two_sided=True.*Strips.*activation energy"
    with pytest.raises(ValueError, match=way_out):
        film(crossed_film(), (vacancy(0.62 * eV),), layers=(boundary_lines(WIDTH),))
    repelled = vacancy(BULK, segregation=0.05 * eV)
    with pytest.raises(ValueError, match="transports less"):
        film(crossed_film(), (repelled,), layers=(boundary_lines(WIDTH),))


def test_a_layer_on_unknown_facets_is_refused() -> None:
    with pytest.raises(ValueError, match=r"grain_boundry.*grain_boundary_lines"):
        film(crossed_film(), (VACANCY,), layers=(ThinLayer("grain_boundry_lines", WIDTH, "grain_boundary"),))


def test_a_layer_that_is_also_meshed_as_cells_is_refused() -> None:
    mesh = with_strips(crossed_film(), {"grain_boundary": lambda p: np.abs(p[0] - 28 * nm) < 4 * nm})
    with pytest.raises(ValueError, match="meshed as cells"):
        film(mesh, (VACANCY,), layers=(boundary_lines(WIDTH),))


@pytest.mark.parametrize("width", [0.0, -1e-9, np.nan, np.inf])
def test_a_layer_needs_a_width(width: float) -> None:
    with pytest.raises(ValueError, match="width of the thin layer"):
        boundary_lines(width)
