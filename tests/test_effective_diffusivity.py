"""Effective diffusivity of a film: slabs, brick layers, Voronoi grains, their bounds and the formulas for them."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from irregular_films import VACANCY, one_sided, rectangle, with_strips
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve
from skfem import MeshTri
from verification import Order, Verification, observed_order

from fem.constants import boltzmann, eV, nm, um
from fem.measurements.conductances import Conductances
from fem.measurements.effective_diffusivity import EffectiveDiffusivity, effective_diffusivity, measured
from fem.measurements.effective_medium import (
    boundary_fraction,
    brick_layer,
    hart,
    hashin_shtrikman,
    maxwell_garnett,
    series,
    wiener,
)
from fem.measurements.homogenised import homogenised_diffusivity
from fem.measurements.rim import Rim
from fem.measurements.steady import SteadyFilm
from fem.physics.layers import boundary_lines
from fem.physics.species import Species
from meshes import Lines, MeshSizes, Polycrystal, Strips, triangulate, voronoi
from meshes.two_sided import two_sided

Array = NDArray[np.float64]

KT = boltzmann * 300.0
WIDTH = 4 * nm
ENRICHMENT = float(np.exp(0.05 * eV / KT))


def vacancy(ratio: float, enrichment: float = 1.0) -> Species:
    """D = 1 in grains and `ratio` in boundaries, which the ion prefers by a factor `enrichment`."""
    energies = {"grain_interior": 0.0, "grain_boundary": -KT * np.log(enrichment)}
    speeds = {"grain_interior": 1.0, "grain_boundary": ratio}
    return replace(VACANCY, activation_energy=0.0, diffusivity_prefactor=speeds, segregation_energy=energies)


def slabs(strips: bool, split: bool = False) -> MeshTri:
    """Irregular triangles with two vertical boundaries, 4 nm strips or lines, in a film of 100 nm x 60 nm."""
    edges = (30, 34, 70, 74) if strips else (32, 72)
    x = np.unique(np.concatenate([np.linspace(a, b, 1 + max(2, (b - a) // 5)) for a, b in pairwise((0, *edges, 100))]))
    mesh = rectangle(x * nm, np.linspace(0, 60, 9) * nm, lines=tuple(edge * nm for edge in edges))
    if strips:
        middle = {"grain_boundary": lambda p: np.abs(np.abs(p[0] - 52 * nm) - 20 * nm) < 2 * nm}
        return with_strips(mesh, middle)
    mesh = mesh.with_subdomains({"grain_interior": lambda p: p[0] > -1.0})
    return (
        two_sided(mesh, (mesh.p[0, mesh.t].mean(axis=0)[:, None] > np.array(edges) * nm).sum(axis=1)) if split else mesh
    )


# --- slabs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enrichment", [1.0, ENRICHMENT])
@pytest.mark.parametrize("ratio", [1e4, 1.5])
@pytest.mark.parametrize("strips", [True, False], ids=["strips", "lines"])
def test_slabs_along_the_flux_add_up_as_in_hart(
    strips: bool, ratio: float, enrichment: float, verify: Verification
) -> None:
    layers = () if strips else (boundary_lines(WIDTH),)
    found = effective_diffusivity(slabs(strips), vacancy(ratio, enrichment), 300.0, layers)
    expected = hart(1.0, ratio, 0.08, enrichment)
    quantity = (
        f"parallel {'strips' if strips else 'lines'}, D_b / D_g = {ratio:g}, s = {enrichment:.3g}: D_eff over Hart's"
    )
    measured_d = found.between_electrodes[1]
    verify(id="D8", quantity=quantity, measured=measured_d / expected, expected=1.0, tolerance=1e-10)
    assert found.periodic is not None
    assert found.periodic[1, 1] == pytest.approx(expected, rel=1e-10, abs=0.0)
    assert found.boundary_share is not None
    held = 0.08 * enrichment * ratio
    assert found.boundary_share[1] == pytest.approx(held / (held + 0.92), rel=1e-10, abs=0.0)


@pytest.mark.parametrize("enrichment", [1.0, ENRICHMENT])
@pytest.mark.parametrize("ratio", [100.0, 0.01])
def test_strips_across_the_flux_hold_up_in_series(ratio: float, enrichment: float, verify: Verification) -> None:
    found = effective_diffusivity(slabs(strips=True), vacancy(ratio, enrichment))
    expected = series(1.0, enrichment * ratio, 0.08) / (0.92 + enrichment * 0.08)
    quantity = f"series strips, D_b / D_g = {ratio:g}, s = {enrichment:.3g}: D_eff over Wiener's"
    measured_d = found.between_electrodes[0]
    verify(id="D8", quantity=quantity, measured=measured_d / expected, expected=1.0, tolerance=1e-10)
    assert found.periodic is not None
    np.testing.assert_allclose(found.periodic[0], [expected, 0.0], rtol=1e-10, atol=1e-10 * expected)
    assert found.boundary_share is not None
    assert found.boundary_share[0] == pytest.approx(0.08, rel=1e-10, abs=0.0)


def test_slow_lines_with_two_sides_hold_up_in_series() -> None:
    found = effective_diffusivity(slabs(False, split=True), vacancy(0.01), 300.0, (boundary_lines(WIDTH),))
    assert found.between_electrodes[0] == pytest.approx(series(1.0, 0.01, 0.08), rel=1e-10, abs=0.0)
    assert found.periodic is not None
    assert found.periodic[0, 0] == pytest.approx(series(1.0, 0.01, 0.08), rel=1e-9, abs=0.0)
    assert found.periodic[1, 1] == pytest.approx(
        1.0, rel=1e-3, abs=0.0
    )  # the slab is inserted, the grains keep what they are
    assert found.wiener.lower == pytest.approx(series(1.0, 0.01, 0.08), rel=1e-9, abs=0.0)
    check_order(found)
    assert found.boundary_share is not None
    assert found.boundary_share[0] == pytest.approx(0.08, rel=1e-9, abs=0.0)


# --- brick layer ------------------------------------------------------------------------------------------------------


def quarter_brick(thickness: float, cells: int) -> MeshTri:
    """A quarter of a square grain with its boundaries, period 1, with even `cells` across half a boundary."""
    half = thickness / 2
    grain = round((0.5 - half) / half) * cells
    x = np.concatenate([np.linspace(0, half, cells + 1), np.linspace(half, 0.5, grain + 1)[1:]])
    mesh = rectangle(x, x, jitter=0.0)
    return with_strips(mesh, {"grain_boundary": lambda p: np.asarray((p < half).any(axis=0))})


def graded_quarter_brick(thickness: float, cells: int = 8) -> MeshTri:
    """The same, graded from both sides towards the corner of the grain."""
    half = thickness / 2
    strip = half - one_sided(half, half / (16 * cells), 1.3)[::-1]
    x = np.concatenate([np.abs(strip[:-1]), half + one_sided(0.5 - half, half / (8 * cells), 1.25)])
    mesh = rectangle(x, x, jitter=0.0)
    return with_strips(mesh, {"grain_boundary": lambda p: np.asarray((p < half).any(axis=0))})


def along(mesh: MeshTri, ratio: float) -> float:
    """Conductance along x between electrodes; that of the whole brick layer, which the quarter mirrors."""
    film = SteadyFilm(Conductances.of(mesh, vacancy(ratio), 300.0), Rim(mesh))
    return film.conducted_along(film.between_sides(0))


def finite_volumes(cells: int, thickness: float, ratio: float) -> float:
    """Brick layer by finite volumes on `cells` x `cells` squares of a period, harmonic means between them (oracle)."""
    n = cells // 2
    place = (np.arange(n) + 0.5) / cells
    inside = (place[:, None] < thickness / 2) | (place[None, :] < thickness / 2)
    s = np.where(inside, ratio, 1.0)
    number = np.arange(n * n).reshape(n, n)
    one = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    two = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    w = 2 / (1 / s.ravel()[one] + 1 / s.ravel()[two])
    places = (np.concatenate([one, two, one, two]), np.concatenate([one, two, two, one]))
    matrix = sparse.coo_array((np.concatenate([w, w, -w, -w]), places), shape=(n * n, n * n)).tocsc()
    low, high = np.zeros(n * n), np.zeros(n * n)
    low[number[0]], high[number[-1]] = 2 * s[0], 2 * s[-1]
    u = spsolve(matrix + sparse.diags_array(low + high).tocsc(), high)
    return float(high @ (1 - u))


@pytest.mark.parametrize(("ratio", "reference"), [(100.0, 6.066), (0.01, 0.1646)])
def test_brick_layer_of_squares_converges_between_its_bounds(
    ratio: float, reference: float, verify: Verification
) -> None:
    """At the grains' corners the solution goes as distance^0.674, so that the error falls as size^1.35, not size^2."""
    cells = (1, 2, 4)
    found = np.array([along(quarter_brick(0.05, n), ratio) for n in cells])
    bounds = brick_layer(1.0, ratio, 0.05)
    assert (bounds.lower < found).all() and (found < bounds.upper).all()
    volumes = np.array([finite_volumes(n, 0.05, ratio) for n in (40, 80, 160)])
    extrapolated = [values[-1] + (values[-1] - values[-2]) / (2**1.348 - 1) for values in (found, volumes)]
    order = Order(observed_order([1 / n for n in cells], np.abs(found - extrapolated[1]).tolist()), 1.2)
    what = f"brick layer of squares, boundary 0.05 of the period, {ratio:g} times as fast, D_eff / D_g extrapolated"
    verify(id="D8", quantity=f"{what}, against finite volumes extrapolated", measured=extrapolated[0],
           expected=extrapolated[1], tolerance=3e-4, order=order)  # fmt: skip
    assert finite_volumes(200, 0.05, ratio) == pytest.approx(reference, rel=2e-4, abs=0.0)
    verify(id="D8", quantity=f"{what}, against finite volumes on 200 x 200 cells", measured=extrapolated[0],
           expected=reference, tolerance=1e-3)  # fmt: skip


