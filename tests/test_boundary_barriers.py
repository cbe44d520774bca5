"""Barriers of single grain boundaries: laws of the misorientation, classes, distributions."""

import numpy as np
import pytest
from irregular_films import VACANCY, film
from scipy.spatial.transform import Rotation
from skfem import MeshTri
from verification import Verification

from fem.constants import boltzmann, eV, nm
from fem.physics.boundary_barriers import (
    barriers_by_misorientation,
    boltzmann_mean,
    boundary_pairs,
    drawn_barriers,
    read_shockley_barrier,
    two_classes,
)
from fem.physics.layers import boundary_lines
from fem.physics.species import Species
from meshes import (
    Lines,
    Lognormal,
    MeshSizes,
    Strips,
    columnar,
    misorientations,
    periodic_laguerre,
    triangulate,
    voronoi,
    whole_grains,
)

DEGREE = np.pi / 180
GRAIN, HIGH = 0.58 * eV, 0.30 * eV


def polycrystal(boundaries: Lines | Strips, cell: float = 20 * nm) -> MeshTri:
    grains = voronoi(900 * nm, 600 * nm, grains=9, seed=3)
    return triangulate(grains, MeshSizes(cell, cell, 40 * nm), boundaries=boundaries)


def test_strips_and_lines_of_a_film_have_the_same_boundaries() -> None:
    pairs = boundary_pairs(polycrystal(Lines()))
    assert len(pairs) > 12
    assert all(i < j for i, j in pairs)
    assert set(pairs) == set(boundary_pairs(polycrystal(Strips(4 * nm))))
    assert pairs == boundary_pairs(polycrystal(Lines(), 12 * nm))


def test_drawn_barriers_depend_on_the_grains_not_on_the_mesh() -> None:
    coarse, fine = (drawn_barriers(polycrystal(Lines(), cell), HIGH, 0.03 * eV, 5) for cell in (20 * nm, 12 * nm))
    assert coarse == fine
    assert coarse != drawn_barriers(polycrystal(Lines()), HIGH, 0.03 * eV, 6)
    assert set(drawn_barriers(polycrystal(Lines()), HIGH, 0.0, 5).values()) == {HIGH}


def test_the_parts_of_a_boundary_that_a_periodic_side_cuts_are_one_boundary() -> None:
    grains = periodic_laguerre(1500 * nm, 1000 * nm, Lognormal(300 * nm, 0.3), along="xy", seed=1)
    mesh = triangulate(grains, MeshSizes(40 * nm, 40 * nm, 80 * nm), electrodes=())
    whole = whole_grains(grains).numbers
    parts: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for i, j in boundary_pairs(mesh):
        parts.setdefault(tuple(sorted((int(whole[i]), int(whole[j])))), []).append((i, j))
    assert max(map(len, parts.values())) > 1
    drawn = drawn_barriers(mesh, HIGH, 0.03 * eV, 1, whole)
    apart = drawn_barriers(mesh, HIGH, 0.03 * eV, 1)
    orientations = Rotation.random(int(whole.max()) + 1, rng=1)[whole]
    angles = misorientations(grains, orientations)
    for pairs in parts.values():
        assert len({drawn[f"boundary_{i}_{j}"] for i, j in pairs}) == 1
        assert len({round(angles[pair], 9) for pair in pairs}) == 1
    assert len(set(drawn.values())) == len(parts) < len(set(apart.values())) == len(drawn)
    with pytest.raises(ValueError, match=r"numbers of 3 grains, the mesh has boundaries of \d+"):
        drawn_barriers(mesh, HIGH, 0.03 * eV, 1, whole[:3])


def test_a_film_and_its_mesh_have_the_same_boundaries() -> None:
    grains = voronoi(900 * nm, 600 * nm, grains=9, seed=3)
    assert grains.boundary_pairs == boundary_pairs(polycrystal(Lines()))
    assert drawn_barriers(polycrystal(Lines()), HIGH, 0.03 * eV, 5) == drawn_barriers(
        polycrystal(Lines()), HIGH, 0.03 * eV, 5, range(9)
    )


def test_drawn_barriers_have_the_distribution_asked_for() -> None:
    many = MeshTri().with_boundaries({f"boundary_{i}_{i + 1}": np.array([0]) for i in range(4000)})
    drawn = np.array(list(drawn_barriers(many, HIGH, 0.03 * eV, 1).values()))
    assert drawn.mean() == pytest.approx(HIGH, abs=3 * 0.03 * eV / np.sqrt(4000))
    assert drawn.std() == pytest.approx(0.03 * eV, rel=0.05, abs=0.0)


