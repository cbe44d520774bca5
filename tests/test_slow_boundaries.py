"""Two-sided lines: boundaries slower than their grains resist what crosses them; fast ones are as with one side."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import VACANCY, film, graded, rectangle, with_strips
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from skfem import MeshTri
from verification import Verification

from fem.constants import boltzmann, elementary_charge, eV, nm, thermal_voltage, vacuum_permittivity
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.species import Species
from meshes import Lines, MeshSizes, Strips, triangulate, voronoi
from meshes.two_sided import two_sided

Array = NDArray[np.float64]
KT = boltzmann * 300.0
BULK, WIDTH = 0.40 * eV, 4 * nm
D_BULK = 6.5e-8 * np.exp(-BULK / KT)


def vacancy(barrier: float, **others: float) -> Species:
    grains = {f"grain_{k}": BULK for k in range(3)}
    return replace(VACANCY, activation_energy={**grains, "grain_boundary": barrier, **others})


def conductance(model: PoissonNernstPlanck, low: str = "left", high: str = "right") -> float:
    """Steady flux from side to side per unit difference of ``c / s``, per metre of depth [m^2/s]."""
    i, j = model.control_volumes.nodes
    weights, n = model.transports[0].weights, model.mesh.p.shape[1]
    rows, columns = np.concatenate([i, j, i, j]), np.concatenate([j, i, i, j])
    matrix = coo_array((np.concatenate([-weights, -weights, weights, weights]), (rows, columns)), shape=(n, n)).tocsr()
    sides = [np.unique(model.mesh.facets[:, model.mesh.boundaries[name]]) for name in (low, high)]
    values = np.zeros(n)
    values[sides[1]] = 1.0
    free = np.setdiff1d(np.arange(n), np.concatenate(sides))
    values[free] = spsolve(matrix[free][:, free].tocsc(), -(matrix @ values)[free])
    return float((matrix @ values)[sides[1]].sum())


def crossed(cells: int = 10, split: bool = True) -> MeshTri:
    """Boundaries at 24 and 56 nm across the flux from left to right in a film of 80 x 60 nm."""
    x, y = np.linspace(0, 80, cells + 1) * nm, np.linspace(0, 60, cells + 3) * nm
    mesh = rectangle(x, y, 0.2, lines=(24 * nm, 56 * nm))
    grains = np.zeros(mesh.t.shape[1], dtype=np.int64)
    for k in range(3):
        grains[mesh.subdomains[f"grain_{k}"]] = k
    return two_sided(mesh, grains) if split else mesh


def lined(ion: Species, **options: bool) -> PoissonNernstPlanck:
    return film(crossed(**options), (ion,), layers=(boundary_lines(WIDTH),))


def test_a_two_sided_mesh_has_each_boundary_twice() -> None:
    one, two = crossed(split=False), crossed()
    assert two.t.shape == one.t.shape
    np.testing.assert_array_equal(two.p[:, two.t], one.p[:, one.t])
    assert two.p.shape[1] == one.p.shape[1] + 2 * 13
    for name, members in one.boundaries.items():
        copies = np.sort(two.p[:, two.facets[:, two.boundaries[name]]].mean(axis=1), axis=1)
        original = np.sort(one.p[:, one.facets[:, members]].mean(axis=1), axis=1)
        twice = 2 if "boundary" in name else 1
        np.testing.assert_array_equal(copies, np.repeat(original, twice, axis=1))


@pytest.mark.parametrize("extra", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("segregation", [0.0, 0.05])
def test_boundaries_across_the_flux_resist_in_series(extra: float, segregation: float, verify: Verification) -> None:
    """Hart's series mean through the resistance, ``L / D + n delta (1 / (s D_b) - 1 / D)``, on any triangles."""
    attraction = {**{f"grain_{k}": 0.0 for k in range(3)}, "grain_boundary": segregation * eV}
    slow = replace(vacancy(BULK + extra * eV), segregation_energy=attraction)
    d_b = D_BULK * np.exp(-(extra + segregation) * eV / KT)
    expected = 60 * nm / (80 * nm / D_BULK + 2 * WIDTH * (1 / d_b - 1 / D_BULK))
    quantity = f"series conductance, lines with a barrier {extra:g} eV above, segregation {segregation:g} eV"
    verify(id="D8", quantity=quantity, measured=conductance(lined(slow)), expected=expected, tolerance=1e-8)