def test_exchanging_the_phases_of_a_brick_layer_inverts_it(verify: Verification) -> None:
    """Keller's theorem, J. Math. Phys. 5, 548 (1964): the products over both films are equal in two dimensions."""
    mesh = graded_quarter_brick(0.05)
    fast, slow = along(mesh, 100.0), along(mesh, 0.01)
    assert fast > 1 / slow  # both come out too high on any mesh, so that they bracket the truth
    verify(id="D8", quantity="brick layer, boundaries 100 times as fast times boundaries 100 times as slow",
           measured=fast * slow, expected=1.0, tolerance=5e-4)  # fmt: skip


def test_a_thin_brick_layer_has_the_limits_of_maxwell_garnett_and_hart(verify: Verification) -> None:
    shares = {}
    for thickness in (0.05, 0.0125, 0.003):
        mesh, f = graded_quarter_brick(thickness), boundary_fraction(thickness, 1.0)
        for ratio in (100.0, 0.01):
            shares[thickness, ratio] = along(mesh, ratio) / maxwell_garnett(1.0, ratio, f)
        shares[thickness, 1.001] = (along(mesh, 1.001) - 1) / (hart(1.0, 1.001, f) - 1)
        shares[thickness, 1e4] = (along(mesh, 1e4) - 1) / (hart(1.0, 1e4, f) - 1)
    for ratio in (100.0, 0.01):
        errors = [abs(shares[thickness, ratio] - 1) for thickness in (0.05, 0.0125, 0.003)]
        assert errors[0] > 4 * errors[1] > 16 * errors[2]
        what = f"brick layer, boundary 0.003 of the period, {ratio:g} times as fast: D_eff over Maxwell Garnett's"
        verify(id="D8", quantity=what, measured=shares[0.003, ratio], expected=1.0, tolerance=5e-4)
    what = "brick layer, boundary 0.003 of the period, {}: gain over Hart's"
    verify(id="D8", quantity=what.format("0.1 % faster"), measured=shares[0.003, 1.001], expected=1.0, tolerance=1e-3)
    # Of a fast network only the half that lies along the flux conducts: Hart's gain is twice too large.
    verify(
        id="D8", quantity=what.format("1e4 times as fast"), measured=shares[0.003, 1e4], expected=0.5, tolerance=4e-3
    )


