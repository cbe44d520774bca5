"""Crystal orientations: symmetry, disorientations, twins and means, compared with theory and with a measured map."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from verification import Verification

from meshes import GrainMap, read_grain_map
from meshes.grains.orientation import (
    Symmetry,
    disorientation,
    from_bunge,
    is_sigma3,
    mean_orientations,
    misorientations,
    sigma3_boundaries,
)
from meshes.measured.grain_image import GrainImage

NICKEL = Path(__file__).parents[1] / "data" / "grain_maps" / "ebsd_ni_superalloy" / "labels.png"


@pytest.fixture(scope="module")
def nickel() -> GrainMap:
    return read_grain_map(NICKEL)


def about(axis: tuple[float, float, float], degrees: float) -> Rotation:
    """One rotation, as a stack."""
    return Rotation.from_rotvec(np.deg2rad(degrees) * np.array([axis]) / np.linalg.norm(axis))


def test_bunge_angles_turn_the_crystal_into_the_sample() -> None:
    [x_axis] = from_bunge([[np.deg2rad(30), 0, 0]]).apply([1, 0, 0])
    assert x_axis == pytest.approx([np.cos(np.pi / 6), 0.5, 0])
    [c_axis] = from_bunge([[np.deg2rad(90), np.deg2rad(20), 0]]).apply([0, 0, 1])  # tilted about the turned x axis
    assert c_axis == pytest.approx([np.sin(np.deg2rad(20)), 0, np.cos(np.deg2rad(20))])


@pytest.mark.parametrize(
    ("symmetry", "about_c", "about_a"),
    [
        (Symmetry.CUBIC, 0, 0),
        (Symmetry.TETRAGONAL, 0, 90),
        (Symmetry.ORTHORHOMBIC, 90, 90),
        (Symmetry.HEXAGONAL, 30, 90),
        (Symmetry.TRICLINIC, 90, 90),
    ],
)
def test_a_quarter_turn_counts_as_far_as_the_symmetry_lets_it(
    symmetry: Symmetry, about_c: float, about_a: float
) -> None:
    start = Rotation.random(1, rng=3)
    for axis, expected in (((0, 0, 1), about_c), ((1, 0, 0), about_a)):
        [angle] = disorientation(start, start * about(axis, 90), symmetry)
        assert np.rad2deg(angle) == pytest.approx(expected, abs=1e-5)


def test_the_disorientation_does_not_depend_on_order_frame_or_equivalent() -> None:
    first, second, frame = (Rotation.random(50, rng=seed) for seed in (1, 2, 3))
    cube = Symmetry.CUBIC.rotations
    angles = disorientation(first, second)
    assert disorientation(second, first) == pytest.approx(angles)
    assert disorientation(frame * first * cube[5], frame * second * cube[17]) == pytest.approx(angles)
    every = [(s * (first.inv() * second) * t).magnitude() for s in cube for t in cube]  # the definition, 576 times
    assert np.min(every, axis=0) == pytest.approx(angles)


def test_random_cubic_grains_follow_mackenzie(verify: Verification) -> None:
    first, second = (Rotation.random(200_000, rng=seed) for seed in (1, 2))
    angles = np.rad2deg(disorientation(first, second))
    verify(
        id="G1",
        quantity="mean disorientation of random cubic grains, 200,000 pairs [deg] (Mackenzie)",
        measured=angles.mean(),
        expected=40.74,
        tolerance=2e-3,
    )
    assert 62.0 < angles.max() < 62.80  # the largest one possible is 62.80 degrees
    quarter = np.pi / 4  # up to 45 degrees the 24 equivalents do not overlap, each holds (angle - sin(angle)) / pi
    assert np.mean(angles < 45) == pytest.approx(24 * (quarter - np.sin(quarter)) / np.pi, abs=0.004)


def test_sigma3_is_sixty_degrees_about_the_diagonal_within_brandons_limit() -> None:
    start = Rotation.random(1, rng=4)
    twin = start * about((1, -1, 1), 60)
    assert is_sigma3(start, twin)
    assert is_sigma3(twin, start)
    assert is_sigma3(start, twin * about((3, 1, 2), 8.6))
    assert not is_sigma3(start, twin * about((3, 1, 2), 8.7))
    assert not is_sigma3(start, start * about((1, 1, 0), 60))
    assert not is_sigma3(start, start)


def test_the_mean_of_equivalent_orientations_is_their_orientation() -> None:
    rng = np.random.default_rng(1)
    true = Rotation.random(3, rng=5)
    grains = np.repeat([0, 1, 2], 400)
    cube = Symmetry.CUBIC.rotations
    scatter = Rotation.from_rotvec(rng.normal(scale=np.deg2rad(1), size=(1200, 3)))
    points = true[grains] * cube[rng.integers(24, size=1200)] * scatter
    off = disorientation(mean_orientations(points, grains, Symmetry.CUBIC), true)
    assert np.rad2deg(off).max() < 4 * 1 / np.sqrt(400)


def test_boundaries_of_the_nickel_map_have_the_angles_that_were_tabulated(
    nickel: GrainMap, verify: Verification
) -> None:
    with NICKEL.with_name("boundaries.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    pairs = np.array([[int(row["grain_a"]), int(row["grain_b"])] for row in rows])
    angles = np.array([float(row["misorientation_deg"]) for row in rows])
    assert sorted(map(tuple, np.sort(pairs, axis=1).tolist())) == list(map(tuple, nickel.image.neighbours.tolist()))
    assert nickel.orientations is not None
    first, second = (nickel.orientations[k] for k in np.searchsorted(nickel.source_labels, pairs).T)
    off = np.abs(np.rad2deg(disorientation(first, second)) - angles)
    verify(
        id="G1",
        quantity="misorientations of the 271 boundaries of the nickel map against its table, largest difference [deg]",
        measured=off.max(),
        expected=0,
        tolerance=1e-3,  # angles are tabulated to 1e-3 degrees, orientations to 1e-4
    )
    assert is_sigma3(first, second).tolist() == [row["is_sigma3"] == "1" for row in rows]


def test_each_boundary_of_a_film_knows_its_misorientation(nickel: GrainMap) -> None:
    angles = nickel.misorientations
    assert all(i < j for i, j in angles)
    touching = np.sort(nickel.film.edge_grains[nickel.film.grain_boundary_edges], axis=1)
    assert set(angles) == set(map(tuple, touching.tolist()))
    assert nickel.orientations is not None
    i, j = next(iter(angles))
    assert angles[i, j] == pytest.approx(disorientation(nickel.orientations[[i]], nickel.orientations[[j]])[0])
    twins = nickel.twin_boundaries()
    assert all(np.deg2rad(51) < angles[pair] < np.deg2rad(62.81) for pair in twins)  # 60 degrees and Brandon's 8.66
    lengths = dict.fromkeys(angles, 0.0)
    for edge, pair in zip(nickel.film.grain_boundary_edges.tolist(), map(tuple, touching.tolist()), strict=True):
        lengths[pair] += nickel.film.edge_lengths[edge]
    share = sum(lengths[pair] for pair in twins) / sum(lengths.values())
    assert share == pytest.approx(0.562, abs=0.02)  # 0.5617 of the pixel edges: meta.json of the data set


def test_a_film_needs_one_orientation_per_grain(nickel: GrainMap) -> None:
    with pytest.raises(ValueError, match="108 grains needs as many orientations, got 107"):
        misorientations(nickel.film, Rotation.random(107, rng=1))
    with pytest.raises(ValueError, match=r"tolerance of a twin .* got 8.66 rad"):
        nickel.twin_boundaries(8.66)
    with pytest.raises(ValueError, match="got 1"):
        sigma3_boundaries(nickel.film, Rotation.identity())


def test_a_map_without_its_twins_has_the_grains_between_them(nickel: GrainMap) -> None:
    merged = GrainMap.of(nickel.image.without_twins())
    assert merged.film.n_grains == 25  # stated in the meta.json of the data set
    assert merged.film.areas.sum() == pytest.approx(nickel.film.areas.sum(), rel=1e-12, abs=0.0)
    assert set(merged.source_labels.tolist()) <= set(nickel.source_labels.tolist())
    assert merged.orientations is not None and len(merged.orientations) == 25


def test_low_angle_boundaries_are_merged_up_to_the_angle_asked_for(nickel: GrainMap) -> None:
    everything = nickel.image.merged_below(np.deg2rad(63))  # beyond the largest cubic disorientation
    assert len(everything.values) == 1
    [largest] = everything.values.tolist()
    assert nickel.measured_areas[nickel.source_labels == largest] == nickel.measured_areas.max()
    some = nickel.image.merged_below(np.deg2rad(15))
    angles = np.rad2deg(list(nickel.misorientations.values()))
    assert 100 < len(some.values) == 108 - np.count_nonzero(angles < 15)  # no ring of low angles in this map
    left = np.rad2deg(list(GrainMap.of(some).misorientations.values()))
    assert len(left) < len(angles) and np.count_nonzero(left < 15) <= 1


def test_chosen_grains_are_merged_into_the_largest() -> None:
    labels = np.repeat([[5, 5, 5, 2, 7, 7]], 3, axis=0)
    image = GrainImage(labels, 1e-8, from_bunge([[0.1, 0, 0], [0.2, 0, 0], [0.3, 0, 0]]))
    merged = image.merged([(2, 5)])
    assert merged.labels[0].tolist() == [5, 5, 5, 5, 7, 7]
    assert merged.orientations is not None
    assert merged.orientations.magnitude() == pytest.approx([0.2, 0.3])
    assert image.merged([(2, 5), (2, 7)]).values.tolist() == [5]
    assert image.merged([]).labels.tolist() == labels.tolist()
    with pytest.raises(ValueError, match="no such grain"):
        image.merged([(2, 3)])


def test_merging_by_angle_needs_orientations_and_twins_a_cubic_crystal() -> None:
    labels = np.repeat([[1, 1, 2, 2]], 3, axis=0)
    bare = GrainImage(labels, 1e-8)
    with pytest.raises(ValueError, match="no orientations"):
        bare.merged_below(0.1)
    with pytest.raises(ValueError, match="no orientations"):
        bare.without_twins()
    with pytest.raises(ValueError, match="no orientations"):
        _ = GrainMap.of(GrainImage(np.repeat(labels, 8, axis=1), 1e-8), smoothing=0, minimum_edge=0).misorientations
    tetragonal = GrainImage(labels, 1e-8, Rotation.random(2, rng=1), Symmetry.TETRAGONAL)
    with pytest.raises(ValueError, match="tetragonal"):
        tetragonal.without_twins()
    for angle in (-1, 15):
        with pytest.raises(ValueError, match=f"angle below which grains are merged .* got {angle} rad"):
            tetragonal.merged_below(angle)
    cubic = GrainImage(labels, 1e-8, Rotation.random(2, rng=1))
    with pytest.raises(ValueError, match=r"tolerance of a twin .* got 8.66 rad"):
        cubic.without_twins(8.66)
    with pytest.raises(ValueError, match="2 grains need as many orientations, got 3"):
        GrainImage(labels, 1e-8, Rotation.random(3, rng=1))