def test_parallel_boundaries_with_drawn_barriers_conduct_by_the_mean_of_their_rates(verify: Verification) -> None:
    """Two hundred columns: conductance along them against the mean of exp(-E / kT) over the normal distribution."""
    grains = columnar(10e-6, 60 * nm, grains=200, spread=0.0)
    mesh = triangulate(grains, MeshSizes(25 * nm, 25 * nm, 25 * nm), electrodes=())
    spread, kt = 0.02 * eV, boltzmann * 300
    barriers = {"grain_interior": GRAIN, "grain_boundary": HIGH, **drawn_barriers(mesh, HIGH, spread, 7)}
    ion = Species("vacancy", 1, 1e24, 6.5e-8, barriers)
    model = film(mesh, (ion,), layers=(boundary_lines(4 * nm),))
    excess = model.transports[0].weights - film(mesh, (VACANCY,)).transports[0].weights
    along = float((excess * model.control_volumes.lengths**2).sum())  # width times D times length, over all boundaries
    expected = 199 * 4 * nm * 6.5e-8 * np.exp(-boltzmann_mean(HIGH, spread, kt) / kt)
    verify(
        id="D8", quantity="199 boundaries with drawn barriers, conductance over the mean of their rates",
        measured=along / (expected * 60 * nm), expected=1.0, tolerance=0.15,
    )  # fmt: skip


@pytest.mark.parametrize(("angle", "expected"), [(0.0, GRAIN), (15 * DEGREE, HIGH), (40 * DEGREE, HIGH)])
def test_read_shockley_law_has_its_limits(angle: float, expected: float) -> None:
    assert read_shockley_barrier(GRAIN, HIGH)(angle) == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_read_shockley_law_at_a_small_angle_and_near_its_end() -> None:
    law = read_shockley_barrier(GRAIN, HIGH)
    assert law(5 * DEGREE) == pytest.approx(GRAIN + (HIGH - GRAIN) / 3 * (1 + np.log(3)), rel=1e-12, abs=0.0)
    assert law(15 * DEGREE) - law(14.99 * DEGREE) == pytest.approx(0.0, abs=1e-5 * eV)  # flat: cusp only at zero


def test_misorientations_become_barriers_of_their_boundaries() -> None:
    mesh = polycrystal(Lines())
    pairs = boundary_pairs(mesh)
    angles = {pair: (5 if k % 2 else 40) * DEGREE for k, pair in enumerate(pairs)}
    barriers = barriers_by_misorientation(mesh, angles, two_classes(0.5 * eV, HIGH))
    model_field = {"grain_interior": GRAIN, **barriers}
    ion = Species("vacancy", 1, 1e24, 6.5e-8, model_field)
    model = film(mesh, (ion,), layers=(boundary_lines(4 * nm),))
    facets = mesh.boundaries[f"boundary_{pairs[0][0]}_{pairs[0][1]}"]
    plain = film(mesh, (VACANCY,)).transports[0].weights[facets]
    gained = (model.transports[0].weights[facets] - plain) * model.control_volumes.lengths[facets]
    d_b, d_g = (6.5e-8 * np.exp(-e / (boltzmann * 300)) for e in (HIGH, GRAIN))
    np.testing.assert_allclose(gained, 4 * nm * (d_b - d_g), rtol=1e-9)
    assert barriers[f"boundary_{pairs[1][0]}_{pairs[1][1]}"] == 0.5 * eV


def test_bad_angles_laws_and_spreads_are_named() -> None:
    mesh = polycrystal(Lines())
    pairs = boundary_pairs(mesh)
    angles = dict.fromkeys(pairs, 0.5)
    with pytest.raises(ValueError, match=r"1 of \d+ boundaries .*between grains 0 and"):
        barriers_by_misorientation(mesh, {pair: 0.5 for pair in pairs[1:]}, two_classes(HIGH, HIGH))
    with pytest.raises(ValueError, match="must lie between 0 and pi rad, got 40"):
        barriers_by_misorientation(mesh, {**angles, pairs[0]: 40.0}, two_classes(HIGH, HIGH))
    with pytest.raises(ValueError, match=r"law gives -1 eV between grains"):
        barriers_by_misorientation(mesh, angles, lambda angle: -1.0 * eV)
    with pytest.raises(ValueError, match=r"limit of low-angle boundaries .* got 15 rad: degrees"):
        two_classes(HIGH, HIGH, 15)
    with pytest.raises(ValueError, match=r"limit of low-angle boundaries .* got 15 rad: degrees"):
        read_shockley_barrier(GRAIN, HIGH, 15)
    with pytest.raises(ValueError, match=r"seed of grain boundary barriers .* got -1"):
        drawn_barriers(mesh, 0.3 * eV, 0.02 * eV, -1)
    with pytest.raises(ValueError, match=r"third of their mean, 0.1 eV, got 0.2 eV"):
        drawn_barriers(mesh, 0.3 * eV, 0.2 * eV, 1)
