"""The potential of a line is the mean over the slab that it stands for: gaps between lines and cells."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import VACANCY, graded, rectangle
from numpy.typing import NDArray
from skfem import MeshTri
from verification import Verification

from fem.constants import elementary_charge, eV, nm, vacuum_permittivity
from fem.model import PoissonNernstPlanck
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import Material
from fem.physics.slab_potential import distances, held_apart
from fem.state import State
from meshes.two_sided import two_sided

Array = NDArray[np.float64]

WIDTH, SIDE, HEIGHT = 4 * nm, 30 * nm, 40 * nm
PERMITTIVITY, CHARGE = 24.0, 1e25  # fixed charge of the boundary [1/m^3]
D = elementary_charge * CHARGE * WIDTH / 2  # what leaves either edge of the slab [C/m^2]
EPS = PERMITTIVITY * vacuum_permittivity
EDGE = D * SIDE / EPS  # potential at the slab's edges between electrodes at 0 V
MEAN = EDGE + D * WIDTH / (6 * EPS)  # and over the slab
GRAINS = ("grain_0", "grain_1")
ION = replace(VACANCY, concentration=1e8, activation_energy={**dict.fromkeys(GRAINS, 1.0 * eV), "grain_boundary": 0.0})
GROUNDED = (Contact("left", 0.0), Contact("right", 0.0))


def lined(
    mesh: MeshTri,
    contacts: tuple[Contact, ...] = GROUNDED,
    charge: float = CHARGE,
    permittivity: float = PERMITTIVITY,
    width: float = WIDTH,
) -> PoissonNernstPlanck:
    """A film with a boundary that is inserted as a whole; its ions are too few to matter."""
    polar = {**dict.fromkeys(GRAINS, PERMITTIVITY), "grain_boundary": permittivity}
    material = Material("film", polar, fixed_charge={**dict.fromkeys(GRAINS, 0.0), "grain_boundary": charge})
    return PoissonNernstPlanck(mesh, material, (ION,), contacts, layers=(boundary_lines(width),), relax_first=False)


def between(jitter: float = 0.25) -> MeshTri:
    """Two grains of `SIDE` with a line between them, on triangles smaller than the line is wide."""
    x = np.concatenate([graded(SIDE, 1 * nm, 1.3), SIDE + graded(SIDE, 1 * nm, 1.3)[1:]])
    return rectangle(x, np.linspace(0, HEIGHT, 41), jitter, lines=(x[len(x) // 2],))


def split(mesh: MeshTri) -> MeshTri:
    return two_sided(mesh, (mesh.p[0, mesh.t].mean(axis=0) > SIDE).astype(np.int64))


def on_line(mesh: MeshTri) -> NDArray[np.int64]:
    return np.unique(mesh.facets[:, mesh.boundaries["grain_boundary_lines"]])


def held(model: PoissonNernstPlanck) -> State:
    """The film with its voltages on and its ions where they were."""
    pieces = model.pieces(0.0)
    return model.state(0.0, model.system.driven_by(pieces).hold_algebraic(0.0, model.initial_values()), pieces)


@pytest.mark.parametrize(("jitter", "mean", "each"), [(0.0, 1e-9, 1e-9), (0.25, 0.01, 0.1)])
def test_a_charged_line_has_the_mean_potential_of_its_slab(
    jitter: float, mean: float, each: float, verify: Verification
) -> None:
    """``q delta^2 / (12 eps)`` above the edges; nodes in the grains have the potential that they have beside a slab.

    Where triangles beside the line have no side along it, what they lose across it is not the same for all.
    """
    mesh = between(jitter)
    potential = held(lined(mesh)).potential
    measured = potential[on_line(mesh)].mean() - EDGE
    quantity = f"potential of a charged line over that at its slab's edges, nodes shaken by {jitter:g} cells"
    verify(id="G3", quantity=quantity, measured=measured / (MEAN - EDGE), expected=1.0, tolerance=mean)
    expected = EDGE * (1 - np.abs(mesh.p[0] - SIDE) / SIDE)
    expected[on_line(mesh)] = MEAN
    assert np.abs(potential - expected).max() < each * (MEAN - EDGE)


def test_the_field_beside_a_charged_line_is_that_beside_its_slab() -> None:
    mesh = between(0.0)
    model = lined(mesh)
    middles = mesh.p[:, mesh.t].mean(axis=1)
    expected = np.array([np.sign(middles[0] - SIDE) * D / EPS, 0 * middles[0]])
    np.testing.assert_allclose(model.electric_field(held(model)), expected, atol=1e-9 * D / EPS)


def test_a_slab_on_a_rim_drops_as_half_of_one_between_grains() -> None:
    x = graded(SIDE, 1 * nm, 1.3)
    half = rectangle(x, np.linspace(0, HEIGHT, 21), 0.0, lines=(x[5],))  # two grains, their border is no layer
    half = half.with_boundaries({"grain_boundary_lines": half.boundaries["left"]})
    model = lined(half, (Contact("right", 0.0),), width=WIDTH / 2)
    np.testing.assert_allclose(held(model).potential[on_line(half)], MEAN, rtol=1e-9)


def test_both_sides_of_a_two_sided_line_have_the_mean_potential() -> None:
    mesh = split(between(0.0))
    np.testing.assert_allclose(held(lined(mesh)).potential[on_line(mesh)], MEAN, rtol=1e-9)


@pytest.mark.parametrize("own", [6.0, 24.0, 80.0])
def test_an_uncharged_two_sided_line_is_a_slab_in_series(own: float) -> None:
    """Gaps and joint are its whole width."""
    model = lined(split(between(0.0)), (Contact("left", 0.0), Contact("right", step(1.0))), 0.0, own)
    series = (2 * SIDE / PERMITTIVITY + WIDTH / own) / vacuum_permittivity
    assert held(model).contact_charge[1] == pytest.approx(HEIGHT / series, rel=1e-9, abs=0.0)


def test_a_uniform_field_along_a_line_stays_uniform() -> None:
    """On any triangles, and the slab carries its own displacement and no more."""
    mesh = between()
    model = lined(mesh, (Contact("bottom", 0.0), Contact("top", step(1.0))), 0.0)
    state = held(model)
    np.testing.assert_allclose(state.potential, mesh.p[1] / HEIGHT, atol=1e-12)
    assert state.contact_charge[1] == pytest.approx(EPS * (2 * SIDE + WIDTH) / HEIGHT, rel=1e-9, abs=0.0)


def test_cells_in_a_corner_keep_the_gap_from_both_lines() -> None:
    x = np.linspace(0, 3, 4)
    mesh = rectangle(x, x, 0.0)
    cross = {"lines": lambda p: ((np.abs(p[0] - 1) < 1e-9) & (p[1] > 1)) | (np.abs(p[1] - 1) < 1e-9)}
    mesh = mesh.with_boundaries(cross, boundaries_only=False)
    facets = np.sort(mesh.boundaries["lines"])
    apart = distances(mesh, facets, np.full(len(facets), 0.1))
    middles = mesh.p[:, mesh.t].mean(axis=1)
    junction = np.flatnonzero((mesh.p[0] == 1) & (mesh.p[1] == 1))[0]
    for k, cell in zip(*np.nonzero(mesh.t == junction), strict=True):
        right, above = middles[0, cell] > 1, middles[1, cell] > 1
        expected = (-0.1 if right else 0.1, -0.1) if above else (0.0, 0.1)
        np.testing.assert_allclose(apart[:, k, cell], expected, atol=1e-12)


def test_the_end_of_a_line_inside_a_grain_keeps_no_gap() -> None:
    x = np.linspace(0, 3, 4)
    mesh = rectangle(x, x, 0.0).with_boundaries(
        {"lines": lambda p: (np.abs(p[1] - 1) < 1e-9) & (p[0] < 1)}, boundaries_only=False
    )
    apart = distances(mesh, mesh.boundaries["lines"], np.array([0.1]))
    tip = (mesh.p[0, mesh.t] == 1) & (mesh.p[1, mesh.t] == 1)
    assert tip.sum() >= 4
    np.testing.assert_array_equal(apart[:, tip], 0.0)
    start = (mesh.p[0, mesh.t] == 0) & (mesh.p[1, mesh.t] == 1)
    np.testing.assert_allclose(np.abs(apart[1, start]), 0.1)


@pytest.mark.parametrize("gap", [1e-3, 1.0, 1e3])
def test_weights_stay_those_of_a_film_that_conducts(gap: float) -> None:
    """On irregular triangles: no current without a gradient, a positive form, edges across the line weaker."""
    mesh = between()
    volumes, facets = ControlVolumes.of(mesh), mesh.boundaries["grain_boundary_lines"]
    apart = distances(mesh, facets, np.full(len(facets), gap * nm))
    ones, (i, j) = np.ones(len(volumes.areas)), volumes.nodes
    one, other = volumes.edge_weights(ones), held_apart(mesh, volumes, apart).edge_weights(ones)
    for potential in np.random.default_rng(4).normal(size=(20, mesh.p.shape[1])):
        before, after = (float(weights @ (potential[i] - potential[j]) ** 2) for weights in (one, other))
        assert 0 < after < before
    beside = np.unique(volumes.cell_edges[:, (apart != 0).any(axis=(0, 1))])
    np.testing.assert_array_equal(np.delete(other, beside), np.delete(one, beside))