@pytest.mark.parametrize("ratio", [1.2, 100.0, 1e4])
def test_a_square_network_of_lines_conducts_as_the_half_along_the_flux(ratio: float, verify: Verification) -> None:
    places = np.array([0.25, 0.75]) * um
    mesh = rectangle(np.linspace(0, 1, 13) * um, np.linspace(0, 1, 17) * um, jitter=0.0)
    lines = {"grain_boundary_lines": lambda p: (np.abs(p[:, None] - places[:, None]) < 1e-12).any(axis=(0, 1))}
    mesh = mesh.with_boundaries(lines, boundaries_only=False).with_subdomains({"grain_interior": lambda p: p[0] > -1.0})
    found = effective_diffusivity(mesh, vacancy(ratio), 300.0, (boundary_lines(WIDTH),))
    expected = 1 + 2 * WIDTH / um * (ratio - 1)
    quantity = f"square network of lines, D_b / D_g = {ratio:g}: D_eff over the parallel mean of half the network"
    verify(id="D8", quantity=quantity, measured=found.between_electrodes[0] / expected, expected=1.0, tolerance=1e-10)
    np.testing.assert_allclose(found.tensor, expected * np.eye(2), rtol=1e-9, atol=1e-9 * expected)


# --- irregular grains -------------------------------------------------------------------------------------------------