def test_only_the_slow_one_of_two_boundaries_resists() -> None:
    both = vacancy(BULK + 0.1 * eV, boundary_0_1=BULK)
    d_b = D_BULK * np.exp(-0.1 * eV / KT)
    expected = 60 * nm / (80 * nm / D_BULK + WIDTH * (1 / d_b - 1 / D_BULK) + 1e-3 * WIDTH / D_BULK)
    assert conductance(lined(both)) == pytest.approx(expected, rel=1e-8, abs=0.0)


def test_a_slow_boundary_along_the_flux_adds_its_own_slab() -> None:
    d_b = D_BULK * np.exp(-0.1 * eV / KT)
    expected = (80 * nm * D_BULK + 2 * WIDTH * (1 - d_b / D_BULK) * d_b) / (60 * nm)
    assert conductance(lined(vacancy(BULK + 0.1 * eV)), "bottom", "top") == pytest.approx(expected, rel=1e-10, abs=0.0)


@pytest.mark.parametrize("barrier", [BULK - 0.1 * eV, BULK - 0.01 * eV, BULK])
def test_a_fast_boundary_conducts_along_itself_as_with_one_side(barrier: float) -> None:
    ends = ("bottom", "top")
    one, two = conductance(lined(vacancy(barrier), split=False), *ends), conductance(lined(vacancy(barrier)), *ends)
    assert two == pytest.approx(one, rel=1e-10, abs=0.0)


def test_a_boundary_like_its_grains_is_next_to_nothing() -> None:
    assert conductance(lined(vacancy(BULK))) == pytest.approx(
        60 / 80 * D_BULK, rel=2 * 2e-3 * WIDTH / (80 * nm), abs=0.0
    )


def test_a_slow_surface_holds_nothing_back() -> None:
    mesh = rectangle(np.linspace(0, 80, 11) * nm, np.linspace(0, 60, 13) * nm)
    mesh = mesh.with_boundaries({"surface_lines": lambda p: p[1] > 60 * nm - 1e-15})
    slow, bare = (replace(VACANCY, activation_energy=e) for e in ({"grain_0": BULK, "surface": BULK + 0.2 * eV}, BULK))
    weights = film(mesh, (slow,), layers=(surface_lines(WIDTH),)).transports[0].weights
    np.testing.assert_array_equal(weights, film(mesh, (bare,)).transports[0].weights)


@pytest.mark.parametrize("cells", [10, 40])
@pytest.mark.parametrize("barrier", [BULK - 0.1 * eV, BULK, BULK + 0.3 * eV])
def test_a_surface_runs_on_over_two_sided_lines(barrier: float, cells: int) -> None:
    """A fast surface carries ions past boundaries of any kind, at most the boundaries' own width harder."""
    mesh = crossed(cells).with_boundaries({"surface_lines": lambda p: p[1] > 60 * nm - 1e-15})
    fast = vacancy(barrier, surface=BULK - 0.3 * eV)
    model = film(mesh, (fast,), layers=(boundary_lines(WIDTH), surface_lines(1 * nm)))
    d_s = D_BULK * np.exp(0.3 * eV / KT)
    alone = 1 * nm * (d_s - D_BULK) / (80 * nm)
    assert alone * 80 / 88 < conductance(model) < alone + 1.2 * 60 / 80 * D_BULK


def test_the_core_of_a_junction_joins_fast_two_sided_lines() -> None:
    """Lines meet in a T: what runs along one goes on along the other, however fine the mesh is."""
    found = []
    for cells in (10, 40):
        grid = np.linspace(0, 80, cells + 1) * nm
        mesh = MeshTri.init_tensor(grid, grid)
        x, y = mesh.p[:, mesh.t].mean(axis=1)
        grains = np.where(y < 40 * nm, np.where(x < 40 * nm, 0, 1), 2)
        first, second = mesh.f2t
        lines = np.flatnonzero((second >= 0) & (grains[first] != grains[second]))
        sides = {"bottom": (1, 0.0), "top": (1, 80 * nm), "left": (0, 0.0), "right": (0, 80 * nm)}
        named = {n: lambda p, axis=axis, at=at: np.abs(p[axis] - at) < 1e-15 for n, (axis, at) in sides.items()}
        mesh = mesh.with_boundaries({"grain_boundary_lines": lines}).with_boundaries(named)
        mesh = mesh.with_subdomains({f"grain_{k}": np.flatnonzero(grains == k) for k in range(3)})
        ion = vacancy(BULK - 0.3 * eV)
        one, two = (film(m, (ion,), layers=(boundary_lines(WIDTH),)) for m in (mesh, two_sided(mesh, grains)))
        found.append(conductance(two, "bottom", "left") / conductance(one, "bottom", "left"))
    assert found == pytest.approx([1.0, 1.0], abs=0.12)