@cache
def grains() -> Polycrystal:
    return voronoi(2.5 * um, 2.5 * um, grains=80, seed=2)


@cache
def lined(ratio: float) -> EffectiveDiffusivity:
    mesh = triangulate(grains(), MeshSizes(30 * nm, 30 * nm, 60 * nm))
    return effective_diffusivity(mesh, vacancy(ratio), 300.0, (boundary_lines(WIDTH),))


def is_below(one: Array, other: Array) -> bool:
    """Whether one tensor is nowhere above the other, to round-off."""
    return bool(np.linalg.eigvalsh(other - one).min() > -1e-12 * np.abs(other).max())


def check_order(found: EffectiveDiffusivity) -> None:
    """Tensors are symmetric, positive and ordered as theory says, and the film lies inside its bounds."""
    tensors = [found.uniform_flux, found.tensor, found.linear_rim]
    for tensor in tensors:
        np.testing.assert_allclose(tensor, tensor.T, rtol=1e-9, atol=1e-11 * found.wiener.upper)
    for low, high in pairwise([found.wiener.lower * np.eye(2), *tensors, found.wiener.upper * np.eye(2)]):
        assert is_below(low, high)
    room = 1e-12 * found.wiener.upper
    assert (1 / np.diag(np.linalg.inv(found.uniform_flux)) < found.between_electrodes + room).all()
    assert (np.diag(found.linear_rim) > found.between_electrodes - room).all()
    assert found.wiener.lower > 0


@pytest.mark.parametrize("ratio", [10.0, 100.0, 1e4])
def test_a_voronoi_film_is_nearly_isotropic_and_inside_its_bounds(ratio: float, verify: Verification) -> None:
    found = lined(ratio)
    check_order(found)
    assert found.anisotropy < 1.1
    directions = found.principal_directions
    np.testing.assert_allclose(directions @ np.diag(found.principal_values) @ directions.T, found.tensor, rtol=1e-10)
    length_per_area = grains().grain_boundary_length / (2.5 * um) ** 2
    estimate = homogenised_diffusivity(1.0, ratio, WIDTH, 2 / length_per_area)
    assert estimate.lower < found.between_electrodes.mean() < estimate.upper == estimate.value
    quantity = f"80 Voronoi grains on lines, D_b / D_g = {ratio:g}: mean D_eff over the homogenised estimate"
    measured_d = float(found.between_electrodes.mean()) / estimate.value
    verify(id="D8", quantity=quantity, measured=measured_d, expected=1.0, tolerance=0.1)


def test_a_film_stretched_along_x_conducts_better_along_x() -> None:
    mesh = triangulate(grains(), MeshSizes(30 * nm, 30 * nm, 60 * nm))
    stretched = effective_diffusivity(mesh.scaled([4.0, 1.0]), vacancy(1e3), 300.0, (boundary_lines(WIDTH),))
    check_order(stretched)
    assert stretched.anisotropy > 2
    assert abs(stretched.principal_directions[0, 0]) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [100.0, 0.01])
def test_voronoi_strips_agree_with_lines_and_keep_within_hashin_and_shtrikman(
    ratio: float, verify: Verification
) -> None:
    sizes = MeshSizes(30 * nm, 30 * nm, 60 * nm)
    mesh = triangulate(grains(), sizes, boundaries=Strips(WIDTH, skin=4 * nm))
    strips = effective_diffusivity(mesh, vacancy(ratio))
    check_order(strips)
    assert strips.hashin_shtrikman is not None
    assert strips.hashin_shtrikman.lower < strips.between_electrodes.mean() < strips.hashin_shtrikman.upper
    line_mesh = triangulate(grains(), sizes, boundaries=Lines(two_sided=ratio < 1))
    lines = effective_diffusivity(line_mesh, vacancy(ratio), 300.0, (boundary_lines(WIDTH),))
    what = f"80 Voronoi grains, boundaries 4 nm and {ratio:g} times as fast: D_eff with lines over that with strips"
    share = float(lines.between_electrodes.mean() / strips.between_electrodes.mean())
    verify(id="D8", quantity=what, measured=share, expected=1.0, tolerance=0.02)
    assert lines.boundary_share is not None and strips.boundary_share is not None
    np.testing.assert_allclose(lines.boundary_share, strips.boundary_share, atol=0.01)


@pytest.mark.slow
def test_a_hundred_thousand_nodes_are_measured() -> None:
    n = 320
    mesh = rectangle(np.linspace(0, 1, n) * um, np.linspace(0, 1, n) * um, jitter=0.1)
    mesh = with_strips(mesh, {"grain_boundary": lambda p: (np.sin(40 * p[0] / um) * np.sin(40 * p[1] / um)) > 0.3})
    check_order(effective_diffusivity(mesh, vacancy(100.0)))


# --- sides and holes --------------------------------------------------------------------------------------------------


def test_a_slanted_laminate_has_its_principal_directions_along_and_across(verify: Verification) -> None:
    """Periodic stripes at 45 degrees: parallel mean along them, series mean across, exactly; seen as a full tensor."""
    x = np.linspace(0, 1, 11) * um

    def stripe(p: Array) -> NDArray[np.bool_]:
        return np.asarray((p[0] - p[1]) / um % 1.0 < 0.3)

    found = effective_diffusivity(with_strips(MeshTri.init_tensor(x, x), {"grain_boundary": stripe}), vacancy(50.0))
    check_order(found)
    assert found.periodic is not None and found.tensor is found.periodic
    expected = (hart(1.0, 50.0, 0.3), series(1.0, 50.0, 0.3))
    for value, exact, what in zip(found.principal_values, expected, ("along", "across"), strict=True):
        quantity = f"periodic stripes at 45 degrees, D_eff {what} them"
        verify(id="D8", quantity=quantity, measured=value, expected=exact, tolerance=1e-10)
    np.testing.assert_allclose(np.abs(found.principal_directions), np.sqrt(0.5), rtol=1e-10)
    assert found.tensor[0, 1] == pytest.approx((expected[0] - expected[1]) / 2, rel=1e-10, abs=0.0)
    assert found.between_electrodes[0] < 0.95 * found.tensor[0, 0]  # insulated sides stop the flux along the stripes


def test_a_film_with_one_periodic_pair_of_sides_is_held_at_the_other() -> None:
    mesh = slabs(strips=True)
    points = mesh.p.copy()
    side = np.flatnonzero((points[0] > 100 * nm - 1e-15) & (points[1] > 1e-15) & (points[1] < 60 * nm - 1e-15))
    points[1, side] += 1 * nm
    uneven = MeshTri(points, mesh.t).with_subdomains(mesh.subdomains)
    film = SteadyFilm(Conductances.of(uneven, vacancy(100.0), 300.0), Rim(uneven))
    assert not film.rim.is_periodic and measured(film).periodic is None
    mixed = film.conducted(film.periodic())
    assert mixed[1, 1] == pytest.approx(hart(1.0, 100.0, 0.08), rel=1e-10, abs=0.0)
    points[0, (points[1] > 60 * nm - 1e-15) & (points[0] > 1 * nm) & (points[0] < 99 * nm)] += 0.5 * nm
    neither = MeshTri(points, mesh.t).with_subdomains(mesh.subdomains)
    with pytest.raises(ValueError, match=r"left and right and bottom and top face each other.*periodic sides"):
        SteadyFilm(Conductances.of(neither, vacancy(100.0), 300.0), Rim(neither)).periodic()


def test_holes_take_away_conductance_and_room_for_ions() -> None:
    whole = rectangle(np.linspace(0, 1, 21) * um, np.linspace(0, 1, 21) * um, jitter=0.0)
    inside = np.abs(whole.p[:, whole.t].mean(axis=1) / um - 0.5).max(axis=0) < 0.2
    pierced = whole.remove_elements(np.flatnonzero(inside))
    ion = replace(VACANCY, activation_energy=0.0, diffusivity_prefactor=1.0)
    found = effective_diffusivity(pierced, ion)
    assert found.mean_enrichment == pytest.approx(0.84, rel=1e-12, abs=0.0)
    assert found.boundary_share is None and found.hashin_shtrikman is None and found.wiener.lower == 0.0
    # Maxwell's formula for insulating inclusions of share 0.16 is (1 - p) / (1 + p); square ones hinder a little more.
    assert 0.66 < found.between_electrodes[0] * 0.84 < 0.84 / 1.16
    corner = whole.remove_elements(np.flatnonzero((whole.p[:, whole.t].mean(axis=1) < 0.2 * um).all(axis=0)))
    with pytest.raises(ValueError, match=r"covers 0.8000 of the film's left side"):
        effective_diffusivity(corner, ion)