def test_a_slow_boundary_that_attracts_ions_stores_them() -> None:
    """A trap, less mobile but favourable, holds ``delta (s_b - 1)`` more per length than the grain would."""
    attraction = {**{f"grain_{k}": 0.0 for k in range(3)}, "grain_boundary": -0.1 * eV}
    trap = lined(replace(vacancy(BULK + 0.2 * eV), segregation_energy=attraction)).transports[0]
    held = (trap.storage * trap.enrichment).sum() - 80 * nm * 60 * nm
    assert held == pytest.approx(2 * 60 * nm * WIDTH * (np.exp(0.1 * eV / KT) - 1), rel=1e-12, abs=0.0)


# --- against meshed strips --------------------------------------------------------------------------------------------


def polycrystal(boundaries: Lines | Strips, cell: float, barrier: float) -> PoissonNernstPlanck:
    grains = voronoi(600 * nm, 400 * nm, grains=9, seed=3)
    mesh = triangulate(grains, MeshSizes(cell, cell, 25 * nm), boundaries=boundaries)
    layers = (boundary_lines(WIDTH),) if isinstance(boundaries, Lines) else ()
    ion = replace(VACANCY, activation_energy={"grain_interior": BULK, "grain_boundary": barrier})
    return film(mesh, (ion,), (Contact("left", 0.0), Contact("right", step(0.5))), layers)


@pytest.mark.parametrize("extra", [0.05, 0.15])
def test_a_polycrystal_with_slow_lines_conducts_like_one_with_slow_strips(extra: float, verify: Verification) -> None:
    strips = conductance(polycrystal(Strips(WIDTH, skin=4 * nm), 6 * nm, BULK + extra * eV))
    lines = conductance(polycrystal(Lines(two_sided=True), 6 * nm, BULK + extra * eV))
    quantity = f"9 grains, boundaries {extra:g} eV slower: conductance with 4 nm lines over that with 4 nm strips"
    verify(id="G3", quantity=quantity, measured=lines / strips, expected=1.0, tolerance=0.02)
    free = conductance(polycrystal(Lines(two_sided=True), 6 * nm, BULK - 1e-15 * eV))
    assert strips < 0.92 * free


def charging(density: float, strips: bool) -> Array:
    """Charge over time of two grains of 98 nm between blocking electrodes, a slow boundary of 4 nm between them."""
    half = graded(98 * nm, 0.5 * nm, 1.2, 5 * nm)
    cells = np.linspace(0, WIDTH, 9)[1:] if strips else np.zeros(1)
    y = np.round(np.concatenate([half, 98 * nm + cells, 98 * nm + cells[-1] + half[1:]]), 15)
    mesh = rectangle(np.linspace(0, 4, 3) * nm, np.unique(y), jitter=0.0)
    inside = {"grain_boundary": lambda p: (p[1] > 98 * nm) & (p[1] < 98 * nm + cells[-1])}
    mesh = with_strips(mesh, inside) if strips else with_strips(mesh, {"none": lambda p: p[1] < 0})
    if not strips:
        line = {"grain_boundary_lines": lambda p: np.abs(p[1] - 98 * nm) < 1e-13}
        mesh = two_sided(
            mesh.with_boundaries(line, boundaries_only=False), np.where(mesh.p[1, mesh.t].mean(axis=0) > 98 * nm, 1, 0)
        )
    barriers = {"grain_interior": BULK, "grain_boundary": BULK + 0.15 * eV}
    layers = () if strips else (boundary_lines(WIDTH),)
    model = film(mesh, (replace(VACANCY, concentration=density, activation_energy=barriers),), layers=layers)
    times = np.concatenate([[0.0], np.logspace(-6, 1, 15)])
    return np.array([output.state.contact_charge[1] for output in evolve(model, times)])


@pytest.mark.parametrize("density", [1e24, 1e23, 1e22])
def test_charging_through_a_slow_line_nears_the_strip_as_the_width_nears_zero(
    density: float, verify: Verification
) -> None:
    """The joint takes the field across the boundary as constant: an error that falls with width over Debye length."""
    strip, line = charging(density, True), charging(density, False)
    debye = np.sqrt(24.1 * vacuum_permittivity * thermal_voltage(300.0) / (elementary_charge * density))
    worst = float(np.abs(line - strip).max() / np.abs(strip).max())
    quantity = f"charge through a slow line less that through a strip, of full scale, width {WIDTH / debye:.2g} Debye"
    verify(id="G3", quantity=quantity, measured=worst, expected=0.0, tolerance=0.12 * WIDTH / debye)
    assert np.ptp(strip) > 0.5 * np.abs(strip).max()