def test_a_uniform_film_has_one_diffusivity_under_all_conditions() -> None:
    ion = replace(VACANCY, activation_energy=0.3 * eV)
    mesh = rectangle(np.linspace(0, 80, 9) * nm, np.linspace(0, 60, 7) * nm)
    found = effective_diffusivity(mesh, ion, 310.0)
    expected = 6.5e-8 * np.exp(-0.3 * eV / (boltzmann * 310.0))
    for tensor in (found.linear_rim, found.uniform_flux, found.tensor, np.diag(found.between_electrodes)):
        np.testing.assert_allclose(tensor, expected * np.eye(2), rtol=1e-9, atol=1e-10 * expected)
    assert found.anisotropy == pytest.approx(1.0, rel=1e-9, abs=0.0)
    assert found.hashin_shtrikman is None


# --- formulas ---------------------------------------------------------------------------------------------------------


def test_formulas_agree_where_they_must() -> None:
    fraction = boundary_fraction(0.05, 1.0)
    assert fraction == pytest.approx(0.0975)
    assert boundary_fraction(1e-6, 1.0, 3) == pytest.approx(3e-6, rel=1e-5, abs=0.0)
    assert maxwell_garnett(1.0, 100.0, fraction) == pytest.approx(6.122, rel=1e-4, abs=0.0)
    assert maxwell_garnett(1.0, 0.01, fraction) == pytest.approx(0.1634, rel=1e-3, abs=0.0)
    assert maxwell_garnett(1.0, 7.0, 0.3, dimensions=1) == pytest.approx(series(1.0, 7.0, 0.3))
    for ratio, low, high in ((100.0, 5.999, 6.244), (0.01, 0.1602, 0.1667)):
        bounds = brick_layer(1.0, ratio, 0.05)
        assert (bounds.lower, bounds.upper) == pytest.approx((low, high), rel=3e-4, abs=0.0)
        outer, inner = wiener(1.0, ratio, fraction), hashin_shtrikman(1.0, ratio, fraction)
        assert outer.lower < inner.lower < maxwell_garnett(1.0, ratio, fraction) * (1 + 1e-15)
        assert bounds.lower < maxwell_garnett(1.0, ratio, fraction) < bounds.upper
        assert maxwell_garnett(1.0, ratio, fraction) * (1 - 1e-15) < inner.upper < outer.upper
    for formula in (hart, maxwell_garnett):
        assert formula(3.0, 3.0, 0.2) == pytest.approx(3.0)
        assert formula(2.0, 5.0, 0.0, 30.0) == pytest.approx(2.0)
        assert formula(2.0, 5.0, 1.0, 30.0) == pytest.approx(5.0)


def test_the_homogenised_film_is_refused_what_it_cannot_be() -> None:
    estimate = homogenised_diffusivity(1e-17, 1e-13, 4 * nm, 300 * nm, enrichment=3.0)
    assert estimate.lower < estimate.value < estimate.upper * (1 + 1e-12)
    assert estimate.value == maxwell_garnett(1e-17, 1e-13, estimate.boundary_fraction, 3.0)
    with pytest.raises(ValueError, match=r"thinner than the grains' period"):
        homogenised_diffusivity(1e-17, 1e-13, 4 * nm, 4 * nm)
    with pytest.raises(ValueError, match="diffusivity must be greater than zero"):
        homogenised_diffusivity(0.0, 1e-13, 4 * nm, 40 * nm)
    with pytest.raises(ValueError, match="share of area lies between 0 and 1"):
        hart(1.0, 2.0, 1.5)
    with pytest.raises(ValueError, match="1, 2 or 3 dimensions"):
        maxwell_garnett(1.0, 2.0, 0.5, dimensions=4)
    with pytest.raises(ValueError, match="1, 2 or 3 directions"):
        boundary_fraction(1.0, 10.0, 0)
